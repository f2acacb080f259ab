"""Runs for machines: valid JSON whatever the figures, and tables whose files appear whole or not at all."""

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.errors import BadInput, StonksError
from engine.model.runs import RunBooks
from engine.model.views import DecisionStory
from engine.ports import RunListing, RunState
from stonks_tui.reports import export, json_report
from stonks_tui.reports.export import Table
from storage.in_memory import InMemoryRunStore
from tests.support.samples import a_decision, a_notice, a_record, a_snapshot, a_trace

TABLE = Table(kinds={"who": "text", "paid": "usd", "on": "day"}, rows=[("A,B", Decimal("0.0001"), date(2024, 1, 2))])


def test_what_is_no_number_in_json_becomes_a_word_or_nothing() -> None:
    record = a_record(funnel={"a": float("inf"), "b": float("-inf"), "c": float("nan")})
    found = json.loads(json.dumps(json_report.run(record), allow_nan=False))
    assert found["funnel"] == {"a": "Infinity", "b": "-Infinity", "c": None}


def test_amounts_are_dollars_as_text_and_moments_are_iso() -> None:
    found = json_report.run(a_record(initial_capital=123_456_789))
    assert found["initial_capital"] == "12345.6789"
    assert found["created_at"] == "2024-03-01T14:45:00+00:00"
    assert found["start_on"] == "2024-01-02"


def test_what_became_of_a_run_stands_beside_its_status() -> None:
    assert json_report.run(a_record())["state"] == "completed"
    assert json_report.run(a_record(), RunState.INTERRUPTED)["state"] == "interrupted"
    damaged = RunListing(run_id=2, state=RunState.DAMAGED, record=None, problem="torn")
    assert json_report.listing(damaged) == {"run_id": 2, "state": "damaged", "problem": "torn", "record": None}


def test_a_decision_carries_its_whole_trace() -> None:
    found = json_report.decision(DecisionStory(decision=a_decision(1, trace=a_trace()), notices=(a_notice(),)))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["notices"][0]["kind"] == "tranches_cancelled"
    assert found["decision"]["price"] == "171.2300"
    assert found["decision"]["trace"]["verdicts"][0]["limit"] == 0.65
    assert found["decision"]["trace"]["inputs"] == [["price", 171.23], ["shares", 3]]


def test_csv_quotes_what_needs_it_and_writes_amounts_in_full() -> None:
    out = io.StringIO()
    export.write_csv(TABLE, out)
    assert out.getvalue() == 'who,paid,on\n"A,B",0.0001,2024-01-02\n'


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.parquet"])
def test_a_file_appears_whole_under_its_name_only(tmp_path: Path, name: str) -> None:
    export.write_file(TABLE, tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_parquet_keeps_amounts_exact(tmp_path: Path) -> None:
    export.write_file(TABLE, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == [
        {"who": "A,B", "paid": Decimal("0.0001"), "on": date(2024, 1, 2)}
    ]


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    class Nameless:
        def __str__(self) -> str:
            raise ArithmeticError

    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with pytest.raises(ArithmeticError):
        export.write_file(Table(kinds={"who": "text"}, rows=[("x",), (Nameless(),)]), path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    assert path.read_bytes() == b"old"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StonksError, match=r"cannot write .*nowhere/a\.csv: No such file"):
        export.write_file(TABLE, tmp_path / "nowhere" / "a.csv")


def test_what_is_there_is_asked_about_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    export.require_writable(tmp_path / "b.csv", force=False)
    export.require_writable(tmp_path / "a.csv", force=True)
    for path, force in ((tmp_path / "a.csv", False), (tmp_path, True), (tmp_path / "a.xlsx", True)):
        with pytest.raises(BadInput, match=str(path)):
            export.require_writable(path, force=force)


def test_the_columns_of_days_match_their_kinds() -> None:
    table = export._table(export._DAYS, [a_snapshot()])
    assert dict(zip(table.kinds, table.rows[0], strict=True))["total_value"] == Decimal("100000.0000")


async def test_notices_are_exported_in_order_with_what_each_is_about() -> None:
    store = InMemoryRunStore()
    run_id = await store.create(a_record())
    await store.finish(a_record(run_id=run_id), RunBooks(notices=(a_notice(), a_notice(reference_id="d2"))))
    table = await export.table(store, run_id, "notices")
    rows = [dict(zip(table.kinds, row, strict=True)) for row in table.rows]
    assert [row["about"] for row in rows] == ["d1", "d2"]
    assert rows[0]["kind"] == "tranches_cancelled"


def test_what_is_true_or_not_is_so_in_parquet_too(tmp_path: Path) -> None:
    table = export._table(export._DECISIONS, [a_decision(1, is_micro=True), a_decision(2)])
    export.write_file(table, tmp_path / "a.parquet")
    assert [row["is_micro"] for row in pq.read_table(tmp_path / "a.parquet").to_pylist()] == [True, False]
