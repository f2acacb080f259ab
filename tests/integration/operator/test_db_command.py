"""`stonks db`: what is wrong with an account's files is found, a backup is made of a running engine, and restored."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import Unavailable
from stonks_tui import bootstrap
from stonks_tui.engine_thread import EngineThread
from storage import manifests, restores
from tests.support import live_account
from tests.support.shell import Shell
from tests.support.waiting_engine import waiting

CHECKS = ["stonks.db", "paper.db", "journal", "errands", "books", "account", "broker"]
OF_BOOKS, OF_BROKER = "stonks.db", "paper.db"


def change(folder: Path, name: str, *statements: str) -> None:
    with closing(sqlite3.connect(folder / name)) as file, file:
        for statement in statements:
            assert file.execute(statement).rowcount != 0, statement


def wrong(shell: Shell, *words: str) -> dict[str, str]:
    """Return what is wrong, by what is looked at."""
    ended = shell.stonks("db", "check", *words, "--json")
    found = json.loads(ended.out)
    assert ended.code == (0 if found["ok"] else 1)
    for check in found["checks"]:
        assert bool(check["hint"]) is not check["ok"], "what is wrong comes with what to do, and nothing else does"
    return {check["what"]: check["words"] for check in found["checks"] if not check["ok"]}


def backup(shell: Shell, *words: str) -> Path:
    ended = shell.stonks("db", "backup", *words)
    assert ended.code == 0, ended.err
    return Path(ended.out.splitlines()[0])


def turn(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "stonks.db")) as file:
        found: int = file.execute("SELECT max(seq) FROM event_journal").fetchone()[0]
    return found


def test_a_sound_account_is_told_of_in_a_line_a_check(shell: Shell) -> None:
    ended = shell.stonks("db", "check")
    *lines, last = ended.out.splitlines()
    assert ended.code == 0
    assert [line.split()[:2] for line in lines] == [["ok", name] for name in CHECKS]
    assert last == f"the account in {shell.folder} is sound"


def test_where_there_is_no_account_it_says_so(shell: Shell, tmp_path: Path) -> None:
    ended = shell.stonks("db", "check", str(tmp_path / "nowhere"))
    assert ended.code == 1
    assert "there is no account in" in ended.err


@pytest.mark.parametrize(
    ("name", "statement", "what", "says"),
    [
        (OF_BOOKS, "DELETE FROM event_journal WHERE seq = 9", "journal", "1 of the turns 1 to "),
        (OF_BOOKS, "DELETE FROM event_journal WHERE seq = (SELECT max(seq) FROM event_journal)", "journal", "is that"),
        (OF_BOOKS, "UPDATE order_fills SET price = price + 1 WHERE seq = 1", "books", "cash: the core has"),
        (OF_BOOKS, "UPDATE order_fills SET commission = 0 WHERE seq = 2", "books", "costs: the core has"),
        (OF_BOOKS, "DELETE FROM trading_decisions WHERE seq = 3", "books", "decisions: the core has made"),
        (OF_BOOKS, "DELETE FROM backtest_trades WHERE seq = 1", "books", "trades: the core has made"),
        (OF_BOOKS, "DELETE FROM reserve_pool_ledger WHERE seq = 1", "books", "reserve: the core has"),
        (
            OF_BOOKS,
            """UPDATE engine_state SET state = json_set(state, '$.cash', json_extract(state, '$.cash') + 1)""",
            "books",
            "the books do not add up: cash and lots are",
        ),
        (OF_BOOKS, "UPDATE engine_state SET state = '[]'", "books", "a row makes no sense"),
        (OF_BOOKS, "UPDATE engine_state SET state = 'no JSON'", "broker", "a row makes no sense"),
        (OF_BOOKS, "UPDATE backtest_runs SET initial_capital = 1", "books", "the account began with"),
        (
            OF_BOOKS,
            "UPDATE outbox SET brought_at = NULL, payload = NULL WHERE errand_id = 1",
            "errands",
            "errand 1 does not bring the order",
        ),
        (OF_BOOKS, "DROP TABLE live_metrics", "stonks.db", "lacks live_metrics"),
        (OF_BOOKS, "ALTER TABLE leases RENAME COLUMN owner TO renter", "stonks.db", "lacks leases.owner"),
        (OF_BOOKS, "UPDATE alembic_version SET version_num = '9999'", "stonks.db", "has schema version 9999"),
        (OF_BROKER, "UPDATE paper_positions SET shares = shares + 1 WHERE shares > 0", "broker", "the broker"),
        (OF_BROKER, "UPDATE paper_epoch SET account_id = 'another'", "account", "the files are of two accounts"),
        (OF_BROKER, "UPDATE paper_epoch SET epoch = 99", "account", "has seen an engine of epoch 99"),
        (
            OF_BROKER,
            "UPDATE paper_reports SET client_order_id = 'lost' WHERE seq = 1",
            "paper.db",
            "refers to one of paper_orders",
        ),
    ],
)
def test_what_is_wrong_is_found_and_said_with_what_to_do(
    shell: Shell, name: str, statement: str, what: str, says: str
) -> None:
    change(shell.folder, name, statement)
    found = wrong(shell)
    assert says in found.get(what, ""), found


def test_an_account_of_the_version_before_lacks_nothing_but_what_its_next_engine_adds(shell: Shell) -> None:
    older = "UPDATE alembic_version SET version_num = '0004'"
    change(shell.folder, OF_BOOKS, older, "DROP TABLE notifications", "DROP TABLE engine_commands")
    change(shell.folder, OF_BROKER, older)
    assert wrong(shell) == {}
    assert shell.stonks("db", "restore", str(backup(shell)), "--yes").code == 0
    change(shell.folder, OF_BOOKS, "DROP TABLE checkpoints")
    assert "lacks checkpoints" in wrong(shell)[OF_BOOKS]


def test_a_damaged_page_is_found_in_each_file_by_itself(shell: Shell) -> None:
    for name in (OF_BOOKS, OF_BROKER):
        damage(shell.folder / name)
    found = wrong(shell)
    assert {OF_BOOKS, OF_BROKER} <= found.keys()
    assert "damaged" in found[OF_BOOKS]
    (shell.folder / OF_BROKER).write_bytes(b"\x07" * 40_000)
    assert "is not a SQLite database" in wrong(shell)[OF_BROKER]


def damage(path: Path) -> None:
    """Write over pages in the middle of `path`."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = DELETE")
    with path.open("r+b") as bytes_of:
        bytes_of.seek(path.stat().st_size // 2 // 4096 * 4096)
        bytes_of.write(b"\x07" * 3 * 4096)


def test_a_backup_of_a_running_engine_is_sound_and_one_that_was_changed_is_not(
    shell: Shell, engine: EngineThread
) -> None:
    folder = backup(shell)
    assert wrong(shell) == {}
    assert wrong(shell, str(folder)) == {}
    assert engine.is_alive
    assert turn(folder) == turn(shell.folder)
    with (folder / "paper.db").open("ab") as file:
        file.write(b"more")
    assert "paper.db has another size" in wrong(shell, str(folder))["manifest"]


def test_so_many_are_kept_and_json_says_what_is_in_one(shell: Shell) -> None:
    first = backup(shell)
    second = json.loads(shell.stonks("db", "backup", "--keep", "1", "--json").out)
    assert second["removed"] == [str(first)]
    assert [file["name"] for file in second["files"]] == ["stonks.db", "paper.db"]
    assert not first.exists()
    assert shell.stonks("db", "backup", "--keep", "0").code == 2


def test_nothing_is_restored_while_an_engine_runs(shell: Shell, engine: EngineThread) -> None:
    folder = backup(shell)
    ended = shell.stonks("db", "restore", str(folder), "--yes")
    assert ended.code == 1
    assert "is in use" in ended.err
    assert "stonks stop" in ended.err
    assert engine.is_alive
    assert not list(shell.folder.glob("restoring*"))


def test_it_is_done_when_the_word_is_typed_and_the_engine_trades_on_from_there(shell: Shell) -> None:
    with waiting(shell.folder):
        folder = backup(shell)
        shell.stonks("tier", "conservative")
        later = turn(shell.folder)
    assert turn(folder) < later
    assert shell.stonks("db", "restore", str(folder)).code == 2, "nobody is there to be asked"
    refused = shell.stonks("db", "restore", str(folder), types="yes")
    assert (refused.code, refused.err.splitlines()[-1]) == (1, "Type restore to go on: nothing was done")
    assert turn(shell.folder) >= later
    ended = shell.stonks("db", "restore", str(folder), types="restore")
    assert ended.code == 0, ended.err
    assert turn(shell.folder) == turn(folder)
    replaced = Path(ended.out.splitlines()[-1].removeprefix("what was there before: "))
    assert turn(replaced) >= later
    with waiting(shell.folder):
        assert shell.figures()["tier"] != "conservative"
        shell.stonks("tier", "conservative")
    assert wrong(shell) == {}


def test_a_restore_that_was_begun_keeps_engines_out_until_it_is_finished(shell: Shell) -> None:
    folder = backup(shell)
    restores.gather(shell.folder, folder, manifests.read(folder), "backups/replaced")
    assert "not all of it is there yet" in wrong(shell)["both files"]
    assert "not all of it is there yet" in shell.stonks("db", "backup").err
    with pytest.raises(Unavailable, match="not all of it is there yet"):
        asyncio.run(live_account.make(shell.folder))
    ended = shell.stonks("db", "restore")
    assert ended.code == 0, ended.err
    assert wrong(shell) == {}
    nothing = shell.stonks("db", "restore")
    assert nothing.code == 2
    assert "no restore was begun" in nothing.err


def test_another_account_is_replaced_only_when_its_backup_is_called_by_its_name(shell: Shell) -> None:
    folder = backup(shell)
    account_id = manifests.read(folder).account_id
    for name, table in ((OF_BOOKS, "account_ids"), (OF_BROKER, "paper_epoch")):
        change(shell.folder, name, f"UPDATE {table} SET account_id = 'another'")
    ended = shell.stonks("db", "restore", str(folder), "--yes")
    assert ended.code == 2
    assert "Another account is there, another; this backup is of" in ended.err
    assert f"--account {account_id}" in ended.err
    assert shell.stonks("db", "restore", str(folder), types="restore").code == 1
    assert shell.stonks("db", "restore", str(folder), "--account", account_id).code == 0
    assert wrong(shell) == {}


def test_what_is_no_backup_or_not_sound_is_not_restored(shell: Shell, tmp_path: Path) -> None:
    none = shell.stonks("db", "restore", str(tmp_path), "--yes")
    assert "is no backup" in none.err
    folder = backup(shell)
    damage(folder / OF_BOOKS)
    ended = shell.stonks("db", "restore", str(folder), "--yes")
    assert ended.code == 2
    assert "is not sound" in ended.err
    assert bootstrap.live_path(shell.folder).exists()
