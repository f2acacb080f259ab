"""How a backtest ends when somebody ends it, and what a terminal, a pipe and a colleague at work see of it."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from tests.support.program import ROOT, Desk

pytestmark = pytest.mark.lengthy

ESCAPE = b"\x1b["


def _until_session(process: "subprocess.Popen[str]", row: int) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line == f"session {row}\n":
            return
    pytest.fail("the run ended too early")


def test_ctrl_c_ends_the_run_as_cancelled_and_keeps_what_it_had_come_to(desk: Desk) -> None:
    whole = desk.run()
    process = desk.process("backtest", "run", *desk.files.options, "--no-chart", slowed=True)
    _until_session(process, 30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Backtest 2: cancelled" in out
    assert "! it was cancelled. What it had come to is below." in out
    assert desk.listed() == {2: "cancelled", 1: "completed"}
    days = desk.exported("equity", "2")
    assert 31 <= len(days) < 60
    assert days == desk.exported("equity", "1")[: len(days)]
    assert whole.code == 0


def test_a_killed_run_is_listed_as_interrupted_and_says_so_wherever_it_is_named(desk: Desk) -> None:
    process = desk.process("backtest", "run", *desk.files.options, slowed=True)
    _until_session(process, 5)
    assert desk.listed() == {1: "running"}
    assert "run 1 is still being worked on" in desk.stonks("backtest", "export", "1").err
    assert "Backtest 1: running" in desk.stonks("backtest", "show", "1").out
    process.kill()
    process.communicate()
    assert desk.listed() == {1: "interrupted"}
    shown = desk.stonks("backtest", "show", "1")
    assert "Backtest 1: interrupted" in shown.out
    assert "nothing of it was kept" in shown.out
    assert desk.shown("1")["state"] == "interrupted"
    for words in (["backtest", "export", "1"], ["explain", "d1", "--run", "1"]):
        ended = desk.stonks(*words)
        assert (ended.code, ended.out) == (1, "")
        assert "run 1 was interrupted before it could finish" in ended.err
    assert "there is no finished backtest" in desk.stonks("backtest", "show").err
    assert desk.stonks("backtest", "delete", "1").code == 0


def test_ctrl_c_while_the_files_are_read_ends_it_at_once_and_leaves_no_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stonks_tui import material

    def slow(**_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.01)

    monkeypatch.setattr(material, "load_inputs", slow)
    begun = time.monotonic()
    ended = desk.run()
    assert (ended.code, ended.err) == (130, "stonks: interrupted\n")
    assert time.monotonic() - begun < 30
    assert desk.listed() == {}


def test_runs_at_the_same_time_get_numbers_of_their_own_and_agree(desk: Desk) -> None:
    processes = [desk.process("backtest", "run", *desk.files.options, "--no-chart") for _ in range(2)]
    ends = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    assert desk.listed() == {2: "completed", 1: "completed"}
    assert len({desk.shown(run)["fingerprint"] for run in (1, 2)}) == 1


def test_a_reader_that_goes_away_is_no_failure_to_speak_of(desk: Desk) -> None:
    desk.run()
    reader, writer = os.pipe()
    os.close(reader)
    for words in (["backtest", "show"], ["backtest", "export", "--what", "decisions"]):
        run = subprocess.run(
            [sys.executable, "-P", "-m", "stonks_tui.cli", "--data-dir", str(desk.data_dir), *words],
            env={"PYTHONPATH": str(ROOT)},
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert (run.returncode, run.stderr) == (141, b"")
    os.close(writer)


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)],
)
def test_colour_is_for_terminals_that_want_it(desk: Desk, environment: dict[str, str], coloured: bool) -> None:
    desk.run()
    assert (ESCAPE in _on_a_terminal(desk, environment, "backtest", "show")) == coloured


def _on_a_terminal(desk: Desk, environment: dict[str, str], *words: str) -> bytes:
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "stonks_tui.cli", "--data-dir", str(desk.data_dir), *words],
        env={"PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        stdout=end,
    )
    os.close(end)
    said = b""
    try:
        while chunk := os.read(terminal, 65536):
            said += chunk
    except OSError:  # the way a terminal says that nobody writes any more
        pass
    finally:
        os.close(terminal)
    assert process.wait() == 0
    return said
