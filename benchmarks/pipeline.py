"""Pipeline: how long is it from a row in PostgreSQL to its order in the queue, and how many go through in a second?

    python -m benchmarks.pipeline [--seconds 30] [--rate 10] [--waves 10]

An engine and a broker service, processes of their own, over a real PostgreSQL and a real Redis. Somebody inserts
recommendations, each of which leads to an order, and says NOTIFY stonks_arrivals in the same transaction: at a steady
rate, then in waves of twenty, each as soon as the one before was executed. No more than twenty tickers are held. Times
are counted on the machine's one clock from the moment at which the COMMIT was answered; every order's way is cut into
its parts. PostgreSQL and its disk are as they are on this machine, with fsync. Machines differ and are shared: compare
lines of one run.
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
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.fed_tables import TICKERS, Feeder, Marks, Place, history, traded  # noqa: E402
from engine.adapters import clock  # noqa: E402
from engine.broking import wire  # noqa: E402
from engine.decision.events import Event, OrderFilled  # noqa: E402
from engine.door import Door  # noqa: E402
from stonks_tui import broker_choice, broker_service, cli  # noqa: E402
from stonks_tui.broker_books import BrokerBooks  # noqa: E402
from stonks_tui.broker_settings import BROKER_SETTINGS, BrokerSettings  # noqa: E402
from stonks_tui.onlookers import SWITCH_SECONDS  # noqa: E402
from stonks_tui.trading import trade  # noqa: E402
from storage import postgres_address, postgres_sources, redis_address  # noqa: E402
from storage.live_store import SqlLiveStore  # noqa: E402
from storage.postgres import Postgres  # noqa: E402
from storage.postgres_live import PostgresLive  # noqa: E402
from storage.postgres_sources_tables import PostgresTables  # noqa: E402
from storage.redis_queue import RedisQueue  # noqa: E402
from tests.support.input_tables import Owner  # noqa: E402
from tests.support.postgres_server import SAFE, PostgresServer  # noqa: E402
from tests.support.redis_server import RedisServer  # noqa: E402

FIRST = 5  # so many are to see that all is up, and are not counted
PATIENCE_SECONDS = 60.0
STAGES = ("noticed", "read", "judged", "sent", "taken", "filled")
"""The engine begins to look; it has read what is new; the turn is kept; the job is in the queue; the broker has taken
it; the turn that heard of the fill is kept."""


async def engine(place: Place, marks: Marks) -> None:
    """Trade until somebody ends it."""
    gc.set_threshold(*cli._COLLECTED_AFTER)  # as `stonks` does
    sys.setswitchinterval(SWITCH_SECONDS)
    address = postgres_address.parse(place.database)
    tables = PostgresTables(address)
    account, world = traded(place, tables, marks)
    _watch_sending(marks)

    def on_turn(_: int, event: Event, __: object) -> None:
        marks.heard(event)
        if isinstance(event, OrderFilled):
            marks.reached("filled", event.fill.client_order_id)

    door = Door()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, door.stop)
    with closing(Postgres(address)) as database:
        async with SqlLiveStore(PostgresLive(database), account.record(), account_id=clock.new_account_id()) as store:
            queue = broker_choice.behind_queue(redis_address.parse(place.redis), store.account_id)
            await trade(account, world, store, queue, door, on_turn=on_turn)
    tables.close()


def _watch_sending(marks: Marks) -> None:
    send_once = RedisQueue.send_once

    async def sent(queue: RedisQueue, message: str) -> None:
        await send_once(queue, message)
        job = wire.job_from(message)
        if job.order is not None:
            marks.reached("sent", job.client_order_id)

    RedisQueue.send_once = sent  # type: ignore[assignment, method-assign]


async def broker(place: Place, marks: Marks) -> None:
    """Serve the queue until somebody ends it."""
    gc.set_threshold(*cli._COLLECTED_AFTER)
    take = RedisQueue.take

    async def taken(queue: RedisQueue, seconds: float) -> Sequence[str]:
        messages = await take(queue, seconds)
        now = time.monotonic()
        for message in messages:
            job = wire.job_from(message)
            if job.order is not None:
                marks.at["taken"].setdefault(f"{job.order.recommendation_id} {job.client_order_id}", now)
        return messages

    RedisQueue.take = taken  # type: ignore[assignment, method-assign]
    address = postgres_address.parse(place.database)
    plan = broker_service.BrokerPlan(
        redis=redis_address.parse(place.redis),
        books=BrokerBooks(path=Path(place.folder) / "broker.db", database=address),
        account="",
        settings=BrokerSettings(values={name: one.default for name, one in BROKER_SETTINGS.items()}),
        sessions=place.sessions(),
        inlets=postgres_sources.price_inlets(PostgresTables(address)),
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await broker_service.serve(plan, stopping)


@contextmanager
def _running(role: str, place: Place) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-P", __file__, "--role", role, "--place", json.dumps(asdict(place))]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _executed(database: Postgres) -> int:
    async def counted() -> int:
        async with database.engine.connect() as connection:
            if not (await connection.exec_driver_sql("SELECT to_regclass('stonks.order_fills')")).scalar_one():
                return 0  # nobody has begun yet
            return int((await connection.exec_driver_sql("SELECT count(*) FROM stonks.order_fills")).scalar_one())

    return database.asked(counted).result()


def measured(seconds: float, rate: float, waves: int) -> dict[str, Any]:
    """Return the figures of one run."""
    with (
        closing(PostgresServer(**SAFE).start()) as postgres,
        closing(RedisServer().start()) as redis,
        tempfile.TemporaryDirectory() as folder,
    ):
        url = f"{postgres.url()}?sslmode=disable"
        today = clock.now().date().isoformat()
        place = Place(database=url, redis=redis.url(), folder=folder, today=today)
        with closing(Owner(url)) as owner, closing(Postgres(postgres_address.parse(url))) as database:
            history(owner, place)
            feeder = Feeder(owner)
            feeder.price()
            with _running("broker", place), _running("engine", place):
                steady = _steadily(feeder, database, seconds, rate)
                each = _in_waves(feeder, database, steady, waves)
        marks = {role: json.loads((Path(folder) / f"{role}.json").read_text()) for role in ("engine", "broker")}
    ways = _ways(feeder.rows, marks["engine"], marks["broker"])
    return {
        "steady": [w for r, w in ways.items() if FIRST <= int(r[1:]) < steady],
        "waves": each,
        "asked": len(feeder.rows),
    }


def _steadily(feeder: Feeder, database: Postgres, seconds: float, rate: float) -> int:
    """Recommend at a steady rate; return how many there were."""
    feeder.recommend(range(FIRST))
    _until_executed(feeder, database, FIRST)
    number, begin = FIRST, time.monotonic()
    while time.monotonic() - begin < seconds or number % len(TICKERS):
        feeder.price()
        feeder.recommend([number])
        number += 1
        time.sleep(max(0.0, begin + (number - FIRST) / rate - time.monotonic()))
    _until_executed(feeder, database, number)
    return number


def _in_waves(feeder: Feeder, database: Postgres, number: int, waves: int) -> list[float]:
    """Recommend every ticker at once, again and again; return the seconds until each wave was executed."""
    found, wave = list[float](), len(TICKERS)
    for _ in range(waves):
        begin = time.monotonic()
        feeder.recommend(range(number, number + wave))
        number += wave
        _until_executed(feeder, database, number)
        found.append(time.monotonic() - begin)
    return found


def _until_executed(feeder: Feeder, database: Postgres, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (done := _executed(database)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{done} of {count} are executed")
        feeder.price()
        time.sleep(0.01)


def _ways(rows: Mapping[str, float], of_engine: Any, of_broker: Any) -> dict[str, dict[str, float]]:
    """Return by recommendation how many milliseconds after its row it was at each stage."""
    found: dict[str, dict[str, float]] = {}
    for key, taken in of_broker["taken"].items():
        told, order = key.split()
        at = {stage: of_engine[stage].get(told, of_engine[stage].get(order)) for stage in STAGES} | {"taken": taken}
        if told in rows and None not in at.values():
            found[told] = {stage: (at[stage] - rows[told]) * 1000 for stage in STAGES}
    return found


def _table(found: Mapping[str, Any]) -> Iterator[str]:
    ways = found["steady"]
    yield f"{len(ways)} orders at the steady rate, in ms since the row:"
    yield "| stage | p50 | p99 | worst |"
    yield "| --- | ---: | ---: | ---: |"
    for stage in STAGES:
        values = sorted(way[stage] for way in ways)
        p99 = values[min(len(values) - 1, int(0.99 * len(values)))]
        yield f"| {stage} | {median(values):.1f} | {p99:.1f} | {values[-1]:.1f} |"
    yield f"in waves: {len(TICKERS) / median(found['waves']):.0f} recommendations a second, row to fill kept (median)"


def main() -> None:
    """Measure, or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--waves", type=int, default=10)
    parser.add_argument("--role", choices=("engine", "broker"), help=argparse.SUPPRESS)
    parser.add_argument("--place", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.role:
        place = Place(**json.loads(args.place))
        marks = Marks(Path(place.folder) / f"{args.role}.json", STAGES)
        try:
            asyncio.run({"engine": engine, "broker": broker}[args.role](place, marks))
        finally:
            marks.write()
        return
    print("\n".join(_table(measured(args.seconds, args.rate, args.waves))))


if __name__ == "__main__":
    main()
