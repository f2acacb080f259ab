"""Backtester: how a run ends, and what it makes of odd input."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest

from engine.backtester import BacktestConfig, Progress, run
from engine.errors import BadInput
from engine.model.costs import CostModel
from engine.model.market import Dividend, Split
from engine.model.runs import RunStatus
from engine.model.tape import RecommendationTable
from tests.support.tapes import FLAT, RULES, Bar, buy, closing, day, opening, play, rules, sell, tape, weekdays

QUIET = tape({"AAA": [FLAT] * 4})
NOTHING = RecommendationTable.of([])
PLAIN = BacktestConfig(initial_capital=1_000_000_000, policy=RULES)


def test_progress_is_told_once_a_session() -> None:
    told: list[Progress] = []
    run(QUIET, NOTHING, PLAIN, on_progress=told.append)
    assert [p.on for p in told] == list(QUIET.dates)
    assert [p.sessions_done for p in told] == list(range(1, 20))
    assert {p.sessions for p in told} == {19}
    assert told[-1].equity == 1_000_000_000


def test_a_cancelled_run_keeps_what_it_had_come_to() -> None:
    seen: list[Progress] = []
    result = run(QUIET, NOTHING, PLAIN, on_progress=seen.append, should_stop=lambda: len(seen) == 3)
    assert (result.status, len(result.books.snapshots)) == (RunStatus.CANCELLED, 3)
    assert result.metrics.sessions == 3


@pytest.mark.parametrize(
    ("fault", "said"), [(OSError("no space left"), "OSError: no space left"), (MemoryError(), "it ran out of memory")]
)
def test_a_run_that_fails_keeps_what_it_had_come_to_and_says_why(fault: Exception, said: str) -> None:
    seen: list[Progress] = []

    def full(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 17:
            raise fault

    result = run(QUIET, RecommendationTable.of([buy("AAA", 0)]), PLAIN, on_progress=full)
    assert (result.status, result.error) == (RunStatus.FAILED, said)
    assert len(result.books.executions) == 1
    assert len(result.books.snapshots) == 17


@pytest.mark.parametrize(("start", "end"), [(day(3), day(1)), (day(50), None), (None, day(-50))])
def test_a_range_without_a_session_is_refused(start: object, end: object) -> None:
    with pytest.raises(BadInput, match="there is no session"):
        run(QUIET, NOTHING, replace(PLAIN, start_on=start, end_on=end))  # type: ignore[arg-type]


def test_a_range_uses_what_lies_before_it_for_its_indicators_only() -> None:
    played = play(QUIET, buy("AAA", -3), buy("AAA", 1), start_on=day(0), end_on=day(2))
    assert [s.on for s in played.result.books.snapshots] == [day(0), day(1), day(2)]
    assert played.answers == {"buy AAA on day 1": "act"}


def test_recommendations_outside_the_sessions_change_nothing() -> None:
    long_ago, long_after = datetime(2001, 1, 1, tzinfo=UTC), datetime(2044, 1, 1, tzinfo=UTC)
    played = play(
        QUIET,
        buy("AAA", generated_at=long_ago, recommendation_id="past"),
        buy("AAA", generated_at=long_after, recommendation_id="future"),
    )
    assert played.answers == {"past": "expired"}


def test_one_that_is_not_decided_at_the_end_is_pending() -> None:
    market = tape({"AAA": [FLAT, None], "BBB": [FLAT] * 2})
    played = play(market, buy("AAA", 1, expires_at=closing(4)))
    assert played.result.funnel == {"pending": 1}


def test_an_account_without_money_buys_nothing_and_ends_well() -> None:
    played = play(QUIET, buy("AAA"), capital=0.0001, policy=rules(active_pool_minimum=0))
    assert (played.held, played.result.metrics.total_return) == ({}, 0.0)


def test_a_million_dollars_a_share_and_a_hundredth_of_a_cent() -> None:
    dear: Bar = (1e6, 1.01e6, 0.99e6, 1e6)
    market = tape({"AAA": [dear] * 2}, calm={"AAA": (1e6, 20_000.0)})
    played = play(market, buy("AAA", 0), sell("AAA", 1), capital=1e9, policy=rules(absolute_position_cap=1e12))
    assert [t.quantity for t in played.closed] == [50]
    cheap: Bar = (0.0002, 0.0003, 0.0001, 0.0002)
    played = play(
        tape({"AAA": [cheap] * 2}, calm={"AAA": (0.0002, 0.0002)}),
        buy("AAA", 0),
        sell("AAA", 1, confidence=0.1),
        policy=rules(moderate={"max_portfolio_heat": 1, "stop_loss_atr_multiplier": 0.5}),
    )
    assert [t.quantity for t in played.closed] == [25_000_000]


def test_thousands_of_tickers() -> None:
    names = [f"T{i:04}" for i in range(1_500)]
    market = tape({t: [FLAT] for t in names})
    played = play(market, *(buy(t) for t in names), traced=False)
    assert played.result.funnel == {"sector": 1_494, "act": 6}


@pytest.mark.parametrize("ratio", [Fraction(0), Fraction(-2)])
def test_a_negative_split_or_none_at_all_is_refused_by_name(ratio: Fraction) -> None:
    with pytest.raises(BadInput, match="AAA"):
        Split(ticker="AAA", on=day(1), ratio=ratio)


def test_a_dividend_below_zero_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="AAA"):
        Dividend(ticker="AAA", ex_on=day(1), amount=-1)


def test_a_confidence_above_one_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="too-sure"):
        play(QUIET, buy("AAA", 0, confidence=7.0, recommendation_id="too-sure"))


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    after_the_open = opening(1) + timedelta(minutes=15)
    in_new_york = after_the_open.astimezone(timezone(timedelta(hours=-5)))
    there = play(QUIET, buy("AAA", generated_at=in_new_york)).result.books.decisions
    here = play(QUIET, buy("AAA", generated_at=after_the_open)).result.books.decisions
    assert [d.at for d in there] == [d.at for d in here]


def test_a_naive_moment_is_refused_by_name() -> None:
    naive = buy("AAA", generated_at=datetime(2024, 1, 22, 12, 0))  # noqa: DTZ001
    with pytest.raises(BadInput, match="no time zone"):
        run(QUIET, RecommendationTable.of([naive]), PLAIN)


def test_a_recommendation_is_decided_once_however_often_it_comes() -> None:
    played = play(QUIET, buy("AAA", 0), buy("AAA", 0))
    assert len(played.result.books.decisions) == 1


def test_the_last_day_of_a_table_without_a_day_to_spare() -> None:
    bare = tape({"AAA": [FLAT] * 2}, sessions=weekdays(day(-15), 17))
    no_window = rules(window_start_minutes=300, window_end_minutes=300)
    assert play(bare, buy("AAA", 1), policy=no_window).held == {}


@pytest.mark.parametrize("capital", [0, -1_000_000])
def test_a_capital_of_nothing_or_less_is_refused(capital: int) -> None:
    with pytest.raises(BadInput):
        run(QUIET, NOTHING, BacktestConfig(initial_capital=capital))


@pytest.mark.parametrize(
    "wrong",
    [{"commission_per_order": -1.0}, {"slippage_bps": -5.0}, {"slippage_bps": float("nan")}, {"slippage_bps": 2e4}],
)
def test_costs_that_cannot_be_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput, match=next(iter(wrong))):
        CostModel(**wrong)
