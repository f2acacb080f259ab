"""Live feed: the rows behind the screens of a live account, read from its file while an engine writes.

The account is the run 0.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.adapters import clock
from engine.model.notifications import Notification, NotificationFilter
from engine.model.portfolio import PortfolioSnapshot
from engine.model.runs import LIVE_RUN
from engine.model.views import RunStory
from engine.ports import RunStore
from stonks_tui import bootstrap, live_story
from stonks_tui.first_look import FirstLook
from stonks_tui.live_story import Told
from stonks_tui.run_feed import RunFeed
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.micro_rules import MicroRules
from stonks_tui.view_models.setting_book import SettingBook

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader

_Answer = TypeVar("_Answer")


_READ_WHOLE_EVERY = 60.0
"""Seconds: what is measured, and what could not be told, is kept without a turn."""


class Change(Enum):
    """What has become of an account since it was last read."""

    NOTHING = "nothing"
    PRICES = "prices"  # and whatever follows from them: values, heat, how far a stop is
    EVENTS = "events"  # something happened, or it is not known whether


class LiveFeed(RunFeed):
    """A `Feed` over the live account in `data_dir`, and the backtests beside it. `first` reads the account already."""

    def __init__(self, data_dir: Path, first: FirstLook | None = None) -> None:
        super().__init__(data_dir)
        self._first = first
        self._first_told: asyncio.Future[Told | None] | None = None
        self._live: SqlLiveReader | None = None
        self._known: Told | None = None
        self._stamp: object = None
        self._whole_at = 0.0

    def open_store(self) -> RunStore:
        """See `RunFeed.open_store`."""
        return bootstrap.records(self.data_dir)

    async def change(self) -> Change:
        """Return what has become of the account since it was last read. While nothing is written it costs nothing."""
        known, live = self._known, self._live
        if known is None or known.story.alive is None or live is None:
            return Change.EVENTS
        if self._is_untouched():
            return Change.NOTHING
        happened = await asyncio.to_thread(live.has_happened, known.story.alive.turn)
        return Change.EVENTS if happened else Change.PRICES

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        if run_id != LIVE_RUN:
            return await super().story(run_id)
        known = self._known or await self._first_look()
        if known is None or (known is self._known and not self._is_untouched()):
            known = await self._asked_live(self._told)
        self._known = known.aged()
        return self._known.story

    async def _first_look(self) -> Told | None:
        """Return what was read beside the start; everybody who asks at first waits for that."""
        if self._first is None:
            return None
        if self._first_told is None:
            self._first_told = asyncio.ensure_future(asyncio.to_thread(self._first.told))
        return await asyncio.shield(self._first_told)

    def _is_untouched(self) -> bool:
        """Has nothing been written since the account was last read?"""
        return self._live is not None and self._stamp is not None and self._stamp == self._live.stamp(clock.now())

    async def _told(self, live: "SqlLiveReader") -> Told:
        """Return the account; as long as nothing has happened in it, only what is new of it is read."""
        stamp, now = live.stamp(clock.now()), time.monotonic()
        known = self._known if now - self._whole_at < _READ_WHOLE_EVERY else None
        told = await _newer(live, known) if known else None
        if told is None:
            told = await live_story.whole(live, self.data_dir, known)
            self._whole_at = self._whole_at if known else now
        self._stamp = stamp
        return told

    async def day(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """See `Feed.day`."""
        today = self._known.today if self._known else None
        if run_id == LIVE_RUN and today and on >= today.on:
            return today
        return await super().day(run_id, on)

    async def micro_rules(self, run_id: int) -> MicroRules:
        """See `Feed.micro_rules`."""
        from stonks_tui import live_micro

        return await (self._asked_live(live_micro.read) if run_id == LIVE_RUN else super().micro_rules(run_id))

    async def channels(self) -> tuple[ChannelState, ...]:
        """See `Feed.channels`."""
        from stonks_tui import notifying

        return await asyncio.to_thread(lambda: asyncio.run(notifying.states(self.data_dir)))

    async def notifications(self, wanted: NotificationFilter, limit: int) -> tuple[Notification, ...]:
        """See `Feed.notifications`."""
        return await self._asked_live(lambda live: live.notifications(wanted, limit))

    async def count_notifications(self, wanted: NotificationFilter) -> int:
        """See `Feed.count_notifications`."""
        return await self._asked_live(lambda live: live.count_notifications(wanted))

    async def settings(self, run_id: int, until: datetime | None = None) -> SettingBook:
        """See `Feed.settings`."""
        if run_id != LIVE_RUN:
            return await super().settings(run_id)
        return await asyncio.to_thread(self._settings_of_account, until)

    def _settings_of_account(self, until: datetime | None) -> SettingBook:
        from stonks_tui import setting_feed

        return setting_feed.of_account(self.data_dir, until)

    async def _asked_live(self, question: "Callable[[SqlLiveReader], Coroutine[Any, Any, _Answer]]") -> _Answer:
        if self._live is None:
            self._live = bootstrap.live_reader(self.data_dir)
        live = self._live
        return await self._asked(lambda _: question(live))


async def _newer(live: "SqlLiveReader", known: Told) -> Told | None:
    """Return what is `known` with what has come since; None when everything must be read again."""
    alive = known.story.alive
    if alive is None or live.has_happened(alive.turn):
        return None
    turn = await live.last_turn()
    if turn != alive.turn:
        return await live_story.with_prices(known, live, turn)
    beat, standbys = await live.heartbeat(), await live.standbys()
    return known.with_beat(beat, standbys) if beat else None
