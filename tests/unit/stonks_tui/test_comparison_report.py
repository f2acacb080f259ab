"""Runs side by side as text and JSON: whatever the width, no number is cut and none is lost."""

import json
import math
import re
from dataclasses import replace
from datetime import date

import pytest

from engine.accounting.comparison import Run, compare
from engine.model.comparison import Comparison
from engine.model.runs import RunInput
from stonks_tui.reports import comparison_report, json_report, side_by_side
from stonks_tui.reports.side_by_side import Row
from tests.support.samples import a_record, a_snapshot, a_trade, metrics

LONG = "tiers.conservative.stop_loss_atr_multiplier"
NOTHING = a_record(run_id=1)


def five() -> Comparison:
    """Return five runs that differ in everything, with large numbers."""
    runs = []
    for i in range(1, 6):
        trades = {"trade_count": i * 12_345, "win_rate": i / 10, "profit_factor": math.inf if i == 5 else 1.5 * i}
        record = a_record(
            run_id=i,
            name=f"number {i}",
            initial_capital=i * 10**14,
            policy={LONG: 1.5 + i, "enabled": i != 3},
            inputs=(RunInput(kind="bars", path=f"/some/where/prices-{i}.csv", digest=f"{i}" * 64, rows=1),),
            metrics=metrics(
                final_value=i * 123_456_789_012_345, total_return=i * 12.3456, trades=trades | {"net_pnl": -i * 10**13}
            ),
            funnel={"act": i, "declining_positions": i * 1_000_000},
        )
        days = [a_snapshot(total_value=i * 10**14)]
        runs.append(Run(record=record, snapshots=days, trades=[a_trade(ticker=f"T{i}", pnl=-i * 10**12)]))
    return compare(runs)


def text(compared: Comparison, width: int = 80) -> str:
    return "\n".join(comparison_report.lines(compared, width=width))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_every_line_fits_and_every_figure_is_there_in_full(width: int) -> None:
    said = text(five(), width)
    assert max(map(len, said.splitlines())) <= width + (len(LONG) - 38 if width == 40 else 0)  # a name may be longer
    for i in range(1, 6):
        assert f"{i * 12_345_678_901.2345:,.2f}" in said
        assert f"{i * 1_000_000:,}" in said
        assert f"prices-{i}.csv" in said
        assert f"T{i}" in said


def test_differences_to_the_first_run_are_shown_where_there_is_room() -> None:
    records = [
        a_record(run_id=i, metrics=metrics(final_value=1_000_000_000 + i, total_return=i / 100)) for i in (3, 10_003)
    ]
    said = text(compare([Run(record=r) for r in records]))
    assert re.search(r"run 3 +run 10003 +vs run 3\n", said)
    assert re.search(r"Final value +100,000.00 +100,001.00 +\+1.00\n", said)
    assert re.search(r"Total return +\+3.00 % +\+10003.00 % +\+10000.00 pp\n", said)
    assert re.search(r"Commission +0.00 +0.00 +=\n", said)
    assert re.search(r"Won +– +– +–\n", said)
    narrow = text(compare([Run(record=replace(r, funnel={})) for r in records]), 40)
    assert "Final value" in narrow
    assert "vs run 3" not in narrow


def test_settings_days_and_files_that_differ_are_shown_for_people() -> None:
    said = text(five(), 200)
    assert re.search(r"enabled +yes +yes +no +yes +yes\n", said)
    assert re.search(r"capital +10,000,000,000.00 ", said)
    assert "prices-2.csv (22222222)" in said
    assert "! the runs began with different capital" in said


def test_a_copy_is_said_to_be_the_same_in_every_part() -> None:
    record = a_record(run_id=1, fingerprint="f" * 64, metrics=metrics())
    runs = [Run(record=record, snapshots=[a_snapshot()], trades=[a_trade()])] * 2
    said = text(compare(runs))
    assert "What went in was the same." in said
    assert "their fingerprints are the same" in said
    assert "Their total values are the same on the one session they share." in said
    assert "Trades: 1 made alike by both runs" in said
    assert "!" not in said


def test_the_day_on_which_they_part_is_told_with_each_value() -> None:
    days = [[a_snapshot(on=date(2024, 1, d), total_value=v) for d, v in ((2, 50_000), (3, v))] for v in (7, 60_000)]
    said = text(compare([Run(record=a_record(run_id=i), snapshots=s) for i, s in enumerate(days, 1)]), 200)
    assert "part on 2024-01-03, after 1 session alike: run 1 0.00, run 2 6.00 (+6.00)." in said


def test_labels_wider_than_the_terminal_get_lines_of_their_own() -> None:
    rows = [Row(label="x" * 50, values=("1", "2"))]
    assert side_by_side.lines(["run 1", "run 2"], rows, width=40) == ["  " + "x" * 50, "    run 1: 1", "    run 2: 2"]


def test_json_has_exact_amounts_and_words_for_what_is_no_number() -> None:
    found = json.loads(json.dumps(json_report.comparison(five()), allow_nan=False))
    figures = {f["name"]: f for f in found["figures"]}
    assert figures["final_value"]["values"][1] == "24691357802.4690"
    assert figures["final_value"]["changes"][:2] == ["0.0000", "12345678901.2345"]
    assert figures["trade_count"]["changes"] == [0, 12_345, 24_690, 37_035, 49_380]
    assert figures["profit_factor"]["values"][4] == "Infinity"
    assert figures["profit_factor"]["changes"][4] is None
    differences = {d["name"]: d for d in found["differences"]}
    assert differences["initial_capital"]["values"][:2] == ["10000000000.0000", "20000000000.0000"]
    assert differences[LONG] == {"ingredient": "setting", "name": LONG, "values": [2.5, 3.5, 4.5, 5.5, 6.5]}
    assert found["parting"]["on"] == "2024-03-01"
    assert found["parting"]["changes"][1] == "10000000000.0000"
    assert found["trades"][0]["largest"][0]["pnl"] == "-100000000.0000"
    assert found["inputs"][0]["values"][0][0]["path"] == "/some/where/prices-1.csv"
    assert [r["run_id"] for r in found["runs"]] == [1, 2, 3, 4, 5]
