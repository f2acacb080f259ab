"""The short cut says what the checks say, and looking at the traces changes nothing."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.model.portfolio import TradingState
from engine.model.recommendation import Mode
from engine.model.runs import RunStatus
from tests.support.desk import NOON, Desk
from tests.support.markets import World, worlds
from tests.support.portfolios import Candidate, Holding, candidates, confidences, holdings, seated
from tests.support.tapes import buy, evening_before, opening, rules, sell


@settings(max_examples=100)
@given(
    st.data(),
    st.one_of(st.just([]), holdings),
    candidates,
    st.sampled_from((TradingState.ACTIVE, TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED)),
    st.sampled_from((0, 15, 100, 374, 375, 389)),
    st.sampled_from((0.0, 120.0, 121.0)),
)
def test_a_batch_judged_at_a_glance_comes_to_what_each_alone_comes_to(
    data: st.DataObject, held: list[Holding], candidate: Candidate, trading: TradingState, minute: int, age: float
) -> None:
    policy = rules(
        enabled=data.draw(st.sampled_from((True, True, False))),
        max_open_positions=data.draw(st.integers(0, 7)),
        exit_min_confidence=data.draw(st.sampled_from((0, 0.7))),
    )
    at = opening(0) + timedelta(minutes=minute)
    off = data.draw(st.sampled_from((-1, 0, 1)), label="cool-down ends, microseconds from now")
    cooling, without_atr = data.draw(st.booleans()), data.draw(st.booleans())
    offered = [
        data.draw(st.sampled_from((buy, buy, sell)))(
            data.draw(st.sampled_from(("NEW", "NEW", "OLD", "T0", "T1", "ZZZ"))),
            0,
            recommendation_id=f"r{i}",
            confidence=data.draw(confidences),
            mode=data.draw(st.sampled_from((Mode.PAPER_ELIGIBLE, Mode.PAPER_ELIGIBLE, Mode.OTHER))),
            generated_at=data.draw(st.sampled_from((evening_before(0), evening_before(-1), opening(-1)))),
            expires_at=data.draw(st.sampled_from((None, None, at, at + timedelta(microseconds=1)))),
        )
        for i in range(data.draw(st.integers(1, 6)))
    ]

    def seat() -> Desk:
        desk = seated(held, candidate, policy=policy)
        desk.market.age = age
        desk.market.prices["OLD"] = 1_000_000
        if not without_atr:
            desk.market.atrs["OLD"] = 2.0
        desk.set_state(trading)
        if cooling:
            desk.state.cool_downs["NEW"] = at + timedelta(microseconds=off)
        return desk

    one_by_one, together = seat(), seat()
    for recommendation in offered:
        one_by_one.offer(recommendation, at=at)
    together.offer_all(offered, at=at, traced=False)
    event(f"orders: {len(together.orders)}")
    assert together.orders == one_by_one.orders
    assert together.deferrals == one_by_one.deferrals
    assert together.trades == one_by_one.trades
    assert together.state.decisions_made == one_by_one.state.decisions_made
    assert together.state.positions == one_by_one.state.positions
    assert together.state.cash == one_by_one.state.cash
    for decision in together.decisions:  # those that were looked at closely
        (same,) = (d for d in one_by_one.decisions if d.decision_id == decision.decision_id)
        assert replace(same, trace=None) == replace(decision, trace=None)


@settings(max_examples=50)
@given(worlds())
def test_decisions_are_the_same_with_and_without_traces(world: World) -> None:
    traced, plain = world.play(traced=True), world.play(traced=False)
    assert traced.status is RunStatus.COMPLETED, traced.error
    assert traced.fingerprint == plain.fingerprint
    assert [replace(d, trace=None) for d in traced.books.decisions] == [
        replace(d, trace=None) for d in plain.books.decisions
    ]
    assert traced.books.snapshots == plain.books.snapshots
    assert traced.books.trades == plain.books.trades
    assert traced.funnel == plain.funnel
    assert sum(traced.funnel.values()) == len(world.recommendations) - after_the_end(world)


def after_the_end(world: World) -> int:
    """Return how many recommendations were made when the last session with any bar had opened."""
    last = world.tape.sessions.on(world.tape.dates[int(np.flatnonzero(world.tape.close.any(axis=1))[-1])])
    assert last is not None
    return sum(r.generated_at >= last.open_at for r in world.recommendations)


@settings(max_examples=40)
@given(worlds())
def test_two_runs_of_the_same_world_are_one(world: World) -> None:
    assert world.play() == world.play()


@settings(max_examples=50)
@given(holdings, candidates, st.booleans())
def test_a_single_decision_is_the_same_with_and_without_a_trace(
    held: list[Holding], candidate: Candidate, traced: bool
) -> None:
    offered = buy("NEW", confidence=candidate.confidence)
    one = seated(held, candidate, policy=rules()).offer(offered, at=NOON, traced=traced)
    other = seated(held, candidate, policy=rules()).offer(offered, at=NOON, traced=not traced)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.skip_reason, one.shares, one.failed_value, one.failed_limit, one.dollars) == (
            other.skip_reason,
            other.shares,
            other.failed_value,
            other.failed_limit,
            other.dollars,
        )
