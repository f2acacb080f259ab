"""Engine status: does an engine run on an account, and how does the account stand?

The engine is asked; when none answers, the account's file says what was known last.
"""

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters import clock
from engine.errors import NoEngine, NotFound, StonksError, Unavailable
from engine.model.audit import Asked, Word
from engine.model.live import Heartbeat
from engine.model.notices import ALARMS
from engine.model.notifications import DeliveryStatus
from engine.status import account_of, holdings_of
from stonks_tui import account_place, broker_place, live_account, ways

if TYPE_CHECKING:
    from stonks_tui.broker_status import BrokerStatus


class Engine(StrEnum):
    """What is known of the process."""

    RUNNING = "running"
    STANDBY = "standby"
    SILENT = "silent"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """How it stands. `figures` are those of `engine/status.py`; `words` is what the engine said, or why it did not.

    `heartbeat` is its last sign of life, which was at `beaten_at` by this machine's clock; `told` is what has become of
    the notifications of the last 24 hours. `standbys` are the engines that stand by, as HOST:PID, and since when; None
    where that cannot be known, as of an account in files. `broker` is who executes behind the queue, None when nobody
    has said that the broker is there.
    """

    engine: Engine
    words: str
    figures: Mapping[str, str]
    heartbeat: Heartbeat | None = None
    beaten_at: datetime | None = None
    told: Mapping[DeliveryStatus, int] = field(default_factory=dict)
    standbys: tuple[tuple[str, datetime], ...] | None = None
    broker: "BrokerStatus | None" = None

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong, in words."""
        engines = tuple(text for name, text in self.figures.items() if name.startswith("trouble "))
        return tuple(dict.fromkeys(engines + (self.broker.troubles if self.broker else ())))  # both may know of one

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of what came in; nothing is wrong with the engine because of it."""
        return tuple(text for name, text in self.figures.items() if name.startswith("note "))

    @property
    def exit_code(self) -> int:
        """0 well, 1 nobody runs, 3 with troubles (`stonks status --help`)."""
        if self.engine is Engine.OFFLINE:
            return 1
        return 3 if self.engine is Engine.SILENT or self.troubles or self._is_at_fault else 0

    @property
    def _is_at_fault(self) -> bool:
        """Has it left entries alone for a reason that calls for a person, or is what is held not watched?"""
        return self.figures.get("cause") in list(ALARMS) or float(self.figures.get("protected", 1)) < 1


async def read(data_dir: Path) -> EngineStatus:
    """Return how the account in `data_dir` stands. Raises NotFound when neither an engine nor an account is there."""
    try:
        answered = await ways.ask(data_dir, Asked(word=Word.STATUS, origin="cli"))
    except NoEngine as nobody:
        return await _from_file(data_dir, Engine.OFFLINE, nobody)
    except Unavailable as silent:
        return await _from_file(data_dir, Engine.SILENT, silent)
    heartbeat, beaten_at = await _beat(data_dir)
    told = await _told(data_dir)
    standby = answered.after.get("trading") == Engine.STANDBY
    return EngineStatus(
        engine=Engine.STANDBY if standby else Engine.RUNNING if answered.done else Engine.SILENT,
        words=answered.words,
        figures=answered.after,
        heartbeat=heartbeat,
        beaten_at=beaten_at,
        told=told,
        standbys=await _standbys(data_dir),
        broker=await _broker(data_dir),
    )


async def _from_file(data_dir: Path, engine: Engine, why: Unavailable) -> EngineStatus:
    try:
        state = await live_account.state(data_dir)
    except NotFound as none:
        raise NotFound(f"{why.message}, and {none.message}", hint=none.hint) from None
    heartbeat, beaten_at = await _beat(data_dir)
    return EngineStatus(
        engine=engine,
        words=why.message,
        figures={**account_of(state), **holdings_of(state)} if state else {},
        heartbeat=heartbeat,
        beaten_at=beaten_at,
        told=await _told(data_dir),
        standbys=await _standbys(data_dir),
        broker=await _broker(data_dir),
    )


async def _beat(data_dir: Path) -> tuple[Heartbeat | None, datetime | None]:
    """Return the last sign of life. An engine whose file cannot be read has said itself how it stands."""
    try:
        found = await live_account.reader(data_dir).heartbeat()
    except (NotFound, Unavailable):
        found = None
    return found or (None, None)


async def _standbys(data_dir: Path) -> tuple[tuple[str, datetime], ...] | None:
    if (database := account_place.database_of(data_dir)) is None:
        return None
    from storage.postgres_standbys import standbys

    try:
        return tuple((found.owner, found.since) for found in await standbys(database))
    except Unavailable:
        return None


async def _broker(data_dir: Path) -> "BrokerStatus | None":
    """Return how the broker behind the queue stands, None when the broker is in the engine.

    Whoever asks need not have said that it is behind the queue: then an account in files has no paper.db.
    """
    if not os.environ.get(broker_place.ENGINE_REDIS):
        return None
    from stonks_tui import broker_status, configuration  # Redis' library is not needed without it

    with suppress(StonksError):
        address = broker_place.required_engine_redis(os.environ)
        in_files = account_place.place_of(data_dir).database is None
        is_elsewhere = in_files and not (data_dir / "paper.db").exists()
        found = await broker_status.read(address)
        if found.life is not None or is_elsewhere or configuration.read(data_dir).is_queued:
            return found
    return None


async def _told(data_dir: Path) -> Mapping[DeliveryStatus, int]:
    """Return how many notifications of the last 24 hours, and of those that still wait, there are in each status."""
    try:
        counts = await live_account.reader(data_dir).notification_counts(clock.now() - timedelta(hours=24))
    except (NotFound, Unavailable):
        return {}
    found: Counter[DeliveryStatus] = Counter()
    for (_, status), number in counts.items():
        found[status] += number
    return found
