"""Notification settings: who is told of what, and what is said of a setting that cannot be."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.model.notifications import NotificationChannel, NotificationEvent, Urgency
from engine.notification_settings import NotificationSettings
from tests.support.carriers import BOTH_ON

SMS, EMAIL = NotificationChannel.SMS, NotificationChannel.EMAIL
TOPIC = "arn:aws:sns:us-east-1:123456789012:stonks"


def settings(**values: Any) -> NotificationSettings:
    return NotificationSettings(**values)


def refused(**values: Any) -> BadInput:
    with pytest.raises(BadInput) as found:
        settings(**values)
    assert found.value.hint
    return found.value


def test_unless_somebody_says_so_nothing_is_sent() -> None:
    plain = settings()
    assert [plain.is_enabled(channel) for channel in NotificationChannel] == [False, False]
    assert not any(plain.wants(c, e, u) for c in NotificationChannel for e in NotificationEvent for u in Urgency)


RANGES = {
    "sms_max_per_hour": (1, 1000),
    "email_max_per_hour": (1, 1000),
    "notification_max_retries": (0, 20),
    "notification_retry_seconds": (1, 3600),
    "notification_repeat_minutes": (0, 240),
}


@pytest.mark.parametrize("name", RANGES)
def test_a_number_outside_its_range_is_refused_with_the_range(name: str) -> None:
    low, high = RANGES[name]
    for value in (low, high):
        assert getattr(settings(**{name: value}), name) == value
    for value in (low - 1, high + 1):
        error = refused(**{name: value})
        assert error.message == f"{name} is {value}"
        assert error.hint == f"it goes from {low} to {high}"


@pytest.mark.parametrize("number", ["+15551234567", "+491701234567", "+1234567", "+123456789012345"])
def test_a_number_with_its_country_is_taken(number: str) -> None:
    assert settings(sns_phone_number=number).sns_phone_number == number


@pytest.mark.parametrize(
    "number",
    ["15551234567", "+05551234567", "+1 555 123 4567", "+123456", "+1234567890123456", "555-1234", "+15551234567\n"],
)
def test_a_number_that_nobody_can_be_reached_by_is_refused(number: str) -> None:
    assert refused(sns_phone_number=number).hint == "it is a number with its country, such as +15551234567"


@pytest.mark.parametrize("topic", [TOPIC, "arn:aws-us-gov:sns:us-gov-west-1:123456789012:a.fifo"])
def test_a_topic_is_taken_by_its_whole_name(topic: str) -> None:
    assert settings(sns_topic_arn=topic).sns_topic_arn == topic


@pytest.mark.parametrize(
    "topic", ["stonks", TOPIC.replace("sns", "sqs"), TOPIC.replace("123456789012", "1"), f"{TOPIC} "]
)
def test_anything_else_is_no_topic(topic: str) -> None:
    assert "arn:aws:sns" in refused(sns_topic_arn=topic).hint


@pytest.mark.parametrize("address", ["me", "me@", "@example.com", "me@example", "a@b.c,d", "me@example.com\nBcc: x@y"])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert refused(gmail_sender=address).hint == "it is an address such as me@example.com"


def test_recipients_may_be_several() -> None:
    assert settings(gmail_recipient="me@example.com, you@example.org,").recipients == (
        "me@example.com",
        "you@example.org",
    )
    assert settings().recipients == ()
    assert "several with commas" in refused(gmail_recipient="me@example.com; you@example.org").hint
    assert refused(gmail_recipient="me@example.com, you").message.startswith("gmail_recipient is 'you'")


@pytest.mark.parametrize("name", ["daily_summary_time", "weekly_digest_time"])
def test_a_time_has_two_figures_each_or_is_left_out(name: str) -> None:
    for text in ("00:00", "09:05", "23:59", ""):
        assert getattr(settings(**{name: text}), name) == text
    for text in ("24:00", "9:30", "16:60", "16.30", "16:30:00", "half past four"):
        assert refused(**{name: text}).hint == "it is a time such as 16:30, or nothing"


def test_times_are_times_of_the_day_or_never() -> None:
    plain = settings(daily_summary_time="")
    assert (plain.summary_at, plain.digest_at) == (None, time(17, 0))


def test_a_channel_that_is_on_has_somebody_to_send_to() -> None:
    assert "sns_phone_number or sns_topic_arn" in refused(sms_enabled=True).hint
    assert settings(sms_enabled=True, sns_topic_arn=TOPIC).is_enabled(SMS)
    for missing in ({}, {"gmail_sender": "me@example.com"}, {"gmail_recipient": "me@example.com"}):
        assert "gmail_sender and gmail_recipient" in refused(email_enabled=True, **missing).hint
    refused(email_enabled=True, gmail_sender="me@example.com", gmail_recipient=" , ")


def test_rates_are_of_each_channel() -> None:
    plain = settings(sms_max_per_hour=3, email_max_per_hour=4)
    assert [plain.per_hour(channel) for channel in (SMS, EMAIL)] == [3, 4]


def wanted(events: str, event: NotificationEvent, urgency: Urgency) -> bool:
    return settings(sms_enabled=True, sns_topic_arn=TOPIC, sms_events=events).wants(SMS, event, urgency)


@given(event=st.sampled_from(NotificationEvent), urgency=st.sampled_from(Urgency))
def test_whoever_wants_all_the_urgent_or_none_gets_that(event: NotificationEvent, urgency: Urgency) -> None:
    is_test = event is NotificationEvent.TEST
    assert wanted("all", event, urgency)
    assert wanted("urgent", event, urgency) == (urgency in (Urgency.CRITICAL, Urgency.ALARM) or is_test)
    assert wanted("none", event, urgency) == is_test


@given(chosen=st.sets(st.sampled_from(NotificationEvent), min_size=1), event=st.sampled_from(NotificationEvent))
def test_whoever_names_events_gets_those_however_urgent_they_are(
    chosen: set[NotificationEvent], event: NotificationEvent
) -> None:
    for urgency in Urgency:
        assert wanted(",".join(chosen), event, urgency) == (event in chosen or event is NotificationEvent.TEST)


def test_each_channel_has_its_own_events() -> None:
    plain = settings(
        sms_enabled=True,
        sns_topic_arn=TOPIC,
        sms_events="none",
        email_enabled=True,
        gmail_sender="me@example.com",
        gmail_recipient="me@example.com",
        email_events="feed_failure",
    )
    assert not plain.wants(SMS, NotificationEvent.FEED_FAILURE, Urgency.ALARM)
    assert plain.wants(EMAIL, NotificationEvent.FEED_FAILURE, Urgency.NEWS)


def test_an_event_that_is_not_there_is_refused_with_the_nearest_one() -> None:
    error = refused(email_events="feed_failure,feed_failed")
    assert (error.message, error.hint) == (
        "email_events: there is no event 'feed_failed'",
        "did you mean 'feed_failure'?",
    )
    assert refused(sms_events="al").hint == "did you mean 'all'?"
    assert "all, urgent, none, or of circuit_breaker_triggered" in refused(sms_events="").hint


def test_both_channels_may_be_on() -> None:
    assert [BOTH_ON.is_enabled(channel) for channel in NotificationChannel] == [True, True]
