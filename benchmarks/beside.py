"""Beside: does a backtest that is made from its screen hold up the engine that trades in the same program?

`python benchmarks/beside.py --bench DIR` lets the assembly of `latency.py` trade a day in a pseudo-terminal, opens the
form on screen 5, types the files of D1 (benchmarks/README.md) into it and runs it; presses keys meanwhile; and cancels
it near the end of the day. It prints the largest gap of the engine's loop, how long keys took, and from the key that
cancels to the word that it has ended. The first line is without a
backtest: compare lines of one run.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import latency  # noqa: E402
from benchmarks.terminal_program import Burst, Program  # noqa: E402

SIZE = (120, 40)
_KEYS = "15jk"
_ENDED = b"cancelled"
_UP, _FORM_RESTS, _BEGUN = 3.0, 0.4, 4.0


def measured(seconds: float, bench: Path | None) -> dict[str, float]:
    """Return gaps of the engine, keys and the cancelling, all in milliseconds; with a backtest of `bench` if any."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-P", latency.__file__, "--child", name, "--seconds", str(seconds), "--screens"]
        app = Program(command[1:], SIZE, {"PYTHONPATH": str(ROOT)}, program=command[0])
        app.steady(_UP)
        app.press("5")
        if bench is not None:
            _fill_form(app, bench)
        presses = []
        while time.perf_counter() - app.started < seconds * 0.7:
            presses += [app.press(key) for key in _KEYS]
        cancelled = _cancelled(app) if bench is not None else 0.0
        result = Path(name) / latency.RESULT
        while not result.exists():
            app.read(0.1)
        told: dict[str, float] = json.loads(result.read_text())
        app.end()
    return {
        "gap p99": told["gap p99"],
        "gap most": told["gap most"],
        "order p99": told["p99"],
        "keys p50": _at(0.5, presses),
        "keys p99": _at(0.99, presses),
        "cancelled after": cancelled * 1000,
    }


def _fill_form(app: Program, bench: Path) -> None:
    app.press("n")
    for text in (f"{bench / 'bars.parquet'}", f"{bench / 'recs.parquet'}"):
        app.press("\x1b[H")
        os.write(app.fd, b"\x1b[3~" * 8)  # what stands there goes
        app.steady(_FORM_RESTS)
        app.press(text)
        app.press("\t")
    for _ in range(12):  # through the other fields; from the last one it runs
        app.press("\r")
    app.steady(_BEGUN)


def _cancelled(app: Program) -> float:
    app.press("5")
    asked = time.perf_counter()
    os.write(app.fd, b"x")
    seen = b""
    while time.perf_counter() - asked < 30:
        seen += app.read(0.02)
        if _ENDED in seen:
            return time.perf_counter() - asked
    raise TimeoutError(f"it was never cancelled, but\n{seen[-2000:]!r}")


def _at(part: float, presses: list[Burst]) -> float:
    seconds = sorted(press.first for press in presses if press.size)
    return seconds[min(int(len(seconds) * part), len(seconds) - 1)] * 1000 if seconds else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True, help="the folder with D1")
    parser.add_argument("--seconds", type=float, default=60.0, help="that the trading day takes (60)")
    args = parser.parse_args()
    rows = {"alone": measured(args.seconds, None), "beside a backtest of D1": measured(args.seconds, args.bench / "D1")}
    names = list(next(iter(rows.values())))
    print(f"| ms | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}")
    for words, found in rows.items():
        print(f"| {words} | {' | '.join(f'{found[name]:,.0f}' for name in names)} |")


if __name__ == "__main__":
    main()
