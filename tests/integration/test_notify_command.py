"""`stonks notify` on a real engine process, with what stands for Amazon and Google on this machine."""

import json
import os
import signal
from collections.abc import Iterator

import pytest

from engine.model.audit import Word
from tests.support.engine_processes import Account, wait_for
from tests.support.gmail_endpoint import GmailEndpoint, gmail_endpoint
from tests.support.sns_endpoint import FaultySns, environment, faulty_sns

BOTH = (
    *("sms_enabled=yes", "sns_phone_number=+15551234567"),
    *("email_enabled=yes", "gmail_sender=engine@example.com", "gmail_recipient=me@example.org"),
)


@pytest.fixture
def gmail() -> Iterator[GmailEndpoint]:
    """What stands for Google."""
    with gmail_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def sns() -> Iterator[FaultySns]:
    """What stands for Amazon."""
    with faulty_sns() as endpoint:
        yield endpoint


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, gmail: GmailEndpoint, sns: FaultySns) -> dict[str, str]:
    """The environment that leads there, which commands in this process have too."""
    leads = gmail.environment() | environment(sns.url)
    for name, value in leads.items():
        monkeypatch.setenv(name, value)
    return leads


def test_people_are_told_by_both_channels_and_of_an_engine_that_was_killed_by_the_next(
    account: Account,
    outside: dict[str, str],
    gmail: GmailEndpoint,
    sns: FaultySns,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with account.engine("first", **outside) as first:
        first.leads(1)
        assert account.stonks("config", "set", *BOTH) == 0
        assert account.stonks("notify", "test") == 0
        said = capsys.readouterr().out
        assert "text messages: the provider has taken it (00000001)" in said
        assert "e-mail: the provider has taken it (0000000000000001)" in said
        assert account.says(Word.HALT).done
        wait_for(lambda: len(sns.sent) == 2 and len(gmail.sent) == 2, "both notifications of the halt")
        first.ended(signal.SIGKILL)
    with account.engine("second", **outside) as second:
        second.leads(2)
        wait_for(lambda: len(gmail.sent) == 3, "the e-mail that says so")
        second.ended(signal.SIGTERM)
    assert gmail.subjects[1:] == [
        "[stonks paper] HALTED: nothing leaves, not even a stop",
        "[stonks paper] Another engine leads now",
    ]
    assert "HALTED" in sns.sent[1]["Message"]
    capsys.readouterr()
    assert account.stonks("notify", "history", "--json") == 0
    history = json.loads(capsys.readouterr().out)
    assert [(n["channel"], n["event_type"], n["delivery_status"]) for n in history] == [
        ("email", "leader_changed", "delivered"),
        ("email", "trading_state_changed", "delivered"),
        ("sms", "trading_state_changed", "delivered"),
        ("email", "test", "delivered"),
        ("sms", "test", "delivered"),
    ]
    log = first.log.read_text() + second.log.read_text()
    assert all(secret not in log for name, secret in outside.items() if "SECRET" in name or "TOKEN" in name)
    assert "+15551234567" not in log
    assert "me@example.org" not in log


def test_a_test_says_why_it_did_not_arrive_and_the_status_says_so_too(
    account: Account,
    outside: dict[str, str],
    gmail: GmailEndpoint,
    sns: FaultySns,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with account.engine(**outside) as engine:
        engine.leads(1)
        assert account.stonks("config", "set", *BOTH) == 0
        sns.refuse(400, "OptedOut", "stopped")
        gmail.answer_with(400, {"error": "invalid_grant"}, path="/token")
        capsys.readouterr()
        assert account.stonks("notify", "test") == 1
        said = capsys.readouterr().out
        assert "text messages: failed: SNS refuses it: this number wants no text messages" in said
        assert "e-mail: failed: the refresh token is no longer valid" in said
        assert account.stonks("status") == 0
        assert "! 2 notifications of the last 24 h could not be sent: stonks notify" in capsys.readouterr().out
        assert account.stonks("notify") == 0
        said = capsys.readouterr().out
        assert "e-mail: on, to m***@example.org, about: all" in said
        assert "20 of 20 left this hour; last 24 h: 1 failed" in said


def test_without_an_engine_a_test_is_sent_from_here_and_a_channel_has_to_be_on(
    account: Account,
    outside: dict[str, str],
    gmail: GmailEndpoint,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert account.stonks("notify", "test") == 2
    assert "no channel is on" in capsys.readouterr().err
    with account.engine(**{name: value for name, value in os.environ.items() if name not in outside}) as engine:
        engine.leads(1)
        assert account.stonks("config", "set", *BOTH[2:]) == 0
        engine.ended(signal.SIGTERM)
    capsys.readouterr()
    assert account.stonks("notify", "test") == 0
    said = capsys.readouterr()
    assert "no engine runs: it is sent from here, and no history keeps it" in said.err
    assert said.out == "e-mail: the provider has taken it (0000000000000001)\n"
    assert gmail.subjects == ["[stonks paper] This is a test"]
    assert account.stonks("notify", "history") == 0
    assert capsys.readouterr().out == "nobody was told of anything yet\n"
