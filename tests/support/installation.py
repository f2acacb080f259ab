"""Installation: a data directory in which nothing is wrong, at one moment of 2026, to be copied and spoilt."""

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from engine.adapters import calendar, door_socket
from engine.adapters.bar_rows import EPOCH
from engine.door import Door
from engine.model.audit import Answered, Asked
from engine.model.imports import BarColumns
from engine.model.intraday import to_micros
from engine.model.market import Security
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.tape import RecommendationTable
from engine.notification_settings import NotificationSettings
from stonks_tui import bootstrap
from stonks_tui.doctor.circumstances import Circumstances, TerminalFacts
from stonks_tui.doctor.examination import SECTIONS, examine
from stonks_tui.doctor.findings import Finding, Level, Section
from stonks_tui.engine_thread import EngineThread
from stonks_tui.trading import World, on_paper, trade
from storage.market_data import MarketStore
from tests.support import live, live_account
from tests.support.filled_market import QUOTE, SOURCE

NOW = datetime(2026, 11, 24, 15, 5, tzinfo=UTC)
"""A Tuesday, half an hour after the open."""
YESTERDAY = date(2026, 11, 23)
TICKERS = ("AAA", "BBB", "CCC", "DDD", "EEE")
BARS = 510
TERMINAL = TerminalFacts(is_terminal=True, encoding="utf-8", size=(100, 40))
ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
SECRETS = {
    "STONKS_GMAIL_CLIENT_ID": "of-the-client",
    "STONKS_GMAIL_CLIENT_SECRET": "s3cret-of-the-client",
    "STONKS_GMAIL_REFRESH_TOKEN": "t0ken-of-the-mailbox",
}
"""All that e-mail needs, which the account has switched on."""
TOLD = NotificationSettings(
    email_enabled=True, gmail_sender="engine@example.com", gmail_recipient="somebody@example.com"
)


async def make(folder: Path, *, holds: bool = False) -> None:
    """Make it in `folder`: an account that `holds` something or nothing, and all that may come in."""
    await _trade(folder, live_account.WORLD.played[holds].open_at + timedelta(minutes=20 if holds else 0.5))
    sessions = calendar.xnys(
        NOW.date() - timedelta(days=3 * 366), NOW.date() + timedelta(days=366), cache_dir=bootstrap.cache_path(folder)
    )
    days = [s.on for s in sessions.sessions if s.on <= YESTERDAY][-BARS:]
    async with MarketStore.open(bootstrap.market_path(folder)) as store:
        await store.put_bars(_bars(days), SOURCE)
        await store.put_securities([Security(ticker=t, sector=f"sector of {t}") for t in TICKERS], SOURCE)
        await store.put_earnings({"AAA": (date(2026, 12, 15),)}, SOURCE)
        await store.put_recommendations(RecommendationTable.of([_advice(t) for t in TICKERS]), SOURCE)
    in_market = bootstrap.market_path(folder)
    changed(in_market, QUOTE, "AAA", 500_000, to_micros(NOW - timedelta(seconds=20)))
    changed(in_market, "UPDATE imports SET created_at = ?", to_micros(NOW - timedelta(hours=1)))
    changed(bootstrap.live_path(folder), "UPDATE engine_heartbeat SET beaten_at = ?", to_micros(NOW))


async def _trade(folder: Path, until: datetime) -> None:
    """Leave an account that was traded up to a moment; in the first minute nothing is bought."""
    door, world = Door(), live_account.WORLD
    course = live.course_of(world)
    played = World(
        clock=live_account.StoppingClock(world.played[0].open_at, door, until),
        course=course.driven_by,
        days=tuple((row, course.session(row)) for row in course.rows),
    )
    account = replace(live_account.account(), notifications=TOLD)
    async with bootstrap.open_account(folder, account.record()) as files:
        assert await trade(account, played, files.store, on_paper(files.memory), door)


def _bars(days: list[date]) -> BarColumns:
    count = len(days) * len(TICKERS)
    price = np.full(count, 500_000, np.int64)
    return BarColumns(
        tickers=TICKERS,
        ticker=np.repeat(np.arange(len(TICKERS), dtype=np.int32), len(days)),
        on=np.tile(np.array([on.toordinal() - EPOCH for on in days], np.int32), len(TICKERS)),
        open=price,
        high=price + 5_000,
        low=price - 5_000,
        close=price,
        volume=price,
    )


def _advice(ticker: str) -> Recommendation:
    return Recommendation(
        recommendation_id=f"r-{ticker}",
        ticker=ticker,
        action=Action.BUY,
        mode=Mode.PAPER_ELIGIBLE,
        confidence=0.7,
        generated_at=NOW - timedelta(hours=1),
    )


def copied(made: Path, folder: Path) -> Path:
    """Return a copy of one's own in `folder`, which nobody else may enter."""
    data_dir = shutil.copytree(made, folder / "data")
    data_dir.chmod(0o700)
    return data_dir


def changed(path: Path, statement: str, *about: Any) -> None:
    """Change the database `path`; at least one row, or its tables."""
    with closing(sqlite3.connect(path)) as file, file:
        assert file.execute(statement, about).rowcount != 0


def looked_at(folder: Path, **about: Any) -> Circumstances:
    """Return the circumstances of `folder`, as healthy as they can be but for what is said `about` them.

    The secrets are there in any environment, unless it says that they are empty.
    """
    healthy: dict[str, Any] = {"folder": folder, "now": NOW, "environment": ENVIRONMENT, "terminal": TERMINAL}
    said = healthy | about
    return Circumstances(**said | {"environment": SECRETS | said["environment"]})


def found(folder: Path, sections: tuple[Section, ...] = SECTIONS, **about: Any) -> dict[str, Finding]:
    """Return what the doctor finds in `folder`, by name."""
    return {finding.name: finding for finding in examine(looked_at(folder, **about), sections)}


def wrong(findings: dict[str, Finding]) -> dict[str, Finding]:
    """Return those that are worse than notes."""
    return {name: f for name, f in findings.items() if f.level in (Level.WARNING, Level.FAULT)}


@contextmanager
def answering(folder: Path, **figures: str) -> Iterator[None]:
    """Have somebody listen at the door of `folder` who answers with `figures` for a status."""

    async def ask(_: Asked) -> Answered:
        return Answered(done=True, words="as it is", after={n.replace("_", " "): v for n, v in figures.items()})

    opened = threading.Event()

    async def work(door: Door) -> None:
        async with door_socket.serve(bootstrap.door_path(folder), ask):
            opened.set()
            await door.opened(asyncio.sleep(3600), ask)

    engine = EngineThread(work)
    engine.start()
    try:
        assert opened.wait(30), engine.error
        yield
    finally:
        engine.stop()
        assert engine.join(30)
