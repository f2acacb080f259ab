"""Property 40 with a broker that misbehaves: what it loses, delays, repeats or shuffles, it executes once.

And once it has said everything, the engine's books are those of the broker.
"""

import asyncio

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.live_ports import Broker
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.faulty_broker import FaultyBroker
from tests.support.markets import IntradayWorld, intraday_worlds

OFTEN_ENOUGH = 40


@settings(max_examples=15)
@given(world=intraday_worlds(), seed=st.integers(0, 2**32 - 1))
def test_p40_a_broker_that_misbehaves_executes_each_order_once(world: IntradayWorld, seed: int) -> None:
    asyncio.run(_play(world, seed))


async def _play(world: IntradayWorld, seed: int) -> None:
    store, memory = InMemoryLiveStore(live.account_of(world)), InMemoryPaperMemory()
    brokers: list[FaultyBroker] = []

    def through(broker: Broker) -> FaultyBroker:
        brokers.append(FaultyBroker(broker, seed=seed))
        return brokers[0]

    trader = await live.play(world, store, memory, through=through)
    for _ in range(OFTEN_ENOUGH):
        await trader.recover()
    kept = await store.load()
    assert kept
    assert not kept.waiting, "everything was brought in the end"

    books = await live.books_of(store, trader.state)
    trader.state.require_conservation()
    held = {ticker: position.quantity for ticker, position in trader.state.positions.items()}
    assert held == await brokers[0].positions()
    event(f"fills: {min(3, len(books.executions))}")
    for execution in books.executions:
        said = await brokers[0].reports_on(execution.fill.client_order_id) or ()
        assert execution.fill.quantity in [report.quantity for report in said]
    filled = [e.fill.client_order_id for e in books.executions]
    assert len(filled) == len(set(filled)), "each order was filled in one part, once"
