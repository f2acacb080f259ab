"""Properties 26 and 36: the figures are the formulas, and a backtest's are the tracker's."""

import itertools
import math
import statistics
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from engine.accounting import performance_tracker
from engine.model.positions import ClosedTrade
from engine.model.runs import RunStatus
from tests.support.markets import World, worlds
from tests.support.tapes import opening

pnls = st.lists(st.one_of(st.integers(-(10**8), 10**8), st.just(0)), max_size=30)
returns = st.lists(st.floats(-0.5, 0.5).map(lambda r: round(r, 9)), max_size=60)


def trade(pnl: int, days: int) -> ClosedTrade:
    """Return a round trip of `days` that brought `pnl`."""
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
    )


@given(pnls, st.integers(0, 400))
@example([], 0)
@example([0], 1)
@example([5], 1)
@example([-5, 0], 1)
def test_p26_wins_losses_and_profit_factor(amounts: list[int], days: int) -> None:
    s = performance_tracker.trade_statistics([trade(p, days) for p in amounts])
    wins, losses = [p for p in amounts if p > 0], [p for p in amounts if p < 0]
    assert (s.trade_count, s.win_count, s.loss_count) == (len(amounts), len(wins), len(losses))
    assert s.net_pnl == sum(amounts) == s.gross_profit - s.gross_loss
    if not amounts:
        assert (s.win_rate, s.profit_factor, s.average_hold_days) == (None, None, None)
        return
    assert s.win_rate == len(wins) / len(amounts)
    assert s.profit_factor == (sum(wins) / -sum(losses) if losses else math.inf)
    assert s.average_hold_days == days
    for mine, theirs in ((wins, s.average_win), (losses, s.average_loss)):
        if mine:
            assert theirs is not None
            assert abs(abs(Fraction(sum(mine), len(mine))) - theirs) <= Fraction(1, 2)
        else:
            assert theirs is None


@settings(max_examples=100)
@given(returns)
@example([])
@example([0.01])
@example([0.01, 0.01])
@example([0.1] * 30)
@example([0.0, 1e-9])
def test_p26_sharpe_is_mean_over_deviation(daily: list[float]) -> None:
    found = performance_tracker.sharpe_ratio(daily)
    if len(daily) < 2 or len(set(daily)) == 1:
        assert found is None
        return
    assert found is not None
    expected = statistics.mean(daily) / statistics.stdev(daily) * math.sqrt(252)
    assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=100)
@given(returns)
@example([-0.5, 1.0, -0.1])
@example([-0.1])
def test_p26_the_drawdown_is_the_deepest_fall_from_any_earlier_value_the_start_included(daily: list[float]) -> None:
    values = [1.0]
    for r in daily:
        values.append(values[-1] * (1 + r))
    naive = max((1 - low / high for i, high in enumerate(values) for low in values[i:]), default=0.0)
    assert math.isclose(performance_tracker.max_drawdown(values[1:]), naive, abs_tol=1e-12)


def deepest(values: Sequence[float]) -> float:
    """Return the largest fall between any two of `values`."""
    return max((1 - low / high for i, high in enumerate(values) for low in values[i:]), default=0.0)


@settings(max_examples=50)
@given(worlds())
def test_p36_a_backtests_figures_are_the_trackers_and_the_naive_ones(world: World) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    books, m = result.books, result.metrics
    event(f"trades: {min(5, len(books.trades))}")
    assert m == performance_tracker.compute_metrics(world.capital, books.snapshots, books.trades)

    values = [world.capital, *(s.total_value for s in books.snapshots)]  # no deposits: values are returns
    daily = [b / a - 1 for a, b in itertools.pairwise(values)]
    assert [s.daily_return for s in books.snapshots] == daily
    assert math.isclose(m.total_return, values[-1] / values[0] - 1, abs_tol=1e-9)
    assert math.isclose(m.max_drawdown, deepest([float(v) for v in values]), abs_tol=1e-9)
    assert math.isclose(m.current_drawdown, 1 - values[-1] / max(values), abs_tol=1e-9)
    assert (m.initial_value, m.final_value, m.sessions) == (world.capital, values[-1], len(books.snapshots))
    if len(set(daily)) > 1:
        assert m.sharpe_ratio is not None
        assert math.isclose(
            m.sharpe_ratio, statistics.mean(daily) / statistics.stdev(daily) * math.sqrt(252), rel_tol=1e-6
        )
    else:
        assert m.sharpe_ratio is None
    for i, s in enumerate(books.snapshots):
        trailing = [t.daily_return for t in books.snapshots[max(0, i - 29) : i + 1]]
        assert s.sharpe_ratio == performance_tracker.sharpe_ratio(trailing)
        assert math.isclose(s.max_drawdown, deepest([float(v) for v in values[: i + 2]]), abs_tol=1e-9)

    wins = [t.pnl for t in books.trades if t.pnl > 0]
    losses = [t.pnl for t in books.trades if t.pnl < 0]
    assert (m.trades.trade_count, m.trades.win_count) == (len(books.trades), len(wins))
    if books.trades:
        assert m.trades.profit_factor == (sum(wins) / -sum(losses) if losses else math.inf)
    assert m.costs == sum(e.fill.commission for e in books.executions)
    assert m.flows == sum(f.amount for f in books.flows)
