"""Position sizer: the chain link by link, and the last share that the cash still pays."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from engine.model.costs import CostModel
from engine.model.verdict import Check, PositionSize, Verdict
from engine.risk import position_sizer
from engine.risk.position_sizer import SizingInputs
from tests.support.tapes import FREE, RULES, rules

TIER = RULES.tiers[RULES.risk_tier]  # confidence from 0.65, positions up to 0.08 of the pool
POOL = 1_000_000_000  # $100,000


def entry(**fields: Any) -> SizingInputs:
    """Return an entry at $100 of the lowest confidence into a sector that is held, with $100,000 free."""
    plain: dict[str, Any] = {
        "confidence": 0.65,
        "price": 1_000_000,
        "active_pool": POOL,
        "available_cash": POOL,
        "is_new_sector": False,
        "sectors_held": 3,
        "earnings_factor": 1.0,
        "correlation_factor": 1.0,
        "sector_room_usd": 1e9,
    }
    return SizingInputs(**plain | fields)


def links(inputs: SizingInputs, **settings: Any) -> list[tuple[str, float, float, str, str]]:
    return [(s.name, s.before, s.after, s.unit, s.note) for s in position_sizer.chain(inputs, TIER, rules(**settings))]


def test_the_chain_tells_each_link_with_its_unit_and_why() -> None:
    inputs = entry(
        confidence=0.8125,  # times 1.25
        is_new_sector=True,
        sectors_held=2,  # times 1.2
        earnings_factor=0.5,
        correlation_factor=0.25,
        sector_room_usd=500.0,
    )
    assert links(inputs, absolute_position_cap=6_000, base_allocation_pct=0.0625) == [
        ("confidence", 0.0625, 0.078125, "pct", "times 1.2500"),
        ("new sector", 0.078125, 0.09375, "pct", "times 1.2"),
        ("largest position", 0.09375, 0.08, "pct", ""),
        ("dollars", 100_000, 8_000, "usd", "of the active pool"),
        ("absolute cap", 8_000, 6_000, "usd", ""),
        ("earnings", 6_000, 3_000, "usd", ""),
        ("correlation", 3_000, 750, "usd", ""),
        ("sector", 750, 500, "usd", ""),
    ]


def test_the_size_is_what_the_chain_comes_to() -> None:
    inputs = entry(sector_room_usd=1_234.5)
    assert position_sizer.size_usd(inputs, TIER, RULES) == links(inputs)[-1][2] == 1_234.5
    assert position_sizer.size_usd(entry(), TIER, RULES) == 5_000


def test_the_ratio_of_confidences_has_nine_places() -> None:
    assert links(entry(confidence=0.7))[0][2] == 0.05 * 1.076923077


def test_a_tier_that_asks_for_no_confidence_gives_none_a_meaning() -> None:
    free = rules(moderate={"min_confidence": 0})
    step = next(position_sizer.chain(entry(confidence=0.9), free.tiers[free.risk_tier], free))
    assert (step.after, step.note) == (0.05, "times 1.0000")


def test_a_tier_that_asks_for_little_confidence_gives_it_its_ratio() -> None:
    low = rules(moderate={"min_confidence": 0.5})
    assert next(position_sizer.chain(entry(confidence=1.0), low.tiers[low.risk_tier], low)).after == 0.1


@pytest.mark.parametrize("room", [0.0, -1.0, -50_000.0])
def test_a_sector_without_room_leaves_nothing_and_never_less(room: float) -> None:
    assert position_sizer.size_usd(entry(sector_room_usd=room), TIER, RULES) == 0.0


def test_half_a_dollar_of_room_is_half_a_dollar() -> None:
    assert position_sizer.size_usd(entry(sector_room_usd=0.5), TIER, RULES) == 0.5


@pytest.mark.parametrize(("new", "held", "times"), [(True, 2, 1.2), (True, 3, 1.0), (False, 2, 1.0), (True, 0, 1.2)])
def test_only_a_new_sector_while_fewer_than_three_are_held_gets_more(new: bool, held: int, times: float) -> None:
    assert position_sizer.diversification(entry(is_new_sector=new, sectors_held=held), RULES) == times


def test_the_worst_price_is_half_a_percent_above() -> None:
    assert position_sizer.worst_price(1_000_000, RULES) == 1_005_000
    assert position_sizer.worst_price(1_000_000, rules(entry_limit_offset_pct=0)) == 1_000_000
    assert position_sizer.worst_price(1_000_000, rules(entry_limit_offset_pct=1)) == 2_000_000


def test_shares_are_whole_and_their_cost_is_at_the_worst_price_with_commission() -> None:
    dear = CostModel(slippage_bps=0, commission_per_order=1.0, commission_per_share=0.01)
    sized = position_sizer.whole_shares(599.99, entry(), dear, RULES)
    assert sized == PositionSize(dollars=599.99, shares=5, pct=0.0059999, cost=5 * 1_005_000 + 10_000 + 500)


def test_the_cash_pays_for_fewer_shares_than_the_size_wants() -> None:
    sized = position_sizer.whole_shares(5_000.0, entry(available_cash=3 * 1_005_000), FREE, RULES)
    assert (sized.shares, sized.cost) == (3, 3 * 1_005_000)
    sized = position_sizer.whole_shares(5_000.0, entry(available_cash=3 * 1_005_000 - 1), FREE, RULES)
    assert (sized.shares, sized.cost) == (2, 2 * 1_005_000)


def test_one_share_costs_one_share() -> None:
    assert position_sizer.whole_shares(100.0, entry(), FREE, RULES).cost == 1_005_000


@pytest.mark.parametrize("size", [0.0, 99.99, -250.0])
def test_no_share_costs_nothing_not_even_commission(size: float) -> None:
    sized = position_sizer.whole_shares(size, entry(), CostModel(commission_per_order=5.0), RULES)
    assert (sized.dollars, sized.shares, sized.cost) == (size, 0, 0)


def test_a_size_is_no_part_of_a_pool_that_is_not_there() -> None:
    assert position_sizer.whole_shares(500.0, entry(active_pool=0), FREE, RULES).pct == 0.0
    assert position_sizer.whole_shares(500.0, entry(active_pool=-1), FREE, RULES).pct == 0.0
    assert position_sizer.whole_shares(0.25, entry(active_pool=5_000), FREE, RULES).pct == 0.5


@pytest.mark.parametrize(("free", "passed"), [(1_015_050, True), (1_015_049, False)])
def test_the_cash_must_pay_for_one_share_and_its_commission(free: int, passed: bool) -> None:
    dear = CostModel(commission_per_order=1.0, commission_per_share=0.005)
    assert position_sizer.enough_cash(entry(available_cash=free), dear, RULES) == Verdict(
        check=Check.CASH, passed=passed, value=free / 10_000, limit=101.505, unit="usd", note="for one share"
    )


@pytest.mark.parametrize(("size", "passed"), [(100.0, True), (99.9999, False), (250.0, True)])
def test_the_size_must_be_worth_one_share_at_the_price(size: float, passed: bool) -> None:
    assert position_sizer.at_least_one_share(size, 1_000_000) == Verdict(
        check=Check.SHARES, passed=passed, value=size, limit=100.0, unit="usd"
    )


def test_what_a_size_depends_on_is_named_and_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        entry().confidence = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        SizingInputs(0.65, 1, 1, 1, False, 3, 1.0, 1.0, 1.0)  # type: ignore[call-arg]
    assert not hasattr(entry(), "__dict__")
