"""Are our Sharpe ratio and drawdown those of empyrical?"""

import math

import numpy as np
import numpy.typing as npt
import pytest

from engine.accounting.performance_tracker import SESSIONS_A_YEAR, max_drawdown, sharpe_ratio
from tests.verification.conftest import Prices

empyrical = pytest.importorskip("empyrical", reason="empyrical-reloaded comes with `./stonks verify`")

TOLERANCE = 1e-9
Returns = npt.NDArray[np.float64]


def agree_on_sharpe(returns: Returns) -> None:
    theirs = float(empyrical.sharpe_ratio(returns, risk_free=0, annualization=SESSIONS_A_YEAR))
    ours = sharpe_ratio(returns.tolist())
    assert ours is not None
    assert math.isclose(ours, theirs, rel_tol=TOLERANCE)


def agree_on_drawdown(returns: Returns) -> None:
    theirs = -float(empyrical.max_drawdown(returns))
    assert math.isclose(max_drawdown(np.cumprod(1 + returns).tolist()), theirs, rel_tol=TOLERANCE, abs_tol=1e-12)


def test_the_sharpe_ratio_of_random_returns_is_empyricals(random_returns: Returns) -> None:
    agree_on_sharpe(random_returns)


def test_the_drawdown_of_random_returns_is_empyricals(random_returns: Returns) -> None:
    agree_on_drawdown(random_returns)


def test_a_fall_on_the_first_day_is_a_drawdown_for_both() -> None:
    agree_on_drawdown(np.array([-0.25, 0.10, 0.05]))


def test_what_only_rises_has_no_drawdown_for_both() -> None:
    agree_on_drawdown(np.array([0.01, 0.0, 0.02]))


def daily_returns(closes: Returns) -> Returns:
    return closes[1:] / closes[:-1] - 1


def test_the_sharpe_ratio_of_every_real_ticker_is_empyricals(real_prices: Prices) -> None:
    for bars in real_prices.values():
        agree_on_sharpe(daily_returns(bars["close"].to_numpy(dtype=float)))


def test_the_sharpe_ratio_of_every_month_of_a_real_ticker_is_empyricals(real_prices: Prices) -> None:
    returns = daily_returns(real_prices[min(real_prices)]["close"].to_numpy(dtype=float))
    for end in range(30, len(returns)):
        agree_on_sharpe(returns[end - 30 : end])


def test_the_drawdown_of_every_real_ticker_is_empyricals(real_prices: Prices) -> None:
    for bars in real_prices.values():
        agree_on_drawdown(daily_returns(bars["close"].to_numpy(dtype=float)))
