"""Account answers: what do status, positions and decisions come to, read out of the account itself?

No engine need run for them: the account is as it was after its last turn.
"""

import json
from collections.abc import Awaitable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine import codec
from engine.decision.state import State
from engine.errors import NotReached, Unavailable
from engine.model.runs import LIVE_RUN
from engine.model.sessions import SessionTable
from engine.model.views import EVERY_DECISION, DecisionFilter
from engine.policy_mapping import from_mapping
from engine.settings import from_text
from stonks_tui import account_place, live_account
from stonks_tui.engine_status import EngineStatus
from stonks_tui.reports import script_json, status_report

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader

Plain = dict[str, Any]
_Answer = TypeVar("_Answer")


async def positions(data_dir: Path) -> Plain:
    """Return what is held. Raises NotFound without an account, NotReached when its database does not answer."""
    return await reached(data_dir, _positions(data_dir))


async def decisions(data_dir: Path, where: DecisionFilter, cursor: int | None, limit: int) -> Plain:
    """Return up to `limit` decisions, newest first, from after `cursor` on. Raises as `positions` does."""
    return await reached(data_dir, _decisions(data_dir, where, cursor, limit))


async def status(data_dir: Path, found: EngineStatus, now: datetime) -> Plain:
    """Return what was `found` of an engine, with the account as of its last turn, for programs."""
    account = await _account(live_account.reader(data_dir))
    seconds = max(0.0, (now - found.beaten_at).total_seconds()) if found.beaten_at else 0.0
    return {
        **status_report.as_plain(found),
        **account,
        "leader": script_json.leader(found.heartbeat, seconds),
        "standbys": script_json.standbys(found.standbys or ()),
    }


async def reached(data_dir: Path, answer: Awaitable[_Answer]) -> _Answer:
    """Return `answer`. A database that does not say it is nobody to be asked: that raises NotReached."""
    try:
        return await answer
    except Unavailable as error:
        if account_place.place_of(data_dir).database is None:
            raise
        raise NotReached(error.message, hint=error.hint) from None


async def _positions(data_dir: Path) -> Plain:
    reader = live_account.reader(data_dir)
    async with reader.at_once(LIVE_RUN):
        turn, state = await reader.last_turn(), await _state(reader)
    return script_json.positions(turn, state)


async def _account(reader: "SqlLiveReader") -> Plain:
    async with reader.at_once(LIVE_RUN):
        turn, state, settings = await reader.last_turn(), await _state(reader), await reader.settings()
        newest = await reader.decisions(LIVE_RUN, EVERY_DECISION, limit=1, newest_first=True)
        policy = from_text(settings).policy if settings else from_mapping((await reader.get(LIVE_RUN)).policy)
    last = newest.decisions[0].at if newest.decisions else None
    return script_json.account(state, turn=turn, is_enabled=policy.enabled, last_decision_at=last)


async def _state(reader: "SqlLiveReader") -> State:
    """Return what the core knew after the last turn, or what the account begins with: nothing is decided with it."""
    kept, record = await reader.state(), await reader.get(LIVE_RUN)
    sessions, costs = SessionTable.of(()), live_account.costs_of(record)
    if kept is None:
        return State.start(capital=record.initial_capital, sessions=sessions, tier=record.risk_tier, costs=costs)
    return codec.state_from_plain(json.loads(kept), sessions=sessions, costs=costs)


async def _decisions(data_dir: Path, where: DecisionFilter, cursor: int | None, limit: int) -> Plain:
    reader = live_account.reader(data_dir)
    page = await reader.decisions(LIVE_RUN, where, after=cursor, limit=limit, newest_first=True)
    return script_json.decisions(page.decisions, page.next)
