"""Write ahead: a run's decisions are the same in its file, whoever wrote them and however the writer ended."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import BrokenInvariant, Unavailable
from engine.model.decision_log import DecisionLog, TurnedDown
from engine.model.decisions import Decision
from engine.model.portfolio import RiskTierName
from engine.model.runs import RunBooks, RunStatus
from engine.model.tape import RecommendationTable
from storage import write_ahead
from storage.run_repository import SqlRunStore
from tests.support.samples import AT, a_decision, a_recommendation, a_record, a_trace


def block(first: int) -> TurnedDown:
    table = RecommendationTable.of([a_recommendation(n) for n in range(first, first + 3)])
    turned_down = TurnedDown(
        table=table,
        at=AT,
        id_prefix="d",
        first_number=first,
        risk_tier=RiskTierName.MODERATE,
        heat=0.01,
        active_pool=5,
        reserve=6,
        rows=[],
        skip_reasons=[],
        failed_values=[],
        failed_limits=[],
        prices=[],
    )
    turned_down.add(2, "low_confidence", 0.5, 0.65, 17)
    turned_down.add(0, "heat", 0.06, None, None)
    return turned_down


def a_log() -> DecisionLog:
    return DecisionLog([a_decision(1, trace=a_trace()), block(2), a_decision(4), block(5), a_decision(7, ticker="é")])


def rows_of(folder: Path, run_id: int) -> list[object]:
    with closing(sqlite3.connect(folder / f"{run_id}.db")) as connection:
        return connection.execute("SELECT * FROM trading_decisions ORDER BY seq").fetchall()


def schema_of(folder: Path, run_id: int) -> list[object]:
    with closing(sqlite3.connect(folder / f"{run_id}.db")) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


async def kept(
    store: SqlRunStore, log: DecisionLog, *, ahead: bool, meanwhile: Callable[[], None] = lambda: None
) -> int:
    run_id = await store.create(a_record())
    if ahead:
        growing = DecisionLog()
        for entry in log.entries_from(0):
            growing.append(entry)
            store.write_ahead(run_id, growing)
        meanwhile()
        log = growing
    await store.finish(a_record(run_id=run_id), RunBooks(decisions=log))
    return run_id


@pytest.fixture
def parts_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_ahead, "PART", 2)


@pytest.mark.usefixtures("parts_of_two")
async def test_what_is_written_ahead_is_what_would_be_written_at_the_end(tmp_path: Path) -> None:
    with_writer = SqlRunStore(tmp_path / "ahead", ahead_from=0)
    without = SqlRunStore(tmp_path / "end")
    ended: list[bool] = []
    end = write_ahead.DecisionWriter.end

    def noted(writer: write_ahead.DecisionWriter, decisions: Sequence[Decision]) -> bool:
        ended.append(end(writer, decisions))
        return ended[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_ahead.DecisionWriter, "end", noted)
        first = await kept(with_writer, a_log(), ahead=True)
        second = await kept(without, a_log(), ahead=False)

    assert ended == [True]
    assert rows_of(tmp_path / "ahead", first) == rows_of(tmp_path / "end", second)
    assert len(rows_of(tmp_path / "ahead", first)) == 7
    assert schema_of(tmp_path / "ahead", first) == schema_of(tmp_path / "end", second)
    assert (await with_writer.decisions(first, with_traces=True)).decisions == tuple(a_log())


async def test_a_small_run_starts_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", None)
    run_id = await kept(SqlRunStore(tmp_path, ahead_from=8), a_log(), ahead=True)

    assert len(rows_of(tmp_path, run_id)) == 7


@pytest.mark.usefixtures("parts_of_two")
async def test_a_writer_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    store = SqlRunStore(tmp_path, ahead_from=0)

    def kill() -> None:
        (writer,) = store._writers.values()
        os.kill(writer._process.pid, signal.SIGKILL)

    run_id = await kept(store, a_log(), ahead=True, meanwhile=kill)

    assert (await store.decisions(run_id, with_traces=True)).decisions == tuple(a_log())
    assert (await store.get(run_id)).status is RunStatus.COMPLETED


async def test_other_decisions_than_those_announced_are_the_ones_kept(tmp_path: Path) -> None:
    store = SqlRunStore(tmp_path, ahead_from=0)
    run_id = await store.create(a_record())
    store.write_ahead(run_id, a_log())
    await store.finish(a_record(run_id=run_id), RunBooks(decisions=(a_decision(9),)))

    assert (await store.decisions(run_id)).decisions == (a_decision(9),)


async def test_books_that_contradict_themselves_leave_no_decision_behind(tmp_path: Path) -> None:
    store = SqlRunStore(tmp_path, ahead_from=0)
    run_id = await store.create(a_record())
    twins = DecisionLog([a_decision(1), a_decision(1)])
    store.write_ahead(run_id, twins)
    with pytest.raises(BrokenInvariant, match="decision id d1 comes twice"):
        await store.finish(a_record(run_id=run_id), RunBooks(decisions=twins))

    assert rows_of(tmp_path, run_id) == []
    await store.finish(a_record(run_id=run_id), RunBooks(decisions=a_log()))
    assert len(rows_of(tmp_path, run_id)) == 7


async def test_a_finish_that_fails_later_takes_the_decisions_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqlRunStore(tmp_path, ahead_from=0)
    run_id = await store.create(a_record())
    log = a_log()
    store.write_ahead(run_id, log)
    with monkeypatch.context() as patch:
        patch.setattr("storage.run_repository.analyse", _disk_full)
        with pytest.raises(Unavailable):
            await store.finish(a_record(run_id=run_id), RunBooks(decisions=log))

    assert rows_of(tmp_path, run_id) == []
    await store.finish(a_record(run_id=run_id), RunBooks(decisions=log))
    assert len(rows_of(tmp_path, run_id)) == 7


async def _disk_full(_connection: object) -> None:
    raise Unavailable("the disk is full")


async def test_the_running_run_can_be_read_while_it_is_written_ahead(tmp_path: Path) -> None:
    store = SqlRunStore(tmp_path, ahead_from=0)
    run_id = await store.create(a_record())
    store.write_ahead(run_id, DecisionLog([a_decision(n) for n in range(20_000)]))
    started = time.monotonic()
    for _ in range(20):
        assert (await store.get(run_id)).status is RunStatus.RUNNING
        await asyncio.sleep(0.05)
    store.close()

    assert time.monotonic() - started < 9  # a reader held up by the writer would wait for ten seconds
    assert rows_of(tmp_path, run_id) == []


async def test_a_store_that_is_closed_ends_its_writers(tmp_path: Path) -> None:
    store = SqlRunStore(tmp_path, ahead_from=0)
    run_id = await store.create(a_record())
    store.write_ahead(run_id, a_log())
    (writer,) = store._writers.values()
    store.close()

    assert writer._process.poll() == -signal.SIGKILL
    assert not writer._feeder.is_alive()


def test_a_part_of_a_log_starts_where_it_is_asked_to() -> None:
    log = a_log()

    assert [len(DecisionLog(log.entries_from(start))) for start in (0, 1, 3, 4, 6, 7)] == [7, 6, 4, 3, 1, 0]
    assert replace(a_decision(4)) == DecisionLog(log.entries_from(3))[0]
