"""Signals: what ends what, when screens, their terminal and an engine are told to end, or just end?

`python benchmarks/signals.py [--long] [WORDS]` plays each row in a real pseudo-terminal with the real program: `stonks
run` and `stonks demo`, which have an engine inside, and `stonks attach`, which has none; and prints a Markdown table of
what is left. Rows with all of WORDS in their names are played, or all rows; `--long` adds a terminal that is not read
for 60 seconds. The exit code is 1 when a row did not come to what was expected of it.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.errors import StonksError, Unavailable  # noqa: E402
from engine.model.audit import Word  # noqa: E402
from stonks_tui import bootstrap  # noqa: E402
from tests.support import engine_processes  # noqa: E402
from tests.support.broken_programs import BROKEN_WIDGET  # noqa: E402
from tests.support.engine_processes import Account, wait_for  # noqa: E402
from tests.support.program import make_calendars  # noqa: E402
from tests.support.pseudo_terminal import PseudoTerminal  # noqa: E402

RUN, ATTACH, DEMO = ("run",), ("attach",), ("demo", "--day-seconds", "5")
ENDS_WITHIN, UNREAD_SECONDS, STORM, SHOWN = 3.0, 60.0, 200, 120
ALIVE = ("RUNNING", "ENTRIES PAUSED", "REDUCING")
LINE = "| {} | {} | {} | {} | {} | {} |"
Do = Callable[[PseudoTerminal], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that is done to a program, and the exit status that is expected; None of one that goes on."""

    name: str
    words: tuple[str, ...]
    do: Do
    code: int | None
    is_broken: bool = False
    is_long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a row came to."""

    code: int | None
    terminal: str
    engine: str
    records: str
    after: str


def sent(number: int) -> Do:
    """Return what sends the signal `number`."""
    return lambda terminal: terminal.signal(number)


def typed(*keys: str) -> Do:
    """Return what presses keys, one after the other as somebody does who reads."""

    def do(terminal: PseudoTerminal) -> None:
        for key in keys:
            terminal.press(key)
            time.sleep(0.5)

    return do


def storm(terminal: PseudoTerminal) -> None:
    """Change the size 200 times in two seconds; in the end it is that of the beginning."""
    for number in range(STORM):
        terminal.resize(60 + number % 61, 16 + number % 25)
        time.sleep(0.01)
    terminal.resize(120, 40)
    written = terminal.written
    terminal.press("5")
    wait_for(lambda: "Backtest" in terminal.text_after(written), "the screen after the storm")


def unread(terminal: PseudoTerminal) -> None:
    """Read nothing for a minute, while keys are pressed."""
    terminal.read_no_more()
    for _ in range(int(UNREAD_SECONDS)):
        terminal.press("12345")
        time.sleep(1)
    terminal.read_on()


def nothing(terminal: PseudoTerminal) -> None:
    """The program ends by itself."""
    terminal.process.wait(30)


def rows() -> list[Row]:
    """Return the matrix."""
    found = [
        Row(name="`q`, `d`", words=RUN, do=typed("q", "d"), code=0),
        Row(name="`q`, `s`, `stop`", words=RUN, do=typed("q", "s", "stop\r"), code=0),
        Row(name="`q`, Enter", words=RUN, do=typed("q", "\r"), code=None),
        Row(name="ctrl-q", words=RUN, do=typed("\x11"), code=None),
        Row(name="SIGHUP alone", words=RUN, do=sent(signal.SIGHUP), code=None),
        Row(name="the terminal closed", words=RUN, do=PseudoTerminal.hang_up, code=None),
        Row(name="`q`", words=DEMO, do=typed("q"), code=0),
        Row(name="`q`", words=ATTACH, do=typed("q"), code=0),
    ]
    for words in (DEMO, ATTACH):
        found.append(Row(name="SIGHUP alone", words=words, do=sent(signal.SIGHUP), code=0))
        found.append(Row(name="the terminal closed", words=words, do=PseudoTerminal.hang_up, code=0))
    for words in (RUN, DEMO, ATTACH):
        stops = -1 if words is ATTACH else None
        found += [
            Row(name="SIGTERM", words=words, do=sent(signal.SIGTERM), code=0),
            Row(name="SIGINT", words=words, do=sent(signal.SIGINT), code=0),
            Row(name="ctrl-c typed", words=words, do=typed("\x03"), code=None),
            Row(name="ctrl-z typed", words=words, do=typed("\x1a"), code=None),
            Row(name="SIGTSTP", words=words, do=sent(signal.SIGTSTP), code=stops),
            Row(name="SIGKILL", words=words, do=sent(signal.SIGKILL), code=-signal.SIGKILL),
            Row(name="a widget breaks", words=words, do=nothing, code=1, is_broken=True),
            Row(name="200 sizes in 2 s", words=words, do=storm, code=None),
            Row(name="not read for 60 s", words=words, do=unread, code=None, is_long=True),
        ]
    return sorted(found, key=lambda row: (RUN, DEMO, ATTACH).index(row.words))


@contextmanager
def scene(made: Path, row: Row) -> Iterator[tuple[Account, PseudoTerminal]]:
    """Give an account of the row's own, and its program at a terminal; nothing of it is left running."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        told = engine_processes.copy(made, Path(name))
        account = Account(told.data_dir / "demo") if row.words is DEMO else told
        if row.words is ATTACH:
            stack.enter_context(account.engine("beside")).leads(1)
        program = ("-c", BROKEN_WIDGET) if row.is_broken else ("-m", "stonks_tui.cli")
        terminal = stack.enter_context(told.terminal(*row.words, program=program))
        stack.callback(told.end_all)
        yield account, terminal


