"""Mailbox: how does a notification leave where nobody is to be told? As a file, in a folder of a demo's own.

It goes the same way as one that reaches a person: through a side thread that may hang, with an answer in the end.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from engine.adapters.carrying import carry, reference
from engine.adapters.side_thread import Attempt, SideThread
from engine.model.notifications import Delivery, Notification, NotificationChannel, Outcome
from engine.notification_settings import NotificationSettings

ATTEMPT_SECONDS = 5.0
FILES = "*.txt"
"""What the files are called that it writes."""
_WHAT = {NotificationChannel.SMS: "Text message", NotificationChannel.EMAIL: "E-mail"}


class MailboxNotifier:
    """Puts each notification into `folder` as a file of its own, and reaches nobody. For one event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread: SideThread[_Folder] = SideThread("mailbox", lambda: _Folder(folder=folder))

    async def prepare(self, settings: NotificationSettings) -> None:  # noqa: ARG002
        """Make the folder, before anything has to be put there."""
        with suppress(Exception):  # whatever it is: an attempt says it in words
            await self._thread.do(lambda *_: None, ATTEMPT_SECONDS)

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """Try once, as `engine.notification_ports.Notifier` says. A file that is there is never written over."""
        name, text = file_name(notification), words(notification, settings)
        return await carry(
            self._thread, lambda folder, attempt: folder.put(name, text, attempt), ATTEMPT_SECONDS, "the mailbox"
        )

    async def was_sent(self, notification: Notification, settings: NotificationSettings) -> bool | None:  # noqa: ARG002
        """Is its file there?"""
        try:
            return await self._thread.do(lambda folder, _: folder.has(file_name(notification)), ATTEMPT_SECONDS)
        except Exception:  # noqa: BLE001 - nobody knows is an answer too
            return None

    def missing(self, settings: NotificationSettings) -> tuple[str, ...]:  # noqa: ARG002
        """Return nothing: it needs no credentials."""
        return ()

    async def close(self) -> None:
        """Give up what is under way."""
        await self._thread.close()


def file_name(n: Notification) -> str:
    """Return the name of its file, which no other one has; one that nothing keeps has no number."""
    return f"{f'{n.notification_id:06}' if n.notification_id else reference(n)}-{n.channel.value}.txt"


def words(n: Notification, settings: NotificationSettings) -> str:
    """Return the whole file: who it would have gone to, about what, and what it says."""
    if n.channel is NotificationChannel.EMAIL:
        to = ", ".join(settings.recipients)
    else:
        to = settings.sns_phone_number or settings.sns_topic_arn
    head = (
        f"{_WHAT[n.channel]} to {to}, put here and sent to nobody",
        f"Made: {n.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"About: {n.event_type.value}, {n.urgency.name.lower()}",
        f"Subject: {n.subject}",
    )
    return "\n".join(head) + f"\n\n{n.message.rstrip()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def put(self, name: str, text: str, attempt: Attempt) -> Delivery:
        target, part = self.folder / name, self.folder / f".{name}.part"
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            part.unlink(missing_ok=True)  # of an engine that was killed
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            attempt.leave()
            os.link(part, target)  # whole or not at all, and never over another
        except FileExistsError:
            attempt.answered()
            return Delivery(outcome=Outcome.REFUSED, words=f"{target} is there already")
        except OSError as error:
            attempt.answered()
            return Delivery(outcome=Outcome.FAILED, words=f"{target} cannot be written: {error.strerror}")
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return Delivery(outcome=Outcome.DELIVERED, provider_id=name)

    def close(self) -> None:
        pass
