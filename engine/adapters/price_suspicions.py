"""Price suspicions: which bars are hard to believe among their neighbours, though nothing in them is impossible?

Three shapes, told apart by what a real move leaves behind and a clerical one does not. News makes a session hectic:
a wide range and many times the usual volume. A split, a spin-off or a wrong row jumps, and trades on calmly. The limits
were set by looking at 160,000 real daily bars of 128 large stocks; they are cautious, and nothing but a plainly bad
price is altered.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters.bar_rows import BarRows
from engine.adapters.faults import Fault, FaultKind
from engine.model.money import usd

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

SPIKE = np.log(1.2)  # a close this far from both neighbours, back at the next open
ISLAND_BAD, ISLAND_ODD = np.log(1.08), np.log(1.025)  # a whole bar this far from both neighbours
ISLAND_USUAL_GAPS = 7.5  # ... and this many usual overnight moves: a wild stock's own leaps are not meant
CALM_VOLUME = 2.0
JUMP = np.log(1 / 0.95)
FALL, RISE = np.log(0.7), np.log(1.45)  # beyond these a round ratio alone is a sign
CALM, VERY_CALM = 4.0, 7.0  # overnight jump over the session's own range
SPLIT_VOLUME = 3.0
NEAR = 0.03
_WHOLE = (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50, 100)
USUAL_RATIOS = (1.5, *_WHOLE, *(1 / n for n in _WHOLE))
_WINDOW = 20


def odd_bars(rows: BarRows) -> tuple[Positions, Positions]:
    """Return where a bar's price is far from both neighbours' for one day, and where a calm bar lies only odd."""
    gap = _gaps(rows)
    islands, sizes = _islands(rows, gap)
    bad = np.union1d(_spikes(rows, gap), islands[sizes >= ISLAND_BAD])
    return bad, np.setdiff1d(islands, bad)


def odd_bar_fault(rows: BarRows, i: int, kind: FaultKind, done: str) -> Fault:
    """Return the fault of a bar that `odd_bars` found."""
    before, after = usd(int(rows.close[i - 1])), usd(int(rows.open[i + 1]))
    return rows.fault(i, kind, f"{rows.shown(i)} between a close of {before} and an open of {after}", done)


def suspected_splits(rows: BarRows) -> list[Fault]:
    """Return the overnight jumps that stay and look like a split, a spin-off or a special dividend.

    Two signs: a jump near a usual split ratio (a third or more down, or half or more up), or a fall of 5 % or more
    that is many times the range of the session after it, on no extraordinary volume unless the calm is complete.
    """
    gap = _gaps(rows)
    at = _that_stay(rows, gap, np.flatnonzero((gap <= -JUMP) | (gap >= RISE)))
    calm = np.abs(gap[at]) / np.maximum(np.log(rows.high[at] / rows.low[at]), 1e-4)
    apart, _ = _islands(rows, gap)
    back = np.isin(at, np.concatenate([apart, apart + 1, _spikes(rows, gap) + 1]))  # the way back is no split
    faults = []
    for i, calmness in zip(at[~back].tolist(), calm[~back].tolist(), strict=True):
        ratio, volume = float(np.exp(-gap[i])), _volume_ratio(rows, i)
        usual = (gap[i] <= FALL or gap[i] >= RISE) and bool(_near(ratio))
        if usual or calmness >= VERY_CALM or (calmness >= CALM and volume < SPLIT_VOLUME):
            faults.append(_split_fault(rows, i, ratio, volume))
    return faults


def _split_fault(rows: BarRows, i: int, ratio: float, volume: float) -> Fault:
    found = (
        f"close {usd(int(rows.close[i - 1]))}, next open {usd(int(rows.open[i]))} (ratio {ratio:.3f}{_near(ratio)}), "
        f"volume {volume:.1f} times the usual"
    )
    return rows.fault(i, FaultKind.SUSPECTED_SPLIT, found, "kept as it is; if it is one: --splits FILE")


def _near(ratio: float) -> str:
    best = min(USUAL_RATIOS, key=lambda r: abs(ratio / r - 1))
    if abs(ratio / best - 1) > NEAR:
        return ""
    return f", near {best:g}:1" if best > 1 else f", near 1:{round(1 / best)}"


def _gaps(rows: BarRows) -> Floats:
    """Return the log move from the close before to this open; 0 at a ticker's first bar."""
    gap = np.zeros(len(rows))
    gap[1:] = np.log(rows.open[1:] / rows.close[:-1])
    gap[~rows.after_same_ticker()] = 0.0
    return gap


