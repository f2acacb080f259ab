"""Demo live: how is the live engine put to work on a made-up market, and what is told of it without screens?

The account of a demo is made anew each time, in a folder of its own; the market is the same for everybody.
"""

import argparse
import asyncio
import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from engine.adapters import calendar, door_socket, mailbox, simulated_live
from engine.adapters.door_socket import NoEngine
from engine.adapters.paced_clock import NIGHT_SECONDS, PacedClock
from engine.adapters.simulated_live import SimulatedLive
from engine.errors import BadInput
from engine.live_ports import Clock
from engine.model.audit import Asked, Word
from engine.model.costs import CostModel
from engine.model.money import Money
from engine.model.portfolio import RiskTierName
from engine.model.runs import LIVE_RUN, RunStatus
from engine.model.sessions import Session
from engine.policy import TradingPolicy
from engine.steps import Course
from engine.tape_course import Happenings, TapeCourse
from engine.trader import Trader
from stonks_tui import (
    account_place,
    bootstrap,
    data_dir,
    demo_mailbox,
    engine_log,
    engine_process,
    progress,
    run_options,
    terminal,
)
from stonks_tui.bootstrap import cache_path, door_path, live_path, live_reader, log_path, mailbox_path
from stonks_tui.demo_told import DemoTold
from stonks_tui.engine_process import Plan
from stonks_tui.reports.demo_report import Played
from stonks_tui.run_events import Begun, Ended, Reading
from stonks_tui.telling import Telling
from stonks_tui.told_clock import ToldClock
from stonks_tui.trading import Account, World

