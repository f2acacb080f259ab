"""From a recommendation to the last number in the file, through everything that an engine is put together of."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.decision.state import State
from engine.model.audit import Word
from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.decisions import Decision, DecisionKind
from engine.model.live import STOPPED, OrderReport
from engine.model.money import from_text
from engine.model.orders import OrderSide, OrderTag
from engine.model.portfolio import ReservePoolTriggerType, RiskTierName, TradingState
from engine.replay import replay
from storage.paper_store import PaperStore
from tests.support import live
from tests.support.tapes import FREE, at, buy
from tests.support.tapes import Path as Prices
from tests.support.trading_room import CAPITAL, SESSIONS, Room, policy, quoted

STEADY: Prices = {0: 100.0}


async def said(room: Room) -> list[OrderReport]:
    """Return what the broker's own file says."""
    async with PaperStore.open(room.file.with_name("paper.db"), kept_bytes=0) as memory, memory.transaction() as book:
        return [report for _, report in await book.said_after(0) if isinstance(report, OrderReport)]


async def require_replay(room: Room) -> None:
    """Fail unless the journal comes to what is kept, byte for byte."""
    assert room.trader
    again = State.start(capital=CAPITAL, sessions=SESSIONS, tier=RiskTierName.MODERATE, costs=FREE)
    replayed = await replay(room.reader.journal(), again, room.policy)
    assert (replayed.difference, replayed.gap) == (None, None)
    assert replayed.turns == room.trader.seq
    assert live.state_text(again) == await room.reader.state() == live.state_text(room.trader.state)


def decision_of(decisions: Sequence[Decision], recommendation_id: str) -> Decision:
    """Return the one decision on a recommendation."""
    (found,) = (d for d in decisions if d.recommendation_id == recommendation_id)
    return found


async def test_a_recommendation_becomes_a_position_and_every_step_of_it_is_written_down(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: STEADY}}, sectors={"AAA": "tech"})
    room = Room(folder=tmp_path, tape=tape, recommendations=[buy("AAA", confidence=0.8)])
    await room.trade()
    books = await room.books()

    decision = decision_of(books.decisions, "buy AAA on day 0")
    assert (decision.kind, decision.skip_reason, decision.at) == (DecisionKind.ENTRY, None, at(0, 5))
    trace = decision.trace
    assert trace
    assert all(verdict.passed for verdict in trace.verdicts)
    assert trace.sizing[-1].after // 100 == decision.shares
    # 5 % of $100,000 for a confidence of 0.65; here 0.8, and it is the first in its sector.
    shares = int(100_000 * min(0.05 * 0.8 / 0.65 * 1.2, 0.08) // 100)
    assert decision.shares == shares

    (execution,) = books.executions
    fill = execution.fill
    assert (execution.decision_id, execution.tag) == (decision.decision_id, OrderTag.ENTRY)
    assert (fill.ticker, fill.side, fill.quantity, fill.price) == ("AAA", OrderSide.BUY, shares, from_text("100"))
    (report,) = await said(room)
    assert (report.client_order_id, report.filled, report.at) == (fill.client_order_id, shares, at(0, 5))

    (change,) = books.stop_changes
    assert (change.levels.stop, change.levels.target) == (from_text("96"), from_text("108"))
    (snapshot,) = books.snapshots
    (position,) = snapshot.positions
    assert (position.ticker, position.quantity) == ("AAA", shares)
    assert snapshot.total_value == CAPITAL
    assert snapshot.cash == CAPITAL - shares * from_text("100")
    await require_replay(room)


async def test_a_stop_that_is_crossed_sells_at_that_look(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 20.5: 95.5}}})
    room = Room(folder=tmp_path, tape=tape, recommendations=[buy("AAA")])
    await room.trade()
    books = await room.books()
    (trade,) = books.trades
    assert (trade.exit_reason, trade.exit_at, trade.exit_price) == ("stop_loss", at(0, 21), from_text("95.5"))
    sale = books.executions[-1]
    assert (sale.tag, sale.fill.side, sale.fill.at) == (OrderTag.STOP_LOSS, OrderSide.SELL, at(0, 21))
    assert books.snapshots[-1].positions == ()
    assert [report.at for report in await said(room)] == [at(0, 5), at(0, 21)]
    await require_replay(room)


async def test_a_fifth_of_a_profit_goes_to_the_reserve(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 20: 103, 30: 106, 40: 109}}})
    room = Room(folder=tmp_path, tape=tape, recommendations=[buy("AAA")])
    await room.trade()
    books = await room.books()
    (trade,) = books.trades
    assert trade.exit_reason == "take_profit"
    assert trade.pnl == trade.quantity * from_text("9")
    (entry,) = books.reserve_entries
    assert (entry.trigger, entry.at) == (ReservePoolTriggerType.PROFIT_SIPHON, at(0, 40))
    assert entry.amount == entry.balance_after == trade.pnl // 5
    assert books.snapshots[-1].reserve == entry.amount
    await require_replay(room)


