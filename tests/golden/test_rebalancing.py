"""Rebalancing: on the week's first session, at the window's open, what has grown too large is trimmed."""

from datetime import date
from typing import Any

from engine.adapters.calendar import xnys
from engine.decision.events import TradingStateSet
from engine.model.decisions import DecisionKind
from engine.model.portfolio import TradingState
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, Bar, Path, Played, at, buy, minutes, play, rules, sell, tape

ON: dict[str, Any] = {"rebalance": True, "tier_auto": False}
FAR = {"reward_risk_ratio": 20.0}
"""The target is far away, and break-even with it."""
CALM: Path = {0: 100}


def grown(price: float = 106.0, *words: Any, paths: dict[int, Path] | None = None, **settings: Any) -> Played:
    """Return a run that buys 50 AAA at $100 (5 % of $100,000, the most there may be); at `price` from Monday on."""
    told: dict[int, Path] = {0: CALM, 5: {0: price}}
    market = minutes({"AAA": told | (paths or {})}, days=8)
    policy = rules(**ON | settings, moderate={"max_position_pct": 0.05} | FAR)
    return play(market, buy("AAA"), policy=policy, interventions=words)


def trims(played: Played) -> list[str]:
    return [line for line in played.fills if ": sold" in line]


def test_a_position_above_the_largest_is_trimmed_to_it_on_monday_at_the_window_s_open() -> None:
    # 50 * 106 = 5,300; 5 % of 100,300 is 5,015: 285 too much is 2.7 shares, 3 are sold
    played = grown()
    assert trims(played) == ["day 5 15 min: sold 3 AAA at 106.00, d2-1-1"]
    assert played.held == {"AAA": 47}
    decision = played.result.books.decisions[-1]
    assert (decision.kind, decision.cause, decision.shares) == (DecisionKind.REBALANCE, "rebalance", 3)
    assert decision.trace is not None
    assert dict(decision.trace.inputs)["above"] == "max_position_pct"
    assert played.result.books.executions[-1].tag == "rebalance"


def test_one_at_the_limit_is_left_alone() -> None:
    assert trims(grown(100.0)) == []


def test_a_share_too_many_is_one_too_many() -> None:
    assert trims(grown(100.02)) == ["day 5 15 min: sold 1 AAA at 100.02, d2-1-1"]  # 95 cents too much


def test_only_once_a_week() -> None:
    assert len(trims(grown(paths={6: {0: 109}, 7: {0: 110}}))) == 1


def test_on_no_other_day() -> None:
    assert trims(grown(100.0, paths={6: {0: 106}})) == []


def test_after_a_monday_without_trading_on_tuesday() -> None:
    # Presidents' Day, Monday 19 February 2024; day 0 is the Thursday before
    real = xnys(date(2024, 1, 2), date(2024, 3, 29))
    market = minutes({"AAA": {0: CALM, 2: {0: 106}}}, days=4, sessions=real, day_0=date(2024, 2, 15))
    asked = buy("AAA", generated_at=real.on(date(2024, 2, 15)).open_at.replace(hour=2))  # type: ignore[union-attr]
    policy = rules(**ON, moderate={"max_position_pct": 0.05} | FAR)
    played = play(market, asked, policy=policy, day_0=date(2024, 2, 15))
    assert trims(played) == ["day 2 15 min: sold 3 AAA at 106.00, d2-1-1"]
    assert played.result.books.executions[-1].fill.at.date() == date(2024, 2, 20)


def test_of_a_sector_the_least_confident_goes_first() -> None:
    # at 110 the two are 12,100; 11.5 % of 101,100 is 11,626.50: 473.50 too much is 4.3 shares, 5 of AAA
    market = minutes({"AAA": {0: CALM, 5: {0: 110}}, "BBB": {0: CALM, 5: {0: 110}}})
    policy = rules(**ON, moderate={"max_sector_pct": 0.115} | FAR)
    played = play(market, buy("AAA"), buy("BBB", confidence=0.78), policy=policy)
    assert trims(played) == ["day 5 15 min: sold 5 AAA at 110.00, d3-1-1"]
    decision = played.result.books.decisions[-1]
    assert decision.trace is not None
    assert dict(decision.trace.inputs)["above"] == "max_sector_pct"


def test_when_the_least_confident_is_not_enough_the_next_follows() -> None:
    desk = Desk(PlainMarket(), policy=rules(**ON, moderate={"max_sector_pct": 0.08}))
    desk.hold("AAA", 50, entry=1_000_000, sector="tech", confidence=0.7)
    desk.hold("BBB", 60, entry=1_000_000, sector="tech", confidence=0.8)
    desk.hold("CCC", 70, entry=1_000_000, sector="energy", confidence=0.6)
    monday(desk)
    assert desk.sales() == ["30 AAA rebalance d1-1-1"]  # 11,000 in tech, 8 % of 100,000 is 8,000
    lower = Desk(PlainMarket(), policy=rules(**ON, moderate={"max_sector_pct": 0.05, "max_position_pct": 0.5}))
    lower.hold("AAA", 50, entry=1_000_000, sector="tech", confidence=0.7)
    lower.hold("BBB", 60, entry=1_000_000, sector="tech", confidence=0.8)
    monday(lower)
    assert lower.sales() == ["50 AAA rebalance d1-1-1", "10 BBB rebalance d2-1-1"]


