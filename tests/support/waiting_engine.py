"""Waiting engine: one that trades a world up to a moment of its second day, and then waits to be told something."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from engine.adapters import door_socket
from engine.door import Door
from stonks_tui import bootstrap
from stonks_tui.engine_thread import EngineThread
from stonks_tui.telling import Telling
from stonks_tui.trading import World, on_paper, trade
from tests.support import live, live_account
from tests.support.live import JumpingClock
from tests.support.markets import IntradayWorld

HOLDS_AT = live_account.WORLD.played[1].open_at + timedelta(minutes=20)


class HoldingClock(JumpingClock):
    """A clock that jumps up to `HOLDS_AT` and stands still from then on."""

    def __init__(self, at: datetime, holds: Callable[[], None]) -> None:
        super().__init__(at)
        self._holds = holds

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        if at >= HOLDS_AT:
            self._holds()
            await asyncio.Event().wait()
        await super().until(at)


@contextmanager
def waiting(
    folder: Path, *, world: IntradayWorld = live_account.WORLD, telling: Telling | None = None
) -> Iterator[EngineThread]:
    """Give an engine on the account in `folder` that waits behind its door, and end it; `telling` is who hears of it.

    Worlds of `busy_world` have the same hours.
    """
    holds = threading.Event()
    begins = (
        HOLDS_AT - timedelta(seconds=30)
        if bootstrap.live_path(folder).exists()
        else live_account.WORLD.played[0].open_at
    )

    async def work(door: Door) -> None:
        course = live.course_of(world)
        played = World(
            clock=HoldingClock(begins, holds.set),
            course=course.driven_by,
            days=tuple((row, course.session(row)) for row in course.rows),
            is_halted=course.is_halted,
        )
        account, socket = live_account.account(world), bootstrap.door_path(folder)
        async with bootstrap.open_account(folder, account.record()) as files:
            await trade(
                account,
                played,
                files.store,
                on_paper(files.memory),
                door,
                opened=lambda: door_socket.serve(socket, door.ask),
                end_lost_lease=files.end_lost_lease,
                telling=telling,
            )

    engine = EngineThread(work)
    engine.start()
    try:
        assert holds.wait(30), engine.error
        yield engine
    finally:
        engine.stop()
        assert engine.join(30)
