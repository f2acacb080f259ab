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
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.latency import POLICY  # noqa: E402
from engine.adapters import clock  # noqa: E402
from engine.adapters.system_clock import SystemClock  # noqa: E402
from engine.broking import wire  # noqa: E402
from engine.decision.events import Event, OrderFilled, RecommendationReceived  # noqa: E402
from engine.door import Door  # noqa: E402
from engine.model.sessions import Session, SessionTable  # noqa: E402
from stonks_tui import broker_choice, broker_service, cli  # noqa: E402
from stonks_tui.broker_books import BrokerBooks  # noqa: E402
from stonks_tui.broker_settings import BROKER_SETTINGS, BrokerSettings  # noqa: E402
from stonks_tui.live_inputs import LivePaths, heeded, live_course, live_sources  # noqa: E402
from stonks_tui.onlookers import SWITCH_SECONDS  # noqa: E402
from stonks_tui.trading import Account, World, trade  # noqa: E402
from storage import postgres_address, postgres_sources, redis_address  # noqa: E402
from storage.live_store import SqlLiveStore  # noqa: E402
from storage.postgres import Postgres  # noqa: E402
from storage.postgres_live import PostgresLive  # noqa: E402
from storage.postgres_sources_tables import PostgresTables  # noqa: E402
from storage.redis_queue import RedisQueue  # noqa: E402
from tests.support.input_tables import OURS, Owner  # noqa: E402
from tests.support.postgres_server import SAFE, PostgresServer  # noqa: E402
from tests.support.redis_server import RedisServer  # noqa: E402
from tests.support.tapes import FREE  # noqa: E402

TICKERS = tuple(f"T{n:03}" for n in range(20))
DAYS = 40
FIRST = 5  # so many are to see that all is up, and are not counted
PATIENCE_SECONDS = 60.0
STAGES = ("noticed", "read", "judged", "sent", "taken", "filled")
"""The engine begins to look; it has read what is new; the turn is kept; the job is in the queue; the broker has taken
it; the turn that heard of the fill is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where everything is, and the day on which it happens."""

    database: str
    redis: str
    folder: str
    today: str

    def sessions(self) -> SessionTable:
        """Return sessions of whole days, so that it is always one."""
        last = date.fromisoformat(self.today)
        days = [last + timedelta(days=n) for n in range(-DAYS, 10)]
        return SessionTable.of(_whole_day(on) for on in days)


def _whole_day(on: date) -> Session:
    opens = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return Session(on=on, open_at=opens, close_at=opens + timedelta(hours=24) - timedelta(seconds=1))


class Marks:
    """When what was reached; written down at the end, as the machine's clock has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.at: dict[str, dict[str, float]] = {stage: {} for stage in STAGES}
        self.looked, self.read = 0.0, 0.0

    def reached(self, stage: str, what: str) -> None:
        """Note that `what` is at `stage`, the first time."""
        self.at[stage].setdefault(what, time.monotonic())

    def write(self) -> None:
        """Write all of it down."""
        self._path.write_text(json.dumps(self.at))


async def engine(place: Place, marks: Marks) -> None:
    """Trade until somebody ends it."""
    gc.set_threshold(*cli._COLLECTED_AFTER)  # as `stonks` does
    sys.setswitchinterval(SWITCH_SECONDS)
    sessions, address = place.sessions(), postgres_address.parse(place.database)
    tables = PostgresTables(address)
    sources = live_sources(LivePaths(tables=tables), sessions)
    refresh = sources.refresh

    async def refreshed(at: datetime, session: Session) -> None:
        looked = time.monotonic()
        await refresh(at, session)
        marks.looked, marks.read = looked, time.monotonic()

    sources.refresh = refreshed  # type: ignore[method-assign]
    account = Account(capital=10**11, policy=POLICY, costs=FREE, sessions=sessions, start_on=sessions.sessions[0].on)
    days = tuple(enumerate(s for s in sessions.sessions if s.close_at > SystemClock().now()))
    world = World(
        clock=SystemClock(),
        course=lambda trader: live_course(sources, trader),
        days=days,
        sources=sources,
        heeding=lambda: heeded(sources, tables),
    )
    _watch_sending(marks)

    def on_turn(_: int, event: Event, __: object) -> None:
        if isinstance(event, RecommendationReceived):
            told = event.recommendation.recommendation_id
            marks.at["noticed"].setdefault(told, marks.looked)
            marks.at["read"].setdefault(told, marks.read)
            marks.reached("judged", told)
        elif isinstance(event, OrderFilled):
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


class Feeder:
    """Somebody who fills the tables: prices all the time, recommendations when they are asked for."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.rows: dict[str, float] = {}
        """When the COMMIT of each recommendation was answered."""
        self._priced = 0.0

    def price(self) -> None:
        """Keep a price of every ticker, if the last ones are a while ago."""
        if time.monotonic() - self._priced > 5:
            self._priced, at = time.monotonic(), clock.now()
            rows = [(ticker, 50 + number / 10, at) for number, ticker in enumerate(TICKERS)]
            self._owner.execute("INSERT INTO quotes (ticker, price, at) VALUES ($1, $2::float8::numeric, $3)", rows)

    def recommend(self, numbers: Sequence[int]) -> None:
        """Keep the recommendations `numbers`, and give notice: every ticker is bought and sold in turn."""
        at = clock.now()
        words = ", ".join(
            f"('r{n}', '{TICKERS[n % len(TICKERS)]}', '{'sell' if n // len(TICKERS) % 2 else 'buy'}', "
            f"'paper_eligible', 0.9, '{at.isoformat()}', NULL, '', '')"
            for n in numbers
        )
        self._owner.execute(f"INSERT INTO recommendations VALUES {words}; NOTIFY stonks_arrivals")
        now = time.monotonic()
        self.rows |= {f"r{n}": now for n in numbers}


def _history(owner: Owner, place: Place) -> None:
    owner.execute(OURS)
    owner.execute("CREATE INDEX ON recommendations (generated_at); CREATE INDEX ON quotes (at)")
    days = [s.on for s in place.sessions().sessions if s.on < date.fromisoformat(place.today)]
    rows = [
        (ticker, datetime(on.year, on.month, on.day, tzinfo=UTC), 50 + number / 10)
        for number, ticker in enumerate(TICKERS)
        for on in days
    ]
    price = "SELECT $3::float8::numeric AS p"
    owner.execute(f"INSERT INTO price_bars SELECT $1, '1d', $2, p, p * 1.01, p * 0.99, p, 1000 FROM ({price}) x", rows)
    owner.execute("INSERT INTO securities VALUES ($1, $1, $2)", [(t, f"S{n % 10}") for n, t in enumerate(TICKERS)])


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
            _history(owner, place)
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
        marks = Marks(Path(place.folder) / f"{args.role}.json")
        try:
            asyncio.run({"engine": engine, "broker": broker}[args.role](place, marks))
        finally:
            marks.write()
        return
    print("\n".join(_table(measured(args.seconds, args.rate, args.waves))))


if __name__ == "__main__":
    main()
