from pathlib import Path

import pytest

from engine.adapters.notification_secrets import GmailAccess, is_loopback

GIVEN = {
    "STONKS_GMAIL_CLIENT_ID": "stonks.example",
    "STONKS_GMAIL_CLIENT_SECRET": "hush-secret",
    "STONKS_GMAIL_REFRESH_TOKEN": "hush-token",
}


def test_what_is_given_is_all_that_is_needed_and_never_shown() -> None:
    access = GmailAccess.from_environment(GIVEN)
    assert access.faults == ()
    assert (access.client_secret.read(), access.refresh_token.read()) == ("hush-secret", "hush-token")
    assert access.api_url == "https://gmail.googleapis.com"
    assert access.token_url == "https://oauth2.googleapis.com/token"
    assert "hush" not in f"{access!r} {access} {access.client_secret!r}"


def test_what_is_not_set_is_told_one_by_one_with_what_to_do() -> None:
    assert GmailAccess.from_environment({}).faults == (
        "STONKS_GMAIL_CLIENT_ID is not set: it is the id of your OAuth client",
        "STONKS_GMAIL_CLIENT_SECRET is not set: set it, or STONKS_GMAIL_CLIENT_SECRET_FILE to a file that holds it",
        "STONKS_GMAIL_REFRESH_TOKEN is not set: set it, or STONKS_GMAIL_REFRESH_TOKEN_FILE to a file that holds it",
    )


def test_a_secret_in_a_file_is_read_each_time_without_the_line_end(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    environment = {**GIVEN, "STONKS_GMAIL_REFRESH_TOKEN": "", "STONKS_GMAIL_REFRESH_TOKEN_FILE": str(file)}
    access = GmailAccess.from_environment(environment)
    assert access.faults == ()
    assert access.refresh_token.read() == "first"
    file.write_bytes(b"second\r\n")
    assert access.refresh_token.read() == "second"
    assert "second" not in repr(access)


def test_a_secret_that_is_given_in_two_ways_is_refused_by_name(tmp_path: Path) -> None:
    access = GmailAccess.from_environment({**GIVEN, "STONKS_GMAIL_CLIENT_SECRET_FILE": str(tmp_path)})
    assert access.faults == (
        "STONKS_GMAIL_CLIENT_SECRET and STONKS_GMAIL_CLIENT_SECRET_FILE are both given: unset one of them",
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "which cannot be read: No such file or directory"),
        (b"\n", "which is empty: put the secret there"),
        (b"\xff\xfe", "which is no text"),
        (b"one\ntwo\n", "STONKS_GMAIL_REFRESH_TOKEN is not one line of plain letters"),
    ],
)
def test_a_file_that_holds_no_secret_is_told(tmp_path: Path, content: bytes | None, fault: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    environment = {**GIVEN, "STONKS_GMAIL_REFRESH_TOKEN": "", "STONKS_GMAIL_REFRESH_TOKEN_FILE": str(file)}
    (told,) = GmailAccess.from_environment(environment).faults
    assert told.endswith(fault)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:80", "https://a.example"])
def test_an_address_that_is_encrypted_or_of_this_machine_will_do(url: str) -> None:
    assert GmailAccess.from_environment({**GIVEN, "STONKS_GMAIL_API_URL": url}).faults == ()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://gmail.example", "is not https: tokens would cross the network for all to read"),
        ("http://127.0.0.1.example", "is not https"),
        ("ftp://127.0.0.1", "is not https"),
        ("gmail.example", "is no address"),
        ("https://gmail.example:port", "is no address"),
        ("https://[::1", "is no address"),
        ("https://me:word@gmail.example", "is more than an address"),
        ("https://gmail.example?a=b", "is more than an address"),
    ],
)
def test_an_address_that_would_give_tokens_away_is_refused(url: str, fault: str) -> None:
    for name in ("STONKS_GMAIL_API_URL", "STONKS_GMAIL_TOKEN_URL"):
        (told,) = GmailAccess.from_environment({**GIVEN, name: url}).faults
        assert told.startswith(f"{name} {fault}")


def test_an_address_that_makes_no_sense_is_not_of_this_machine() -> None:
    assert not is_loopback("http://[::1")
