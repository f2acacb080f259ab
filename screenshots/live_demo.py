"""The live demo, come to a moment of its own time and held there: its engine lives, and nothing changes any more."""

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters.paced_clock import PacedClock
from engine.door import Door
from engine.live_ports import Clock
from engine.model.money import from_text
from engine.model.portfolio import RiskTierName
from stonks_tui import app as stonks_app
from stonks_tui import demo_live, engine_log, engine_process
from stonks_tui.bootstrap import log_path
from stonks_tui.demo_live import DemoPace
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.live_story import Told
from stonks_tui.open_app import DEMO_CAPITAL, DEMO_SEED, DEMO_TIER
from stonks_tui.refresh_pace import Spent
from stonks_tui.steering import Beside

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader

_LOOKS_EVERY = 0.02


class HeldClock:
    """A `Clock` that goes as `clock` does up to the moment `last`, and stays there until it is told to go on."""

    def __init__(self, clock: Clock, last: datetime) -> None:
        self._clock = clock
        self._last = last
        self._held_at: datetime | None = None
        self._is_woken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gone_on = asyncio.Event()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._clock.now()

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        while at > (last := self._last) and self._is_woken:
            await self._hold(last)
        if at <= self._last:
            await self._clock.until(at)
        self._is_woken = at > self._last  # before its time an engine does nothing but show that it lives

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`."""
        return self._clock.jumped_seconds()

    def go_on_to(self, last: datetime) -> None:
        """Go on, and stay at `last`. From any thread."""
        self._last = last
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._gone_on.set)

    def is_held_at(self, last: datetime) -> bool:
        """Has all been done that falls due up to `last`? From any thread."""
        return self._held_at == last

    async def _hold(self, last: datetime) -> None:
        self._gone_on.clear()
        self._loop = asyncio.get_running_loop()
        if self._last == last:  # else it was told to go on just now
            self._held_at = last
            await self._gone_on.wait()


class HeldApp(LiveApp):
    """The screens of a held demo. What they cost counts for nothing, so that every look is shown."""

    CSS_PATH = str(Path(stonks_app.__file__).with_name(LiveApp.CSS_PATH))

    def _spent(self) -> Spent:
        return Spent(0.0, 0)

    def follow_now(self) -> None:
        """Look at the account, unless that is being done."""
        self._follow_on()


class HeldFeed(LiveFeed):
    """The rows of a held demo. All are read each time: what is shown does not depend on when it was read before."""

    async def _told(self, live: "SqlLiveReader") -> Told:
        self._whole_at = -math.inf
        return await super()._told(live)


class LiveDemo:
    """The demo in `folder`, with its engine in a thread."""

    def __init__(self, folder: Path, engine: EngineThread, clock: PacedClock, held_clock: HeldClock) -> None:
        self.folder = folder
        self._engine = engine
        self._clock = clock
        self._held_clock = held_clock

    def app(self, theme: str) -> HeldApp:
        """Return the screens of the demo, as `stonks demo` puts them together; a question does not count seconds."""
        return HeldApp(
            HeldFeed(self.folder),
            Beside(self._engine),
            pace=DemoPace(self._clock),
            engine=self._engine,
            now=lambda: 0.0,
            data_dir=self.folder,
            mode="DEMO",
            theme=theme,
            screen="overview",
        )

    def go_on_to(self, last: datetime) -> None:
        """Let the engine do what falls due up to `last`, and wait for it. Raises RuntimeError when it ends instead."""
        self._held_clock.go_on_to(last)
        self.wait_for(last)

    def wait_for(self, last: datetime) -> None:
        """Wait until the engine has come to `last`. Raises RuntimeError when it ends instead."""
        while not self._held_clock.is_held_at(last):
            if not self._engine.is_alive:
                raise RuntimeError("the engine ended before its time") from self._engine.error
            time.sleep(_LOOKS_EVERY)


@contextmanager
def held(folder: Path, last: datetime) -> Iterator[LiveDemo]:
    """Give the demo as it is when all has been done that falls due up to `last`; its engine ends with the context."""
    parts = demo_live.parts(folder, seed=DEMO_SEED, capital=from_text(DEMO_CAPITAL), tier=RiskTierName(DEMO_TIER))
    clock = HeldClock(parts.clock, last)
    plan = parts.plan(folder, clock=clock)

    async def trading(door: Door) -> None:
        await engine_process.work(plan, door)

    engine = EngineThread(trading)
    with engine_log.configure("info", "text", log_path(folder)):
        engine.start()
        try:
            demo = LiveDemo(folder, engine, parts.clock, clock)
            demo.wait_for(last)
            yield demo
        finally:
            engine.stop()
            engine.join()
