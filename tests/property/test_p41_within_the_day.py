"""Property 41 within the day: looks, a person, the clock of micro trades and silence always get out, unless halted."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.model.orders import OrderSide
from engine.model.portfolio import TradingState
from engine.policy import TradingPolicy
from engine.policy_mapping import from_mapping
from engine.risk.circuit_breaker import single_position_level
from tests.support.desk import NOON, Desk
from tests.support.portfolios import Holding, holdings, policies, seated
from tests.support.tapes import at, opening

states = st.sampled_from(TradingState)
money = st.integers(-2_000_000_000, 2_000_000_000)


def sold(desk: Desk) -> dict[str, int]:
    return {o.ticker: o.quantity for o in desk.orders if o.side is OrderSide.SELL}


def all_of(held: list[Holding], tickers: set[str]) -> dict[str, int]:
    return {f"T{i}": h.shares for i, h in enumerate(held) if f"T{i}" in tickers}


@settings(max_examples=100)
@given(holdings.filter(bool), policies, states, money)
def test_p41_a_look_sells_every_level_that_was_passed(
    held: list[Holding], policy: TradingPolicy, trading: TradingState, cash: int
) -> None:
    desk = seated(held, policy=policy, cash=cash)
    desk.set_state(trading)
    passed = {
        f"T{i}"
        for i, h in enumerate(held)
        if h.price <= round(h.entry * h.stop) or h.price < single_position_level(h.entry, policy)
    }
    desk.sees(NOON)
    event(f"passed: {len(passed)}")
    assert sold(desk) == ({} if trading is TradingState.HALTED else all_of(held, passed))


@settings(max_examples=50)
@given(holdings.filter(bool), policies, states, money, st.integers(0, 5))
def test_p41_a_person_s_word_sells(
    held: list[Holding], policy: TradingPolicy, trading: TradingState, cash: int, which: int
) -> None:
    desk = seated(held, policy=policy, cash=cash)
    desk.set_state(trading)
    ticker = f"T{which % len(held)}"
    desk.asks_to_close(ticker)
    assert sold(desk) == ({} if trading is TradingState.HALTED else all_of(held, {ticker}))


@settings(max_examples=50)
@given(holdings.filter(bool), policies, states, st.integers(0, 389), st.integers(-60, 60))
def test_p41_micro_positions_whose_time_is_over_are_sold(
    held: list[Holding], policy: TradingPolicy, trading: TradingState, minute: int, left: int
) -> None:
    desk = seated([], policy=from_mapping({"single_position_loss_pct": 1.0} | _numbers(policy)), cash=10**9)
    for i, h in enumerate(held):
        desk.hold(
            f"T{i}",
            h.shares,
            entry=h.entry,
            stop=1,
            is_micro=i % 2 == 0,
            opened_at=opening(0),
            closes_at=at(0, minute + left),
        )
    desk.set_state(trading)
    desk.sees(at(0, minute))
    is_over = left <= 0 or minute >= 390 - desk.policy.micro_trading_close_minutes
    micro = {f"T{i}" for i in range(len(held)) if i % 2 == 0}
    event(f"over: {is_over}")
    assert sold(desk) == (all_of(held, micro) if is_over and trading is not TradingState.HALTED else {})


def _numbers(policy: TradingPolicy) -> dict[str, object]:
    return {"micro_trading_close_minutes": policy.micro_trading_close_minutes, "enabled": policy.enabled}


@settings(max_examples=50)
@given(holdings.filter(bool), policies, states, st.integers(0, 5), st.booleans())
def test_p41_a_silent_ticker_that_is_not_halted_is_sold(
    held: list[Holding], policy: TradingPolicy, trading: TradingState, which: int, is_halted: bool
) -> None:
    desk = seated(held, policy=policy)
    desk.set_state(trading)
    ticker = f"T{which % len(held)}"
    desk.state.watch.asked[ticker] = NOON
    desk.is_told_of(ticker, is_halted=is_halted)
    leaves = trading is not TradingState.HALTED and not is_halted
    assert sold(desk) == (all_of(held, {ticker}) if leaves else {})


@settings(max_examples=50)
@given(
    holdings.filter(bool), policies, st.sampled_from((TradingState.ACTIVE, TradingState.REDUCING)), st.integers(1, 4)
)
def test_p41_what_the_broker_refused_is_ordered_until_it_is_done(
    held: list[Holding], policy: TradingPolicy, trading: TradingState, refusals: int
) -> None:
    desk = seated(held, policy=policy)
    desk.fills_at_once = False
    desk.set_state(trading)
    desk.asks_to_close("T0")
    (first,) = desk.orders
    for _ in range(refusals):
        desk.end(desk.working_sale("T0"))
        desk.sees(NOON)
    last = desk.working_sale("T0")
    assert last.client_order_id == f"{first.decision_id}-1-{refusals + 1}"
    assert last.quantity == held[0].shares
