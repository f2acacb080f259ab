"""Live feed: is what is read in steps, while an engine trades, the same as what is read whole?"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.door import Door
from engine.model.runs import LIVE_RUN
from engine.model.views import RunStory
from stonks_tui import bootstrap
from stonks_tui.live_feed import Change, LiveFeed
from stonks_tui.trading import World, on_paper, trade
from tests.support import live
from tests.support.live_account import STOPS_AT, WORLD, StoppingClock, account
from tests.support.postgres import account_in_postgres

pytestmark = pytest.mark.lengthy

_EVERY = 5
"""Steps from one pair of looks to the next."""


class LookedAt(StoppingClock):
    """A clock that has somebody look at the account every few steps, twice, in two ways."""

    def __init__(self, at: datetime, door: Door, folder: Path) -> None:
        super().__init__(at, door, STOPS_AT)
        self.folder = folder
        self.feed = LiveFeed(folder)
        self.changes: Counter[Change] = Counter()
        self._steps = 0

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        await super().until(at)
        self._steps += 1
        if self._steps % _EVERY < 2 and await asyncio.to_thread(bootstrap.has_account, self.folder):
            await self._look()

    async def _look(self) -> None:
        self.changes[await self.feed.change()] += 1
        in_steps, anew = await self.feed.story(LIVE_RUN), LiveFeed(self.folder)
        whole = await anew.story(LIVE_RUN)
        assert _books(in_steps) == _books(whole)
        if whole.days:
            on = whole.days[-1].on
            assert await self.feed.day(LIVE_RUN, on) == await anew.day(LIVE_RUN, on)
        assert await self.feed.change() is not Change.EVENTS


def _books(story: RunStory) -> RunStory:
    """Return the story without what is of the moment."""
    alive = story.alive and replace(story.alive, seconds=0.0, happened=0)
    return replace(story, alive=alive)


@pytest.mark.parametrize("place", [nullcontext, account_in_postgres])
async def test_what_is_read_in_steps_is_what_is_read_whole(
    place: Callable[[], AbstractContextManager[object]], tmp_path: Path
) -> None:
    with place():
        await _played(tmp_path)


async def _played(tmp_path: Path) -> None:
    door, course = Door(), live.course_of(WORLD)
    clock = LookedAt(WORLD.played[0].open_at, door, tmp_path)
    world = World(
        clock=clock,
        course=course.driven_by,
        days=tuple((row, course.session(row)) for row in course.rows),
        is_halted=course.is_halted,
    )
    async with bootstrap.open_account(tmp_path, account().record()) as files:
        assert await trade(account(), world, files.store, on_paper(files.memory), door) is not None
    assert clock.changes[Change.PRICES] > 0
    assert clock.changes[Change.EVENTS] > 5
