"""`./stonks drive`: the demo takes whatever is pressed, and what goes wrong in a program is noticed."""

import sys
from io import StringIO
from pathlib import Path

import pytest

from stonks_tui.view_models.commands import COMMANDS
from tools import drive_keys, drive_screens
from tools.drive_keys import ENDS, SIZES
from tools.drive_screens import DEMO, Driven, drive

pytestmark = pytest.mark.lengthy

PATIENT = 30.0
"""Seconds for an answer: a machine that is busy is no fault of the screens."""
TERMINAL = """
import os, sys, termios, tty
tty.setraw(0)
say = lambda text: (sys.stdout.write("\\x1b[H\\x1b[2J" + text), sys.stdout.flush())
say("q quit")
while (key := os.read(0, 64)) != b"q":
    {does}
    say("Help\\r\\nq quit" if key == b"?" else "q quit")
{ends}
"""


def driven(
    tmp_path: Path, does: str = "pass", ends: str = "tty.setcbreak(0); termios.tcsetattr(0, 0, FOUND)"
) -> Driven:
    """Drive a little program for a moment that `does` something at each key, and something when it `ends`."""
    program = f"import termios; FOUND = termios.tcgetattr(0)\n{TERMINAL.format(does=does, ends=ends)}"
    command = (sys.executable, "-c", program)
    return drive(command, StringIO(), seed=1, seconds=1.5, patience=2, data_dir=tmp_path)


def test_the_demo_takes_whatever_is_pressed(tmp_path: Path) -> None:
    transcript = StringIO()
    command = (*DEMO, "--data-dir", str(tmp_path), "demo")
    found = drive(command, transcript, seed=8, seconds=6, patience=PATIENT, data_dir=tmp_path)
    assert found.fault == "", transcript.getvalue()[-4000:]
    assert found.steps > 5
    assert "DEMO" in transcript.getvalue()


def test_a_program_that_answers_and_ends_in_order_is_at_no_fault(tmp_path: Path) -> None:
    found = driven(tmp_path)
    assert found.fault == ""
    assert found.steps > 5


@pytest.mark.parametrize(
    ("does", "ends", "words"),
    [
        ("raise ValueError", "", "it ended with 1"),
        ("sys.exit(0)", "", "it ended with 0"),
        ("import time; time.sleep(60)", "", "no answer within 2 s"),
        ("say('Traceback (most recent call last)'); continue", "", "a traceback after"),
        ("pass", "sys.exit(3)", "q ended it with 3"),
        ("pass", "pass", "it does not take lines as before"),
        ("pass", "say('\\x1b[?1003h'); termios.tcsetattr(0, 0, FOUND)", "mode 1003 is still on"),
        ("pass", "say('\\x1b[?25l'); termios.tcsetattr(0, 0, FOUND)", "the cursor is hidden"),
    ],
)
def test_what_goes_wrong_is_noticed(does: str, ends: str, words: str, tmp_path: Path) -> None:
    assert words in driven(tmp_path, does, ends).fault


def test_a_traceback_in_a_log_is_noticed(tmp_path: Path) -> None:
    log = tmp_path / "demo" / "logs" / "engine.log"
    log.parent.mkdir(parents=True)
    log.write_text("Traceback (most recent call last)\n", encoding="utf-8")
    assert "a traceback in engine.log" in driven(tmp_path).fault


def test_every_key_and_every_word_is_pressed_and_none_that_ends_the_program() -> None:
    names = set()
    for step, _ in zip(drive_keys.steps(3), range(6_000), strict=False):
        names.add(step.name.partition(" ")[0].partition(":")[0])
        assert step.keys != "q"
    wanted = {c.name for c in COMMANDS if (c.keys or c.words) and c.name not in ENDS}
    assert wanted - names == set()
    assert {f"{columns}x{rows}" for columns, rows in SIZES} <= names


def test_the_same_seed_gives_the_same_order() -> None:
    first, second = [[s for s, _ in zip(drive_keys.steps(7), range(4_000), strict=False)] for _ in range(2)]
    assert first == second
    assert first != [s for s, _ in zip(drive_keys.steps(8), range(4_000), strict=False)]


def test_an_unknown_option_is_used_wrongly() -> None:
    with pytest.raises(SystemExit) as ended:
        drive_screens.main(["--hours", "3"])
    assert ended.value.code == 2
