"""What people were told: filters, the window on the database, which events go by which channel, each in words."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationEvent
from engine.notification_settings import NotificationSettings
from stonks_tui.view_models import frame, told, told_events, told_filter
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.exports import csv_text
from stonks_tui.view_models.text import plain, texts
from stonks_tui.view_models.told_window import ToldWindow
from tests.support.carriers import a_notification

DOCS = Path(__file__).parents[4] / "docs" / "notifications.md"
PAGE = 3


def several(*numbers: int) -> list[Notification]:
    """Return notifications with these ids."""
    return [a_notification(number, notification_id=number) for number in numbers]


def ids(window: ToldWindow) -> list[int]:
    """Return the ids in the window."""
    return [n.notification_id for n in window.notifications]


def a_channel(**fields: object) -> ChannelState:
    """Return text messages, switched on."""
    plain_fields: dict[str, object] = {
        "channel": NotificationChannel.SMS,
        "is_enabled": True,
        "reaches": "+15551234567",
        "events": "urgent",
        "per_hour": 10,
        "room": 4,
        "missing": (),
        "counts": {},
    }
    return ChannelState(**plain_fields | fields)  # type: ignore[arg-type]


# Filters


def test_words_name_channel_status_and_event_and_a_part_of_an_event_is_enough() -> None:
    where = told_filter.parse("SMS failed storage").where
    assert where.channel is NotificationChannel.SMS
    assert where.status is DeliveryStatus.FAILED
    assert where.event_type is NotificationEvent.STORAGE_FAILURE
    assert told_filter.parse("e-mail held").where.status is DeliveryStatus.RATE_LIMITED


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("circuit", "'circuit' may be circuit_breaker_triggered or circuit_breaker_resumed"),
        ("sms email", "'email': a notification leaves by one channel, and sms is wanted too"),
        ("failed waiting", "'waiting': a notification has one status, and failed is wanted too"),
        ("pigeon", "'pigeon' is nothing that is known of a notification"),
    ],
)
def test_what_is_not_understood_is_said(text: str, problem: str) -> None:
    assert told_filter.parse(text).problem.startswith(problem)


def test_the_last_word_of_a_filter_is_completed_where_it_is_clear() -> None:
    assert told_filter.completed("sms prot") == ("sms protection_breach ", "")
    assert told_filter.completed("circuit") == ("circuit", "circuit_breaker_triggered, circuit_breaker_resumed")
    assert told_filter.completed("") == ("", told_filter.HELP)


# The window


def test_new_ones_stand_at_the_top_for_who_reads_there_and_wait_for_who_does_not() -> None:
    window = ToldWindow().renewed(several(5, 4, 3), limit=PAGE, follows=True)
    assert (ids(window), window.before) == ([5, 4, 3], 3)
    window = window.with_older(several(2, 1), limit=PAGE)
    assert (ids(window), window.before) == ([5, 4, 3, 2, 1], None)
    stayed = window.renewed(several(7, 6, 5), limit=PAGE, follows=False)
    assert (ids(stayed), stayed.waiting) == ([5, 4, 3, 2, 1], 2)
    followed = stayed.renewed(several(7, 6, 5), limit=PAGE, follows=True)
    assert (ids(followed), followed.waiting, followed.before) == ([7, 6, 5, 4, 3, 2, 1], 0, None)


def test_a_status_that_changed_is_shown_and_what_a_filter_no_longer_lets_through_goes() -> None:
    window = ToldWindow().renewed(several(3, 2, 1), limit=5, follows=True)
    later = [replace(n, delivery_status=DeliveryStatus.DELIVERED) for n in several(3, 1)]
    window = window.renewed(later, limit=5, follows=False)
    assert ids(window) == [3, 1]
    assert {n.delivery_status for n in window.notifications} == {DeliveryStatus.DELIVERED}


def test_nothing_is_left_out_when_more_came_than_a_page_holds() -> None:
    window = ToldWindow().renewed(several(3, 2, 1), limit=PAGE, follows=True)
    followed = window.renewed(several(9, 8, 7), limit=PAGE, follows=True)
    assert (ids(followed), followed.before) == ([9, 8, 7], 7)  # those between are the page below
    stayed = window.renewed(several(9, 8, 7), limit=PAGE, follows=False)
    assert (ids(stayed), told.heading(stayed, PAGE)) == ([3, 2, 1], "Notifications · 3+ · 3+ new, g")


# Events


def test_urgencies_are_those_of_the_documentation() -> None:
    found, urgency = {}, ""
    for row in re.finditer(r"^\| (\w*) ?\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE):
        urgency = row[1] or urgency
        found[NotificationEvent(row[2])] = urgency
    assert found == dict(told_events.URGENCIES)
    assert set(told_events.URGENCIES) == set(NotificationEvent) - {NotificationEvent.TEST}


@pytest.mark.parametrize("events", ["all", "urgent", "none", "feed_failure,daily_summary"])
@pytest.mark.parametrize("event", told_events.URGENCIES)
def test_an_event_that_is_flipped_twice_is_told_as_before_and_once_is_a_setting(
    events: str, event: NotificationEvent
) -> None:
    once = told_events.flipped(events, event)
    assert once != events
    assert NotificationSettings(sms_events=once).sms_events == once
    assert told_events.flipped(once, event) == events


def test_each_channel_says_of_what_it_tells_and_one_that_is_off_in_brackets() -> None:
    sms, email = a_channel(), a_channel(channel=NotificationChannel.EMAIL, is_enabled=False, events="daily_summary")
    rows = {row.key: [plain(cell) for cell in row.cells[1:3]] for row in told_events.table([sms, email]).rows}
    assert rows["feed_failure"] == ["urgent", "–"]
    assert rows["daily_summary"] == ["–", "(yes)"]
    assert [told_events.words(e) for e in ("all", "urgent", "none", "test,feed_failure")] == [
        "everything",
        "what is urgent",
        "nothing",
        "1 of 20 events",
    ]


# In words


def test_a_number_is_masked_until_it_is_asked_for() -> None:
    shown = "\n".join(texts(told.channels([a_channel()], 60, reveals=False)))
    assert "+15***4567" in shown
    assert "4 of 10 left this hour" in shown
    assert "+15551234567" not in shown
    assert "+15551234567" in "\n".join(texts(told.channels([a_channel()], 60, reveals=True)))


def test_a_channel_that_cannot_be_switched_on_says_what_is_missing() -> None:
    lines = texts(told.channels([a_channel(is_enabled=False, reaches="")], 60, reveals=False))
    assert lines == ["Text   ○ off", "  → :set sns_phone_number …, then s"]


def test_credentials_are_only_missed_while_nothing_has_arrived() -> None:
    lost = a_channel(missing=("no AWS region is set",), counts={DeliveryStatus.FAILED: 2})
    assert "! seen from here: no AWS region is set" in "\n".join(texts(told.channels([lost], 60, reveals=False)))
    works = replace(lost, counts={DeliveryStatus.DELIVERED: 1})
    assert "!" not in "\n".join(texts(told.channels([works], 60, reveals=False)))


def test_one_that_failed_says_why_before_what_it_was_about() -> None:
    n = a_notification(subject="[stonks paper] Halted", error_message="refused", retry_count=3, in_doubt=1)
    failed = replace(n, delivery_status=DeliveryStatus.FAILED, next_try_at=None)
    assert [plain(cell) for cell in told.row(failed).cells][1:] == [
        "e-mail",
        "✗ failed",
        "3",
        "feed failure",
        "refused · Halted",
    ]
    lines = texts(told.message(failed, 40))
    assert "✗ failed, sent again 3 times, perhaps t…" in lines
    assert "refused" in lines
    assert lines[-1] == "This is alarm 1."
    assert told.outcome(failed) == "E-mail: failed: refused"
    assert told.is_told(failed)
    assert not told.is_told(a_notification())


@pytest.mark.parametrize(
    ("columns", "untold", "shown"),
    [
        (120, 2, "6 Micro [7 Notifications(2)] 8 Settings"),
        (80, 0, "6 Micro [7 Notify] 8 Settings"),
        (80, 12, "6 Micro [7 Notify(12)] 8 Settings"),
        (60, 12, "  1  2  3  4  5  6 [7 Notify(12)] 8"),
    ],
)
def test_the_line_of_screens_has_room_for_what_could_not_be_told(columns: int, untold: int, shown: str) -> None:
    line = plain(frame.tabs("notifications", columns, untold=untold))
    assert line.rstrip().endswith(shown)
    assert len(line) <= columns
    others = plain(frame.tabs("overview", columns, untold=untold))
    assert ("(" in others) is (untold > 0)


def test_a_demo_says_that_it_tells_nobody_and_where_its_messages_are() -> None:
    state = a_channel(mailbox="/home/me/.local/share/stonks/demo/mailbox")
    masked = texts(told.channels([state], 38, reveals=False))
    assert " ".join(masked[:2]) == "A demo tells nobody: its messages are files in mailbox/."
    whole = " ".join(texts(told.channels([state], 60, reveals=True))[:2])
    assert whole.endswith("files in /home/me/.local/share/stonks/demo/mailbox/.")
    assert "A demo" not in "\n".join(texts(told.channels([a_channel()], 60, reveals=True)))
    n = a_notification(provider_id="000007-email.txt", delivery_status=DeliveryStatus.DELIVERED, next_try_at=None)
    assert "file 000007-email.txt" in texts(told.message(n, 40, has_mailbox=True))
    assert told.outcome(n, has_mailbox=True) == "E-mail: it is in the mailbox of the demo (000007-email.txt)"
    assert "A demo tells nobody" in " ".join(told.table(ToldWindow(), "", has_mailbox=True).empty)


def test_a_file_has_all_that_is_known_of_each_its_words_on_one_line() -> None:
    n = a_notification(message="Two\n\n lines,\n  and more.\n", error_message="refused", retry_count=2)
    assert csv_text(told.exported([n])) == (
        "at,event,urgency,channel,status,retries,delivered_at,error,subject,message\n"
        f"{n.created_at:%Y-%m-%dT%H:%M:%SZ},feed_failure,alarm,email,pending,2,,refused,Alarm 1,"
        '"Two lines, and more."\n'
    )
