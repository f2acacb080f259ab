"""Workloads: where are the data and the reference simulator that we measure ourselves against?"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.adapters.input_options import InputOptions
from engine.adapters.inputs import Inputs, load_inputs
from engine.backtester import BacktestConfig
from engine.model.costs import CostModel
from engine.model.money import UNITS_PER_DOLLAR
from engine.policy_mapping import from_mapping

ROOT = Path(__file__).resolve().parents[1]
LOOSENED = Path(__file__).with_name("loosened.toml")
CAPITAL_USD = 100_000
OPTIONS = InputOptions(timezone="UTC")  # gen_data.py writes moments of UTC without saying so
_SCRIPTS = ("gen_data.py", "reference.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The directory with gen_data.py and reference.py, and the one where the workloads are kept."""

    scripts: Path
    data: Path

    def folder(self, name: str) -> Path:
        """Return where workload `name` is."""
        return self.data / name

    def reference(self, name: str, *, trades: Path | None = None) -> dict[str, Any]:
        """Run reference.py on workload `name` and return what it prints; its trades go to the file `trades`."""
        more = ["--trades", str(trades)] if trades else []
        command = [sys.executable, str(self.scripts / "reference.py"), "--data", str(self.folder(name)), *more]
        answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a process took: wall seconds, peak memory in bytes, its exit code and what it printed."""

    seconds: float
    peak_bytes: int
    exit_code: int
    output: str


def parser(description: str, *, default: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser that knows where the workloads are."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument(
        "--bench",
        type=Path,
        default=os.environ.get("STONKS_BENCH"),
        metavar="DIR",
        help="where gen_data.py and reference.py are (default: $STONKS_BENCH)",
    )
    found.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the workloads are kept")
    found.add_argument("--make", action="store_true", help="make the workloads anew, also when they are there")
    found.add_argument("names", nargs="*", default=list(default), metavar="NAME", help=f"default: {' '.join(default)}")
    return found


def ready(args: argparse.Namespace) -> Bench:
    """Return the bench that `args` name, its workloads made; end with a sentence when it is not there."""
    if args.bench is None or not all((args.bench / script).is_file() for script in _SCRIPTS):
        sys.exit(
            f"--bench DIR (or $STONKS_BENCH) must hold {' and '.join(_SCRIPTS)}; it is {args.bench or 'not given'}"
        )
    bench = Bench(scripts=args.bench.resolve(), data=args.data.resolve())
    missing = [n for n in args.names if args.make or not (bench.folder(n) / "meta.json").is_file()]
    if missing:
        print(f"making {' '.join(missing)} …", file=sys.stderr)
        command = [sys.executable, str(bench.scripts / "gen_data.py"), "--out", str(bench.data), *missing]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return bench


def load(folder: Path) -> Inputs:
    """Return a workload, read by our own readers."""
    return load_inputs(bars=[folder / "bars.parquet"], recommendations=[folder / "recs.parquet"], options=OPTIONS)


def loosened_config(*, traced: bool) -> BacktestConfig:
    """Return the run that the reference can do too: loosened.toml, no costs, $100,000."""
    return BacktestConfig(
        initial_capital=CAPITAL_USD * UNITS_PER_DOLLAR,
        policy=from_mapping(tomllib.loads(LOOSENED.read_text())),
        costs=CostModel(slippage_bps=0.0),
        traced=traced,
    )


def write_sectors(folder: Path, to: Path) -> Path:
    """Write the sectors of a workload's meta.json as CSV and return the file."""
    sectors = json.loads((folder / "meta.json").read_text())["sector"]
    with to.open("w", newline="") as file:
        csv.writer(file).writerows([("ticker", "sector"), *sectors.items()])
    return to


def measure(command: Sequence[str], *, cwd: Path) -> Measured:
    """Run `command` to its end and return what it took, its children included."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        seconds=time.perf_counter() - started,
        peak_bytes=_peak(usage),
        exit_code=process.returncode,
        output=output,
    )


def _peak(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # macOS counts bytes, Linux kilobytes
