"""HTTP beside: does an engine decide as quickly while everything is asked of it over HTTP as it does alone?

    ./stonks http-check --help                      (sets up what this needs)
    python -m benchmarks.http_beside [--requests 28000] [--alone 60] [--rate 4] [--files]

An engine trades for as long as `./stonks http-check` asks it all that the check asks, backtests and halts among it.
Somebody inserts recommendations into PostgreSQL at a steady rate and says NOTIFY stonks_arrivals, first for `--alone`
seconds with nobody asking, then during the check. Times are counted on the machine's one clock, from when the COMMIT
was answered until the decision is kept, and since the look that found the row. The account is in PostgreSQL with fsync,
or in files. What the check says is said too, and its exit code is the one of this.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from math import ceil
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.fed_tables import TICKERS, Feeder, Marks, Place, history, traded  # noqa: E402
from engine.adapters import clock  # noqa: E402
from engine.decision.effects import Effect  # noqa: E402
from engine.decision.events import Event  # noqa: E402
from engine.door import Door  # noqa: E402
from stonks_tui import cli, engine_log, engine_process, onlookers  # noqa: E402
from stonks_tui.engine_process import Plan  # noqa: E402
from stonks_tui.http import address  # noqa: E402
from storage import postgres_address  # noqa: E402
from storage.postgres_sources_tables import PostgresTables  # noqa: E402
from tests.support.input_tables import Owner  # noqa: E402
from tests.support.postgres_server import SAFE, PostgresServer  # noqa: E402
from tools import http_check  # noqa: E402

STAGES = ("noticed", "read", "judged")
"""The engine begins to look; it has read what is new; the turn with the decision is kept."""
WARM = 3 * len(TICKERS)  # so many are to see that all is up, and are not counted


async def engine(place: Place, marks: Marks) -> None:
    """Trade, and answer over HTTP, until somebody ends it."""
    gc.set_threshold(*cli._COLLECTED_AFTER)  # as `stonks` does
    sys.setswitchinterval(onlookers.SWITCH_SECONDS)
    tables = PostgresTables(postgres_address.parse(place.database))
    account, world = traded(place, tables, marks)
    log_turn = engine_log.turn_logger()

    def on_turn(seq: int, event: Event, effects: Sequence[Effect]) -> None:
        marks.heard(event)
        log_turn(seq, event, effects)

    engine_log.turn_logger = lambda: on_turn
    door, http = Door(), address.plan("127.0.0.1:0", rate=0)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, door.stop)
    plan = Plan(data_dir=_data_dir(place), account=account, world=world, mode="PAPER", http=http)
    await engine_process.work(plan, door)
    tables.close()


def _data_dir(place: Place) -> Path:
    return Path(place.folder) / "data"


@contextmanager
def _running(place: Place, *, files: bool) -> Iterator[str]:
    """Give the address of an engine that trades, in a process of its own."""
    log = Path(place.folder) / "engine.log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **http_check.tokens()}
    environment |= {} if files else {"STONKS_DATABASE_URL": place.database}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-P", __file__, "--place", json.dumps(asdict(place))], env=environment, stderr=written
        )
    try:
        yield http_check.address_of(process, log)
        process.send_signal(signal.SIGTERM)
        if process.wait(60):
            raise RuntimeError(log.read_text()[-5000:])
    finally:
        process.kill()
        process.wait()


class Feeding:
    """Recommends at a steady rate, in a thread of its own, until it is left."""

    def __init__(self, feeder: Feeder, rate: float) -> None:
        self._feeder, self._rate = feeder, rate
        self.number = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._feed)

    def __enter__(self) -> "Feeding":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _feed(self) -> None:
        begin = time.monotonic()
        while not self._ends.is_set():
            self._feeder.price()
            self._feeder.recommend([self.number])
            self.number += 1
            self._ends.wait(max(0.0, begin + self.number / self._rate - time.monotonic()))


def measured(args: argparse.Namespace) -> int:
    """Measure, print, and return what the check came to."""
    http_check.program()
    with closing(PostgresServer(**SAFE).start()) as postgres, tempfile.TemporaryDirectory() as folder:
        url = f"{postgres.url()}?sslmode=disable"
        place = Place(database=url, folder=folder, today=clock.now().date().isoformat())
        http_check.import_bars(_data_dir(place))
        with closing(Owner(url)) as owner:
            history(owner, place)
            feeder = Feeder(owner)
            feeder.price()
            with _running(place, files=args.files) as asked, Feeding(feeder, args.rate) as feeding:
                while feeding.number < WARM + args.alone * args.rate:
                    time.sleep(0.1)
                began = feeding.number
                code = http_check.checked(asked, Path(folder), args.requests, only=args.only)
                ended = feeding.number
                time.sleep(5)
        marks = json.loads((Path(folder) / "engine.json").read_text())
    print(f"\naccount in {'files' if args.files else 'PostgreSQL'}, {args.rate:g} recommendations a second; ms:")
    print("| | decisions | since the row: p50 | p99 | worst | since the look: p50 | p99 | worst | never decided |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(_row("alone", range(WARM, began), feeder.rows, marks))
    print(_row("beside the check", range(began, ended), feeder.rows, marks))
    return code


def _row(words: str, numbers: range, rows: Mapping[str, float], marks: Mapping[str, Mapping[str, float]]) -> str:
    done = [told for n in numbers if (told := f"r{n}") in marks["judged"]]
    figures = [str(len(done))]
    for since in (rows, marks["noticed"]):
        times = sorted((marks["judged"][told] - since[told]) * 1000 for told in done)
        p99 = times[ceil(0.99 * len(times)) - 1]
        figures += [f"{median(times):.1f}", f"{p99:.1f}", f"{times[-1]:.1f}"]
    return f"| {words} | " + " | ".join([*figures, str(len(numbers) - len(done))]) + " |"


def main() -> int:
    """Measure, or be the engine's process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=http_check.REQUESTS)
    parser.add_argument("--alone", type=float, default=60)
    parser.add_argument("--rate", type=float, default=4)
    parser.add_argument("--only", metavar="REGEX", help="only operations whose name fits")
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--place", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.place:
        return measured(args)
    place = Place(**json.loads(args.place))
    marks = Marks(Path(place.folder) / "engine.json", STAGES)
    with engine_log.configure("info", "text", None):
        try:
            asyncio.run(engine(place, marks))
        finally:
            marks.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
