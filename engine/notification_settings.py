"""Notification settings: who is told of what, by which channel, and how often at most?"""

import re
from dataclasses import dataclass
from datetime import time
from difflib import get_close_matches

from engine.errors import BadInput
from engine.model.notifications import NotificationChannel, NotificationEvent, Urgency
from engine.setting_fields import setting, validate

_ALL, _URGENT, _NONE = "all", "urgent", "none"
_PHONE = re.compile(r"\+[1-9]\d{6,14}")  # E.164
_TOPIC = re.compile(r"arn:[\w-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]+")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings:
    """How an account tells people what happens to it. No decision depends on any of it."""

    sms_enabled: bool = setting(False, "", 0, 1, "", "send text messages (Amazon SNS)")
    sns_phone_number: str = setting("", "", 0, 0, "", "to this number, such as +15551234567", private=True)
    sns_topic_arn: str = setting("", "", 0, 0, "", "or to whoever listens to this topic", private=True)
    sms_events: str = setting(_URGENT, "", 0, 0, "", "about what: all, urgent, none, or events with commas")
    sms_max_per_hour: int = setting(10, "count", 1, 1000, "", "most text messages within any hour")
    email_enabled: bool = setting(False, "", 0, 1, "", "send e-mail (Gmail)")
    gmail_sender: str = setting("", "", 0, 0, "", "from this address", private=True)
    gmail_recipient: str = setting("", "", 0, 0, "", "to this address, or several with commas", private=True)
    email_events: str = setting(_ALL, "", 0, 0, "", "about what: all, urgent, none, or events with commas")
    email_max_per_hour: int = setting(20, "count", 1, 1000, "", "most e-mails within any hour")
    notification_max_retries: int = setting(
        3, "count", 0, 20, "", "so often what a provider did not take is sent again"
    )
    notification_retry_seconds: int = setting(
        30, "seconds", 1, 3600, "", "after so long, then four times that each time"
    )
    notification_repeat_minutes: int = setting(
        5, "minutes", 0, 240, "", "the same again not before, then twice that each time (0: as often as it happens)"
    )
    daily_summary_time: str = setting("16:30", "", 0, 0, "", "when the day is summed up, in New York (empty: never)")
    weekly_digest_time: str = setting("17:00", "", 0, 0, "", "when the week is, on Friday (empty: never)")

    def __post_init__(self) -> None:
        validate(self)
        _require(self.sns_phone_number, _PHONE, "sns_phone_number", "a number with its country, such as +15551234567")
        _require(self.sns_topic_arn, _TOPIC, "sns_topic_arn", "such as arn:aws:sns:us-east-1:123456789012:stonks")
        _require(self.gmail_sender, _ADDRESS, "gmail_sender", "an address such as me@example.com")
        for address in self.recipients or ("",):
            _require(address, _ADDRESS, "gmail_recipient", "an address such as me@example.com, several with commas")
        for name in ("daily_summary_time", "weekly_digest_time"):
            _require(getattr(self, name), _CLOCK, name, "a time such as 16:30, or nothing")
        for name in ("sms_events", "email_events"):
            _require_events(name, getattr(self, name))
        if self.sms_enabled and not (self.sns_phone_number or self.sns_topic_arn):
            raise BadInput(
                "sms_enabled needs somebody to send to", hint="set sns_phone_number or sns_topic_arn with it"
            )
        if self.email_enabled and not (self.gmail_sender and self.recipients):
            raise BadInput("email_enabled needs addresses", hint="set gmail_sender and gmail_recipient with it")

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who gets the e-mails."""
        return tuple(part for part in map(str.strip, self.gmail_recipient.split(",")) if part)

    @property
    def summary_at(self) -> time | None:
        """When a day is summed up, in New York; None: never."""
        return time.fromisoformat(self.daily_summary_time) if self.daily_summary_time else None

    @property
    def digest_at(self) -> time | None:
        """When a week is summed up, on a Friday in New York; None: never."""
        return time.fromisoformat(self.weekly_digest_time) if self.weekly_digest_time else None

    def is_enabled(self, channel: NotificationChannel) -> bool:
        """Is anything sent by `channel`?"""
        return self.sms_enabled if channel is NotificationChannel.SMS else self.email_enabled

    def per_hour(self, channel: NotificationChannel) -> int:
        """Return how many may be sent by `channel` within any hour."""
        return self.sms_max_per_hour if channel is NotificationChannel.SMS else self.email_max_per_hour

    def wants(self, channel: NotificationChannel, event: NotificationEvent, urgency: Urgency) -> bool:
        """Is somebody to be told of `event` by `channel`? A test is, whenever the channel is on."""
        if not self.is_enabled(channel):
            return False
        chosen = self.sms_events if channel is NotificationChannel.SMS else self.email_events
        if event is NotificationEvent.TEST or chosen == _ALL:
            return True
        if chosen == _URGENT:
            return urgency.is_urgent
        return event.value in chosen.split(",")


def _require(text: str, pattern: re.Pattern[str], name: str, hint: str) -> None:
    if text and not pattern.fullmatch(text):
        raise BadInput(f"{name} is {text!r}", hint=f"it is {hint}")


def _require_events(name: str, text: str) -> None:
    if text in (_ALL, _URGENT, _NONE):
        return
    known = [event.value for event in NotificationEvent]
    for part in text.split(","):
        if part not in known:
            near = get_close_matches(part, [*known, _ALL, _URGENT, _NONE], 1)
            hint = f"did you mean {near[0]!r}?" if near else f"all, urgent, none, or of {', '.join(NotificationEvent)}"
            raise BadInput(f"{name}: there is no event {part!r}", hint=hint)
