"""`stonks backtest run` on minute bars and quotes: what comes in, what is kept of it, and that it is found again."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine import backtester
from engine.model.intraday import StopChecks
from tests.support import minute_market
from tests.support.program import Desk, Ended

EVERYTHING = ("bars", "history", "recommendations", "signals", "macro_events", "halts")


@pytest.fixture(name="market")
def a_market(tmp_path: Path) -> minute_market.Files:
    return minute_market.write(tmp_path)


def ran(desk: Desk, market: minute_market.Files, *kinds: str, further: tuple[str, ...] = ()) -> Ended:
    return desk.stonks("backtest", "run", *market.options(*kinds), "--no-chart", *further)


def record(desk: Desk, market: minute_market.Files, *kinds: str, further: tuple[str, ...] = ()) -> dict[str, Any]:
    ended = ran(desk, market, *kinds, further=("--json", *further))
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_minute_bars_with_everything_beside_them_are_run_and_every_file_is_kept(
    desk: Desk, market: minute_market.Files
) -> None:
    found = record(desk, market, *EVERYTHING, further=("--set", "micro_trading_enabled=yes"))
    assert found["status"] == "completed"
    assert tuple(i["kind"] for i in found["inputs"]) == EVERYTHING
    assert (found["start_on"], found["end_on"]) == (str(minute_market.DAYS[0]), str(minute_market.DAYS[-1]))
    decided = {d["recommendation_id"]: d for d in desk.exported("decisions") if d["recommendation_id"]}
    assert decided[f"r-CALM-{minute_market.DAYS[0]}"]["at"].startswith(f"{minute_market.DAYS[0]} 15:0")


def test_quotes_are_run_with_their_history(desk: Desk, market: minute_market.Files) -> None:
    found = record(desk, market, "quotes", "history", "recommendations")
    assert found["status"] == "completed"
    assert found["funnel"]["act"] > 0


def test_the_same_again_has_the_same_fingerprint(desk: Desk, market: minute_market.Files) -> None:
    first, second = (record(desk, market, *EVERYTHING) for _ in range(2))
    assert first["fingerprint"] == second["fingerprint"] != ""


def test_a_trace_that_was_not_kept_is_worked_out_again_from_all_the_files(
    desk: Desk, market: minute_market.Files
) -> None:
    further = ("--set", "micro_trading_enabled=yes", "--stop-checks", "intrabar")
    record(desk, market, *EVERYTHING, further=(*further, "--traces", "all"))
    record(desk, market, *EVERYTHING, further=(*further, "--traces", "none"))
    for asked in (f"r-RISE-{minute_market.DAYS[1]}", "s-CALM-up"):
        kept, derived = (desk.stonks("explain", asked, "--run", run, "--json") for run in (1, 2))
        assert "working it out again" in derived.err
        assert json.loads(derived.out)["decision"]["trace"] is not None
        assert derived.out == kept.out


def test_explain_plays_the_run_again_with_all_that_it_was_made_with(
    desk: Desk, market: minute_market.Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    played, run = [], backtester.run

    def watched(*args: Any, **kwargs: Any) -> backtester.BacktestResult:
        tape, table, config = args
        played.append((tape.halts, table, config.stop_checks, kwargs["signals"], kwargs["macro_events"]))
        return run(*args, **kwargs)

    monkeypatch.setattr(backtester, "run", watched)
    record(desk, market, *EVERYTHING, further=("--stop-checks", "intrabar", "--traces", "none"))
    desk.stonks("explain", f"r-RISE-{minute_market.DAYS[1]}")
    made, again = played
    assert again == made
    assert made[2] is StopChecks.INTRABAR
    assert [len(made[i]) for i in (0, 1, 3, 4)] == [1, 6, 4, 1]


def test_a_signals_file_that_has_changed_since_is_named(desk: Desk, market: minute_market.Files) -> None:
    record(desk, market, *EVERYTHING, further=("--traces", "none"))
    market.signals.write_text(market.signals.read_text().replace("0.9", "0.8"))
    ended = desk.stonks("explain", f"r-RISE-{minute_market.DAYS[1]}")
    assert f"{market.signals} has changed since the run was made" in ended.err


def test_how_stops_are_looked_at_is_kept_with_the_run_unless_it_is_as_usual(
    desk: Desk, market: minute_market.Files
) -> None:
    record(desk, market, "bars", "history", further=("--stop-checks", "intrabar", "--bar-time", "start"))
    record(desk, market, "bars", "history")
    assert desk.shown("1")["reading"] == {"stop_checks": "intrabar"}
    assert desk.shown("2")["reading"] == {}


@pytest.mark.parametrize(("kinds", "why"), [(("quotes", "history"), "single prices"), ((), "daily bars")])
def test_intrabar_stops_are_refused_where_there_are_no_minute_bars(
    desk: Desk, market: minute_market.Files, kinds: tuple[str, ...], why: str
) -> None:
    words = market.options(*kinds) or desk.files.options
    ended = desk.stonks("backtest", "run", *words, "--stop-checks", "intrabar")
    assert (ended.code, "--stop-checks intrabar is for minute bars" in ended.err, why in ended.err) == (2, True, True)
    assert desk.listed() == {}


def test_signals_on_daily_bars_are_left_out_and_that_is_a_note_of_the_run(
    desk: Desk, market: minute_market.Files
) -> None:
    words = ("--set", "micro_trading_enabled=yes", *market.options("signals", "halts"))
    notes = desk.record(*words)["notes"]
    assert "4 signals are left out: a daily tape has no time inside a day (give minute bars or quotes)" in notes
    assert "1 halts are left out: a daily tape has no time inside a day (give minute bars or quotes)" in notes


def test_signals_without_micro_trading_say_how_to_trade_them(desk: Desk, market: minute_market.Files) -> None:
    notes = record(desk, market, "bars", "history", "signals")["notes"]
    assert any("micro_trading_enabled=yes" in note for note in notes)


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        (("bars", "quotes"), "bars and quotes are given"),
        (("history",), "files are given, but no prices"),
        (("signals",), "files are given, but no prices"),
    ],
)
def test_files_that_do_not_go_together_are_refused_in_one_sentence(
    desk: Desk, market: minute_market.Files, kinds: tuple[str, ...], why: str
) -> None:
    ended = ran(desk, market, *kinds)
    assert ended.code == 2
    assert why in ended.err
    assert desk.listed() == {}
