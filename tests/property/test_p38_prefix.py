"""Property 38: cutting the future off never changes a decision already made."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.backtester import BacktestResult
from engine.model.runs import RunStatus
from tests.support.markets import World, untaxed, worlds


def past(result: BacktestResult, world: World, row: int) -> tuple[object, ...]:
    """Return everything that `result` wrote down up to the close of session `row`."""
    books, end = result.books, world.close_of(row)
    return (
        [d for d in books.decisions if d.at <= end],
        [e for e in books.executions if e.fill.at <= end],
        [untaxed(t) for t in books.trades if t.exit_at <= end],
        [s for s in books.snapshots if s.at <= end],
        [c for c in books.stop_changes if c.at <= end],
        [r for r in books.reserve_entries if r.at <= end],
        [f for f in books.flows if f.at <= end],
    )


@settings(max_examples=60)
@given(worlds(), st.data())
def test_p38_what_was_decided_stands_whatever_comes_after(world: World, data: st.DataObject) -> None:
    row = data.draw(st.integers(14, len(world.tape.dates) - 1), label="last row known")
    whole, cut = world.play(traced=True), world.until(row).play(traced=True)
    assert whole.status is cut.status is RunStatus.COMPLETED, (whole.error, cut.error)
    event(f"trades before the cut: {min(3, len(cut.books.trades))}")
    assert past(cut, world, row) == past(whole, world, row)
    assert past(cut, world, row)[0] == list(cut.books.decisions)


@settings(max_examples=40)
@given(worlds(), st.data())
def test_p38_another_future_leaves_the_past_alone(world: World, data: st.DataObject) -> None:
    row = data.draw(st.integers(14, len(world.tape.dates) - 1), label="last row alike")
    other = world.with_another_future(row, data.draw(st.sampled_from((2, 10)), label="factor"))
    assert past(other.play(), world, row) == past(world.play(), world, row)
