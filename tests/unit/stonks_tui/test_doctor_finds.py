"""The doctor finds what is wrong, one thing at a time, and names the cure; of what is well it says so."""

import asyncio
import ctypes
import grp
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.model.intraday import to_micros
from stonks_tui import bootstrap, live_account
from stonks_tui.doctor import files, machine, market_reading
from stonks_tui.doctor.circumstances import TerminalFacts
from stonks_tui.doctor.examination import SECTIONS
from stonks_tui.doctor.findings import Level, exit_code
from storage import kept_space
from tests.support import installation
from tests.support.filled_market import RECOMMENDATION
from tests.support.installation import NOW, changed, found, wrong

ONLY_MACHINE = tuple(section for section in SECTIONS if section.name == "machine")
ONLY_TERMINAL = tuple(section for section in SECTIONS if section.name == "terminal")
NO_BARS = "DELETE FROM price_bars WHERE start_at >= ?"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which nothing is wrong, to be copied."""
    folder = tmp_path_factory.mktemp("healthy")
    asyncio.run(installation.make(folder))
    return folder


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whose account holds something."""
    folder = tmp_path_factory.mktemp("held")
    asyncio.run(installation.make(folder, holds=True))
    return folder


@pytest.fixture
def folder(healthy: Path, tmp_path: Path) -> Path:
    """A copy of the healthy one."""
    return installation.copied(healthy, tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A fault: how it is planted in a folder, what is found of it, and what its cure names."""

    plant: Callable[[Path], object]
    name: str
    level: Level
    cure: str


def _account(statement: str, *about: Any) -> Callable[[Path], object]:
    return lambda folder: changed(folder / "stonks.db", statement, *about)


def _paper(statement: str, *about: Any) -> Callable[[Path], object]:
    return lambda folder: changed(folder / "paper.db", statement, *about)


def _market(*statements: str, about: tuple[Any, ...] = ()) -> Callable[[Path], object]:
    def plant(folder: Path) -> None:
        for statement in statements:
            changed(folder / "market.db", statement, *about)

    return plant


def _text(name: str, text: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(text)


def _mode(folder_mode: int, *, stonks_db: int = 0o600) -> Callable[[Path], object]:
    def plant(folder: Path) -> None:
        folder.chmod(folder_mode)
        (folder / "stonks.db").chmod(stonks_db)

    return plant


def _removed(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _damaged(name: str, index: str) -> Callable[[Path], object]:
    """Return what overwrites the page of a database where an index begins."""

    def plant(folder: Path) -> None:
        path = folder / name
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (page,) = file.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (index,)).fetchone()
            (size,) = file.execute("PRAGMA page_size").fetchone()
        with path.open("r+b") as raw:
            raw.seek((page - 1) * size)
            raw.write(b"\xff" * size)

    return plant


def _stopped_half_way(folder: Path) -> None:
    """Leave paper.db as a process leaves it that is killed in the middle of a change."""
    path, journal = folder / "paper.db", folder / "paper.db-journal"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA cache_size = 1")  # so that it writes before the end
        file.execute("BEGIN IMMEDIATE")
        file.execute("UPDATE paper_epoch SET account_id = ?", ("x" * 100_000,))
        half = path.read_bytes(), journal.read_bytes()
        file.execute("ROLLBACK")
    path.write_bytes(half[0])
    journal.write_bytes(half[1])


def _large_log(folder: Path) -> None:
    (folder / "logs").mkdir(mode=0o700)
    with (folder / "logs" / "other.log").open("wb") as log:
        log.truncate(2 * files.LOG_BYTES)


def _open_door(folder: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(folder / "stonks.sock"))
    (folder / "stonks.sock").chmod(0o666)


def _days(ticker: str, count: int) -> str:
    """Return what deletes so many days of `ticker`, but for its first and its last."""
    days = f"SELECT start_at FROM price_bars WHERE ticker = '{ticker}' ORDER BY start_at"
    return f"DELETE FROM price_bars WHERE ticker = '{ticker}' AND start_at IN ({days} LIMIT {count} OFFSET 100)"


SOON, LATER = to_micros(NOW + timedelta(minutes=1)), to_micros(NOW + timedelta(hours=5))
FAULT, WARNING = Level.FAULT, Level.WARNING
PLANTED = {
    "others may write the account": Planted(
        plant=_mode(0o755, stonks_db=0o666), name="private", level=FAULT, cure="chmod go-w"
    ),
    "others may write the folder": Planted(plant=_mode(0o777), name="private", level=FAULT, cure="chmod go-w"),
    "others may open the door": Planted(plant=_open_door, name="door-permissions", level=FAULT, cure="chmod 600"),
    "a file in place of the door": Planted(
        plant=_text("stonks.sock", b""), name="door-permissions", level=FAULT, cure="mv "
    ),
    "a change that was not finished": Planted(
        plant=_stopped_half_way, name="half-written", level=WARNING, cure="stonks run"
    ),
    "a log that somebody else fills": Planted(plant=_large_log, name="logs", level=WARNING, cure="logrotate"),
    "an account that is no database": Planted(
        plant=_text("stonks.db", b"not at all a database, however long it is" * 99),
        name="account-file",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "an empty account": Planted(plant=_text("stonks.db", b""), name="account-file", level=FAULT, cure="mv "),
    "an account of another version": Planted(
        plant=_account("UPDATE alembic_version SET version_num = '0001'"),
        name="account-file",
        level=FAULT,
        cure="use the version of stonks-tui that made it",
    ),
    "market data in place of the account": Planted(
        plant=lambda folder: shutil.copyfile(folder / "market.db", folder / "stonks.db"),
        name="account-file",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "a damaged account": Planted(
        plant=_damaged("stonks.db", "ix_outbox_waiting"),
        name="account-sound",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "damaged market data": Planted(
        plant=_damaged("market.db", "ix_macro_events_until"),
        name="market-sound",
        level=FAULT,
        cure="stonks import bars FILE",
    ),
    "books that nobody understands": Planted(
        plant=_account("UPDATE engine_state SET state = '{\"a\": 1}'"),
        name="account-state",
        level=FAULT,
        cure="use the version of stonks-tui that made it",
    ),
    "a broker's file that is none": Planted(
        plant=_text("paper.db", b"nothing that a broker wrote" * 99),
        name="paper-file",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "another account's broker": Planted(
        plant=_paper("UPDATE paper_epoch SET account_id = 'of-another'"),
        name="paper-account",
        level=FAULT,
        cure="the paper.db of this account",
    ),
    "a broker's file without its account": Planted(
        plant=_removed("stonks.db"), name="paper-account", level=FAULT, cure="put its stonks.db back"
    ),
    "an engine elsewhere": Planted(
        plant=_account("UPDATE leases SET owner = 'elsewhere:1', expires_at = ?", SOON),
        name="engine-lease",
        level=WARNING,
        cure="look for that engine",
    ),
    "a clock that was set back": Planted(
        plant=_account("UPDATE engine_heartbeat SET beaten_at = ?", LATER),
        name="clock-behind",
        level=FAULT,
        cure="timedatectl set-ntp true",
    ),
    "an import of tomorrow": Planted(
        plant=_market("UPDATE imports SET created_at = ?", about=(LATER,)),
        name="clock-behind",
        level=FAULT,
        cure="timedatectl set-ntp true",
    ),
    "a pool that is used up": Planted(
        plant=_account("UPDATE engine_state SET state = json_set(state, '$.cash', 500000)"),
        name="active-pool",
        level=WARNING,
        cure="active_pool_minimum",
    ),
    "shares that are all too dear": Planted(
        plant=_market("UPDATE price_bars SET close = close * 1000"),
        name="affordable",
        level=WARNING,
        cure="stonks tier",
    ),
    "no market data": Planted(
        plant=_removed("market.db"), name="market-file", level=WARNING, cure="stonks import bars FILE"
    ),
    "market data that is none": Planted(
        plant=_text("market.db", b"date,ticker,open,high,low,close\n" * 99),
        name="market-file",
        level=FAULT,
        cure="stonks import bars FILE",
    ),
    "market data of another version": Planted(
        plant=_market("UPDATE alembic_version SET version_num = '0002'"),
        name="market-file",
        level=FAULT,
        cure="stonks import bars FILE",
    ),
    "a table that is missing": Planted(
        plant=_market("DROP TABLE earnings_calendar"), name="market-tables", level=FAULT, cure="stonks import bars FILE"
    ),
    "a column that is missing": Planted(
        plant=_market("ALTER TABLE securities DROP COLUMN sector"),
        name="market-tables",
        level=FAULT,
        cure="whoever fills it must keep them",
    ),
    "prices of last week": Planted(
        plant=_market(NO_BARS, about=(to_micros(NOW - timedelta(days=7)),)),
        name="bars-age",
        level=WARNING,
        cure="stonks import bars FILE",
    ),
    "prices of one ticker only": Planted(
        plant=_market(NO_BARS + " AND ticker <> 'EEE'", about=(to_micros(NOW - timedelta(days=7)),)),
        name="bars-age",
        level=WARNING,
        cure="stonks import bars FILE",
    ),
    "no daily bars": Planted(
        plant=_market("DELETE FROM price_bars"), name="bars-age", level=WARNING, cure="import bars"
    ),
    "a ticker with holes": Planted(
        plant=_market(_days("AAA", 10)), name="bars-gaps", level=WARNING, cure="with those days"
    ),
    "a session that was not imported": Planted(
        plant=_market(
            "DELETE FROM price_bars WHERE start_at = (SELECT start_at FROM price_bars WHERE ticker = 'AAA' "
            "ORDER BY start_at LIMIT 1 OFFSET 200)"
        ),
        name="bars-gaps",
        level=WARNING,
        cure="with those days",
    ),
    "no history of a ticker that is recommended": Planted(
        plant=_market(
            "DELETE FROM price_bars WHERE ticker = 'AAA' AND start_at < ?", about=(to_micros(NOW - timedelta(days=12)),)
        ),
        name="bars-enough",
        level=WARNING,
        cure="with their history",
    ),
    "recommendations of last week": Planted(
        plant=_market("UPDATE recommendations SET generated_at = ?", about=(to_micros(NOW - timedelta(days=7)),)),
        name="recommendations-age",
        level=WARNING,
        cure="is whoever makes them at work?",
    ),
    "a recommendation without prices": Planted(
        plant=_market(RECOMMENDATION, about=("r", "ZZZ", "buy", "paper_eligible", 0.7, to_micros(NOW), None)),
        name="recommendations-priced",
        level=WARNING,
        cure="stonks import bars FILE",
    ),
}


def test_of_a_healthy_installation_nothing_is_above_a_note(folder: Path) -> None:
    findings = found(folder)
    assert wrong(findings) == {}
    assert exit_code(findings.values()) == 0
    assert list(findings) == [name for section in SECTIONS for name in section.checks]
    notes = {name for name, f in findings.items() if f.level is Level.NOTE}
    assert notes <= {"sqlite", "clock-synchronised", "disk-kind", "engine"}
    assert findings["engine"].words.endswith("; nothing is held")


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_what_is_planted_is_found_alone_its_cure_named_and_nothing_changed(folder: Path, planted: Planted) -> None:
    planted.plant(folder)
    before = _contents(folder)
    findings = found(folder)
    assert _contents(folder) == before
    assert list(wrong(findings)) == [planted.name], wrong(findings)
    finding = findings[planted.name]
    assert (finding.level, exit_code(findings.values())) == (planted.level, {FAULT: 1, WARNING: 3}[planted.level])
    assert planted.cure in finding.cure
    assert list(findings) == [name for section in SECTIONS for name in section.checks]


def _contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return what lies in the files, but for what SQLite has of those that are open; of a log only its size."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, b"" if path.suffix == ".log" else path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


NOTED = {
    "no dates of earnings": (_market("DELETE FROM earnings_calendar"), "earnings", "stonks import earnings FILE"),
    "earnings of the past": (
        _market("UPDATE earnings_calendar SET earnings_date = '2026-11-23'"),
        "earnings",
        "stonks import earnings FILE",
    ),
    "no sector": (
        _market("UPDATE securities SET sector = NULL WHERE ticker = 'EEE'"),
        "sectors",
        "stonks import sectors FILE",
    ),
    "no quotes": (_market("DELETE FROM quotes"), "quotes", "--quotes FILE"),
    "quotes of yesterday": (
        _market("UPDATE quotes SET at = ?", about=(to_micros(NOW - timedelta(days=1)),)),
        "quotes",
        "--quotes FILE",
    ),
    "no table of quotes": (_market("DROP TABLE quotes"), "market-tables", "stonks import quotes FILE"),
    "no recommendations": (
        _market("DELETE FROM recommendations"),
        "recommendations-age",
        "stonks import recommendations FILE",
    ),
    "a few holes": (_market(_days("AAA", 2)), "bars-gaps", "stonks import bars FILE"),
    "a young ticker": (
        _market(
            "DELETE FROM price_bars WHERE ticker = 'EEE' AND start_at < ?",
            about=(to_micros(NOW - timedelta(days=600)),),
        ),
        "bars-enough",
        "stonks import bars FILE",
    ),
    "no broker's file yet": (_removed("paper.db"), "paper-file", "stonks run"),
}


@pytest.mark.parametrize(("plant", "name", "cure"), NOTED.values(), ids=list(NOTED))
def test_what_is_good_to_know_is_noted_and_nothing_wrong(
    folder: Path, plant: Callable[[Path], object], name: str, cure: str
) -> None:
    assert found(folder)[name].level is Level.OK
    plant(folder)
    findings = found(folder)
    assert wrong(findings) == {}
    assert findings[name].level is Level.NOTE
    assert cure in findings[name].cure


def test_looks_that_should_have_been_forgotten_are_counted(held: Path, tmp_path: Path) -> None:
    folder = installation.copied(held, tmp_path)
    finding = found(folder)["old-looks"]
    assert (finding.level, "looks at prices older than 90 days" in finding.words) == (Level.NOTE, True)
    changed(folder / "stonks.db", "UPDATE event_journal SET at = ?", to_micros(NOW - timedelta(days=90)))
    assert found(folder)["old-looks"].level is Level.OK  # they wait for the end of a session


def test_today_is_said_in_words(folder: Path) -> None:
    open_now = found(folder)["calendar-today"].words
    assert open_now == (
        "the exchange is open until Tue 2026-11-24 21:00 UTC; the next session opens Wed 2026-11-25 14:30 UTC"
    )
    holiday = found(folder, now=NOW + timedelta(days=2))["calendar-today"].words
    assert holiday == "the exchange is shut; it opens Fri 2026-11-27 14:30 UTC, an early close"


def test_held_shares_without_an_engine_are_a_fault_that_names_how_many(held: Path, tmp_path: Path) -> None:
    folder = installation.copied(held, tmp_path)
    findings = found(folder)
    assert list(wrong(findings)) == ["engine"]
    assert findings["engine"].level is Level.FAULT
    assert "nobody watches the stops of" in findings["engine"].words
    assert findings["engine"].cure == f"stonks run --data-dir {folder}"


def test_a_broker_that_has_forgotten_what_is_held_is_a_fault(held: Path, tmp_path: Path) -> None:
    folder = installation.copied(held, tmp_path)
    (folder / "paper.db").unlink()
    assert wrong(found(folder))["paper-file"].cure.startswith("put a copy of it back")


def test_a_held_ticker_without_the_newest_bar_is_named(held: Path, tmp_path: Path) -> None:
    folder = installation.copied(held, tmp_path)
    state = asyncio.run(live_account.state(folder))
    assert state
    ticker = min(state.positions)
    changed(
        folder / "market.db",
        "DELETE FROM price_bars WHERE ticker = ? AND start_at > ?",
        ticker,
        to_micros(NOW - timedelta(days=3)),
    )
    assert ticker in wrong(found(folder))["held-bars"].words


def test_what_the_engine_says_of_itself_is_passed_on(folder: Path) -> None:
    with installation.answering(folder, trading="active", positions="1", protected="1.0", trouble_1="no prices come"):
        findings = found(folder)
        assert list(wrong(findings)) == ["engine-troubles"]
        assert findings["engine-troubles"].words == "no prices come"
        assert findings["engine"].level is findings["door-stale"].level is Level.OK
    with installation.answering(folder, trading="active", positions="2", protected="0.5"):
        assert wrong(found(folder))["engine-troubles"].level is Level.FAULT
    with installation.answering(folder, trading="reducing", cause="feed_failure", positions="0"):
        finding = wrong(found(folder))["engine-troubles"]
        assert finding.words == "only exits are made since feed failure"
        assert finding.cure.endswith(f"stonks resume --data-dir {folder}")


def test_an_engine_that_hangs_up_is_silent(folder: Path) -> None:
    with _hanging_up(folder / "stonks.sock"):
        findings = found(folder)
    assert list(wrong(findings)) == ["engine"]
    assert "does not answer" in findings["engine"].words
    where = f" --data-dir {folder}"
    assert findings["engine"].cure == f"to end it and begin again: stonks stop{where}; stonks run{where}"


@contextmanager
def _hanging_up(path: Path) -> Iterator[None]:
    """Have somebody listen who says nothing."""
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(path))
        path.chmod(0o600)
        door.listen()

        def hang_up() -> None:
            while True:
                try:
                    door.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=hang_up)
        thread.start()
        yield
        door.shutdown(socket.SHUT_RDWR)
        thread.join(30)


def test_a_socket_that_a_dead_engine_left_is_noted(folder: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(folder / "stonks.sock"))
    (folder / "stonks.sock").chmod(0o600)
    findings = found(folder)
    assert wrong(findings) == {}
    assert findings["door-stale"].level is Level.NOTE
    assert findings["door-stale"].cure.endswith(f"stonks run --data-dir {folder}")


def test_the_lease_of_a_dead_process_of_this_machine_is_noted(folder: Path) -> None:
    with subprocess.Popen(["true"]) as child:
        pass
    owner = f"{socket.gethostname()}:{child.pid}"
    changed(folder / "stonks.db", "UPDATE leases SET owner = ?, expires_at = ?", owner, LATER)
    finding = found(folder)["engine-lease"]
    assert (finding.level, finding.words.startswith(f"{owner}, which led last, is dead")) == (Level.NOTE, True)


def test_a_few_tickers_that_are_too_dear_are_noted_by_name(folder: Path) -> None:
    changed(folder / "market.db", "UPDATE price_bars SET close = 500000000 WHERE ticker = 'EEE'")
    finding = found(folder)["affordable"]
    assert finding.level is Level.NOTE
    assert finding.words.startswith("1 of 5 tickers cost more than the largest position, $")
    assert finding.words.endswith(": EEE $50,000.00")


def test_a_bar_that_may_still_come_is_only_noted(folder: Path) -> None:
    evening = NOW.replace(hour=22)
    finding = found(folder, now=evening)["bars-age"]
    assert (finding.level, "1 session too old" in finding.words) == (Level.NOTE, True)
    assert found(folder, now=evening + timedelta(hours=14))["bars-age"].level is Level.WARNING


def test_a_ticker_that_lags_behind_is_noted_unless_its_listing_has_ended(folder: Path) -> None:
    path, since = folder / "market.db", to_micros(NOW - timedelta(days=7))
    changed(path, NO_BARS + " AND ticker = 'EEE'", since)
    finding = found(folder)["bars-age"]
    assert (finding.level, finding.words.endswith("; 1 of 5 tickers have none of it: EEE")) == (Level.NOTE, True)
    changed(path, "UPDATE securities SET last_bar_on = '2026-11-16' WHERE ticker = 'EEE'")
    assert found(folder)["bars-age"].level is Level.OK


@pytest.mark.parametrize("query", [market_reading.BY_TICKER, market_reading.BY_DAY, market_reading.LAST_DAY])
def test_prices_are_found_by_their_key_and_never_read_through(healthy: Path, query: str) -> None:
    with closing(sqlite3.connect(healthy / "market.db")) as file:
        plan = [step for *_, step in file.execute(f"EXPLAIN QUERY PLAN {query}", {"since": 0})]
    assert any("SEARCH" in step and "PRIMARY KEY (ticker=?" in step for step in plan), plan
    assert not [step for step in plan if step.startswith(("SCAN price_bars", "SCAN b"))], plan


def test_who_may_read_the_account_is_noted_unless_nobody_may_enter(folder: Path) -> None:
    (folder / "stonks.db").chmod(0o644)
    assert found(folder)["private"].level is Level.OK
    folder.chmod(0o755)
    finding = found(folder)["private"]
    assert finding.level is Level.NOTE
    assert "stonks.db" in finding.words
    assert finding.cure == f"chmod 700 {folder}"


@pytest.mark.parametrize(("members", "level"), [([], Level.OK), (["somebody"], FAULT)])
def test_a_group_of_ones_own_is_nobody_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, members: list[str], level: Level
) -> None:
    owner = SimpleNamespace(pw_name="ann")
    monkeypatch.setattr(pwd, "getpwuid", lambda _: owner)
    monkeypatch.setattr(grp, "getgrgid", lambda _: SimpleNamespace(gr_name="ann", gr_mem=["ann", *members]))
    for path in (folder, folder / "stonks.db"):
        path.chmod(0o770)
    assert found(folder)["private"].level is level


def test_somebody_elses_folder_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12_345)
    findings = found(folder)
    assert list(wrong(findings)) == ["data-dir"]
    assert f"stonks doctor --data-dir {folder}" in findings["data-dir"].cure


def test_a_folder_that_may_not_be_written_is_a_warning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder or not mode & os.W_OK)
    findings = found(folder)
    assert list(wrong(findings)) == ["data-dir"]
    assert findings["data-dir"].level is WARNING
    assert findings["data-dir"].cure == f"chmod u+rwx {folder}"


def test_a_disk_of_another_machine_is_a_fault(folder: Path, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    lines = "1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:9 / {} rw shared:1 - {} there:/x rw\n"
    mounts.write_text(lines.format(str(folder).replace(" ", "\\040"), "nfs4"))
    findings = found(folder, mounts=mounts)
    assert list(wrong(findings)) == ["disk-kind"]
    assert "nfs4" in findings["disk-kind"].words
    assert "local disk" in findings["disk-kind"].cure
    mounts.write_text(lines.format(str(folder) + "-other", "nfs4"))
    assert found(folder, mounts=mounts)["disk-kind"].level is Level.OK
    assert found(folder, mounts=tmp_path / "none")["disk-kind"].level is Level.NOTE


@pytest.mark.parametrize(("free", "level"), [(30 * 10**6, FAULT), (100 * 10**6, WARNING), (10**9, Level.OK)])
def test_too_little_space_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    monkeypatch.setattr(kept_space, "free_bytes", lambda _: free)
    findings = found(folder)
    assert findings["disk-space"].level is level
    assert list(wrong(findings)) == ([] if level is Level.OK else ["disk-space"])


def test_a_clock_before_the_first_release_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "RELEASED_IN", 2027)
    findings = found(folder)
    assert list(wrong(findings)) == ["clock-year"]
    assert "timedatectl" in findings["clock-year"].cure


def test_time_zones_that_are_not_there_are_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NEW_YORK", "America/Nowhere")
    findings = found(folder)
    assert list(wrong(findings)) == ["time-zones"]
    assert findings["time-zones"].cure == "pip install tzdata"


def test_an_old_python_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PYTHON", (99, 1))
    assert list(wrong(found(folder))) == ["python"]


@pytest.mark.parametrize(
    ("said", "level", "cure"), [(0, Level.OK, ""), (5, Level.NOTE, "timedatectl set-ntp true"), (-1, Level.NOTE, "")]
)
def test_what_the_kernel_says_of_the_clock_is_passed_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, said: int, level: Level, cure: str
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace(adjtimex=lambda _: said))
    finding = found(folder, ONLY_MACHINE)["clock-synchronised"]
    assert (finding.level, finding.cure) == (level, cure)


def test_sqlite_is_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 8, 0))
    assert list(wrong(found(folder, ONLY_MACHINE))) == ["sqlite"]


def test_sqlite_is_judged_by_its_version() -> None:
    levels = [machine.sqlite_of(version).level for version in ((3, 34, 9), (3, 51, 2), (3, 51, 3), (4, 0, 0))]
    assert levels == [Level.FAULT, Level.NOTE, Level.OK, Level.OK]


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ({"environment": {"TERM": "dumb"}}, "terminal-kind"),
        ({"environment": {}}, "terminal-kind"),
        ({"terminal": TerminalFacts(is_terminal=True, encoding="latin-1", size=(100, 40))}, "terminal-letters"),
        ({"terminal": TerminalFacts(is_terminal=True, encoding="utf-8", size=(50, 40))}, "terminal-size"),
        ({"terminal": TerminalFacts(is_terminal=True, encoding="utf-8", size=(100, 19))}, "terminal-size"),
    ],
)
def test_a_terminal_that_cannot_show_the_screens_is_found(folder: Path, about: dict[str, Any], name: str) -> None:
    findings = found(folder, **about)
    assert list(wrong(findings)) == [name]
    assert findings[name].cure


@pytest.mark.parametrize(
    ("environment", "name", "level", "words"),
    [
        ({"TERM": "vt100"}, "terminal-colours", Level.NOTE, "few colours are promised (TERM is vt100)"),
        ({"TERM": "vt100", "NO_COLOR": "1"}, "terminal-colours", Level.OK, "no colours, as NO_COLOR asks"),
        ({"TERM": "screen-256color"}, "terminal-colours", Level.OK, "256 colours"),
        ({"SSH_CONNECTION": "x"}, "terminal-session", Level.NOTE, "over SSH: a connection that breaks ends no engine"),
        ({"SSH_CONNECTION": "x", "TMUX": "y"}, "terminal-session", Level.OK, "through SSH and tmux"),
    ],
)
def test_what_the_environment_says_of_the_terminal_is_told(
    folder: Path, environment: dict[str, str], name: str, level: Level, words: str
) -> None:
    finding = found(folder, ONLY_TERMINAL, environment=environment)[name]
    assert (finding.level, finding.words) == (level, words)


def test_without_a_terminal_nothing_is_wrong_with_it(folder: Path) -> None:
    findings = found(folder, terminal=TerminalFacts(is_terminal=False, encoding="ascii"), environment={})
    assert wrong(findings) == {}
    assert findings["terminal"].level is Level.NOTE


def test_a_calendar_that_ends_soon_is_a_fault(folder: Path) -> None:
    late = {"now": NOW.replace(year=2040)}
    sections = tuple(section for section in SECTIONS if section.name == "calendar")
    findings = found(folder, sections, **late)
    assert list(wrong(findings)) == ["calendar-reaches"]
    assert "newer stonks-tui" in findings["calendar-reaches"].cure


def test_a_calendar_that_cannot_be_loaded_is_one_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(bootstrap.cache_path(folder))
    monkeypatch.setitem(sys.modules, "exchange_calendars", SimpleNamespace())
    findings = found(folder)
    assert list(wrong(findings)) == ["calendar-loads"]
    assert "pip install" in findings["calendar-loads"].cure
    assert findings["bars-age"].words.startswith("not looked at: ")


def test_where_nothing_is_yet_each_section_says_how_it_begins(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    findings = found(folder)
    assert wrong(findings) == {}
    assert not folder.exists()
    for name in ("data-dir", "account-file", "market-file"):
        assert findings[name].level is Level.NOTE
        assert f"--data-dir {folder}" in findings[name].cure
