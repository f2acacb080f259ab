"""Properties 8 and 12 at the close: what the books look like is what decides about reserve and tier."""

from hypothesis import event, given
from hypothesis import strategies as st

from engine.model.portfolio import ReservePoolTriggerType, RiskTierName, TierChangeCause
from engine.risk.risk_tier_controller import TradeOutcome
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import DAY_0

TIERS = tuple(RiskTierName)
DOLLAR = 10_000


def closed(fall: int, *, reserve: int, tier: RiskTierName, wins: int = 0, losses: int = 0, rests: bool = False) -> Desk:
    """Return a desk of $100,000 after a close on which it is down by `fall` times $10, with so many trades closed."""
    desk = Desk(PlainMarket(), tier=tier)
    desk.put_aside(reserve)
    desk.hold("AAA", 1_000, entry=100 * DOLLAR, stop=1, now=100 * DOLLAR - fall * DOLLAR // 100)
    for n in range(wins + losses):
        desk.state.outcomes.append((DAY_0, TradeOutcome(pnl=100 if n < wins else -100, initial_risk=100)))
    if rests:
        desk.state.tier_changed_on = DAY_0
    desk.closes()
    return desk


@given(st.integers(0, 9_000) | st.integers(1_990, 2_010), st.integers(0, 10_000), st.sampled_from(TIERS))
def test_p08_beyond_20_percent_the_reserve_is_given_back_and_the_tier_is_conservative(
    fall: int, reserve: int, tier: RiskTierName
) -> None:
    desk = closed(fall, reserve=reserve * DOLLAR, tier=tier)
    drawdown = desk.snapshots[-1].current_drawdown
    assert abs(drawdown - fall / 10_000) < 1e-9
    event("emergency" if drawdown > 0.20 else "none")
    given_back = [e for e in desk.reserve_entries if e.trigger is ReservePoolTriggerType.EMERGENCY_LIQUIDATION]
    if drawdown > 0.20:
        assert desk.state.tier is RiskTierName.CONSERVATIVE
        assert (desk.state.reserve, len(given_back)) == (0, int(reserve > 0))
        assert desk.snapshots[-1].active_pool == desk.snapshots[-1].total_value
        desk.put_aside(DOLLAR)
        desk.closes()  # the same peak: not again
        assert (desk.state.reserve, len(desk.reserve_entries)) == (DOLLAR, len(given_back))
    else:
        assert given_back == []
        assert desk.state.reserve == reserve * DOLLAR


@given(
    st.one_of(st.integers(0, 600), st.integers(0, 1_999), st.sampled_from((499, 500, 1_500, 1_501))),
    st.one_of(st.integers(18_000, 29_000), st.sampled_from((0, 20_000))),
    st.sampled_from(TIERS),
    st.one_of(st.integers(10, 30), st.sampled_from((8, 11, 12))),
    st.one_of(st.integers(0, 12), st.integers(8, 30)),
    st.booleans(),
)
def test_p12_one_step_on_its_conditions_and_only_a_drawdown_while_it_rests(
    fall: int, reserve: int, tier: RiskTierName, wins: int, losses: int, rests: bool
) -> None:
    desk = closed(fall, reserve=reserve * DOLLAR, tier=tier, wins=wins, losses=losses, rests=rests)
    s, place = desk.snapshots[-1], TIERS.index(tier)
    rate = wins / (wins + losses) if wins + losses >= 20 else None
    share = reserve * DOLLAR / s.total_value
    step, cause = 0, TierChangeCause.OPERATOR
    if s.current_drawdown > 0.15:
        step, cause = -1, TierChangeCause.DRAWDOWN
    elif rate is not None and rate < 0.40 and not rests:
        step, cause = -1, TierChangeCause.WIN_RATE
    elif rate is not None and rate > 0.55 and share > 0.20 and s.current_drawdown < 0.05 and not rests:
        step, cause = 1, TierChangeCause.PERFORMANCE
    event(f"{cause if step else 'none'}")
    wanted = TIERS[min(max(place + step, 0), 2)]
    assert desk.state.tier is wanted
    assert [(c.previous, c.new, c.cause) for c in desk.tier_changes] == (
        [(tier, wanted, cause)] if wanted is not tier else []
    )
