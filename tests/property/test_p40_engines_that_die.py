"""Property 40: wherever engines die, everything is executed once and no state is lost.

What `tests/integration/test_p40_killed_engine.py` does to processes and files happens here in memory, to many worlds:
an engine dies by an exception that nobody catches, and all that it knew is gone with it.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine import codec
from engine.decision.effects import SubmitOrder
from engine.decision.events import DividendWentEx
from engine.live_ports import LiveStore, PaperMemory
from engine.model.intraday import StopChecks
from engine.model.live import OrderReport
from engine.model.market import Dividend
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.killed_engine import busy_world, live_on
from tests.support.markets import IntradayWorld, intraday_worlds
from tests.support.once import require_once
from tests.support.passings import Point, Tally, nothing

Death = tuple[Point, int]
"""At which passing of which point."""


class Died(BaseException):
    """It is over."""


deaths = st.lists(st.tuples(st.sampled_from(Point), st.integers(1, 20)), min_size=1, max_size=6)


def told_once(world: IntradayWorld) -> IntradayWorld:
    """Return `world` without what its tape would tell a second time to an engine that goes on."""
    return replace(world, macro_events=(), interventions=(), stop_checks=StopChecks.LIVE)


@settings(max_examples=12)
@given(world=intraday_worlds().map(told_once), died=deaths)
def test_p40_wherever_engines_die_everything_is_executed_once(world: IntradayWorld, died: Sequence[Death]) -> None:
    _, count = asyncio.run(_live_on_after(died, world))
    event(f"deaths: {count}")


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), died=deaths)
def test_p40_in_a_busy_world_too(seed: int, died: Sequence[Death]) -> None:
    _, count = asyncio.run(_live_on_after(died, busy_world(seed, days=1)))
    event(f"deaths: {count}")


def test_p40_a_dividend_is_noted_by_the_next_engine_when_the_first_died_at_the_open() -> None:
    assert asyncio.run(_dividends_after([])) == 1
    assert asyncio.run(_dividends_after([(Point.AFTER_COMMIT, 1)])) == 1


async def _dividends_after(died: Sequence[Death]) -> int:
    world = busy_world(0, days=1)
    dividend = Dividend(ticker="AAA", ex_on=world.played[0].on, amount=1_000)
    tape = replace(world.tape, daily=replace(world.tape.daily, dividends=(dividend,)))
    store, _ = await _live_on_after(died, replace(world, tape=tape))
    return sum([DividendWentEx.__name__ in entry.event async for entry in store.journal()])


async def _live_on_after(died: Sequence[Death], world: IntradayWorld) -> tuple[InMemoryLiveStore, int]:
    store, memory = InMemoryLiveStore(live.account_of(world)), InMemoryPaperMemory()
    count = 0
    for number, (point, passing) in enumerate(died):
        try:
            await live_on(world, store, memory, f"engine {number}", Tally(_die, point, passing))
        except Died:
            count += 1
        await _require_that_nothing_left_before_it_was_kept(store, memory)
    await live_on(world, store, memory, "the last engine", Tally(nothing))
    await require_once(world, store, memory, store)
    return store, count


async def _die() -> None:
    raise Died


async def _require_that_nothing_left_before_it_was_kept(store: LiveStore, memory: PaperMemory) -> None:
    kept = {
        effect.order.client_order_id
        async for entry in store.journal()
        for effect in map(codec.effect_from_plain, json.loads(entry.effects))
        if isinstance(effect, SubmitOrder)
    }
    async with memory.transaction() as book:
        said = [report for _, report in await book.said_after(0)]
    assert {report.client_order_id for report in said if isinstance(report, OrderReport)} <= kept
