from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from engine.adapters import carrying, gmail_message
from engine.model.notifications import Notification
from engine.notification_settings import NotificationSettings
from tests.support.notes import BY_EMAIL, note


def read(notification: Notification, settings: NotificationSettings = BY_EMAIL) -> EmailMessage:
    """Return it as whoever gets it reads it."""
    mail = message_from_bytes(urlsafe_b64decode(gmail_message.raw(notification, settings)), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def test_an_e_mail_says_who_whom_what_when_and_that_a_machine_wrote_it() -> None:
    mail = read(note())
    assert dict(mail.items()) == {
        "From": "engine@example.com",
        "To": "me@example.com, you@example.org",
        "Subject": "Stop hit: AAPL",
        "Date": "Mon, 02 Mar 2026 20:04:05 +0000",
        "Message-ID": "<20260302T200405123456Zc8196fb128b89f48@example.com>",
        "X-Stonks-Reference": "20260302T200405123456Zc8196fb128b89f48",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
        "MIME-Version": "1.0",
    }
    assert mail.get_content().splitlines() == [
        "AAPL fell below its stop.",
        "10 shares were sold at $101.20.",
        "",
        "Reference: 20260302T200405123456Zc8196fb128b89f48",
    ]


def test_letters_of_every_kind_arrive_as_they_were_written() -> None:
    mail = read(note(subject="Verkauf − Größe ▲ 100 %", message="−12,50 € für „AAPL“\n" + "sehr lang ▲ " * 200))
    assert mail["Subject"] == "Verkauf − Größe ▲ 100 %"
    first, second, *_ = mail.get_content().splitlines()
    assert first == "−12,50 € für „AAPL“"
    assert second == ("sehr lang ▲ " * 200).rstrip()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_no_line_end_in_a_subject_makes_a_header_of_what_is_behind_it(end: str) -> None:
    mail = read(note(subject=f"Stop hit{end}Bcc: thief@example.net{end}{end}Send money"))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Stop hit Bcc: thief@example.net Send money"
    assert mail["To"] == "me@example.com, you@example.org"


def test_half_a_letter_does_not_keep_an_e_mail_from_leaving() -> None:
    mail = read(note(subject="\ud800 up", message="\udfff down"))
    assert mail["Subject"] == "? up"
    assert mail.get_content().splitlines()[0] == "? down"


def test_an_address_that_cannot_stand_in_an_e_mail_is_an_error() -> None:
    with pytest.raises(ValueError, match="letters that an address cannot have"):
        gmail_message.raw(note(), replace(BY_EMAIL, gmail_recipient="größe@example.com"))


def test_a_reference_is_one_word_and_no_other_notification_has_it() -> None:
    given = note()
    later = replace(given, created_at=given.created_at + timedelta(microseconds=1))
    odd = note('Schlüssel "7" / ▲')
    references = {carrying.reference(each) for each in (given, later, note("turn-8"), odd)}
    assert len(references) == 4
    assert all(each.isascii() and each.isalnum() for each in references)


def test_a_reference_does_not_depend_on_the_zone_in_which_the_moment_is_told() -> None:
    given = note()
    elsewhere = replace(given, created_at=given.created_at.astimezone(timezone(timedelta(hours=-5))))
    assert carrying.reference(elsewhere) == carrying.reference(given)


def test_it_is_looked_for_by_its_id_or_by_what_stands_in_its_last_line() -> None:
    reference = carrying.reference(note())
    assert gmail_message.search(note(), BY_EMAIL) == f'in:sent {{rfc822msgid:{reference}@example.com "{reference}"}}'
