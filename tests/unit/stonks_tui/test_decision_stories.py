"""What belongs to a decision: its own fills and notices, the stops and trades of the position that it was about."""

from typing import Any

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.runs import RunBooks
from engine.model.verdict import Trace
from engine.model.views import DecisionStory
from stonks_tui.decision_stories import story_of
from storage.in_memory import InMemoryRunStore
from tests.support.samples import a_decision, a_notice, a_record, a_stop_change, a_trade, an_execution


def an_act(number: int, **fields: Any) -> Decision:
    return a_decision(number, **{"outcome": TradingDecisionType.ACT, "skip_reason": None} | fields)


def a_sale(number: int, kind: DecisionKind, cause: str) -> Decision:
    """A sale of what d1 opened."""
    trace = Trace(verdicts=(), inputs=(("opened_by", "d1"),))
    return an_act(number, kind=kind, cause=cause, recommendation_id=None, trace=trace)


BOOKS = RunBooks(
    decisions=(
        an_act(1),
        a_sale(2, DecisionKind.EXIT, "stop_loss"),
        a_sale(3, DecisionKind.REBALANCE, "rebalance"),
        an_act(4),
    ),
    executions=tuple(an_execution(f"d{n}") for n in range(1, 5)),
    stop_changes=(a_stop_change("d1"), a_stop_change("d4")),
    trades=(a_trade(decision_id="d1", exit_decision_id="d2"),),
    notices=(a_notice(reference_id="d1"), a_notice(reference_id="d4")),
)


async def story(wanted: str, books: RunBooks = BOOKS) -> DecisionStory:
    store = InMemoryRunStore()
    run_id = await store.create(a_record())
    await store.finish(a_record(run_id=run_id), books)
    found = await story_of(store, run_id, wanted)
    assert found is not None
    return found


async def test_an_entry_has_its_fills_notices_and_stops_and_the_trade_it_began() -> None:
    found = await story("d1")
    assert [e.decision_id for e in found.executions] == ["d1"]
    assert [n.reference_id for n in found.notices] == ["d1"]
    assert [s.decision_id for s in found.stops] == ["d1"]
    assert found.trades == BOOKS.trades


async def test_an_exit_has_the_stops_of_what_it_closed() -> None:
    found = await story("d2")
    assert [s.decision_id for s in found.stops] == ["d1"]
    assert found.trades == BOOKS.trades
    assert found.notices == ()


async def test_a_sale_of_a_part_has_the_stops_of_what_it_was_a_part_of() -> None:
    found = await story("d3")
    assert [s.decision_id for s in found.stops] == ["d1"]
    assert found.trades == ()


async def test_an_exit_without_a_trace_has_the_stops_of_the_trade_that_it_ended() -> None:
    bare = an_act(2, kind=DecisionKind.EXIT, cause="stop_loss", recommendation_id=None)
    books = RunBooks(decisions=(an_act(1), bare), stop_changes=BOOKS.stop_changes, trades=BOOKS.trades)
    assert [s.decision_id for s in (await story("d2", books)).stops] == ["d1"]
