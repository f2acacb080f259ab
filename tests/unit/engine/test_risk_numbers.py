"""The numbers under the rules, each against the plainest way to work it out."""

import math

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine.model.costs import CostModel
from engine.model.positions import average_price
from engine.risk import correlation, position_sizer, reserve_pool, volatility
from tests.support.desk import exact
from tests.support.tapes import RULES, opening, rules

TIER = RULES.tiers[RULES.risk_tier]


def bars(seed: int, length: int) -> tuple[list[float], list[float], list[float]]:
    """Return high, low and close of a random walk in dollars with 4 places."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.03, length))), 4)
    high = np.round(close * (1 + np.abs(rng.normal(0, 0.02, length))), 4)
    low = np.round(close * (1 - np.abs(rng.normal(0, 0.02, length))).clip(0.01), 4)
    return high.tolist(), low.tolist(), close.tolist()


def naive_atr(high: list[float], low: list[float], close: list[float]) -> list[float | None]:
    """Return Wilder's ATR bar by bar, as his book tells it."""
    ranges: list[float] = []
    atr: float | None = None
    out: list[float | None] = []
    for i in range(len(close)):
        if i:
            ranges.append(max(high[i] - low[i], abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1])))
        if len(ranges) == 14:
            atr = sum(ranges) / 14
        elif len(ranges) > 14:
            assert atr is not None
            atr = (atr * 13 + ranges[-1]) / 14
        out.append(atr)
    return out


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 80))
@example(1, 14)
@example(1, 15)
def test_the_atr_is_wilders_and_begins_at_bar_15(seed: int, length: int) -> None:
    high, low, close = bars(seed, length)
    found = volatility.wilder_atr(np.array(high), np.array(low), np.array(close))
    for mine, theirs in zip(naive_atr(high, low, close), found.tolist(), strict=True):
        assert (mine is None) == math.isnan(theirs)
        if mine is not None:
            assert math.isclose(mine, theirs, rel_tol=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(505, 1500))
def test_the_last_504_bars_give_the_same_rounded_atr_as_the_whole_history(seed: int, length: int) -> None:
    high, low, close = (np.array(series) for series in bars(seed, length))
    whole = volatility.rounded(volatility.wilder_atr(high, low, close))[-1]
    recent = volatility.rounded(volatility.wilder_atr(high[-504:], low[-504:], close[-504:]))[-1]
    assert whole == recent


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(2, 90), st.floats(0, 0.5))
def test_correlations_are_numpys_on_the_sessions_in_common(seed: int, sessions: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 0.02, sessions)
    series = [shared * rng.normal() + rng.normal(0, 0.02, sessions) for _ in range(4)]
    for s in series:
        s[rng.random(sessions) < missing] = np.nan
    candidate, held = series[0], np.stack(series[1:], axis=1)
    found = correlation.with_each(candidate, held)
    for i, value in enumerate(found):
        both = ~np.isnan(candidate) & ~np.isnan(held[:, i])
        if both.sum() < 30:
            assert value == 0.0
        else:
            assert abs(value - np.corrcoef(candidate[both], held[both, i])[0, 1]) <= 1e-12
            assert correlation.rounded(value) == round(value, 9)


def test_a_series_that_does_not_move_is_unknown_and_a_twin_is_one() -> None:
    moving = np.linspace(-0.01, 0.02, 40)
    still = np.zeros(40)
    assert correlation.with_each(moving, np.stack([still, moving, -moving], axis=1)) == (0.0, 1.0, -1.0)
    assert correlation.with_each(still, moving[:, None]) == (0.0,)


def test_thirty_sessions_in_common_are_enough_twenty_nine_are_not() -> None:
    moving = np.linspace(-0.01, 0.02, 40)
    for count, expected in ((30, 1.0), (29, 0.0)):
        short = moving.copy()
        short[count:] = np.nan
        assert correlation.with_each(moving, short[:, None]) == (expected,)


