"""`./stonks http-check`: does the interface do what its OpenAPI document says, whatever anybody asks?

Makes an account that holds something, starts `stonks run --http` on it, and has schemathesis ask with an operating
token: what the document allows, what it does not, and one thing after another as its links say. Fails on a server
error, on an answer that is not documented, and when of an operation's requests fewer than half are done.
"""

import argparse
import asyncio
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx

from engine.adapters import calendar
from stonks_tui.cli import main as stonks
from tests.support import exchange_hours, live_account

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "an-operating-token-of-the-check"
REQUESTS, LEAST_SHARE = 20_000, 0.5
_OPERATIONS = 32
_MOST_RUNS = 12
_COUNTED = "*-counted.json"
_SLOW = {
    "POST /api/trading/backtest": 45,
    "DELETE /api/trading/backtest/{backtest_id}": 45,
    "POST /api/trading/positions/close": 150,
    "POST /api/trading/positions/{ticker}/close": 150,
}
"""What takes its time, or wants something to be held, and how often it is asked at most."""
_LARGE, _LARGE_EXAMPLES = "PUT /api/trading/config", 500
"""An operation of which each of a hundred fields is tried with what it cannot be, and needs as many that can."""


def main() -> int:
    """Return the exit code: 0 when all of it holds."""
    parser = argparse.ArgumentParser(prog="stonks http-check", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"at least so many come together ({REQUESTS:,})")
    parser.add_argument("--seed", type=int, default=None, help="the same requests again")
    parser.add_argument("--only", metavar="REGEX", help="only operations whose name fits, such as decisions")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stonks-http-") as folder, _engine(Path(folder)) as url:
        return checked(url, Path(folder), args.requests, seed=args.seed, only=args.only)


