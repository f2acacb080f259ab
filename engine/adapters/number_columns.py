"""Number columns: which numbers do these cells hold, and which hold none that can be read?"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters.arrow_arrays import flags_of, values_of
from engine.adapters.file_readers import NULL_TEXTS
from engine.model.money import UNITS_PER_DOLLAR

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_WHOLE = r"^\s*[-+]?\d+\s*$"
_PLAIN = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


def numbers(column: Any, *, decimal_comma: bool = False) -> tuple[Floats, Mask]:
    """Return the column as floats, NaN where it is empty, and a mask of the cells that hold something else.

    Text such as `1,234.5`, `$12.30` and (with `decimal_comma`) `1.234,5` is read.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_null(kind) or pa.types.is_temporal(kind) or pa.types.is_boolean(kind):
        return np.full(len(column), np.nan), np.full(len(column), not pa.types.is_null(kind))
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _from_text(column, decimal_comma)
    values, empty = values_of(column.cast(pa.float64(), safe=False))
    return (np.where(empty, np.nan, values) if empty.any() else values), np.zeros(len(values), np.bool_)


def _from_text(column: Any, decimal_comma: bool) -> tuple[Floats, Mask]:
    import pyarrow as pa
    from pyarrow import compute as pc

    matches = pc.match_substring_regex(column, _WHOLE if decimal_comma else _PLAIN)
    plain = flags_of(matches)
    values = np.full(len(column), np.nan)
    readable = column.filter(matches)
    values[plain] = values_of(pc.cast(pc.utf8_trim_whitespace(readable), pa.float64()))[0]
    bad = np.zeros(len(values), np.bool_)
    for i in np.flatnonzero(~plain):
        text = column[int(i)].as_py()
        if text is None or text.strip() in NULL_TEXTS:
            continue
        number = _clean(text, decimal_comma)
        values[i], bad[i] = (np.nan, True) if number is None else (number, False)
    return values, bad


def _clean(text: str, decimal_comma: bool) -> float | None:
    """Return the number that `text` means once currency signs and thousands separators are gone, or None."""
    bare = re.sub(r"^\s*[$€£]?\s*", "", text).strip()
    if decimal_comma:
        if not re.fullmatch(r"[-+]?\d{1,3}(\.\d{3})*(,\d+)?|[-+]?\d+(,\d+)?", bare):
            return None
        return float(bare.replace(".", "").replace(",", "."))
    if not re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?\d+(\.\d+)?", bare):
        return None
    return float(bare.replace(",", ""))


def to_money(values: Floats) -> npt.NDArray[np.int64]:
    """Return dollars as money, rounded half-even to 4 places as `money.quantise` does; 0 where there is no number."""
    units = values * UNITS_PER_DOLLAR
    np.nan_to_num(units, copy=False)
    return np.rint(units, out=units).astype(np.int64)
