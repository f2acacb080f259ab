"""Script JSON: how do status, positions and decisions look for programs, the same whichever way they were come by?

The shapes are those of the HTTP interface (`stonks_tui/http`), made here without its libraries; a test compares them.
Amounts are dollars in a text with 4 places, fractions are numbers from 0 to 1, moments are ISO 8601 in UTC with a Z.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from engine.decision.state import State
from engine.model.decisions import Decision
from engine.model.live import Heartbeat
from engine.model.money import to_decimal
from engine.model.portfolio import TradingState
from engine.model.positions import MarkedPosition

Plain = dict[str, Any]
_OF_POSITION = ("quantity", "sector", "signal_confidence", "opened_at", "decision_id", "is_micro")
_OF_LEADER = ("owner", "epoch", "doing", "next_at", "lag_seconds", "protected", "prices_at", "looks", "troubles")
_DECISION = tuple(f.name for f in fields(Decision) if f.name != "trace")
_AMOUNTS = frozenset({"price", "active_pool", "reserve"})


def positions(turn: int, state: State) -> Plain:
    """Return what is held after turn `turn`; `confirm` is what closing all of it asks for over HTTP."""
    held = [_position(marked, state) for marked in state.book().positions]
    confirm = f"all {len(held)} position{'' if len(held) == 1 else 's'}"
    return {"turn": turn, "positions": held, "confirm": confirm}


def decisions(found: Sequence[Decision], next_cursor: int | None) -> Plain:
    """Return a page of decisions without their traces; `next_cursor` gives the next page, None at the end."""
    return {"decisions": [_decision(decision) for decision in found], "next_cursor": next_cursor}


def account(state: State, *, turn: int, is_enabled: bool, last_decision_at: datetime | None) -> Plain:
    """Return how the account stands after turn `turn`; `is_enabled` is what the settings say of entries."""
    book, (trading, cause) = state.book(), state.standing()
    return {
        "enabled": trading is TradingState.ACTIVE and is_enabled,
        "trading": trading.value,
        "cause": cause,
        "risk_tier": state.tier.value,
        "turn": turn,
        "session": state.session.on.isoformat() if state.session else None,
        "total_value": _dollars(book.total_value),
        "cash": _dollars(book.cash),
        "active_pool": _dollars(book.active_pool),
        "reserve": _dollars(book.reserve),
        "heat": float(book.heat),
        "drawdown": float(state.performance.drawdown),
        "open_positions": len(state.positions),
        "working_orders": len(state.working),
        "decisions": state.decisions_made,
        "last_decision_at": _plain(last_decision_at),
        "breakers": [_plain(asdict(breaker)) for breaker in state.breakers.values()],
    }


def leader(beat: Heartbeat | None, seconds: float) -> Plain | None:
    """Return who leads by its last sign of life, `seconds` ago; None when nothing was ever heard of anybody."""
    if beat is None:
        return None
    return {**{name: _plain(getattr(beat, name)) for name in _OF_LEADER}, "seconds_ago": seconds}


def standbys(found: Sequence[tuple[str, datetime]]) -> list[Plain]:
    """Return the engines that stand by, as HOST:PID, and since when."""
    return [{"owner": owner, "since": _plain(since)} for owner, since in found]


def _position(marked: MarkedPosition, state: State) -> Plain:
    p = marked.position
    return {
        "ticker": p.ticker,
        **{name: _plain(getattr(p, name)) for name in _OF_POSITION},
        "entry_price": _dollars(p.entry_price),
        "last_price": _dollars(marked.price),
        "market_value": _dollars(marked.market_value),
        "cost": _dollars(p.cost),
        "unrealised": _dollars(marked.unrealised),
        "return_pct": float(marked.return_pct),
        "stop": _dollars(p.levels.stop),
        "target": _dollars(p.levels.target),
        "trailing_stop_active": p.levels.trailing_stop_active,
        "is_exiting": state.is_exiting(p.ticker),
    }


def _decision(decision: Decision) -> Plain:
    values = {name: getattr(decision, name) for name in _DECISION}
    return {name: _dollars(value) if name in _AMOUNTS else _plain(value) for name, value in values.items()}


def _dollars(amount: int | None) -> str | None:
    return None if amount is None else f"{to_decimal(amount):.4f}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value
