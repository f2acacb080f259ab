"""Latency: how long is it from the poll that sees a recommendation to its order in the broker's hands?

`python benchmarks/latency.py [--seconds N]` lets the real assembly trade a day on SQLite: another process writes quotes
of 40 tickers and some 1,100 recommendations into market.db as their time comes, and every one of them leads to an
order. Measured are the time from the beginning of the poll (one transaction in market.db) to the broker's word that it
has the order (decided, kept on disk, brought, kept there on disk), and the largest gap of the engine's event loop, with
a task that wants to run every five milliseconds: without the screens; with them in a pseudo-terminal; and with a
terminal that is not read for most of the time. Machines differ and are shared: compare lines of one run.
"""

import argparse
import asyncio
import gc
import json
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.adapters.paced_clock import PacedClock  # noqa: E402
from engine.door import Door  # noqa: E402
from engine.live_ports import Broker, Sources  # noqa: E402
from engine.model.sessions import Session  # noqa: E402
from stonks_tui import cli  # noqa: E402
from stonks_tui.engine_process import Plan, with_screens, work  # noqa: E402
from stonks_tui.live_inputs import LivePaths, live_course, live_sources  # noqa: E402
from stonks_tui.trading import Account, World  # noqa: E402
from tests.support import filled_market as filled  # noqa: E402
from tests.support.passings import Point, WatchedBroker  # noqa: E402
from tests.support.tapes import FREE, at, buy, day, quotes, rules, sell, session_of  # noqa: E402
from tests.support.tapes import Path as Prices  # noqa: E402

TICKERS = tuple(f"T{n:02}" for n in range(40))
FIRST_MINUTE, LAST_MINUTE, EACH_MINUTE = 16, 370, 3
WANTS_TO_RUN_EVERY = 0.005
RESULT = "told.json"
FELT = "felt.json"
"""Every order and every gap with its moment, there before the result is."""
Felt = tuple[float, float]
"""When, as everybody's `time.perf_counter` on this machine has it, and how many seconds."""
POLICY = rules(
    max_open_positions=1000,
    base_allocation_pct=0.01,
    gradual_entry_tranches=1,
    correlation_reduce_above=1.0,
    correlation_reject_above=1.0,
    declining_share_limit=1.0,
    moderate={"max_sector_pct": 10.0, "max_portfolio_heat": 10.0},
)


class Watch:
    """What is measured: how long each order took, and the gaps of the loop."""

    def __init__(self, result: Path) -> None:
        self._result = result
        self.polled_at = 0.0
        self.orders: list[Felt] = []
        self.gaps: list[Felt] = []

    async def feel_gaps(self) -> None:
        """Note by how much a task that wants to run every few milliseconds comes too late; at the end write it down."""
        try:
            while True:
                before = time.perf_counter()
                await asyncio.sleep(WANTS_TO_RUN_EVERY)
                now = time.perf_counter()
                self.gaps.append((now, now - before - WANTS_TO_RUN_EVERY))
        finally:
            self._result.with_name(FELT).write_text(json.dumps({"orders": self.orders, "gaps": self.gaps}))
            beside = self._result.with_suffix(".new")
            beside.write_text(json.dumps(self.told()))
            beside.replace(self._result)

    async def passed(self, point: Point) -> None:
        """Note that the broker has an order: nothing else is brought to it here."""
        if point is Point.AFTER_BRING:
            now = time.perf_counter()
            self.orders.append((now, now - self.polled_at))

    def told(self) -> dict[str, float]:
        """Return the figures, in milliseconds."""
        orders, gaps = ([seconds for _, seconds in found] for found in (self.orders, self.gaps))
        cuts = statistics.quantiles(orders, n=100)
        return {
            "orders": len(orders),
            "p50": cuts[49] * 1000,
            "p99": cuts[98] * 1000,
            "most": max(orders) * 1000,
            "gap p99": statistics.quantiles(gaps, n=100)[98] * 1000,
            "gap most": max(gaps) * 1000,
        }


class TimedSources:
    """Sources that note when a poll begins."""

    def __init__(self, sources: Sources, watch: Watch) -> None:
        self._sources = sources
        self._watch = watch

    async def refresh(self, at: datetime, session: Session) -> None:
        self._watch.polled_at = time.perf_counter()
        await self._sources.refresh(at, session)

    def is_urgent(self, at: datetime) -> bool:
        return self._sources.is_urgent(at)

    @property
    def news(self) -> asyncio.Event | None:
        return self._sources.news

    def has_suggestions(self, at: datetime) -> bool:
        return self._sources.has_suggestions(at)

    def newest_recommendation_at(self) -> datetime | None:
        return self._sources.newest_recommendation_at()

    @property
    def notes(self) -> tuple[str, ...]:
        return self._sources.notes


class FillingClock(PacedClock):
    """A clock under which rows are written by another process as their time comes: (moment, statement, row)."""

    writer: filled.OtherProcess
    rows: list[tuple[datetime, str, Sequence[Any]]]

    async def until(self, at: datetime) -> None:
        await super().until(at)
        due = [row for row in self.rows if row[0] <= at]
        self.rows = self.rows[len(due) :]
        for statement in dict.fromkeys(statement for _, statement, _ in due):
            rows = [row for _, of, row in due if of == statement]
            await asyncio.to_thread(self.writer.write, statement, rows)


