"""Engine process: how does a process live that has an engine in it, with screens and without?

    with screens ─▶ q d, the terminal is gone ─▶ without ─▶ SIGTERM, stonks stop ─▶ the end
         └────────▶ q s, SIGTERM ─────────────────────────────────────────────────────┘

Nothing depends on how it ends: whoever starts next recovers.
"""

import argparse
import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters import door_socket
from engine.adapters.door_lines import asked_from_texts
from engine.door import Door
from engine.errors import StonksError, Unavailable
from engine.leadership import LEASE_SECONDS
from engine.trader import Trader
from stonks_tui import account_place, bootstrap, broker_choice, engine_log, onlookers, open_app
from stonks_tui.engine_log import LogFormat
from stonks_tui.engine_thread import EngineThread, Work
from stonks_tui.standing_by import StandingBy
from stonks_tui.steering import Pace
from stonks_tui.telling import Telling
from stonks_tui.trading import Account, World, trade
from storage.machine_lock import owner_here

if TYPE_CHECKING:
    from stonks_tui.http.address import HttpPlan
    from stonks_tui.live_app import LiveApp
    from storage.redis_address import RedisAddress

_log = logging.getLogger("stonks")
JOIN_SECONDS = 10.0
"""So long an engine that was told to end is waited for: a broker or a store may not answer."""
UP_SECONDS = 10.0
"""So long a process that goes on without the screens may take to open its door."""
CRASHED = 1
_LEFT: Mapping[int | None, str] = {
    0: "it was told to end",
    10: "the engine is to go on without this terminal",
    11: "the engine was told to end",
    12: "the terminal is gone",
}
"""What the log says of what the screens were left with (`live_app`, which is too heavy to be imported here)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be traded, where it is kept, and the badge of the screens. `pace` is the clock of a demo.

    `headless` are the arguments with which `stonks` goes on without the screens; empty of what ends with them. After
    `lease_seconds` without a word another engine takes over. `telling` is how people are told, if they are. `redis` is
    where others hear of what happens, and with `is_queued` where the broker is: then none is in this process. `http` is
    where programs may ask, None when they may not.
    """

    data_dir: Path
    account: Account
    world: World
    mode: str
    pace: Pace | None = None
    headless: tuple[str, ...] = ()
    lease_seconds: float = LEASE_SECONDS
    telling: Telling | None = None
    redis: "RedisAddress | None" = None
    is_queued: bool = False
    http: "HttpPlan | None" = None


async def work(plan: Plan, door: Door) -> Trader | None:
    """Trade until the days are over or the door says stop. What breaks the engine is in the log, and raised."""
    try:
        return await _work(plan, door)
    except Exception as error:
        is_ours = isinstance(error, StonksError)
        _log.critical("the engine broke: %s", str(error) or type(error).__name__, exc_info=not is_ours)
        raise


async def _work(plan: Plan, door: Door) -> Trader | None:
    numbers = onlookers.numbers_of(plan)
    async with (
        onlookers.asked_by_programs(plan, door, numbers),
        broker_choice.opened(plan.data_dir, plan.account, plan.redis if plan.is_queued else None) as chosen,
        onlookers.turns_told(plan, chosen.account_id, numbers) as on_turn,
        StandingBy(plan.data_dir, chosen.end_lost_lease) as standing,
    ):
        return await trade(
            plan.account,
            plan.world,
            chosen.store,
            chosen.broker,
            door,
            end_lost_lease=standing.looks,
            opened=lambda: _opened(plan.data_dir, standing, engine_log.heard(door.ask)),
            on_turn=on_turn,
            lease_seconds=plan.lease_seconds,
            telling=plan.telling,
            watched=onlookers.watching(numbers),
        )


@asynccontextmanager
async def _opened(data_dir: Path, standing: StandingBy, ask: door_socket.Ask) -> AsyncIterator[None]:
    """Hear people of this machine at the socket, and everybody through the database if the account is in one."""
    await standing.leads()
    async with door_socket.serve(bootstrap.door_path(data_dir), ask, leads=True):
        if (database := account_place.database_of(data_dir)) is None:
            yield
            return
        from storage import postgres_commands

        async with postgres_commands.serve(database, ask, read=asked_from_texts, owner=owner_here()):
            yield


def without_screens(plan: Plan) -> Trader | None:
    """Trade in this thread until SIGTERM, Ctrl-C or `stonks stop`. A terminal that goes away changes nothing."""
    sys.setswitchinterval(onlookers.SWITCH_SECONDS)
    return asyncio.run(_without_screens(plan))


async def _without_screens(plan: Plan) -> Trader | None:
    door, loop = Door(), asyncio.get_running_loop()

    def end(number: int) -> None:
        _log.warning("%s: it ends", signal.Signals(number).name)
        door.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return await work(plan, door)


