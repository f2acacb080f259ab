"""Bar lengths: does a bar of these rows last a day, a minute, or something that cannot be used?"""

from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from engine.adapters.bar_rows import BarRows

_SECOND = 1_000_000
_SECONDS_BITS = 34  # seconds of a century and more
_SEVERAL = 1.5  # bars a ticker and day from which a file is taken as one of minutes: a few repeated days are no sign
_FEW_TIMES = 3  # of day: daily bars may be stamped with the close, in winter, in summer and before holidays

_ENOUGH = 3  # neighbours that can tell of a length


class BarLength(Enum):
    """How long a bar lasts, as far as one file shows it. `EITHER`: one bar a ticker and day, at many times of day."""

    DAYS = auto()
    MINUTES = auto()
    EITHER = auto()


def of(rows: BarRows) -> BarLength:
    """Return how long a bar of these rows lasts, by how many different moments a ticker has in a day."""
    if not len(rows):
        return BarLength.EITHER
    seconds = rows.micros // _SECOND
    if _distinct(_of_tickers(rows, seconds)) > _SEVERAL * _distinct(rows.key()):
        return BarLength.MINUTES
    return BarLength.DAYS if _distinct(seconds % 86_400) <= _FEW_TIMES else BarLength.EITHER


def _of_tickers(rows: BarRows, seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    key = rows.ticker.astype(np.int64)
    key <<= _SECONDS_BITS
    key += seconds
    return key


def minutes_apart(key: npt.NDArray[np.int64], new_group: npt.NDArray[np.bool_]) -> int:
    """Return how many minutes lie between bars: 1 unless most neighbours, and all others, are a multiple apart.

    `key` counts minutes, in order; `new_group` marks the first bar of each ticker and session.
    """
    steps = np.diff(key)[~new_group[1:]]
    if len(steps) < _ENOUGH:
        return 1
    common = int(np.gcd.reduce(np.unique(steps)))
    return common if 2 * int((steps == common).sum()) > len(steps) else 1


def _distinct(numbers: npt.NDArray[np.int64]) -> int:
    ordered = numbers if (numbers[1:] >= numbers[:-1]).all() else np.sort(numbers)
    return 1 + int((ordered[1:] != ordered[:-1]).sum())
