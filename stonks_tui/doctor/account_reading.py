"""Account reading: what do the files of an account say, read once, with an engine on them or without?"""

import asyncio
import json
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from engine.decision.state import State
from engine.errors import NotFound, StonksError, Unavailable
from engine.model.audit import AuditEvent
from engine.model.portfolio import Book
from engine.model.runs import LIVE_RUN, RunRecord
from engine.policy import TradingPolicy
from engine.settings import Settings
from stonks_tui import account_place, bootstrap, engine_status, live_account
from stonks_tui.engine_status import Engine, EngineStatus
from storage import database
from storage.leases import LeaseRow
from storage.live_tables import ENGINE_STATE
from storage.moments import from_micros, to_micros
from storage.paper_tables import PAPER_ORDERS
from storage.table_kinds import BOOKS_SINCE

OLD_LOOKS_COUNTED = 100_000
_WORDS = 1_000
_NEWEST = """
    SELECT max(at) FROM (
        SELECT updated_at AS at FROM engine_state UNION ALL SELECT beaten_at FROM engine_heartbeat
        UNION ALL SELECT at FROM engine_heartbeat
    )
"""


class AccountReading:
    """The account in `folder`. Whatever cannot be read raises a StonksError that says why."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = bootstrap.live_path(folder)
        self.paper_path = folder / "paper.db"

    @property
    def is_there(self) -> bool:
        """Is there a file in its place? Not more than that. Of an account in a database none counts."""
        return not self.database and self.path.exists()

    @cached_property
    def status(self) -> EngineStatus:
        """How its engine says that it stands, or the file when none runs."""
        self._require()
        try:
            return asyncio.run(engine_status.read(self.folder))
        except (KeyError, TypeError, ValueError) as error:
            raise _unreadable(self.path, error) from error

    @cached_property
    def is_led(self) -> bool:
        """Is there an engine that may be writing at this moment?"""
        try:
            if self.is_in_database():
                return _is_led(self.folder)
            return self.status.engine is not Engine.OFFLINE
        except StonksError:
            return False

    @cached_property
    def state(self) -> State | None:
        """What the core knew after the last turn, None before any."""
        self._require()
        try:
            return asyncio.run(live_account.state(self.folder))
        except (KeyError, TypeError, ValueError) as error:
            raise _unreadable(self.path, error) from error

    @cached_property
    def settings(self) -> tuple[Settings, bool]:
        """What it trades by and whom it tells, and whether it has had a turn: before any it is the defaults."""
        self._require()
        try:
            return asyncio.run(live_account.settings(self.folder))
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise _unreadable(self.path, error) from error

    @property
    def policy(self) -> TradingPolicy:
        """The rules that it trades by."""
        return self.settings[0].policy

    def record(self) -> RunRecord:
        """Return what it began with."""
        return asyncio.run(live_account.reader(self.folder).get(LIVE_RUN))

    def words(self) -> tuple[AuditEvent, ...]:
        """Return the last words of people that were taken, newest first."""
        return asyncio.run(live_account.reader(self.folder).audits(_WORDS))

    @property
    def book(self) -> Book:
        """What it has. Raises NotFound before its first turn."""
        if self.state is None:
            raise NotFound("the account has not begun to trade")
        return self.state.book()

    def check_version(self) -> None:
        """Raise a StonksError unless the file is an account that an engine of this version takes."""
        with database.open_raw(self.path) as raw:
            database.check_version(self.path, raw, ENGINE_STATE, since=BOOKS_SINCE)

    def check_paper_version(self) -> None:
        """Raise a StonksError unless the broker's file is one that an engine of this version takes."""
        with database.open_raw(self.paper_path) as raw:
            database.check_version(self.paper_path, raw, PAPER_ORDERS, since=BOOKS_SINCE)

    def version(self) -> str:
        """Return the version of its tables."""
        return _one(self.path, "SELECT version_num FROM alembic_version")

    def account_id(self) -> str:
        """Return the id that the account has in its file; empty where there is none."""
        return _one(self.path, "SELECT account_id FROM account_ids") if self.path.exists() else ""

    def ids(self) -> tuple[str, str]:
        """Return the id that the account has, and that of the account for which the broker remembers."""
        return self.account_id(), _one(self.paper_path, "SELECT account_id FROM paper_epoch")

    def lease(self) -> LeaseRow | None:
        """Return the last lease that was taken, None when there was none."""
        self._require()
        with database.open_raw(self.path) as raw, database.translated(self.path):
            row = raw.execute("SELECT owner, epoch, expires_at FROM leases").fetchone()
        return LeaseRow(owner=row[0], epoch=row[1], expires_at=from_micros(row[2])) if row else None

    def newest_moment(self) -> datetime | None:
        """Return the latest moment that an engine has kept, None when there is none."""
        self._require()
        with database.open_raw(self.path) as raw, database.translated(self.path):
            (newest,) = raw.execute(_NEWEST).fetchone()
        return None if newest is None else from_micros(newest)

    def old_looks(self, now: datetime, kept: timedelta) -> int:
        """Return how many mere looks at prices are older than they are `kept`; counted up to OLD_LOOKS_COUNTED."""
        self._require()
        query = """
            SELECT count(*) FROM (
                SELECT at FROM event_journal
                WHERE run_id = 0 AND is_mere_look AND seq < (SELECT max(seq) FROM checkpoints)
                ORDER BY seq LIMIT ?
            ) WHERE at < ?
        """
        with database.open_raw(self.path) as raw, database.translated(self.path):
            (count,) = raw.execute(query, (OLD_LOOKS_COUNTED, to_micros(now - kept))).fetchone()
        return int(count)

    @property
    def database(self) -> str:
        """The database that the account is in, or is to be in; empty for one in files."""
        return str(account_place.place_of(self.folder).database or "")

    def is_in_database(self) -> bool:
        """Is it in a database, and there? Raises Unavailable when that cannot be asked."""
        return bool(self.database) and bootstrap.has_account(self.folder)

    def _require(self) -> None:
        if not self.is_there and not self.is_in_database():
            raise NotFound("there is no account yet")


def _one(path: Path, query: str) -> str:
    with database.open_raw(path) as raw, database.translated(path):
        row = raw.execute(query).fetchone()
    return str(row[0]) if row else ""


def _unreadable(path: Path, error: Exception) -> Unavailable:
    return Unavailable(f"{path} says what this version does not understand: {type(error).__name__}: {error}")


def _is_led(folder: Path) -> bool:
    """Is the lease of the account held that is in a database? Whoever holds it may be on another machine."""
    from storage.postgres_reader import is_led

    database = account_place.database_of(folder)
    return database is not None and database.asked(partial(is_led, database)).result()
