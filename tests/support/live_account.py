"""Live account: the files that an engine leaves that was told to stop in the middle of its second day."""

from datetime import datetime, timedelta
from pathlib import Path

from engine.door import Door
from engine.model.intraday import days_of
from engine.trader import Trader
from stonks_tui import bootstrap
from stonks_tui.trading import Account, World, on_paper, trade
from tests.support import live
from tests.support.killed_engine import busy_world
from tests.support.live import JumpingClock
from tests.support.markets import IntradayWorld

WORLD = busy_world(7, days=3)
STOPS_AT = WORLD.played[1].open_at + timedelta(minutes=30)


class StoppingClock(JumpingClock):
    """A clock that tells an engine to stop once it is `STOPS_AT`."""

    def __init__(self, at: datetime, door: Door, stops_at: datetime = STOPS_AT) -> None:
        super().__init__(at)
        self._door = door
        self._stops_at = stops_at

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        await super().until(at)
        if at >= self._stops_at:
            self._door.stop()


def account(world: IntradayWorld = WORLD) -> Account:
    """Return the account that trades in `world`."""
    return Account(
        capital=world.capital,
        policy=world.policy,
        costs=world.costs,
        sessions=days_of(world.tape).sessions,
        start_on=world.played[0].on,
    )


async def make(folder: Path, door: Door | None = None, *, stops_at: datetime = STOPS_AT) -> Trader:
    """Trade in `folder` until it is time to stop; the trader that did it."""
    door = door or Door()
    course = live.course_of(WORLD)
    world = World(
        clock=StoppingClock(WORLD.played[0].open_at, door, stops_at),
        course=course.driven_by,
        days=tuple((row, course.session(row)) for row in course.rows),
        is_halted=course.is_halted,
    )
    async with bootstrap.open_account(folder, account().record()) as files:
        trader = await trade(account(), world, files.store, on_paper(files.memory), door)
    assert trader is not None
    return trader
