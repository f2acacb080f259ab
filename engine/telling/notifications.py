"""Notifications: of what happens in a turn, what is a person told, by which channels, and in which words?

Sends nothing, and asks nobody: what a turn has to tell is kept with it, and leaves afterwards (`delivery.py`).
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
from engine.telling.turn_messages import messages
from engine.telling.words import NEW_YORK, TRADING_WORDS, cut, letters, one_line, percent, plain, when

SMS_LETTERS = 306
"""Two parts of a text message, in the letters of GSM."""
_TITLE, _STORY, _SUBJECT = 100, 60, 200
"""Letters: most of a title in a text message, least of what happened there, most of a subject."""


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
                _mail(message, at, account) if channel is NotificationChannel.EMAIL else _sms(message, at, account)
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
    why = "" if cause in ("", "halted") else f" ({cause.replace('_', ' ')})"
    held = ", ".join(f"{p.quantity} {ticker}" for ticker, p in state.positions.items())
    return (
        f"Trading: {TRADING_WORDS[trading]}{why}",
        f"Tier: {state.tier.value}",
        f"Total value: ${usd(book.total_value)}",
        f"Cash: ${usd(book.cash)}",
        f"Active pool: ${usd(book.active_pool)}",
        f"Reserve: ${usd(book.reserve)}",
        f"Drawdown: {percent(state.performance.drawdown)}",
        f"Heat: {percent(book.heat)}",
        f"Held: {held or 'nothing'}",
    )


def _sms(message: Message, at: datetime, account: str) -> tuple[str, str]:
    """Return the words of a text message. What the engine did, and what to do, are not cut for the sake of a story."""
    head = f"{plain(f'stonks {account}, {at.astimezone(NEW_YORK):%a %H:%M} NY')}: {cut(plain(message.title), _TITLE)}."
    rest = [plain(message.done), plain(message.to_do)]
    taken = letters(" ".join((head, *rest))) + 1
    story = cut(plain(message.happened), max(SMS_LETTERS - taken, _STORY))
    text = cut(" ".join(part for part in (head, story, *rest) if part), SMS_LETTERS)
    return one_line(message.title, _SUBJECT), text


def _mail(message: Message, at: datetime, account: str) -> tuple[str, str]:
    said = [
        ("What happened", message.happened),
        ("What the engine did", message.done),
        ("What to do", message.to_do),
        ("", "\n".join(message.facts)),
        ("", f"{when(at)}, {at:%Y-%m-%d %H:%M:%S} UTC; account {account}; {message.event.value}"),
    ]
    body = "\n\n".join(f"{title}\n{text}" if title else text for title, text in said if text)
    return one_line(f"[stonks {account}] {message.title}", _SUBJECT), body + "\n"
