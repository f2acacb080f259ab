"""Terminal: the app over a folder of runs, without a terminal, and what is on its screen."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key, Paste, Resize
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.worker import Worker, WorkerState

from engine.adapters import simulated_market
from engine.model.costs import CostModel
from engine.model.portfolio import RiskTierName
from engine.model.runs import RunBooks, RunInput, RunRecord, RunStatus
from engine.model.tape import RecommendationTable
from engine.policy import TradingPolicy
from engine.ports import RunListing
from stonks_tui import backtests, bootstrap
from stonks_tui.app import StonksApp
from stonks_tui.backtests import Material, Request
from stonks_tui.feeds import Feed
from stonks_tui.progress import Silence
from stonks_tui.run_feed import RunFeed
from storage.in_memory import InMemoryRunStore
from tests.support.samples import a_record
from tests.support.tapes import weekdays

SIZES = ((60, 20), (80, 24), (120, 40))
FIRST, DAYS = date(2021, 1, 4), 160
MADE_AT = datetime(2024, 3, 1, 14, 45, tzinfo=UTC)
_ROUNDS_OF_QUIET = 12
"""Of the event loop: between a key that is sent and a message at the app's queue there are two."""
_MOST_SPINS = 50
_MOST_ROUNDS = 5_000
"""An app that is still not idle after so many never will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Folders with a `runs` in each: two runs of one market, none at all, and what can be wrong with a run."""

    two: Path
    none: Path
    idle: Path
    interrupted: Path
    damaged: Path


async def make_stores(folder: Path) -> Stores:
    """Make all of them in `folder`; the same rows each time."""
    found = Stores(**{name: folder / name for name in Stores.__dataclass_fields__})
    market = simulated_market.make(7, sessions=weekdays(FIRST, DAYS + 1), start=FIRST, days=DAYS, tickers=16)
    source = RunInput(kind="simulated", path="seed 7", digest="0" * 64, rows=market.tape.close.size)
    material = Material(
        tape=market.tape,
        recommendations=market.recommendations,
        macro_events=market.macro_events,
        inputs=(source,),
    )
    nothing = Material(tape=market.tape, recommendations=RecommendationTable.of([]), inputs=(source,))
    await _keep(found.two, await _made(material, RiskTierName.MODERATE, "as it is"))
    await _keep(found.two, await _made(material, RiskTierName.AGGRESSIVE, "bolder"))
    await _keep(found.idle, await _made(nothing, RiskTierName.MODERATE, "nothing to decide"))
    async with bootstrap.open_runs(found.interrupted) as store:
        await store.create(a_record(name="power cut", created_at=MADE_AT))
    runs = bootstrap.runs_path(found.damaged)
    runs.mkdir(parents=True)
    (runs / "1.db").write_bytes(b"this is no database" * 300)
    return found


async def _made(material: Material, tier: RiskTierName, name: str) -> tuple[RunRecord, RunBooks]:
    """Run a backtest, with the same times each time."""
    request = Request(
        policy=TradingPolicy(risk_tier=tier), costs=CostModel(), capital=1_000_000_000, traces="all", name=name, seed=7
    )
    record, books = await backtests.run(InMemoryRunStore(), material, request, Silence())
    assert record.status is RunStatus.COMPLETED, record.error
    return replace(record, created_at=MADE_AT, completed_at=MADE_AT, seconds=0.25, code_version="0.0.1"), books


async def _keep(folder: Path, made: tuple[RunRecord, RunBooks]) -> None:
    record, books = made
    async with bootstrap.open_runs(folder) as store:
        run_id = await store.create(record)
        await store.finish(replace(record, run_id=run_id), books)


class SilentFeed(RunFeed):
    """Never answers."""

    async def runs(self) -> tuple[RunListing, ...]:
        """Wait for ever."""
        await asyncio.Event().wait()
        return ()


