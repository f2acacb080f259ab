"""The doctor on who is told: what is missing, what did not arrive, and who may read the secrets."""

import os
import pwd
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.intraday import to_micros
from stonks_tui import data_dir
from stonks_tui.doctor.findings import CHECK_FAILED, Level
from tests.support import installation
from tests.support.installation import ENVIRONMENT, NOW, SECRETS, found, wrong
from tests.support.plants import Planted, notified, of_an_earlier_version, require_found, secret, settings

FAULT, WARNING, NOTE = Level.FAULT, Level.WARNING, Level.NOTE
HOUR_AGO, LATE = NOW - timedelta(hours=1), NOW - timedelta(minutes=16)
SMS_ON = settings(sns_phone_number="+15551234567", sms_enabled=True)
ID, SECRET, TOKEN = SECRETS
PLANTED = {
    "no credentials at all": Planted(
        environment=dict.fromkeys(SECRETS, ""),
        name="email",
        level=FAULT,
        words=f"{ID} is not set; {SECRET} is not set; {TOKEN} is not set",
        cure=f"{TOKEN}: set it, or {TOKEN}_FILE to a file that holds it",
    ),
    "a file of a secret that is not there": Planted(
        environment={SECRET: "", f"{SECRET}_FILE": "{folder}/none"},
        name="email",
        level=FAULT,
        words="/data/none, which cannot be read",
        cure=f"{SECRET}_FILE: put the secret there",
    ),
    "a secret that is given both ways": Planted(
        plant=secret(0o600),
        environment={f"{TOKEN}_FILE": "{folder}/token"},
        name="email",
        level=FAULT,
        words=f"{TOKEN} and {TOKEN}_FILE are both given",
        cure="unset one of them",
    ),
    "text messages without region and credentials": Planted(
        plant=SMS_ON,
        environment={"HOME": "{folder}", "AWS_EC2_METADATA_DISABLED": "true"},
        name="sms",
        level=FAULT,
        words="to +15***4567, but nothing can be sent: no AWS region is set; there are no AWS credentials",
        cure="set STONKS_SNS_REGION, such as us-east-1; set AWS_ACCESS_KEY_ID",
    ),
    "a secret that others may read": Planted(
        plant=secret(0o644),
        environment={TOKEN: "", f"{TOKEN}_FILE": "{folder}/token"},
        name="notify-secrets",
        level=WARNING,
        words=f"/data/token ({TOKEN}_FILE)",
        cure="chmod 600 ",
    ),
    "e-mail by a plain connection to elsewhere": Planted(
        environment={"STONKS_GMAIL_API_URL": "http://mail.example.com"},
        name="notify-endpoints",
        level=FAULT,
        words="STONKS_GMAIL_API_URL is not https",
        cure="unset the variable",
    ),
    "text messages by a plain connection to elsewhere": Planted(
        environment={"STONKS_SNS_URL": "HTTP://sns.example.com"},
        name="notify-endpoints",
        level=FAULT,
        words="STONKS_SNS_URL is not https",
        cure="unset the variable",
    ),
    "providers elsewhere": Planted(
        environment={
            "STONKS_GMAIL_TOKEN_URL": "https://example.com/token",
            "STONKS_SNS_URL": f"http://me:{SECRETS[TOKEN]}@127.0.0.1:9",
        },
        name="notify-endpoints",
        level=NOTE,
        words="STONKS_GMAIL_TOKEN_URL leads to example.com, STONKS_SNS_URL leads to 127.0.0.1:9",
        cure="unset it",
    ),
    "what failed": Planted(
        plant=notified("failed", HOUR_AGO, HOUR_AGO, error_message="Gmail: invalid_grant"),
        name="notify-failed",
        level=WARNING,
        words="e-mail: 2 failed in the last 24 h, the last one: Gmail: invalid_grant",
        cure="--status failed; stonks notify test",
    ),
    "an attempt of which nobody knows": Planted(
        plant=notified("delivered", HOUR_AGO, in_doubt=1),
        name="notify-doubt",
        level=NOTE,
        words="perhaps sent twice, or not at all, in the last 24 h: 1 by e-mail",
        cure="stonks notify history",
    ),
    "an hour that is full": Planted(
        plant=notified("delivered", *[NOW - timedelta(minutes=m) for m in range(20)]),
        name="notify-hour",
        level=NOTE,
        words="e-mail 20 of 20",
        cure="email_max_per_hour=40",
    ),
    "nothing that anybody is told of": Planted(
        plant=settings(email_events="none"),
        name="told",
        level=WARNING,
        words="email_events none",
        cure="email_events=urgent",
    ),
    "a day that is summed up too early": Planted(
        plant=settings(daily_summary_time="15:59", weekly_digest_time="16:00"),
        name="notify-summaries",
        level=NOTE,
        words="daily_summary_time is 15:59 in New York",
        cure="daily_summary_time=16:30",
    ),
    "what waits for an engine": Planted(
        plant=notified("pending", LATE, next_try_at=to_micros(LATE)),
        name="notify-waiting",
        level=NOTE,
        words="1 by e-mail to leave once an engine runs",
        cure="stonks run",
    ),
    "text messages that are off": Planted(name="sms", level=NOTE, words="off", cure="sms_enabled=yes"),
    "all that is off": Planted(
        plant=settings(email_enabled=False), name="email", level=NOTE, words="off", cure="email_enabled=yes"
    ),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_what_keeps_people_from_being_told_is_found_alone_and_no_secret_is_shown(
    folder: Path, planted: Planted
) -> None:
    require_found(folder, planted)


def test_of_a_channel_that_works_it_is_said_whom_it_reaches_in_part(folder: Path) -> None:
    findings = found(folder)
    assert (findings["email"].level, findings["email"].words) == (Level.OK, "on, to s***@example.com, about all")
    assert findings["told"].words == "by e-mail about all"
    assert findings["notify-summaries"].words == "daily_summary_time 16:30, weekly_digest_time 17:00, New York"


def test_that_nobody_is_told_of_what_happens_to_what_is_held_is_a_warning(held: Path, tmp_path: Path) -> None:
    folder = installation.copied(held, tmp_path)
    settings(email_enabled=False)(folder)
    findings = found(folder)
    assert list(wrong(findings)) == ["engine", "told"]
    assert findings["told"].level is WARNING
    assert "positions held" in findings["told"].words
    assert "email_enabled=yes" in findings["told"].cure


def test_a_secret_in_a_file_of_ones_own_is_no_finding(folder: Path) -> None:
    secret(0o600)(folder)
    findings = found(folder, environment=ENVIRONMENT | {TOKEN: "", f"{TOKEN}_FILE": str(folder / "token")})
    assert wrong(findings) == {}
    assert findings["notify-secrets"].words == "nobody else may read 1 file of secrets"


def test_what_failed_is_only_noted_once_a_later_one_has_arrived(folder: Path) -> None:
    notified("failed", HOUR_AGO, first=5)(folder)
    notified("delivered", HOUR_AGO)(folder)
    assert list(wrong(found(folder))) == ["notify-failed"]
    notified("delivered", LATE, first=6)(folder)
    finding = found(folder)["notify-failed"]
    assert (finding.level, finding.words.endswith("; a later one arrived")) == (NOTE, True)


def test_only_the_last_hour_and_the_last_day_of_a_channel_that_is_on_count(folder: Path) -> None:
    notified("delivered", *[NOW - timedelta(minutes=61)] * 20)(folder)
    notified("delivered", NOW - timedelta(hours=25), in_doubt=1, first=21)(folder)
    notified("delivered", *[NOW] * 20, channel="sms", in_doubt=1, first=22)(folder)
    notified("pending", NOW, channel="sms", next_try_at=to_micros(NOW), first=42)(folder)
    findings = found(folder)
    assert findings["notify-hour"].words == "e-mail 0 of 20 this hour"
    assert findings["notify-doubt"].words == "of every attempt it is known what came of it"
    assert findings["notify-waiting"].words == "nothing waits"


def test_of_an_account_of_an_earlier_version_nobody_was_told_anything(folder: Path) -> None:
    of_an_earlier_version(folder)
    findings = found(folder)
    assert findings["notify-waiting"].words == "nothing waits"
    assert findings["notify-failed"].words == "nothing has failed in the last 24 h"


@pytest.mark.parametrize(
    ("at", "channel"), [(NOW - timedelta(hours=25), "email"), (HOUR_AGO, "sms")], ids=["long ago", "by what is off"]
)
def test_what_failed_otherwise_is_no_finding(folder: Path, at: Any, channel: str) -> None:
    notified("failed", at, channel=channel)(folder)
    assert found(folder)["notify-failed"].level is Level.OK


@pytest.mark.parametrize(
    ("status", "came", "next_try", "level"),
    [
        ("pending", LATE, NOW, WARNING),
        ("pending", NOW - timedelta(minutes=14), NOW, Level.OK),
        ("rate_limited", NOW - timedelta(hours=3), NOW + timedelta(minutes=5), Level.OK),
        ("rate_limited", NOW - timedelta(hours=3), LATE, WARNING),
    ],
    ids=["too long", "not long", "on purpose", "no more on purpose"],
)
def test_what_waits_for_too_long_although_an_engine_runs_is_a_warning(
    folder: Path, status: str, came: Any, next_try: Any, level: Level
) -> None:
    notified(status, came, next_try_at=to_micros(next_try), error_message="Gmail: 503")(folder)
    with installation.answering(folder, trading="active", positions="0"):
        findings = found(folder)
    assert findings["notify-waiting"].level is level
    assert list(wrong(findings)) == (["notify-waiting"] if level is WARNING else [])
    if level is WARNING:
        assert findings["notify-waiting"].words.endswith(f"e-mail: 1 since {came:%Y-%m-%d %H:%M} UTC, Gmail: 503")
        assert findings["notify-waiting"].cure.endswith(f"stonks notify test --data-dir {folder}")


def test_an_engine_that_has_delivered_has_an_environment_of_its_own(folder: Path) -> None:
    without = ENVIRONMENT | {ID: ""}
    with installation.answering(folder, trading="active", positions="0"):
        assert found(folder, environment=without)["email"].level is FAULT
        notified("delivered", HOUR_AGO)(folder)
        findings = found(folder, environment=without)
    assert found(folder, environment=without)["email"].level is FAULT  # the next engine may not have one
    assert wrong(findings) == {}
    assert (findings["email"].level, "and 1 arrived lately" in findings["email"].words) == (NOTE, True)


def test_nobody_is_asked_no_provider_and_no_metadata_service(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def connect(_: socket.socket, address: object) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *host, **_: asked.append(host))
    SMS_ON(folder)
    findings = found(folder, environment={"AWS_PROFILE": "none"})
    assert findings["sms"].level is FAULT
    assert all(str(address).endswith("stonks.sock") for address in asked), asked


def test_neither_a_home_nor_a_name_of_the_user_is_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    for name in ("HOME", "XDG_DATA_HOME", "STONKS_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(pwd, "getpwnam", nobody)
    with pytest.raises(RuntimeError):
        Path.home()
    SMS_ON(folder)
    findings = found(folder, environment={"AWS_CONFIG_FILE": "~/config", "STONKS_SNS_REGION": "us-east-1"})
    assert CHECK_FAILED not in findings
    assert "there are no AWS credentials" in findings["sms"].words
    assert data_dir.default() == Path("/nonexistent/.local/share/stonks")
    assert os.environ.get("HOME") is None