def with_screens(
    plan: Plan,
    args: argparse.Namespace,
    *,
    log: Path | None = None,
    level: str = "info",
    fmt: LogFormat = "text",
) -> int:
    """Trade in a thread of its own while the screens are up; return the exit code.

    The log goes to the file `log`, that of the data directory if None. Raises what ended the engine if nobody asked
    it to end, and what broke the screens.
    """
    from stonks_tui.live_app import DETACH, HUNG_UP

    sys.setswitchinterval(onlookers.SWITCH_SECONDS)
    engine = EngineThread(_trading(plan))
    log = log or bootstrap.log_path(plan.data_dir)
    with engine_log.configure(level, fmt, log):
        left_with, fault = _shown(plan, args, engine)
    if left_with in (DETACH, HUNG_UP) and plan.headless and engine.error is None:
        _go_on(plan, log, in_place=left_with == HUNG_UP)
        return 0
    error = engine.error or fault
    if open_app.is_held_up():
        os._exit(CRASHED if error else 0)
    if error is not None:
        raise error
    return 0


def _trading(plan: Plan) -> Work:
    async def trading(door: Door) -> None:
        await work(plan, door)

    return trading


def _shown(plan: Plan, args: argparse.Namespace, engine: EngineThread) -> tuple[int | None, BaseException | None]:
    """Show the account while `engine` trades, then end it; return what the screens were left with, what broke them."""
    from stonks_tui.live_app import HUNG_UP, STOP

    unheard: list[int] = []  # signals that came before the screens heard them, or after
    signal.signal(signal.SIGHUP, lambda number, _: unheard.append(number))
    _note_ends(unheard)
    left_with, fault = None, None
    engine.start()
    try:
        app = _app(plan, args, engine, unheard)
        left_with = app.run()
        fault = app.fault
        if app.is_told_to_end:
            unheard.append(signal.SIGTERM)  # it may have come too late to be done
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a shell that ends sends a second one
        _note_ends(unheard)
        if left_with is None and set(unheard) == {signal.SIGHUP}:  # no screens come up on a terminal that is gone
            left_with, fault = HUNG_UP, None
        _log.warning("%s", _LEFT.get(left_with, "the screens broke, and end the engine"), exc_info=fault)
        engine.stop()
        if not engine.join(JOIN_SECONDS):
            engine.error = Unavailable(f"the engine had not ended {JOIN_SECONDS:g} s after it was told to")
    if signal.SIGTERM in unheard and fault is None:  # it is not to go on after all
        return STOP, None
    return left_with, fault


def _app(plan: Plan, args: argparse.Namespace, engine: EngineThread, early: Sequence[int]) -> "LiveApp":
    from stonks_tui.live_app import LiveApp
    from stonks_tui.live_feed import LiveFeed
    from stonks_tui.steering import Beside

    return LiveApp(
        LiveFeed(plan.data_dir),
        Beside(engine),
        pace=plan.pace,
        engine=engine,
        early=early,
        data_dir=plan.data_dir,
        mode=plan.mode,
        screen="overview",
        theme=args.theme,
        colour=not os.environ.get("NO_COLOR"),
        ascii_only=args.ascii,
    )


def _note_ends(noted: list[int]) -> None:
    """Note what asks for the end in place of ending: SIGINT is SIGTERM by another name."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: noted.append(signal.SIGTERM))


def _go_on(plan: Plan, log: Path, *, in_place: bool) -> None:
    """Let a process without screens recover the account and trade on: this one when its terminal is gone.

    What it says besides its log goes into `log` too. Raises Unavailable when it ends at once.
    """
    command = [sys.executable, "-P", "-m", "stonks_tui.cli", *plan.headless]
    option = account_place.option(plan.data_dir)
    where = f" (with{option})" if option else ""
    if in_place:
        _say_if_taken(
            f"it trades on here without screens; stonks attach shows it, stonks stop or Ctrl-C ends it{where}"
        )
    nothing, said = os.open(os.devnull, os.O_RDWR), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    if in_place:
        for number, opened in enumerate((nothing, nothing, said)):
            os.dup2(opened, number)
        os.execv(command[0], command)
    child = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=said, start_new_session=True)
    if not _is_up(child, bootstrap.door_path(plan.data_dir)):
        raise Unavailable("the engine does not trade on", hint=f"{log} says why; stonks run{option} starts it again")
    with suppress(OSError):  # the terminal may have gone meanwhile
        print(f"it trades on without this terminal; stonks attach shows it, stonks stop ends it{where}", flush=True)


def _say_if_taken(words: str) -> None:
    """Say it at a terminal that is still there (the signal alone came) and takes it: nobody waits for it."""
    ready = select.poll()
    with suppress(OSError):
        ready.register(1, select.POLLOUT)
        if [events for _, events in ready.poll(0)] == [select.POLLOUT]:
            os.write(1, f"{words}\n".encode())


def _is_up(child: "subprocess.Popen[bytes]", door: Path) -> bool:
    """Wait until the door of `child` is there; return whether the process is. One that stands by has none."""
    until = time.monotonic() + UP_SECONDS
    while child.poll() is None and not door.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return child.poll() is None
