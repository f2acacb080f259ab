"""Recommendation cells: what do senders mean by `Strong Buy`, `85%` and `paper`?"""

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from engine.adapters import number_columns
from engine.adapters.column_names import plain
from engine.adapters.file_readers import RawTable
from engine.adapters.input_options import InputOptions
from engine.errors import BadInput
from engine.model.recommendation import Action, Mode

T = TypeVar("T")

_BUY = frozenset(
    {"buy", "b", "long", "bullish", "strongbuy", "enter", "entry", "buytoopen", "accumulate", "add", "1", "10"}
)
_SELL = frozenset({"sell", "s", "bearish", "strongsell", "exit", "close", "selltoclose", "reduce"})
_MODES = {"": Mode.PAPER_ELIGIBLE, "papereligible": Mode.PAPER_ELIGIBLE, "paper": Mode.PAPER_ELIGIBLE,
          "liveeligible": Mode.LIVE_ELIGIBLE, "live": Mode.LIVE_ELIGIBLE}  # fmt: skip


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
    return meanings(column, _action)


def meanings(column: Any, meaning: Callable[[str], T | None]) -> tuple[list[T | None], Counter[str]]:
    """Return what each row's word means, None where it means nothing, and how often each such word was said."""
    words, codes = coded(column)
    meant = [meaning(word) for word in words]
    counts = np.bincount(codes, minlength=len(words)).tolist()
    ignored = Counter({w: n for w, n, found in zip(words, counts, meant, strict=True) if found is None and n})
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
