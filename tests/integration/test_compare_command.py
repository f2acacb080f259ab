"""`stonks backtest compare` on real runs: what it says agrees with what the runs say of themselves."""

import json
from decimal import Decimal

import pytest

from tests.support.program import Desk


def test_two_runs_are_compared_to_the_unit(desk: Desk) -> None:
    first, second = desk.record(), desk.record("--set", "max_open_positions=1", "--commission-per-order", "1")
    ended = desk.stonks("backtest", "compare", "1", "2", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert {(d["ingredient"], d["name"]): d["values"] for d in found["differences"]} == {
        ("setting", "max_open_positions"): [10, 1],
        ("cost", "commission_per_order"): [0, 1],
    }
    assert found["inputs"] == []
    figures = {f["name"]: f for f in found["figures"]}
    values = [r["metrics"]["final_value"] for r in (first, second)]
    assert figures["final_value"]["values"] == values
    assert Decimal(figures["final_value"]["changes"][1]) == Decimal(values[1]) - Decimal(values[0]) != 0
    assert {f["name"]: f["values"] for f in found["funnel"]} == {
        word: [first["funnel"].get(word, 0), second["funnel"].get(word, 0)]
        for word in {**first["funnel"], **second["funnel"]}
    }
    days = [{row["date"]: row["total_value"] for row in desk.exported("equity", run)} for run in (1, 2)]
    parting = found["parting"]
    assert parting["on"] == min(on for on in days[0] if days[0][on] != days[1][on])
    assert parting["values"] == [of_run[parting["on"]] for of_run in days]
    for own, run in zip(found["trades"], (first, second), strict=True):
        assert own["count"] == run["metrics"]["trades"]["trade_count"] == found["same_trades"] + own["only_here"]


def test_the_same_run_made_twice_shows_no_difference(desk: Desk) -> None:
    desk.run()
    desk.run()
    out = desk.stonks("backtest", "compare", "2", "1").out
    assert out.startswith("run 2: 2014-01-02 to 2014-03-28, completed\nrun 1: ")
    assert "What went in was the same." in out
    assert "Their total values are the same on all 60 sessions they share." in out
    assert "made alike by both runs" in out
    assert "+" not in "".join(line.rpartition("  ")[2] for line in out.splitlines() if line.startswith("  "))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["1"], 2, "one run is named to be compared"),
        (["1", "1"], 2, "run 1 is named twice"),
        (["1", "7"], 1, "there is no run 7"),
        (["1", "2", "3", "4", "5", "6"], 2, "6 runs are named"),
        (["1", "two"], 2, "'two'"),
    ],
)
def test_what_cannot_be_compared_is_refused(desk: Desk, words: list[str], code: int, said: str) -> None:
    desk.run()
    ended = desk.stonks("backtest", "compare", *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
