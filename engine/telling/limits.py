"""Notification limits: may this one leave now, later, or not at all?

No more leave within any hour than the settings say (spec section 8); the last few places are for alarms, and the very
last for what is critical, so that nothing keeps waiting what matters more. What is told again and again is told less
and less often: after the first time the next waits, twice as long each time, and then says how many there were. Of
those that wait for the same thing only the newest is kept: what was last is never lost, and nothing piles up.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.model.notifications import Notification, NotificationEvent, Urgency

HOUR = timedelta(minutes=60)
LONGEST = timedelta(hours=4)
_LONGEST = {Urgency.CRITICAL: timedelta(minutes=15), Urgency.ALARM: timedelta(hours=1)}
"""What goes on and on is told so often at least: what is critical, alarms, and (`LONGEST`) everything else."""
FORGOTTEN = 2
"""After so many times the last wait without a word, it is as if it had never been told."""
_OR_LESS = {Urgency.ALARM: "that is not critical", Urgency.NEWS: "that is no alarm", Urgency.DIGEST: "that is no alarm"}
KINDS = 1000
"""So many kinds are remembered; there are fewer, unless tickers come and go."""


class Answer(StrEnum):
    """May it leave? `LATER` at `until`; `NEVER`: it is held back for good."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, with why."""

    answer: Answer
    why: str = ""
    until: datetime | None = None


GO = Verdict(answer=Answer.NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """When a kind was told last, how long the next one waits, and when what was told then had happened."""

    at: datetime
    wait: timedelta
    newest: datetime

    @property
    def until(self) -> datetime:
        """When it may be told again."""
        return self.at + self.wait


class Limits:
    """What has left by one channel, as far as it still counts."""

    def __init__(self) -> None:
        self._left: deque[datetime] = deque()
        self._told: dict[str, Told] = {}

    def recall(self, sent: Iterable[Notification], *, repeat_minutes: int) -> None:
        """Know again what left before this engine began, or may have, in the order in which it left."""
        for notification in sent:
            at = notification.delivered_at or notification.attempted_at
            if at is not None:
                self.took_place(at)
            if notification.delivered_at is not None:
                self.was_told(notification, notification.delivered_at, repeat_minutes=repeat_minutes)

    def judge(self, notification: Notification, at: datetime, *, per_hour: int, repeat_minutes: int) -> Verdict:
        """Return whether `notification` may leave at `at`. A digest and a test are no repetition of the last one."""
        told = self.told(notification.kind)
        if told and repeat_minutes and _can_repeat(notification) and told.at <= at < told.until:
            why = f"told at {told.at:%H:%M} UTC already"
            if notification.created_at < told.newest:
                return Verdict(answer=Answer.NEVER, why=why)
            return Verdict(answer=Answer.LATER, why=why, until=told.until)
        return self._room(notification, at, per_hour)

    def took_place(self, at: datetime) -> None:
        """Note that one left at `at`, or may have: it has taken a place of that hour."""
        self._left.append(at)

    def was_told(self, notification: Notification, at: datetime, *, repeat_minutes: int) -> None:
        """Note that `notification` arrived at `at`: the same again is to wait."""
        if not (repeat_minutes and _can_repeat(notification)):
            return
        first, told = timedelta(minutes=repeat_minutes), self._told.get(notification.kind)
        is_again = told is not None and at < told.at + FORGOTTEN * told.wait
        most = max(first, longest(notification.urgency))
        wait = min(max(2 * told.wait, first), most) if told and is_again else first
        self._told[notification.kind] = Told(at=at, wait=wait, newest=notification.created_at)

    def told(self, kind: str) -> Told | None:
        """Return when `kind` was told last, None when that is long ago."""
        return self._told.get(kind)

    def room(self, at: datetime, per_hour: int) -> int:
        """Return how many more may leave at `at`."""
        self._forget(at)
        return max(0, per_hour - len(self._left))

    def _room(self, notification: Notification, at: datetime, per_hour: int) -> Verdict:
        self._forget(at)
        places = places_for(notification.urgency, per_hour)
        if len(self._left) < places:
            return GO
        less = "" if places == per_hour else f" {_OR_LESS[notification.urgency]}"
        why = f"{len(self._left)} have left within the hour, {places} may{less}"
        if notification.urgency is Urgency.NEWS:
            return Verdict(answer=Answer.NEVER, why=why)
        return Verdict(answer=Answer.LATER, why=why, until=self._left[len(self._left) - places] + HOUR)

    def _forget(self, at: datetime) -> None:
        while self._left and not at - HOUR < self._left[0] < at + HOUR:  # after that: the clock was set back
            self._left.popleft()
        if len(self._told) > KINDS:
            self._told = {kind: told for kind, told in self._told.items() if at < told.at + FORGOTTEN * told.wait}


def longest(urgency: Urgency) -> timedelta:
    """Return how long something so urgent waits at most until it is told again."""
    return _LONGEST.get(urgency, LONGEST)


def places_for(urgency: Urgency, per_hour: int) -> int:
    """Return how many of `per_hour` places something so urgent may take: the last ones are for what is more so."""
    if urgency is Urgency.CRITICAL:
        return per_hour
    for_critical = max(1, per_hour // 10)
    kept = for_critical if urgency is Urgency.ALARM else max(for_critical, (3 * per_hour) // 10)
    return max(1, per_hour - kept)


def _can_repeat(notification: Notification) -> bool:
    is_test = notification.event_type is NotificationEvent.TEST
    return notification.urgency is not Urgency.DIGEST and not is_test
