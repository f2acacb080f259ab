"""Breakers: a bad day, several stops at once, or one bad position stop new entries for a while; exits go on."""

from datetime import timedelta

import pytest

from engine.model.portfolio import TradingState
from tests.support.tapes import FLAT, Bar, Played, buy, closing, opening, play, rules, sell, tape

DOWN: Bar = (100.0, 100.5, 96.5, 97.0)
LOW: Bar = (97.0, 97.5, 96.5, 97.0)
STOPPED: Bar = (100.0, 100.5, 95.0, 95.5)
GAPPED: Bar = (95.0, 95.5, 94.5, 95.0)
LOSING = {"daily_loss_pct": 0.001, "tier_auto": False}
WIDE = {"moderate": {"stop_loss_atr_multiplier": 20.0, "reward_risk_ratio": 20.0, "max_portfolio_heat": 10.0}}


def tripped(played: Played) -> list[str]:
    return [f"{b.trigger} {b.ticker}".strip() + f" {played.moment(b.at)}" for b in played.result.books.breakers]


def a_bad_day(*asked_on: int, **settings: object) -> Played:
    """Return a run that loses $150 on day 1, of $100,000, and is asked to buy BBB, CCC, … on the days `asked_on`."""
    others = [chr(66 + n) * 3 for n in range(len(asked_on))]
    bars: dict[str, list[Bar]] = {"AAA": [FLAT, DOWN, LOW, LOW, LOW], **{t: [FLAT] * 5 for t in others}}
    asked = [buy(ticker, on) for ticker, on in zip(others, asked_on, strict=True)]
    return play(tape(bars), buy("AAA"), *asked, policy=rules(**LOSING | settings))


def test_a_loss_beyond_the_limit_stops_entries_for_a_session_of_market_time() -> None:
    played = a_bad_day(2, 3)
    assert tripped(played) == ["daily_loss day 1 close"]
    (breaker,) = played.result.books.breakers
    assert breaker.threshold == 0.001
    assert breaker.actual == pytest.approx(0.0015)
    assert (breaker.cooldown_expires, breaker.resolved_at) == (closing(2), closing(2))
    assert list(played.answers.values()) == ["act", "not_active", "act"]


def test_the_trace_names_the_breaker() -> None:
    played = a_bad_day(2)
    (skipped,) = (d for d in played.result.books.decisions if d.skip_reason == "not_active")
    assert skipped.trace is not None
    assert skipped.trace.first_failure is not None
    assert skipped.trace.first_failure.note == "reducing: daily_loss"


def test_the_days_that_it_was_on_say_so() -> None:
    states = [day.trading_state for day in a_bad_day().result.books.snapshots]
    assert states[-5:] == [TradingState.ACTIVE, TradingState.REDUCING, *[TradingState.ACTIVE] * 3]


def test_just_at_the_limit_nothing_trips() -> None:
    assert tripped(a_bad_day(daily_loss_pct=0.0015)) == []
    assert tripped(a_bad_day(daily_loss_pct=0.00149)) == ["daily_loss day 1 close"]


def test_a_gap_at_the_open_trips_before_the_entries_of_that_day() -> None:
    bars: dict[str, list[Bar]] = {"AAA": [FLAT, LOW], "BBB": [FLAT, FLAT]}
    played = play(tape(bars), buy("AAA"), buy("BBB", 1), policy=rules(**LOSING))
    assert tripped(played) == ["daily_loss day 1 open"]
    assert played.answers["buy BBB on day 1"] == "not_active"


def test_a_cause_that_stays_true_trips_once_a_session() -> None:
    falling: list[Bar] = [FLAT, LOW, LOW, (94.0, 94.5, 93.5, 94.0)]
    played = play(tape({"AAA": falling}), buy("AAA"), policy=rules(**LOSING | WIDE))
    assert tripped(played) == ["daily_loss day 1 open", "daily_loss day 3 open"]


def test_one_that_trips_again_takes_the_place_of_the_first() -> None:
    falling: list[Bar] = [FLAT, DOWN, (94.0, 94.5, 93.5, 94.0), (94.0, 94.5, 93.5, 94.0)]
    played = play(tape({"AAA": falling}), buy("AAA"), policy=rules(**LOSING | WIDE))
    first, second = played.result.books.breakers
    assert (first.resolved_at, second.at) == (opening(2), opening(2))
    assert second.resolved_at == closing(2)


