"""Recommendation cells: what do senders mean by `Strong Buy`, `85%` and `2014-03-01`?"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from engine.adapters import date_columns, number_columns
from engine.adapters.column_names import plain
from engine.adapters.file_readers import RawTable
from engine.adapters.input_options import InputOptions
from engine.errors import BadInput
from engine.model.recommendation import Action, Mode

_BUY = frozenset(
    {"buy", "b", "long", "bullish", "strongbuy", "enter", "entry", "buytoopen", "accumulate", "add", "1", "10"}
)
_SELL = frozenset({"sell", "s", "bearish", "strongsell", "exit", "close", "selltoclose", "reduce"})
_MODES = {"": Mode.PAPER_ELIGIBLE, "papereligible": Mode.PAPER_ELIGIBLE, "paper": Mode.PAPER_ELIGIBLE,
          "liveeligible": Mode.LIVE_ELIGIBLE, "live": Mode.LIVE_ELIGIBLE}  # fmt: skip
_AFTER_CLOSE = 16 * 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instants:
    """Moments in UTC, as microseconds since 1970; `naive` marks those whose zone nobody told."""

    micros: npt.NDArray[np.int64]
    empty: npt.NDArray[np.bool_]
    bad: npt.NDArray[np.bool_]
    naive: npt.NDArray[np.bool_]
    how: str

    def values(self) -> list[datetime | None]:
        """Return them as aware datetimes, None where there is none."""
        epoch, microsecond = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
        moments = [epoch + microsecond * at for at in self.micros.tolist()]
        absent = self.empty | self.bad
        if not absent.any():
            return moments
        return [None if gone else at for at, gone in zip(moments, absent.tolist(), strict=True)]


def texts(column: Any) -> list[str]:
    """Return a column as trimmed text, empty where there is nothing."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if pa.types.is_floating(column.type):  # an id column with a gap in it: 17.0 was meant as 17
        return ["" if v is None or v != v else f"{v:g}" for v in column.to_pylist()]
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string())).to_pylist()
    return [text or "" for text in trimmed]


def coded(column: Any) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the distinct texts of a column, and each row's index into them."""
    words = texts(column)
    index = {word: i for i, word in enumerate(dict.fromkeys(words))}
    return list(index), np.fromiter(map(index.__getitem__, words), np.int64, len(words))


def actions(column: Any) -> tuple[list[Action | None], Counter[str]]:
    """Return buy, sell or None for each row, and how often each other word was said."""
    words, codes = coded(column)
    meant = [_action(word) for word in words]
    counts = np.bincount(codes, minlength=len(words)).tolist()
    ignored = Counter({w: n for w, n, act in zip(words, counts, meant, strict=True) if act is None and n})
    return [meant[code] for code in codes.tolist()], ignored


def _action(word: str) -> Action | None:
    if word in ("-1", "-1.0"):
        return Action.SELL
    bare = plain(word)
    return Action.BUY if bare in _BUY else Action.SELL if bare in _SELL else None


def modes(column: Any) -> tuple[list[Mode], str]:
    """Return the mode of each row; an empty one is paper_eligible, and the note counts them."""
    words, codes = coded(column)
    meant = [_MODES.get(plain(word), Mode.OTHER) for word in words]
    empty = int((codes == words.index("")).sum()) if "" in words else 0
    note = f"{empty:,} rows without a mode are taken as paper_eligible" if empty else ""
    return [meant[code] for code in codes.tolist()], note


def confidences(
    column: Any, table: RawTable, options: InputOptions
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], str]:
    """Return confidences 0..1, which of them could not be read, and a note on the scale.

    Raises BadInput when the file plainly counts in per cent and nobody said so: 0.9 would be taken for 90 %.
    """
    import pyarrow as pa
    from pyarrow import compute as pc

    scale = options.confidence_scale
    if pa.types.is_string(column.type):
        percent = bool(pc.any(pc.ends_with(column, "%")).as_py())
        if percent and scale == 1:
            _refuse_percent(table, "has confidences with a % sign")
        column = pc.replace_substring_regex(column, r"\s*%\s*$", "")
    values, unread = number_columns.numbers(column, decimal_comma=table.decimal_comma)
    unread = unread | np.isnan(values)
    given = values[~unread]
    beyond = given > 1
    if scale == 1 and len(given) and beyond.mean() > 0.5 and ((given >= 0) & (given <= 100)).all():
        _refuse_percent(table, f"has confidences up to {given.max():g}, and 0..1 is expected")
    note = f"confidences were divided by {scale:g}" if scale != 1 else ""
    return values / scale, unread, note


def _refuse_percent(table: RawTable, what: str) -> None:
    raise BadInput(f"{table.file.name} {what}", hint="if 100 means certain: --confidence-scale 100")


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone called `name`. Raises BadInput when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"--timezone {name}: no such time zone", hint="for example America/New_York, or UTC") from error


def instants(column: Any, options: InputOptions, *, what: str, where: str) -> Instants:
    """Return the moments of a column. A date alone means after that day's close: 16:00 in New York.

    Raises BadInput when no row at all tells its zone and `options.timezone` does not either.
    """
    found = date_columns.moments(column, date_format=options.date_format)
    there = ~(found.empty | found.bad)
    dates = there & found.date_only
    naive = there & ~found.aware & ~dates
    micros = found.micros.copy()
    micros[dates] = date_columns.to_utc(found.micros[dates] + _AFTER_CLOSE, date_columns.NEW_YORK)
    notes = [f"{what}: {found.how}"]
    if dates.any():
        notes.append("a date alone means after that day's close (16:00 New York)")
    if naive.any():
        if options.timezone:
            micros[naive] = date_columns.to_utc(found.micros[naive], zone_of(options.timezone))
            notes.append(f"read as {options.timezone}")
            naive = np.zeros_like(naive)
        elif naive.sum() == there.sum():
            raise BadInput(
                f"{where}: {what} has no time zone, so nobody can tell whether a row was known before the open",
                hint="--timezone America/New_York (or UTC, or where it was written) says which is meant",
            )
    micros[~there] = 0
    return Instants(micros=micros, empty=found.empty, bad=found.bad, naive=naive, how=", ".join(notes))
