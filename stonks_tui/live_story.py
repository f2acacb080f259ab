"""Live story: the books of an account that trades, read whole, or only what newer prices have made of them.

Its last day may be one that still goes on: that day's books are worked out from the state that the engine has kept, as
they would be if it ended now.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model.live import Heartbeat, LiveMetrics
from engine.model.portfolio import PortfolioSnapshot
from engine.model.runs import LIVE_RUN
from engine.model.views import RunStory, daily_profits
from stonks_tui import live_standing

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An account as of one moment: its story, and the books of the session that goes on, with positions.

    `beaten_at` is when the last sign of life of its engine came, by this machine's clock.
    """

    story: RunStory
    today: PortfolioSnapshot | None = None
    beaten_at: datetime | None = None

    def aged(self) -> "Told":
        """Return the same, now: time has passed since the last sign of life."""
        alive = self.story.alive
        if alive is None or self.beaten_at is None:
            return self
        return replace(self, story=replace(self.story, alive=live_standing.aged(alive, self.beaten_at)))

    def with_beat(self, beat: tuple[Heartbeat, datetime], standbys: tuple[tuple[str, datetime], ...]) -> "Told | None":
        """Return the same with a newer sign of life, and who stands by; None when the engine trades otherwise now."""
        alive = self.story.alive
        if alive is None or not live_standing.is_as_before(alive, beat[0]):
            return None
        story = replace(self.story, alive=replace(alive, heartbeat=beat[0], standbys=standbys))
        return replace(self, story=story, beaten_at=beat[1]).aged()


async def whole(live: "SqlLiveReader", data_dir: Path, known: Told | None = None) -> Told:
    """Return the account. What was measured of the account as it was `known` is not read again."""
    async with live.at_once(LIVE_RUN):
        listing = await live.listing(LIVE_RUN)
        story = RunStory(run_id=LIVE_RUN, state=listing.state.value, record=listing.record)
        if listing.record is None:
            return Told(story=story)
        days = await live.snapshots(LIVE_RUN, with_positions=False)
        profits = daily_profits(listing.record.initial_capital, days, await live.flows(LIVE_RUN))
        beat = await live.heartbeat()
        today = await _today(live, beat[0] if beat else None)
        if today and any(day.on == today.on for day in days[-1:]):
            today = None
        if today:
            days, profits = (*days, replace(today, positions=())), (*profits, today.daily_pnl)
        breakers, notices = await live.breakers(LIVE_RUN), await live.notices(LIVE_RUN)
        lately = await _measured_since(known, live, beat) if known else None
        alive = await live_standing.read(live, beat, breakers, data_dir, lately) if beat else None
    story = replace(story, days=days, profits=profits, breakers=breakers, notices=notices, alive=alive)
    return Told(story=story, today=today, beaten_at=beat[1] if beat else None)


async def with_prices(known: Told, live: "SqlLiveReader", turn: int) -> Told | None:
    """Return what was `known` with newer prices, those of `turn`: nothing else has happened since.

    None when that cannot be said: another session is on, or the engine no longer trades as it did.
    """
    async with live.at_once(LIVE_RUN):
        beat = await live.heartbeat()
        today = await _today(live, beat[0] if beat else None)
        lately, standbys = await _measured_since(known, live, beat), await live.standbys()
    beaten = known.with_beat(beat, standbys) if beat else None
    if beaten is None or today is None or known.today is None or today.on != known.today.on:
        return None
    story = beaten.story
    assert story.alive is not None
    return replace(
        beaten,
        today=today,
        story=replace(
            story,
            days=(*story.days[:-1], replace(today, positions=())),
            profits=(*story.profits[:-1], today.daily_pnl),
            alive=replace(story.alive, turn=turn, lately=lately),
        ),
    )


async def _measured_since(
    known: Told, live: "SqlLiveReader", beat: tuple[Heartbeat, datetime] | None
) -> tuple[LiveMetrics, ...]:
    """Return what was measured lately, with what has been since `known`."""
    if beat is None:
        return ()
    before = known.story.alive.lately if known.story.alive is not None else ()
    newer = await live.metrics(before[-1].at if before else beat[0].at - live_standing.LATELY)
    return (*before, *(m for m in newer if not before or m.at > before[-1].at))


async def _today(live: "SqlLiveReader", beat: Heartbeat | None) -> PortfolioSnapshot | None:
    """Return the books of the session that goes on, with positions."""
    from engine import codec
    from engine.decision import day_books
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
    return day_books.so_far(state, max(at, state.session.open_at))