def test_exits_go_on_while_it_is_on() -> None:
    bars: dict[str, list[Bar]] = {"AAA": [FLAT, DOWN, LOW], "BBB": [FLAT, FLAT, FLAT]}
    asked = (buy("AAA"), buy("BBB"), sell("BBB", 2))
    assert [t.ticker for t in play(tape(bars), *asked, policy=rules(**LOSING)).closed] == ["BBB"]


def test_it_can_be_switched_off() -> None:
    assert tripped(a_bad_day(daily_loss_pct=1.0)) == []


def stopped_at_once(count: int, bar: Bar, **settings: object) -> Played:
    held = [chr(65 + n) * 3 for n in range(count)]
    bars: dict[str, list[Bar]] = {**{t: [FLAT, bar, GAPPED] for t in held}, "ZZZ": [FLAT] * 3}
    policy = rules(
        tier_auto=False, daily_loss_pct=1.0, correlation_reject_above=1.0, correlation_reduce_above=1.0, **settings
    )
    return play(tape(bars), *map(buy, held), buy("ZZZ", 1), buy("ZZZ", 2), policy=policy)


def test_three_stops_within_half_an_hour_stop_entries_for_two_hours_of_market_time() -> None:
    played = stopped_at_once(3, STOPPED)
    assert tripped(played) == ["volatility day 1 close"]
    (breaker,) = played.result.books.breakers
    assert (breaker.threshold, breaker.actual) == (3, 3)
    assert breaker.cooldown_expires == opening(2) + timedelta(minutes=120)


def test_stops_that_the_open_gapped_stop_the_entries_of_the_same_morning() -> None:
    played = stopped_at_once(3, GAPPED)
    assert tripped(played) == ["volatility day 1 open"]
    assert played.answers["buy ZZZ on day 1"] == "not_active"


def test_two_stops_do_not() -> None:
    assert tripped(stopped_at_once(2, STOPPED)) == []


def test_stops_at_break_even_are_not_counted() -> None:
    armed: Bar = (100.0, 105.0, 99.5, 104.0)
    back: Bar = (104.0, 104.5, 99.0, 99.5)
    held = ("AAA", "BBB", "CCC")
    policy = rules(tier_auto=False, correlation_reject_above=1.0, correlation_reduce_above=1.0)
    played = play(tape({t: [FLAT, armed, back] for t in held}), *map(buy, held), policy=policy)
    assert [t.exit_reason for t in played.closed] == ["stop_loss"] * 3
    assert tripped(played) == []


CRASH: Bar = (100.0, 100.5, 85.0, 88.0)
AFTER: Bar = (88.0, 88.5, 87.5, 88.0)


def crashed(*days: Bar, **settings: object) -> Played:
    policy = rules(tier_auto=False, daily_loss_pct=1.0, **WIDE | settings)
    asked = [buy("AAA", n) for n in range(2, len(days) + 1)]
    return play(tape({"AAA": [FLAT, *days]}), buy("AAA"), *asked, policy=policy)


def test_a_position_that_lost_more_than_a_tenth_is_closed_where_it_did() -> None:
    played = crashed(CRASH, AFTER)
    assert played.trades[0].split(": ")[1].startswith("breaker")
    (trade, *_) = played.closed
    assert trade.exit_price == 900_000
    assert tripped(played) == ["single_position AAA day 1 close"]


def test_its_ticker_cools_down_for_two_sessions_and_no_other() -> None:
    played = crashed(CRASH, AFTER, AFTER, AFTER)
    (breaker,) = played.result.books.breakers
    assert (breaker.ticker, breaker.cooldown_expires) == ("AAA", closing(3))
    assert played.answers == {
        "buy AAA on day 0": "act",
        "buy AAA on day 2": "cooling_down",
        "buy AAA on day 3": "cooling_down",
        "buy AAA on day 4": "act",
    }
    assert TradingState.REDUCING not in [day.trading_state for day in played.result.books.snapshots]


def test_a_gap_beyond_it_is_sold_at_the_open() -> None:
    played = crashed(AFTER, AFTER)
    (trade, *_) = played.closed
    assert (trade.exit_reason, trade.exit_price, trade.exit_at) == ("breaker", 880_000, opening(1))
    (breaker,) = played.result.books.breakers
    assert breaker.actual == pytest.approx(0.12)


def test_a_stop_that_is_nearer_acts_first() -> None:
    played = play(tape({"AAA": [FLAT, CRASH]}), buy("AAA"), policy=rules(tier_auto=False, daily_loss_pct=1.0))
    assert [t.exit_reason for t in played.closed] == ["stop_loss"]
    assert tripped(played) == []
