"""Remote status: what an engine says of itself over HTTP, as the status that the command line shows."""

from datetime import datetime, timedelta
from typing import Any

from engine.model.live import Heartbeat
from engine.model.portfolio import TradingState
from stonks_tui.engine_status import Engine, EngineStatus

Plain = dict[str, Any]


def of(plain: Plain, now: datetime) -> EngineStatus:
    """Return what `plain`, an answer of /api/trading/status at `now`, comes to."""
    leader = plain["leader"]
    beaten_at = now - timedelta(seconds=leader["seconds_ago"]) if leader else None
    troubles = {f"trouble {n}": words for n, words in enumerate(plain["troubles"], start=1)}
    protected = {"protected": f"{leader['protected']:.4f}"} if leader else {}
    return EngineStatus(
        engine=Engine(plain["engine"]),
        words="",
        figures={**plain["figures"], **protected, **troubles},
        heartbeat=_heartbeat(plain, beaten_at) if beaten_at else None,
        beaten_at=beaten_at,
        standbys=tuple((each["owner"], _moment(each["since"])) for each in plain["standbys"]),
    )


def told(plain: Plain, status: EngineStatus) -> Plain:
    """Return it for programs, as it is when the account is read directly: nobody there is the process that answers."""
    leader = plain["leader"]
    without = leader and {name: value for name, value in leader.items() if name != "is_here"}
    return {**plain, "leader": without, "exit_code": status.exit_code}


def _heartbeat(plain: Plain, beaten_at: datetime) -> Heartbeat:
    leader = plain["leader"]
    pid = leader["owner"].rpartition(":")[2]
    return Heartbeat(
        at=beaten_at,
        owner=leader["owner"],
        epoch=leader["epoch"],
        pid=int(pid) if pid.isdigit() else 0,
        started_at=beaten_at,
        seq=plain["turn"],
        trading=TradingState(plain["trading"]),
        cause=plain["cause"],
        doing=leader["doing"],
        next_at=_moment(leader["next_at"]) if leader["next_at"] else None,
        lag_seconds=leader["lag_seconds"],
        protected=leader["protected"],
        prices_at=_moment(leader["prices_at"]) if leader["prices_at"] else None,
        looks=leader["looks"],
        troubles=tuple(leader["troubles"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
