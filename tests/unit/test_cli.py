"""The command line's own duties: finding the command, the global options, and how every failure ends."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import BadInput, Unavailable
from stonks_tui import cli
from stonks_tui.version import __version__

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[[argparse.Namespace], int]
Install = Callable[[Run], None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that makes its argument the body of `stonks demo [--days N]`."""

    def as_demo(run: Run) -> None:
        def configure(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--days", type=int, default=1)

        module = SimpleNamespace(configure=configure, run=run)
        monkeypatch.setitem(sys.modules, "stonks_tui.commands.demo", module)
        package = SimpleNamespace(demo=module, __path__=[], __spec__=None)
        monkeypatch.setitem(sys.modules, "stonks_tui.commands", package)

    return as_demo


def _raise(error: BaseException) -> Run:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


def test_no_words_and_no_terminal_say_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    for way in ("Demo: stonks demo", "Own backtest: stonks backtest run --bars FILE", "Paper trading"):
        assert way in out
    assert "stonks --help lists the commands." in out


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {command.name} " in out and command.help in out for command in cli.COMMANDS)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"stonks {__version__}\n"


def test_an_unknown_command_is_answered_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bakctest"]) == 2
    assert "no command 'bakctest'; did you mean 'backtest'?" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["test", "check"])
def test_a_word_of_the_launcher_says_that_it_needs_a_checkout(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([word, "-q"]) == 2
    assert "needs a checkout" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--nope"], ["demo", "--nope"], ["demo", "--days", "two"], ["demo", "--data-dir"]])
def test_a_wrong_option_ends_with_two_and_points_to_the_help(
    words: list[str], install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(lambda _: 0)
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("stonks: ")
    assert "--help" in error
    assert len(error.splitlines()) == 2


@pytest.mark.parametrize(
    "words",
    [
        ["--debug", "--data-dir", "/d", "demo", "--days", "3"],
        ["demo", "--days", "3", "--debug", "--data-dir=/d"],
        ["--data-dir=/d", "demo", "--debug", "--days=3"],
    ],
)
def test_global_options_stand_before_or_after_the_command(words: list[str], install: Install) -> None:
    seen: list[argparse.Namespace] = []

    def run(args: argparse.Namespace) -> int:
        seen.append(args)
        return 7

    install(run)

    assert cli.main(words) == 7
    assert seen == [argparse.Namespace(debug=True, data_dir=Path("/d"), database=None, days=3)]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"STONKS_DATA_DIR": "/chosen", "XDG_DATA_HOME": "/xdg"}, "/chosen"),
        ({"XDG_DATA_HOME": "/xdg"}, "/xdg/stonks"),
        ({"XDG_DATA_HOME": "relative"}, "/home/me/.local/share/stonks"),
        ({}, "/home/me/.local/share/stonks"),
    ],
)
def test_the_data_directory_follows_the_environment(
    environment: dict[str, str], expected: str, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STONKS_DATA_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, value)
    install(lambda args: int(args.data_dir != Path(expected)))

    assert cli.main(["demo"]) == 0


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (BadInput("no such day", hint="use a day of 2024"), 2, ["stonks: no such day", "        use a day of 2024"]),
        (Unavailable("the database is locked"), 1, ["stonks: the database is locked"]),
        (KeyboardInterrupt(), 130, ["stonks: interrupted"]),
    ],
)
def test_a_failure_is_one_sentence_and_an_exit_code(
    error: BaseException, code: int, lines: list[str], install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(_raise(error))
    assert cli.main(["demo"]) == code
    assert capsys.readouterr().err.splitlines() == lines


def test_the_unexpected_is_called_a_bug_without_a_traceback(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(_raise(KeyError("x")))
    assert cli.main(["demo"]) == 1
    error = capsys.readouterr().err
    assert "a bug in stonks-tui: KeyError: 'x'" in error
    assert "--debug" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("error", [KeyError("x"), BadInput("no such day")])
def test_debug_shows_the_traceback(error: Exception, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(_raise(error))
    cli.main(["demo", "--debug"])
    assert "Traceback" in capsys.readouterr().err


def test_a_broken_pipe_that_is_not_the_output_is_a_failure(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(_raise(BrokenPipeError("a socket")))
    assert cli.main(["demo"]) == 1
    assert "BrokenPipeError" in capsys.readouterr().err


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-P", "-m", "stonks_tui.cli", "--help"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (run.returncode, run.stderr) == (141, b"")


def test_a_terminal_without_unicode_does_not_stop_it() -> None:
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-P", "-m", "stonks_tui.cli", "--help"]
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("package", ["engine", "storage"])
def test_a_stranger_of_the_same_name_is_refused(package: str, tmp_path: Path) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("raise SystemExit('the stranger was imported')\n")
    run = subprocess.run(
        [sys.executable, "-P", "-m", "stonks_tui.cli", "demo"],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith(f"stonks: Python finds another package '{package}' in {tmp_path}")
