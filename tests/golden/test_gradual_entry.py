"""Gradual entry: a large entry comes in three parts, five minutes apart, all under one decision."""

from typing import Any

import pytest

from engine.decision.events import TierSet
from engine.model.portfolio import RiskTierName
from engine.model.verdict import Check
from engine.policy_mapping import from_mapping
from tests.support.desk import Desk, PlainMarket, verdict
from tests.support.tapes import ALONE, FLAT, Path, Played, at, buy, evening_before, minutes, play, rules, tape

GRADUAL = {"gradual_entry_tranches": 3}
CALM: Path = {0: 100}


def entered(path: Path = CALM, *, capital: float = 100_000, confidence: float = 0.65, **settings: Any) -> Played:
    asked = buy("AAA", confidence=confidence)
    return play(minutes({"AAA": {0: path}}), asked, policy=rules(**GRADUAL | settings), capital=capital)


def test_three_parts_of_nearly_equal_shares_five_minutes_apart() -> None:
    played = entered()
    assert played.fills == [
        "day 0 15 min: bought 17 AAA at 100.00, d1-1-1",
        "day 0 20 min: bought 17 AAA at 100.00, d1-2-1",
        "day 0 25 min: bought 16 AAA at 100.00, d1-3-1",
    ]
    assert played.decided == ["day 0 15 min: entry AAA buy AAA on day 0, act"]
    assert {e.decision_id for e in played.result.books.executions} == {"d1"}
    assert played.result.books.decisions[0].shares == 50


def test_each_at_the_price_of_its_time_and_the_entry_is_their_average() -> None:
    played = entered({0: 100, 18: 101, 23: 102})
    assert [e.fill.price for e in played.result.books.executions] == [1_000_000, 1_010_000, 1_020_000]
    (mark,) = played.result.books.snapshots[-1].positions
    assert mark.entry_price == 1_009_800  # (17 * 100 + 17 * 101 + 16 * 102) / 50
    assert mark.stop == 969_800  # 4 below it
    assert mark.target == 1_089_800


def test_on_a_daily_tape_one_a_bar() -> None:
    played = play(tape({"AAA": [FLAT] * 4}), buy("AAA"), policy=rules(**GRADUAL))
    assert played.fills == [
        "day 0 15 min: bought 17 AAA at 100.00, d1-1-1",
        "day 1 15 min: bought 17 AAA at 100.00, d1-2-1",
        "day 2 15 min: bought 16 AAA at 100.00, d1-3-1",
    ]


def test_of_two_shares_there_are_two_parts_and_of_one_there_is_one() -> None:
    two = play(minutes({"AAA": {0: {0: 2400}}}), buy("AAA"), policy=rules(**GRADUAL))
    assert [e.fill.quantity for e in two.result.books.executions] == [1, 1]
    one = play(minutes({"AAA": {0: {0: 4000}}}), buy("AAA"), policy=rules(**GRADUAL))
    assert [e.fill.quantity for e in one.result.books.executions] == [1]


@pytest.mark.parametrize(
    ("capital", "shares"),
    [(600, [3]), (800, [2, 1, 1])],  # 5 % of it are 3 shares at $10: $30 exactly; and 4: $40
)
def test_only_above_30_dollars(capital: float, shares: list[int]) -> None:
    market = minutes({"AAA": {0: {0: 10}}})
    played = play(market, buy("AAA"), capital=capital, policy=rules(**GRADUAL, moderate={"max_portfolio_heat": 1.0}))
    assert [e.fill.quantity for e in played.result.books.executions] == shares


@pytest.mark.parametrize(
    ("confidence", "shares"),
    [(0.65, [5]), (0.78, [2, 2, 2])],  # of $200: 5 % is $10, 5 shares at $2; 6 % is $12
)
def test_of_a_small_account_above_5_percent_of_the_active_pool(confidence: float, shares: list[int]) -> None:
    market = minutes({"AAA": {0: {0: 2}}})
    policy = rules(**GRADUAL, moderate={"max_portfolio_heat": 1.0})
    played = play(market, buy("AAA", confidence=confidence), capital=200, policy=policy)
    assert [e.fill.quantity for e in played.result.books.executions] == shares


def test_a_part_whose_time_comes_after_the_window_waits_for_the_next_one() -> None:
    late = buy("AAA", generated_at=at(0, 373))
    played = play(minutes({"AAA": {0: CALM, 1: CALM}}), late, policy=rules(**GRADUAL))
    assert [played.moment(e.fill.at) for e in played.result.books.executions] == [
        "day 0 374 min",
        "day 1 15 min",
        "day 1 20 min",
    ]


