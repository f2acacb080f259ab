"""Beside: does a backtest that is made from its screen hold up the engine that trades in the same program?

`python benchmarks/beside.py --data DIR [--rounds N]` lets the assembly of `latency.py` trade a day in a
pseudo-terminal, and looks at what is shown. Each round types the files of D1 (benchmarks/README.md; its moments are
said to be of UTC, since the form has no line for that) into the form on screen 5 and runs it once the form says what
was typed. Either keys are pressed until the run is over, one screen after the other; or the run is cancelled, at a
moment that the seed chooses after it began to simulate. In the first line the same form is filled and left, and the
same keys are pressed without a run.

Printed are the gaps of the engine's loop and how long its orders took, from the first round to the last; from a key to
the screen that it goes to, for keys that were pressed and answered while a run was being made; and from the key that
cancels to the word that it is. Machines differ and are shared: compare lines of one run.
"""

import argparse
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import loads
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import latency  # noqa: E402
from benchmarks.seen_program import SeenProgram  # noqa: E402

SIZE = (120, 40)
SCREENS = "12346785"
"""Where the keys go, again and again."""
_A_GLANCE = 0.2
"""Seconds between two keys, at least."""
_WITHOUT = 5.0
"""Seconds for which keys are pressed in a round without a run."""
_WAITS = (0.3, 1.0)
"""When a run is cancelled: so many seconds after it began to simulate."""
_BEING_MADE = re.compile(r"starting|reading:|simulating|writing down")
_WENT_WELL = " completed: "
_RUN = re.compile(r"simulating +run (\d+)")


@dataclass(slots=True, kw_only=True)
class Found:
    """What was measured: seconds, each. `late` counts runs that were over before they were cancelled."""

    keys: list[float] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    cancels: list[float] = field(default_factory=list)
    late: int = 0
    rounds: int = 0
    gaps: list[float] = field(default_factory=list)
    orders: list[float] = field(default_factory=list)


Files = tuple[Path, Path]
"""Prices and recommendations."""
Round = Callable[[SeenProgram, Files, Found], None]


def measured(rounds: int, seconds: float, workload: Path, one: Round) -> Found:
    """Return what `rounds` of `one` come to beside an engine whose day takes `seconds`; as many as find room in it."""
    found = Found()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = _of_utc(workload, folder)
        with _trading(folder, seconds) as app:
            began = time.perf_counter()
            while found.rounds < rounds and not (folder / latency.RESULT).exists():
                one(app, files, found)
                found.rounds += 1
            ended = time.perf_counter()
            app.type("q")
            while not (folder / latency.RESULT).exists():
                app.look(0.1)
        felt = loads((folder / latency.FELT).read_text())
    found.gaps, found.orders = ([took for at, took in felt[of] if began < at < ended] for of in ("gaps", "orders"))
    return found


def _of_utc(workload: Path, folder: Path) -> Files:
    table = parquet.read_table(workload / "recs.parquet")
    place = table.schema.get_field_index("generated_at")
    moments = table.column(place).cast(pa.timestamp("ns", tz="UTC"))
    parquet.write_table(table.set_column(place, "generated_at", moments), folder / "recs.parquet")
    return workload / "bars.parquet", folder / "recs.parquet"


@contextmanager
def _trading(folder: Path, seconds: float) -> Iterator[SeenProgram]:
    words = ["-P", latency.__file__, "--child", str(folder), "--seconds", str(seconds), "--screens"]
    app = SeenProgram(words, SIZE, {"PYTHONPATH": str(ROOT)}, program=sys.executable)
    try:
        app.seen(lambda s: "RUNNING" in s.line(0))
        app.look(2.0)
        yield app
    finally:
        app.end()


# Rounds


def without(app: SeenProgram, files: Files, found: Found) -> None:
    """Fill the form and leave it, then press keys."""
    _fill_form(app, files)
    app.type("\x1b")
    app.seen(lambda s: "A backtest" not in s.text)
    began = time.perf_counter()
    for key in _again_and_again(SCREENS):
        if time.perf_counter() - began > _WITHOUT:
            return
        found.keys.append(_gone_to(app, key))


def until_it_ends(app: SeenProgram, files: Files, found: Found) -> None:
    """Run, and press keys as long as it takes."""
    began = _launched(app, files)
    for key in _again_and_again(SCREENS):
        if not _is_being_made(app):
            break
        took = _gone_to(app, key)
        if _is_being_made(app):
            found.keys.append(took)
    app.seen(lambda s: _WENT_WELL in s.text)
    found.runs.append(time.perf_counter() - began)


