"""The doctor on what is said in stonks.toml, in the environment and of the account."""

import os
from pathlib import Path

import pytest

from stonks_tui.doctor.findings import Level
from tests.support import installation
from tests.support.installation import ENVIRONMENT, changed, found, wrong
from tests.support.plants import Planted, require_found, said, settings, state, written

FAULT, WARNING, NOTE = Level.FAULT, Level.WARNING, Level.NOTE
PLANTED = {
    "no TOML": Planted(
        plant=said("[trading]\nmax_open_positions =\n"),
        name="config-file",
        level=FAULT,
        words="line 2",
        cure="write lines like",
    ),
    "nothing that is text": Planted(
        plant=written("stonks.toml", b"[trading]\n\xff"), name="config-file", level=FAULT, words="line 2", cure="UTF-8"
    ),
    "a key that nobody knows": Planted(
        plant=said("[trading]\nmax_opn_positions = 5\n"),
        name="config-file",
        level=FAULT,
        words="[trading]",
        cure="did you mean max_open_positions?",
    ),
    "a table that nobody knows": Planted(
        plant=said("[tradings]\nmax_open_positions = 5\n"),
        name="config-file",
        level=FAULT,
        cure="did you mean trading?",
    ),
    "a secret in the file": Planted(
        plant=said(f'[notifications]\ngmail_client_secret = "{installation.SECRETS["STONKS_GMAIL_CLIENT_SECRET"]}"\n'),
        name="config-file",
        level=FAULT,
        words="gmail_client_secret",
        cure="STONKS_GMAIL_CLIENT_SECRET",
    ),
    "a file that is not there": Planted(
        environment={"STONKS_CONFIG": "{folder}/none.toml"},
        name="config-file",
        level=FAULT,
        words="none.toml",
        cure="name a stonks.toml, or leave it out",
    ),
    "nesting without end": Planted(
        plant=said("a = " + "[" * 100_000), name="config-file", level=FAULT, words="nested", cure="correct it"
    ),
    "a variable that nobody knows": Planted(
        environment={"STONKS_MAX_OPN_POSITIONS": "5"},
        name="config-environment",
        level=FAULT,
        words="STONKS_MAX_OPN_POSITIONS",
        cure="did you mean STONKS_MAX_OPEN_POSITIONS?",
    ),
    "a value out of its range": Planted(
        plant=said("[trading]\nmax_open_positions = -1\n"),
        name="config-values",
        level=FAULT,
        words="stonks.toml [trading]: max_open_positions",
        cure="0",
    ),
    "a value of another kind": Planted(
        environment={"STONKS_LEASE_SECONDS": "soon"},
        name="config-values",
        level=FAULT,
        words="STONKS_LEASE_SECONDS: lease_seconds is 'soon'",
        cure="a number of seconds",
    ),
    "a number that is none": Planted(
        environment={"STONKS_SNS_PHONE_NUMBER": "5551234567"},
        name="config-values",
        level=FAULT,
        words="STONKS_SNS_PHONE_NUMBER: sns_phone_number is '555***4567'",
        cure="a number with its country",
    ),
    "addresses of which one is none": Planted(
        plant=said('[notifications]\ngmail_recipient = ["me@example.com", "somebody-else"]\n'),
        name="config-values",
        level=FAULT,
        words="gmail_recipient is 'som***else'",
        cure="an address such as",
    ),
    "a file that others may write": Planted(
        plant=said("", mode=0o666, folder_mode=0o755), name="config-private", level=FAULT, cure="chmod go-w"
    ),
    "addresses that others may read": Planted(
        plant=said(
            f'[notifications]\ngmail_recipient = "{installation.TOLD.gmail_recipient}"\n',
            mode=0o644,
            folder_mode=0o755,
        ),
        name="config-private",
        level=WARNING,
        words="gmail_recipient",
        cure="chmod 600",
    ),
    "a file that says otherwise": Planted(
        plant=said("[trading]\nmax_open_positions = 8\n"),
        name="config-differences",
        level=FAULT,
        words="max_open_positions in stonks.toml is 8, but 3 in the account",
        cure="--on-difference apply",
    ),
    "an environment that says otherwise": Planted(
        environment={"STONKS_MAX_OPEN_POSITIONS": "8"},
        name="config-differences",
        level=FAULT,
        words="STONKS_MAX_OPEN_POSITIONS",
        cure="--on-difference apply",
    ),
    "another recipient": Planted(
        environment={"STONKS_GMAIL_RECIPIENT": "another@example.com"},
        name="config-differences",
        level=FAULT,
        words="is a***@example.com, but s***@example.com in the account",
        cure="--on-difference apply",
    ),
    "another beginning": Planted(
        plant=said("[account]\ncapital = 12.5\n"),
        name="config-differences",
        level=FAULT,
        words="but the account began with",
        cure="leave it out",
    ),
    "an account that is paused": Planted(
        plant=state(trading="reducing", trading_cause="paused"),
        name="trading-state",
        level=WARNING,
        words="paused, so that nothing is bought, by somebody",
        cure="stonks resume",
    ),
    "an account that is halted": Planted(
        plant=state(trading="halted", trading_cause="I am away"),
        name="trading-state",
        level=WARNING,
        words="not even a stop, by somebody: I am away",
        cure="stonks resume",
    ),
    "an engine that stopped entries by itself": Planted(
        plant=state(trading="reducing", trading_cause="clock_jumped"),
        name="trading-state",
        level=WARNING,
        words="only exits are made since clock jumped",
        cure="look into it; to make entries again: stonks resume",
    ),
    "no entries at all": Planted(
        plant=settings(enabled=False),
        name="trading-enabled",
        level=WARNING,
        cure="--on-difference apply --set enabled=yes",
    ),
    "prices from nowhere": Planted(
        plant=said('[process]\nquotes = "feed/quotes.csv"\nrecommendations = "feed"\n'),
        name="input-files",
        level=WARNING,
        words="/data/feed/quotes.csv, which is not there; recommendations is",
        cure="stonks.toml [process]",
    ),
    "a log in a place that is none": Planted(
        environment={"STONKS_LOG_FILE": "{folder}/market.db/stonks.log"},
        name="input-files",
        level=WARNING,
        words="log_file is",
        cure="STONKS_LOG_FILE",
    ),
    "a log that is a folder": Planted(
        environment={"STONKS_LOG_FILE": "{folder}/cache"},
        name="input-files",
        level=WARNING,
        words="log_file is",
        cure="STONKS_LOG_FILE",
    ),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_what_is_said_wrongly_is_found_alone_its_cure_named_and_nothing_changed(folder: Path, planted: Planted) -> None:
    require_found(folder, planted)


def test_a_file_of_which_all_is_well_is_counted(folder: Path) -> None:
    (folder / "feed").mkdir()
    said('[process]\nquotes = "feed"\nlog_file = "new/stonks.log"\n[trading]\nmax_open_positions = 3\n')(folder)
    findings = found(folder)
    assert wrong(findings) == {}
    assert findings["config-file"].words == f"{folder}/stonks.toml says 3 settings"
    assert findings["config-differences"].words == "file and environment say nothing that the account does not have"
    assert findings["input-files"].words == "1 file of input named, each there"


def test_what_is_said_is_judged_together_with_what_the_account_has(folder: Path) -> None:
    assert wrong(found(folder, environment=ENVIRONMENT | {"STONKS_EMAIL_ENABLED": "yes"})) == {}


def test_before_its_first_turn_an_account_has_no_addresses_that_could_differ(folder: Path) -> None:
    changed(folder / "stonks.db", "DELETE FROM engine_settings")
    address = ENVIRONMENT | {"STONKS_GMAIL_SENDER": "another@example.com"}
    assert wrong(found(folder, environment=address)) == {}
    rule = ENVIRONMENT | {"STONKS_MAX_OPEN_POSITIONS": "8"}
    assert list(wrong(found(folder, environment=rule))) == ["config-differences"]


def test_a_file_without_addresses_may_be_read_by_others(folder: Path) -> None:
    said("[trading]\nmax_open_positions = 3\n", mode=0o644, folder_mode=0o755)(folder)
    assert found(folder)["config-private"].level is Level.OK


def test_addresses_in_a_folder_that_nobody_may_enter_are_private(folder: Path) -> None:
    said(f'[notifications]\ngmail_recipient = "{installation.TOLD.gmail_recipient}"\n', mode=0o666)(folder)
    assert found(folder)["config-private"].level is Level.OK


def test_a_pause_without_a_reason_is_told_without_one(folder: Path) -> None:
    state(trading="reducing", trading_cause="paused")(folder)
    assert found(folder)["trading-state"].words == "paused, so that nothing is bought, by somebody"


def test_without_an_account_it_is_said_with_what_one_would_begin(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir(mode=0o700)
    said("[trading]\nenabled = false\nmax_open_positions = 12\n")(folder)
    findings = found(folder)
    assert list(wrong(findings)) == ["trading-enabled"]
    assert findings["trading-enabled"].cure == "leave enabled out where it is said, before the account begins"
    assert findings["config-risk"].words == "1 setting looser than by default: max_open_positions 10 → 12"
    (folder / "stonks.toml").unlink()
    assert found(folder)["config-risk"].level is Level.OK


def test_how_many_settings_are_looser_than_by_default_is_noted(folder: Path) -> None:
    before = found(folder)["config-risk"]
    assert (before.level, before.words.startswith("12 settings looser than by default: ")) == (NOTE, True)
    assert before.cure == f"to see who said so: stonks config show --data-dir {folder} --changed"
    settings(micro_trading_enabled=True)(folder)
    assert found(folder)["config-risk"].words.startswith("13 settings ")


@pytest.mark.parametrize("is_folder", [False, True])
def test_input_that_may_not_be_read_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch, is_folder: bool) -> None:
    path = folder / "quotes"
    path.mkdir() if is_folder else path.touch()
    wanted = os.R_OK | os.X_OK if is_folder else os.R_OK
    monkeypatch.setattr(os, "access", lambda at, mode: Path(at) != path or mode != wanted)
    findings = found(folder, environment=ENVIRONMENT | {"STONKS_QUOTES": str(path)})
    assert list(wrong(findings)) == ["input-files"]
    assert findings["input-files"].words == f"quotes is {path}, which you may not read"


def test_with_an_engine_it_is_asked_to_take_what_is_said(folder: Path) -> None:
    environment = ENVIRONMENT | {"STONKS_MAX_OPEN_POSITIONS": "8"}
    with installation.answering(folder, trading="active", positions="0"):
        finding = found(folder, environment=environment)["config-differences"]
    assert finding.cure == f"say it no more, or have the account take it: stonks config apply --data-dir {folder}"


def test_what_is_to_be_set_is_said_as_it_can_be_set_now(folder: Path, tmp_path: Path) -> None:
    settings(enabled=False)(folder)
    assert found(folder)["trading-enabled"].cure == (
        f"to make entries: stonks run --data-dir {folder} --on-difference apply --set enabled=yes"
    )
    with installation.answering(folder, trading="active", positions="0"):
        cure = found(folder)["trading-enabled"].cure
    assert cure == f"to make entries: stonks config set --data-dir {folder} enabled=yes"
    assert found(tmp_path / "new")["sms"].cure == (
        f"to switch it on: stonks run --data-dir {tmp_path / 'new'} --set sms_enabled=yes --set sns_phone_number=+1…"
    )


def test_an_engine_that_says_itself_why_it_makes_exits_only_is_found_once(folder: Path) -> None:
    state(trading="reducing", trading_cause="feed_failure")(folder)
    assert list(wrong(found(folder))) == ["trading-state"]
    with installation.answering(folder, trading="reducing", cause="feed_failure", positions="0"):
        assert list(wrong(found(folder))) == ["engine-troubles"]
