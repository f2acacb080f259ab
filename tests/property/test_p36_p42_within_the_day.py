"""Properties 36 and 42 on minute and quote tapes: figures are the tracker's, and no stop ever moves down."""

import itertools
import math
from fractions import Fraction

from hypothesis import event, given, settings

from engine.accounting import performance_tracker
from engine.model.portfolio import EXTERNAL_FLOWS
from engine.model.positions import StopRule
from engine.model.runs import RunStatus
from tests.support.markets import IntradayWorld, intraday_worlds


@settings(max_examples=45)
@given(intraday_worlds(with_splits=True))
def test_p36_within_days_a_run_s_figures_are_the_trackers_and_the_naive_ones(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    books, m = result.books, result.metrics
    assert m == performance_tracker.compute_metrics(world.capital, books.snapshots, books.trades)
    assert len(books.snapshots) == len(world.played) == m.sessions
    before, growth = world.capital, 1.0
    since = world.played[0].open_at
    for s in books.snapshots:
        paid = sum(f.amount for f in books.flows if f.kind in EXTERNAL_FLOWS and since <= f.at <= s.at)
        assert math.isclose(s.daily_return, (s.total_value - paid) / before - 1, abs_tol=1e-12)
        assert s.daily_pnl == s.total_value - paid - before
        growth *= 1 + s.daily_return
        before, since = s.total_value, s.at
        assert math.isclose(s.cumulative_return, growth - 1, abs_tol=1e-9)
    values = [1.0, *(1 + s.cumulative_return for s in books.snapshots)]
    deepest = max(1 - low / high for i, high in enumerate(values) for low in values[i:])
    assert math.isclose(m.max_drawdown, deepest, abs_tol=1e-9)
    assert m.costs == sum(e.fill.commission for e in books.executions)
    assert m.flows == sum(f.amount for f in books.flows)
    event(f"trades: {min(4, len(books.trades))}")


@settings(max_examples=50)
@given(intraday_worlds(with_splits=True))
def test_p42_within_days_each_change_raises_the_stop_or_rescales_it(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    ratios = {s.ticker: s.ratio for s in world.tape.daily.splits}
    stops: dict[str, int] = {}
    for change in result.books.stop_changes:
        event(str(change.rule))
        new, before = change.levels.stop, stops.get(change.decision_id)
        if change.rule is StopRule.INITIAL:
            assert before is None
            assert new < change.entry_price
        elif change.rule is StopRule.SPLIT:
            assert before is not None
            assert abs(Fraction(before) / ratios[change.ticker] - new) <= Fraction(1, 2)
        else:
            assert before is not None
            assert new >= before
        stops[change.decision_id] = new
    for snapshot in result.books.snapshots[-1:]:
        assert {p.decision_id: p.stop for p in snapshot.positions}.items() <= stops.items()
    moments = [c.at for c in result.books.stop_changes]
    assert all(a <= b for a, b in itertools.pairwise(moments))
