"""Standing feed: a live account as if its engine had beaten just now, or in any other way in which it may stand."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.errors import Unavailable
from engine.model.notifications import Notification, NotificationFilter
from engine.model.views import RunStory
from stonks_tui.live_feed import LiveFeed
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.micro_rules import MicroRules


class StandingFeed(LiveFeed):
    """Answers with the account in `folder`, whose engine beat `seconds` ago, at the moment `at` of its clock.

    `broken` lets nothing be read that screens 6 and 7 ask for; `untold` notifications could not be sent.
    """

    def __init__(
        self, folder: Path, *, at: datetime, seconds: float = 1.0, broken: bool = False, untold: int = 0
    ) -> None:
        super().__init__(folder)
        self._at, self._seconds, self._broken, self._untold = at, seconds, broken, untold

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        found = await super().story(run_id)
        if found.alive is None:
            return found
        beat = replace(found.alive.heartbeat, doing="waiting", at=self._at, troubles=())
        alive = replace(found.alive, heartbeat=beat, seconds=self._seconds, untold=self._untold)
        return replace(found, alive=alive)

    async def micro_rules(self, run_id: int) -> MicroRules:
        """See `Feed.micro_rules`."""
        self._break()
        return await super().micro_rules(run_id)

    async def channels(self) -> tuple[ChannelState, ...]:
        """See `Feed.channels`."""
        self._break()
        return await super().channels()

    async def notifications(self, wanted: NotificationFilter, limit: int) -> tuple[Notification, ...]:
        """See `Feed.notifications`."""
        self._break()
        return await super().notifications(wanted, limit)

    def _break(self) -> None:
        if self._broken:
            raise Unavailable("the account's file is locked", hint="close what writes to it")
