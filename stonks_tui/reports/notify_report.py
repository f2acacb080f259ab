"""Notify report: by which channels are people told, and what were they told?"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel
from engine.settings import masked
from stonks_tui.reports.numbers import fitting, plural, wrapped
from stonks_tui.view_models.channel_state import ChannelState

NAMES = {NotificationChannel.SMS: "text messages", NotificationChannel.EMAIL: "e-mail"}
_HOW_ON = {
    NotificationChannel.SMS: "stonks config set sms_enabled=yes sns_phone_number=+1…",
    NotificationChannel.EMAIL: "stonks config set email_enabled=yes gmail_sender=… gmail_recipient=…",
}
_WORDS = {
    DeliveryStatus.PENDING: "waiting",
    DeliveryStatus.DELIVERED: "delivered",
    DeliveryStatus.FAILED: "failed",
    DeliveryStatus.RATE_LIMITED: "held back",
}


def channel_lines(states: Sequence[ChannelState], *, reveal: bool = False) -> Iterator[str]:
    """Yield how each channel stands, and what to do about what is missing."""
    for state in states:
        if not state.is_enabled:
            yield f"{NAMES[state.channel]}: off"
            yield f"    → {_HOW_ON[state.channel]}"
            continue
        to = state.reaches if reveal else masked(state.reaches)
        if state.mailbox:
            to = f"nobody, as files in {state.mailbox}"
        yield f"{NAMES[state.channel]}: on, to {to}, about: {state.events}"
        yield f"    {state.room} of {state.per_hour} left this hour; last 24 h: {_counted(state)}"
        for missing in state.missing:
            yield f"    ! {missing}"


def history_lines(notifications: Sequence[Notification], *, width: int, full: bool = False) -> Iterator[str]:
    """Yield a line for each, newest first; in `full` the words of each too."""
    if not notifications:
        yield "nobody was told of anything yet"
        return
    if not full:
        rows = [("when (UTC)", "by", "what", "status", "about"), *map(_row, notifications)]
        yield from fitting(rows, width=width, droppable=(2,), indent="")
        return
    for n in notifications:
        yield "  ".join(_row(n)[:4])
        yield from wrapped(f"    {n.subject}", width)
        yield from (f"    {line}" for line in n.message.splitlines())
        yield ""


def outcome_lines(notifications: Sequence[Notification]) -> Iterator[str]:
    """Yield what became of each test."""
    for n in notifications:
        name = NAMES[n.channel]
        match n.delivery_status:
            case DeliveryStatus.DELIVERED:
                yield f"{name}: the provider has taken it" + (f" ({n.provider_id})" if n.provider_id else "")
            case DeliveryStatus.PENDING if n.error_message:
                yield f"{name}: not yet: {n.error_message}; it is tried again"
            case DeliveryStatus.PENDING:
                yield f"{name}: it is still on its way; stonks notify history shows what becomes of it"
            case DeliveryStatus.RATE_LIMITED:
                yield f"{name}: held back: {n.error_message}"
            case DeliveryStatus.FAILED:
                yield f"{name}: failed: {n.error_message}"


def as_plain(value: Notification | ChannelState, *, reveal: bool = True) -> dict[str, Any]:
    """Return it for JSON."""
    plain = {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, ChannelState):
        plain["reaches"] = value.reaches if reveal else masked(value.reaches)
        plain["counts"] = {status.value: number for status, number in value.counts.items()}
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name.lower()
    return list(value) if isinstance(value, tuple) else value


def _counted(state: ChannelState) -> str:
    said = [f"{number} {_WORDS[status]}" for status in DeliveryStatus if (number := state.counts.get(status, 0))]
    return ", ".join(said) or "nothing"


def _row(n: Notification) -> tuple[str, ...]:
    status = _WORDS[n.delivery_status]
    if n.retry_count:
        status += f" after {plural(n.retry_count, 'retry').replace('retrys', 'retries')}"
    if n.in_doubt:
        status += ", perhaps twice"
    why = f": {n.error_message}" if n.error_message else ""
    return f"{n.created_at:%Y-%m-%d %H:%M:%S}", n.channel.value, n.event_type.value, status + why, n.subject
