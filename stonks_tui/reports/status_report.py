"""Status report: an engine and its account on one screen, and the same for JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.notices import NoticeKind
from engine.model.notifications import DeliveryStatus
from stonks_tui.engine_status import Engine, EngineStatus
from stonks_tui.reports.numbers import measured, percent, plural, table

_FIGURES = ("total value", "active pool", "reserve", "cash")
_OF_THE_ENGINE = frozenset({*CircuitBreakerTriggerType, *NoticeKind})
"""What leaves exits only by itself; everything else is what a person has noted."""


def lines(status: EngineStatus, now: datetime, *, where: str = "") -> Iterator[str]:
    """Yield it in words; `where` is what a command line needs to mean the account."""
    yield headline(status)
    yield from _alive(status, now, where)
    yield from _engines(status)
    if status.broker is not None:
        yield status.broker.words
    yield from (f"! {trouble}" for trouble in status.troubles)
    yield from (f"- {note}" for note in status.notes)
    yield from _told(status, where)
    if not status.figures or status.engine is Engine.STANDBY:
        return
    yield ""
    yield from table([*_account(status)], indent="")
    yield from _named(status, "breaker ", "Breakers")
    yield from _named(status, "position ", "Held")
    yield from _named(status, "order ", "Orders on their way")


def headline(status: EngineStatus) -> str:
    """Return the engine's word, the same everywhere."""
    trading, cause = status.figures.get("trading", ""), status.figures.get("cause", "")
    match status.engine:
        case Engine.OFFLINE:
            return "OFFLINE"
        case Engine.SILENT:
            return f"NO ANSWER: {status.words}"
        case Engine.STANDBY:
            return "STANDBY (another engine leads)"
        case Engine.RUNNING:
            if cause in _OF_THE_ENGINE:
                reducing, because = "REDUCING", f": {cause.replace('_', ' ')}"
            else:
                because = f": {cause}" if cause not in ("", "paused", "halted") else ""
                reducing = "ENTRIES PAUSED (exits managed)"
            return {"reducing": reducing + because, "halted": f"HALTED{because}"}.get(trading, "RUNNING")


def as_plain(status: EngineStatus) -> dict[str, Any]:
    """Return it for JSON: moments as text, everything that the engine said by its name."""
    beat = asdict(status.heartbeat) if status.heartbeat else None
    return {
        "engine": status.engine.value,
        "words": status.words,
        "exit_code": status.exit_code,
        "troubles": list(status.troubles),
        "notes": list(status.notes),
        "last_heard_at": status.beaten_at.isoformat() if status.beaten_at else None,
        "notifications": {kind.value: number for kind, number in status.told.items()},
        "figures": dict(status.figures),
        "standbys": status.standbys
        and [{"owner": owner, "since": since.isoformat()} for owner, since in status.standbys],
        "broker": status.broker and status.broker.as_plain(),
        "heartbeat": beat and {n: v.isoformat() if isinstance(v, datetime) else v for n, v in beat.items()},
    }


def _alive(status: EngineStatus, now: datetime, where: str) -> Iterator[str]:
    beat, beaten_at = status.heartbeat, status.beaten_at
    if status.engine is Engine.RUNNING:
        if beat and beat.doing:
            until = f", next at {beat.next_at:%Y-%m-%d %H:%M:%S} UTC" if beat.next_at else ""
            yield f"{beat.doing}{until}"
        return
    if status.engine is Engine.STANDBY:
        return
    if beat is None or beaten_at is None:
        yield "nothing was ever heard of an engine on this account"
    else:
        ago = measured((now - beaten_at).total_seconds(), "seconds")
        yield f"last heard of at {beaten_at:%Y-%m-%d %H:%M:%S} UTC, {ago} ago: {beat.doing or 'at work'}"
    if status.engine is Engine.OFFLINE:
        held = int(status.figures.get("positions", 0))
        yield f"nobody watches the {plural(held, 'position')} held since then" if held else "nothing is held"
        yield f"stonks run{where} starts an engine"


def _engines(status: EngineStatus) -> Iterator[str]:
    """Yield which engine of several leads, and who would follow."""
    if status.standbys is None:
        return
    beat, words = status.heartbeat, []
    if beat is not None and status.engine in (Engine.RUNNING, Engine.SILENT):
        words.append(f"leader {_named_engine(beat.owner)} epoch {beat.epoch}")
    if status.standbys:
        standbys = (f"{_named_engine(owner)} since {since:%Y-%m-%d %H:%M:%S} UTC" for owner, since in status.standbys)
        words.append(f"standing by: {', '.join(standbys)}")
    if words:
        yield "; ".join(words)


def _named_engine(owner: str) -> str:
    host, _, pid = owner.rpartition(":")
    return f"{host} pid {pid}" if host else owner


def _told(status: EngineStatus, where: str) -> Iterator[str]:
    """Yield what people were to be told and were not."""
    failed, waiting = status.told.get(DeliveryStatus.FAILED, 0), status.told.get(DeliveryStatus.PENDING, 0)
    if failed:
        words = f"{plural(failed, 'notification')} of the last 24 h could not be sent"
        yield f"! {words}: stonks notify{where} history --status failed"
    if waiting:
        yield f"- {plural(waiting, 'notification')} still to be sent"


def _account(status: EngineStatus) -> Iterator[tuple[str, ...]]:
    figures = status.figures
    if at := figures.get("at"):
        yield "as of", f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S} UTC"
    yield "tier", figures.get("tier", "–")
    for name in _FIGURES:
        yield name, f"${figures.get(name, '–')}"
    for name in ("heat", "drawdown", "protected"):
        if name in figures:
            yield name, percent(float(figures[name]))
    yield "positions", figures.get("positions", "–")
    yield "decisions", figures.get("decisions", "–")


def _named(status: EngineStatus, prefix: str, title: str) -> Iterator[str]:
    found = [(n.removeprefix(prefix), text) for n, text in status.figures.items() if n.startswith(prefix)]
    if found:
        yield ""
        yield title
        yield from table(found)
