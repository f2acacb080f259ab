"""What the engine's side sees of a broker behind the queue: the doctor and the status, on a real server of Redis."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from engine.adapters import clock
from engine.adapters.system_clock import SystemClock
from engine.decision.events import EntriesDue
from stonks_tui import broker_choice, onlookers
from stonks_tui.broker_presence import BrokerLife
from stonks_tui.broker_status import BrokerStatus
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.examination import chosen, examine
from stonks_tui.doctor.findings import Finding, Level
from stonks_tui.engine_process import Plan
from stonks_tui.engine_status import Engine, EngineStatus
from stonks_tui.reports import status_report
from stonks_tui.trading import World
from storage import redis_address, redis_keys
from tests.support.redis_server import RedisServer

LIFE = BrokerLife(owner="host:7", account="me", since="2026-01-05T10:00:00Z")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server of one's own."""
    made = RedisServer()
    try:
        yield made.start()
    finally:
        made.close()


def seen(folder: Path, **environment: str) -> dict[str, Finding]:
    """Return what the doctor says of the broker, by the name of the check."""
    here = Circumstances(folder=folder, now=clock.now(), environment=environment)
    return {finding.name: finding for finding in examine(here, chosen(["broker"]))}


def test_a_broker_inside_the_engine_needs_no_queue(tmp_path: Path) -> None:
    assert {finding.level for finding in seen(tmp_path).values()} == {Level.OK}


def test_the_doctor_says_what_lacks_and_where_to_mend_it(server: RedisServer, tmp_path: Path) -> None:
    assert "STONKS_REDIS_URL does not say where" in seen(tmp_path, STONKS_BROKER="queue")["place"].words
    said = {"STONKS_BROKER": "queue", "STONKS_REDIS_URL": server.url()}

    nobody = seen(tmp_path, **said)
    assert (nobody["place"].level, nobody["service"].level) == (Level.OK, Level.FAULT)
    assert nobody["service"].cure.endswith("stonks broker")

    server.ask("SET", redis_keys.life(redis_keys.BROKER_ORDERS), LIFE.words())
    well = seen(tmp_path, **said)
    assert {finding.level for finding in well.values()} == {Level.OK}
    assert "host:7 since 2026-01-05 10:00:00 UTC, account me" in well["service"].words

    for number in range(100):
        server.ask("LPUSH", redis_keys.BROKER_ORDERS, f"job {number}")
    server.ask("LPUSH", redis_keys.refused(redis_keys.BROKER_ORDERS), "{}")
    busy = seen(tmp_path, **said)
    assert (busy["waiting"].level, busy["waiting"].words) == (Level.WARNING, "100 jobs waiting")
    assert (busy["dead-letters"].level, busy["dead-letters"].cure) == (
        Level.WARNING,
        "where the broker is: stonks broker dead",
    )

    server.stop()
    gone = seen(tmp_path, **said)
    assert gone["place"].level is Level.FAULT
    assert "the queue cannot be reached" in gone["place"].words


def test_the_status_names_the_broker_and_its_troubles_count() -> None:
    where = "Redis on h"
    well = EngineStatus(
        engine=Engine.RUNNING, words="", figures={}, broker=BrokerStatus(where=where, life=LIFE, waiting=1)
    )
    assert well.exit_code == 0
    assert "broker host:7 since 2026-01-05 10:00:00 UTC, account me, Redis on h, 1 job waiting" in status_report.lines(
        well, clock.now()
    )
    ill = EngineStatus(engine=Engine.RUNNING, words="", figures={}, broker=BrokerStatus(where=where, waiting=2, dead=1))
    assert ill.exit_code == 3
    assert ill.troubles == (
        "no broker takes orders from the queue; 2 jobs waiting: stonks broker starts one",
        "1 message that nobody can use lies in the queue: stonks broker dead shows it",
    )
    assert json.loads(json.dumps(status_report.as_plain(ill)))["broker"]["dead"] == 1


def world() -> World:
    """Return one in which nothing happens."""
    return World(clock=SystemClock(), course=Mock(), days=())


async def test_the_engine_hears_of_dead_letters_and_who_executes(server: RedisServer) -> None:
    for queue in (redis_keys.BROKER_ORDERS, redis_keys.BROKER_RESULTS):
        server.ask("LPUSH", redis_keys.refused(queue), "{}")
    here = world()
    assert here.remarks.executes == ""
    async with broker_choice.behind_queue(redis_address.parse(server.url()), "me")(Mock(), here):
        assert here.remarks.executes == "broker service behind the queue"
        await heard(here, "2 messages that nobody can use lie in the queue: stonks broker dead shows them")


async def test_the_engine_hears_what_other_programs_lack(server: RedisServer, tmp_path: Path) -> None:
    address = redis_address.parse(server.url())
    server.stop()
    plan = Plan(data_dir=tmp_path, account=Mock(), world=world(), mode="PAPER", redis=address)
    async with onlookers.turns_told(plan, "me", None) as on_turn:
        on_turn(1, EntriesDue(at=clock.now()), [])
        await heard(plan.world, "other programs do not read what was decided since")


async def heard(here: World, words: str) -> None:
    """Wait until the parts around an engine say something that begins with `words`."""
    async with asyncio.timeout(20):
        while not any(said.startswith(words) for said, _ in here.remarks.changes()):  # noqa: ASYNC110 - others look
            await asyncio.sleep(0.01)
