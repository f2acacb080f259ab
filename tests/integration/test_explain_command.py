"""`stonks explain`: the whole trace of a decision, kept or worked out again, and never a wrong one."""

import contextlib
import json
import sqlite3
from typing import Any

import pytest

from tests.support import small_market
from tests.support.program import Desk

AGAIN = "no trace was kept: working it out again from the run's data …\n"


def explained(desk: Desk, *words: str) -> dict[str, Any]:
    ended = desk.stonks("explain", *words, "--json")
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_a_purchase_is_explained_by_checks_size_fills_levels_and_outcome(desk: Desk) -> None:
    desk.run()
    out = desk.stonks("explain", "d4").out
    assert out.startswith("run 1\nd4  ACT entry RISE, ")
    for part in (
        "because of recommendation B-RISE-0",
        "thesis: looks good",
        "Checks",
        "Size",
        "Numbers",
        "Fills",
        "Stop and target",
    ):
        assert part in out
    assert "✓  confidence" in out
    assert "at least 65.00 %" in out
    assert "  2014-01-24  d4  2014-01-31  d9  target  +" in out[out.index("What came of it") :]


def test_a_skip_is_explained_by_the_check_that_failed(desk: Desk) -> None:
    desk.run()
    out = desk.stonks("explain", "d26").out
    assert "d26  SKIP entry FALL: low_confidence (confidence below the tier's minimum)" in out
    assert "✗  confidence" in out
    assert "60.00 %  at least 65.00 %" in out
    assert "Fills" not in out


def test_an_exit_by_a_level_is_explained_by_its_own_id(desk: Desk) -> None:
    desk.run()
    out = desk.stonks("explain", "d23").out
    assert "d23  ACT exit FALL" in out
    assert "because of stop · price" in out
    assert "opened by             d3" in out
    assert "What came of it" in out


def test_a_purchase_still_held_at_the_end_says_so(desk: Desk) -> None:
    desk.run()
    assert "What came of it: still held at the end of the run" in desk.stonks("explain", "B-CALM-36").out


def test_a_recommendation_s_id_names_the_same_decision(desk: Desk) -> None:
    desk.run()
    assert desk.stonks("explain", "B-RISE-0").out == desk.stonks("explain", "d4").out
    assert explained(desk, "B-RISE-0") == explained(desk, "d4")


def test_every_number_of_the_json_belongs_to_the_decision(desk: Desk) -> None:
    desk.run()
    found = explained(desk, "d4")
    assert found["decision"]["decision_id"] == "d4"
    assert {e["decision_id"] for e in found["executions"]} == {"d4"}
    assert [t["decision_id"] for t in found["trades"]] == ["d4"]
    assert found["stops"][0]["rule"] == "initial"


def test_the_newest_run_is_meant_unless_another_is_named(desk: Desk) -> None:
    desk.run()
    desk.run()
    assert desk.stonks("explain", "d4").out.startswith("run 2\n")
    assert desk.stonks("explain", "d4", "--run", "1").out.startswith("run 1\n")


@pytest.mark.parametrize("kept_in", ["files", "database"])
def test_a_trace_worked_out_again_is_the_one_that_would_have_been_kept(desk: Desk, kept_in: str) -> None:
    if kept_in == "database":
        for kind in ("bars", "recommendations", "sectors"):
            desk.stonks("import", kind, getattr(desk.files, kind))
    files = desk.files.options if kept_in == "files" else []
    words = ["backtest", "run", *files, "--no-chart", "--tier", "aggressive", "--slippage-bps", "12"]
    desk.stonks(*words, "--traces", "all")
    desk.stonks(*words, "--traces", "none")
    ids = [d["decision_id"] for d in desk.exported("decisions", "1")]
    assert len(ids) > 60
    for decision_id in [*ids[::7], ids[-1]]:
        kept, derived = (explained(desk, decision_id, "--run", run) for run in ("1", "2"))
        assert kept["decision"]["trace"] is not None
        assert derived == kept
    assert desk.stonks("explain", "d2", "--run", "2").err == AGAIN
    assert desk.stonks("explain", "d2", "--run", "1").err == ""


def test_a_trace_is_worked_out_again_with_the_same_reading_of_the_files(desk: Desk) -> None:
    path = desk.files.recommendations
    path.write_text(path.read_text().replace("confidence", "How sure"))
    desk.run("--traces", "none", "--column", "confidence=How sure", "--start", "2014-02-03")
    assert explained(desk, "d4")["decision"]["trace"]["verdicts"]


def test_changed_data_give_no_trace_rather_than_a_wrong_one(desk: Desk) -> None:
    desk.run("--traces", "none")
    small_market.write(desk.files.bars.parent, count=59)
    ended = desk.stonks("explain", "d4")
    assert ended.code == 0
    assert f"the trace cannot be worked out: {desk.files.bars} has changed since the run was made" in ended.err
    assert "No trace was kept of this decision." in ended.out
    assert "d4  ACT entry RISE" in ended.out
    assert "Fills" in ended.out
    assert explained(desk, "d4")["decision"]["trace"] is None


def test_changed_data_in_the_database_give_no_trace_either(desk: Desk) -> None:
    for kind in ("bars", "recommendations", "sectors"):
        desk.stonks("import", kind, getattr(desk.files, kind))
    desk.stonks("backtest", "run", "--traces", "none")
    text = desk.files.sectors.read_text().replace("Energy", "Utilities")
    desk.files.sectors.write_text(text)
    desk.stonks("import", "sectors", desk.files.sectors)
    ended = desk.stonks("explain", "d4")
    assert "market.db has changed since the run was made" in ended.err
    assert "No trace was kept" in ended.out


def test_a_run_that_is_decided_otherwise_today_gets_no_trace_that_is_not_its_own(desk: Desk) -> None:
    desk.run("--traces", "none")
    with contextlib.closing(sqlite3.connect(desk.data_dir / "runs" / "1.db")) as run, run:
        run.execute("update trading_decisions set confidence = 0.71 where decision_id = 'd4'")
    ended = desk.stonks("explain", "d4")
    assert "played again, the run decides otherwise" in ended.err
    assert "No trace was kept" in ended.out


def test_data_that_are_gone_are_named(desk: Desk) -> None:
    desk.run("--traces", "none")
    desk.files.bars.unlink()
    ended = desk.stonks("explain", "d4")
    assert ended.code == 0
    assert f"{desk.files.bars} is not there any more" in ended.err
    assert "No trace was kept" in ended.out


@pytest.mark.parametrize("wanted", ["d999", "nothing like it", ""])
def test_an_unknown_id_is_named_with_a_way_to_find_the_right_one(desk: Desk, wanted: str) -> None:
    desk.run()
    ended = desk.stonks("explain", wanted)
    assert (ended.code, ended.out) == (1, "")
    assert f"run 1 has no decision '{wanted}'" in ended.err
    assert "stonks backtest export 1 --what decisions" in ended.err


def test_without_a_run_there_is_nothing_to_explain(desk: Desk) -> None:
    ended = desk.stonks("explain", "d1")
    assert ended.code == 1
    assert "there is no finished backtest" in ended.err
