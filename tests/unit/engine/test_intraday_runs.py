"""Runs within days: which days are played, how, and what of it is kept."""

from dataclasses import replace

import numpy as np
import pytest

from engine.backtester import BacktestConfig, Progress, run, sessions_of
from engine.errors import BadInput
from engine.model.intraday import MinuteTape
from engine.model.runs import RunStatus
from engine.model.tape import RecommendationTable
from tests.support.tapes import (
    INTRABAR,
    RULES,
    Path,
    at,
    buy,
    day,
    minutes,
    play,
    quotes,
    rules,
    signal,
)

CALM: Path = {0: 100}
WEEK = minutes({"AAA": {0: CALM}}, days=5)


def without_day(tape: MinuteTape, number: int) -> MinuteTape:
    """Return `tape` without the minutes of day `number`; its daily bar stays."""
    kept = np.arange(len(tape.at)) // 390 != number
    return replace(
        tape,
        at=tape.at[kept],
        open=tape.open[kept],
        high=tape.high[kept],
        low=tape.low[kept],
        close=tape.close[kept],
    )


def test_days_of_the_history_that_have_no_minutes_are_not_played() -> None:
    assert sessions_of(WEEK) == [day(n) for n in range(5)]
    assert sessions_of(without_day(WEEK, 2)) == [day(n) for n in (0, 1, 3, 4)]
    assert [s.on for s in play(without_day(WEEK, 2)).result.books.snapshots] == [day(n) for n in (0, 1, 3, 4)]


def test_a_position_is_held_over_a_day_that_is_not_on_the_tape() -> None:
    market = without_day(minutes({"AAA": {0: CALM, 1: {0: 90}, 2: {0: 95}}}), 1)
    assert play(market, buy("AAA")).trades == [
        "50 AAA from 100.00 day 0 15 min to 95.00 day 2 open: stop_loss, -250.00"
    ]


def test_a_range_of_days_may_be_played() -> None:
    played = play(WEEK, buy("AAA", 2), start_on=day(1), end_on=day(3))
    assert [s.on for s in played.result.books.snapshots] == [day(1), day(2), day(3)]
    assert (played.result.start_on, played.result.end_on) == (day(1), day(3))


def test_a_range_without_minutes_is_refused() -> None:
    with pytest.raises(BadInput, match="there is no session"):
        play(WEEK, start_on=day(-10), end_on=day(-1))


def test_quotes_have_no_bars_to_look_inside_and_are_looked_at_as_live() -> None:
    market = quotes({"AAA": {0: {0: 100, 31.25: 95.9}}})
    other = play(market, buy("AAA"), stop_checks=INTRABAR)
    assert other.trades == play(market, buy("AAA")).trades
    assert other.trades == ["50 AAA from 100.00 day 0 15 min to 95.90 day 0 35 min: stop_loss, -205.00"]


def test_the_trace_of_one_signal_alone_may_be_kept() -> None:
    market = minutes({"AAA": {0: CALM}, "BBB": {0: CALM}})
    both = [signal("AAA", 0, 20, name="a"), signal("BBB", 0, 20, name="b")]
    policy = rules(micro_trading_enabled=True)
    played = play(market, signals=both, policy=policy, traced=False, trace_of=frozenset({"a"}))
    entries = {d.cause: d.trace is not None for d in played.result.books.decisions if d.cause in ("a", "b")}
    assert entries == {"a": True, "b": False}


def test_what_was_not_due_any_more_is_not_counted_and_what_waits_at_the_end_is_pending() -> None:
    played = play(minutes({"AAA": {0: CALM}}), buy("AAA", -4), buy("AAA"), buy("AAA", 1))
    assert dict(played.result.funnel) == {"act": 1}
    late = buy("AAA", generated_at=at(0, 380))
    assert dict(play(minutes({"AAA": {0: CALM}}), late).result.funnel) == {"pending": 1}


def test_a_run_that_is_stopped_keeps_the_days_that_it_had_played() -> None:
    told: list[Progress] = []
    result = run(
        WEEK,
        RecommendationTable.of([buy("AAA")]),
        BacktestConfig(initial_capital=1_000_000_000, policy=RULES),
        on_progress=told.append,
        should_stop=lambda: len(told) == 2,
    )
    assert result.status is RunStatus.CANCELLED
    assert [s.on for s in result.books.snapshots] == [day(0), day(1)]
    assert [(p.on, p.sessions_done, p.sessions) for p in told] == [(day(0), 1, 5), (day(1), 2, 5)]


def test_the_last_lots_are_those_still_held() -> None:
    (lot,) = play(WEEK, buy("AAA")).result.books.open_lots
    assert (lot.ticker, lot.quantity, lot.cost) == ("AAA", 50, 50_000_000)


def test_for_comparisons_the_atr_may_be_that_of_the_minutes() -> None:
    # the minutes do not move: without movement there is no stop, and no entry
    played = play(minutes({"AAA": {0: CALM}}), buy("AAA"), atr_on_bars=True)
    assert played.fills == []
    moving = minutes({"AAA": {0: dict.fromkeys(range(390), (100.0, 100.5, 99.5, 100.0))}})
    (change, *_) = play(moving, buy("AAA"), atr_on_bars=True).result.books.stop_changes
    assert change.levels.stop == 980_000  # an ATR of $1, twice
