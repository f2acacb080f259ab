"""Dressed feed: a finished run as if an engine traded it now, in any of the ways in which an account may stand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from engine.errors import Unavailable
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.portfolio import PortfolioSnapshot, TradingState
from engine.model.views import Alive, DecisionFilter, RunStory
from engine.ports import DecisionPage
from stonks_tui.run_feed import RunFeed
from tests.support.live_turns import a_heartbeat


class DressedFeed(RunFeed):
    """Answers with the run of `folder` and an engine beside it: `alive` and `beat` are fields of both.

    `trips` puts the daily-loss breaker on, an hour before the end; `broken` leaves nothing readable but the run itself.
    """

    def __init__(
        self,
        folder: Path,
        *,
        alive: Mapping[str, Any] | None = None,
        beat: Mapping[str, Any] | None = None,
        trips: bool = False,
        broken: bool = False,
    ) -> None:
        super().__init__(folder)
        self._alive, self._beat = alive or {}, beat or {}
        self._trips, self._broken = trips, broken

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        found = await super().story(run_id)
        last = found.days[-1]
        if self._trips:
            event = BreakerEvent(
                breaker_id="b1",
                at=last.at - timedelta(hours=1),
                trigger=CircuitBreakerTriggerType.DAILY_LOSS,
                threshold=0.02,
                actual=0.0212,
                cooldown_expires=last.at + timedelta(days=1),
            )
            found = replace(found, breakers=(*found.breakers, event), days=(*found.days[:-1], _stopped(last)))
        heartbeat = a_heartbeat(1, **{"at": last.at, "troubles": (), **self._beat})
        return replace(found, alive=Alive(**{"heartbeat": heartbeat, "seconds": 1.0, "turn": 1, **self._alive}))

    async def day(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """See `Feed.day`."""
        self._break()
        found = await super().day(run_id, on)
        return _stopped(found) if found is not None and self._trips else found

    async def decisions(
        self, run_id: int, where: DecisionFilter, after: int | None, limit: int, *, newest_first: bool = True
    ) -> DecisionPage:
        """See `Feed.decisions`."""
        self._break()
        return await super().decisions(run_id, where, after, limit, newest_first=newest_first)

    def _break(self) -> None:
        if self._broken:
            raise Unavailable("the run's file is locked", hint="close what writes to it")


def _stopped(day: PortfolioSnapshot) -> PortfolioSnapshot:
    return replace(day, trading_state=TradingState.REDUCING, daily_return=-0.0212)
