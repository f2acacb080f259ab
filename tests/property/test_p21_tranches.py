"""Property 21: a large entry comes in nearly equal parts, all under one decision, none too soon after the other."""

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.orders import Fill, OrderSide
from engine.model.runs import RunStatus
from engine.risk import gradual_entry
from tests.support.desk import exact
from tests.support.markets import IntradayWorld, intraday_worlds
from tests.support.tapes import rules


@given(st.integers(1, 10**6), st.integers(1, 12))
def test_p21_parts_add_up_and_differ_by_one_share_at_most(shares: int, tranches: int) -> None:
    parts = gradual_entry.split_into_tranches(shares, rules(gradual_entry_tranches=tranches))
    assert sum(parts) == shares
    assert len(parts) == min(tranches, shares)
    assert min(parts) >= 1
    assert max(parts) - min(parts) <= 1
    assert list(parts) == sorted(parts, reverse=True)


@given(
    st.integers(1, 10**9),
    st.integers(-(10**6), 10**11),
    st.sampled_from((0.0, 30.0, 55.5)),
    st.sampled_from((0.0, 0.05, 1.0)),
)
def test_p21_only_what_is_above_30_dollars_or_5_percent_is_split(
    value: int, pool: int, dollars: float, share: float
) -> None:
    policy = rules(gradual_entry_tranches=3, gradual_entry_threshold_dollars=dollars, gradual_entry_threshold_pct=share)
    limit = min(exact(dollars), exact(share) * Fraction(pool, 10_000))
    if abs(Fraction(value, 10_000) - limit) > Fraction(1, 10**6):
        assert gradual_entry.should_use_gradual_entry(value, pool, policy) is (Fraction(value, 10_000) > limit)
    assert not gradual_entry.should_use_gradual_entry(value, pool, rules(gradual_entry_tranches=1))


@settings(max_examples=50)
@given(intraday_worlds(with_splits=True))
def test_p21_in_a_run_all_parts_have_one_decision_and_their_time_apart(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    fills: dict[str, list[Fill]] = defaultdict(list)
    for e in result.books.executions:
        if e.fill.side is OrderSide.BUY:
            fills[e.decision_id].append(e.fill)
    decisions = {d.decision_id: d for d in result.books.decisions}
    apart = timedelta(minutes=world.policy.gradual_entry_interval_minutes)
    for decision_id, parts in fills.items():
        decision = decisions[decision_id]
        event(f"parts: {len(parts)}")
        assert decision.outcome is TradingDecisionType.ACT
        planned = gradual_entry.split_into_tranches(decision.shares, world.policy)
        if decision.kind is DecisionKind.MICRO:
            planned = (decision.shares,)
        if len(parts) > 1:
            assert len(parts) <= len(planned)
            assert all(part.quantity <= wanted for part, wanted in zip(parts, planned, strict=False))
        numbers = [int(part.client_order_id.split("-")[1]) for part in parts]
        assert numbers == sorted(set(numbers))
        assert all(part.client_order_id.startswith(f"{decision_id}-") for part in parts)
        assert all(later.at - earlier.at >= apart for earlier, later in pairwise(parts))
        assert all(part.ticker == decision.ticker for part in parts)