def monday(desk: Desk) -> None:
    """The week's first session begins, and its window."""
    desk.state.session = None
    desk.opens()
    desk.entries_are_due(at(0, 15))


def test_of_too_many_positions_the_least_confident_go_whole() -> None:
    desk = Desk(PlainMarket(), policy=rules(**ON, max_open_positions=2))
    for ticker, confidence in (("AAA", 0.9), ("BBB", 0.66), ("CCC", 0.8), ("DDD", 0.7)):
        desk.hold(ticker, 10, entry=1_000_000, confidence=confidence)
    monday(desk)
    assert desk.sales() == ["10 BBB rebalance d1-1-1", "10 DDD rebalance d2-1-1"]
    assert [t.exit_reason for t in desk.trades] == ["rebalance", "rebalance"]


def test_what_is_being_sold_already_is_not_sold_again_a_week_later() -> None:
    desk = Desk(PlainMarket(), policy=rules(**ON, moderate={"max_position_pct": 0.05}), fills_at_once=False)
    desk.hold("AAA", 60, entry=1_000_000)
    monday(desk)
    monday(desk)
    assert desk.sales() == ["10 AAA rebalance d1-1-1"]
    desk.market.prices["AAA"] = 1_020_000  # 6,120; 5 % of 100,120 are 5,006: 11 shares, 10 are on their way
    desk.state.mark(desk.market)
    monday(desk)
    assert desk.sales()[1:] == ["1 AAA rebalance d2-1-1"]


def test_what_is_leaving_whole_is_not_trimmed() -> None:
    desk = Desk(PlainMarket(), policy=rules(**ON, moderate={"max_position_pct": 0.05}), fills_at_once=False)
    desk.hold("AAA", 60, entry=1_000_000)
    desk.asks_to_close("AAA")
    monday(desk)
    assert desk.sales() == ["60 AAA manual d1-1-1"]


def test_while_reducing_it_is_put_off_and_done_later_in_the_week() -> None:
    pause = TradingStateSet(at=at(5, 5), state=TradingState.REDUCING, cause="a test")
    resume = TradingStateSet(at=at(6, 100), state=TradingState.ACTIVE, cause="a test")
    assert trims(grown(106.0, pause, resume)) == ["day 6 100 min: sold 3 AAA at 106.00, d2-1-1"]
    assert trims(grown(106.0, pause)) == []


def test_when_that_ends_after_the_window_it_is_done_in_the_next_one() -> None:
    pause = TradingStateSet(at=at(5, 5), state=TradingState.HALTED, cause="a test")
    resume = TradingStateSet(at=at(5, 380), state=TradingState.ACTIVE, cause="a test")
    assert trims(grown(106.0, pause, resume)) == ["day 6 15 min: sold 3 AAA at 106.00, d2-1-1"]


def test_it_can_be_switched_off() -> None:
    assert trims(grown(rebalance=False)) == []


def test_what_is_sold_with_a_profit_feeds_the_reserve_and_the_rest_is_one_trade() -> None:
    played = grown()
    assert [e.amount for e in played.result.books.reserve_entries] == [36_000]  # a fifth of 3 * $6
    assert played.trades == []
    sold = play(
        minutes({"AAA": {0: CALM, 5: {0: 106}}}, days=7),
        buy("AAA"),
        sell("AAA", 6),
        policy=rules(**ON, moderate={"max_position_pct": 0.05} | FAR),
    )
    assert sold.trades == ["50 AAA from 100.00 day 0 15 min to 106.00 day 6 open: recommendation_exit, +300.00"]


def test_on_a_daily_tape_it_comes_before_the_buys_of_that_morning() -> None:
    up: Bar = (106.0, 106.5, 105.5, 106.0)
    market = tape({"AAA": [FLAT] * 5 + [up, up], "BBB": [FLAT] * 7})
    played = play(market, buy("AAA"), buy("BBB", 5), policy=rules(**ON, moderate={"max_position_pct": 0.05} | FAR))
    assert played.fills[1:] == [
        "day 5 15 min: sold 3 AAA at 106.00, d2-1-1",
        "day 5 15 min: bought 50 BBB at 100.00, d3-1-1",
    ]


def test_a_stop_that_is_due_at_the_open_comes_first() -> None:
    played = grown(95.0)
    assert [t.exit_reason for t in played.closed] == ["stop_loss"]
    assert played.moment(played.closed[0].exit_at) == "day 5 open"
