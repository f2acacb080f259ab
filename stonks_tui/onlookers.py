"""Onlookers: who hears of an engine's turns, and looks at it, beside the people at its door?

The log, Redis if it is somewhere, the numbers for Prometheus and programs over HTTP if that is wanted. None of them
holds the engine up, and the libraries that they need are loaded for an engine that has them.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.door import Door
from engine.guard import Guard
from engine.leadership import Leadership
from engine.trader import Trader
from stonks_tui import bootstrap, engine_log
from stonks_tui.trading import OnTurn, Watched, World, by_nobody

if TYPE_CHECKING:
    from stonks_tui.engine_process import Plan
    from stonks_tui.metrics import Metrics

SWITCH_SECONDS = 0.0005
"""So long other threads may keep the interpreter to themselves (5 ms is Python's own): the engine comes first."""


def numbers_of(plan: "Plan") -> "Metrics | None":
    """Return what counts for /metrics, None where nobody can ask for it."""
    if plan.http is None:
        return None
    from stonks_tui.metrics import Metrics

    if plan.redis is None or not plan.is_queued:
        return Metrics()
    from stonks_tui import broker_status

    return Metrics(partial(broker_status.read, plan.redis))


@asynccontextmanager
async def asked_by_programs(plan: "Plan", door: Door, numbers: "Metrics | None") -> AsyncIterator[None]:
    """Answer over HTTP, if that is wanted, from before this engine leads until it has ended."""
    if plan.http is None:
        yield
        return
    from stonks_tui.http import server

    async with server.served(plan.http, plan.data_dir, engine_log.heard(door.ask), numbers):
        yield


@asynccontextmanager
async def turns_told(plan: "Plan", account_id: str, numbers: "Metrics | None") -> AsyncIterator[OnTurn]:
    """Give what hears of each turn."""
    engine_log.stand(account=account_id)
    ears: list[OnTurn] = [engine_log.turn_logger()]
    if numbers is not None:
        ears.append(numbers.on_turn)

    def on_turn(seq: int, event: Event, effects: Sequence[Effect]) -> None:
        for ear in ears:
            ear(seq, event, effects)

    if plan.redis is None:
        yield on_turn
        return
    from stonks_tui import mirroring
    from storage.redis_link import RedisLink

    books, now = bootstrap.live_reader(plan.data_dir), plan.world.clock.now
    async with (
        RedisLink.open(plan.redis) as link,
        mirroring.mirrored(link, books=books, account_id=account_id, now=now) as mirror,
    ):
        ears.append(mirror)
        with plan.world.remarks.of(lambda: mirror.trouble):
            yield on_turn


def watching(numbers: "Metrics | None") -> Watched:
    """Return what looks at an engine as long as it leads."""
    watched: Watched = by_nobody if numbers is None else numbers.watched

    def watch(trader: Trader, guard: Guard, leadership: Leadership, world: World) -> AbstractAsyncContextManager[None]:
        engine_log.stand(epoch=leadership.epoch)
        return watched(trader, guard, leadership, world)

    return watch
