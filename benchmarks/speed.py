"""How long does the engine take, beside a plain simulator of fewer rules in the same minute on the same machine?

    python benchmarks/speed.py --bench DIR --data DIR D1

Seconds differ between machines and hours; the ratio to the reference does much less, so that is what goals are set
in. Each line is the best of `--repeat` tries. The whole command is a fresh process with an empty data directory.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import workloads
from engine import backtester
from engine.adapters.inputs import Inputs
from engine.backtester import BacktestConfig
from engine.model.money import UNITS_PER_DOLLAR

T = TypeVar("T")
_TRACED_BELOW = 50_000  # recommendations: traces of more than that are for nobody to read


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measurement. `against` is what the ratio compares with, in seconds."""

    what: str
    seconds: float
    against: float | None = None
    peak_bytes: int | None = None
    note: str = ""


def main() -> int:
    """Measure the workloads that are named and return the exit code."""
    parser = workloads.parser("Time the engine beside the reference simulator.", default=("D2", "D1"))
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="best of N tries (1)")
    args = parser.parse_args()
    bench = workloads.ready(args)
    for name in args.names:
        print(f"{name}\n  {'':38}{'seconds':>9}{'x reference':>13}{'peak MB':>9}")
        for line in measurements(bench, name, max(1, args.repeat)):
            ratio = f"{line.seconds / line.against:.2f}" if line.against else ""
            peak = f"{line.peak_bytes / 1e6:,.0f}" if line.peak_bytes else ""
            print(f"  {line.what:38}{line.seconds:9.2f}{ratio:>13}{peak:>9}  {line.note}".rstrip(), flush=True)
    return 0


def measurements(bench: workloads.Bench, name: str, repeat: int) -> Iterator[Line]:
    """Yield the lines of workload `name`, each as soon as it is known."""
    answers = [bench.reference(name) for _ in range(repeat)]
    load = min(float(a["load_s"]) for a in answers)
    engine = min(float(a["engine_s"]) for a in answers)
    yield Line(what="reference: load", seconds=load)
    yield Line(what="reference: engine", seconds=engine)
    inputs, seconds = best_of(repeat, lambda: workloads.load(bench.folder(name)))
    yield Line(what="ours: load, with all its checks", seconds=seconds, against=load)
    loosened = workloads.loosened_config(traced=False)
    yield run_line("ours: engine, the reference's rules", inputs, loosened, engine, repeat)
    full = BacktestConfig(initial_capital=workloads.CAPITAL_USD * UNITS_PER_DOLLAR, traced=False)
    yield run_line("ours: engine, full rules", inputs, full, engine, repeat)
    if len(inputs.recommendations) < _TRACED_BELOW:
        traced = BacktestConfig(initial_capital=full.initial_capital, traced=True)
        yield run_line("ours: engine, full rules, all traces", inputs, traced, engine, repeat)
    del inputs
    yield min((command_line(bench, name, load + engine) for _ in range(repeat)), key=lambda line: line.seconds)


def best_of(repeat: int, work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` returns, and the shortest time that it took."""
    best = float("inf")
    for _ in range(repeat):
        started = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - started)
    return answer, best


def run_line(what: str, inputs: Inputs, config: BacktestConfig, against: float, repeat: int) -> Line:
    """Time one kind of run."""
    result, seconds = best_of(repeat, lambda: backtester.run(inputs.tape, inputs.recommendations, config))
    note = result.error or f"{len(result.books.trades):,} trades, {len(inputs.recommendations):,} recommendations"
    return Line(what=what, seconds=seconds, against=against, note=note)


def command_line(bench: workloads.Bench, name: str, against: float) -> Line:
    """Time `stonks backtest run` as a user starts it the first time."""
    folder = bench.folder(name)
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        sectors = workloads.write_sectors(folder, home / "sectors.csv")
        command = [str(workloads.ROOT / "stonks"), "--data-dir", str(home / "data"), "backtest", "run"]
        command += ["--bars", str(folder / "bars.parquet"), "--recommendations", str(folder / "recs.parquet")]
        command += ["--sectors", str(sectors), "--timezone", "UTC"]
        found = workloads.measure(command, cwd=home)
        note = "" if found.exit_code == 0 else f"exit code {found.exit_code}: {found.output.strip()[-300:]}"
    return Line(
        what="stonks backtest run, new process",
        seconds=found.seconds,
        against=against,
        peak_bytes=found.peak_bytes,
        note=note or "of load and engine together",
    )


if __name__ == "__main__":
    sys.exit(main())
