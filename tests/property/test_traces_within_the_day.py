"""Looking at the traces of a run within days changes nothing, whether of all decisions or of some."""

from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.backtester import BacktestConfig, run
from engine.model.runs import RunStatus
from engine.model.tape import RecommendationTable
from tests.support.markets import IntradayWorld, intraday_worlds


@settings(max_examples=40)
@given(intraday_worlds(with_splits=True), st.data())
def test_with_or_without_traces_the_same_is_done(world: IntradayWorld, data: st.DataObject) -> None:
    ids = [r.recommendation_id for r in world.recommendations] + [s.signal_id for s in world.signals]
    wanted = frozenset(data.draw(st.lists(st.sampled_from(ids), max_size=3)))
    config = BacktestConfig(
        initial_capital=world.capital,
        policy=world.policy,
        costs=world.costs,
        traced=False,
        trace_of=wanted,
        stop_checks=world.stop_checks,
        interventions=world.interventions,
    )
    table = RecommendationTable.of(world.recommendations)
    some = run(world.tape, table, config, signals=world.signals, macro_events=world.macro_events)
    full, none = world.play(traced=True), world.play()
    assert {r.status for r in (some, full, none)} == {RunStatus.COMPLETED}
    assert some.fingerprint == full.fingerprint == none.fingerprint
    bare = [replace(d, trace=None) for d in full.books.decisions]
    assert [replace(d, trace=None) for d in none.books.decisions] == bare
    assert [replace(d, trace=None) for d in some.books.decisions] == bare
    for d in some.books.decisions:
        if d.cause in wanted:
            event("traced")
            assert d.trace is not None
    assert all(d.trace is not None for d in full.books.decisions)
