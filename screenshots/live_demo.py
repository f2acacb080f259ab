"""The live demo, come to a moment of its own time and held there: its engine runs on, and nothing changes any more."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.adapters.paced_clock import PacedClock
from engine.door import Door
from engine.live_ports import Clock
from engine.model.money import from_text
from engine.model.portfolio import RiskTierName
from stonks_tui import demo_live, engine_log, engine_process
from stonks_tui.bootstrap import log_path
from stonks_tui.demo_live import DemoPace
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.open_app import DEMO_CAPITAL, DEMO_SEED, DEMO_TIER
from stonks_tui.steering import Beside


class HeldClock:
    """A `Clock` that goes as `clock` does up to the moment `last`, and stays there."""

    def __init__(self, clock: Clock, last: datetime) -> None:
        self.is_there = threading.Event()
        self._clock = clock
        self._last = last
        self._is_woken = False

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._clock.now()

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        if at <= self._last:
            await self._clock.until(at)
        elif self._is_woken:
            self.is_there.set()
            await asyncio.Event().wait()
        self._is_woken = at > self._last  # before its time an engine does nothing but show that it lives

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`."""
        return self._clock.jumped_seconds()


class LiveDemo:
    """The demo in `folder`, with its engine in a thread."""

    def __init__(self, folder: Path, engine: EngineThread, clock: PacedClock) -> None:
        self.folder = folder
        self._engine = engine
        self._clock = clock

    def app(self, theme: str) -> LiveApp:
        """Return the screens of the demo, as `stonks demo` puts them together."""
        return LiveApp(
            LiveFeed(self.folder),
            Beside(self._engine),
            pace=DemoPace(self._clock),
            engine=self._engine,
            data_dir=self.folder,
            mode="DEMO",
            theme=theme,
            screen="overview",
        )


@contextmanager
def held(folder: Path, last: datetime) -> Iterator[LiveDemo]:
    """Give the demo as it is when all has been done that falls due up to `last`; its engine ends with the context."""
    parts = demo_live.parts(folder, seed=DEMO_SEED, capital=from_text(DEMO_CAPITAL), tier=RiskTierName(DEMO_TIER))
    clock = HeldClock(parts.clock, last)
    plan = parts.plan(folder)
    plan = replace(plan, world=replace(plan.world, clock=clock))

    async def trading(door: Door) -> None:
        await engine_process.work(plan, door)

    engine = EngineThread(trading)
    with engine_log.configure("info", "text", log_path(folder)):
        engine.start()
        try:
            while not clock.is_there.wait(0.1):
                if not engine.is_alive:
                    raise RuntimeError("the engine ended before its time") from engine.error
            yield LiveDemo(folder, engine, parts.clock)
        finally:
            engine.stop()
            engine.join()
