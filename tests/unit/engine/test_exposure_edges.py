"""Exposure: each limit exactly reached and just passed, and what the verdicts say."""

import math
from typing import Any

import pytest

from engine.model.portfolio import Book
from engine.model.positions import MarkedPosition, Position, StopLevels
from engine.model.verdict import Check, Verdict
from engine.risk import exposure
from tests.support.tapes import RULES, opening, rules

TIER = RULES.tiers[RULES.risk_tier]  # sectors up to 0.3 of the pool, heat up to 0.03
POOL = 1_000_000_000  # $100,000


def a_book(**fields: Any) -> Book:
    """Return the books of an account of $100,000 that holds nothing."""
    plain: dict[str, Any] = {
        "cash": POOL,
        "reserve": 0,
        "total_value": POOL,
        "active_pool": POOL,
        "available_cash": POOL,
        "heat_usd": 0.0,
        "open_count": 0,
        "positions": (),
        "tickers": (),
        "market_values": (),
        "sector_values": {},
        "occupied": frozenset(),
        "heat": 0.0,
    }
    return Book(**plain | fields)


def held(*, now: int = 1_000_000, stop: int = 900_000) -> MarkedPosition:
    """Return ten shares bought at $100, at the price `now`."""
    levels = StopLevels(stop=stop, target=2_000_000, atr=1.0, atr_multiplier=2.0, reward_risk_ratio=2.0)
    position = Position(
        ticker="AAA",
        decision_id="d1",
        recommendation_id=None,
        sector=None,
        lots=(),
        quantity=10,
        cost=10_000_000,
        entry_price=1_000_000,
        levels=levels,
        signal_confidence=0.7,
        recommended_at=opening(0),
        opened_at=opening(0),
    )
    return MarkedPosition(position, now)


def test_heat_adds_up_what_each_stop_would_cost() -> None:
    assert exposure.heat_usd([held(stop=900_000), held(stop=950_000), held(stop=1_100_000)]) == 150.0
    assert exposure.heat_usd([]) == 0


def test_heat_is_a_fraction_of_the_pool_to_nine_places() -> None:
    assert exposure.heat_pct(3_000.0, POOL) == 0.03
    assert exposure.heat_pct(1.0, 30_000) == 0.333333333
    assert exposure.heat_pct(0.0002, 1) == 2.0


@pytest.mark.parametrize("pool", [0, -1])
def test_without_a_pool_there_is_no_heat(pool: int) -> None:
    assert exposure.heat_pct(5.0, pool) == 0.0


def test_an_entry_risks_its_size_times_the_way_to_the_stop() -> None:
    assert exposure.open_risk_usd(5_000.0, 1_000_000, 960_000) == 200.0


@pytest.mark.parametrize("stop", [1_000_000, 1_000_001, 2_000_000])
def test_a_stop_at_the_price_or_above_risks_nothing(stop: int) -> None:
    assert exposure.open_risk_usd(5_000.0, 1_000_000, stop) == 0


def test_a_stop_one_unit_below_the_price_risks_one_unit_a_share() -> None:
    assert exposure.open_risk_usd(100.0, 1_000_000, 999_999) == pytest.approx(0.0001, rel=1e-12)


def test_a_sector_has_room_up_to_its_share_of_the_pool() -> None:
    book = a_book(sector_values={"tech": 100_000_000, None: 50_000_000})
    assert exposure.sector_room_usd("tech", book, TIER) == 20_000
    assert exposure.sector_room_usd(None, book, TIER) == 25_000
    assert exposure.sector_room_usd("energy", book, TIER) == 30_000


def within_sector(sector: str | None, values: dict[str | None, int], **fields: Any) -> Verdict:
    return exposure.within_sector(sector, a_book(sector_values=values, **fields), TIER)


def sector_said(*, passed: bool, value: float | None, note: str) -> Verdict:
    return Verdict(check=Check.SECTOR, passed=passed, value=value, limit=0.3, unit="pct", note=note)


def test_a_sector_with_a_cent_left_passes_and_a_full_one_does_not() -> None:
    assert within_sector("tech", {"tech": 299_999_900}) == sector_said(passed=True, value=0.2999999, note="tech")
    assert within_sector("tech", {"tech": 300_000_000}) == sector_said(passed=False, value=0.3, note="tech")


