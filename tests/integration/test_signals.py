"""What ends what: signals, keys that are signals elsewhere, terminals of any size, and streams that are not there.

`benchmarks/signals.py` plays the whole matrix; `test_engine_process.py` has the ways to leave.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine.model.audit import Word
from stonks_tui import bootstrap
from tests.support.engine_processes import Account, wait_for
from tests.support.program import ROOT
from tests.support.pseudo_terminal import PseudoTerminal

pytestmark = pytest.mark.lengthy

SLEEPY = "this terminal has the engine in it"
CTRL_C, CTRL_Q, CTRL_Z, ESC = "\x03", "\x11", "\x1a", "\x1b"


def screens(terminal: PseudoTerminal) -> PseudoTerminal:
    """Wait until the screens show an engine that runs."""
    terminal.until("RUNNING")
    return terminal


def shown(terminal: PseudoTerminal, key: str, words: str) -> None:
    """Press `key`, and wait until `words` are written anew."""
    written = terminal.written
    terminal.press(key)
    wait_for(lambda: words in terminal.text_after(written), f"{words!r} after {key!r}")


def test_no_key_no_size_and_no_wish_for_sleep_ends_an_engine_and_ctrl_q_asks_as_q_does(account: Account) -> None:
    with account.terminal("run") as terminal:
        screens(terminal).press(CTRL_C + CTRL_Z)
        for number in range(60):
            terminal.resize(60 + number % 61, 16 + number % 25)
        terminal.resize(120, 40)
        terminal.signal(signal.SIGTSTP)
        terminal.until(SLEEPY)
        assert not terminal.sleeps()
        assert account.says(Word.PAUSE).done
        shown(terminal, CTRL_Q, "stop the engine")
        shown(terminal, ESC, "still here")
        shown(terminal, "5", "Backtest")
        assert account.says(Word.STATUS).done
        terminal.signal(signal.SIGTERM)
        assert terminal.ended()[0] == 0
        assert terminal.left_otherwise() == ()
    assert account.was_stopped()
    log = bootstrap.log_path(account.data_dir).read_text()
    assert "it was told to end" in log


def test_whoever_only_sends_sighup_is_told_what_becomes_of_the_engine(account: Account) -> None:
    log = bootstrap.log_path(account.data_dir)
    with account.terminal("run") as terminal:
        screens(terminal).signal(signal.SIGHUP)
        wait_for(lambda: "leads under epoch 2," in log.read_text(), "that it goes on")
        assert terminal.said_at_the_end().startswith("it trades on here without screens; stonks attach shows it")
        assert terminal.left_otherwise() == ()
        wait_for(account.has_door, "its door")
        terminal.signal(signal.SIGINT)
        assert terminal.ended()[0] == 0
    assert account.was_stopped()
    assert "the terminal is gone" in log.read_text()
    assert "SIGINT: it ends" in log.read_text()


def test_a_signal_to_end_that_follows_a_lost_terminal_is_heard(account: Account) -> None:
    with account.terminal("run") as terminal:
        screens(terminal).signal(signal.SIGHUP)
        terminal.signal(signal.SIGTERM)  # a machine that is shut down sends both
        assert terminal.ended()[0] == 0
    assert account.was_stopped()


def test_whatever_ends_screens_elsewhere_the_engine_trades_on(account: Account) -> None:
    ends = {signal.SIGINT: 0, signal.SIGKILL: -signal.SIGKILL}
    with account.engine() as engine:
        engine.leads(1)
        for number, code in ends.items():
            with account.terminal("attach") as terminal:
                screens(terminal).signal(number)
                assert terminal.ended()[0] == code
                assert number == signal.SIGKILL or terminal.left_otherwise() == ()
        assert account.says(Word.PAUSE).done
        assert engine.ended(signal.SIGTERM)[0] == 0


def test_screens_without_an_engine_sleep_and_wake_as_any_program_does(account: Account) -> None:
    with account.engine() as engine:
        engine.leads(1)
        with account.terminal("attach") as terminal:
            screens(terminal).signal(signal.SIGTSTP)
            wait_for(terminal.sleeps, "that it sleeps")
            assert terminal.left_otherwise() == ()
            assert account.says(Word.STATUS).done
            terminal.signal(signal.SIGCONT)
            shown(terminal, "5", "Backtest")
            terminal.press("q")
            assert terminal.ended()[0] == 0
            assert terminal.left_otherwise() == ()


def test_a_killed_program_with_screens_leaves_books_that_the_next_one_goes_on_with(account: Account) -> None:
    with account.terminal("run") as terminal:
        screens(terminal)
        wait_for(account.has_door, "its door")
        assert account.says(Word.PAUSE).done
        terminal.signal(signal.SIGKILL)
        wait_for(lambda: account.processes() == [], "that it is dead")  # nobody has asked yet how it ended
        with account.engine() as engine:
            engine.leads(2)
            assert engine.ended(signal.SIGTERM)[0] == 0
    assert account.stonks("db", "check") == 0


@pytest.mark.parametrize("closed", [">&- 2>&-", "<&- >&- 2>&-", "2>&1 | head -n 1"])
def test_an_engine_needs_nobody_who_hears_it(account: Account, closed: str) -> None:
    command = f"{shlex.join(account.program)} run --no-ui {closed}; exit ${{PIPESTATUS[0]}}"
    shell = subprocess.Popen(
        ["bash", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(lambda: bootstrap.live_path(account.data_dir).exists() and account.has_door(), "its door")
        for word in (Word.PAUSE, Word.RESUME, Word.PAUSE):
            assert account.says(word).done
        assert account.says(Word.STOP).done
        assert shell.wait(20) == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
    assert account.was_stopped()


def test_what_was_closed_is_empty_and_its_number_nobody_elses(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = (
        "from stonks_tui import closed_streams; closed_streams.open_empty(); import sys; "
        f"file = open({str(told)!r}, 'w'); print('nobody', file=sys.stderr); print('hears', sys.stdin.read()); "
        "print(file.fileno() > 2, file=file)"
    )
    command = shlex.join([sys.executable, "-P", "-c", program]) + " <&- >&- 2>&-"
    subprocess.run(["sh", "-c", command], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    assert told.read_text() == "True\n"


def test_whoever_is_impatient_ends_it_no_less_in_order(account: Account) -> None:
    with account.terminal("run") as terminal:
        screens(terminal)
        for _ in range(3):
            terminal.signal(signal.SIGINT)
            time.sleep(0.02)
        assert terminal.ended()[0] == 0
        assert terminal.left_otherwise() == ()
    assert account.was_stopped()
