"""Command line: which command was asked for, and what does its end look like to the shell?

A command is a module of `stonks_tui.commands` with `configure(parser)` and `run(args) -> int`. Only the chosen one is
imported, so that `--help` answers at once. Exit codes: 0 done, 1 failed, 2 used wrongly, 4 nobody is there to be asked,
130 interrupted, 141 the reader of the output went away.
"""

import argparse
import gc
import importlib
import importlib.util
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NoReturn, Protocol, cast

from stonks_tui import closed_streams, data_dir
from stonks_tui.version import __version__

_COLLECTED_AFTER = 20_000, 20, 20
"""So many new values before the garbage collector looks through them: a start makes a million and drops none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One word after `stonks`. `module` is imported when the word is used, not before."""

    name: str
    help: str
    module: str


class CommandModule(Protocol):
    """What a module of `stonks_tui.commands` offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit code; `args.data_dir` (Path) and `args.debug` are always there."""


COMMANDS: tuple[Command, ...] = (
    Command(name="demo", help="see it at work on a made-up market", module="stonks_tui.commands.demo"),
    Command(name="run", help="trade an account on paper", module="stonks_tui.commands.run"),
    Command(name="attach", help="the screens of an engine that runs elsewhere", module="stonks_tui.commands.attach"),
    Command(name="status", help="does an engine run, how does the account stand?", module="stonks_tui.commands.status"),
    Command(name="positions", help="what is held", module="stonks_tui.commands.positions"),
    Command(name="decisions", help="what was decided, newest first", module="stonks_tui.commands.decisions"),
    Command(name="doctor", help="what is wrong here, and what to do about it", module="stonks_tui.commands.doctor"),
    Command(name="pause", help="no more entries; what is held is managed", module="stonks_tui.commands.pause"),
    Command(name="resume", help="entries are made again", module="stonks_tui.commands.resume"),
    Command(name="halt", help="nothing leaves any more, not even a stop", module="stonks_tui.commands.halt"),
    Command(name="close", help="sell a position, or all of them", module="stonks_tui.commands.close"),
    Command(name="tier", help="how bold is the engine to be?", module="stonks_tui.commands.tier"),
    Command(name="breaker", help="trip, clear and list circuit breakers", module="stonks_tui.commands.breaker"),
    Command(name="reserve", help="money into the reserve, or out of it", module="stonks_tui.commands.reserve"),
    Command(name="config", help="show and change what the account trades by", module="stonks_tui.commands.config"),
    Command(name="broker", help="a broker on paper of its own, behind a queue", module="stonks_tui.commands.broker"),
    Command(
        name="broker-check",
        help="does a broker service keep to the protocol?",
        module="stonks_tui.commands.broker_check",
    ),
    Command(name="stop", help="end the engine", module="stonks_tui.commands.stop"),
    Command(name="audit", help="who told the engine what?", module="stonks_tui.commands.audit"),
    Command(name="notify", help="who is told what, by which channel; send a test", module="stonks_tui.commands.notify"),
    Command(name="replay", help="does the journal come to the same again?", module="stonks_tui.commands.replay"),
    Command(name="db", help="check, copy and restore the account's files", module="stonks_tui.commands.db"),
    Command(name="import", help="read prices and recommendations from files", module="stonks_tui.commands.import_data"),
    Command(name="backtest", help="run, list, show and export backtests", module="stonks_tui.commands.backtest"),
    Command(name="explain", help="why was this bought, sold or left alone?", module="stonks_tui.commands.explain"),
    Command(name="tax", help="gains, wash sales and open lots for tax; Form 8949", module="stonks_tui.commands.tax"),
)

_WELCOME = Command(name="", help="choose how to begin", module="stonks_tui.commands.welcome")

