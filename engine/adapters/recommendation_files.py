"""Recommendation files: what was suggested when, and which rows cannot be taken at their word?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters import column_names, suggestion_rows
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import RawFile, RawTable
from engine.adapters.input_options import InputOptions
from engine.adapters.instants import instants
from engine.adapters.previews import Preview
from engine.adapters.recommendation_cells import actions, confidences, modes, texts
from engine.adapters.suggestion_rows import NO_ZONE, NUL, Part, derived_id
from engine.model.recommendation import Action, Mode
from engine.model.tape import RecommendationTable

_TEXTS = ("recommendation_id", "ticker", "action", "mode", "source", "thesis")
_NEEDED = ("ticker", "action", "confidence", "generated_at")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecommendationRead:
    """What reading recommendation files came to. `ignored` counts rows by what they said instead of buy or sell."""

    table: RecommendationTable
    previews: tuple[Preview, ...]
    refused: tuple[RefusedRow, ...]
    ignored: Mapping[str, int]


def read_recommendations(paths: Sequence[Path | RawFile], options: InputOptions) -> RecommendationRead:
    """Return the recommendations of `paths`; bad rows are refused one by one, the others go on (spec section 3).

    Raises BadInput when a file cannot be understood at all.
    """
    parts = [_read_one(path, options) for path in paths]
    suggestion_rows.mark_duplicates(parts, "recommendation_id")
    return RecommendationRead(
        table=RecommendationTable(**suggestion_rows.kept_columns(parts, _NAMES)),
        previews=tuple(part.preview for part in parts),
        refused=tuple(refusal for part in parts for refusal in suggestion_rows.refused(part)),
        ignored=sum((part.ignored for part in parts), Counter()),
    )


_NAMES = (
    "recommendation_id", "ticker", "action", "mode", "confidence", "generated_at", "expires_at", "source", "thesis",
)  # fmt: skip


def _read_one(path: Path | RawFile, options: InputOptions) -> Part:
    table, found = suggestion_rows.table_of(path, column_names.RECOMMENDATIONS, _NEEDED, _TEXTS, options)
    return _understood(table, {name: table.columns[i] for name, i in found.items()}, found, options)


def _understood(table: RawTable, cells: Mapping[str, Any], found: Mapping[str, int], options: InputOptions) -> Part:
    n, where = table.rows, table.file.name
    tickers = [text.upper() for text in texts(cells["ticker"])]
    acts, ignored = actions(cells["action"])
    confidence, unread, confidence_note = confidences(cells["confidence"], table, options)
    at = instants(cells["generated_at"], options, what="generated_at", where=where)
    until = instants(cells["expires_at"], options, what="expires_at", where=where) if "expires_at" in cells else None
    theses = texts(cells["thesis"]) if "thesis" in cells else [""] * n
    mode_values, mode_note = modes(cells["mode"]) if "mode" in cells else ([Mode.PAPER_ELIGIBLE] * n, _NO_MODE)
    sources = texts(cells["source"]) if "source" in cells else [""] * n
    moments = at.values()
    if "recommendation_id" in cells:
        ids, id_note = texts(cells["recommendation_id"]), ""
    else:
        ids, id_note = _derived_ids(sources, tickers, acts, at.micros), _NO_ID
    reasons, why = suggestion_rows.refusals(
        {
            NUL: suggestion_rows.with_nul(ids, tickers, sources, theses),
            "the ticker is empty": np.array([not ticker for ticker in tickers], np.bool_),
            "the recommendation id is empty": np.array([not name for name in ids], np.bool_),
            "the confidence is missing or not a number": unread,
            "the confidence is not within 0..1": ~((confidence >= 0) & (confidence <= 1)),
            "generated_at is missing": at.empty,
            "generated_at cannot be read": at.bad,
            f"generated_at {NO_ZONE}": at.naive,
            "expires_at cannot be read": until.bad if until else np.zeros(n, np.bool_),
            f"expires_at {NO_ZONE}": until.naive if until else np.zeros(n, np.bool_),
        }
    )
    return Part(
        table=table,
        columns={
            "recommendation_id": ids,
            "ticker": tickers,
            "action": acts,
            "mode": mode_values,
            "confidence": confidence.tolist(),
            "generated_at": moments,
            "expires_at": until.values() if until else [None] * n,
            "source": sources,
            "thesis": theses,
        },
        reasons=reasons,
        why=why,
        acting=np.array([act is not None for act in acts], np.bool_),
        ignored=ignored,
        preview=suggestion_rows.preview(
            "recommendations",
            table,
            found,
            tickers,
            at.micros,
            (at.how, confidence_note, mode_note, id_note, _said(ignored)),
        ),
    )


_NO_MODE = "no mode column: every row is taken as paper_eligible"
_NO_ID = "no id column: ids are derived from source, ticker, action and generated_at"


def _said(ignored: Counter[str]) -> str:
    if not ignored:
        return ""
    return f"left out because they say neither buy nor sell: {suggestion_rows.most_common(ignored)}"


def _derived_ids(
    sources: list[str], tickers: list[str], acts: list[Action | None], micros: npt.NDArray[np.int64]
) -> list[str]:
    words = {act: str(act) for act in (Action.BUY, Action.SELL, None)}  # an enum formats itself slowly
    rows = zip(sources, tickers, acts, micros.tolist(), strict=True)
    return [derived_id(source, ticker, words[act], at) for source, ticker, act, at in rows]
