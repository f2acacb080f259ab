"""The screen of notifications: channels, events and addresses; tests that really leave, and a demo's that do not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from engine.model.audit import Word
from stonks_tui import bootstrap, demo_mailbox, live_account
from stonks_tui.engine_thread import EngineThread
from stonks_tui.screens import notifications
from stonks_tui.telling import Telling
from stonks_tui.view_models import acting
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.row_table import RowTable
from tests.support import sns_endpoint, told_account
from tests.support.gmail_endpoint import GmailEndpoint, gmail_endpoint
from tests.support.terminal import Seen
from tests.support.waiting_engine import waiting
from tests.tui.told_screen import KEY, attached, cells, live, settings

pytestmark = pytest.mark.usefixtures("text_credentials")


async def test_numbers_and_addresses_are_masked_until_they_are_asked_for(told: Path, tmp_path: Path) -> None:
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        assert "+15***4567" in seen.text
        assert "m***@example.org" in seen.text
        await seen.press("a")
        assert "+15551234567" in seen.text
        await seen.press("1", KEY)
        assert "+15***4567" in seen.text


async def test_a_channel_is_switched_off_and_on_and_the_engine_remembers_who_did(quiet_folder: Path) -> None:
    with waiting(quiet_folder):
        async with attached(quiet_folder) as seen:
            await seen.press("s")
            await seen.until(lambda: "Text   ○ off  s switches it on" in seen.text)
            assert not (await settings(quiet_folder)).sms_enabled
            await seen.press("m")
            await seen.until(lambda: "E-mail ○ off  m switches it on" in seen.text)
            await seen.press("t")
            assert "no channel is on" in "".join(seen.said)
            await seen.press("s")
            await seen.until(lambda: "Text   ● on" in seen.text)
        audits = await live_account.reader(quiet_folder).audits()
        set_here = [dict(a.asked.arguments) for a in audits if a.asked.word is Word.SET and a.asked.origin == "screens"]
        assert set_here == [{"sms_enabled": "yes"}, {"email_enabled": "no"}, {"sms_enabled": "no"}]
        told_account.told(quiet_folder, sms_enabled="no", sns_phone_number="")
        async with attached(quiet_folder) as seen:
            assert "→ :set sns_phone_number …, then s" in seen.text
            await seen.press("s")
            assert "sms_enabled needs somebody to send to: set sns_phone_number" in "".join(seen.said)


async def test_an_event_is_told_by_a_channel_or_no_longer(quiet_folder: Path) -> None:
    with waiting(quiet_folder):
        async with attached(quiet_folder) as seen:
            await seen.press("M")
            assert seen.said == [notifications.NO_EVENT]
            await seen.press("tab", "tab", "tab")
            events = seen.app.screen.query_one("#events RowTable", RowTable)
            events.go_to("daily_summary")
            await seen.press("M", "S")
            found = await settings(quiet_folder)
            assert "daily_summary" not in found.email_events.split(",")
            assert "weekly_digest" in found.email_events.split(",")
            assert "daily_summary" in found.sms_events.split(",")
            row = next(row for row in events.view.rows if row.key == "daily_summary")
            assert [plain(cell) for cell in row.cells[1:3]] == ["yes", "–"]
            await seen.press("M")
            assert (await settings(quiet_folder)).email_events == "all"


@pytest.fixture
def gmail() -> Iterator[GmailEndpoint]:
    """What stands for Google."""
    with gmail_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def mailing(quiet_folder: Path, gmail: GmailEndpoint) -> Iterator[EngineThread]:
    """An engine that tells people by e-mail, and waits."""
    outside = gmail.environment() | sns_endpoint.environment("http://127.0.0.1:9")
    telling = Telling(notifiers=partial(bootstrap.notifiers, outside), books=bootstrap.live_reader(quiet_folder))
    with waiting(quiet_folder, telling=telling) as mailing:
        told_account.told(quiet_folder, sms_enabled="no")
        yield mailing


async def test_a_test_leaves_and_what_became_of_it_is_said(
    quiet_folder: Path, mailing: EngineThread, gmail: GmailEndpoint
) -> None:
    said: list[str] = []

    def has_said(seen: Seen, words: str) -> bool:
        said.extend(seen.said)
        return words in "".join(said)

    async with attached(quiet_folder) as seen:
        await seen.press("t")
        await seen.until(lambda: has_said(seen, "E-mail: the provider has taken it (0000000000000001)"))
        assert "a test is on its way by every channel that is on" in "".join(said)
        assert gmail.subjects == ["[stonks paper] This is a test"]
        await seen.until(lambda: cells(seen, "status") == ["✓ delivered"])
        gmail.answer_with(400, {"error": "invalid_grant"}, path="/token", times=9)
        gmail.answer_with(401, times=9)
        await seen.press("t")
        await seen.until(lambda: has_said(seen, "E-mail: failed: "))
        await seen.until(lambda: cells(seen, "status") == ["✗ failed", "✓ delivered"])


async def test_a_locked_terminal_and_one_without_an_engine_say_so(quiet_folder: Path, tmp_path: Path) -> None:
    with waiting(told_account.copied(quiet_folder, tmp_path / "locked")):
        async with attached(tmp_path / "locked", unlocked=False) as seen:
            for key in "tsm":
                await seen.press(key)
                assert seen.said == [acting.LOCKED]
    async with attached(quiet_folder) as seen:
        await seen.press("s")
        assert seen.said == [acting.OFFLINE]
    assert (await settings(quiet_folder)).sms_enabled


async def test_a_demo_says_where_its_messages_are_and_a_test_goes_there_too(quiet_folder: Path) -> None:
    with closing(sqlite3.connect(bootstrap.live_path(quiet_folder))) as connection, connection:
        connection.execute("UPDATE backtest_runs SET name = ?", (demo_mailbox.account_name(7),))
    mailbox = bootstrap.mailbox_path(quiet_folder)
    telling = Telling(notifiers=partial(bootstrap.mailbox, quiet_folder), books=bootstrap.live_reader(quiet_folder))
    said: list[str] = []

    def has_said(seen: Seen, words: str) -> bool:
        said.extend(seen.said)
        return words in "".join(said)

    with waiting(quiet_folder, telling=telling):
        async with attached(quiet_folder, mode="DEMO") as seen:
            assert "A demo tells nobody: its messages are files" in seen.text
            await seen.press("t")
            await seen.until(lambda: has_said(seen, "Text: it is in the mailbox of the demo (000001-sms.txt)"))
            assert "E-mail: it is in the mailbox of the demo (000002-email.txt)" in "".join(said)
            assert sorted(path.name for path in mailbox.iterdir()) == ["000001-sms.txt", "000002-email.txt"]
            await seen.until(lambda: cells(seen, "status") == ["✓ delivered", "✓ delivered"])
            await seen.press("s")
            await seen.until(lambda: "Text   ○ off" in seen.text)
            await seen.press("tab", "tab", "z", "a")
            assert str(mailbox) in "".join(line.strip("┃ ") for line in seen.lines)