def test_a_part_whose_time_comes_without_a_fresh_price_waits_for_one() -> None:
    market = minutes({"AAA": {0: {0: 100, 17: None, 30: 100}}, "BBB": {0: CALM}})
    played = play(market, buy("AAA"), policy=rules(**GRADUAL))
    assert [played.moment(e.fill.at) for e in played.result.books.executions] == [
        "day 0 15 min",
        "day 0 30 min",
        "day 0 35 min",
    ]


def test_what_is_planned_counts_in_cash_heat_sector_and_positions() -> None:
    # 17 shares are bought and 33 planned, at 100.50 at worst
    market = minutes({"AAA": {0: CALM}, "BBB": {0: CALM}}, sectors={"AAA": "tech", "BBB": "tech"})
    first, second = buy("AAA", confidence=0.7), buy("BBB")
    policy = rules(**GRADUAL, diversification_multiplier=1.0, base_allocation_pct=0.65 / 0.7 * 0.05)
    decision = play(market, first, second, policy=policy).decision(second)
    assert decision.trace is not None
    inputs = dict(decision.trace.inputs)
    assert inputs["available_cash"] == 100_000 - 17 * 100 - 33 * 100.5
    assert inputs["sector_held"] == 17 * 100 + 33 * 100.5
    assert inputs["heat"] == pytest.approx(50 * 4 / 100_000)
    assert inputs["open_positions"] == 1


def test_positions_that_are_only_planned_count_too() -> None:
    desk = Desk(
        PlainMarket(prices={"AAA": 1_000_000, "BBB": 1_000_000}, atrs={"AAA": 2.0, "BBB": 2.0}),
        policy=rules(**GRADUAL, max_open_positions=1),
        fills_at_once=False,
    )
    desk.offer(buy("AAA"))
    desk.end(desk.orders[0], "cancelled")  # nothing is held, nothing works: only the rest is planned
    second = desk.offer(buy("BBB"))
    assert second is not None
    assert second.skip_reason == "max_positions"
    assert verdict(second, Check.POSITION_COUNT).value == 1
    again = desk.offer(buy("AAA", recommendation_id="again"))
    assert again is not None
    assert again.skip_reason == "already_held"


def test_while_a_part_is_on_its_way_the_next_is_not_ordered() -> None:
    market = PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0})
    desk = Desk(market, policy=rules(**GRADUAL), fills_at_once=False)
    desk.offer(buy("AAA"), at=at(0, 30))
    desk.entries_are_due(at(0, 35))
    assert [o.client_order_id for o in desk.orders] == ["d1-1-1"]
    desk.fill(desk.orders[0], price=1_000_000, at=at(0, 36))
    desk.entries_are_due(at(0, 36))
    assert [(o.client_order_id, o.tranche, o.tranche_count) for o in desk.orders] == [
        ("d1-1-1", 1, 3),
        ("d1-2-1", 2, 3),
    ]


def test_further_parts_come_although_it_is_held_expired_and_there_are_as_many_positions_as_may_be() -> None:
    asked = buy("AAA", expires_at=evening_before(1))
    played = play(tape({"AAA": [FLAT] * 3}), asked, policy=rules(**GRADUAL, max_open_positions=1))
    assert [e.fill.quantity for e in played.result.books.executions] == [17, 17, 16]


def test_a_part_is_no_larger_than_what_is_left_in_its_sector() -> None:
    # at minute 75 the sector may hold $4,000: $1,700 are held and 16 shares planned for $1,608; $692 are left
    careful = {"tiers": {"conservative": {"max_sector_pct": 0.04}}, "gradual_entry_interval_minutes": 60}
    word = TierSet(at=at(0, 30), tier=RiskTierName.CONSERVATIVE)
    market = minutes({"AAA": {0: CALM}})
    played = play(market, buy("AAA"), policy=from_mapping(ALONE | GRADUAL | careful), interventions=(word,))
    assert [e.fill.quantity for e in played.result.books.executions] == [17, 6, 16]


def test_how_many_how_far_apart_and_from_when_are_settings() -> None:
    played = entered(gradual_entry_tranches=2, gradual_entry_interval_minutes=60)
    assert played.fills == [
        "day 0 15 min: bought 25 AAA at 100.00, d1-1-1",
        "day 0 75 min: bought 25 AAA at 100.00, d1-2-1",
    ]
    assert len(entered(gradual_entry_threshold_dollars=5000, gradual_entry_threshold_pct=1).fills) == 1
    assert len(entered(gradual_entry_tranches=1).fills) == 1
