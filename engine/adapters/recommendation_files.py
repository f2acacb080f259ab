"""Recommendation files: what was suggested when, and which rows cannot be taken at their word?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from itertools import chain, compress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters import column_names
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import RawTable, names_of, open_file, read_table
from engine.adapters.input_options import InputOptions
from engine.adapters.instants import instants
from engine.adapters.previews import Preview
from engine.adapters.recommendation_cells import actions, confidences, modes, texts
from engine.model.recommendation import Action, Mode
from engine.model.tape import RecommendationTable

_TEXTS = ("recommendation_id", "ticker", "action", "mode", "source", "thesis")
_REASONS = (
    "",
    "the ticker is empty",
    "the recommendation id is empty",
    "the confidence is missing or not a number",
    "the confidence is not within 0..1",
    "generated_at is missing",
    "generated_at cannot be read",
    "generated_at has no time zone (--timezone says which is meant)",
    "expires_at cannot be read",
    "expires_at has no time zone (--timezone says which is meant)",
    "the recommendation id was there before",
)
_DUPLICATE = len(_REASONS) - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecommendationRead:
    """What reading recommendation files came to. `ignored` counts rows by what they said instead of buy or sell."""

    table: RecommendationTable
    previews: tuple[Preview, ...]
    refused: tuple[RefusedRow, ...]
    ignored: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    table: RawTable
    columns: Mapping[str, list[Any]]
    reasons: npt.NDArray[np.int8]
    acting: npt.NDArray[np.bool_]
    ignored: Counter[str]
    preview: Preview


def read_recommendations(paths: Sequence[Path], options: InputOptions) -> RecommendationRead:
    """Return the recommendations of `paths`; bad rows are refused one by one, the others go on (spec section 3).

    Raises BadInput when a file cannot be understood at all.
    """
    parts = [_read_one(path, options) for path in paths]
    _mark_duplicates(parts)
    kept = [(part.columns, (part.reasons == 0) & part.acting) for part in parts]
    masks = [mask.tolist() for _, mask in kept]
    columns: dict[str, Any] = {
        name: list(
            chain.from_iterable(compress(cells[name], mask) for (cells, _), mask in zip(kept, masks, strict=True))
        )
        for name in _NAMES
    }
    return RecommendationRead(
        table=RecommendationTable(**columns),
        previews=tuple(part.preview for part in parts),
        refused=tuple(refusal for part in parts for refusal in _refused(part)),
        ignored=sum((part.ignored for part in parts), Counter()),
    )


_NAMES = (
    "recommendation_id", "ticker", "action", "mode", "confidence", "generated_at", "expires_at", "source", "thesis",
)  # fmt: skip


def _read_one(path: Path, options: InputOptions) -> _Part:
    file = open_file(path)
    names = names_of(file)
    found = column_names.assign(names, column_names.RECOMMENDATIONS, chosen=options.columns, where=file.name)
    column_names.require(found, ("ticker", "action", "confidence", "generated_at"), names, where=file.name)
    table = read_table(file, texts=frozenset(names[i] for name, i in found.items() if name in _TEXTS))
    return _understood(table, {name: table.columns[i] for name, i in found.items()}, found, options)


def _understood(table: RawTable, cells: Mapping[str, Any], found: Mapping[str, int], options: InputOptions) -> _Part:
    n, where = table.rows, table.file.name
    tickers = [text.upper() for text in texts(cells["ticker"])]
    acts, ignored = actions(cells["action"])
    confidence, unread, confidence_note = confidences(cells["confidence"], table, options)
    at = instants(cells["generated_at"], options, what="generated_at", where=where)
    until = instants(cells["expires_at"], options, what="expires_at", where=where) if "expires_at" in cells else None
    mode_values, mode_note = modes(cells["mode"]) if "mode" in cells else ([Mode.PAPER_ELIGIBLE] * n, _NO_MODE)
    sources = texts(cells["source"]) if "source" in cells else [""] * n
    moments = at.values()
    if "recommendation_id" in cells:
        ids, id_note = texts(cells["recommendation_id"]), ""
    else:
        ids, id_note = _derived_ids(sources, tickers, acts, at.micros), _NO_ID
    refusals = [
        np.array([not ticker for ticker in tickers], np.bool_),
        np.array([not name for name in ids], np.bool_),
        unread,
        ~((confidence >= 0) & (confidence <= 1)),
        at.empty,
        at.bad,
        at.naive,
        until.bad if until else np.zeros(n, np.bool_),
        until.naive if until else np.zeros(n, np.bool_),
    ]
    return _Part(
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
            "thesis": texts(cells["thesis"]) if "thesis" in cells else [""] * n,
        },
        reasons=np.select(refusals, range(1, _DUPLICATE), 0).astype(np.int8),
        acting=np.array([act is not None for act in acts], np.bool_),
        ignored=ignored,
        preview=_preview(
            table, found, tickers, at.micros, (at.how, confidence_note, mode_note, id_note, _said(ignored))
        ),
    )


_NO_MODE = "no mode column: every row is taken as paper_eligible"
_NO_ID = "no id column: ids are derived from source, ticker, action and generated_at"


def _said(ignored: Counter[str]) -> str:
    if not ignored:
        return ""
    words = ", ".join(f"{word or '(empty)'} {count:,}" for word, count in ignored.most_common(6))
    return f"left out because they say neither buy nor sell: {words}"


def _preview(
    table: RawTable, found: Mapping[str, int], tickers: list[str], micros: npt.NDArray[np.int64], notes: tuple[str, ...]
) -> Preview:
    return Preview(
        kind="recommendations",
        path=str(table.file.path),
        digest=table.file.digest,
        format=table.file.described,
        rows=table.rows + len(table.malformed),
        columns={ours: table.names[i] for ours, i in found.items()},
        tickers=len(set(tickers)),
        first=_date(int(micros.min())) if len(micros) else None,
        last=_date(int(micros.max())) if len(micros) else None,
        notes=tuple(note for note in notes if note),
    )


def _date(micros: int) -> date:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).date()


def _derived_ids(
    sources: list[str], tickers: list[str], acts: list[Action | None], micros: npt.NDArray[np.int64]
) -> list[str]:
    """Return ids that are the same whenever the same rows are read again."""
    words = {act: str(act) for act in (Action.BUY, Action.SELL, None)}  # an enum formats itself slowly
    rows = zip(sources, tickers, acts, micros.tolist(), strict=True)
    return [
        blake2b(f"{source}|{ticker}|{words[act]}|{at}".encode(), digest_size=10).hexdigest()
        for source, ticker, act, at in rows
    ]


def _mark_duplicates(parts: Sequence[_Part]) -> None:
    """Refuse every row whose id a good row before it already has, over all files."""
    seen: set[str] = set()
    for part in parts:
        ids = part.columns["recommendation_id"]
        good = np.flatnonzero((part.reasons == 0) & part.acting)
        fresh = len(set(ids)) == len(ids) and seen.isdisjoint(ids)
        if fresh:
            seen.update(ids[i] for i in good.tolist())
            continue
        for i in good.tolist():
            if ids[i] in seen:
                part.reasons[i] = _DUPLICATE
            seen.add(ids[i])


def _refused(part: _Part) -> list[RefusedRow]:
    table, name = part.table, part.table.file.name
    bad = [
        RefusedRow(path=name, row_number=table.row_number(i), reason=f"{_REASONS[part.reasons[i]]} ({_shown(part, i)})")
        for i in np.flatnonzero((part.reasons != 0) & part.acting).tolist()
    ]
    malformed = [RefusedRow(path=name, row_number=line, reason=f"the line {why}") for line, why in table.malformed]
    return sorted(bad + malformed, key=lambda r: r.row_number)


def _shown(part: _Part, i: int) -> str:
    cells = zip(part.table.names, part.table.columns, strict=True)
    theirs = set(part.preview.columns.values())
    return ", ".join(f"{name} {column[i].as_py()!s:.36}" for name, column in cells if name in theirs and name)[:160]
