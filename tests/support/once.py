"""Once: do an account and its broker, who know nothing of each other's files, know the same, each thing once?"""

import json
from collections.abc import Sequence
from typing import Any

from engine import codec
from engine.decision.effects import SubmitOrder
from engine.decision.state import State
from engine.live_ports import LiveStore, PaperMemory
from engine.model.live import OrderReport
from engine.model.orders import Fill, Order
from engine.model.runs import RunBooks
from engine.replay import replay
from tests.support import live
from tests.support.killed_engine import state_of
from tests.support.markets import IntradayWorld


async def require_once(world: IntradayWorld, store: LiveStore, memory: PaperMemory, reader: Any) -> RunBooks:
    """Fail unless everything that the account decided was executed once, and all of it is in its books; the books.

    For accounts whose shares were never split: the broker on paper knows of no splits.
    """
    kept = await store.load()
    assert kept
    assert kept.waiting == ()
    state = state_of(kept, world)
    books = await live.books_of(reader, state)
    await _require_same_orders(await _ordered(store), books, state, memory)
    state.require_conservation()
    asked = [decision.recommendation_id for decision in books.decisions if decision.recommendation_id is not None]
    assert len(set(asked)) == len(asked)
    signals = {signal.signal_id for signal in world.signals}
    signalled = [decision.cause for decision in books.decisions if decision.cause in signals]
    assert len(set(signalled)) == len(signalled)
    assert [day.on for day in books.snapshots] == [session.on for session in world.played]

    moments = [entry.at async for entry in store.journal()]
    assert moments == sorted(moments)
    again = live.beginning(world)
    replayed = await replay(store.journal(), again, world.policy)
    assert replayed.difference is None
    assert replayed.turns == kept.seq
    assert live.state_text(again) == kept.state
    return books


async def _ordered(store: LiveStore) -> dict[str, Order]:
    """Return the orders of the journal; none comes twice."""
    found: dict[str, Order] = {}
    async for entry in store.journal():
        for effect in map(codec.effect_from_plain, json.loads(entry.effects)):
            if isinstance(effect, SubmitOrder):
                assert effect.order.client_order_id not in found
                found[effect.order.client_order_id] = effect.order
    return found


async def _require_same_orders(ordered: dict[str, Order], books: RunBooks, state: State, memory: PaperMemory) -> None:
    async with memory.transaction() as book:
        for client_order_id, order in ordered.items():
            known = await book.order(client_order_id)
            assert known
            assert known.order == order
            assert known.filled <= order.quantity
        assert {paper.client_order_id for paper in await book.waiting()} == set(state.working)
        said = [report for _, report in await book.said_after(0)]
        held = await book.positions()
    reports = [report for report in said if isinstance(report, OrderReport)]
    assert {report.client_order_id for report in reports} == set(ordered)
    fills = [_fill(report, ordered[report.client_order_id]) for report in reports if report.quantity]
    assert _in_order([execution.fill for execution in books.executions]) == _in_order(fills)
    assert {ticker: position.quantity for ticker, position in state.positions.items()} == dict(held)


def _fill(report: OrderReport, order: Order) -> Fill:
    return Fill(
        client_order_id=report.client_order_id,
        ticker=order.ticker,
        side=order.side,
        quantity=report.quantity,
        price=report.price,
        commission=report.commission,
        at=report.at,
    )


def _in_order(fills: Sequence[Fill]) -> list[Fill]:
    return sorted(fills, key=lambda fill: (fill.client_order_id, fill.at, fill.quantity, fill.price))