def cancelling(seed: int) -> Round:
    """Return rounds in which the run is cancelled."""
    chosen = random.Random(seed)

    def cancelled(app: SeenProgram, files: Files, found: Found) -> None:
        _launched(app, files)
        app.seen(lambda s: _RUN.search(s.text) is not None or not _is_being_made(s))
        if (begun := _RUN.search(app.text)) is None:
            raise RuntimeError(f"there is no run to cancel, but\n{app.text}")
        app.look(chosen.uniform(*_WAITS))
        asked = app.type("x")
        ended = re.compile(rf"run {begun[1]} (completed|cancelled|failed):")
        at = app.seen(lambda s: ended.search(s.text) is not None)
        if ended.findall(app.text)[-1] == "cancelled":
            found.cancels.append(at - asked)
        else:
            found.late += 1
        app.seen(lambda s: not _is_being_made(s))

    return cancelled


def _launched(app: SeenProgram, files: Files) -> float:
    _fill_form(app, files)
    at = app.type("\r" * 10)  # from the second field to the last, and run
    app.seen(_is_being_made)
    return at


def _fill_form(app: SeenProgram, files: Files) -> None:
    """Open the form with its key, type the files into it, and see that it says so."""
    _gone_to(app, "5")
    app.type("n")
    app.seen(lambda s: "A backtest" in s.text)
    bars, recommendations = files
    app.type(f"\x05\x15{bars}\t\x05\x15{recommendations}")
    wanted = f"backtestrun--bars{bars}--recommendations{recommendations}--capital100000--tiermoderate"
    app.seen(lambda s: wanted in _joined(s))


def _joined(app: SeenProgram) -> str:
    """Return what stands there, without frames and blanks: the form breaks the command where its line ends."""
    return re.sub(r"[\s│┃║▌▐]", "", app.text)


def _gone_to(app: SeenProgram, key: str) -> float:
    """Go to a screen, and return how long it took until it was shown."""
    asked = app.type(key)
    return app.seen(lambda s: f"[{key} " in s.line(1), glance=_A_GLANCE) - asked


def _again_and_again(keys: str) -> Iterator[str]:
    while True:
        yield from keys


def _is_being_made(app: SeenProgram) -> bool:
    return _BEING_MADE.search(app.line(0)) is not None


# The table


def _at(part: float, seconds: Sequence[float]) -> str:
    if not seconds:
        return ""
    return f"{sorted(seconds)[min(int(len(seconds) * part), len(seconds) - 1)] * 1000:,.0f}"


def _row(words: str, found: Found) -> str:
    cells = [words, str(found.rounds), _at(0.99, found.gaps), _at(1, found.gaps)]
    cells += [_at(0.5, found.orders), _at(0.99, found.orders)]
    cells += [str(len(found.keys) or ""), _at(0.5, found.keys), _at(0.99, found.keys)]
    cells += [str(len(found.cancels) or ""), _at(0.5, found.cancels), _at(1, found.cancels)]
    return f"| {' | '.join(cells)} |"


_HEAD = ("ms", "rounds", "gap p99", "gap most", "order p50", "order p99", "keys", "key p50", "key p99")
_TAIL = ("cancelled", "after p50", "after most")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="where D1 is kept")
    parser.add_argument("--rounds", type=int, default=5, help="forms that are filled in for each line (5)")
    parser.add_argument("--seconds", type=float, default=180.0, help="that the trading day takes (180)")
    parser.add_argument("--seed", type=int, default=7, help="of the moments at which runs are cancelled (7)")
    args = parser.parse_args()
    kinds = {
        "no backtest": without,
        "D1 until it ends": until_it_ends,
        "D1, cancelled": cancelling(args.seed),
    }
    head = (*_HEAD, *_TAIL)
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    notes = []
    for words, one in kinds.items():
        found = measured(args.rounds, args.seconds, args.data / "D1", one)
        print(_row(words, found), flush=True)
        if found.runs:
            notes.append(f"{words}: it took {statistics.median(found.runs):.1f} s (median)")
        if found.rounds < args.rounds:
            notes.append(f"{words}: the day was over after {found.rounds} rounds of {args.rounds}")
        if found.late:
            notes.append(f"{words}: {found.late} of {found.rounds} were over before they were cancelled")
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
