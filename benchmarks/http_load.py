"""HTTP load: with a year of history stored, how many requests a second are answered, and does the engine notice?

    python benchmarks/http_load.py [--account DIR] [--seconds 10] [--clients 8]

The account of `benchmarks/year.py` (250,000 decisions), in files and in PostgreSQL, with a real `stonks run --http` on
it. A process of its own keeps so many connections busy with one path after the other; meanwhile somebody asks the
engine's own loop how it is, twenty times a second by the socket beside the account, with the load and without: what a
person at the screens would wait, and what a turn would be late. Prints a row for each path.
"""

import argparse
import json
import math
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import year  # noqa: E402
from engine.adapters import door_socket  # noqa: E402
from engine.model.audit import Asked, Word  # noqa: E402
from stonks_tui import bootstrap  # noqa: E402
from storage import copies, postgres_address  # noqa: E402
from tests.support.postgres_server import SAFE, PostgresServer  # noqa: E402

PATHS = (
    "/health",
    "/api/trading/status",
    "/api/trading/decisions?limit=50",
    "/api/trading/decisions?limit=50&decision=skip",
    "/api/trading/positions",
    "/metrics",
)
_UNLIMITED = {"STONKS_HTTP_RATE": "0"}
Figures = dict[str, float]


def load(url: str, path: str, seconds: float, clients: int) -> Figures:
    """Return how it went to ask for `path` all the time, by so many connections."""
    until, times, bad = time.perf_counter() + seconds, list[float](), list[int]()
    where = urlsplit(url)

    def ask() -> None:
        line = HTTPConnection(str(where.hostname), where.port or 80, timeout=60)
        while (began := time.perf_counter()) < until:
            line.request("GET", path)
            answer = line.getresponse()
            answer.read()
            times.append(time.perf_counter() - began)
            if answer.status != 200:
                bad.append(answer.status)
        line.close()

    asking = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    times.sort()
    return {"a second": len(times) / seconds, "p50": _at(times, 0.5), "p99": _at(times, 0.99), "refused": len(bad)}


def _at(times: Sequence[float], part: float) -> float:
    return times[min(len(times) - 1, math.ceil(part * len(times)) - 1)] * 1000 if times else math.nan


class Watch:
    """Asks the engine's loop how it is, again and again."""

    def __init__(self, folder: Path) -> None:
        self._door = bootstrap.door_path(folder)
        self.times: list[float] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self.times.sort()

    def _watch(self) -> None:
        while not self._ends.wait(0.05):
            began = time.perf_counter()
            door_socket.ask(self._door, Asked(word=Word.STATUS, arguments={}, who="", origin=""))
            self.times.append(time.perf_counter() - began)


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Give the address of an engine on the account that leads."""
    year.inputs(folder)
    command = [sys.executable, "-P", "-m", "stonks_tui.cli", "run", "--no-ui", "--data-dir", str(folder)]
    command += ["--quotes", str(folder / "quotes.csv"), "--recommendations", str(folder / "recs.csv")]
    command += ["--on-difference", "keep", "--http", "127.0.0.1:0"]
    log = folder / "run.log"
    with log.open("w") as written:
        engine = subprocess.Popen(
            command, env={**os.environ, **_UNLIMITED, **environment, "PYTHONPATH": str(ROOT)}, stderr=written
        )
    try:
        while not ("leads under epoch" in (said := log.read_text()) and "http: listens at" in said):
            if engine.poll() is not None:
                raise RuntimeError(said)
            time.sleep(0.05)
        found = re.search(r"listens at (http://\S+)", said)
        assert found
        yield found[1]
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.wait(30)


def measured(folder: Path, environment: Mapping[str, str], seconds: float, clients: int) -> list[str]:
    """Return a row for each path."""
    rows = []
    with running(folder, environment) as url:
        with Watch(folder) as alone:
            time.sleep(seconds)
        for path in PATHS:
            command = [sys.executable, "-P", __file__, "--load", url, "--path", path]
            command += ["--seconds", str(seconds), "--clients", str(clients)]
            with Watch(folder) as beside:
                said = subprocess.run(
                    command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
                )
            found: Figures = json.loads(said.stdout)
            figures = [found["a second"], found["p50"], found["p99"], found["refused"]]
            figures += [_at(alone.times, 0.99), _at(beside.times, 0.99)]
            rows.append(f"| {path} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")
    return rows


def main() -> None:
    """Measure and print, or be the process that asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--account", type=Path, help="the data directory of a demo that was played: DIR/demo")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.load:
        print(json.dumps(load(args.load, args.path, args.seconds, args.clients)))
        return
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as elsewhere:
        folder = Path(name) / "account"
        source = args.account or year.played(Path(name), 60)
        folder.mkdir()
        for file in ("stonks.db", "paper.db"):
            with closing(sqlite3.connect(source / file)) as old, closing(sqlite3.connect(folder / file)) as new:
                old.backup(new)
        year.multiply(folder / "stonks.db")
        with closing(PostgresServer(**SAFE, autovacuum="on", shared_buffers="256MB").start()) as server:
            database = f"{server.url()}?sslmode=disable"
            copies.to_postgres(folder, postgres_address.parse(database))
            places: dict[str, tuple[Path, dict[str, Any]]] = {
                "in files": (folder, {"STONKS_DATABASE_URL": ""}),
                "in PostgreSQL": (Path(elsewhere), {"STONKS_DATABASE_URL": database}),
            }
            for words, (place, environment) in places.items():
                print(f"| {words} | a second | p50 ms | p99 ms | refused | engine alone, p99 ms | engine beside |")
                print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
                print("\n".join(measured(place, environment, args.seconds, args.clients)), flush=True)


if __name__ == "__main__":
    main()
