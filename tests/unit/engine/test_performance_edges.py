"""The figures of a run, all of them at once, from numbers that a person can follow."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.accounting import performance_tracker
from engine.model.performance import NO_TRADES, PerformanceMetrics, TradeStatistics
from engine.model.portfolio import PortfolioSnapshot, RiskTierName, TradingState
from engine.model.positions import ClosedTrade
from tests.support.tapes import closing, day, opening, rules


def trade(pnl: int, days: float, *, is_micro: bool = False) -> ClosedTrade:
    return ClosedTrade(
        ticker="AAA",
        decision_id="d1",
        exit_decision_id="d2",
        recommendation_id=None,
        sector=None,
        quantity=1,
        entry_price=1,
        exit_price=1,
        entry_at=opening(0),
        exit_at=opening(0) + timedelta(days=days),
        pnl=pnl,
        costs=0,
        pnl_pct=0.0,
        exit_reason="stop_loss",
        signal_confidence=0.7,
        is_micro=is_micro,
    )


def snapshot(number: int, value: int, cash: int, daily: float, cumulative: float) -> PortfolioSnapshot:
    return PortfolioSnapshot(
        on=day(number),
        at=closing(number),
        total_value=value,
        cash=cash,
        active_pool=value - 1_000,
        reserve=1_000,
        flows=77,
        costs=55,
        realised_pnl=0,
        unrealised_pnl=0,
        daily_return=daily,
        cumulative_return=cumulative,
        win_count=0,
        loss_count=0,
        trade_count=0,
        win_rate=None,
        sharpe_ratio=None,
        max_drawdown=0.25,
        current_drawdown=0.125,
        heat=0.0,
        risk_tier=RiskTierName.MODERATE,
        trading_state=TradingState.ACTIVE,
        positions=(),
    )


TRADES = [trade(300, 1), trade(100, 2), trade(-200, 4), trade(0, 1), trade(50, 0.5, is_micro=True)]
STANDARD = TradeStatistics(
    trade_count=4,
    win_count=2,
    loss_count=1,
    win_rate=0.5,
    profit_factor=2.0,
    gross_profit=400,
    gross_loss=200,
    net_pnl=200,
    average_win=200,
    average_loss=200,
    average_hold_days=2.0,
)


def test_statistics_of_trades() -> None:
    assert performance_tracker.trade_statistics(TRADES[:4]) == STANDARD
    assert performance_tracker.trade_statistics([]) == NO_TRADES
    won = performance_tracker.trade_statistics([trade(1, 3)])
    assert (won.profit_factor, won.average_win, won.average_loss, won.win_count) == (math.inf, 1, None, 1)
    lost = performance_tracker.trade_statistics([trade(-1, 3)])
    assert (lost.profit_factor, lost.average_win, lost.average_loss, lost.loss_count) == (0.0, None, 1, 1)


def test_the_headline_of_a_run() -> None:
    days = [snapshot(0, 11_000, 6_000, 0.1, 0.1), snapshot(1, 9_000, 5_000, -0.05, 0.045)]
    found = performance_tracker.compute_metrics(10_000, days, TRADES)
    assert found == PerformanceMetrics(
        initial_value=10_000,
        final_value=9_000,
        total_return=0.045,
        annual_return=None,
        sharpe_ratio=found.sharpe_ratio,
        max_drawdown=0.25,
        current_drawdown=0.125,
        exposure=found.exposure,
        costs=55,
        flows=77,
        reserve=1_000,
        sessions=2,
        trades=STANDARD,
        micro=performance_tracker.trade_statistics(TRADES[4:]),
    )
    assert found.sharpe_ratio == pytest.approx(0.025 / math.sqrt(2 * 0.075**2) * math.sqrt(252))
    assert found.exposure == pytest.approx((5_000 / 10_000 + 4_000 / 8_000) / 2)


def test_a_run_without_a_day_has_nothing_but_its_capital() -> None:
    assert performance_tracker.compute_metrics(10_000, [], []) == PerformanceMetrics(
        initial_value=10_000,
        final_value=10_000,
        total_return=0.0,
        annual_return=None,
        sharpe_ratio=None,
        max_drawdown=0.0,
        current_drawdown=0.0,
        exposure=0.0,
        costs=0,
        flows=0,
        reserve=0,
        sessions=0,
        trades=NO_TRADES,
    )


def test_a_year_is_reckoned_from_a_month_on_and_not_of_an_account_that_is_gone() -> None:
    def of(sessions: int, total: float) -> float | None:
        days = [snapshot(n, 11_000, 11_000, 0.001, total) for n in range(sessions)]
        return performance_tracker.compute_metrics(10_000, days, []).annual_return

    assert of(20, 0.1) is None
    assert of(21, 0.1) == pytest.approx(1.1**12 - 1)
    assert of(252, 0.5) == pytest.approx(0.5)
    assert of(21, -1.0) is None


def test_days_without_an_active_pool_do_not_count_for_exposure() -> None:
    gone = replace(snapshot(0, 1_000, 0, 0.0, 0.0), active_pool=0)
    one = replace(snapshot(1, 1_001, 0, 0.0, 0.0), active_pool=1)
    assert performance_tracker.compute_metrics(10_000, [gone, one], []).exposure == 1_001.0


def test_a_sharpe_ratio_needs_two_returns_that_differ() -> None:
    assert performance_tracker.sharpe_ratio([0.01]) is None
    assert performance_tracker.sharpe_ratio([0.01, 0.01]) is None
    assert performance_tracker.sharpe_ratio([0.0, 0.02]) == pytest.approx(
        0.01 / math.sqrt(2 * 0.01**2) * math.sqrt(252)
    )


def test_a_drawdown_counts_from_the_capital_and_from_each_peak() -> None:
    assert performance_tracker.max_drawdown([]) == 0.0
    assert performance_tracker.max_drawdown([0.8, 0.9]) == pytest.approx(0.2)
    assert performance_tracker.max_drawdown([1.5, 1.2, 2.0, 1.5, 1.9]) == pytest.approx(0.25)


def test_a_day_s_return_leaves_out_what_was_paid_in() -> None:
    assert performance_tracker.daily_return(1_100, 1_000, 0) == pytest.approx(0.1)
    assert performance_tracker.daily_return(1_100, 1_000, 100) == 0.0
    assert performance_tracker.daily_return(1_100, 1_000, -100) == pytest.approx(0.2)
    assert performance_tracker.daily_return(2, 1, 0) == 1.0
    assert performance_tracker.daily_return(5, 0, 0) == 0.0


def test_a_large_trade_is_beyond_the_smaller_of_two_limits() -> None:
    assert performance_tracker.large_trade_limit(1_000_000_000, rules()) == 500.0
    assert performance_tracker.large_trade_limit(100_000_000, rules()) == 200.0
    assert performance_tracker.large_trade_limit(-100_000_000, rules()) == 0.0
    assert performance_tracker.large_trade_limit(1_000_000_000, rules(large_trade_pnl_usd=5_000.0)) == 2_000.0


def test_rates_and_factors() -> None:
    assert performance_tracker.win_rate(1, 4) == 0.25
    assert performance_tracker.win_rate(0, 0) is None
    assert performance_tracker.profit_factor(3, 2, 5) == 1.5
    assert performance_tracker.profit_factor(0, 1, 1) == 0.0
    assert performance_tracker.profit_factor(3, 0, 1) == math.inf
    assert performance_tracker.profit_factor(0, 0, 0) is None
