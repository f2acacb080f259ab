"""Property 16: nothing is bought while more than half of three or more positions are down by more than 2 %."""

from fractions import Fraction

from hypothesis import event, given
from hypothesis import strategies as st

from engine.model.verdict import Check
from tests.support.desk import verdict
from tests.support.portfolios import Candidate, Holding, holdings, seated
from tests.support.tapes import buy, rules

EASY = Candidate(price=1_000_000, atr=1.0, confidence=0.9, sector=None, earnings=None)
OPEN = {
    "max_open_positions": 100,
    "correlation_reject_above": 1.0,
    "correlation_reduce_above": 1.0,
    "moderate": {"max_portfolio_heat": 10.0, "max_sector_pct": 10.0},
}


@given(holdings, st.sampled_from((0.0, 0.02, 0.1)))
def test_p16_more_than_half_down_by_more_than_2_percent_stops_entries(held: list[Holding], loss: float) -> None:
    desk = seated(held, EASY, policy=rules(**OPEN, declining_loss_pct=loss))
    decision = desk.offer(buy("NEW", confidence=0.9))
    assert decision is not None
    down = sum(Fraction(h.price - h.entry, h.entry) < -Fraction(repr(loss)) for h in held)
    stopped = len(held) >= 3 and 2 * down > len(held)
    event(f"{down} of {len(held)} down")
    assert verdict(decision, Check.DECLINING).passed is not stopped
    assert (decision.skip_reason == "declining_positions") is stopped
