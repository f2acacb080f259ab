"""The life of a process with an engine in it: real processes, real terminals, and what is left when they end."""

import shutil
import signal
import time
from pathlib import Path

import pytest

from engine.model.audit import Word
from stonks_tui import bootstrap
from tests.support.broken_programs import BROKEN_WIDGET
from tests.support.engine_processes import SOON, Account, wait_for
from tests.support.pseudo_terminal import PseudoTerminal

SCREENS_SOON = 2 * SOON
"""What screens may take to end as well: they and the interpreter have a busy machine to share."""
SLOW_SCREENS = """
import sys, time
from stonks_tui.live_app import LiveApp
before = LiveApp.run
def run(self, *words, **how):
    time.sleep(1)
    return before(self, *words, **how)
LiveApp.run = run
from stonks_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
BROKEN_WORDS = (
    "stonks: this is a bug in stonks-tui: RuntimeError: a fault of ours "
    "the same command with --debug shows where it happened"
)
BROKEN_ENGINE = """
import asyncio, sys
from engine.engine import LiveEngine
from engine.errors import BrokenInvariant
async def wait(self, *_):
    await asyncio.sleep(1)
    raise BrokenInvariant("the books contradict themselves")
LiveEngine._wait = wait
from stonks_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def demo(calendars: Path, tmp_path: Path) -> Account:
    """What becomes of a demo in a folder of its own."""
    shutil.copytree(calendars, bootstrap.cache_path(tmp_path / "data" / "demo"))
    return Account(tmp_path / "data")


def running(terminal: PseudoTerminal) -> PseudoTerminal:
    """Wait until the engine is seen to run."""
    terminal.until("RUNNING")
    return terminal


def test_without_screens_only_who_means_it_ends_an_engine_and_what_was_kept_is_there_after_a_kill(
    account: Account,
) -> None:
    with account.engine("first") as first:
        first.leads(1)
        first.process.send_signal(signal.SIGHUP)
        assert account.says(Word.PAUSE).done
        assert first.ended(signal.SIGKILL)[0] == -signal.SIGKILL
        assert account.owner is not None
    with account.engine("second") as second:
        second.leads(2)  # its lease has most of its 90 seconds to go
        assert second.has_said("1 turns so far")
        assert account.says(Word.STATUS).after["trading"] == "reducing"
        code, seconds = second.ended(signal.SIGINT)
        assert (code, account.turns) == (0, 2)  # the pause, and that another engine leads
        assert seconds < SOON
        assert account.was_stopped()
    with account.engine("third") as third:
        third.leads(3)
        assert account.stonks("stop", "--yes") == 0
        code, seconds = third.ended()
        assert code == 0
        assert seconds < SOON
        assert account.was_stopped()


def test_of_two_engines_one_trades_and_the_other_takes_over_when_it_hangs_and_when_it_dies(account: Account) -> None:
    short = {"STONKS_LEASE_SECONDS": "6"}
    with account.engine("a", **short) as a, account.engine("b", **short) as b:
        wait_for(lambda: a.has_said("leads under") or b.has_said("leads under"), "one that leads")
        first, second = (a, b) if a.has_said("leads under") else (b, a)
        wait_for(lambda: second.has_said("standing by"), "one that stands by")
        time.sleep(7)  # longer than the lease: it is kept while the engine waits
        assert account.says(Word.PAUSE).done
        assert not second.has_said("leads under")

        first.process.send_signal(signal.SIGSTOP)
        second.leads(2)
        wait_for(account.has_door, "the door of the second")
        assert account.says(Word.STATUS).after["trading"] == "reducing"
        first.process.send_signal(signal.SIGCONT)
        wait_for(lambda: first.has_said("no longer leads"), "that the first has lost the lead")
        wait_for(lambda: first.has_said("standing by"), "that the first stands by")
        assert account.says(Word.BREAKER).done
        assert (account.turns, account.heartbeat.epoch) == (3, 2)  # two words, and that another engine leads
        assert second.process.poll() is None

        assert second.ended(signal.SIGKILL)[0] == -signal.SIGKILL
        first.leads(3)
        wait_for(account.has_door, "the door of the first")
        code, seconds = first.ended(signal.SIGTERM)
        assert code == 0
        assert seconds < SOON
        assert account.was_stopped()
        assert account.turns == 4  # that another one leads again


