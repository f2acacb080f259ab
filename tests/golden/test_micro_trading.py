"""Micro trading: intraday signals in small size, for two hours at most, and never over night."""

from typing import Any

import pytest

from engine.decision.events import BreakerSet
from engine.model.decisions import DecisionKind
from engine.model.intraday import StopChecks
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, Path, Played, at, buy, minutes, play, quotes, rules, shock, signal, tape

ON: dict[str, Any] = {"micro_trading_enabled": True}
CALM: Path = {0: 100}
UP = signal("AAA", 0, 20)
UNTIL = "25 AAA from 100.00 day 0 21 min to"


def traded(path: Path = CALM, *signals: Any, how: Any = None, **settings: Any) -> Played:
    """Return what becomes of `signals`, of one at minute 20 unless told, along `path`."""
    market = minutes({"AAA": {0: path}})
    return play(market, signals=signals or (UP,), policy=rules(**ON | settings), **how or {})


def answers(played: Played) -> dict[str, str]:
    return {d.cause: d.skip_reason or "act" for d in played.result.books.decisions if d.kind is DecisionKind.MICRO}


def test_it_is_off_by_default() -> None:
    played = play(minutes({"AAA": {0: CALM}}), signals=[UP])
    assert (played.decided, played.fills) == ([], [])
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}))
    decision = desk.hears(UP)
    assert decision is not None
    assert decision.skip_reason == "micro_trading_off"


def test_a_signal_upwards_is_bought_at_the_next_look_for_2_5_percent_of_the_active_pool() -> None:
    played = traded()
    assert played.fills[0] == "day 0 21 min: bought 25 AAA at 100.00, d1-1-1"
    decision = played.result.books.decisions[0]
    assert (decision.kind, decision.cause, decision.is_micro, decision.recommendation_id) == (
        DecisionKind.MICRO,
        UP.signal_id,
        True,
        None,
    )
    assert played.result.books.executions[0].tag == "micro_entry"


@pytest.mark.parametrize(("confidence", "shares"), [(0.65, 25), (0.78, 30), (1.0, 30)])
def test_3_percent_at_most(confidence: float, shares: int) -> None:
    # 0.025 * confidence / 0.65: 2.5 %, 3 %, 3.8 %
    sized = traded(CALM, signal("AAA", 0, 20, confidence=confidence))
    assert sized.result.books.executions[0].fill.quantity == shares


def test_it_is_never_split() -> None:
    assert len([f for f in traded(gradual_entry_tranches=3).fills if "bought" in f]) == 1


def test_its_stop_is_one_atr_away_and_its_target_one_and_a_half_times_that() -> None:
    (change, *_) = traded().result.books.stop_changes
    assert (change.levels.stop, change.levels.target, change.is_micro) == (980_000, 1_030_000, True)


def test_the_stop_and_the_target_are_looked_at_like_any() -> None:
    assert traded({0: 100, 31: 97.9}).trades == [f"{UNTIL} 97.90 day 0 35 min: stop_loss, -52.50"]
    assert traded({0: 100, 31: 103.1}).trades == [f"{UNTIL} 103.10 day 0 35 min: take_profit, +77.50"]


def test_after_120_minutes_it_is_closed() -> None:
    assert traded({0: 100, 140: 101, 141: 101.5}).trades == [f"{UNTIL} 101.50 day 0 141 min: micro_close, +37.50"]


def test_inside_the_bars_too() -> None:
    played = traded({0: 100, 141: 101.4}, how={"stop_checks": StopChecks.INTRABAR})
    assert played.trades == [f"{UNTIL} 101.40 day 0 141 min: micro_close, +35.00"]


def test_five_minutes_before_the_close_all_are_closed() -> None:
    late = traded({0: 100, 385: 100.4}, signal("AAA", 0, 350))
    assert late.trades == ["25 AAA from 100.00 day 0 351 min to 100.40 day 0 385 min: micro_close, +10.00"]


def test_on_an_early_close_five_minutes_before_that() -> None:
    market = minutes({"AAA": {0: {0: 100, 205: 100.4}}}, early=(0,))
    played = play(market, signals=[signal("AAA", 0, 150)], policy=rules(**ON))
    assert played.trades == ["25 AAA from 100.00 day 0 151 min to 100.40 day 0 205 min: micro_close, +10.00"]


def test_a_signal_downwards_closes_it() -> None:
    down = signal("AAA", 0, 40, up=False)
    played = traded({0: 100, 41: 99}, UP, down)
    assert played.trades == [f"{UNTIL} 99.00 day 0 41 min: micro_close, -25.00"]
    assert played.result.books.decisions[-1].cause == down.signal_id


def test_a_signal_downwards_sells_nothing_short_and_no_position_of_another_kind() -> None:
    down = signal("AAA", 0, 40, up=False)
    assert answers(traded(CALM, down)) == {down.signal_id: "not_held"}
    played = play(minutes({"AAA": {0: CALM}}), buy("AAA"), signals=[down], policy=rules(**ON))
    assert answers(played) == {down.signal_id: "not_held"}
    assert played.held == {"AAA": 50}


