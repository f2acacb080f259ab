"""Property 37: the live engine and the backtester, fed the same, decide and fill the same.

Live means storage, a broker that is asked over its port, and asyncio. Property 43 on top: the journal of it all,
decided on again, comes to the same, byte for byte, and to the same state.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace

from hypothesis import event, given, settings

from engine.accounting.fingerprint import fingerprint
from engine.accounting.lot_tax import with_tax
from engine.backtester import BacktestResult
from engine.live_ports import Broker
from engine.model.decision_log import DecisionLog
from engine.model.runs import RunBooks
from engine.replay import replay
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.markets import IntradayWorld, World, intraday_worlds, worlds
from tests.support.queued_broker import queued


@settings(max_examples=18)
@given(world=worlds())
def test_p37_p43_on_a_daily_tape(world: World) -> None:
    _require_parity_and_replay(world)


@settings(max_examples=13)
@given(world=intraday_worlds(with_splits=True))
def test_p37_p43_on_minutes_and_quotes(world: IntradayWorld) -> None:
    _require_parity_and_replay(world)


@settings(max_examples=8)
@given(world=intraday_worlds(with_splits=True))
def test_p37_behind_queues_too(world: IntradayWorld) -> None:
    asyncio.run(_compare(world, world.play(traced=True), behind=queued))


def _require_parity_and_replay(world: World | IntradayWorld) -> None:
    asyncio.run(_compare(world, world.play(traced=True)))


async def _compare(
    world: World | IntradayWorld,
    tested: BacktestResult,
    *,
    behind: Callable[[Broker], AbstractAsyncContextManager[Broker]] = nullcontext,
) -> None:
    store = InMemoryLiveStore(live.account_of(world))
    trader = await live.play(world, store, InMemoryPaperMemory(), behind=behind)
    kept = await live.books_of(store, trader.state)
    event(f"fills: {min(3, len(kept.executions))}")
    assert _fingerprint(kept) == tested.fingerprint
    assert with_tax(kept, tested.end_on) == replace(tested.books, decisions=tuple(tested.books.decisions))

    state = live.beginning(world)
    again = await replay(store.journal(), state, world.policy)
    assert again.difference is None
    assert live.state_text(state) == live.state_text(trader.state)
    loaded = await store.load()
    assert loaded
    assert loaded.seq == again.turns


def _fingerprint(books: RunBooks) -> str:
    decisions = DecisionLog()
    for decision in books.decisions:
        decisions.append(decision)
    return fingerprint(decisions, [(e.decision_id, e.fill) for e in books.executions])
