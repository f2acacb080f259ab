"""The screen of notifications: a window on what an account told, its filters, and all of it as a file."""

import csv
import io
from pathlib import Path

import pytest

from engine.model.notifications import NotificationChannel
from stonks_tui import ui_state
from stonks_tui.screens import told_reading
from tests.support import told_account
from tests.support.carriers import a_notification
from tests.support.terminal import Seen
from tests.tui.told_screen import KEY, cells, live, screen

pytestmark = pytest.mark.usefixtures("text_credentials")


async def test_the_message_is_whole_beside_the_row(told: Path, tmp_path: Path) -> None:
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        assert cells(seen, "status")[:3] == ["○ waiting", "· held back", "✗ failed"]
        assert cells(seen, "retries")[:5] == ["", "", "3", "", "2"]
        await seen.press("j", "j", "enter", "z")
        assert screen(seen).turned().id == "detail"
        for words in (
            "HALTED: nothing leaves, not even a stop",
            "e-mail · trading state changed · critical",
            "✗ failed, sent again 3 times",
            "the refresh token is no longer valid: make a new one",
            "Resume when it is safe to.",
        ):
            assert words in seen.text


async def test_a_filter_is_by_channel_status_and_event_and_is_kept(told: Path, tmp_path: Path) -> None:
    async with live(told, tmp_path) as seen:
        await seen.press(KEY, "slash")
        await seen.type("sms delivered")
        await seen.press("enter")
        assert set(cells(seen, "by")) == {"text"}
        assert len(cells(seen, "by")) == 2
        assert "Notifications · 2 · /sms delivered" in seen.lines[2]
        await seen.press("slash")
        await seen.type(" pigeon")
        await seen.press("enter")
        assert "'pigeon' is nothing that is known of a notification" in "".join(seen.said)
        assert len(cells(seen, "by")) == 2
        assert ui_state.load(tmp_path).list_of("notifications").wanted == "sms delivered"
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        assert len(cells(seen, "by")) == 2
        await seen.press("escape")
        assert len(cells(seen, "by")) == 6
        await seen.press("slash")
        await seen.type("email reserve")
        await seen.press("tab", "enter")
        assert "No notification fits 'email reserve_high_water'." in seen.text


async def test_a_long_history_is_read_a_page_at_a_time_and_new_ones_wait_for_who_reads_further_down(
    quiet_folder: Path, tmp_path: Path
) -> None:
    await told_account.tell(quiet_folder, *(a_notification(number) for number in range(1, 251)))
    async with live(quiet_folder, tmp_path) as seen:
        await seen.press(KEY)
        assert "Notifications · 100+ " in seen.lines[2]
        assert cells(seen, "about")[0] == "Alarm 250"
        await seen.press("G", "G", "G")
        assert "Notifications · 250 " in seen.lines[2]
        assert cells(seen, "about")[-1] == "Alarm 1"
        assert len(set(cells(seen, "about"))) == 250
        row = screen(seen).table().row_key
        await told_account.tell(quiet_folder, a_notification(300), a_notification(301))
        await seen.until(lambda: " · 2 new, g" in seen.lines[2])
        assert screen(seen).table().row_key == row
        await seen.press("g")
        assert cells(seen, "about")[:3] == ["Alarm 301", "Alarm 300", "Alarm 250"]
        assert screen(seen).table().position[0] == 1
        await told_account.tell(quiet_folder, a_notification(302))
        await seen.until(lambda: cells(seen, "about")[0] == "Alarm 302")  # who is at the top follows
        assert screen(seen).table().position[0] == 1


async def sought(seen: Seen, text: str) -> None:
    """Type a filter in place of the one that is there."""
    await seen.press("slash", "ctrl+u")
    await seen.type(f"/{text}")
    await seen.press("enter")


async def test_filters_are_kept_as_tabs_with_what_each_lets_through(told: Path, tmp_path: Path) -> None:
    told = told_account.copied(told, tmp_path / "a")
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        for text in ("sms", "email failed"):
            await sought(seen, text)
            await seen.press("v")
        assert " all 6  sms 3 [email failed 1]" in seen.lines[3]
        await seen.press("left_parenthesis")
        assert set(cells(seen, "by")) == {"text"}
        assert "[sms 3]" in seen.lines[3]
        await told_account.tell(told, a_notification(40, channel=NotificationChannel.SMS))
        await seen.until(lambda: "[sms 4]" in seen.lines[3])
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        assert " all 7 [sms 4] email failed 1" in seen.lines[3]
        await seen.press("V", "right_parenthesis")
        assert screen(seen).left.tabs == ("email failed",)
        assert "[all 7]" in seen.lines[3]


async def test_everything_that_fits_is_exported_and_not_only_what_was_read(
    quiet_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told_reading, "_EXPORT_PAGE", 70)
    await told_account.tell(quiet_folder, *(a_notification(number) for number in range(1001, 1151)))
    await told_account.tell(quiet_folder, *told_account.notifications())
    async with live(quiet_folder, tmp_path) as seen:
        await seen.press(KEY)
        await sought(seen, "email feed")
        await seen.press("e")
        target = tmp_path / "exports" / "run-0-notifications.csv"
        assert seen.said == [f"151 rows are in {target}"]
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert len(rows) == 151
    assert len({row["subject"] for row in rows}) == 151
    assert rows[0] == {
        "at": "2024-01-23T14:29:30Z",
        "event": "feed_failure",
        "urgency": "alarm",
        "channel": "email",
        "status": "delivered",
        "retries": "2",
        "delivered_at": "2024-01-23T14:29:34Z",
        "error": "",
        "subject": "[stonks paper] Price feed failed",
        "message": "This is alarm 2.",
    }


async def test_what_was_sought_is_found_further_down_than_was_read(quiet_folder: Path, tmp_path: Path) -> None:
    await told_account.tell(quiet_folder, a_notification(400, channel=NotificationChannel.SMS))
    await told_account.tell(quiet_folder, *(a_notification(number) for number in range(1, 251)))
    async with live(quiet_folder, tmp_path) as seen:
        await seen.press(KEY)
        await sought(seen, "sms")
        await seen.press("escape", "g", "n")
        assert screen(seen).table().row_key == "1"
        seen.said.clear()
        await seen.press("n")
        assert seen.said == ["no row below fits 'sms'"]
