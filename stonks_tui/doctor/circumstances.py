"""Circumstances: what is an installation looked at with? Where it lies, when, in which environment and terminal.

What several checks ask for is read once, when the first one asks. What cannot be had raises a StonksError each time.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from engine.adapters import calendar
from engine.errors import StonksError, Unavailable
from engine.model.sessions import SessionTable
from engine.settings import Settings
from stonks_tui import account_place, bootstrap, broker_place, config_inputs, configuration
from stonks_tui.config_inputs import Inputs
from stonks_tui.configuration import Configuration
from stonks_tui.doctor.account_reading import AccountReading
from stonks_tui.doctor.market_reading import MarketReading
from stonks_tui.doctor.notification_reading import NotificationReading

if TYPE_CHECKING:
    from stonks_tui.broker_status import BrokerStatus

_BEHIND = timedelta(days=3 * 366)
_AHEAD = timedelta(days=366)
"""The years that an engine looks at too: the file in which it keeps them serves both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalFacts:
    """What is at the other end of the output: `size` in columns and rows, None when it is no terminal."""

    is_terminal: bool
    encoding: str
    size: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """Where (`folder`, the data directory), when, and in which environment. `mounts` is where Linux lists its disks."""

    folder: Path
    now: datetime
    environment: Mapping[str, str] = field(default_factory=dict)
    terminal: TerminalFacts = TerminalFacts(is_terminal=False, encoding="utf-8")
    mounts: Path = Path("/proc/self/mountinfo")

    @property
    def where(self) -> str:
        """What a command line needs to mean this account, with a blank in front; nothing for the usual one."""
        return account_place.option(self.folder)

    @cached_property
    def account(self) -> AccountReading:
        """The account, whether or not there is one."""
        return AccountReading(self.folder)

    @cached_property
    def market(self) -> MarketReading:
        """The prices and what else comes in, whether or not there is any."""
        return MarketReading(bootstrap.market_path(self.folder), self.now)

    @cached_property
    def said(self) -> Configuration:
        """What stonks.toml and the environment say. Raises a StonksError when one of them cannot be used."""
        return configuration.read(self.folder, environment=self.environment)

    @cached_property
    def inputs(self) -> Inputs | None:
        """From which tables what comes in is read, None when it is market.db.

        Raises a StonksError when what is said of them cannot be used. Of a file of which nothing can, nothing is known.
        """
        try:
            path = self.said.path
        except StonksError:
            return None
        own = account_place.place_of(self.folder).database
        inputs = config_inputs.read(path, self.environment, own=own)
        if inputs is None and own is not None and not self.market.is_there:
            return Inputs(address=own)
        return inputs

    @cached_property
    def queue(self) -> "BrokerStatus | None":
        """How the broker behind the queue stands, None when nothing says where Redis is. Raises BadInput."""
        from stonks_tui import broker_status  # Redis' library is not needed without it

        address = broker_place.engine_redis(self.environment)
        return None if address is None else asyncio.run(broker_status.read(address))

    @property
    def is_queued(self) -> bool:
        """Is the broker behind the queue? So it is said; or there is Redis, and no broker's file beside the account."""
        account = self.account
        is_elsewhere = self.queue is not None and account.is_there and not account.paper_path.exists()
        return is_elsewhere or self.said.is_queued

    @cached_property
    def settings(self) -> Settings:
        """What the account trades by and whom it tells; before its first turn that with which it would begin."""
        kept, has_turns = self.account.settings if self.account.is_there else (Settings(), False)
        return kept if has_turns else self.said.settings()

    @cached_property
    def told(self) -> NotificationReading:
        """What people were told, and by which channels they would be."""
        return NotificationReading(self.account.path, self.environment, self.now)

    @cached_property
    def sessions(self) -> SessionTable:
        """Sessions from three years ago to a year ahead. Raises a StonksError when they cannot be had."""
        cache = bootstrap.cache_path(self.folder)
        today = self.now.date()
        ahead = max(today, min(today + _AHEAD, calendar.LAST))
        try:
            return calendar.xnys(
                today - _BEHIND, ahead, cache_dir=cache if os.access(cache, os.R_OK | os.X_OK) else None
            )
        except StonksError:
            raise
        except Exception as error:  # a library of others, and all that it depends on
            raise Unavailable(f"exchange_calendars fails: {type(error).__name__}: {error}") from error


def terminal_of(out: TextIO | None) -> TerminalFacts:
    """Return what is known of the terminal behind `out`, if there is one."""
    if out is None:
        return TerminalFacts(is_terminal=False, encoding="")
    is_terminal = out.isatty()
    size = shutil.get_terminal_size((0, 0)) if is_terminal else os.terminal_size((0, 0))
    return TerminalFacts(
        is_terminal=is_terminal,
        encoding=getattr(out, "encoding", None) or "",
        size=(size.columns, size.lines) if all(size) else None,
    )
