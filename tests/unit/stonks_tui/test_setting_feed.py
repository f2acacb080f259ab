"""What is known of the settings of a run, of an account, and of an account as it was."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.adapters import door_socket
from engine.errors import BadInput, NotFound
from engine.model.audit import Asked, Word
from engine.policy import TradingPolicy
from engine.policy_mapping import as_mapping
from stonks_tui import bootstrap, config_sections, setting_feed
from stonks_tui.view_models.setting_book import SettingBook
from tests.support.samples import a_record
from tests.support.waiting_engine import HOLDS_AT, waiting


def _value(book: SettingBook, name: str) -> object:
    entry = book.entry(name)
    assert entry is not None
    return entry.value


def test_a_run_is_known_by_its_rules_and_what_it_began_with() -> None:
    record = replace(a_record(), policy=as_mapping(TradingPolicy(max_open_positions=4)), initial_capital=50_000_000)
    book = setting_feed.of_run(record)
    rules = book.entry("max_open_positions")
    assert rules is not None
    assert (rules.value, rules.default, rules.is_changed, rules.origin) == (4, 10, True, "the run")
    assert _value(book, "capital") == "5000.00"
    assert {"paused", "gmail_recipient", "log_level"}.isdisjoint(entry.name for entry in book.entries)


def test_rules_that_nobody_knows_any_more_are_refused() -> None:
    with pytest.raises(BadInput, match="there is no setting 'moon_phase'"):
        setting_feed.of_run(replace(a_record(), policy={"moon_phase": 1}))


def test_where_there_is_no_account_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no account"):
        setting_feed.of_account(tmp_path, None)


def test_an_account_is_known_as_it_is_and_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(word: Word, **arguments: str) -> None:
        asked = Asked(word=word, arguments=arguments, origin="cli")
        assert door_socket.ask(bootstrap.door_path(tmp_path), asked).done

    with waiting(tmp_path):
        before = setting_feed.of_account(tmp_path, None)
        tell(Word.SET, max_open_positions="2", weekly_digest_time="")
        tell(Word.SET, max_open_positions="1")
        tell(Word.PAUSE)
        monkeypatch.setenv("STONKS_MAX_OPEN_POSITIONS", "7")
        now = setting_feed.of_account(tmp_path, None)
        then = setting_feed.of_account(tmp_path, HOLDS_AT - timedelta(minutes=5))
    assert {entry.name for entry in now.entries} == set(config_sections.in_order())
    assert now.entries[0].name == "enabled"
    assert now.entries[-1].section == "A new account"  # what cannot be changed comes last
    assert (_value(before, "max_open_positions"), _value(before, "paused")) == (3, False)
    found = now.entry("max_open_positions")
    assert found is not None
    assert (found.value, found.limits, found.looser) == (1, "0 to 100000", "up")
    assert found.said.startswith("in the environment (STONKS_MAX_OPEN_POSITIONS) says 7")
    assert [(change.before, change.after, change.origin) for change in found.changes] == [
        ("2", "1", "cli"),
        ("3", "2", "cli"),
    ]
    assert _value(now, "weekly_digest_time") == ""
    assert _value(now, "paused") is True
    was = then.entry("max_open_positions")
    assert was is not None
    assert (was.value, was.changes, was.said) == (3, (), "")
    assert _value(then, "weekly_digest_time") == "17:00"
    assert then.entry("paused") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[trading]\nmax_open_positions = 2", "stonks.toml line 2 says the same"),
        ("[trading]\n\n max_open_positions=7 # few", "stonks.toml line 3 says 7: stonks config apply"),
        ("trading = {max_open_positions = 7}", "in stonks.toml says 7: stonks config apply"),
        ("[trading]\nrisk_tier = 'moderate'", ""),
    ],
)
def test_what_the_file_says_is_told_with_its_line(account: Path, text: str, says: str) -> None:
    (account / "stonks.toml").write_text(text)
    found = setting_feed.of_account(account, None).entry("max_open_positions")
    assert found is not None
    assert found.said.startswith(says) if says else not found.said


def test_a_tier_has_its_line_in_a_table_of_its_own(account: Path) -> None:
    (account / "stonks.toml").write_text("[trading.tiers.moderate]\nmax_sector_pct = 0.25\n")
    book = setting_feed.of_account(account, None)
    found, other = (book.entry(f"tiers.{tier}.max_sector_pct") for tier in ("moderate", "aggressive"))
    assert found is not None
    assert other is not None
    assert found.said.startswith("stonks.toml line 2 says 0.25")
    assert other.said == ""


def test_a_file_that_cannot_be_hides_no_setting(account: Path) -> None:
    (account / "stonks.toml").write_text("[trading]\nmax_open_positions = -2\n")
    book = setting_feed.of_account(account, None)
    assert book.problem == "stonks.toml [trading]: max_open_positions is -2"
    assert _value(book, "max_open_positions") == 2


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an account that holds two positions at most."""
    folder = tmp_path_factory.mktemp("account")
    with waiting(folder):
        asked = Asked(word=Word.SET, arguments={"max_open_positions": "2"})
        assert door_socket.ask(bootstrap.door_path(folder), asked).done
    return folder
