"""Degrees: how urgent is what is told of a notice?"""

from engine.model.notifications import Message, NotificationEvent, Urgency
from engine.telling.words import NOTHING_TO_DO

_CRITICAL = frozenset(
    {NotificationEvent.PROTECTION_BREACH, NotificationEvent.STORAGE_FAILURE, NotificationEvent.ENGINE_BROKE}
)


def alarm(event: NotificationEvent, title: str, happened: str, done: str, to_do: str, about: str = "") -> Message:
    """Return what calls for a person at once; what leaves shares unwatched more than anything else."""
    kind = f"{event.value} {about}".strip()
    urgency = Urgency.CRITICAL if event in _CRITICAL else Urgency.ALARM
    return Message(event=event, urgency=urgency, kind=kind, title=title, happened=happened, done=done, to_do=to_do)


def news(
    event: NotificationEvent, title: str, happened: str, done: str, to_do: str = NOTHING_TO_DO, about: str = ""
) -> Message:
    """Return what is good to know; `about` tells several of one event apart."""
    kind = f"{event.value} {about}".strip()
    return Message(event=event, urgency=Urgency.NEWS, kind=kind, title=title, happened=happened, done=done, to_do=to_do)