def play(made: Path, row: Row) -> Played:
    """Play one row, and look at what is left."""
    with scene(made, row) as (account, terminal):
        if not row.is_broken:
            terminal.until("RUNNING")
            wait_for(account.has_door, "a door")
        row.do(terminal)
        code = _code(terminal)
        left = "closed" if terminal.is_closed else ", ".join(terminal.left_otherwise()) or "as found"
        if code is None and not terminal.is_closed and left != "as found":
            left = "the screens"
        if said := "" if terminal.is_closed else terminal.said_at_the_end():
            left += f", “{said.partition(' (with')[0][:SHOWN]}”"
        records, engine = _records(account), _engine(account)
        return Played(code=code, terminal=left, engine=engine, records=records, after=_after(account, row, engine))


def _code(terminal: PseudoTerminal) -> int | None:
    """Return how it ended; None if it goes on, -1 if it was put to sleep."""
    ends = time.monotonic() + ENDS_WITHIN
    while terminal.process.poll() is None and time.monotonic() < ends:
        if terminal.sleeps():
            return -1
        time.sleep(0.05)
    return terminal.process.poll()


def _engine(account: Account) -> str:
    """Say whether the engine still trades: whether a word makes a turn."""
    try:
        if not account.has_door():
            return "ended"
    except Unavailable:
        return "does not answer"
    before = account.turns
    if not account.says(Word.PAUSE).done:
        return "does not obey"
    wait_for(lambda: account.turns > before, "a turn")
    return "trades on"


def _records(account: Account) -> str:
    """Return what heartbeat, audit and log say."""
    words = asyncio.run(bootstrap.live_reader(account.data_dir).audits())
    logs = [path for path in (account.data_dir / "beside.log", bootstrap.log_path(account.data_dir)) if path.exists()]
    lines = (
        [line.split(" ", 2)[2] for line in logs[0].read_text().splitlines() if " INFO " in line or " WARNING " in line]
        if logs
        else []
    )
    audit = ", ".join(event.asked.word.value for event in words) or "no words"
    return f"{account.heartbeat.doing.partition(' of ')[0]}; {audit}; {' / '.join(lines[-2:]) or 'no log'}"


def _after(account: Account, row: Row, engine: str) -> str:
    """Attach, or begin anew; end it, and check the books."""
    found = []
    if engine == "trades on":
        with account.terminal("attach") as again:
            wait_for(lambda: any(word in again.text for word in ALIVE), "the engine on the screens")
            found.append("attach shows it")
        account.says(Word.STOP)
        wait_for(lambda: not account.has_door(), "the end")
    account.end_all()
    if row.words is not DEMO:  # a demo is made anew each time
        with account.engine("anew") as anew:
            anew.leads(account.heartbeat.epoch + 1)
            found.append("goes on anew")
            found.append("" if anew.ended(signal.SIGTERM)[0] == 0 else "does not end")
    with redirect_stdout(sys.stderr):
        found.append("books whole" if account.stonks("db", "check") == 0 else "BOOKS NOT WHOLE")
    return ", ".join(filter(None, found))


def make(folder: Path) -> Path:
    """Make what every row begins with: an account with daily bars, and the calendar of the demo."""
    with redirect_stdout(sys.stderr):
        made = engine_processes.make(folder)
    calendars = folder / "calendars"
    calendars.mkdir()
    shutil.copytree(make_calendars(calendars), bootstrap.cache_path(made / "demo"))
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Play the rows, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="that stand in the rows to play")
    parser.add_argument("--long", action="store_true", help="a terminal that is not read for a minute too")
    args = parser.parse_args(argv)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        made = make(Path(name))
        print(LINE.format("what was done", "exit", "the terminal", "the engine", "heart; words; log", "afterwards"))
        print(LINE.format(*["---"] * 6))
        for row in rows():
            whole = f"`stonks {row.words[0]}`: {row.name}"
            if row.is_long > args.long or not all(word in whole for word in args.words):
                continue
            try:
                played = play(made, row)
            except (AssertionError, StonksError, TimeoutExpired) as error:
                played = Played(code=row.code, terminal="?", engine="?", records=str(error)[:200], after="?")
                wrong += 1
            is_wrong = played.code != row.code
            wrong += is_wrong
            code = {None: "goes on", -1: "sleeps"}.get(played.code, played.code)
            shown = f"{code} **expected {row.code}**" if is_wrong else code
            print(LINE.format(whole, shown, played.terminal, played.engine, played.records, played.after))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
