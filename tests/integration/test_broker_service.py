"""A broker service and an engine, two processes with a real server of Redis between them."""

import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from engine.model.audit import Word
from stonks_tui.config_names import BROKERS
from tests.support.engine_processes import Account, wait_for
from tests.support.redis_server import RedisServer
from tests.support.two_processes import TICKER, Running, TwoProcesses

ENGINES_OWN = ("STONKS_REDIS_URL", "STONKS_REDIS_PASSWORD", "STONKS_DATABASE_URL", "STONKS_INPUT_DATABASE_URL")
"""What an engine is told of its servers: a broker service reads none of it, so it may be anything."""


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server of one's own."""
    made = RedisServer()
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def two(account: Account, tmp_path: Path, server: RedisServer) -> TwoProcesses:
    """An account and a broker that have not begun."""
    return TwoProcesses(account, tmp_path, server)


def held(two: TwoProcesses) -> int:
    """Return the shares that the engine says it holds."""
    words = two.account.says(Word.STATUS).after.get(f"position {TICKER}", "0")
    return int(words.split()[0])


def at_broker(two: TwoProcesses) -> dict[str, int]:
    """Return the shares in the broker's own books."""
    with closing(sqlite3.connect(two.broker_dir / "broker.db")) as file:
        return dict(file.execute("SELECT ticker, shares FROM paper_positions WHERE shares <> 0").fetchall())


def counted(engine: Running, name: str) -> float:
    """Return a number of those that the engine shows to Prometheus."""
    address = re.search(r"listens at (http://\S+)", engine.log.read_text())
    assert address
    found = re.search(rf"^stonks_{name} (\S+)$", httpx.get(f"{address[1]}/metrics", timeout=20).text, re.MULTILINE)
    assert found
    return float(found[1])


def orders(two: TwoProcesses) -> list[tuple[str, int]]:
    """Return side and filled shares of every order that the broker knows."""
    with closing(sqlite3.connect(two.broker_dir / "broker.db")) as file:
        return file.execute("SELECT side, filled FROM paper_orders ORDER BY seq").fetchall()


def test_an_order_goes_round_and_an_exit_is_made_once_by_a_broker_that_was_killed_and_was_away(
    two: TwoProcesses,
) -> None:
    nonsense = dict.fromkeys(ENGINES_OWN, "nonsense://user:hush@nowhere")
    with two.feed(), two.engine("--http=127.0.0.1:0", **dict.fromkeys(BROKERS, "nonsense")) as engine:
        with two.broker(environment=nonsense) as broker:
            broker.says("whose account it is the first job says")
            engine.says("leads under epoch 1")
            wait_for(two.account.has_door, "the door")
            two.recommend("r1")
            wait_for(lambda: held(two) > 0, "that it is bought")
            bought = held(two)
            assert at_broker(two) == {TICKER: bought}
            assert not (two.engine_dir / "paper.db").exists()
            wait_for(lambda: counted(engine, "queue_broker_alive") == 1, "that the broker is counted")
            assert counted(engine, "queue_jobs_waiting") == 0
            assert broker.ended(signal.SIGKILL) == -signal.SIGKILL
        two.price = 70.0  # a stop is hit while no broker is there
        wait_for(lambda: any("order" in n for n in two.account.says(Word.STATUS).after), "an exit on its way")
        assert at_broker(two) == {TICKER: bought}
        wait_for(lambda: counted(engine, "queue_broker_alive") == 0, "that no broker is counted", 60)
        wait_for(lambda: counted(engine, "queue_jobs_waiting") > 0, "that what waits is counted")
        with two.broker() as broker:
            broker.says("serves ")
            wait_for(lambda: at_broker(two) == {}, "that it is sold")
            wait_for(lambda: held(two) == 0, "that the engine knows")
            assert orders(two) == [("buy", bought), ("sell", bought)]
            assert broker.ended(signal.SIGTERM) == 0
        assert engine.ended(signal.SIGTERM) == 0
        assert not broker.has_said("hush")
