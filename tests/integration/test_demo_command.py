"""`stonks demo`: from nothing to a result in one command, the same for everybody."""

import json
import re
from collections.abc import Iterator

import pytest

from engine.daily_course import DailyCourse
from engine.model.sessions import Session
from engine.steps import Step
from tests.support.program import Desk


def test_the_demo_without_a_terminal_prints_its_summary_and_ends_well_and_always_alike(desk: Desk) -> None:
    process = desk.process("demo", "--backtest")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("A made-up market (seed 7): 36 tickers, 504 sessions")
    assert "Backtest 1 “demo, seed 7”: completed" in out
    assert "What became of" in out
    assert "\x1b" not in out
    again = json.loads(desk.stonks("demo", "--backtest", "--json").out)
    assert again["run_id"] == 2
    assert f"fingerprint {again['fingerprint'][:16]}\n" in out
    assert desk.listed() == {}  # it keeps to its own corner of the data directory
    assert sorted(p.name for p in desk.data_dir.iterdir()) == ["cache", "demo"]


def test_the_commands_that_the_demo_names_work_as_they_stand(desk: Desk) -> None:
    out = " ".join(desk.stonks("demo", "--backtest").out.split())
    found = re.search(r"next: stonks explain ID (--data-dir \S+) · stonks (backtest export 1 --data-dir \S+)", out)
    assert found is not None
    decision = re.search(r"best \S+ .*? (d\d+) ", out)
    assert decision is not None
    assert desk.stonks("explain", decision[1], *found[1].split()).out.startswith("run 1\n" + decision[1])
    assert desk.stonks(*found[2].split()).out.startswith("ticker,sector,")


def test_a_demo_that_fails_says_so_to_the_shell(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(course: DailyCourse, row: int, session: Session) -> Iterator[Step]:
        raise ZeroDivisionError("in the core")

    monkeypatch.setattr(DailyCourse, "play", failing)
    ended = desk.stonks("demo", "--backtest", "--json")
    assert (ended.code, json.loads(ended.out)["status"]) == (1, "failed")


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--seed", "-1"], "the seed is -1"), (["--seed", "x"], "'x'"), (["--capital", "0"], "--capital is 0")],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, words: list[str], said: str) -> None:
    ended = desk.stonks("demo", "--backtest", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
