"""Summariser: who sees to it that each day and week is summed up once?"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from engine.errors import StonksError
from engine.model.breakers import BreakerEvent
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.runs import LIVE_RUN
from engine.model.sessions import SessionTable
from engine.model.views import DecisionFilter
from engine.notification_ports import NotificationStore
from engine.notification_settings import NotificationSettings
from engine.telling import summaries
from engine.telling.notifications import addressed
from engine.telling.summaries import Due, Period

_log = logging.getLogger("stonks")
_A_MOMENT = timedelta(microseconds=1)
LOOKS_APART_SECONDS = 20.0
"""So often it looks whether one is due. Seconds of this machine, however fast the clock runs."""


class Books(Protocol):
    """The books of an account, as whoever reads it has them (a part of `RunStore`)."""

    async def snapshots(self, run_id: int) -> tuple[PortfolioSnapshot, ...]:
        """See `RunStore.snapshots`."""

    async def trades(self, run_id: int) -> tuple[ClosedTrade, ...]:
        """See `RunStore.trades`."""

    async def breakers(self, run_id: int) -> tuple[BreakerEvent, ...]:
        """See `RunStore.breakers`."""

    async def count_decisions(self, run_id: int, where: DecisionFilter) -> int:
        """See `RunStore.count_decisions`."""


class Summariser:
    """Makes the summaries of one account. `on_told` hears of each."""

    def __init__(
        self,
        books: Books,
        store: NotificationStore,
        sessions: SessionTable,
        settings: Callable[[], NotificationSettings],
        now: Callable[[], datetime],
        *,
        account: str,
        on_told: Callable[[], None],
    ) -> None:
        self._books, self._store, self._sessions = books, store, sessions
        self._settings, self._now, self._account, self._on_told = settings, now, account, on_told
        self._told: set[str] = set()

    async def run(self) -> None:
        """Sum up whatever is due, until it is cancelled. What cannot be read or kept now can be later."""
        while True:
            await self.try_to_sum_up()
            await asyncio.sleep(LOOKS_APART_SECONDS)

    async def try_to_sum_up(self) -> None:
        """Sum up whatever is due, as far as that can be done now. Raises nothing."""
        try:
            await self.sum_up()
        except StonksError as error:
            _log.debug("the summary waits: %s", error.message)
        except Exception:  # noqa: BLE001 - whatever it is: trading does not depend on it
            _log.exception("a summary could not be made")

    def falls_due_at(self) -> datetime | None:
        """Return when the next summary falls due, None when none does before the morning."""
        now = self._now()
        found = summaries.due(now + summaries.DAILY_GOOD_FOR - _A_MOMENT, self._sessions, self._settings())
        return min((due.at for due in found if due.at > now), default=None)

    async def sum_up(self) -> None:
        """Sum up what is due and was not summed up yet."""
        settings = self._settings()
        if not (settings.sms_enabled or settings.email_enabled):
            return
        for due in summaries.due(self._now(), self._sessions, settings):
            if due.key in self._told:
                continue
            period = await self._period(due)
            if period is None:  # its last day has no books yet
                continue
            message = summaries.message(due, period)
            await self._store.tell(tuple(addressed(message, settings, self._now(), key=due.key, account=self._account)))
            self._told.add(due.key)
            self._on_told()

    async def _period(self, due: Due) -> Period | None:
        days = await self._books.snapshots(LIVE_RUN)
        first, last = due.sessions[0], due.sessions[-1]
        of_period = [day for day in days if first.on <= day.on <= last.on]
        if not of_period or of_period[-1].on != last.on:
            return None
        taken, skipped = [
            await self._books.count_decisions(
                LIVE_RUN,
                DecisionFilter(kind=DecisionKind.ENTRY, outcome=outcome, since=first.open_at, until=due.at),
            )
            for outcome in (TradingDecisionType.ACT, TradingDecisionType.SKIP)
        ]
        return Period(
            before=max((day for day in days if day.on < first.on), key=lambda day: day.on, default=None),
            days=of_period,
            trades=[t for t in await self._books.trades(LIVE_RUN) if first.open_at <= t.exit_at <= due.at],
            breakers=[b for b in await self._books.breakers(LIVE_RUN) if first.open_at <= b.at <= due.at],
            acted=taken,
            skipped=skipped,
        )
