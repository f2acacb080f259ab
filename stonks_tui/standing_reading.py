"""Standing reading: how does an account stand, read from what its engine has kept, and what would a word change?"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from engine import codec, words
from engine.decision import day_books, operator
from engine.decision.state import State
from engine.errors import StonksError, Unavailable
from engine.live_account import settings_after
from engine.model.audit import Asked
from engine.model.breakers import BreakerEvent
from engine.model.costs import CostModel
from engine.model.portfolio import ReserveEntry, TierChange
from engine.model.runs import LIVE_RUN
from engine.model.sessions import SessionTable
from engine.risk import circuit_breaker
from engine.settings import Settings, from_text
from stonks_tui import bootstrap, config_differences, live_account
from stonks_tui.view_models.standing import Rehearsal, Standing

_BACK, _AHEAD = timedelta(days=10), timedelta(days=40)
"""Of the exchange's days: a breaker lasts a few sessions in any sensible policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What was read, all of one moment."""

    state: str
    settings: Settings
    costs: CostModel
    at: datetime
    tripped: tuple[BreakerEvent, ...]
    ledger: tuple[ReserveEntry, ...]
    tier_changes: tuple[TierChange, ...]

    def copy(self, sessions: SessionTable) -> State:
        """Return the state, to be used up. It is long for tax alone, of which nothing is decided here."""
        plain = json.loads(self.state)
        plain.pop("tax", None)
        return codec.state_from_plain(plain, sessions=sessions, costs=self.costs)


def read(data_dir: Path, asked: Asked | None) -> tuple[Standing, Rehearsal]:
    """Return how the account in `data_dir` stands, and what `asked` would change, if anything is."""
    kept = asyncio.run(_read(data_dir))
    sessions = _sessions(kept, data_dir)
    rehearsal = Rehearsal(before={}, after={})
    if asked is not None:
        rehearsal = _rehearsed(kept.copy(sessions), kept.settings, asked, kept.at)
    return _standing(kept, sessions), rehearsal


async def _read(data_dir: Path) -> _Kept:
    live = live_account.reader(data_dir)
    async with live.at_once(LIVE_RUN):
        state, beat = await live.state(), await live.heartbeat()
        if state is None or beat is None:
            raise Unavailable("the account has not had its first turn yet", hint="try again in a moment")
        return _Kept(
            state=state,
            settings=from_text(await live.settings()),
            costs=live_account.costs_of(await live.get(LIVE_RUN)),
            at=beat[0].at,
            tripped=await live.breakers(LIVE_RUN),
            ledger=await live.reserve_entries(LIVE_RUN),
            tier_changes=await live.tier_changes(LIVE_RUN),
        )


def _sessions(kept: _Kept, data_dir: Path) -> SessionTable:
    """Return the exchange's days when somebody will ask for them: it takes a while to work them out."""
    from engine.adapters import calendar

    state = kept.copy(SessionTable(sessions=()))
    if state.session is not None and all(b.cooldown_expires is None for b in state.breakers.values()):
        return state.sessions
    cache = bootstrap.cache_path(data_dir)
    return calendar.xnys((kept.at - _BACK).date(), (kept.at + _AHEAD).date(), cache_dir=cache)


def _rehearsed(state: State, settings: Settings, asked: Asked, at: datetime) -> Rehearsal:
    before = words.standing(state, settings)
    try:
        commands = words.commands(asked, state, settings, at)
    except StonksError as error:
        refused = f"{error.message}: {error.hint}" if error.hint else error.message
        return Rehearsal(before={}, after={}, refused=refused)
    refused, then = "", settings
    for command in commands:
        refused = refused or words.refusal(operator.obey(state, command, settings.policy))
        then = settings_after(command, then)
    was, now = words.changed(before, words.standing(state, then))
    looser = config_differences.looser(then.policy, settings.policy)
    return Rehearsal(before=was, after=now, refused=refused, looser=tuple(looser))


def _standing(kept: _Kept, sessions: SessionTable) -> Standing:
    state, policy = kept.copy(sessions), kept.settings.policy
    says = words.standing(state, kept.settings)
    exiting = frozenset(ticker for ticker in state.positions if state.is_exiting(ticker))
    stops = circuit_breaker.stops_within(state.stops_at, kept.at, policy)
    book, breakers = state.book(), tuple(state.breakers.values())
    day = day_books.so_far(state, kept.at)  # it uses the state up
    return Standing(
        at=kept.at,
        says=says,
        policy=policy,
        tier=state.tier,
        total_value=book.total_value,
        cash=book.cash,
        reserve=book.reserve,
        heat=book.heat,
        drawdown=day.current_drawdown if day else 0.0,
        day_return=day.daily_return if day else 0.0,
        stops=stops,
        positions=day.positions if day else (),
        exiting=exiting,
        breakers=breakers,
        tripped=kept.tripped,
        ledger=kept.ledger,
        tier_changes=kept.tier_changes,
        sessions=sessions,
    )
