"""SNS: how does a notification leave as a text message, or for whoever listens to a topic?

By Amazon SNS, in a side thread, with the credentials that AWS's own library finds. SNS keeps nothing that could be
asked about: of a message of which nothing was heard nobody will ever know.
"""

import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from engine.adapters import aws_settings
from engine.adapters.carrying import Patience, carry, reference
from engine.adapters.side_thread import SideThread
from engine.model.notifications import Delivery, Notification
from engine.notification_settings import NotificationSettings

if TYPE_CHECKING:
    from engine.adapters.sns_line import SnsLine

SMS_LETTERS = 1600
"""SNS takes no longer text message."""
SUBJECT_LETTERS = 100
_DEFAULT_PATIENCE = Patience()


class SnsNotifier:
    """Sends text messages, with what `environment` says of region and address. For one event loop."""

    def __init__(self, environment: Mapping[str, str], patience: Patience = _DEFAULT_PATIENCE) -> None:
        self._environment = dict(environment)
        self._patience = patience
        self._thread: SideThread[SnsLine] = SideThread("sns", self._line)

    async def prepare(self, settings: NotificationSettings) -> None:
        """Load AWS's library and make a client, before anything has to be sent."""
        region = aws_settings.region(self._environment, settings.sns_topic_arn)
        with suppress(Exception):  # whatever it is: an attempt says it in words
            await self._thread.do(lambda line, _: line.prepare(region), self._patience.attempt_seconds)

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """Try once, as `engine.notification_ports.Notifier` says."""
        content = fields(notification, settings)
        region = aws_settings.region(self._environment, content.get("TopicArn", ""))
        private = (settings.sns_phone_number, settings.sns_topic_arn)
        return await carry(
            self._thread,
            lambda line, attempt: line.publish(region, content, private, attempt),
            self._patience.attempt_seconds,
            "SNS",
        )

    async def was_sent(self, notification: Notification, settings: NotificationSettings) -> bool | None:  # noqa: ARG002
        """Return None: SNS cannot tell."""
        return None

    def missing(self, settings: NotificationSettings) -> tuple[str, ...]:
        """Return what is missing for sending, as far as can be told without asking anybody."""
        found = []
        if not (settings.sns_phone_number or settings.sns_topic_arn):
            found.append("neither sns_phone_number nor sns_topic_arn is set: say to whom text messages are sent")
        topic = "" if settings.sns_phone_number else settings.sns_topic_arn
        if not aws_settings.region(self._environment, topic):
            found.append("no AWS region is set: set STONKS_SNS_REGION, such as us-east-1")
        credentials = aws_settings.missing_credentials(self._environment)
        return (*found, credentials) if credentials else tuple(found)

    async def close(self) -> None:
        """Give up what is under way, and let go of the connection."""
        await self._thread.close()

    def _line(self) -> "SnsLine":
        from engine.adapters.sns_line import SnsLine

        url = self._environment.get("STONKS_SNS_URL", "")
        return SnsLine(url, self._patience.connect_seconds, self._patience.read_seconds)


def fields(notification: Notification, settings: NotificationSettings) -> dict[str, Any]:
    """Return what SNS is told: the message, and the phone number, or else the topic with a subject."""
    message = _sendable(notification.message) or _sendable(notification.subject)
    if settings.sns_phone_number:
        kind = {"DataType": "String", "StringValue": "Transactional"}
        return {
            "PhoneNumber": settings.sns_phone_number,
            "Message": _cut(message, SMS_LETTERS),
            "MessageAttributes": {"AWS.SNS.SMS.SMSType": kind},
        }
    told: dict[str, Any] = {"TopicArn": settings.sns_topic_arn, "Message": message}
    if subject := _subject(notification.subject):
        told["Subject"] = subject
    if settings.sns_topic_arn.endswith(".fifo"):  # such a topic takes the same only once within five minutes
        told |= {"MessageGroupId": "stonks", "MessageDeduplicationId": reference(notification)}
    return told


def _subject(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("−", "-").replace("–", "-")).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isprintable() else " " for letter in plain).split()
    return _cut(" ".join(words), SUBJECT_LETTERS)


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 3]}..."


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode().strip()
