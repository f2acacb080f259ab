"""`./stonks mutants`: would a test notice if the rules were a little wrong?

Each mutation is one small fault in a file (tools/mutations.py); a mutant is killed when a test fails. Works on a copy
of the checkout in the directory for temporary files; what came of it is kept beside the environment.
"""

import argparse
import contextlib
import hashlib
import json
import math
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.mutations import Mutation, mutations

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(sys.prefix, ".stonks", "mutants.json")
COPIED = ("benchmarks", "engine", "storage", "stonks_tui", "tests")
CHANGED = ("engine/risk", "engine/accounting", "engine/decision")
FATES = ("killed", "timeout", "survived", "no tests")

Report = dict[str, Any]
"""Of one file: `digest` of its text, `counts` by fate, `seconds`, and `left`: line, fate and diff of the others."""


def main() -> int:
    """Return the exit code: 0 when it ran, whatever it found."""
    for told in (signal.SIGTERM, signal.SIGINT):  # to be told to end is to be interrupted, also in the background
        signal.signal(told, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="stonks mutants", description=__doc__)
    parser.add_argument("paths", nargs="*", help=f"files or folders to change (default: {', '.join(CHANGED)})")
    parser.add_argument("--show", action="store_true", help="run nothing; show which mutants were left the last time")
    parser.add_argument("--sample", type=int, metavar="N", help="N of the mutants, drawn at random, each time the same")
    parser.add_argument("--budget", type=float, default=math.inf, metavar="SECONDS", help="of tests a mutant (all)")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at once (default: 1)")
    parser.add_argument("--examples", type=int, default=15, help="most that a property tries (default: 15)")
    args = parser.parse_args()
    try:
        paths = list(_files(args.paths or [str(ROOT / folder) for folder in CHANGED]))
    except ValueError as error:
        parser.error(str(error))
    if args.show:
        _show(paths)
    else:
        _run(paths, args)
    return 0


def _files(named: Sequence[str]) -> Iterator[str]:
    """Yield the Python files of what was named, relative to the root."""
    for name in named:
        place = Path(name).resolve()
        if not place.exists():
            place = ROOT / name
        if not place.is_relative_to(ROOT) or not place.exists():
            raise ValueError(f"{name} is no file or folder of this checkout")
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield file.relative_to(ROOT).as_posix()


def _run(paths: Sequence[str], args: argparse.Namespace) -> None:
    with _working_copy() as copy:
        texts = {path: (copy / path).read_text() for path in paths}
        made = [mutation for path in paths for mutation in mutations(copy, path)]
        if args.sample and args.sample < len(made):
            made = random.Random(0).sample(made, args.sample)
        say = sys.stderr
        print(f"{len(made)} mutants; running the tests without any …", file=say, flush=True)
        reports: dict[str, Report] = {path: _empty(text) for path, text in texts.items()}
        try:
            for done, outcome in enumerate(_examined(made, args), 1):
                _add(reports[outcome.mutation.path], outcome, texts[outcome.mutation.path])
                if done % 25 == 0:
                    print(f"{done} of {len(made)}", file=say, flush=True)
        except KeyboardInterrupt:
            print("interrupted: this is what had been done", file=say)
    expected = Counter(mutation.path for mutation in made)
    for path, report in reports.items():
        report["left"].sort(key=lambda left: left["line"])
        if 0 < expected[path] == sum(report["counts"].values()):
            _keep(path, report)
    print(table(reports))


def _examined(made: Sequence[Mutation], args: argparse.Namespace) -> Iterator[Any]:
    """Yield outcomes. Everything heavy that the tests import, but nothing of the program, is imported before forks."""
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # threads do not survive a fork
        os.environ[variable] = "1"
    import exchange_calendars  # noqa: F401

    from tools.mutant_runner import Effort, examine

    effort = Effort(jobs=max(1, args.jobs), examples=max(1, args.examples), budget_seconds=args.budget)
    yield from examine(made, effort, tell=lambda sentence: print(sentence, file=sys.stderr, flush=True))


@contextlib.contextmanager
def _working_copy() -> Iterator[Path]:
    """Give a copy of what is needed, and be in it; it is the only place where the program can be imported from."""
    with tempfile.TemporaryDirectory(prefix="stonks-mutants-") as made:
        copy = Path(made).resolve()
        for folder in COPIED:
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        sys.path[:] = [str(copy), *(place for place in sys.path if Path(place or ".").resolve() != ROOT)]
        os.environ["PYTHONPATH"] = str(copy)
        with contextlib.chdir(copy):
            yield copy


def _empty(text: str) -> Report:
    return {"digest": _digest(text), "counts": dict.fromkeys(FATES, 0), "seconds": 0.0, "left": []}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _add(report: Report, outcome: Any, original: str) -> None:
    report["counts"][outcome.fate] += 1
    report["seconds"] += outcome.seconds
    if outcome.fate in ("survived", "no tests"):
        mutation = outcome.mutation
        report["left"].append({"line": mutation.line, "fate": outcome.fate, "diff": mutation.diff(original)})


def table(reports: dict[str, Report]) -> str:
    """Return the figures of each file, and of all; a mutant that ran into a time limit was noticed."""
    total: Counter[str] = Counter()
    seconds = 0.0
    width = max(map(len, [*reports, "all"]))
    lines = [f"{'file':{width}}  killed timeout survived no-tests  total       %  s/mutant"]
    for path, report in reports.items():
        if sum(report["counts"].values()):
            lines.append(_row(path.ljust(width), report["counts"], report["seconds"]))
            total.update(report["counts"])
            seconds += report["seconds"]
    return "\n".join([*lines, _row("all".ljust(width), total, seconds)])


def _row(name: str, counts: dict[str, int], seconds: float) -> str:
    killed, timeout, survived, no_tests = (counts.get(fate, 0) for fate in FATES)
    total = killed + timeout + survived + no_tests
    percent, each = (100 * (killed + timeout) / total, seconds / total) if total else (100, 0)
    return f"{name}  {killed:6} {timeout:7} {survived:8} {no_tests:8} {total:6}  {percent:5.1f} %  {each:8.2f}"


def _kept() -> dict[str, Report]:
    try:
        kept: dict[str, Report] = json.loads(KEPT.read_text())
    except (OSError, ValueError):
        return {}
    return kept


def _keep(path: str, report: Report) -> None:
    KEPT.write_text(json.dumps(_kept() | {path: report}))


def _show(paths: Sequence[str]) -> None:
    kept = {path: report for path, report in _kept().items() if path in paths}
    for path, report in kept.items():
        if report["digest"] != _digest((ROOT / path).read_text()):
            print(f"{path} has changed since: its lines may be others now")
        for left in report["left"]:
            print(f"{path}:{left['line']} {left['fate']}\n{left['diff']}")
    print(table(kept) if kept else "nothing was run yet on these files")


if __name__ == "__main__":
    sys.exit(main())