def _spikes(rows: BarRows, gap: Floats) -> Positions:
    """Return where a close is far from both neighbouring closes, and the next open knows nothing of it."""
    at = np.flatnonzero(np.abs(gap[1:]) >= 0.6 * SPIKE)  # cheap and wide; what follows is exact
    at = at[(at > 0) & (rows.ticker[at] == rows.ticker[at - 1])] if len(at) else at
    before = np.log(rows.close[at] / rows.close[at - 1])
    after = np.log(rows.close[at + 1] / rows.close[at])
    least = np.minimum(np.abs(before), np.abs(after))
    back = (before * after < 0) & (np.abs(before + after) <= 0.3 * least)
    overnight = gap[at + 1]
    hit: Positions = at[(least >= SPIKE) & back & (np.abs(overnight) >= 0.6 * np.abs(after)) & (overnight * after > 0)]
    return hit


def _islands(rows: BarRows, gap: Floats) -> tuple[Positions, Floats]:
    """Return where a bar is apart from its neighbours' ranges, both ways, on a usual volume; and by how much."""
    sizes = np.minimum(np.abs(gap[:-1]), np.abs(gap[1:]))
    at = np.flatnonzero((sizes >= ISLAND_ODD) & (gap[:-1] * gap[1:] < 0))
    above = rows.low[at] > np.maximum(rows.high[at - 1], rows.high[(at + 1)])
    below = rows.high[at] < np.minimum(rows.low[at - 1], rows.low[(at + 1)])
    at = at[above | below]
    far = [sizes[i] >= ISLAND_USUAL_GAPS * _usual_gap(rows, gap, i) for i in at.tolist()]
    usual = [_volume_ratio(rows, i) < CALM_VOLUME for i in at.tolist()]
    at = at[np.array(far, np.bool_) & np.array(usual, np.bool_)]
    return at, sizes[at]


def _that_stay(rows: BarRows, gap: Floats, at: Positions) -> Positions:
    """Return those after which the next open is still on the far side; a ticker's last bar cannot tell."""
    at = at[at + 1 < len(rows)]
    at = at[rows.ticker[at] == rows.ticker[at + 1]]
    later = np.log(rows.open[at + 1] / rows.close[at - 1])
    return at[(later * gap[at] > 0) & (np.abs(later) >= 0.7 * np.abs(gap[at]))]


def _around(rows: BarRows, i: int, column: npt.NDArray[Any], *, before_only: bool) -> npt.NDArray[Any]:
    lo, hi = max(0, i - _WINDOW), i if before_only else min(len(rows), i + _WINDOW + 1)
    near = np.arange(lo, hi)
    near = near[(rows.ticker[lo:hi] == rows.ticker[i]) & (near != i)]
    found: npt.NDArray[Any] = column[near]
    return found


def _usual_gap(rows: BarRows, gap: Floats, i: int) -> float:
    near = np.abs(_around(rows, i, gap, before_only=False))
    return float(np.median(near)) if len(near) else 0.0


def _volume_ratio(rows: BarRows, i: int) -> float:
    """Return volume over the median of the 20 bars before; 1 where nothing is known."""
    near = _around(rows, i, rows.volume, before_only=True)
    usual = float(np.median(near)) if len(near) else 0.0
    return float(rows.volume[i]) / usual if usual > 0 else 1.0
