"""Live feed: the rows behind the screens of a live account, read from its file while an engine writes.

The account is the run 0. Its last day may be one that still goes on: that day's books are worked out from the state
that the engine has kept, as they would be if it ended now.
"""

import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.adapters import clock
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.views import Alive, RunStory, daily_profits
from engine.ports import RunStore
from stonks_tui import bootstrap
from stonks_tui.run_feed import RunFeed

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader

LIVE_RUN = 0
_LATELY = timedelta(days=7)
_Answer = TypeVar("_Answer")


class LiveFeed(RunFeed):
    """A `Feed` over the live account in `data_dir`, and the backtests beside it."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self._live: SqlLiveReader | None = None
        self._today: PortfolioSnapshot | None = None

    def open_store(self) -> RunStore:
        """See `RunFeed.open_store`."""
        return bootstrap.records(self.data_dir)

    async def turn(self) -> int:
        """Return the last turn that was kept: has anything happened?"""
        return await self._asked_live(lambda live: live.last_turn())

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        if run_id != LIVE_RUN:
            return await super().story(run_id)
        story = await self._asked(_account)
        today = await self._asked_live(_today)
        beat = await self._asked_live(lambda live: live.heartbeat())
        turn = await self.turn()
        self._today = today if today and not any(day.on == today.on for day in story.days[-1:]) else None
        if self._today:
            story = replace(
                story,
                days=(*story.days, replace(self._today, positions=())),
                profits=(*story.profits, self._today.daily_pnl),
            )
        if beat:
            seconds = max(0.0, (clock.now() - beat[1]).total_seconds())
            lately = await self._asked_live(lambda live: live.metrics(beat[0].at - _LATELY))
            story = replace(story, alive=Alive(heartbeat=beat[0], seconds=seconds, turn=turn, lately=lately))
        return story

    async def day(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """See `Feed.day`."""
        if run_id == LIVE_RUN and self._today and on >= self._today.on:
            return self._today
        return await super().day(run_id, on)

    async def trades(self, run_id: int) -> tuple[ClosedTrade, ...]:
        """See `Feed.trades`: those of an account that trades become more."""
        if run_id == LIVE_RUN:
            return await self._asked(lambda store: store.trades(LIVE_RUN))
        return await super().trades(run_id)

    async def _asked_live(self, question: "Callable[[SqlLiveReader], Coroutine[Any, Any, _Answer]]") -> _Answer:
        if self._live is None:
            self._live = bootstrap.live_reader(self.data_dir)
        live = self._live
        return await self._asked(lambda _: question(live))


async def _account(store: RunStore) -> RunStory:
    listing = await store.listing(LIVE_RUN)
    plain = RunStory(run_id=LIVE_RUN, state=listing.state.value, record=listing.record)
    if listing.record is None:
        return plain
    days = await store.snapshots(LIVE_RUN, with_positions=False)
    return replace(
        plain,
        days=days,
        profits=daily_profits(listing.record.initial_capital, days, await store.flows(LIVE_RUN)),
        breakers=await store.breakers(LIVE_RUN),
        notices=await store.notices(LIVE_RUN),
    )


async def _today(live: "SqlLiveReader") -> PortfolioSnapshot | None:
    """Return the books of the session that goes on, with positions."""
    from engine import codec
    from engine.decision import end_of_session
    from engine.model.costs import CostModel
    from engine.model.sessions import SessionTable

    kept = await live.state()
    if kept is None:
        return None
    state = codec.state_from_plain(json.loads(kept), sessions=SessionTable(sessions=()), costs=CostModel())
    if state.session is None or state.ended_on == state.session.on:
        return None
    beat = await live.heartbeat()
    at = min(beat[0].at, state.session.close_at) if beat else state.session.close_at
    return end_of_session.so_far(state, max(at, state.session.open_at))
