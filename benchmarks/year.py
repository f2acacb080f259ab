"""Year: with a year of history in an account, how long do start-up and every view take, in files and in PostgreSQL?

`python benchmarks/year.py` lets the demo play some days, makes 250,000 decisions and 50,000 fills of what it has
decided (each book is repeated, later and under other ids), copies the account into a PostgreSQL of its own, and asks
both for what the screens ask for. `--account DIR` takes the account of a demo that was played already.
"""

import argparse
import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Date, Integer, String, Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.model.decisions import DecisionKind, TradingDecisionType  # noqa: E402
from engine.model.notifications import NotificationFilter  # noqa: E402
from engine.model.trade_questions import TradeFilter, TradeOrder  # noqa: E402
from engine.model.views import DecisionFilter  # noqa: E402
from stonks_tui import live_story  # noqa: E402
from stonks_tui.live_story import Told  # noqa: E402
from storage import copies, postgres_address  # noqa: E402
from storage.live_reader import SqlLiveReader  # noqa: E402
from storage.live_tables import LIVE_TABLES  # noqa: E402
from storage.postgres import Postgres  # noqa: E402
from storage.postgres_reader import PostgresLiveReader  # noqa: E402
from storage.types import UtcDateTime  # noqa: E402
from tests.support import filled_market as filled  # noqa: E402
from tests.support.postgres_server import SAFE, PostgresServer  # noqa: E402
from tests.support.tapes import day, quotes  # noqa: E402

TARGETS = {
    "trading_decisions": 250_000,
    "order_fills": 50_000,
    "backtest_trades": 25_000,
    "tax_lots": 30_000,
    "position_stop_levels": 60_000,
    "portfolio_snapshots": 252,
    "event_journal": 250_000,
    "live_metrics": 98_000,
    "outbox": 60_000,
    "notifications": 5_000,
    "notices": 2_000,
    "reserve_pool_ledger": 500,
    "circuit_breaker_events": 300,
}
"""Rows of a year; the other tables stay as they are."""
_ROUNDS = 7
_DAY_MICROS = 86_400_000_000
_YEAR_MICROS = 365 * _DAY_MICROS


def multiply(path: Path) -> None:
    """Make a year of the account in the file `path`."""
    with closing(sqlite3.connect(path)) as raw, raw:
        for table in LIVE_TABLES:
            if table.name in TARGETS:
                _repeat(raw, table, TARGETS[table.name])
        raw.execute("UPDATE engine_state SET seq = (SELECT max(seq) FROM event_journal)")
        raw.execute("UPDATE engine_heartbeat SET seq = (SELECT max(seq) FROM event_journal)")
        raw.execute("UPDATE engine_heartbeat SET at = (SELECT max(at) FROM live_metrics)")


