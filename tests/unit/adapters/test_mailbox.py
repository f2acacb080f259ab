import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from engine.adapters.mailbox import MailboxNotifier
from engine.model.notifications import Delivery, NotificationChannel, Outcome
from tests.support.notes import BY_EMAIL, BY_TOPIC, note

SMS = NotificationChannel.SMS


@pytest_asyncio.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[MailboxNotifier]:
    found = MailboxNotifier(tmp_path / "mailbox")
    yield found
    await found.close()


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "mailbox").iterdir())


async def test_each_notification_is_a_file_with_all_its_words(mailbox: MailboxNotifier, tmp_path: Path) -> None:
    mail, text = replace(note(), notification_id=7), replace(note(channel=SMS), notification_id=8)
    assert await mailbox.send(mail, BY_EMAIL) == Delivery(outcome=Outcome.DELIVERED, provider_id="000007-email.txt")
    assert (await mailbox.send(text, BY_TOPIC)).outcome is Outcome.DELIVERED
    assert files(tmp_path) == ["000007-email.txt", "000008-sms.txt"]
    assert (tmp_path / "mailbox" / "000007-email.txt").read_text() == (
        "E-mail to me@example.com, you@example.org, put here and sent to nobody\n"
        "Made: 2026-03-02 20:04:05 UTC\n"
        "About: large_trade_pnl, news\n"
        "Subject: Stop hit: AAPL\n"
        "\n"
        "AAPL fell below its stop.\n10 shares were sold at $101.20.\n"
    )
    assert "Text message to arn:aws:sns:" in (tmp_path / "mailbox" / "000008-sms.txt").read_text()
    modes = [
        stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "mailbox", tmp_path / "mailbox/000007-email.txt")
    ]
    assert modes == [0o700, 0o600]


async def test_a_file_that_is_there_is_not_written_over_and_is_found_again(
    mailbox: MailboxNotifier, tmp_path: Path
) -> None:
    mail = replace(note(), notification_id=7)
    assert await mailbox.was_sent(mail, BY_EMAIL) is False
    await mailbox.send(mail, BY_EMAIL)
    assert await mailbox.was_sent(mail, BY_EMAIL) is True
    again = await mailbox.send(replace(mail, message="something else"), BY_EMAIL)
    assert again.outcome is Outcome.REFUSED
    assert "is there already" in again.words
    assert "AAPL fell" in (tmp_path / "mailbox" / "000007-email.txt").read_text()
    assert files(tmp_path) == ["000007-email.txt"]


async def test_what_nothing_keeps_has_a_name_of_its_own(mailbox: MailboxNotifier, tmp_path: Path) -> None:
    for key in ("alarm 1", "alarm 2"):
        assert (await mailbox.send(note(key), BY_EMAIL)).outcome is Outcome.DELIVERED
    assert len(files(tmp_path)) == 2


async def test_what_an_engine_left_half_written_is_no_message(mailbox: MailboxNotifier, tmp_path: Path) -> None:
    (tmp_path / "mailbox").mkdir()
    (tmp_path / "mailbox" / ".000007-email.txt.part").write_text("AAPL fe")
    mail = replace(note(), notification_id=7)
    assert await mailbox.was_sent(mail, BY_EMAIL) is False
    assert (await mailbox.send(mail, BY_EMAIL)).outcome is Outcome.DELIVERED
    assert files(tmp_path) == ["000007-email.txt"]


async def test_a_folder_that_cannot_be_written_is_an_answer(mailbox: MailboxNotifier, tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("no folder")
    answer = await mailbox.send(note(), BY_EMAIL)
    assert answer.outcome is Outcome.FAILED
    assert "mailbox" in answer.words
    (tmp_path / "mailbox").unlink()
    assert (await mailbox.send(note(), BY_EMAIL)).outcome is Outcome.DELIVERED
