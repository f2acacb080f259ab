"""Check 4: the confidence is at least the tier's minimum."""

import pytest

from engine.model.portfolio import RiskTierName
from tests.support.tapes import FLAT, buy, play, rules, tape

QUIET = tape({"AAA": [FLAT] * 2})


@pytest.mark.parametrize(
    ("tier", "limit"),
    [(RiskTierName.CONSERVATIVE, 0.75), (RiskTierName.MODERATE, 0.65), (RiskTierName.AGGRESSIVE, 0.55)],
)
def test_each_tier_has_its_gate_and_exactly_at_the_gate_is_enough(tier: RiskTierName, limit: float) -> None:
    policy = rules(risk_tier=tier)
    assert list(play(QUIET, buy("AAA", confidence=limit), policy=policy).answers.values()) == ["act"]
    below = buy("AAA", confidence=limit - 1e-9)
    assert list(play(QUIET, below, policy=policy).answers.values()) == ["low_confidence"]


def test_more_confidence_is_a_larger_position_up_to_the_largest() -> None:
    sizes = [play(QUIET, buy("AAA", confidence=c)).held["AAA"] for c in (0.65, 0.78, 1.0)]
    assert sizes == [50, 60, 76]  # 5 % * c / 0.65 of $100,000 at $100


def test_a_size_that_is_a_whole_number_of_shares_buys_them_all() -> None:
    assert play(QUIET, buy("AAA", confidence=0.91)).held == {"AAA": 70}  # 5 % * 0.91 / 0.65 = 7 %


def test_a_position_is_never_larger_than_the_tier_allows() -> None:
    capped = rules(moderate={"max_position_pct": 0.06})
    assert play(QUIET, buy("AAA", confidence=1.0), policy=capped).held == {"AAA": 60}


def test_a_position_is_never_larger_than_the_absolute_cap() -> None:
    assert play(QUIET, buy("AAA"), policy=rules(absolute_position_cap=1234.56)).held == {"AAA": 12}


def test_without_a_minimum_every_confidence_gets_the_base_size() -> None:
    open_gate = rules(moderate={"min_confidence": 0})
    for confidence in (0.0, 0.4, 1.0):
        assert play(QUIET, buy("AAA", confidence=confidence), policy=open_gate).held == {"AAA": 50}
