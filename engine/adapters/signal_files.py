"""Signal files: who saw what coming within the day, and which rows cannot be taken at their word?"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.adapters import column_names, suggestion_rows
from engine.adapters.column_names import plain
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import RawFile
from engine.adapters.input_options import InputOptions
from engine.adapters.instants import instants
from engine.adapters.previews import Preview
from engine.adapters.recommendation_cells import confidences, meanings, texts
from engine.adapters.suggestion_rows import NO_ZONE, NUL, Part, derived_id
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow

_TEXTS = ("signal_id", "ticker", "window", "direction")
_NEEDED = ("ticker", "direction", "confidence", "generated_at")
_NAMES = ("signal_id", "ticker", "window", "direction", "confidence", "generated_at")
_NO_ID = "no id column: ids are derived from ticker, window, direction and generated_at"
_NO_WINDOW = "no window column: every signal is taken as intraday"
_DIRECTIONS = {
    **dict.fromkeys(("up", "buy", "b", "long", "bullish", "bull", "rise", "rising", "1", "10"), SignalDirection.UP),
    **dict.fromkeys(("down", "sell", "s", "short", "bearish", "bear", "fall", "falling"), SignalDirection.DOWN),
}
_WINDOWS = {
    **dict.fromkeys(("intraday", "id", "sameday"), SignalWindow.INTRADAY),
    **dict.fromkeys(("1d", "1day", "oneday", "day", "daily", "d", "d1", "24h"), SignalWindow.ONE_DAY),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalRead:
    """What reading signal files came to. `ignored` counts rows by the direction or window that means nothing to us."""

    signals: tuple[IntradaySignal, ...]
    previews: tuple[Preview, ...]
    refused: tuple[RefusedRow, ...]
    ignored: Mapping[str, int]


def read_signals(paths: Sequence[Path | RawFile], options: InputOptions) -> SignalRead:
    """Return the signals of `paths`; bad rows are refused one by one, the others go on (spec section 3).

    Rows with another direction than up and down, or another window than intraday and 1d, are left out and counted.
    Raises BadInput when a file cannot be understood at all.
    """
    parts = [_read_one(path, options) for path in paths]
    suggestion_rows.mark_duplicates(parts, "signal_id")
    columns = suggestion_rows.kept_columns(parts, _NAMES)
    rows = zip(*(columns[name] for name in _NAMES), strict=True)
    return SignalRead(
        signals=tuple(IntradaySignal(**dict(zip(_NAMES, row, strict=True))) for row in rows),
        previews=tuple(part.preview for part in parts),
        refused=tuple(refusal for part in parts for refusal in suggestion_rows.refused(part)),
        ignored=sum((part.ignored for part in parts), Counter()),
    )


def _read_one(path: Path | RawFile, options: InputOptions) -> Part:
    table, found = suggestion_rows.table_of(path, column_names.SIGNALS, _NEEDED, _TEXTS, options)
    cells = {name: table.columns[i] for name, i in found.items()}
    tickers = [text.upper() for text in texts(cells["ticker"])]
    directions, unknown = meanings(cells["direction"], _direction)
    windows, others = _windows(cells, table.rows)
    confidence, unread, scale = confidences(cells["confidence"], table, options)
    at = instants(cells["generated_at"], options, what="generated_at", where=table.file.name)
    if "signal_id" in cells:
        ids, id_note = texts(cells["signal_id"]), ""
    else:
        rows = zip(tickers, windows, directions, at.micros.tolist(), strict=True)
        ids, id_note = [derived_id(*row) for row in rows], _NO_ID
    reasons, why = suggestion_rows.refusals(
        {
            NUL: suggestion_rows.with_nul(ids, tickers),
            "the ticker is empty": np.array([not ticker for ticker in tickers], np.bool_),
            "the signal id is empty": np.array([not name for name in ids], np.bool_),
            "the confidence is missing or not a number": unread,
            "the confidence is not within 0..1": ~((confidence >= 0) & (confidence <= 1)),
            "generated_at is missing": at.empty,
            "generated_at cannot be read": at.bad,
            f"generated_at {NO_ZONE}": at.naive,
        }
    )
    values = (ids, tickers, windows, directions, confidence.tolist(), at.values())
    notes = (at.how, scale, "" if "window" in cells else _NO_WINDOW, id_note, *_left_out(unknown, others))
    return Part(
        table=table,
        columns=dict(zip(_NAMES, values, strict=True)),
        reasons=reasons,
        why=why,
        acting=np.array([None not in pair for pair in zip(directions, windows, strict=True)], np.bool_),
        ignored=unknown + others,
        preview=suggestion_rows.preview("signals", table, found, tickers, at.micros, notes),
    )


def _windows(cells: Mapping[str, Any], rows: int) -> tuple[list[SignalWindow | None], Counter[str]]:
    if "window" not in cells:
        return [SignalWindow.INTRADAY] * rows, Counter()
    return meanings(cells["window"], lambda word: _WINDOWS.get(plain(word)))


def _direction(word: str) -> SignalDirection | None:
    return SignalDirection.DOWN if word in ("-1", "-1.0") else _DIRECTIONS.get(plain(word))


def _left_out(unknown: Counter[str], others: Counter[str]) -> Iterator[str]:
    for what, said in (("neither up nor down", unknown), ("another window than intraday and 1d", others)):
        if said:
            yield f"left out because they say {what}: {suggestion_rows.most_common(said)}"
