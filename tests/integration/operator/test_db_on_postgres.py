"""`stonks db` on an account in PostgreSQL: made, copied there and back, checked, backed up and restored."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage import postgres_address
from tests.support import postgres
from tests.support.shell import Shell

CHECKS = ["stonks", "stonks_paper", "journal", "errands", "books", "account", "broker"]


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database that nobody has named yet."""
    monkeypatch.delenv("STONKS_DATABASE_URL", raising=False)
    with postgres.fresh_url(empty=True) as found:
        yield found


@pytest.fixture
def in_database(shell: Shell, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line on the account in the database, with a data directory that has no account."""
    assert shell.stonks("db", "copy", str(shell.folder), url).code == 0
    monkeypatch.setenv("STONKS_DATABASE_URL", url)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.setattr(shell, "folder", here)
    return shell


def asked(url: str, query: str) -> object:
    return postgres.asked(postgres_address.parse(url), query)


def wrong(shell: Shell) -> dict[str, str]:
    found = json.loads(shell.stonks("db", "check", "--json").out)
    assert [check["what"] for check in found["checks"]] == CHECKS
    return {check["what"]: check["words"] for check in found["checks"] if not check["ok"]}


def dump(folder: Path) -> dict[str, list[str]]:
    """Return every row of both files; JSON without the order of names in objects, which JSONB does not keep."""
    found = {}
    for name in ("stonks.db", "paper.db"):
        with closing(sqlite3.connect(folder / name)) as raw:
            for (table,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                rows = raw.execute(f"SELECT * FROM {table}").fetchall()
                found[f"{name}.{table}"] = sorted(repr(tuple(map(plain, row))) for row in rows)
    return {name: rows for name, rows in found.items() if "sqlite_stat" not in name}


def plain(value: object) -> object:
    if isinstance(value, str) and value.startswith(("{", "[")):
        return json.dumps(json.loads(value), sort_keys=True)
    return value


def test_an_account_goes_into_a_database_and_back_and_is_the_same(shell: Shell, url: str, tmp_path: Path) -> None:
    before = dump(shell.folder)
    there = shell.stonks("db", "copy", str(shell.folder), url)
    assert there.code == 0, there.err
    assert there.out.splitlines()[-1].endswith(f" is in {postgres_address.parse(url)}")
    back = shell.stonks("db", "copy", url, str(tmp_path / "back"), "--json")
    assert back.code == 0, back.err
    counted = json.loads(back.out)["rows"]
    assert counted["event_journal"] == asked(url, "SELECT count(*) FROM stonks.event_journal")
    assert dump(tmp_path / "back") == before
    assert sorted(path.name for path in (tmp_path / "back").glob("*.db")) == ["paper.db", "stonks.db"]
    again = shell.stonks("db", "copy", url, str(tmp_path / "back"))
    assert (again.code, "there is an account in" in again.err) == (2, True)


def test_what_is_sound_there_is_told_of_in_a_line_a_check_and_what_is_wrong_is_found(
    in_database: Shell, url: str
) -> None:
    ended = in_database.stonks("db", "check")
    *lines, last = ended.out.splitlines()
    assert (ended.code, [line.split()[:2] for line in lines]) == (0, [["ok", name] for name in CHECKS])
    assert last.startswith("the account in the database ")
    asked(url, "UPDATE stonks.order_fills SET price = price + 1 WHERE seq = 1 RETURNING 1")
    asked(url, "DELETE FROM stonks.event_journal WHERE seq = 9 RETURNING 1")
    found = wrong(in_database)
    assert found.keys() == {"journal", "books"}
    assert "cash: the core has" in found["books"]


def test_a_backup_is_one_in_files_and_is_put_back_when_it_is_meant(in_database: Shell, url: str) -> None:
    ended = in_database.stonks("db", "backup")
    assert ended.code == 0, ended.err
    folder = ended.out.splitlines()[0]
    assert in_database.stonks("db", "check", folder).code == 0
    asked(url, "DELETE FROM stonks.order_fills WHERE seq = 1 RETURNING 1")
    assert "books" in wrong(in_database)
    nobody = in_database.stonks("db", "restore", folder)
    assert (nobody.code, "--yes" in nobody.err) == (2, True)
    assert in_database.stonks("db", "restore", folder, types="no").code == 1
    assert "books" in wrong(in_database)
    done = in_database.stonks("db", "restore", folder, types="restore")
    assert done.code == 0, done.err
    assert wrong(in_database) == {}
    aside = [line.rpartition(" ")[2] for line in done.out.splitlines()[1:]]
    assert [name.partition("_replaced_")[0] for name in aside] == ["stonks", "stonks_paper"]
    assert asked(url, f"SELECT min(seq) FROM {aside[0]}.order_fills") == 2


def test_a_backup_goes_into_a_database_that_has_nothing_yet(
    in_database: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = in_database.stonks("db", "backup").out.splitlines()[0]
    with postgres.fresh_url(empty=True) as other:
        monkeypatch.setenv("STONKS_DATABASE_URL", other)
        done = in_database.stonks("db", "restore", folder, "--yes")
        assert (done.code, len(done.out.splitlines())) == (0, 1), done.err
        assert wrong(in_database) == {}


def test_nothing_is_restored_or_moved_while_an_engine_leads(in_database: Shell, url: str, tmp_path: Path) -> None:
    folder = in_database.stonks("db", "backup").out.splitlines()[0]
    asked(url, "UPDATE stonks.leases SET owner = 'other:1', expires_at = now() + interval '1 hour' RETURNING 1")
    for words in (
        ("db", "restore", folder, "--yes"),
        ("db", "copy", url, str(tmp_path / "away")),
        ("db", "upgrade", "--down"),
    ):
        ended = in_database.stonks(*words)
        assert (ended.code, "other:1 leads on it" in ended.err) == (1, True), words
    assert not list((tmp_path / "away").glob("*.db"))
    assert in_database.stonks("db", "backup").code == 0


def test_tables_are_made_taken_down_and_up_again_and_the_account_is_still_there(in_database: Shell, url: str) -> None:
    turns = asked(url, "SELECT count(*) FROM stonks.event_journal")
    assert in_database.stonks("db", "upgrade").out.splitlines() == ["stonks: 0006", "stonks_paper: 0006"]
    refused = in_database.stonks("db", "upgrade", "--to", "0005")
    assert (refused.code, "--down --to 0005" in refused.err) == (2, True)
    down = in_database.stonks("db", "upgrade", "--to", "0005", "--down")
    assert down.out.splitlines() == ["stonks: 0005, from 0006", "stonks_paper: 0005, from 0006"]
    older = in_database.stonks("db", "check")
    assert (older.code, "stonks db upgrade" in older.err) == (2, True)
    up = in_database.stonks("db", "upgrade")
    assert up.out.splitlines() == ["stonks: 0006, from 0005", "stonks_paper: 0006, from 0005"]
    assert wrong(in_database) == {}
    assert asked(url, "SELECT count(*) FROM stonks.event_journal") == turns
    assert in_database.stonks("db", "upgrade", "--to", "0009").code == 2


def test_where_there_are_no_tables_they_are_made(shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STONKS_DATABASE_URL", url)
    made = shell.stonks("db", "upgrade")
    assert made.out.splitlines() == ["stonks: 0006, from nothing", "stonks_paper: 0006, from nothing"]
    nothing = shell.stonks("db", "check")
    assert (nothing.code, "there is no account in" in nothing.err) == (1, True)


def test_the_files_of_an_account_go_down_and_up_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STONKS_DATABASE_URL", raising=False)
    before = dump(shell.folder)
    down = shell.stonks("db", "upgrade", "--down", "--to", "0004")
    assert down.out.splitlines() == ["stonks.db: 0004, from 0006", "paper.db: 0004, from 0006"], down.err
    assert not {"stonks.db.notifications", "stonks.db.engine_commands"} & dump(shell.folder).keys()
    assert shell.stonks("db", "check").code == 0
    for version in ("0005", "0006"):
        assert shell.stonks("db", "upgrade", "--to", version).code == 0
    after = dump(shell.folder)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} <= {"stonks.db.notifications"}


@pytest.mark.parametrize(
    "words", [("db", "upgrade"), ("db", "check"), ("db", "backup"), ("db", "copy", "{url}", "{folder}")]
)
def test_a_password_is_never_said(
    shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    monkeypatch.setenv("STONKS_DATABASE_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("STONKS_DATABASE_URL", "postgresql://somebody@127.0.0.1:1/stonks")
    said = {"url": "postgresql://somebody@127.0.0.1:1/stonks", "folder": tmp_path / "x"}
    told = shell.stonks("--debug", *(word.format(**said) for word in words))
    assert told.code == 1
    assert "does not answer" in told.err
    assert "hunter2" not in told.out + told.err


def test_a_password_on_the_command_line_is_refused_without_saying_it(shell: Shell) -> None:
    told = shell.stonks("db", "copy", str(shell.folder), "postgresql://somebody:hunter2@127.0.0.1:1/stonks")
    assert (told.code, "hunter2" in told.out + told.err) == (2, False)
    assert "STONKS_DATABASE_PASSWORD_FILE" in told.err


def test_two_places_of_one_kind_are_refused(shell: Shell, url: str, tmp_path: Path) -> None:
    both = shell.stonks("db", "copy", str(shell.folder), str(tmp_path / "other"))
    assert (both.code, "stonks db backup" in both.err) == (2, True)
    assert shell.stonks("db", "copy", url, url).code == 2
