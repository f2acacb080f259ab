"""Properties 9, 10 and 11: where a position ends, when it does, and when its stop goes to the entry."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, event, example, given
from hypothesis import strategies as st

from engine.model.money import UNITS_PER_DOLLAR
from engine.model.positions import StopLevels
from engine.policy import RiskTierConfig
from engine.risk import stop_loss_manager
from engine.risk.stop_loss_manager import StopTrigger
from tests.support.desk import Desk, PlainMarket, exact
from tests.support.portfolios import prices, tiers
from tests.support.tapes import rules

atrs = st.one_of(st.floats(0.0001, 100), st.sampled_from((0.000001, 1_000_000.0))).map(lambda a: round(a, 6))
MODERATE = rules().tiers[rules().risk_tier]


@given(prices, atrs, tiers)
@example(1_000_000, 2.0, MODERATE)
@example(10_000, 50.0, MODERATE)
def test_p09_levels_lie_by_the_formula_below_and_above_the_entry(entry: int, atr: float, tier: RiskTierConfig) -> None:
    levels = stop_loss_manager.initial_levels(entry, atr, tier)
    distance = exact(atr) * exact(tier.stop_loss_atr_multiplier) * UNITS_PER_DOLLAR
    event("ATR beyond the price" if distance > entry else "stop above zero")
    assert 0 <= levels.stop <= entry
    assert abs(levels.stop - max(Fraction(0), entry - distance)) <= Fraction(51, 100)
    target = entry + (entry - levels.stop) * exact(tier.reward_risk_ratio)
    assert abs(levels.target - target) <= Fraction(51, 100) + target / 10**12
    if stop_loss_manager.has_stop_distance(entry, atr, tier):
        assert levels.stop < entry
        assert levels.target > entry or (entry - levels.stop) * exact(tier.reward_risk_ratio) <= 1
    else:
        assert distance <= Fraction(51, 100)


@given(
    st.integers(1, 10**9),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(1, 2 * 10**9),
    st.integers(0, 10**7),
)
@example(1_000_000, 40_000, 80_000, 960_000, 0)
@example(1_000_000, 40_000, 80_000, 1_080_000, 0)
@example(1_000_000, 40_000, 80_000, 960_000, 200_000)
def test_p10_a_price_at_or_beyond_a_level_sells_and_one_between_does_not(
    entry: int, below: int, above: int, low: int, width: int
) -> None:
    stop, target, high = max(0, entry - below), entry + above, low + width
    levels = StopLevels(stop=stop, target=target, atr=1.0, atr_multiplier=2.0, reward_risk_ratio=2.0)
    trigger = stop_loss_manager.crossed(levels, low, high)
    assert (trigger is StopTrigger.STOP_LOSS) == (low <= stop)
    assert (trigger is StopTrigger.TAKE_PROFIT) == (low > stop and high >= target)

    market = PlainMarket(prices={"AAA": max(stop + 1, min(entry, target - 1))}, ranges={"AAA": (low, high)})
    desk = Desk(market, policy=rules(single_position_loss_pct=1.0))
    assume(stop < target - 1)
    desk.hold("AAA", 3, entry=entry, stop=stop, target=target)
    desk.opens()
    assert desk.trades == []
    desk.trades_through()
    assert [t.exit_price for t in desk.trades] == ([stop] if low <= stop else [target] if high >= target else [])


@given(st.integers(1, 10**9), st.integers(1, 10**7), st.integers(0, 3 * 10**7), st.sampled_from((0.5, 0.25, 1.0)))
@example(1_000_000, 80_000, 40_000, 0.5)
@example(1_000_000, 80_000, 40_001, 0.5)
@example(1_000_000, 80_001, 40_001, 0.5)
def test_p11_beyond_half_the_way_to_the_target_the_stop_is_the_entry(
    entry: int, way: int, up: int, share: float
) -> None:
    desk = Desk(PlainMarket(prices={"AAA": entry}), policy=rules(break_even_trigger_pct=share))
    desk.hold("AAA", 3, entry=entry, stop=entry * 9 // 10, target=entry + way)
    desk.market.ranges["AAA"] = (entry, entry + up)
    desk.closes()
    levels = desk.state.positions["AAA"].levels
    beyond = up > exact(share) * way
    event(f"beyond: {beyond}")
    assert levels.trailing_stop_active == beyond
    assert levels.stop == (entry if beyond else entry * 9 // 10)


@given(st.integers(1, 10**9), st.integers(1, 10**7), st.integers(0, 10**6))
def test_p11_a_stop_above_the_entry_stays_there(entry: int, way: int, higher: int) -> None:
    desk = Desk(PlainMarket(prices={"AAA": entry}))
    desk.hold("AAA", 3, entry=entry, stop=entry + higher, target=entry + way)
    position = desk.state.positions["AAA"]
    levels = stop_loss_manager.break_even(position, entry + way, 0.5)
    assert levels is not None
    assert levels == replace(position.levels, stop=entry + higher, trailing_stop_active=True)
