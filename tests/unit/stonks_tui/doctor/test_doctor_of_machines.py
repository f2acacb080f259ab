"""The doctor on the machine: its disks and their rights, its clock, its calendar and its terminal."""

import ctypes
import grp
import os
import pwd
import shutil
import sqlite3
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.adapters import calendar as exchange
from engine.model.sessions import SessionTable
from stonks_tui import bootstrap
from stonks_tui.doctor import calendar, machine, soundness
from stonks_tui.doctor.circumstances import TerminalFacts
from stonks_tui.doctor.examination import SECTIONS
from stonks_tui.doctor.findings import Level
from storage import kept_space
from tests.support.installation import NOW, found, looked_at, wrong

ONLY_MACHINE = tuple(section for section in SECTIONS if section.name == "machine")
ONLY_TERMINAL = tuple(section for section in SECTIONS if section.name == "terminal")
FAULT, WARNING = Level.FAULT, Level.WARNING


def test_that_others_may_read_the_account_is_a_warning_unless_nobody_may_enter(folder: Path) -> None:
    assert (folder / "stonks.db").stat().st_mode & 0o777 == 0o600  # as the engine makes it
    (folder / "stonks.db").chmod(0o644)
    assert found(folder)["private"].level is Level.OK
    folder.chmod(0o755)
    finding = found(folder)["private"]
    assert finding.level is WARNING
    assert "stonks.db" in finding.words
    assert finding.cure == f"chmod 700 {folder}"


def test_that_others_may_read_prices_is_only_noted(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "market.db").chmod(0o644)
    finding = found(folder)["private"]
    assert (finding.level, "may read market.db" in finding.words) == (Level.NOTE, True)


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


def test_that_no_session_is_known_from_now_on_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "xnys", lambda *_, **__: SessionTable.of(()))
    answer = calendar.today(looked_at(folder))
    assert (answer.level, "newer stonks-tui" in answer.cure) == (FAULT, True)


def test_a_database_that_takes_minutes_to_read_is_not_read_through(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundness, "READ_BYTES", 10_000)
    findings = found(folder)
    for name in ("account-sound", "market-sound"):
        assert findings[name].level is Level.NOTE
        assert findings[name].cure.startswith("sqlite3 ")


def test_a_database_that_was_left_half_written_is_not_opened_to_see_whether_it_is_whole(folder: Path) -> None:
    (folder / "market.db-journal").write_bytes(b"what is to be undone")
    answer = soundness.of(folder / "market.db", "")
    assert (answer.level, answer.words) == (Level.NOTE, "market.db was left half-written and is not opened here")


@pytest.mark.parametrize("size", [None, (79, 40), (100, 23)])
def test_a_terminal_that_is_small_or_does_not_say_so_is_noted(folder: Path, size: tuple[int, int] | None) -> None:
    facts = TerminalFacts(is_terminal=True, encoding="utf-8", size=size)
    assert found(folder, ONLY_TERMINAL, terminal=facts)["terminal-size"].level is Level.NOTE


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
