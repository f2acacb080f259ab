"""Delivery channel: how do the notifications of one channel leave, one after the other?

    waiting ─▶ may it leave? ─▶ an attempt is noted ─▶ it is made ─▶ what came of it is noted
       ▲             │ later, never                        │ not this time
       └─────────────┴─────────────────────────────────────┘

An attempt is noted before it is made: one that a crash leaves behind may have arrived, and is counted as in doubt
before it is made again, unless the provider can say that it did arrive. What cannot be kept, since storage is what has
failed, leaves all the same.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from engine.errors import StonksError, Unavailable
from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, Outcome
from engine.notification_ports import NotificationStore, Notifier
from engine.notification_settings import NotificationSettings
from engine.telling import states
from engine.telling.limits import LONGEST, Answer, Limits, Verdict
from engine.telling.states import doubtful, failed, held_back

_log = logging.getLogger("stonks")
BATCH = 50
"""So many that wait are looked at in one go: storage is trading's in between."""
TOO_OLD = timedelta(hours=24)
"""What could not be sent for so long is not sent any more."""
REMEMBERED = 6 * LONGEST
LOOKS_APART_SECONDS = 30.0
"""So often it looks for what waits although nobody has called."""
STORE_RETRY_SECONDS = 1.0
_LEAST_SECONDS = 0.05
_NEWER = "a newer one of its kind has taken its place"


