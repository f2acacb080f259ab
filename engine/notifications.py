"""Notifications: of what happens in a turn, what is a person told, by which channels, and in which words?

Sends nothing, and asks nobody: what a turn has to tell is kept with it, and leaves afterwards (`engine/delivery.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.decision.state import State
from engine.model.money import usd
from engine.model.notifications import Message, Notification, NotificationChannel
from engine.notification_settings import NotificationSettings
from engine.notification_words import percent, when
from engine.turn_messages import messages

SMS_LETTERS = 306
"""Two parts of a text message, in the letters of GSM."""


def of_turn(
    event: Event, effects: Sequence[Effect], state: State, settings: NotificationSettings, *, seq: int, account: str
) -> tuple[Notification, ...]:
    """Return what is to be sent of the turn number `seq` of `account`: of `event`, and of what came of it.

    `state` is how it stands after the turn.
    """
    if not (settings.sms_enabled or settings.email_enabled):
        return ()
    found = tuple(messages(event, effects))
    if not found:
        return ()
    facts = standing(state)
    return tuple(
        notification
        for number, message in enumerate(found)
        for notification in addressed(
            replace(message, facts=(*message.facts, *facts)),
            settings,
            event.at,
            key=f"turn {seq}.{number}",
            account=account,
        )
    )


def addressed(
    message: Message, settings: NotificationSettings, at: datetime, *, key: str, account: str
) -> Iterator[Notification]:
    """Yield `message` for each channel by which somebody wants it, in the words of that channel."""
    for channel in NotificationChannel:
        if settings.wants(channel, message.event, message.urgency):
            subject, words = (
                _mail(message, at, account) if channel is NotificationChannel.EMAIL else _sms(message, account)
            )
            yield Notification(
                key=key,
                channel=channel,
                event_type=message.event,
                urgency=message.urgency,
                kind=message.kind,
                subject=subject,
                message=words,
                created_at=at,
                next_try_at=at,
            )


def standing(state: State) -> tuple[str, ...]:
    """Return how the account stands, a line for each figure."""
    book = state.book()
    trading, cause = state.standing()
    held = ", ".join(f"{p.quantity} {ticker}" for ticker, p in state.positions.items())
    return (
        f"Trading: {trading.value}" + (f" ({cause.replace('_', ' ')})" if cause else ""),
        f"Tier: {state.tier.value}",
        f"Total value: ${usd(book.total_value)}",
        f"Cash: ${usd(book.cash)}",
        f"Active pool: ${usd(book.active_pool)}",
        f"Reserve: ${usd(book.reserve)}",
        f"Drawdown: {percent(state.performance.drawdown)}",
        f"Heat: {percent(book.heat)}",
        f"Held: {held or 'nothing'}",
    )


def _sms(message: Message, account: str) -> tuple[str, str]:
    parts = [f"stonks {account}: {message.title}.", message.happened, message.done, message.to_do]
    text = " ".join(part for part in parts if part).encode("ascii", "replace").decode()
    return message.title, text if len(text) <= SMS_LETTERS else text[: SMS_LETTERS - 3].rsplit(" ", 1)[0] + "..."


def _mail(message: Message, at: datetime, account: str) -> tuple[str, str]:
    said = [
        ("What happened", message.happened),
        ("What the engine did", message.done),
        ("What to do", message.to_do),
        ("", "\n".join(message.facts)),
        ("", f"{when(at)}, {at:%Y-%m-%d %H:%M:%S} UTC; account {account}; {message.event.value}"),
    ]
    body = "\n\n".join(f"{title}\n{text}" if title else text for title, text in said if text)
    return f"[stonks {account}] {message.title}", body + "\n"
