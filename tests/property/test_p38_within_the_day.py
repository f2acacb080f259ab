"""Property 38 on minute and quote tapes: neither cutting the future off nor another one changes what was done."""

from datetime import datetime, timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.backtester import BacktestResult
from engine.model.runs import RunStatus
from tests.support.markets import HOUR, IntradayWorld, intraday_worlds, untaxed


def past(result: BacktestResult, end: datetime) -> tuple[object, ...]:
    """Return everything that `result` wrote down of what was up to `end`."""
    books = result.books
    return (
        [d for d in books.decisions if d.at <= end],
        [e for e in books.executions if e.fill.at <= end],
        [untaxed(t) for t in books.trades if t.exit_at <= end],
        [s for s in books.snapshots if s.at <= end],
        [c for c in books.stop_changes if c.at <= end],
        [r for r in books.reserve_entries if r.at <= end],
        [c for c in books.tier_changes if c.at <= end],
        [(b.breaker_id, b.at, b.actual, b.cooldown_expires) for b in books.breakers if b.at <= end],
        [n for n in books.notices if n.at <= end],
        [f for f in books.flows if f.at <= end],
    )


@settings(max_examples=45)
@given(intraday_worlds(with_splits=True), st.data())
def test_p38_what_was_done_by_a_close_stands_whatever_comes_after(world: IntradayWorld, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(world.played) - 1), label="last day known")
    end = world.played[number].close_at
    whole, cut = world.play(traced=True), world.until(number).play(traced=True)
    assert whole.status is cut.status is RunStatus.COMPLETED, (whole.error, cut.error)
    event(f"trades before the cut: {min(3, len(cut.books.trades))}")
    assert past(cut, end) == past(whole, end)


@settings(max_examples=45)
@given(intraday_worlds(with_splits=True, max_days=2), st.data())
def test_p38_another_future_from_any_minute_on_leaves_the_past_alone(world: IntradayWorld, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(world.played) - 1), label="day")
    minute = HOUR - 1 - data.draw(st.integers(0, HOUR - 1), label="minutes that differ")
    now = world.played[number].open_at + timedelta(minutes=minute)
    factor = data.draw(st.sampled_from((0.5, 0.97, 1.03, 3.0)), label="factor")
    one, other = world.play(), world.with_another_future(now, factor).play()
    assert one.status is other.status is RunStatus.COMPLETED, (one.error, other.error)
    known = past(one, now)
    event(f"fills before: {min(3, len([e for e in one.books.executions if e.fill.at <= now]))}")
    assert past(other, now) == known