def test_screens_say_that_their_engine_stands_by_and_whoever_leaves_them_is_asked(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STONKS_LEASE_SECONDS", "6")  # so that it looks every second whether it may lead
    with account.engine() as other:
        other.leads(1)
        with account.terminal("run") as terminal:
            terminal.until("STANDBY (another engine leads)")
            assert other.ended(signal.SIGTERM)[0] == 0
            wait_for(lambda: account.heartbeat.pid == terminal.process.pid, "that it leads")
            wait_for(account.has_door, "its door")
            terminal.press("q")
            terminal.until("stop the engine")
            terminal.press("\r")
            terminal.until("still here")
            assert account.says(Word.STATUS).done
            terminal.press("q")
            terminal.press("s")
            terminal.until("to stop it")
            terminal.press("stop\r")
            code, seconds = terminal.ended()
            assert code == 0
            assert seconds < SCREENS_SOON
            assert terminal.is_as_found()
    assert account.was_stopped()
    assert account.processes() == []


def test_a_detached_engine_trades_on_is_shown_by_attach_and_ended_by_stop(account: Account) -> None:
    with account.terminal("run") as terminal:
        running(terminal).press("q")
        terminal.until("stop the engine")
        terminal.press("d")
        assert terminal.ended()[0] == 0
        assert "it trades on without this terminal" in terminal.text
        assert terminal.is_as_found()
    (headless,) = account.processes()
    assert account.says(Word.STATUS).done
    with account.terminal("attach") as terminal:
        running(terminal).press("q")
        code, seconds = terminal.ended()
        assert code == 0
        assert seconds < SCREENS_SOON
        assert terminal.is_as_found()
    assert account.processes() == [headless]
    assert account.heartbeat.pid == headless
    log = bootstrap.log_path(account.data_dir)
    wait_for(lambda: "leads under epoch 2," in log.read_text(), "what the detached engine writes down")
    assert account.stonks("stop", "--yes") == 0
    wait_for(lambda: account.processes() == [], "the end", SOON)
    assert account.was_stopped()


@pytest.mark.parametrize("when", ["at once", "later"])
def test_an_engine_whose_terminal_is_closed_trades_on_in_its_process(account: Account, when: str) -> None:
    log = bootstrap.log_path(account.data_dir)
    program = ("-c", SLOW_SCREENS) if when == "at once" else ("-m", "stonks_tui.cli")
    with account.terminal("run", program=program) as terminal:
        if when == "at once":  # there is an engine, and no screens yet
            wait_for(lambda: log.exists() and "leads under epoch 1," in log.read_text(), "an engine")
        else:
            running(terminal)
        terminal.hang_up()
        terminal.signal(signal.SIGHUP)  # a shell that ends sends one of its own
        wait_for(lambda: "leads under epoch 2," in log.read_text(), "that it goes on")
        wait_for(account.has_door, "its door")
        assert account.processes() == [terminal.process.pid]
        assert account.heartbeat.pid == terminal.process.pid
        terminal.signal(signal.SIGHUP)
        assert account.says(Word.STATUS).done
        terminal.signal(signal.SIGTERM)
        code, seconds = terminal.ended()
        assert code == 0
        assert seconds < SOON
    assert account.was_stopped()


@pytest.mark.parametrize("by", ["SIGTERM", "SIGINT", "stop"])
def test_an_engine_that_is_ended_from_elsewhere_takes_its_screens_with_it(account: Account, by: str) -> None:
    with account.terminal("run") as terminal:
        running(terminal)
        if by == "stop":
            assert account.says(Word.STOP).done
        else:
            terminal.signal(signal.Signals[by])
        code, seconds = terminal.ended()
        assert code == 0
        assert seconds < SCREENS_SOON
        assert terminal.is_as_found()
    assert account.was_stopped()
    assert account.processes() == []


@pytest.mark.parametrize("by", ["q", "SIGHUP"])
def test_a_demo_ends_with_its_terminal(demo: Account, by: str) -> None:
    account = Account(demo.data_dir / "demo")
    with demo.terminal("demo", "--day-seconds", "5") as terminal:
        running(terminal)
        if by == "q":
            wait_for(lambda: account.turns > 5, "some of its day")
            terminal.press("q")
        else:
            terminal.hang_up()
        code, seconds = terminal.ended()
        assert code == 0
        assert seconds < SCREENS_SOON
        assert by == "SIGHUP" or terminal.is_as_found()
    assert account.was_stopped()
    assert demo.processes() == []


def test_a_terminal_that_nobody_reads_holds_up_neither_the_demo_nor_its_end(demo: Account) -> None:
    account = Account(demo.data_dir / "demo")
    with demo.terminal("demo", "--day-seconds", "5") as terminal:
        running(terminal).read_no_more()
        terminal.press("123451234512345")
        time.sleep(1)
        before = account.turns
        wait_for(lambda: account.turns > before + 20, "that it trades on")
        terminal.read_on()
        written = terminal.written
        wait_for(lambda: "Performance" in terminal.text_after(written), "a whole screen")
        terminal.read_no_more()
        terminal.press("123451234512345")
        time.sleep(1)
        terminal.signal(signal.SIGTERM)
        code, seconds = terminal.ended()
        assert code == 0
        assert seconds < SCREENS_SOON
    assert account.was_stopped()


def test_screens_that_break_end_with_an_error_and_the_engine_in_order(account: Account) -> None:
    with account.terminal("run", program=("-c", BROKEN_WIDGET)) as terminal:
        assert terminal.ended(20)[0] == 1
        assert terminal.said_at_the_end() == BROKEN_WORDS
        assert terminal.is_as_found()
    assert account.was_stopped()
    log = bootstrap.log_path(account.data_dir).read_text()
    assert "the screens broke, and end the engine" in log
    assert "Traceback" in log


def test_an_engine_that_breaks_is_said_to_be_offline_and_why_and_ends_with_an_error(account: Account) -> None:
    with account.terminal("run", program=("-c", BROKEN_ENGINE)) as terminal:
        terminal.until("OFFLINE")
        terminal.until("the books contradict themselves")
        terminal.press("q")
        assert terminal.ended()[0] == 1
        assert terminal.is_as_found()
        assert "stonks: the books contradict themselves" in terminal.text
    assert "CRITICAL the engine broke: the books contradict" in bootstrap.log_path(account.data_dir).read_text()