# Words of the launcher in a checkout; an installed stonks has neither the tests nor their tools.
_CHECKOUT_WORDS = {
    "test": "runs the project's own tests",
    "check": "runs the project's own checks",
    "verify": "compares the project with outside authorities",
    "lengthy": "runs the project's tests that take long",
    "soak": "drives the project's core with anything that may happen",
    "endure": "lets a whole live engine of the project endure what may fail",
    "mutants": "tries the project's own tests",
    "deploy-check": "checks the project's own image, compose file and chart",
    "pictures": "makes the project's own pictures",
    "recording": "records a walk through the project's own demo",
    "drive": "presses every key of the project's own screens",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's) and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(*_COLLECTED_AFTER)
    closed_streams.open_empty()
    _never_fail_on_a_letter()
    if strangers := _strangers():
        _say(strangers, hint="start stonks from another directory, and look at PYTHONPATH")
        return 1
    return _guarded(arguments)


def _guarded(arguments: list[str]) -> int:
    """Run, and turn every way of ending into an exit code and at most two lines."""
    from engine.errors import OUT_OF_MEMORY, BadInput, NotReached, StonksError

    debug = "--debug" in arguments
    try:
        code = _dispatch(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # so that a reader that went away is noticed here
    except KeyboardInterrupt:
        return _refused(arguments, "interrupted", code=130)
    except StonksError as error:
        _traceback(debug)
        code = 2 if isinstance(error, BadInput) else 4 if isinstance(error, NotReached) else 1
        return _refused(arguments, str(error), hint=error.hint, code=code)
    except Exception as error:  # noqa: BLE001 - the last stop before the shell
        if isinstance(error, BrokenPipeError) and _output_is_gone():
            return 141
        _traceback(debug)
        if isinstance(error, MemoryError):
            return _refused(arguments, OUT_OF_MEMORY, hint="fewer days or tickers take less", code=1)
        said, hint = f"this is a bug in stonks-tui: {type(error).__name__}: {error}", "the same command with --debug"
        return _refused(arguments, said, hint="" if debug else f"{hint} shows where it happened", code=1)
    return code


def _refused(arguments: list[str], message: str, *, hint: str = "", code: int) -> int:
    """Say why it ended so, to a program that listens (`--progress json`) as an event too, and return `code`."""
    _say(message, hint=hint)
    if "--progress=json" in arguments or ("--progress", "json") in pairwise(arguments):
        from stonks_tui.run_events import Refused, to_json

        try:
            print(to_json(Refused(message=message, hint=hint, exit_code=code)), flush=True)
        except BrokenPipeError:
            _output_is_gone()
    return code


def _dispatch(arguments: list[str]) -> int:
    options, rest = _global_options().parse_known_args(arguments)
    try:
        if "--no-ui" in rest and rest[0].startswith("-"):
            rest = ["run", *rest]
        if _asks_for_nothing(rest):
            command, rest = _WELCOME, ["", *rest]
        else:
            if rest[0].startswith("-"):
                _top_parser().parse_args(rest)
            command = _find(rest[0])
        module = cast(CommandModule, importlib.import_module(command.module))
        parser = _Parser(prog=f"stonks {command.name}".rstrip(), description=command.help, parents=[_global_options()])
        module.configure(parser)
        args = parser.parse_args(rest[1:], options)
        if args.database is not None and command.name != "broker":  # it keeps books, no account
            from stonks_tui import account_place

            account_place.say(args.database)
        return module.run(args)
    except SystemExit as end:  # argparse ends --help and --version so
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _asks_for_nothing(rest: list[str]) -> bool:
    """Is there no command, and no question about them? How the screens look may be said all the same."""
    return not rest or rest[0].partition("=")[0] in {"--theme", "--ascii"}


def _find(word: str) -> Command:
    from engine.errors import BadInput

    for command in COMMANDS:
        if command.name == word:
            return command
    if word in _CHECKOUT_WORDS:
        raise BadInput(
            f"'{word}' {_CHECKOUT_WORDS[word]} and needs a checkout of it",
            hint=f"in a clone of the repository, '{word}' is the first word: ./stonks {word}",
        )
    import difflib

    near = difflib.get_close_matches(word, [command.name for command in COMMANDS], n=1)
    raise BadInput(
        f"there is no command '{word}'" + (f"; did you mean '{near[0]}'?" if near else ""),
        hint="stonks --help lists the commands",
    )


class _Parser(argparse.ArgumentParser):
    """An argument parser whose refusals are our own errors; its sub-parsers are of this kind too."""

    def error(self, message: str) -> NoReturn:
        from engine.errors import BadInput

        raise BadInput(message, hint=f"{self.prog} --help shows how it is used")


def _global_options() -> argparse.ArgumentParser:
    """Return what every command understands, before or after its name."""
    parser = _Parser(prog="stonks", add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--data-dir",
        type=data_dir.named,
        metavar="DIR",
        default=data_dir.default(),
        help="where the databases are kept (default: $STONKS_DATA_DIR, else %(default)s)",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="keep the account in PostgreSQL (default: $STONKS_DATABASE_URL, else files in the data directory)",
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of a failure")
    return parser


def _top_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="stonks",
        usage="stonks [--data-dir DIR] [--database URL] [--debug] COMMAND …",
        description="An autonomous stock trading engine for the terminal.",
        epilog=_command_table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_global_options()],
    )
    parser.add_argument("--version", action="version", version=f"stonks {__version__}")
    return parser


def _command_table() -> str:
    rows = [f"  {command.name:<14}{command.help}" for command in COMMANDS]
    return "\n".join(["commands:", *rows, "", "stonks COMMAND --help says more about one of them."])


def _strangers() -> str:
    """Return what is wrong if `engine` or `storage` would come from elsewhere than from beside us; else ''."""
    home = Path(__file__).resolve().parent.parent
    for name in ("engine", "storage"):
        spec = importlib.util.find_spec(name)
        if spec is None:
            return f"the package '{name}' is not in {home}, where stonks_tui is"
        found = Path(next(iter(spec.submodule_search_locations or ()), None) or spec.origin or "")
        if found.resolve() != home / name:
            return f"Python finds another package '{name}' in {found}, not the one in {home / name}"
    return ""


def _never_fail_on_a_letter() -> None:
    """Let a terminal without Unicode show `?` for ▲; a report is not worth less for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _output_is_gone() -> bool:
    """Was it our reader that hung up (`| head`), and not some socket? Keeps Python quiet about it at exit."""
    import select

    try:
        sys.stdout.flush()
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        gone = any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except BrokenPipeError:
        gone = True
    except io.UnsupportedOperation:  # no file behind it, so no reader either
        gone = False
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return gone


def _traceback(debug: bool) -> None:
    if debug:
        import traceback

        traceback.print_exc()


def _say(message: str, *, hint: str = "") -> None:
    print(f"stonks: {message}", file=sys.stderr)
    if hint:
        print(f"        {hint}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
