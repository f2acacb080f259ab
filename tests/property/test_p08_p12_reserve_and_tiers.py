"""Properties 8 and 12: a deep fall gives the reserve back; the tier changes on its conditions, one step, in bounds."""

from hypothesis import event, given
from hypothesis import strategies as st

from engine.model.portfolio import ReservePoolTriggerType, RiskTierName, TierChangeCause
from engine.policy import TradingPolicy
from engine.risk import reserve_pool, risk_tier_controller
from engine.risk.risk_tier_controller import TierMetrics, TradeOutcome
from tests.support.tapes import closing

POLICY = TradingPolicy()
TIERS = tuple(RiskTierName)
fractions = st.floats(0, 1) | st.sampled_from((0.05, 0.15, 0.20, 0.40, 0.55))
metrics = st.builds(
    TierMetrics,
    win_rate=st.none() | fractions,
    trades=st.integers(0, 1000),
    drawdown=fractions,
    reserve_pct=fractions,
)


@given(st.sampled_from(TIERS), metrics, st.booleans(), st.booleans())
def test_p12_the_tier_changes_on_its_conditions_and_never_out_of_bounds(
    tier: RiskTierName, m: TierMetrics, is_resting: bool, is_recovering: bool
) -> None:
    found = risk_tier_controller.evaluate(tier, m, POLICY, is_resting=is_resting, is_recovering=is_recovering)
    rate = m.win_rate
    by_drawdown = m.drawdown > 0.15
    by_losses = not by_drawdown and not is_resting and rate is not None and rate < 0.40
    better = rate is not None and rate > 0.55 and m.reserve_pct > 0.20 and m.drawdown < 0.05
    up = better and not is_resting and not is_recovering
    place = TIERS.index(tier)
    if by_drawdown or by_losses:
        cause = TierChangeCause.DRAWDOWN if by_drawdown else TierChangeCause.WIN_RATE
        assert found == ((TIERS[place - 1], cause) if place > 0 else None)
    elif up:
        assert found == ((TIERS[place + 1], TierChangeCause.PERFORMANCE) if place < 2 else None)
    else:
        assert found is None
    event("changed" if found else "stays")


outcomes = st.lists(
    st.builds(TradeOutcome, pnl=st.integers(-(10**6), 10**6), initial_risk=st.integers(0, 10**6)), max_size=40
)


@given(outcomes)
def test_p12_the_win_rate_leaves_scratches_out_and_needs_twenty_trades(closed: list[TradeOutcome]) -> None:
    rate, count = risk_tier_controller.win_rate(closed, POLICY)
    telling = [o for o in closed if 10 * abs(o.pnl) > o.initial_risk]
    assert count == len(telling)
    assert rate == (sum(o.pnl > 0 for o in telling) / count if count >= 20 else None)


@given(fractions, st.integers(0, 10**13))
def test_p08_beyond_the_threshold_all_of_the_reserve_goes_back(drawdown: float, reserve: int) -> None:
    assert reserve_pool.is_emergency(drawdown, POLICY) is (drawdown > 0.20)
    entry = reserve_pool.liquidate(reserve, at=closing(1), reference_id="close of day 1")
    if not reserve:
        assert entry is None
        return
    assert entry is not None
    assert (entry.amount, entry.balance_after) == (-reserve, 0)
    assert entry.trigger is ReservePoolTriggerType.EMERGENCY_LIQUIDATION
