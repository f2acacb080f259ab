"""Terminal: do the screens keep their budgets?

`python benchmarks/terminal.py [--rounds N] [--cache DIR] [--only WORD] [--unread]` runs the real program in a
pseudo-terminal, over the demo, over an account of 200 positions whose prices all change every second, and over runs of
20, 10,000 and 200,000 decisions, each with STONKS_PLAIN_OUTPUT set (Textual writes by itself) and without. It prints
one table; of several measurements the median. Machines differ and are shared: compare lines of one run.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import latency, terminal_decisions  # noqa: E402
from benchmarks.terminal_program import FIGURES, FRAME, PLAIN, Burst, Program, Steady, program  # noqa: E402

SMALL, LARGE = (80, 24), (120, 40)
SCREENS = "2345678"
KEYS = {
    "1": "[]zz",
    "2": "hjkGghzz",
    "3": "jkGgzz",
    "4": "[]wwww",
    "5": "jkmm",
    "6": "[]zz",
    "7": "jkzz",
    "8": "jkGgaazz",
}
"""What is pressed on each screen; every one of them is undone by the next, or by the same once more."""
COUNTS = (20, 10_000, 200_000)
OF_AN_ACCOUNT = (("Micro", "6"), ("Notifications", "7"), ("Settings", "8"))
"""Screens that have little to show of a run: their keys are pressed in the demo too, whose engine is then frozen."""
_DEMO_TRADES = 12.0
_WATCHED = 15.0
_BUY_SECONDS = 8.0
Ways = Mapping[str, str]


class Line(NamedTuple):
    """A line of the table: a budget, what it is in, and how it is measured when Textual writes so."""

    budget: str
    limit: float
    unit: str
    measure: Callable[[Ways], float]


class Bench:
    """What is measured, over folders that are made once."""

    def __init__(self, demo: Path, account: Path, decisions: Mapping[int, Path], rounds: int) -> None:
        self._demo = demo
        self._account = account
        self._decisions = decisions
        self._rounds = rounds
        self._presses: dict[tuple[str, bool, tuple[int, int]], list[tuple[str, Burst]]] = {}
        self._watched: dict[tuple[str, bool], Steady] = {}
        self._moves: dict[tuple[int, bool], list[tuple[float, float]]] = {}

    def lines(self) -> Iterator[Line]:
        """Yield the table's lines; those of the account that trades first."""
        yield Line("attach to first data, s", 0.6, ".2f", self._attached)
        for what, screen in (("Overview", "1"), ("Positions", "2"), *OF_AN_ACCOUNT):
            yield Line(f"200 live rows, {what}, bytes/s", 500, ",.0f", partial(self._live_bytes, screen))
            yield Line(f"200 live rows, {what}, % of a core", 1, ".1f", partial(self._live_core, screen))
        yield Line("first frame after exec, s", 0.6, ".2f", self._first_frame)
        for size, limit in ((SMALL, 12_000), (LARGE, 20_000)):
            said = f"{size[0]}x{size[1]}"
            yield Line(f"key to changed screen, {said}, p50, ms", 30, ".0f", partial(self._key, size, 0.5))
            yield Line(f"key to changed screen, {said}, p99, ms", 30, ".0f", partial(self._key, size, 0.99))
            yield Line(f"key until all that was read stands, {said}, p99, ms", 200, ".0f", partial(self._stood, size))
            yield Line(f"a changed screen, {said}, bytes", limit, ",.0f", partial(self._changed, size))
        for what, screen in OF_AN_ACCOUNT:
            for size, limit in ((SMALL, 12_000), (LARGE, 20_000)):
                said = f"demo, {what}, {size[0]}x{size[1]}"
                yield Line(
                    f"{said}, key to changed screen, p50, ms", 30, ".0f", partial(self._own_key, screen, size, 0.5)
                )
                yield Line(f"{said}, p99, ms", 30, ".0f", partial(self._own_key, screen, size, 0.99))
                yield Line(f"{said}, bytes", limit, ",.0f", partial(self._own_bytes, screen, size))
        yield Line("demo, a day in 20 s, bytes/s", 500, ",.0f", partial(self._paced_bytes, ""))
        yield Line("demo, frozen, bytes/s", 500, ",.0f", partial(self._paced_bytes, "f"))
        yield Line("demo with its engine, frozen, % of a core", 1, ".1f", partial(self._paced_core, "f"))
        for count in COUNTS:
            yield Line(f"{count:,} decisions open, s", 0.5, ".2f", partial(self._opened, count, 0))
            yield Line(f"{count:,} decisions, to the end, s", 0.5, ".2f", partial(self._opened, count, 1))

    def _first_frame(self, ways: Ways) -> float:
        return self._started(ways, "backtest", "open", data_dir=self._demo, wanted=FRAME)

    def _attached(self, ways: Ways) -> float:
        return self._started(ways, "attach", data_dir=self._account, wanted=FIGURES)

    def _started(self, ways: Ways, *words: str, data_dir: Path, wanted: object) -> float:
        seconds = []
        for _ in range(self._rounds):
            with program("--data-dir", data_dir, *words, environment=ways) as found:
                seconds.append(found.until(wanted))  # type: ignore[arg-type]
        return statistics.median(seconds)

    def _pressed(self, ways: Ways, size: tuple[int, int]) -> list[tuple[str, Burst]]:
        """Return what came of each key, over and over again."""
        place = ("", bool(ways), size)
        if place not in self._presses:
            with _open(self._demo, ways, size) as app:
                self._presses[place] = [press for _ in range(self._rounds) for press in _all_of(app, (*SCREENS, "1"))]
        return self._presses[place]

    def _pressed_in_demo(self, screen: str, ways: Ways, size: tuple[int, int]) -> list[tuple[str, Burst]]:
        """Return what came of the keys of a screen of an account in which something has happened."""
        place = (screen, bool(ways), size)
        if place not in self._presses:
            with _frozen_demo(ways, size) as app:
                for _, own in OF_AN_ACCOUNT:
                    self._presses[own, bool(ways), size] = []
                for _, own in OF_AN_ACCOUNT * self._rounds:
                    self._presses[own, bool(ways), size] += _all_of(app, (own,))
        return self._presses[place]

    def _own_key(self, screen: str, size: tuple[int, int], part: float, ways: Ways) -> float:
        return _at(part, [burst.first for _, burst in self._pressed_in_demo(screen, ways, size) if burst.size])

    def _own_bytes(self, screen: str, size: tuple[int, int], ways: Ways) -> float:
        return statistics.median(b.size for key, b in self._pressed_in_demo(screen, ways, size) if key == screen)

    def _key(self, size: tuple[int, int], part: float, ways: Ways) -> float:
        return _at(part, [burst.first for _, burst in self._pressed(ways, size) if burst.size])

    def _stood(self, size: tuple[int, int], ways: Ways) -> float:
        return _at(0.99, [burst.seconds for _, burst in self._pressed(ways, size) if burst.size])

    def _changed(self, size: tuple[int, int], ways: Ways) -> float:
        pressed = self._pressed(ways, size)
        return max(statistics.median(b.size for key, b in pressed if key == screen) for screen in (*SCREENS, "1"))

    def _live_bytes(self, screen: str, ways: Ways) -> float:
        return self._live(screen, ways).bytes_a_second

    def _live_core(self, screen: str, ways: Ways) -> float:
        return self._live(screen, ways).core * 100

    def _live(self, screen: str, ways: Ways) -> Steady:
        if (screen, bool(ways)) not in self._watched:
            with program("--data-dir", self._account, "attach", environment=ways) as app:
                app.until(FIGURES)
                app.press("1" if screen == "2" else "2")
                app.press(screen)
                app.steady(1)
                self._watched[screen, bool(ways)] = app.steady(_WATCHED)
        return self._watched[screen, bool(ways)]

    def _paced_bytes(self, keys: str, ways: Ways) -> float:
        return self._paced(keys, ways).bytes_a_second

    def _paced_core(self, keys: str, ways: Ways) -> float:
        return self._paced(keys, ways).core * 100

    def _paced(self, keys: str, ways: Ways) -> Steady:
        if (keys, bool(ways)) not in self._watched:
            with (
                tempfile.TemporaryDirectory() as folder,
                program("--data-dir", folder, "demo", environment=ways) as app,
            ):
                app.until(FIGURES)
                app.steady(2)
                app.press(keys)
                app.steady(1)
                self._watched[keys, bool(ways)] = app.steady(_WATCHED)
        return self._watched[keys, bool(ways)]

    def _opened(self, count: int, which: int, ways: Ways) -> float:
        if (count, bool(ways)) not in self._moves:
            moves = []
            for _ in range(max(1, self._rounds // 2)):
                with _open(self._decisions[count], ways, LARGE) as app:
                    moves.append((app.press("3").seconds, app.press("G").seconds))
            self._moves[count, bool(ways)] = moves
        return statistics.median(move[which] for move in self._moves[count, bool(ways)])


def _all_of(app: Program, screens: Sequence[str]) -> list[tuple[str, Burst]]:
    """Press the key of each screen, then what is pressed on it."""
    return [(key, app.press(key)) for screen in screens for key in (screen, *KEYS[screen])]


def _at(part: float, seconds: list[float]) -> float:
    """Return the quantile in milliseconds."""
    return sorted(seconds)[min(int(len(seconds) * part), len(seconds) - 1)] * 1000


@contextmanager
def _open(data_dir: Path, ways: Ways, size: tuple[int, int]) -> Iterator[Program]:
    with program("--data-dir", data_dir, "backtest", "open", size=size, environment=ways) as app:
        app.until(FIGURES)
        app.settled()
        app.press("1")
        yield app


@contextmanager
def _frozen_demo(ways: Ways, size: tuple[int, int]) -> Iterator[Program]:
    """Give a demo that has traded for a while and stands still."""
    with (
        tempfile.TemporaryDirectory() as folder,
        program("--data-dir", folder, "demo", size=size, environment=ways) as app,
    ):
        app.until(FIGURES)
        app.steady(_DEMO_TRADES)
        app.press("f")
        app.steady(1)
        yield app


@contextmanager
def _traded(folder: Path) -> Iterator[Path]:
    """Give the folder of an account that trades as long."""
    command = [sys.executable, "-P", str(ROOT / "benchmarks" / "terminal_account.py"), str(folder)]
    with subprocess.Popen(command, cwd=ROOT) as engine:
        time.sleep(_BUY_SECONDS)
        yield folder
        engine.terminate()


def _told(line: Line, found: float) -> str:
    return f"{found:{line.unit}} {'' if found <= line.limit else '**over**'}".rstrip()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "stonks-terminal")
    parser.add_argument("--only", default="", metavar="WORD", help="only lines with this word in them")
    parser.add_argument("--unread", action="store_true", help="also a terminal that is not read for a minute")
    args = parser.parse_args()
    demo = args.cache / "demo-home"
    if not (demo / "demo" / "runs" / "1.db").exists():
        words = ["demo", "--backtest", "--no-ui", "--data-dir", str(demo)]
        subprocess.run([str(ROOT / "stonks"), *words], check=True, stdout=subprocess.DEVNULL)
    counts = COUNTS if args.only in "decisions" else ()
    decisions = {count: terminal_decisions.make(demo / "demo", args.cache, count) for count in counts}
    print("| | budget | as Textual writes | through frames |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder, _traded(Path(folder)) as account:
        for line in Bench(demo / "demo", account, decisions, args.rounds).lines():
            if args.only not in line.budget:
                continue
            plain, framed = line.measure(PLAIN), line.measure({})
            print(f"| {line.budget} | {line.limit:,} | {_told(line, plain)} | {_told(line, framed)} |", flush=True)
    if args.unread:
        for ways in (PLAIN, {}):
            os.environ |= ways
            gap = latency.measured(75.0, screens=True, unread=60.0)["gap most"]
            print(f"| not read for 60 s, largest gap of the engine's loop, ms: {gap:.0f} (100) |", flush=True)
            os.environ.pop(next(iter(PLAIN)), None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
