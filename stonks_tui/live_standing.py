"""Live standing: what is known of an engine that trades, beside what its heart says with each beat?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters import clock
from engine.model.audit import Word
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.live import Heartbeat, LiveMetrics
from engine.model.notifications import DeliveryStatus
from engine.model.portfolio import TradingState
from engine.model.views import Alive
from stonks_tui import bootstrap

if TYPE_CHECKING:
    from engine.model.sessions import SessionTable
    from storage.live_reader import SqlLiveReader

LATELY = timedelta(days=7)
"""So far back it is shown what was measured within the days."""
_A_DAY = timedelta(days=1)
_STOPPING = frozenset({Word.PAUSE, Word.HALT})


async def read(
    live: "SqlLiveReader",
    beat: tuple[Heartbeat, datetime],
    breakers: Sequence[BreakerEvent],
    data_dir: Path,
    measured: Sequence[LiveMetrics] | None = None,
) -> Alive:
    """Return how the engine stands whose last heartbeat was `beat`, and when that was by this machine's clock.

    `measured` is what was measured of the account in the last days, if somebody knows.
    """
    heartbeat, beaten_at = beat
    since = heartbeat.at - LATELY
    if measured is None:
        measured = await live.metrics(since)
    now = clock.now()
    counts = await live.notification_counts(now - _A_DAY)
    turn = await live.last_turn()
    return Alive(
        heartbeat=heartbeat,
        seconds=max(0.0, (now - beaten_at).total_seconds()),
        turn=turn,
        happened=turn,
        lately=tuple(m for m in measured if m.at >= since),
        untold=sum(number for (_, status), number in counts.items() if status is DeliveryStatus.FAILED),
        stopped_at=await _stopped_at(live, heartbeat),
        market_left=market_left(breakers, heartbeat.at, data_dir),
        standbys=await live.standbys(),
    )


def aged(known: Alive, beaten_at: datetime) -> Alive:
    """Return what was `known` of an engine, whose last sign of life came at `beaten_at`, now."""
    return replace(known, seconds=max(0.0, (clock.now() - beaten_at).total_seconds()))


def is_as_before(known: Alive, now: Heartbeat) -> bool:
    """Does the engine trade as it was `known` to, so that nothing else has to be looked up?"""
    was = known.heartbeat
    return (was.trading, was.owner, was.epoch, was.doing) == (now.trading, now.owner, now.epoch, now.doing)


async def _stopped_at(live: "SqlLiveReader", heartbeat: Heartbeat) -> datetime | None:
    """Return when a person stopped what is still stopped."""
    if heartbeat.trading is TradingState.ACTIVE:
        return None
    said = (audit.at for audit in await live.audits() if audit.done and audit.asked.word in _STOPPING)
    return next(said, None)


def market_left(breakers: Sequence[BreakerEvent], at: datetime, data_dir: Path) -> timedelta | None:
    """Return how long the exchange will be open, from `at` on, until the last engine-wide breaker that is on ends.

    None without one, and when only a person ends it.
    """
    ends = [
        b.cooldown_expires
        for b in breakers
        if b.resolved_at is None and b.trigger is not CircuitBreakerTriggerType.SINGLE_POSITION
    ]
    known = [end for end in ends if end is not None]
    if not known or len(known) < len(ends):
        return None
    return _sessions(at.date().toordinal(), max(known).date().toordinal(), data_dir).market_time(at, max(known))


@lru_cache(4)
def _sessions(first: int, last: int, data_dir: Path) -> "SessionTable":
    from datetime import date

    from engine.adapters import calendar

    start, end = max(date.fromordinal(first), calendar.FIRST), min(date.fromordinal(last), calendar.LAST)
    return calendar.xnys(start, max(start, end), cache_dir=bootstrap.cache_path(data_dir))