def checked(url: str, folder: Path, requests: int, *, seed: int | None = None, only: str | None = None) -> int:
    """Ask the engine at `url`, until at least so many `requests` came; say how it went, and return the exit code.

    The engine takes the token of `tokens`. `folder` is for files of the check. With `only` some operations are asked,
    as often as that is worth it, however many requests come together.
    """
    since, passes = time.monotonic(), list[bool]()
    each = max(8, requests // _OPERATIONS)
    settings = _settings_of(url)
    runs = [
        ("all", "examples,coverage,fuzzing", each // 8),
        ("positive", "fuzzing", each),
        ("positive", "stateful", each // 8),
    ]
    while runs or (only is None and _came(folder) < requests and len(passes) < _MOST_RUNS):
        # What a generator has no more of it does not make again; whatever lacks then comes with another seed.
        mode, phases, examples = runs.pop(0) if runs else ("positive", "fuzzing", each // 4)
        number = len(passes)
        chance = None if seed is None else seed + number
        passes.append(
            _passes(f"{number}-{mode}", mode, phases, examples, url, folder, seed=chance, only=only, told=settings)
        )
    return _told(folder, time.monotonic() - since, asked=requests, failed=not all(passes))


def _settings_of(url: str) -> str:
    """Return the settings that the engine has, as JSON: what the check sets must not keep it from buying for ever."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        found = client.get("/api/trading/config").raise_for_status().json()["settings"]
    return json.dumps({name: setting["value"] for name, setting in found.items() if setting["value"] is not None})


def _came(folder: Path) -> int:
    return sum(number for path in folder.glob(_COUNTED) for _, _, number in json.loads(path.read_text()))


def make(folder: Path) -> Path:
    """Make an account that holds something, and has something to read; return its data directory."""
    data_dir = folder / "data"
    _hold(data_dir)
    import_bars(data_dir)
    return data_dir


def import_bars(data_dir: Path) -> None:
    """Import so many days that a backtest of them can be cancelled."""
    rows = ["date,ticker,open,high,low,close,volume"]
    for session in calendar.xnys(date(2015, 1, 1), date(2022, 12, 31)).sessions:
        rows += [f"{session.on},{ticker},50,51,49,50,100000" for ticker in ("QQA", "QQB", "QQC")]
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir.with_name("bars.csv")
    path.write_text("\n".join(rows), encoding="utf-8")
    assert stonks(["--data-dir", str(data_dir), "import", "bars", str(path)]) == 0


def _hold(data_dir: Path) -> None:
    """Trade until the engine is told to stop at a moment at which it holds something."""
    opens = live_account.WORLD.played[1].open_at
    for minutes in range(60):
        shutil.rmtree(data_dir, ignore_errors=True)
        data_dir.mkdir(mode=0o700)
        trader = asyncio.run(live_account.make(data_dir, stops_at=opens + timedelta(minutes=minutes)))
        if trader.state.positions:
            return
    raise AssertionError("the account never holds anything")


@contextmanager
def _engine(folder: Path) -> Iterator[str]:
    """Start an engine that is asked over HTTP, give its address, and see that it ends in order.

    The exchange is shut for it: nobody sends prices, and in a session it would not be ready.
    """
    data_dir = make(folder)
    with _started(data_dir, folder / "first.log"):
        pass  # it has the calendar now
    exchange_hours.shut(data_dir)
    with _started(data_dir, folder / "engine.log") as url:
        yield url


@contextmanager
def _started(data_dir: Path, log: Path) -> Iterator[str]:
    words = ("--data-dir", str(data_dir), "run", "--no-ui", "--log-file", str(log), "--http", "127.0.0.1:0")
    engine = subprocess.Popen(
        [sys.executable, "-P", "-m", "stonks_tui.cli", *words, "--http-rate", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **tokens()},
    )
    try:
        yield address_of(engine, log)
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(15) == 0, f"the engine ended with {engine.returncode}"
    finally:
        engine.kill()
        engine.wait()
        _show_errors(log)


def tokens() -> dict[str, str]:
    """Return the variable with which an engine knows the check."""
    return {"STONKS_HTTP_TOKENS": f"operate check {hashlib.sha256(TOKEN.encode()).hexdigest()}"}


def program() -> str:
    """Return where schemathesis is. Ends the process, with a sentence, when it is not installed."""
    if (found := shutil.which("schemathesis", path=str(Path(sys.executable).parent))) is None:
        raise SystemExit("schemathesis is not installed here: `./stonks http-check --help` does that")
    return found


def address_of(engine: "subprocess.Popen[bytes]", log: Path) -> str:
    """Return where `engine` listens, once it leads. Raises AssertionError, with its log, when it does not begin."""
    until = time.monotonic() + 60
    while time.monotonic() < until and engine.poll() is None:
        text = log.read_text() if log.exists() else ""
        if (found := re.search(r"listens at (http://\S+)", text)) and "leads under" in text:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"the engine has not begun: {log.read_text() if log.exists() else ''}")


def _show_errors(log: Path) -> None:
    lines = log.read_text().splitlines() if log.exists() else []
    for number, line in enumerate(lines):
        if " ERROR http:" in line:
            print("\n".join(lines[number : number + 40]), file=sys.stderr)
            return


def _passes(
    name: str,
    mode: str,
    phases: str,
    examples: int,
    url: str,
    folder: Path,
    *,
    seed: int | None,
    only: str | None,
    told: str,
) -> bool:
    settings = folder / f"{name}.toml"
    settings.write_text(_settings(mode, examples), encoding="utf-8")
    command = [program(), "--config-file", str(settings), "run", f"{url}/openapi.json"]
    command += ["--header", f"Authorization: Bearer {TOKEN}", "--checks", "all", "--mode", mode]
    command += ["--max-examples", str(examples), "--continue-on-failure", "--request-timeout", "60"]
    command += ["--phases", phases, "--max-response-time", "60", "--warnings", "off", "--generation-database", "none"]
    command += ["--seed", str(seed)] if seed is not None else []
    command += ["--include-operation-id-regex", only] if only else []
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tools.http_check_hooks",
        "STONKS_HTTP_CHECK": str(folder / _COUNTED.replace("*", name)),
        "STONKS_HTTP_CHECK_URL": url,
        "STONKS_HTTP_CHECK_SETTINGS": told,
    }
    return subprocess.run(command, env=environment, cwd=folder, check=False).returncode == 0


def _settings(mode: str, examples: int) -> str:
    slow = "".join(
        f'\n[[operations]]\ninclude-name = "{name}"\ngeneration.max-examples = {min(examples, most)}\n'
        "phases.stateful.enabled = false\n"
        for name, most in _SLOW.items()
    )
    large = f'\n[[operations]]\ninclude-name = "{_LARGE}"\ngeneration.max-examples = {max(examples, _LARGE_EXAMPLES)}\n'
    return f"[generation]\nmax-examples = {examples}\n{slow}{large if mode == 'positive' else ''}"


def _told(folder: Path, seconds: float, *, asked: int, failed: bool) -> int:
    """Say how many requests of each operation came, and how they were answered; return the exit code."""
    counts: Counter[tuple[str, int]] = Counter()
    for path in folder.glob(_COUNTED):
        counts.update({(name, status): number for name, status, number in json.loads(path.read_text())})
    names = sorted({name for name, _ in counts})
    print(f"\n{'operation':<60} {'requests':>8} {'2xx':>6}  others")
    poor, errors = [], 0
    for name in names:
        statuses = {status: number for (found, status), number in counts.items() if found == name}
        total, done = sum(statuses.values()), sum(n for s, n in statuses.items() if 200 <= s < 300)
        errors += sum(n for s, n in statuses.items() if s >= 500)
        others = " ".join(
            f"{status}×{number}" for status, number in sorted(statuses.items()) if not 200 <= status < 300
        )
        print(f"{name:<60} {total:>8,} {done / total:>6.0%}  {others}")
        if " /" in name and done / total < LEAST_SHARE:
            poor.append(name)
    print(f"{sum(counts.values()):,} requests in {seconds:,.0f} s; {errors} server errors; asked for {asked:,}")
    for name in poor:
        print(f"fewer than half of {name} were done", file=sys.stderr)
    return 1 if failed or poor or errors else 0


if __name__ == "__main__":
    sys.exit(main())
