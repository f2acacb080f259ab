"""Told: what were people told, by which channel, what became of it, and how does each channel stand?"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel
from engine.settings import masked
from stonks_tui.reports.numbers import plural
from stonks_tui.view_models import told_events
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, Span, clipped, line, wrapped
from stonks_tui.view_models.told_window import ToldWindow

COLUMNS = (
    Column(key="at", heading="When (UTC)", priority=1),
    Column(key="by", heading="By"),
    Column(key="status", heading="Status"),
    Column(key="retries", heading="Again", right=True, priority=2),
    Column(key="event", heading="Event", priority=5),
    Column(key="about", heading="About, or why not", grows=True, least=24),
)
_EXPORTED = tuple(
    Column(key=key, heading=key)
    for key in (
        "at",
        "event",
        "urgency",
        "channel",
        "status",
        "retries",
        "delivered_at",
        "error",
        "subject",
        "message",
    )
)
SHORT = {NotificationChannel.SMS: "text", NotificationChannel.EMAIL: "e-mail"}
_NAMES = {NotificationChannel.SMS: "Text", NotificationChannel.EMAIL: "E-mail"}
_PREFIX = re.compile(r"\[stonks [a-z]+\] ")
"""Of the subject of an e-mail; in a list it would only take room."""
KEYS = {NotificationChannel.SMS: "s", NotificationChannel.EMAIL: "m"}
_ADDRESSES = {
    NotificationChannel.SMS: (":set sns_phone_number …, then s",),
    NotificationChannel.EMAIL: (":set gmail_sender …", ":set gmail_recipient …, then m"),
}
_STATUSES = {
    DeliveryStatus.PENDING: ("○ waiting", Mood.WARN),
    DeliveryStatus.DELIVERED: ("✓ delivered", Mood.GAIN),
    DeliveryStatus.FAILED: ("✗ failed", Mood.LOSS),
    DeliveryStatus.RATE_LIMITED: ("· held back", Mood.DIM),
}
_DEMO = "A demo tells nobody: its messages are files in mailbox/."
_COUNTED = {
    DeliveryStatus.DELIVERED: "delivered",
    DeliveryStatus.FAILED: "failed",
    DeliveryStatus.RATE_LIMITED: "held back",
    DeliveryStatus.PENDING: "waiting",
}


def table(window: ToldWindow, wanted: str, *, has_mailbox: bool = False) -> TableView:
    """Return the list of the notifications that have been read; what a demo tells lands in a mailbox of its own."""
    empty: tuple[str, ...] = ("Nobody was told of anything yet.", "t sends a test by every channel that is on.")
    if has_mailbox:
        empty = ("Nothing was told yet.", _DEMO, "t puts a test there.")
    if wanted:
        empty = (f"No notification fits '{wanted}'.", "Esc shows all of them.")
    return TableView(
        columns=COLUMNS, rows=tuple(map(row, window.notifications)), has_more=window.has_older, empty=empty
    )


def exported(notifications: Sequence[Notification]) -> TableView:
    """Return all that is known of `notifications` as a list for a file; the words of each on one line."""
    return TableView(columns=_EXPORTED, rows=tuple(map(_exported, notifications)))


def _exported(n: Notification) -> Row:
    found = (
        _moment(n.created_at),
        n.event_type.value,
        n.urgency.name.lower(),
        n.channel.value,
        n.delivery_status.value,
        f"{n.retry_count}",
        _moment(n.delivered_at) if n.delivered_at is not None else "",
        n.error_message,
        n.subject,
        " ".join(n.message.split()),
    )
    return Row(key=str(n.notification_id), cells=tuple(line(text) for text in found))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def heading(window: ToldWindow, limit: int) -> str:
    """Return the title over the list: how many there are, as far as that was read, and how many came since."""
    count = f"{len(window.notifications):,}{'+' if window.has_older else ''}"
    new = f"{window.waiting}{'+' if window.waiting == limit else ''}"
    return f"Notifications · {count}{f' · {new} new, g' if window.waiting else ''}"


def row(n: Notification) -> Row:
    """Return the row of one notification."""
    return Row(
        key=str(n.notification_id),
        cells=(
            line((f"{n.created_at:%m-%d %H:%M}", Mood.DIM)),
            line(SHORT[n.channel]),
            line(_STATUSES[n.delivery_status]),
            line(f"{n.retry_count:,}" if n.retry_count else ""),
            line((n.event_type.value.replace("_", " "), Mood.DIM)),
            _about(n),
        ),
    )


def _about(n: Notification) -> Line:
    """Return what it is about; of one that has not arrived first why not."""
    subject = _PREFIX.sub("", n.subject)
    if n.delivery_status is DeliveryStatus.DELIVERED or not n.error_message:
        return line(subject)
    return line((n.error_message, Mood.WARN), (f" · {subject}", Mood.DIM))


def message(n: Notification, columns: int, *, has_mailbox: bool = False) -> tuple[Line, ...]:
    """Return the whole message, and what became of it."""
    found = [line((piece, Mood.STRONG)) for piece in wrapped(n.subject, columns)]
    about = f"{SHORT[n.channel]} · {n.event_type.value.replace('_', ' ')} · {n.urgency.name.lower()}"
    found.append(line((about, Mood.DIM)))
    found += _became(n, columns, "file" if has_mailbox else "provider's id")
    found.append(line())
    for text in n.message.splitlines():
        found += [line(piece) for piece in wrapped(text, columns)] if text else [line()]
    return tuple(clipped(text, columns) for text in found)


def _became(n: Notification, columns: int, identity: str) -> Iterator[Line]:
    """Yield what became of it: when it was made and delivered, how often it was tried, what went wrong."""
    yield line(("made ", Mood.DIM), f"{n.created_at:%Y-%m-%d %H:%M:%S} UTC")
    word, mood = _STATUSES[n.delivery_status]
    when = f" {n.delivered_at:%H:%M:%S}" if n.delivered_at is not None else ""
    retries = f", sent again {plural(n.retry_count, 'time')}" if n.retry_count else ""
    doubt = ", perhaps twice" if n.in_doubt else ""
    yield line((word, mood), f"{when}{retries}{doubt}")
    if n.next_try_at is not None:
        yield line(("next try ", Mood.DIM), f"{n.next_try_at:%Y-%m-%d %H:%M:%S} UTC")
    for piece in wrapped(n.error_message, columns) if n.error_message else ():
        yield line((piece, Mood.WARN))
    if n.provider_id:
        yield line((f"{identity} ", Mood.DIM), n.provider_id)


def channels(states: Sequence[ChannelState], columns: int, *, reveals: bool) -> tuple[Line, ...]:
    """Return how each channel stands; numbers, addresses and the folder of a demo in part unless it `reveals` them."""
    found = [line((piece, Mood.DIM)) for piece in _mailbox(states, columns, reveals=reveals)]
    found += [text for state in states for text in _channel(state, columns, reveals=reveals)]
    return tuple(clipped(text, columns) for text in found)


def _mailbox(states: Sequence[ChannelState], columns: int, *, reveals: bool) -> list[str]:
    """Return where everything lands in place of leaving; nothing where people are reached."""
    mailbox = next((state.mailbox for state in states if state.mailbox), "")
    if not mailbox:
        return []
    return wrapped(_DEMO.replace("mailbox/", f"{mailbox}/") if reveals else _DEMO, columns)


def _channel(state: ChannelState, columns: int, *, reveals: bool) -> Iterator[Line]:
    name, key = (_NAMES[state.channel].ljust(7), Mood.STRONG), KEYS[state.channel]
    to = state.reaches if reveals else masked(state.reaches)
    if not state.is_enabled:
        yield line(name, ("○ off", Mood.WARN), (f"  {key} switches it on" if to else "", Mood.DIM))
        if to:
            yield line(("  to ", Mood.DIM), to)
        for hint in () if to else _ADDRESSES[state.channel]:
            yield line((f"  → {hint}", Mood.DIM))
        return
    room = Span(f"  {state.room:,} of {state.per_hour:,}", Mood.PLAIN if state.room else Mood.WARN)
    yield line(name, ("● on", Mood.GAIN), room, (" left this hour", Mood.DIM))
    yield line(("  to ", Mood.DIM), to, (f", of {told_events.words(state.events)}", Mood.DIM))
    yield line(("  24 h: ", Mood.DIM), *_counted(state))
    for missing in () if state.counts.get(DeliveryStatus.DELIVERED) else state.missing:  # the engine may have it
        for piece in wrapped(f"! seen from here: {missing}", columns - 2, indent="  "):
            yield line((f"  {piece}", Mood.LOSS))


def _counted(state: ChannelState) -> Line:
    parts: list[Span] = []
    for status, word in _COUNTED.items():
        if number := state.counts.get(status, 0):
            mood = Mood.LOSS if status is DeliveryStatus.FAILED else Mood.PLAIN
            parts.append(Span(f"{', ' if parts else ''}{number:,} {word}", mood))
    return tuple(parts) or line(("nothing", Mood.DIM))


def outcome(n: Notification, *, has_mailbox: bool = False) -> str:
    """Return what became of a test."""
    name = _NAMES[n.channel]
    match n.delivery_status:
        case DeliveryStatus.DELIVERED if has_mailbox:
            return f"{name}: it is in the mailbox of the demo ({n.provider_id})"
        case DeliveryStatus.DELIVERED:
            return f"{name}: the provider has taken it" + (f" ({n.provider_id})" if n.provider_id else "")
        case DeliveryStatus.FAILED:
            return f"{name}: failed: {n.error_message}"
        case DeliveryStatus.RATE_LIMITED:
            return f"{name}: held back: {n.error_message}"
        case _:
            return f"{name}: not yet: {n.error_message}; it is tried again"


def is_told(n: Notification) -> bool:
    """Is there something to say of it: is it settled, or was it tried at least?"""
    return n.next_try_at is None or n.retry_count > 0 or n.delivery_status is DeliveryStatus.RATE_LIMITED
