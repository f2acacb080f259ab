"""The doctor on what an account holds, on its engine, and on the prices that it trades on."""

import asyncio
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.intraday import to_micros
from stonks_tui import live_account
from stonks_tui.doctor import market_reading
from stonks_tui.doctor.examination import SECTIONS
from stonks_tui.doctor.findings import Level
from storage.machine_lock import owner_here
from tests.support import installation
from tests.support.installation import NOW, changed, found, wrong

NO_BARS = "DELETE FROM price_bars WHERE start_at >= ?"


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


@pytest.mark.parametrize(("said", "level"), [(PermissionError, Level.FAULT), (TimeoutError, Level.NOTE)])
def test_a_door_at_which_nobody_may_knock_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, said: type[OSError], level: Level
) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(folder / "stonks.sock"))
    (folder / "stonks.sock").chmod(0o600)

    def refuse(_: socket.socket, __: object) -> None:
        raise said

    monkeypatch.setattr(socket.socket, "connect", refuse)
    sections = tuple(section for section in SECTIONS if section.name == "files")
    assert found(folder, sections)["door-stale"].level is level


def test_the_lease_of_a_dead_process_of_this_machine_is_noted(folder: Path) -> None:
    with subprocess.Popen(["true"]) as child:
        pass
    owner = f"{owner_here().rpartition(':')[0]}:{child.pid}"
    changed(
        folder / "stonks.db", "UPDATE leases SET owner = ?, expires_at = ?", owner, to_micros(NOW + timedelta(hours=5))
    )
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