class Seen:
    """The app and a person at its keys."""

    def __init__(self, pilot: Pilot[int], app: StonksApp, heard: list[str], *, reads: bool) -> None:
        self.pilot = pilot
        self.app = app
        self._heard = heard
        self._reads = reads

    @property
    def said(self) -> list[str]:
        """What the app had to tell the person since this was last asked, shown again or not."""
        found = self._heard[:]
        self._heard.clear()
        return found

    @property
    def lines(self) -> list[str]:
        """What is on the screen, blanks at the end removed."""
        return frame(self.app)

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        """Press keys one after another, and wait each time until the app is idle."""
        for key in keys:
            self._send(key)
            await self.idle()

    async def type(self, text: str) -> None:
        """Type letters, then wait until the app is idle."""
        for letter in text:
            self._send(letter)
        await self.idle()

    async def paste(self, text: str) -> None:
        """Paste `text`, which comes as one message, then wait until the app is idle."""
        driver = self.app._driver
        assert driver is not None
        driver.send_message(Paste(text))
        await self.idle()

    async def command(self, text: str) -> None:
        """Type `text` after a colon, and Enter."""
        await self.press("colon")
        await self.type(text)
        await self.press("enter")

    async def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size."""
        driver = self.app._driver
        assert isinstance(driver, HeadlessDriver)
        driver._size = size = Size(columns, rows)
        self.app.post_message(Resize(size, size))
        await self.idle()

    async def idle(self) -> None:
        """Wait until nothing is being read and everything is painted."""
        await idle(self.pilot, reads=self._reads)

    async def until(self, is_so: Callable[[], bool], *, seconds: float = 90) -> None:
        """Wait for what another process brings about."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await asyncio.sleep(0.02)
                await self.idle()

    def _send(self, key: str) -> None:
        """Send a key by its name, or by its letter."""
        named = _character_to_key(key) if len(key) == 1 else key
        driver = self.app._driver
        assert driver is not None
        driver.send_message(Key(named, key if len(key) == 1 else None))


def frame(app: App[Any]) -> list[str]:
    """Return the lines on the screen of `app`, blanks at the end removed."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def idle(pilot: Pilot[Any], *, reads: bool = True) -> None:
    """Wait until no worker reads (unless `reads` is false), nothing is left to be handled, and all is painted.

    `Pilot.pause` waits until the process uses no CPU, which on a busy machine takes up to a second, and asks every
    widget first, each time.
    """
    app, quiet, busy = pilot.app, 0, 0
    for _ in range(_MOST_ROUNDS):
        await asyncio.sleep(0)
        reading = [worker._task for worker in app.workers if _is_reading(worker)] if reads else []
        if tasks := [task for task in reading if task is not None]:
            await asyncio.wait(tasks, timeout=1)
        quiet, busy = (0, busy + 1) if tasks or _is_busy(app) else (quiet + 1, 0)
        if quiet == _ROUNDS_OF_QUIET or app._exception is not None:
            return
        if busy == _MOST_SPINS:
            busy = 0
            await pilot._wait_for_screen()  # somebody waits for another process
    raise AssertionError(f"still busy: {[worker.name for worker in app.workers]}")


def _is_busy(app: App[Any]) -> bool:
    """Has `app` something to handle or to paint? What there is to paint is painted."""
    screen = app.screen
    if app._resize_event is not None or any(_has_work(pump) for pump in (app, *screen.walk_children(with_self=True))):
        return True
    is_stale = screen._layout_required or screen._scroll_required or screen._repaint_required or screen._dirty_widgets
    if not (is_stale or screen._recompose_required or screen._callbacks):
        return False
    screen._on_timer_update()
    return True


def _has_work(pump: MessagePump) -> bool:
    """Does `pump` handle a message, or have one to handle? Who has none waits at its queue."""
    if pump.message_queue_size or pump._next_callbacks:
        return True
    is_over = pump._closed or pump._closing or (pump._task is not None and pump._task.done())
    return not is_over and not pump._message_queue.ready_event._waiters


def _is_reading(worker: Worker[Any]) -> bool:
    return worker.group != "launch" and worker.state in {WorkerState.PENDING, WorkerState.RUNNING}


@asynccontextmanager
async def shown(
    folder: Path,
    data_dir: Path,
    *,
    size: tuple[int, int] = (120, 40),
    feed: Feed | None = None,
    reads: bool = True,
    notifications: bool = False,
    **options: Any,
) -> AsyncIterator[Seen]:
    """Give the app over the runs in `folder`; what it keeps goes to `data_dir`. With `reads` it has read its run."""
    app = StonksApp(
        feed if feed is not None else RunFeed(folder), data_dir=data_dir, mode=options.pop("mode", "DEMO"), **options
    )
    async with up(app, size=size, reads=reads, notifications=notifications) as seen:
        yield seen


@asynccontextmanager
async def up(
    app: StonksApp, *, size: tuple[int, int] = (120, 40), reads: bool = True, notifications: bool = False
) -> AsyncIterator[Seen]:
    """Give `app`, and a person at its keys."""
    app.animation_level = "none"
    heard, tells = list[str](), app.notify

    def told(message: str, **how: Any) -> None:
        heard.append(message)
        tells(message, **how)

    app.notify = told  # type: ignore[method-assign]
    try:
        async with app.run_test(size=size, notifications=notifications) as pilot:
            await idle(pilot, reads=reads)
            yield Seen(pilot, app, heard, reads=reads)
    finally:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):  # they would go to an app that is gone
            loop.remove_signal_handler(number)
