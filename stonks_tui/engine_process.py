"""Engine process: how does a process live that has an engine in it, with screens and without?

    with screens ─▶ q d, the terminal is gone ─▶ without ─▶ SIGTERM, stonks stop ─▶ the end
         └────────▶ q s, SIGTERM ─────────────────────────────────────────────────────┘

Nothing depends on how it ends: whoever starts next recovers.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.adapters import door_socket
from engine.door import Door
from engine.trader import Trader
from stonks_tui import bootstrap, engine_log
from stonks_tui.engine_thread import EngineThread
from stonks_tui.steering import Pace
from stonks_tui.trading import Account, World, trade

JOIN_SECONDS = 10.0
CRASHED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be traded, where it is kept, and the badge of the screens. `pace` is the clock of a demo.

    `headless` are the arguments with which `stonks` goes on without the screens; empty of what ends with them.
    """

    data_dir: Path
    account: Account
    world: World
    mode: str
    pace: Pace | None = None
    headless: tuple[str, ...] = ()


async def work(plan: Plan, door: Door) -> Trader | None:
    """Trade until the days are over or the door says stop."""
    socket = bootstrap.door_path(plan.data_dir)
    async with bootstrap.open_account(plan.data_dir, plan.account.record()) as files:
        return await trade(
            plan.account,
            plan.world,
            files.store,
            files.memory,
            door,
            end_lost_lease=files.end_lost_lease,
            opened=lambda: door_socket.serve(socket, engine_log.heard(door.ask)),
            on_turn=engine_log.turn_logger(),
        )


def without_screens(plan: Plan) -> Trader | None:
    """Trade in this thread until SIGTERM, Ctrl-C or `stonks stop`. A terminal that goes away changes nothing."""
    return asyncio.run(_without_screens(plan))


async def _without_screens(plan: Plan) -> Trader | None:
    door, loop = Door(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, door.stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return await work(plan, door)


def with_screens(plan: Plan, args: argparse.Namespace) -> int:
    """Trade in a thread of its own while the screens are up; return the exit code."""
    from stonks_tui.live_app import DETACH, HUNG_UP, LiveApp
    from stonks_tui.live_feed import LiveFeed
    from stonks_tui.steering import Beside

    async def trading(door: Door) -> None:
        await work(plan, door)

    engine = EngineThread(trading)
    engine.start()
    app = LiveApp(
        LiveFeed(plan.data_dir),
        Beside(engine),
        pace=plan.pace,
        engine=engine,
        data_dir=plan.data_dir,
        mode=plan.mode,
        screen="overview",
        theme=args.theme,
        colour=not os.environ.get("NO_COLOR"),
        ascii_only=args.ascii,
    )
    try:
        left_with = app.run()
    finally:
        engine.stop()
        ended = engine.join(JOIN_SECONDS)
    if left_with in (DETACH, HUNG_UP) and plan.headless:
        _go_on(plan, in_place=left_with == HUNG_UP)
        return 0
    if engine.error is not None:
        raise engine.error
    code = CRASHED if left_with is None and app.return_code else 0
    if left_with == HUNG_UP or not ended:  # the terminal's reading thread never ends
        os._exit(code)
    return code


def _go_on(plan: Plan, *, in_place: bool) -> None:
    """Let a process without screens recover the account and trade on: this one when its terminal is gone."""
    command = [sys.executable, "-P", "-m", "stonks_tui.cli", *plan.headless]
    log = bootstrap.log_path(plan.data_dir)
    log.parent.mkdir(parents=True, exist_ok=True)
    nothing = os.open(os.devnull, os.O_RDWR)
    if in_place:
        for number in range(3):
            os.dup2(nothing, number)
        os.execv(command[0], command)
    subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    print(f"it trades on without this terminal; stonks attach shows it, stonks stop ends it{_where(plan)}")


def _where(plan: Plan) -> str:
    from stonks_tui import data_dir

    option = data_dir.option(plan.data_dir)
    return f" (with{option})" if option else ""
