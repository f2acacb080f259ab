"""Live feed: the rows behind the screens of a live account, read from its file while an engine writes.

The account is the run 0. Its last day may be one that still goes on: that day's books are worked out from the state
that the engine has kept, as they would be if it ended now.
"""

import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.model.live import Heartbeat
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.runs import LIVE_RUN
from engine.model.views import RunStory, daily_profits
from engine.ports import RunStore
from stonks_tui import bootstrap, live_standing
from stonks_tui.run_feed import RunFeed

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader

_Answer = TypeVar("_Answer")


class LiveFeed(RunFeed):
    """A `Feed` over the live account in `data_dir`, and the backtests beside it."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self._live: SqlLiveReader | None = None
        self._today: PortfolioSnapshot | None = None
        self._story: RunStory | None = None

    def open_store(self) -> RunStore:
        """See `RunFeed.open_store`."""
        return bootstrap.records(self.data_dir)

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        if run_id != LIVE_RUN:
            return await super().story(run_id)
        story, self._today = await self._asked_live(self._told)
        self._story = story
        return story

    async def _told(self, live: "SqlLiveReader") -> tuple[RunStory, PortfolioSnapshot | None]:
        """Return the account. As long as no turn has come only its engine's heart is listened to anew."""
        known = self._story
        if known is None or known.alive is None or await live.last_turn() != known.alive.turn:
            return await _account(live, self.data_dir)
        beat = await live.heartbeat()
        if beat is None:
            return await _account(live, self.data_dir)
        alive = live_standing.as_of_now(known.alive, beat)
        if alive is None:
            alive = await live_standing.read(live, beat, known.breakers, self.data_dir)
        if alive.turn != known.alive.turn:  # one has just come
            return await _account(live, self.data_dir)
        return replace(known, alive=alive), self._today

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


async def _account(live: "SqlLiveReader", data_dir: Path) -> tuple[RunStory, PortfolioSnapshot | None]:
    """Return the account as of one moment, and the books of the session that goes on, with positions."""
    async with live.at_once(LIVE_RUN):
        listing = await live.listing(LIVE_RUN)
        story = RunStory(run_id=LIVE_RUN, state=listing.state.value, record=listing.record)
        if listing.record is None:
            return story, None
        days = await live.snapshots(LIVE_RUN, with_positions=False)
        profits = daily_profits(listing.record.initial_capital, days, await live.flows(LIVE_RUN))
        beat = await live.heartbeat()
        today = await _today(live, beat[0] if beat else None)
        if today and any(day.on == today.on for day in days[-1:]):
            today = None
        if today:
            days, profits = (*days, replace(today, positions=())), (*profits, today.daily_pnl)
        breakers, notices = await live.breakers(LIVE_RUN), await live.notices(LIVE_RUN)
        alive = await live_standing.read(live, beat, breakers, data_dir) if beat else None
    return replace(story, days=days, profits=profits, breakers=breakers, notices=notices, alive=alive), today


async def _today(live: "SqlLiveReader", beat: Heartbeat | None) -> PortfolioSnapshot | None:
    """Return the books of the session that goes on, with positions."""
    from engine import codec
    from engine.decision import end_of_session
    from engine.model.costs import CostModel
    from engine.model.sessions import SessionTable

    kept = await live.state()
    if kept is None:
        return None
    plain = json.loads(kept)
    plain.pop("tax", None)  # it is long, and nothing is decided here
    state = codec.state_from_plain(plain, sessions=SessionTable(sessions=()), costs=CostModel())
    if state.session is None or state.ended_on == state.session.on:
        return None
    at = min(beat.at, state.session.close_at) if beat else state.session.close_at
    return end_of_session.so_far(state, max(at, state.session.open_at))
