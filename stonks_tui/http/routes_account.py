"""Account routes: how does everything stand? These only look."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from fastapi import Query

from engine.decision.state import State
from engine.model.audit import AuditEvent
from engine.model.portfolio import TradingState
from engine.model.positions import MarkedPosition
from engine.status import account_of, holdings_of
from stonks_tui.http import schemas_account as s
from stonks_tui.http.access import Scope
from stonks_tui.http.confirming import everything
from stonks_tui.http.desk import Standing
from stonks_tui.http.routing import DeskHere, router, wants
from stonks_tui.http.schemas import DateSaid
from stonks_tui.http.schemas_performance import Day, History, Performance
from stonks_tui.reports.answer_report import shown_in_part

ROUTES = router("account")
_T = TypeVar("_T")
_LOOKS = wants(Scope.READ, 503)
_ASKS = wants(Scope.READ, 422, 503)
_LAST = 100
"""So many of what has gathered over years are shown, newest first."""


@ROUTES.get("/api/trading/status", operation_id="status", **_LOOKS)
async def status(desk: DeskHere) -> s.Status:
    """How engine and account stand, as of the last turn."""
    standing = await desk.standing()
    state = standing.state
    book, (trading, cause) = state.book(), state.standing()
    return s.Status.model_validate(
        {
            "engine": role_of(standing),
            "enabled": trading is TradingState.ACTIVE and (await desk.settings()).policy.enabled,
            "trading": trading,
            "cause": cause,
            "risk_tier": state.tier,
            "turn": standing.turn,
            "session": state.session.on.isoformat() if state.session else None,
            "total_value": book.total_value,
            "cash": book.cash,
            "active_pool": book.active_pool,
            "reserve": book.reserve,
            "heat": book.heat,
            "drawdown": state.performance.drawdown,
            "open_positions": len(state.positions),
            "working_orders": len(state.working),
            "decisions": state.decisions_made,
            "last_decision_at": standing.last_decision_at,
            "breakers": [s.Breaker.model_validate(breaker) for breaker in state.breakers.values()],
            "leader": _leader(standing),
            "standbys": [s.Standby(owner=owner, since=since) for owner, since in standing.standbys],
            "troubles": list(standing.beat.troubles) if standing.beat else [],
            "figures": {**account_of(state), **holdings_of(state)},
        }
    )


def role_of(standing: Standing) -> Literal["running", "standby"]:
    """Return what this process does."""
    return "running" if standing.leads_here else "standby"


def _leader(standing: Standing) -> s.Leader | None:
    beat = standing.beat
    if beat is None:
        return None
    return s.Leader(
        owner=beat.owner,
        epoch=beat.epoch,
        is_here=standing.leads_here,
        seconds_ago=standing.seconds or 0.0,
        doing=beat.doing,
        next_at=beat.next_at,
        lag_seconds=beat.lag_seconds,
        protected=beat.protected,
        prices_at=beat.prices_at,
        looks=beat.looks,
        troubles=list(beat.troubles),
    )


@ROUTES.get("/api/trading/positions", operation_id="positions", **_LOOKS)
async def positions(desk: DeskHere) -> s.Positions:
    """What is held, at the last prices."""
    standing = await desk.standing()
    state = standing.state
    held = [_position(marked, state) for marked in state.book().positions]
    return s.Positions(turn=standing.turn, positions=held, confirm=everything(len(held)))


def _position(marked: MarkedPosition, state: State) -> s.Position:
    p = marked.position
    return s.Position.model_validate(
        {
            **{name: getattr(p, name) for name in _OF_POSITION},
            **{name: getattr(p.levels, name) for name in ("stop", "target", "trailing_stop_active")},
            "last_price": marked.price,
            "market_value": marked.market_value,
            "unrealised": marked.unrealised,
            "return_pct": marked.return_pct,
            "is_exiting": state.is_exiting(p.ticker),
        }
    )


_OF_POSITION = (
    *("ticker", "quantity", "entry_price", "cost", "sector"),
    *("signal_confidence", "opened_at", "decision_id", "is_micro"),
)


@ROUTES.get("/api/trading/orders", operation_id="orders", **_LOOKS)
async def orders(desk: DeskHere) -> s.Orders:
    """The orders that the broker has not ended yet."""
    standing = await desk.standing()
    working = standing.state.working.values()
    told = [
        s.Order.model_validate(
            {
                **{name: getattr(w.order, name) for name in s.Order.model_fields if hasattr(w.order, name)},
                "state": w.state,
                "filled": w.filled,
            }
        )
        for w in working
    ]
    return s.Orders(turn=standing.turn, orders=told)


@ROUTES.get("/api/trading/breakers", operation_id="breakers", **_LOOKS)
async def breakers(desk: DeskHere) -> s.Breakers:
    """The breakers that are on, and the last that tripped."""
    state = (await desk.standing()).state
    tripped = await desk.breakers()
    return s.Breakers.model_validate(
        {"active": list(state.breakers.values()), "history": _newest(tripped)}, from_attributes=True
    )


@ROUTES.get("/api/trading/tier", operation_id="tier", **_LOOKS)
async def tier(desk: DeskHere) -> s.Tier:
    """The risk tier, and how it came to it."""
    state = (await desk.standing()).state
    changes = [s.TierStep.model_validate(change) for change in _newest(await desk.tier_changes())]
    return s.Tier(name=state.tier, changes=changes)


@ROUTES.get("/api/trading/reserve", operation_id="reserve", **_LOOKS)
async def reserve(desk: DeskHere) -> s.Reserve:
    """The reserve, and what moved in it."""
    state = (await desk.standing()).state
    entries = [s.ReserveMove.model_validate(entry) for entry in _newest(await desk.reserve_entries())]
    return s.Reserve.model_validate({"balance": state.reserve, "entries": entries})


@ROUTES.get("/api/trading/metrics", operation_id="metrics", **_LOOKS)
async def metrics(desk: DeskHere) -> Performance:
    """How the account has done, with the session that is on as if it ended now."""
    today = await desk.today()
    return Performance(day=Day.model_validate(today) if today else None)


@ROUTES.get("/api/trading/metrics/history", operation_id="metrics_history", **_ASKS)
async def metrics_history(
    desk: DeskHere,
    first: Annotated[DateSaid | None, Query(alias="from", description="the first day")] = None,
    last: Annotated[DateSaid | None, Query(alias="to", description="the last day, included")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="most days of a page")] = 366,
) -> History:
    """The books of each day."""
    days = await desk.days(first, last, limit + 1)
    rest = days[limit].on if len(days) > limit else None
    return History(days=[Day.model_validate(day) for day in days[:limit]], next_from=rest)


@ROUTES.get("/api/trading/audit", operation_id="audit", **_ASKS)
async def audit(
    desk: DeskHere, limit: Annotated[int, Query(ge=1, le=1000, description="most words of people")] = 100
) -> s.Audit:
    """Who said what, from where, and what it changed."""
    return s.Audit(entries=[_entry(event) for event in await desk.audits(limit)])


def _entry(event: AuditEvent) -> s.AuditEntry:
    return s.AuditEntry(
        at=event.at,
        word=event.asked.word.value,
        arguments=shown_in_part(event.asked.arguments),
        who=event.asked.who,
        origin=event.asked.origin,
        done=event.done,
        words=event.words,
        before=shown_in_part(event.before),
        after=shown_in_part(event.after),
    )


def _newest(values: Sequence[_T]) -> list[_T]:
    return list(reversed(values[-_LAST:]))