def test_a_sector_that_is_not_held_is_at_nothing() -> None:
    assert within_sector("tech", {"energy": 5}) == sector_said(passed=True, value=0.0, note="tech")


def test_tickers_without_a_sector_are_one_sector() -> None:
    full = within_sector(None, {None: 300_000_001})
    assert full == sector_said(passed=False, value=0.300000001, note="sector unknown")


def test_a_sectors_value_has_nine_places() -> None:
    assert within_sector("tech", {"tech": 1}, active_pool=30_000).value == 0.000033333


def test_a_sector_of_a_pool_of_one_unit_has_a_value_and_without_a_pool_has_none() -> None:
    assert within_sector("tech", {"tech": 2}, active_pool=1).value == 2.0
    assert within_sector("tech", {}, active_pool=0) == sector_said(passed=False, value=None, note="tech")


def heat_said(*, passed: bool, value: float) -> Verdict:
    return Verdict(check=Check.HEAT, passed=passed, value=value, limit=0.03, unit="pct")


def test_heat_may_reach_the_limit_but_not_pass_it() -> None:
    book = a_book(heat_usd=2_000.0)
    assert exposure.within_heat(1_000.0, book, TIER) == heat_said(passed=True, value=0.03)
    assert exposure.within_heat(1_000.001, book, TIER) == heat_said(passed=False, value=0.03000001)


def test_heat_beyond_the_ninth_place_is_not_seen() -> None:
    assert exposure.within_heat(3_000.00004, a_book(), TIER) == heat_said(passed=True, value=0.03)
    assert exposure.within_heat(3_000.0001, a_book(), TIER) == heat_said(passed=False, value=0.030000001)


def test_any_heat_is_too_much_without_a_pool() -> None:
    assert exposure.within_heat(0.0, a_book(active_pool=0), TIER) == heat_said(passed=False, value=math.inf)
    assert exposure.within_heat(0.0, a_book(active_pool=-5), TIER).value == math.inf


def test_a_pool_of_less_than_a_dollar_is_one() -> None:
    assert exposure.within_heat(0.01, a_book(active_pool=5_000), TIER) == heat_said(passed=True, value=0.02)


def test_the_tenth_position_is_allowed_and_the_eleventh_is_not() -> None:
    for count, passed in ((9, True), (10, False)):
        assert exposure.within_position_count(a_book(open_count=count), RULES) == Verdict(
            check=Check.POSITION_COUNT, passed=passed, value=count, limit=10, unit="count"
        )


def declining(*prices: int, **settings: Any) -> Verdict:
    return exposure.not_declining(a_book(positions=tuple(held(now=p) for p in prices)), rules(**settings))


def declining_said(*, passed: bool, value: float | None, note: str = "") -> Verdict:
    return Verdict(check=Check.DECLINING, passed=passed, value=value, limit=0.5, unit="pct", note=note)


def test_two_falling_positions_are_too_few_to_tell() -> None:
    assert declining(1, 1) == declining_said(passed=True, value=None, note="from 3 positions on")


def test_half_of_the_positions_may_decline_and_no_more() -> None:
    assert declining(1, 1, 1_000_000, 1_000_000) == declining_said(passed=True, value=0.5)
    assert declining(1, 1, 1_000_000) == declining_said(passed=False, value=2 / 3)


def test_from_exactly_three_positions_on_the_rule_counts() -> None:
    assert declining(1_000_000, 1_000_000, 1_000_000) == declining_said(passed=True, value=0.0)


def test_a_position_declines_beyond_two_percent_not_at_it() -> None:
    assert declining(980_000, 980_000, 980_000).value == 0.0
    assert declining(979_999, 980_000, 980_000).value == 1 / 3


def test_a_gain_of_more_than_two_percent_is_no_decline() -> None:
    assert declining(1_030_000, 1_030_000, 1_030_000).value == 0.0


@pytest.mark.parametrize(("pool", "passed"), [(1_000_000, True), (999_999, False)])
def test_a_pool_of_exactly_the_minimum_is_enough(pool: int, passed: bool) -> None:
    verdict = exposure.above_active_pool_minimum(a_book(active_pool=pool), RULES)
    assert verdict == Verdict(check=Check.ACTIVE_POOL, passed=passed, value=pool / 10_000, limit=100, unit="usd")