class Channel:
    """One channel, by way of its `notifier`; without one nothing leaves."""

    def __init__(
        self,
        name: NotificationChannel,
        store: NotificationStore,
        notifier: Notifier | None,
        settings: Callable[[], NotificationSettings],
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._store, self._notifier, self._settings, self._now = store, notifier, settings, now
        self._limits = Limits()
        self._is_recalled = False
        self._called, self._alarms_tried = asyncio.Event(), asyncio.Event()
        self._rests = asyncio.Event()
        self._looks_at: datetime | None = None
        self._is_stopping = False
        self._unkept: list[Notification] = []  # alarms that storage does not have
        self._settled: list[Notification] = []  # what came of attempts, to be noted
        self._held: dict[str, Notification] = {}
        self._unreached = 0
        self._not_before: datetime | None = None

    def wake(self) -> None:
        """Look for what waits."""
        self._rests.clear()
        self._called.set()

    async def at_rest(self) -> None:
        """Return once nothing more can leave at this moment of the clock: for a clock that waits for it."""
        if self._looks_at is not None and self._looks_at <= self._now():
            self.wake()
        await self._rests.wait()

    def stop(self) -> None:
        """End after the attempt that is under way."""
        self._is_stopping = True
        self._called.set()

    def alarm(self, notification: Notification) -> None:
        """Send `notification` before everything else, although nothing keeps it."""
        self._unkept.append(notification)
        self._alarms_tried.clear()
        self.wake()

    async def alarms_tried(self) -> None:
        """Return once every alarm has been tried."""
        await self._alarms_tried.wait()

    async def close(self) -> None:
        """Let go of the notifier."""
        if self._notifier is not None:
            await self._notifier.close()

    async def prepare(self) -> None:
        """Have the notifier load what takes long, if it is to send anything."""
        if self._notifier is not None and self._settings().is_enabled(self.name):
            await self._notifier.prepare(self._settings())

    async def run(self) -> None:
        """Send whatever waits, until it is to stop. A fault of storage, or of ours, ends nothing."""
        try:
            await self._run()
        finally:
            self._rests.set()

    async def _run(self) -> None:
        while not self._is_stopping:
            self._called.clear()
            self._looks_at = None
            try:
                await self._send_unkept()
                if not any(n.delivery_status is DeliveryStatus.PENDING and not n.retry_count for n in self._unkept):
                    self._alarms_tried.set()
                pause = await self._send_waiting()
            except StonksError as error:
                _log.debug("%s: storage does not say what waits: %s", self.name, error.message)
                pause = STORE_RETRY_SECONDS
            except Exception:  # noqa: BLE001 - whatever it is: people are told of the next thing
                _log.exception("%s: a notification could not be handled", self.name)
                pause = LOOKS_APART_SECONDS
            if not self._called.is_set():
                self._rests.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), pause)

    async def _send_waiting(self) -> float:
        """Send what may leave now; return for how many seconds there is nothing to do, unless somebody calls."""
        await self._recall()
        while not self._is_stopping:
            await self._note()
            if self._not_before is not None and self._now() < self._not_before:
                return self._seconds_until(self._not_before)
            batch = await self._store.waiting(self.name, self._now(), BATCH)
            if not batch:
                next_at = await self._store.next_try_at(self.name)
                return self._seconds_until(next_at) if next_at else LOOKS_APART_SECONDS
            first, others = self._sorted(batch)
            await self._store.noted(others)
            if first is not None and self._notifier is not None and not await self._attempt(first, self._notifier):
                return STORE_RETRY_SECONDS
            await self._send_unkept()
        return LOOKS_APART_SECONDS

    async def _recall(self) -> None:
        """Know what left before this engine began."""
        if not self._is_recalled:
            sent = await self._store.sent_since(self.name, self._now() - REMEMBERED)
            self._limits.recall(sent, repeat_minutes=self._settings().notification_repeat_minutes)
            self._is_recalled = True

    def _sorted(self, batch: Sequence[Notification]) -> tuple[Notification | None, list[Notification]]:
        """Return the first of `batch` that may leave, and what has become of those before it that may not."""
        others: dict[int, Notification] = {}
        newest = {notification.kind: notification for notification in batch}
        for notification in batch:
            was_held = notification.delivery_status is DeliveryStatus.RATE_LIMITED
            if was_held and newest[notification.kind] is not notification:
                others[notification.notification_id] = held_back(notification, _NEWER, None)
                continue
            if why := self._why_never(notification):
                others[notification.notification_id] = failed(notification, why)
                continue
            verdict = self._judged(notification)
            if verdict.answer is Answer.NOW:
                self._held.pop(notification.kind, None)
                return notification, list(others.values())
            if verdict.answer is Answer.LATER:
                older = self._held.get(notification.kind)
                if older is not None and older.notification_id > notification.notification_id:
                    others[notification.notification_id] = held_back(notification, _NEWER, None)
                    continue
                if older is not None and older.notification_id != notification.notification_id:
                    others[older.notification_id] = held_back(older, _NEWER, None)
                self._held[notification.kind] = notification
            others[notification.notification_id] = held_back(notification, verdict.why, verdict.until)
        return None, list(others.values())

    def _why_never(self, notification: Notification) -> str:
        if not self._settings().is_enabled(self.name):
            return f"{self.name} was switched off"
        if self._notifier is None:
            return f"{self.name} is not set up here"
        is_too_old = self._now() - notification.created_at > TOO_OLD
        return notification.error_message or "it waited for a day" if is_too_old else ""

    def _judged(self, notification: Notification) -> Verdict:
        settings = self._settings()
        return self._limits.judge(
            notification,
            self._now(),
            per_hour=settings.per_hour(self.name),
            repeat_minutes=settings.notification_repeat_minutes,
        )

    async def _attempt(self, notification: Notification, notifier: Notifier) -> bool:
        """Make an attempt, with a note before it and a note after it; return False when another engine makes it."""
        notification = await self._out_of_doubt(notification, notifier)
        if notification.delivery_status is DeliveryStatus.DELIVERED:
            self._settled.append(notification)
            return True
        begun = await self._store.begin(notification, self._now())
        if begun is None:
            return False
        said = await self._with_how_many(begun)
        self._settled.append(await self._tried(said, begun, notifier))
        with suppress(Unavailable):
            await self._note()
        return True

    async def _out_of_doubt(self, notification: Notification, notifier: Notifier) -> Notification:
        """Return it as it is known before another attempt: of the last one nobody heard, or somebody died over it.

        It has arrived, then, or is in doubt once more.
        """
        if notification.attempted_at is None:
            return notification
        if await notifier.was_sent(notification, self._settings()):
            self._arrived(notification, notification.attempted_at)
            return states.delivered(notification, notification.attempted_at, "")
        return doubtful(notification)

    async def _with_how_many(self, notification: Notification) -> Notification:
        """Return it with how many of its kind were held back since the last one that was told."""
        told = self._limits.told(notification.kind)
        if told is None:
            return notification
        count = await self._store.held_back(self.name, notification.kind, told.at)
        more = f" (and {count} more of this since {told.at:%H:%M} UTC)" if count else ""
        return replace(notification, message=notification.message.rstrip() + more)

    async def _tried(self, said: Notification, notification: Notification, notifier: Notifier) -> Notification:
        """Send `said`, and return what has become of the `notification` that it says."""
        settings = self._settings()
        delivery, at = await notifier.send(said, settings), self._now()
        if delivery.outcome is Outcome.DELIVERED:
            self._arrived(notification, at)
        elif delivery.outcome is Outcome.UNKNOWN:
            self._limits.took_place(at)
        self._unreached = self._unreached + 1 if delivery.outcome is Outcome.UNREACHABLE else 0
        wait = states.seconds_apart(self._unreached - 1, settings) if self._unreached else 0.0
        self._not_before = at + timedelta(seconds=wait) if wait else None
        after = states.after(notification, delivery, settings, at)
        self._log(after, delivery.words)
        return after

    def _arrived(self, notification: Notification, at: datetime) -> None:
        self._limits.took_place(at)
        self._limits.was_told(notification, at, repeat_minutes=self._settings().notification_repeat_minutes)

    def _log(self, n: Notification, words: str) -> None:
        match n.delivery_status:
            case DeliveryStatus.DELIVERED:
                _log.info("%s sent: %s", self.name, n.subject)
            case DeliveryStatus.FAILED:
                _log.error("%s not sent, and not tried again: %s: %s", self.name, n.subject, words)
            case _:
                _log.warning("%s not sent this time: %s: %s", self.name, n.subject, words)

    async def _send_unkept(self) -> None:
        """Send what nothing keeps: storage may not answer, and that is what it is about."""
        left, self._unkept = self._unkept, []
        for place, notification in enumerate(left):
            is_due = notification.next_try_at is not None and notification.next_try_at <= self._now()
            if self._notifier is None or self._is_stopping or not is_due:
                self._unkept.append(notification)
                continue
            verdict = self._judged(notification)
            if verdict.answer is not Answer.NOW:
                self._unkept.append(held_back(notification, verdict.why, verdict.until))
                continue
            self._unkept += left[place + 1 :]  # whatever happens now, those stay
            notification = await self._out_of_doubt(notification, self._notifier)
            if notification.delivery_status is not DeliveryStatus.DELIVERED:
                begun = replace(notification, attempted_at=self._now())
                notification = await self._tried(begun, begun, self._notifier)
            self._unkept.append(notification)
            return

    async def _note(self) -> None:
        """Note what has become of what was sent. Raises Unavailable while that cannot be kept; nothing is sent then."""
        if self._unkept:
            await self._store.tell(self._unkept)
            self._unkept.clear()
        if self._settled:
            await self._store.noted(self._settled)
            self._settled.clear()

    def _seconds_until(self, at: datetime) -> float:
        self._looks_at = at
        return min(max((at - self._now()).total_seconds(), _LEAST_SECONDS), LOOKS_APART_SECONDS)
