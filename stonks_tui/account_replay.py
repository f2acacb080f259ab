"""Account replay: is what an account has come to what its journal comes to when it is decided on again?"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine import codec
from engine.adapters import calendar
from engine.decision.state import State
from engine.errors import NotFound
from engine.live_ports import Checkpoint
from engine.model.costs import CostModel
from engine.model.runs import LIVE_RUN
from engine.model.sessions import SessionTable
from engine.replay import Difference, replay
from engine.settings import from_text
from stonks_tui import bootstrap, live_account

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader

_BEFORE, _AFTER = timedelta(days=400), timedelta(days=400)
"""Rules look back and ahead by so many sessions at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReplay:
    """How it went, from the turn `first`, of the session at `since`, on.

    `forgotten` are turns before the last stretch that could not be replayed, since prices among them were forgotten.
    `is_state_alike` is None when no turn was the last, because one came out otherwise before it.
    """

    first: int
    since: datetime
    turns: int
    decisions: int
    orders: int
    forgotten: int
    difference: Difference | None
    is_state_alike: bool | None

    @property
    def is_alike(self) -> bool:
        """Is everything as it was kept?"""
        return self.difference is None and bool(self.is_state_alike)


async def replay_account(data_dir: Path, since: datetime | None) -> AccountReplay:
    """Replay the account in `data_dir` from the last checkpoint at or before `since`, from the first one if None.

    An engine may go on meanwhile: what comes after the turn that was the last at the beginning is left alone. Raises
    NotFound when there is no account, or no checkpoint.
    """
    live = live_account.reader(data_dir)
    last, kept = await _last_turn(live)
    begun = await live.checkpoint(since)
    if begun is None:
        raise NotFound(
            f"the account in {data_dir} has no checkpoint" + (f" before {since:%Y-%m-%d %H:%M} UTC" if since else ""),
            hint="the first is made when a session opens",
        )
    costs = live_account.costs_of(await live.get(LIVE_RUN))
    sessions = await _sessions(data_dir, begun)
    turns = decisions = orders = forgotten = 0
    place: Checkpoint | None = begun
    while place is not None:
        state = _state_at(place, sessions, costs)
        policy = from_text(place.settings).policy
        again = await replay(live.journal(place.seq - 1), state, policy, until=last)
        turns, decisions, orders = turns + again.turns, decisions + again.decisions, orders + again.orders
        if again.gap is None:
            is_alike = None if again.difference else codec.text(codec.state_to_plain(state)) == kept
            return AccountReplay(
                first=begun.seq,
                since=begun.at,
                turns=turns,
                decisions=decisions,
                orders=orders,
                forgotten=forgotten,
                difference=again.difference,
                is_state_alike=is_alike,
            )
        place = await _next_checkpoint(live, again.gap.seq, last)
        forgotten += (place.seq if place else last + 1) - again.gap.after - 1
    raise NotFound("turns are missing from the journal, and there is no checkpoint after them")


async def _last_turn(live: "SqlLiveReader") -> tuple[int, str]:
    """Return the number of the last turn and the state after it, of one moment although an engine may write."""
    while True:
        before, kept = await live.last_turn(), await live.state()
        if before == await live.last_turn():
            return before, kept or ""


async def _next_checkpoint(live: "SqlLiveReader", seq: int, last: int) -> Checkpoint | None:
    """Return the first checkpoint from the turn `seq` on: there is one when a session opens."""
    async for entry in live.journal(seq - 1):
        if entry.seq > last:
            break
        if json.loads(entry.event)["is"] == "SessionOpened":
            return await live.checkpoint(entry.at)
    return None


def _state_at(place: Checkpoint, sessions: SessionTable, costs: CostModel) -> State:
    return codec.state_from_plain(json.loads(place.state), sessions=sessions, costs=costs)


async def _sessions(data_dir: Path, begun: Checkpoint) -> SessionTable:
    first = max(calendar.FIRST, (begun.at - _BEFORE).astimezone(UTC).date())
    heartbeat = await live_account.reader(data_dir).heartbeat()
    until = max(begun.at, heartbeat[0].at) if heartbeat else begun.at
    last = min(calendar.LAST, (until + _AFTER).astimezone(UTC).date())
    return calendar.xnys(first, last, cache_dir=bootstrap.cache_path(data_dir))