def _repeat(raw: sqlite3.Connection, table: Table, target: int) -> None:
    (known,) = raw.execute(f"SELECT count(*) FROM {table.name}").fetchone()
    if not known or known >= target:
        return
    keys = [c.name for c in table.primary_key if c.name not in ("run_id", "backtest_id")]
    place = next((name for name in keys if isinstance(table.c[name].type, Integer)), "")
    (last,) = raw.execute(f"SELECT max({place or '1'}) FROM {table.name}").fetchone()
    begun, span = _extent(raw)
    share = min(1.0, _YEAR_MICROS / (-(-target // known) * span))
    wanted = []
    for column in table.columns:
        name, kind = f'"{column.name}"', column.type
        if column.name == place:
            wanted.append(f"{name} + :n * {last}")
        elif isinstance(kind, UtcDateTime):  # a year holds them all, in the same order
            wanted.append(f"CAST({begun} + ({name} - {begun} + :n * {span}) * {share} AS INTEGER)")
        elif isinstance(kind, Date):
            wanted.append(f"date({name}, '+' || (:n * {span // _DAY_MICROS + 1}) || ' days')")
        elif isinstance(kind, String) and (column.name.endswith("_id") or column.name in ("cause", "dedupe_key")):
            wanted.append(f"{name} || CASE WHEN :n > 0 THEN '-' || :n ELSE '' END")
        else:
            wanted.append(name)
    raw.execute(f"CREATE TEMP TABLE these AS SELECT * FROM {table.name}")
    raw.execute(f"DELETE FROM {table.name}")
    for n in range(-(-target // known)):
        raw.execute(
            f"INSERT INTO {table.name} SELECT {', '.join(wanted)} FROM these LIMIT {min(known, target - n * known)}",
            {"n": n},
        )
    raw.execute("DROP TABLE these")


def _extent(raw: sqlite3.Connection) -> tuple[int, int]:
    """Return when the account began, and how long it has traded, in microseconds."""
    first, last = raw.execute("SELECT min(at), max(at) FROM checkpoints").fetchone()
    return first, last - first + _DAY_MICROS


Question = Callable[[SqlLiveReader], Awaitable[object]]


def questions(folder: Path, about: "About", known: Told) -> dict[str, Question]:
    """Return what the screens ask for, that have the account as it is `known`."""
    acts = DecisionFilter(outcome=TradingDecisionType.ACT)
    day = DecisionFilter(since=about.at - timedelta(days=1), until=about.at)
    return {
        "the account, whole": lambda live: live_story.whole(live, folder),
        "the account, after an event": lambda live: live_story.whole(live, folder, known),
        "decisions, newest": lambda live: live.decisions(0, newest_first=True),
        "decisions, a page in the middle": lambda live: live.decisions(0, after=120_000, newest_first=True),
        "decisions of a ticker": lambda live: live.decisions(0, DecisionFilter(ticker=about.ticker), newest_first=True),
        "decisions that act": lambda live: live.decisions(0, acts, newest_first=True),
        "decisions by reason": lambda live: live.decisions(0, DecisionFilter(reason="heat"), newest_first=True),
        "decisions of a day": lambda live: live.decisions(0, day, newest_first=True),
        "signals": lambda live: live.decisions(0, DecisionFilter(kind=DecisionKind.MICRO), newest_first=True),
        "decisions, counted": lambda live: live.count_decisions(0),
        "decisions of a ticker, counted": lambda live: live.count_decisions(0, DecisionFilter(ticker=about.ticker)),
        "tickers": lambda live: live.tickers(0),
        "one decision": lambda live: live.decision(0, about.decision_id),
        "its fills": lambda live: live.executions(0, decision_id=about.decision_id),
        "its stops": lambda live: live.stop_changes(0, decision_id=about.decision_id),
        "its trades": lambda live: live.trades(0, decision_id=about.decision_id),
        **{
            f"trades by {order.value}": lambda live, order=order: live.trade_page(0, order=order)  # type: ignore[misc]
            for order in TradeOrder
        },
        "trades with a word": lambda live: live.trade_page(0, TradeFilter(ticker=about.ticker)),
        "trades, counted": lambda live: live.count_trades(0),
        "days": lambda live: live.snapshots(0, with_positions=False),
        "a day": lambda live: live.snapshot(0, about.at.date()),
        "breakers": lambda live: live.breakers(0),
        "notices": lambda live: live.notices(0),
        "notifications": lambda live: live.notifications(),
        "notifications that failed": lambda live: live.notifications(NotificationFilter()),
        "what is measured of a day": lambda live: live.metrics(about.at - timedelta(days=1)),
        "words of people": lambda live: live.audits(),
        "settings": lambda live: live.settings(),
        "heartbeat": lambda live: live.heartbeat(),
    }


class About:
    """What is asked for: something in the middle of the account."""

    def __init__(self, path: Path) -> None:
        from storage.moments import from_micros

        with closing(sqlite3.connect(path)) as raw:
            acted = "FROM trading_decisions WHERE decision = 'act'"
            query = f"SELECT decision_id, ticker {acted} ORDER BY seq LIMIT 1 OFFSET 500"
            self.decision_id, self.ticker = raw.execute(query).fetchone()
            (at,) = raw.execute("SELECT max(created_at) FROM trading_decisions").fetchone()
        self.at = from_micros(at)


async def measured(reader: SqlLiveReader, folder: Path, about: About) -> dict[str, tuple[float, float]]:
    """Return for each question the first answer's milliseconds, and the middle of the others'."""
    began = time.perf_counter()
    known = await live_story.whole(reader, folder)
    found = {"the account, as a process reads it first": ((time.perf_counter() - began) * 1000,) * 2}
    for name, ask in questions(folder, about, known).items():
        took = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            await ask(reader)
            took.append((time.perf_counter() - began) * 1000)
        found[name] = (took[0], sorted(took[1:])[len(took[1:]) // 2])
    return found


def inputs(folder: Path) -> None:
    """Put into `folder` what an engine hears from: a history, and files in which nothing comes."""
    tape = quotes({"AAA": {0: {0: 50}}}, every=None)
    asyncio.run(filled.with_history(folder / "market.db", tape.daily, day(-1)))
    for name in ("quotes.csv", "recs.csv"):
        (folder / name).write_text(
            "ticker,price,at\n" if name == "quotes.csv" else "recommendation_id,ticker,action,confidence,generated_at\n"
        )


def started(folder: Path, environment: dict[str, str]) -> float:
    """Return how many seconds after its exec an engine on the account leads."""
    inputs(folder)
    command = [sys.executable, "-P", "-m", "stonks_tui.cli", "run", "--no-ui", "--data-dir", str(folder)]
    command += ["--quotes", str(folder / "quotes.csv"), "--recommendations", str(folder / "recs.csv")]
    command += ["--on-difference", "keep"]
    began = time.perf_counter()
    with subprocess.Popen(
        command, env={**os.environ, **environment, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
    ) as engine:
        assert engine.stderr
        said = []
        for line in engine.stderr:
            said.append(line)
            if "leads under epoch" in line:
                took = time.perf_counter() - began
                engine.send_signal(signal.SIGTERM)
                engine.communicate()
                return took
    raise RuntimeError("".join(said))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--account", type=Path, help="the data directory of a demo that was played: DIR/demo")
    parser.add_argument("--days", type=int, default=60, help="that the demo plays otherwise (60)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "account"
        source = args.account or played(Path(name), args.days)
        folder.mkdir()
        for file in ("stonks.db", "paper.db"):
            with closing(sqlite3.connect(source / file)) as old, closing(sqlite3.connect(folder / file)) as new:
                old.backup(new)
        multiply(folder / "stonks.db")
        server = PostgresServer(**SAFE, autovacuum="on", shared_buffers="256MB").start()
        try:
            _compare(folder, server)
        finally:
            server.close()


def played(folder: Path, days: int) -> Path:
    """Let the demo play so many days below `folder`, and return its data directory."""
    command = [sys.executable, "-P", "-m", "stonks_tui.cli", "demo", "--no-ui", "--days", str(days)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, "--data-dir", str(folder)], check=True, env=environment, stdout=subprocess.DEVNULL)
    return folder / "demo"


def _compare(folder: Path, server: PostgresServer) -> None:
    url = f"{server.url()}?sslmode=disable"
    began = time.perf_counter()
    copied = copies.to_postgres(folder, postgres_address.parse(url))
    print(f"copied into PostgreSQL in {time.perf_counter() - began:.1f} s: {copied}", file=sys.stderr)
    about = About(folder / "stonks.db")
    database = Postgres(postgres_address.parse(url))
    try:
        files = asyncio.run(measured(SqlLiveReader(folder / "stonks.db"), folder, about))
        tables = asyncio.run(measured(PostgresLiveReader(database), folder, about))
        size = database.asked(lambda: _size(database)).result()
    finally:
        database.close()
    print("| ms: first answer, middle of the others | SQLite | PostgreSQL |\n| --- | --- | --- |")
    for name in files:
        print(
            f"| {name} | {files[name][0]:.1f} / {files[name][1]:.1f} | {tables[name][0]:.1f} / {tables[name][1]:.1f} |"
        )
    megabytes = (folder / "stonks.db").stat().st_size / 2**20
    print(f"| on the disk, MiB | {megabytes:,.0f} | {size / 2**20:,.0f} |")
    with tempfile.TemporaryDirectory() as elsewhere:
        times = (started(folder, {"STONKS_DATABASE_URL": ""}), started(Path(elsewhere), {"STONKS_DATABASE_URL": url}))
    print(f"| from exec until it leads, s | {times[0]:.2f} | {times[1]:.2f} |")


async def _size(database: Postgres) -> int:
    from sqlalchemy import text

    query = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    async with database.engine.connect() as connection:
        found = await connection.execute(text(f"{query} WHERE nspname = 'stonks' AND relkind = 'r'"))
        return int(found.scalar_one())


if __name__ == "__main__":
    main()
