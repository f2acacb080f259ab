"""Property 41: in active and reducing every exit becomes an order, whatever the policy and the books."""

from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.model.portfolio import TradingState
from engine.policy import TradingPolicy
from engine.risk.circuit_breaker import single_position_level
from tests.support.desk import NOON
from tests.support.portfolios import Holding, holdings, policies, seated
from tests.support.tapes import closing, opening, sell

states = st.sampled_from(TradingState)
one_position = st.integers(0, 5)


@settings(max_examples=100)
@given(
    holdings.filter(bool),
    one_position,
    policies,
    states,
    st.integers(-2_000_000_000, 2_000_000_000),
    st.integers(0, 10**9),
    st.floats(0, 1),
    st.integers(0, 389),
)
def test_p41_a_sell_recommendation_always_sells_unless_halted(
    held: list[Holding],
    which: int,
    policy: TradingPolicy,
    trading: TradingState,
    cash: int,
    reserve: int,
    confidence: float,
    minute: int,
) -> None:
    desk = seated(held, policy=policy, cash=cash, reserve=reserve)
    ticker = f"T{which % len(held)}"
    desk.state.cool_downs[ticker] = closing(9)
    desk.set_state(trading)
    decision = desk.offer(sell(ticker, 0, confidence=confidence), at=opening(0) + timedelta(minutes=minute))
    assert decision is not None
    event(f"{trading}: {decision.outcome}")
    sold = [(o.ticker, o.quantity, o.side) for o in desk.orders]
    if trading is TradingState.HALTED:
        assert (decision.skip_reason, sold) == ("halted", [])
    else:
        assert decision.skip_reason is None
        assert sold == [(ticker, held[which % len(held)].shares, "sell")]


@settings(max_examples=100)
@given(holdings.filter(bool), policies, states, st.integers(-2_000_000_000, 2_000_000_000), st.booleans())
def test_p41_every_crossed_level_sells_unless_halted(
    held: list[Holding], policy: TradingPolicy, trading: TradingState, cash: int, at_the_open: bool
) -> None:
    desk = seated(held, policy=policy, cash=cash)
    desk.set_state(trading)
    crossed = {
        f"T{i}"
        for i, h in enumerate(held)
        if h.price <= round(h.entry * h.stop) or h.price < single_position_level(h.entry, policy)
    }
    if at_the_open:
        desk.opens()
    else:
        desk.market.ranges = {f"T{i}": (h.price, h.price) for i, h in enumerate(held)}
        desk.trades_through()
    event(f"crossed: {len(crossed)}")
    assert {o.ticker for o in desk.orders} == (set() if trading is TradingState.HALTED else crossed)
    assert {d.ticker for d in desk.decisions} == crossed
    assert all(o.quantity == held[int(o.ticker[1:])].shares for o in desk.orders)


@settings(max_examples=40)
@given(holdings.filter(bool), policies, states)
def test_p41_a_position_whose_ticker_vanished_is_closed_unless_halted(
    held: list[Holding], policy: TradingPolicy, trading: TradingState
) -> None:
    desk = seated(held, policy=policy)
    desk.set_state(trading, at=NOON)
    desk.market.prices.clear()
    for _ in range(min(policy.vanished_after_sessions, 30)):
        desk.closes()
    gone = trading is not TradingState.HALTED and policy.vanished_after_sessions <= 30
    assert (desk.state.positions == {}) == gone
