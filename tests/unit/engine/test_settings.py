"""Settings: rules and notifications by one set of names, as they are read, kept and shown."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.model.portfolio import RiskTierName
from engine.notification_settings import NotificationSettings
from engine.policy_mapping import Change
from engine.settings import (
    Settings,
    as_mapping,
    changes,
    from_mapping,
    from_text,
    known,
    masked,
    require_known,
    shown,
    text_of,
)
from tests.support.carriers import BOTH_ON

DEFAULTS = Settings()
EVENTS = st.sampled_from(("all", "urgent", "none", "feed_failure", "feed_failure,test"))
TIMES = st.sampled_from(("", "00:00", "16:30", "23:59"))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "sms_enabled": st.booleans(),
    "sns_phone_number": st.just("+15551234567"),
    "sms_events": EVENTS,
    "sms_max_per_hour": st.integers(1, 1000),
    "email_enabled": st.booleans(),
    "gmail_sender": st.just("engine@example.com"),
    "gmail_recipient": st.sampled_from(("me@example.com", "me@example.com,you@example.org")),
    "email_events": EVENTS,
    "daily_summary_time": TIMES,
    "weekly_digest_time": TIMES,
    "notification_repeat_minutes": st.integers(0, 240),
    "risk_tier": st.sampled_from(RiskTierName),
    "max_open_positions": st.integers(0, 100_000),
    "base_allocation_pct": st.floats(0, 1),
    "tiers.moderate.max_sector_pct": st.floats(0, 1),
}


@given(values=st.fixed_dictionaries(VALUES))
def test_what_is_said_by_name_comes_back_and_survives_being_kept(values: dict[str, Any]) -> None:
    found = from_mapping(values)
    assert {name: as_mapping(found)[name] for name in values} == values
    assert from_mapping(as_mapping(found)) == found
    assert from_text(text_of(found)) == found
    assert {change.name for change in changes(found)} == {
        name for name, value in values.items() if as_mapping(DEFAULTS)[name] != value
    }
    assert changes(found, found) == ()


def test_every_setting_has_a_name_of_its_own_and_says_what_it_does() -> None:
    assert known().keys() == as_mapping(DEFAULTS).keys()
    assert len(known()) == len(as_mapping(DEFAULTS))
    for name, field in known().items():
        assert field.metadata["about"], name
        require_known(name)


def test_a_name_that_is_not_there_is_refused_with_the_nearest_one() -> None:
    for wrong, near in (
        ("sms_enabeld", "sms_enabled"),
        ("gmail_recipients", "gmail_recipient"),
        ("max_open_position", "max_open_positions"),
        ("tiers.moderate.max_sector", "tiers.moderate.max_sector_pct"),
    ):
        with pytest.raises(BadInput) as error:
            from_mapping({wrong: "x"})
        assert error.value.message == f"there is no setting {wrong!r}"
        assert error.value.hint == f"did you mean {near!r}?"
    with pytest.raises(BadInput) as error:
        require_known("zzzz")
    assert error.value.hint == "stonks config show lists them"


def test_nothing_of_what_is_refused_holds() -> None:
    for values in (
        {"sms_enabled": True},
        {"sms_max_per_hour": 0},
        {"sms_max_per_hour": "many"},
        {"sms_max_per_hour": 2.5},
        {"email_enabled": "perhaps"},
        {"max_open_positions": 3, "daily_summary_time": "noon"},
    ):
        with pytest.raises(BadInput):
            from_mapping(values)


@pytest.mark.parametrize("word", ["yes", "on", "true", "1", True, "TRUE"])
def test_words_of_people_and_of_files_are_understood(word: Any) -> None:
    found = from_mapping({"sms_enabled": word, "sns_phone_number": " +15551234567 ", "sms_max_per_hour": "7"})
    told = found.notifications
    assert (told.sms_enabled, told.sns_phone_number, told.sms_max_per_hour) == (True, "+15551234567", 7)


def test_events_may_be_said_with_capitals_and_spaces_and_addresses_as_a_list() -> None:
    found = from_mapping(
        {
            "sms_events": "Feed_Failure, TEST",
            "email_events": ["feed_failure", "test"],
            "gmail_recipient": ["Me@Example.com", "you@example.org"],
        }
    ).notifications
    assert (found.sms_events, found.email_events) == ("feed_failure,test", "feed_failure,test")
    assert found.recipients == ("Me@Example.com", "you@example.org")


def test_what_is_not_said_stays_as_it_was() -> None:
    base = Settings(notifications=BOTH_ON)
    found = from_mapping({"max_open_positions": 3}, base)
    assert found.notifications == BOTH_ON
    assert found.policy == replace(DEFAULTS.policy, max_open_positions=3)
    assert from_mapping({"sms_max_per_hour": 3}, base).notifications == replace(BOTH_ON, sms_max_per_hour=3)
    assert from_mapping({}, base) == base


def test_a_change_of_who_is_told_is_neither_looser_nor_tighter() -> None:
    found = changes(Settings(notifications=replace(BOTH_ON, email_max_per_hour=3)), Settings(notifications=BOTH_ON))
    assert found == (Change(name="email_max_per_hour", value=3, default=20, looser=False),)


def test_rules_come_first_in_what_has_changed() -> None:
    both = from_mapping({"sms_max_per_hour": 3, "max_open_positions": 11})
    assert [(change.name, change.looser) for change in changes(both)] == [
        ("max_open_positions", True),
        ("sms_max_per_hour", False),
    ]


def test_what_was_kept_before_there_were_notifications_is_read() -> None:
    kept = {n: v for n, v in as_mapping(DEFAULTS).items() if n not in NotificationSettings.__dataclass_fields__}
    assert from_text(json.dumps(kept)) == DEFAULTS


PRIVATE = {
    "sns_phone_number": ("+15551234567", "+15***4567"),
    "sns_topic_arn": ("arn:aws:sns:us-east-1:123456789012:stonks", "arn***onks"),
    "gmail_sender": ("engine@example.com", "e***@example.com"),
    "gmail_recipient": ("me@example.com, you@example.org", "m***@example.com,y***@example.org"),
}


@pytest.mark.parametrize("name", PRIVATE)
def test_addresses_are_shown_only_in_part(name: str) -> None:
    value, part = PRIVATE[name]
    assert shown(name, value) == part
    assert shown(name, "") == ""


def test_everything_else_is_shown_as_it_is() -> None:
    public = known().keys() - PRIVATE.keys()
    for name in public:
        assert shown(name, as_mapping(DEFAULTS)[name]) == str(as_mapping(DEFAULTS)[name])
    assert shown("no such setting", "+15551234567") == "+15551234567"


@given(text=st.text(max_size=30))
def test_of_what_is_masked_no_more_than_seven_letters_of_a_number_are_left(text: str) -> None:
    for part, found in zip(text.split(","), masked(text).split(","), strict=False):
        if part.strip() and "@" not in part:
            assert len(found) <= 10
            assert "***" in found
    assert masked("+1555") == "***"