def test_one_position_a_ticker_of_either_kind() -> None:
    market = minutes({"AAA": {0: CALM}})
    after = play(market, buy("AAA"), signals=[UP], policy=rules(**ON))
    assert answers(after) == {UP.signal_id: "already_held"}
    later = buy("AAA", generated_at=at(0, 60))
    before = play(market, later, signals=[UP], policy=rules(**ON))
    assert before.answers == {later.recommendation_id: "already_held"}


def test_outside_the_window_a_signal_waits_and_after_its_session_it_has_expired() -> None:
    early, late = signal("AAA", 0, 3), signal("BBB", 0, 376)
    market = minutes({"AAA": {0: CALM, 1: CALM}, "BBB": {0: CALM, 1: CALM}})
    played = play(market, signals=[early, late], policy=rules(**ON))
    assert played.fills[0] == "day 0 15 min: bought 25 AAA at 100.00, d1-1-1"
    assert played.decided[-1] == f"day 0 close: micro BBB {late.signal_id}, expired"


def test_ten_a_day_and_the_next_day_again() -> None:
    names = [chr(65 + n) * 3 for n in range(11)]
    market = minutes({t: {0: CALM, 1: CALM} for t in names})
    today = [signal(t, 0, 20 + n) for n, t in enumerate(names)]
    played = play(market, signals=[*today, signal("KKK", 1, 20)], policy=rules(**ON, max_open_positions=20))
    assert list(answers(played).values()) == ["act"] * 10 + ["micro_daily_limit", "act"]
    assert [s.micro.entries_today for s in played.result.books.snapshots[-2:]] == [10, 1]


def test_one_that_was_turned_down_does_not_count() -> None:
    weak, strong = signal("AAA", 0, 20, confidence=0.64), signal("AAA", 0, 30)
    played = traded(CALM, weak, strong, micro_trading_max_daily=1)
    assert answers(played) == {weak.signal_id: "low_confidence", strong.signal_id: "act"}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"enabled": False}, "disabled"),
        ({"max_open_positions": 0}, "max_positions"),
        ({"active_pool_minimum": 1e9}, "active_pool_minimum"),
        ({"moderate": {"max_portfolio_heat": 0.0001}}, "heat"),
        ({"moderate": {"min_confidence": 0.7}}, "low_confidence"),
        ({"moderate": {"max_sector_pct": 0.0}}, "sector"),
    ],
)
def test_all_checks_of_an_entry_apply(settings: dict[str, Any], reason: str) -> None:
    assert answers(traded(**settings)) == {UP.signal_id: reason}


def test_while_a_breaker_is_on_none_is_opened_and_those_that_are_open_are_closed_in_time() -> None:
    late = signal("BBB", 0, 60)
    market = minutes({"AAA": {0: CALM}, "BBB": {0: CALM}})
    played = play(market, signals=[UP, late], policy=rules(**ON), interventions=(BreakerSet(at=at(0, 30)),))
    assert answers(played) == {UP.signal_id: "act", late.signal_id: "not_active"}
    assert [t.exit_reason for t in played.closed] == ["micro_close"]


def test_its_figures_are_its_own() -> None:
    market = minutes({"AAA": {0: {0: 100, 141: 101}}, "BBB": {0: {0: 100, 200: 95.5}}})
    played = play(market, buy("BBB"), signals=[UP], policy=rules(**ON))
    assert [(t.ticker, t.is_micro) for t in played.closed] == [("AAA", True), ("BBB", False)]
    metrics = played.result.metrics
    assert (metrics.micro.trade_count, metrics.micro.net_pnl) == (1, 250_000)
    assert (metrics.trades.trade_count, metrics.trades.win_count, metrics.trades.net_pnl) == (1, 0, -2_250_000)
    last = played.result.books.snapshots[-1]
    assert (last.micro.trade_count, last.micro.win_count, last.micro.net_pnl) == (1, 1, 250_000)
    assert (last.trade_count, last.win_count, last.loss_count) == (1, 0, 1)


def test_signals_are_read_every_60_seconds_even_when_prices_are_read_more_often() -> None:
    # while the event is on there is a look every 15 seconds; signals are read at 30, 31, 32, …
    market = quotes({"AAA": {0: CALM}})
    asked = signal("AAA", 0, 31.1)
    played = play(market, signals=[asked], macro_events=[shock(0, 30, 60)], policy=rules(**ON))
    assert played.fills[0] == "day 0 32 min: bought 25 AAA at 100.00, d1-1-1"


def test_of_several_at_once_the_most_confident_comes_first() -> None:
    market = minutes({t: {0: CALM} for t in ("AAA", "BBB")})
    both = [signal("AAA", 0, 20), signal("BBB", 0, 20, confidence=0.7)]
    played = play(market, signals=both, policy=rules(**ON, max_open_positions=1))
    assert answers(played) == {both[1].signal_id: "act", both[0].signal_id: "max_positions"}


def test_on_a_daily_tape_signals_are_left_out() -> None:
    played = play(tape({"AAA": [FLAT] * 2}), signals=[UP], policy=rules(**ON))
    assert played.decided == []
