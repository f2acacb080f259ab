"""Volatility: how far does a ticker move in a day?"""

import numpy as np
import numpy.typing as npt

ATR_BARS = 14
_PLACES = 6

Series = npt.NDArray[np.float64]


def wilder_atr(high: Series, low: Series, close: Series) -> Series:
    """Return the average true range after each bar, in the unit of the prices; NaN before the 15th bar.

    Wilder (New Concepts in Technical Trading Systems, 1978) over 14 bars: true range starts at the second bar, the
    first value is the mean of 14 of them, then (13 * old + new) / 14. All arrays are (bars,) or (bars, tickers),
    without gaps: a missing bar is left out, not filled. `rounded` it before it is compared or kept.

    The specification looks at the last 504 bars; what lies before weighs (13/14)**489 < 1e-15 and cannot be seen
    after rounding, so the whole history may be used at once.
    """
    out = np.full_like(close, np.nan)
    if len(close) <= ATR_BARS:
        return out
    true_range = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    value = true_range[:ATR_BARS].mean(axis=0)
    out[ATR_BARS] = value
    for t in range(ATR_BARS, len(true_range)):
        value = (value * (ATR_BARS - 1) + true_range[t]) / ATR_BARS
        out[t + 1] = value
    return out


def rounded(atr: Series) -> Series:
    """Return `atr` rounded to 1e-6, so that machines and library versions agree (spec section 2)."""
    values: Series = np.round(atr, _PLACES)
    return values