costs = st.builds(
    CostModel,
    slippage_bps=st.sampled_from((0.0, 5.0, 50.0)),
    commission_per_order=st.sampled_from((0.0, 0.35, 1.0, 100.0)),
    commission_per_share=st.sampled_from((0.0, 0.0035, 0.00004, 0.5)),
    commission_pct=st.sampled_from((0.0, 0.0001, 0.01, 0.3)),
)


@settings(max_examples=200)
@given(st.integers(-(10**8), 10**12), st.integers(1, 10**10), costs)
@example(10_000, 10_000, CostModel())
@example(10_003, 10_000, CostModel(commission_per_order=0.0003))
@example(1, 1, CostModel(commission_per_share=0.00004))
def test_what_is_affordable_is_paid_for_and_one_more_is_not(cash: int, price: int, model: CostModel) -> None:
    shares = model.affordable(cash, price)

    def bill(n: int) -> int:
        return n * price + model.commission(n, price)

    assert shares >= 0
    if shares:
        assert bill(shares) <= cash
    if price >= 100:  # below a cent a share the commission's own rounding may hide one share
        assert bill(shares + 1) > cash


@settings(max_examples=200)
@given(st.integers(0, 10**11), st.integers(1, 10**9), st.floats(0, 10**7), costs)
def test_cash_never_goes_negative_whatever_the_costs(cash: int, price: int, size: float, model: CostModel) -> None:
    inputs = position_sizer.SizingInputs(
        confidence=0.7,
        price=price,
        active_pool=cash,
        available_cash=cash,
        is_new_sector=False,
        sectors_held=0,
        earnings_factor=1.0,
        correlation_factor=1.0,
        sector_room_usd=1e12,
    )
    sized = position_sizer.whole_shares(size, inputs, model, RULES)
    worst = position_sizer.worst_price(price, RULES)
    paid = model.bought_at(price)
    assert sized.cost == (sized.shares * worst + model.commission(sized.shares, worst) if sized.shares else 0)
    assert sized.cost <= cash
    if sized.shares and paid <= worst:
        assert cash - sized.shares * paid - model.commission(sized.shares, paid) >= 0
    assert sized.shares * price <= size * 10_000 * (1 + 1e-12) + 1e-6
    if position_sizer.enough_cash(inputs, model, RULES).passed and size * 10_000 >= price * (1 + 1e-9):
        assert sized.shares >= 1


def test_a_size_of_exactly_one_share_is_one_share() -> None:
    price = next(p for p in range(10_000, 1_000_000, 100) if math.floor(p / 10_000 * 10_000 / p) < 1)
    inputs = position_sizer.SizingInputs(
        confidence=0.7,
        price=price,
        active_pool=10**9,
        available_cash=10**9,
        is_new_sector=False,
        sectors_held=0,
        earnings_factor=1.0,
        correlation_factor=1.0,
        sector_room_usd=1e12,
    )
    assert position_sizer.at_least_one_share(price / 10_000, price).passed
    assert position_sizer.whole_shares(price / 10_000, inputs, CostModel(slippage_bps=0), RULES).shares == 1


@given(
    st.integers(-(10**9), 10**10),
    st.integers(0, 10**10),
    st.integers(1, 10**11),
    st.sampled_from((0.2, 0.0, 1.0, 0.33)),
)
@example(100_000, 300_000, 1_000_000, 0.2)
@example(100_000, 300_001, 1_000_000, 0.2)
def test_the_siphon_takes_its_share_of_profits_only(profit: int, reserve: int, total: int, pct: float) -> None:
    entry = reserve_pool.siphon(
        profit,
        reserve=reserve,
        total_value=total,
        at=opening(0),
        reference_id="d1",
        policy=rules(reserve_siphon_pct=pct),
    )
    due = round(exact(pct) * profit / 100) * 100
    if profit <= 0 or reserve * 10 > 3 * total or due == 0:
        assert entry is None
    else:
        assert entry is not None
        assert (entry.amount, entry.balance_after) == (due, reserve + due)


@given(st.integers(1, 10**12), st.integers(1, 10**6))
def test_an_average_price_is_within_half_a_unit(cost: int, quantity: int) -> None:
    assume(cost >= quantity)
    assert abs(average_price(cost, quantity) * quantity - cost) * 2 <= quantity