async def test_a_breaker_stops_entries_for_its_market_minutes_and_then_they_are_made_again(tmp_path: Path) -> None:
    rules = policy(
        daily_loss_cooldown_minutes=30,
        base_allocation_pct=0.5,
        absolute_position_cap=1e12,
        moderate={"max_position_pct": 0.8, "max_portfolio_heat": 1.0, "max_sector_pct": 1.0},
    )
    tape = quoted({"AAA": {0: {0: 100, 10: 95.5}}, "BBB": {0: STEADY}, "CCC": {0: STEADY}})
    tempted = [
        buy("AAA"),
        buy("BBB", recommendation_id="during", generated_at=at(0, 19.5)),
        buy("CCC", recommendation_id="after", generated_at=at(0, 39.5)),
    ]
    room = Room(folder=tmp_path, tape=tape, recommendations=tempted, policy=rules)
    await room.trade()
    books = await room.books()
    tripped, ended = books.breakers[0], books.breakers[-1]
    assert tripped.trigger is CircuitBreakerTriggerType.DAILY_LOSS
    assert (tripped.at, tripped.cooldown_expires) == (at(0, 10), at(0, 40))
    assert ended.breaker_id == tripped.breaker_id
    assert ended.resolved_at == at(0, 40)
    during = decision_of(books.decisions, "during")
    assert (during.skip_reason, during.at) == ("not_active", at(0, 20))
    assert during.trace
    assert [verdict.note for verdict in during.trace.verdicts if not verdict.passed] == ["reducing: daily_loss"]
    after = decision_of(books.decisions, "after")
    assert (after.skip_reason, after.at) == (None, at(0, 40))
    await require_replay(room)


BROKEN_OFF: dict[str, dict[int, Prices]] = {
    "AAA": {0: {0: 100, 12: 109}, 1: {0: 109}},
    "BBB": {0: {0: 100, 35: 95.5}, 1: {0: 95.5}},
    "CCC": {0: STEADY, 1: STEADY},
    "DDD": {0: STEADY, 1: STEADY},
}


async def test_an_engine_that_is_broken_off_goes_on_from_exactly_where_it_was(tmp_path: Path) -> None:
    offered = [
        buy("AAA"),
        buy("BBB", confidence=0.7),
        buy("CCC", recommendation_id="paused", generated_at=at(0, 36.5)),
        buy("DDD", recommendation_id="resumed", confidence=0.8, generated_at=at(0, 44.5)),
    ]
    room = Room(folder=tmp_path, tape=quoted(BROKEN_OFF), recommendations=offered)
    room.says(at(0, 20.1), Word.SET, max_open_positions="4", reserve_siphon_pct="0.5")
    room.says(at(0, 20.2), Word.TIER, name="conservative")
    room.says(at(0, 20.3), Word.BREAKER, note="news")
    room.says(at(0, 20.4), Word.PAUSE, note="lunch")
    trading = asyncio.create_task(room.trade())

    async def break_off() -> None:
        trading.cancel()
        await asyncio.Event().wait()

    room.then(at(0, 30.5), break_off)
    with suppress(asyncio.CancelledError):
        await trading
    assert trading.cancelled()
    assert all(answer.done for answer in room.answers)
    assert room.trader
    left = room.trader
    turns = left.seq
    before = live.state_text(left.state)
    assert await room.reader.state() == before
    assert left.state.standing() == (TradingState.REDUCING, "lunch")
    assert set(left.state.positions) == {"BBB"}
    assert left.state.reserve > 0

    room.again()
    room.says(at(0, 40.1), Word.RESUME)
    room.says(at(0, 40.2), Word.CLEAR, breaker="b1")
    again = await room.trade()

    assert again is not left
    assert room.found[-1] == (before, left.policy)
    assert (left.policy.max_open_positions, left.policy.reserve_siphon_pct) == (4, 0.5)
    assert again.seq > turns
    looks = room.looks()
    assert looks[:32] == [at(0, minute) for minute in range(31)] + [at(0, 30.5)]
    assert looks[32] == at(0, 31.5)
    books = await room.books()
    assert [(trade.ticker, trade.exit_reason, trade.exit_at) for trade in books.trades] == [
        ("AAA", "take_profit", at(0, 12)),
        ("BBB", "stop_loss", at(0, 35.5)),
    ]
    assert decision_of(books.decisions, "paused").skip_reason == "not_active"
    assert decision_of(books.decisions, "resumed").skip_reason is None
    assert again.state.tier is RiskTierName.CONSERVATIVE
    assert [day.on for day in books.snapshots] == [at(0, 0).date(), at(1, 0).date()]
    assert [audit.asked.word for audit in await room.reader.audits()][::-1] == [
        Word.SET,
        Word.TIER,
        Word.BREAKER,
        Word.PAUSE,
        Word.RESUME,
        Word.CLEAR,
    ]
    found = await room.reader.heartbeat()
    assert found
    assert found[0].doing == STOPPED
    await require_replay(room)
