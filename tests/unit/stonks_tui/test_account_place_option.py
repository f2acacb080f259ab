"""What a hint tells people to type means the account that they meant."""

from pathlib import Path

import pytest

from stonks_tui import account_place, data_dir

URL = "postgresql://trader@db/stonks?sslmode=disable"


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(account_place.URL, "")
    monkeypatch.setattr(account_place, "_SAID", [])


def test_a_database_that_was_said_on_the_command_line_is_named_again() -> None:
    account_place.say(URL)
    assert account_place.option(data_dir.default()) == f" --database '{URL}'"


def test_one_that_the_environment_says_need_not_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(account_place.URL, URL)
    assert account_place.option(Path("/elsewhere")) == " --data-dir /elsewhere"


def test_an_account_that_stays_in_its_files_is_not_said_to_be_in_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_place, "_ON_FILES", set())
    account_place.say(URL)
    account_place.keep_on_files(Path("/demo"))
    assert account_place.option(Path("/demo")) == " --data-dir /demo"
    assert account_place.option(Path("/other")) == f" --data-dir /other --database '{URL}'"
