"""Arrow arrays: what numbers lie in them, without the help of pandas?

Arrow's own `to_numpy` imports pandas where it is installed, which costs more time than reading a large file.
"""

from typing import Any

import numpy as np
import numpy.typing as npt


def values_of(array: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Return the values of an array of numbers, dates or times (as whole numbers), and where it has none.

    What stands in the values where there is none is undefined.
    """
    import pyarrow as pa

    kind = array.type
    if pa.types.is_null(kind):
        return np.zeros(len(array)), np.ones(len(array), np.bool_)
    validity, data = array.buffers()
    dtype = np.dtype(f"{'f' if pa.types.is_floating(kind) else _signed(kind)}{kind.bit_width // 8}")
    values = (
        np.frombuffer(data, dtype, len(array), array.offset * dtype.itemsize) if data else np.zeros(len(array), dtype)
    )
    return values, ~_bits(validity, array)


def flags_of(array: Any) -> npt.NDArray[np.bool_]:
    """Return an array of booleans; where it has none: False."""
    validity, data = array.buffers()
    return _bits(data, array) & _bits(validity, array)


def give_memory_back() -> None:
    """Return to the system what Arrow keeps of arrays that are no longer there; it would keep it for the next ones."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def _signed(kind: Any) -> str:
    import pyarrow as pa

    return "u" if pa.types.is_unsigned_integer(kind) else "i"


def _bits(buffer: Any, array: Any) -> npt.NDArray[np.bool_]:
    """Return a bit a cell; all set without a buffer, which is how Arrow says that nothing is missing."""
    if buffer is None:
        return np.ones(len(array), np.bool_)
    packed = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(packed, count=array.offset + len(array), bitorder="little")[array.offset :].astype(np.bool_)
