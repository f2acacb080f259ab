"""Is our average true range the one that TA-Lib works out?"""

import numpy as np
import numpy.typing as npt
import pytest

from engine.risk.volatility import ATR_BARS, wilder_atr
from tests.verification.conftest import Prices

talib = pytest.importorskip("talib", reason="TA-Lib comes with `./stonks verify`")

TOLERANCE = 1e-9
Series = npt.NDArray[np.float64]


def agree(high: Series, low: Series, close: Series) -> bool:
    """Return whether both have a value on the same bars, and the same value before rounding."""
    ours, theirs = wilder_atr(high, low, close), talib.ATR(high, low, close, timeperiod=ATR_BARS)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=0)
    return bool(np.isfinite(ours).any())


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("bars", [1, 14, 15, 16, 60, 2000])
def test_the_atr_of_random_bars_is_talibs(seed: int, bars: int) -> None:
    rng = np.random.default_rng(seed)
    close = rng.choice([0.02, 5.0, 100.0, 400_000.0]) * np.exp(np.cumsum(rng.normal(0, 0.03, bars)))
    opens = close * np.exp(rng.normal(0, 0.02, bars))
    high = np.maximum(opens, close) * np.exp(np.abs(rng.normal(0, 0.02, bars)))
    low = np.minimum(opens, close) * np.exp(-np.abs(rng.normal(0, 0.02, bars)))
    assert agree(high, low, close) == (bars >= 15)


def test_the_atr_of_a_gap_in_either_direction_is_talibs() -> None:
    close = np.array([100.0] * 20 + [50.0] * 20 + [200.0] * 20)
    assert agree(close + 1, close - 1, close)


def test_the_atr_of_every_real_ticker_is_talibs(real_prices: Prices) -> None:
    for bars in real_prices.values():
        high, low, close = (bars[name].to_numpy(dtype=float) for name in ("high", "low", "close"))
        assert agree(high, low, close)


def test_the_atr_of_many_tickers_at_once_is_talibs_of_each(real_prices: Prices) -> None:
    longest = max(len(bars) for bars in real_prices.values())
    chosen = [bars for bars in real_prices.values() if len(bars) == longest]
    high, low, close = (
        np.stack([b[name].to_numpy(dtype=float) for b in chosen], axis=1) for name in ("high", "low", "close")
    )
    ours = wilder_atr(high, low, close)
    for column in range(len(chosen)):
        theirs = talib.ATR(*(np.ascontiguousarray(x[:, column]) for x in (high, low, close)), timeperiod=ATR_BARS)
        np.testing.assert_allclose(ours[:, column], theirs, rtol=TOLERANCE, atol=0)