DAYS = 60
"""So long the market of the demo is; what is watched begins with its first day."""
DEFAULT_DAYS, DEFAULT_DAY_SECONDS = 5, 20.0
_START = date(2021, 1, 4)
_DAY_SECONDS = 390 * 60.0
_BEFORE_THE_OPEN = timedelta(minutes=5)
_LARGE_TRADE_USD = 300
"""Dollars: trades of a demo are small, and people are to be told of some."""
_HALF_A_NIGHT = NIGHT_SECONDS / 2
"""One half of it until the day is summed up, the other until the open."""
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a live demo is made of: the market with its plantings, the account as it begins, the time and the days."""

    market: SimulatedLive
    account: Account
    clock: PacedClock
    days: tuple[tuple[int, Session], ...]

    def course(self, trader: Trader) -> Course:
        """Return what happens in the days, from their beginning, for `trader`."""
        market = self.market
        happenings = Happenings(
            recommendations=market.recommendations, signals=market.signals, macro_events=market.macro_events
        )
        return TapeCourse(market.tape, happenings, [row for row, _ in self.days]).driven_by(trader)

    def plan(
        self, demo_dir: Path, *, course: Callable[[Trader], Course] | None = None, clock: Clock | None = None
    ) -> Plan:
        """Return the plan by which the engine trades in `demo_dir`; `clock` is one that goes by that of the demo."""
        told = ToldClock(clock or self.clock)
        return Plan(
            data_dir=demo_dir,
            account=self.account,
            world=World(clock=told, course=course or self.course, days=self.days),
            mode="DEMO",
            pace=DemoPace(self.clock),
            telling=Telling(
                notifiers=partial(bootstrap.mailbox, demo_dir), books=bootstrap.live_reader(demo_dir), clock=told
            ),
        )


class DemoPace:
    """The clock of a demo as the screens steer it (`stonks_tui.steering.Pace`)."""

    def __init__(self, clock: PacedClock) -> None:
        self._clock = clock

    def is_frozen(self) -> bool:
        """See `Pace.is_frozen`."""
        return self._clock.is_paused

    def freeze(self) -> None:
        """See `Pace.freeze`."""
        self._clock.pause()

    def go_on(self) -> None:
        """See `Pace.go_on`."""
        self._clock.resume()

    def one_look(self) -> None:
        """See `Pace.one_look`."""
        self._clock.step()

    def set_day_seconds(self, seconds: float) -> None:
        """See `Pace.set_day_seconds`."""
        self._clock.set_speed(speed_of(seconds))


def speed_of(day_seconds: float) -> float:
    """Return how fast time runs when a trading day of 390 minutes takes `day_seconds`; without a limit when 0."""
    return _DAY_SECONDS / day_seconds if day_seconds else math.inf


def parts(
    demo_dir: Path, *, seed: int, capital: Money, tier: RiskTierName, days: int = DAYS, speed: float = math.inf
) -> Parts:
    """Return the parts of the demo of `seed` over its first `days`. Raises BadInput for more days than there are."""
    if not 1 <= days <= DAYS:
        raise BadInput(f"--days is {days}", hint=f"the demo goes from 1 to {DAYS} days")
    end = _START + timedelta(days=simulated_live.sessions_needed(DAYS) * 3 // 2 + 30)
    sessions = calendar.xnys(_START, end, cache_dir=cache_path(demo_dir))
    market = simulated_live.make(seed, sessions=sessions, start=_START, days=DAYS)
    rows = range(market.first_row, market.first_row + days)
    on = [market.tape.daily.dates[row] for row in rows]
    played = [session for session in sessions.sessions if on[0] <= session.on <= on[-1]]
    account = Account(
        capital=capital,
        policy=TradingPolicy(risk_tier=tier, micro_trading_enabled=True, large_trade_pnl_usd=_LARGE_TRADE_USD),
        costs=CostModel(),
        sessions=sessions,
        start_on=on[0],
        name=demo_mailbox.account_name(seed),
        seed=seed,
        notifications=demo_mailbox.SETTINGS,
    )
    clock = PacedClock(played[0].open_at - _BEFORE_THE_OPEN, sessions, speed=speed, night_seconds=_HALF_A_NIGHT)
    return Parts(market=market, account=account, clock=clock, days=tuple(zip(rows, played, strict=True)))


def parts_of(args: argparse.Namespace, *, days: int, speed: float) -> Parts:
    """Return the parts that the command line asks for."""
    return parts(
        args.data_dir / "demo",
        seed=args.seed,
        capital=run_options.capital(args),
        tier=RiskTierName(args.tier),
        days=days,
        speed=speed,
    )


def _folder(args: argparse.Namespace) -> Path:
    """Return where a demo is kept: in files, wherever the account is."""
    demo_dir: Path = args.data_dir / "demo"
    account_place.keep_on_files(demo_dir)
    return demo_dir


def clear(demo_dir: Path) -> None:
    """Remove the account of an earlier demo, and what it told. Raises BadInput while an engine trades on it."""
    with suppress(NoEngine):
        door_socket.ask(door_path(demo_dir), Asked(word=Word.STATUS, origin="demo"))
        raise BadInput(
            f"a demo is running in {demo_dir}",
            hint=f"stonks stop{data_dir.option(demo_dir)} ends it, or leave it there",
        )
    for path in (live_path(demo_dir), demo_dir / "paper.db"):
        for ending in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    for path in mailbox_path(demo_dir).glob(mailbox.FILES):
        path.unlink(missing_ok=True)


def run(args: argparse.Namespace) -> int:
    """Let the live engine play days at full speed, print what happened, and return the exit code."""
    demo_dir = _folder(args)
    with progress.teller(args.progress) as teller:
        teller.tell(Reading(what=progress.PRICES_AND_RECOMMENDATIONS))
        made = parts_of(args, days=DEFAULT_DAYS if args.days is None else args.days, speed=math.inf)
        clear(demo_dir)
        told = DemoTold(teller, made.days)
        teller.tell(Begun(run_id=LIVE_RUN, sessions=len(made.days), start=told.first, end=told.last))
        with engine_log.configure("info", "text", log_path(demo_dir)):
            trader = engine_process.without_screens(made.plan(demo_dir, course=told.through(made.course)))
        told.stop()
        is_over = told.is_over
        teller.tell(Ended(run_id=LIVE_RUN, status=RunStatus.COMPLETED if is_over else RunStatus.CANCELLED))
    code = 0 if is_over else _INTERRUPTED
    if args.progress == "json":
        return code
    played = asyncio.run(_played(demo_dir, made, told, trader.seq if trader else 0))
    _print(played, as_json=args.json)
    return code


def show(args: argparse.Namespace) -> int:
    """Trade the demo on the screens, from its beginning. Returns the exit code."""
    demo_dir = _folder(args)
    made = parts_of(args, days=DAYS if args.days is None else args.days, speed=speed_of(args.day_seconds))
    clear(demo_dir)
    return engine_process.with_screens(made.plan(demo_dir), args)


def _print(played: Played, *, as_json: bool) -> None:
    from stonks_tui.reports import demo_report

    if as_json:
        print(json.dumps(demo_report.values(played), indent=1))
        return
    for line in demo_report.lines(played, width=terminal.width()):
        print(line)


async def _played(demo_dir: Path, made: Parts, told: DemoTold, turns: int) -> Played:
    reader = live_reader(demo_dir)
    beat = await reader.heartbeat()
    measures = await reader.metrics()
    return Played(
        market=made.market,
        capital=made.account.capital,
        sessions=told.done,
        is_over=told.is_over,
        turns=turns,
        seconds=told.seconds,
        decisions=(await reader.decisions(LIVE_RUN, limit=10**6)).decisions,
        trades=await reader.trades(LIVE_RUN),
        snapshots=await reader.snapshots(LIVE_RUN),
        breakers=await reader.breakers(LIVE_RUN),
        splits=await reader.splits(LIVE_RUN),
        notices=await reader.notices(LIVE_RUN),
        reserve_entries=await reader.reserve_entries(LIVE_RUN),
        protected=beat[0].protected if beat else 1.0,
        lowest_protected=min((m.protected for m in measures), default=1.0),
    )