class Steady:
    """The clock as the screens see it: nobody touches it here."""

    def is_frozen(self) -> bool:
        return False

    def freeze(self) -> None:
        """Nobody asks for it."""

    go_on = one_look = freeze

    def set_day_seconds(self, seconds: float) -> None:
        """Nobody asks for it."""


def rows() -> list[tuple[datetime, str, Sequence[Any]]]:
    """Return what is written, by its time: bought and sold in turn, everybody some thirty times."""
    prices: dict[str, dict[int, Prices]] = {
        t: {0: {m: 50 + (7 * n + m) % 11 / 100 for m in range(0, 390, 5)}} for n, t in enumerate(TICKERS)
    }
    tape = quotes(prices, every=1)
    found = filled.quote_rows(tape)
    for number in range((LAST_MINUTE - FIRST_MINUTE) * EACH_MINUTE):
        ticker, turn = TICKERS[number % len(TICKERS)], number // len(TICKERS)
        name, moment = f"r{number}", at(0, FIRST_MINUTE + number // EACH_MINUTE - 0.5)
        told = sell(ticker, 0) if turn % 2 else buy(ticker)
        recommendation = replace(told, recommendation_id=name, generated_at=moment)
        found.append((moment, filled.RECOMMENDATION, filled.row_of(recommendation)))
    return sorted(found, key=lambda row: row[0])


async def history(path: Path) -> None:
    """Keep the days before the one that is traded."""
    tape = quotes({t: {0: {0: 50 + n / 10}} for n, t in enumerate(TICKERS)}, every=None)
    await filled.with_history(path, tape.daily, day(-1))


def child(folder: Path, seconds: float, *, screens: bool) -> None:
    """Trade the day in this process, and write down what was measured."""
    gc.set_threshold(*cli._COLLECTED_AFTER)  # as `stonks` does
    market = folder / "market.db"
    asyncio.run(history(market))
    watch, session = Watch(folder / RESULT), session_of(day(0))
    sessions = quotes({"T00": {0: {0: 50}}}, every=None).daily.sessions
    sources = live_sources(LivePaths(market_db=market), sessions)
    with filled.other_process(market) as writer:
        clock = FillingClock(at(0, -1), sessions, speed=390 * 60 / seconds, night_seconds=0.5)
        clock.writer, clock.rows = writer, rows()
        feeling: list[asyncio.Task[None]] = []

        def through(broker: Broker) -> Broker:
            feeling.append(asyncio.get_running_loop().create_task(watch.feel_gaps()))
            return WatchedBroker(broker, watch.passed)

        def course(trader: Any) -> Any:
            return live_course(sources, trader)

        plan = Plan(
            data_dir=folder,
            account=Account(capital=10**10, policy=POLICY, costs=FREE, sessions=sessions, start_on=day(0)),
            world=World(
                clock=clock,
                course=course,
                days=((0, session),),
                sources=TimedSources(sources, watch),
                through=through,
            ),
            mode="DEMO",
            pace=Steady(),
        )
        if screens:
            with_screens(plan, argparse.Namespace(theme="", ascii=False))
        else:
            asyncio.run(_plain(plan))


async def _plain(plan: Plan) -> None:
    await work(plan, Door())


def measured(seconds: float, *, screens: bool, unread: float = 0.0) -> dict[str, float]:
    """Return what a process of its own tells; its terminal is not read for `unread` seconds in the middle."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-P", __file__, "--child", name, "--seconds", str(seconds)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if screens:
            _in_a_terminal([*command, "--screens"], environment, seconds, unread, Path(name) / RESULT)
        else:
            subprocess.run(command, env=environment, check=True)
        found: dict[str, float] = json.loads((Path(name) / RESULT).read_text())
        return found


def _in_a_terminal(
    command: list[str], environment: Mapping[str, str], seconds: float, unread: float, result: Path
) -> None:
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**environment, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"})
    begin = time.perf_counter()
    while not result.exists():
        if unread and seconds * 0.1 < time.perf_counter() - begin < seconds * 0.1 + unread:
            time.sleep(0.2)
        else:
            _read(fd, 0.05)
    os.write(fd, b"q")
    while _read(fd, 0.2) is not None:
        pass
    os.waitpid(pid, 0)


def _read(fd: int, seconds: float) -> bytes | None:
    """Return what was written within `seconds`; None when nobody writes any more."""
    ready, _, _ = select.select([fd], [], [], seconds)
    if not ready:
        return b""
    try:
        return os.read(fd, 1 << 20) or None
    except OSError:
        return None


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=75.0, help="that the trading day takes (75)")
    parser.add_argument("--unread", type=float, default=60.0, help="seconds that a terminal is not read (60)")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--screens", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child, args.seconds, screens=args.screens)
        return
    print("| | orders | p50 ms | p99 ms | most ms | loop gap p99 ms | loop gap most ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for words, how in (
        ("without the screens", {"screens": False}),
        ("with the screens", {"screens": True}),
        (f"terminal not read for {args.unread:.0f} s", {"screens": True, "unread": args.unread}),
    ):
        told = measured(args.seconds, **how)
        print(f"| {words} | {' | '.join(f'{value:.1f}' for value in told.values())} |", flush=True)


if __name__ == "__main__":
    main()
