"""Property 17: what is trimmed brings everything within its limits, the least confident first, and no share more."""

from collections import defaultdict

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from engine.risk import concentration
from tests.support.portfolios import Holding, holdings, seated
from tests.support.tapes import at, rules

UNIT = 1.0
"""A ten-thousandth of a dollar: limits are fractions of the pool and not whole."""


@settings(max_examples=100)
@given(
    holdings.filter(bool),
    st.sampled_from((0.01, 0.05, 0.2)),
    st.sampled_from((0.02, 0.1, 0.3)),
    st.integers(0, 6),
    st.integers(0, 10**9),
)
def test_p17_sells_bring_the_books_within_their_limits(
    held: list[Holding], position: float, sector: float, count: int, cash: int
) -> None:
    policy = rules(
        rebalance=True, max_open_positions=count, moderate={"max_position_pct": position, "max_sector_pct": sector}
    )
    desk = seated(held, policy=policy, cash=cash)
    book, tier = desk.state.book(), policy.tiers[desk.state.tier]
    assume(book.active_pool > 0)
    sold = concentration.trims(book, tier, policy)
    event(f"sold: {sorted({why for _, why in sold.values()})}")
    left = {p.position.ticker: p.position.quantity - sold.get(p.position.ticker, (0, ""))[0] for p in book.positions}
    price = {p.position.ticker: p.price for p in book.positions}
    sectors: dict[str | None, int] = defaultdict(int)
    for p in book.positions:
        ticker = p.position.ticker
        assert 0 <= left[ticker] <= p.position.quantity
        assert left[ticker] * price[ticker] <= position * book.active_pool + UNIT
        sectors[p.position.sector] += left[ticker] * price[ticker]
    assert all(value <= sector * book.active_pool + UNIT for value in sectors.values())
    assert sum(shares > 0 for shares in left.values()) <= count


@settings(max_examples=100)
@given(holdings.filter(bool), st.sampled_from((0.01, 0.05, 0.2)), st.integers(0, 10**9))
def test_p17_of_one_that_is_too_large_no_share_too_many_is_sold(
    held: list[Holding], position: float, cash: int
) -> None:
    policy = rules(max_open_positions=100, moderate={"max_position_pct": position, "max_sector_pct": 10.0})
    desk = seated(held, policy=policy, cash=cash)
    book = desk.state.book()
    limit = position * book.active_pool
    for ticker, (shares, why) in concentration.trims(book, policy.tiers[desk.state.tier], policy).items():
        marked = next(p for p in book.positions if p.position.ticker == ticker)
        assert why == "max_position_pct"
        assert (marked.position.quantity - shares + 1) * marked.price > limit - UNIT


@settings(max_examples=100)
@given(holdings.filter(bool), st.sampled_from((0.02, 0.1, 0.3)), st.integers(0, 10**9))
def test_p17_in_a_sector_one_is_touched_only_when_all_that_are_less_confident_are_gone(
    held: list[Holding], sector: float, cash: int
) -> None:
    policy = rules(max_open_positions=100, moderate={"max_position_pct": 1.0, "max_sector_pct": sector})
    desk = seated(held, policy=policy, cash=cash)
    book = desk.state.book()
    sold = concentration.trims(book, policy.tiers[desk.state.tier], policy)
    by_limit = {t: shares for t, (shares, why) in sold.items() if why == "max_sector_pct"}
    for p in book.positions:
        if p.position.ticker not in by_limit:
            continue
        for other in book.positions:
            weaker = other.position.signal_confidence < p.position.signal_confidence
            if weaker and other.position.sector == p.position.sector:
                assert sold[other.position.ticker][0] == other.position.quantity


@settings(max_examples=40)
@given(holdings.filter(bool), st.integers(0, 6), st.booleans(), st.integers(0, 389))
def test_p17_it_happens_within_the_window_while_trading_is_active_and_once(
    held: list[Holding], count: int, is_due: bool, minute: int
) -> None:
    desk = seated(held, policy=rules(rebalance=True, max_open_positions=count, moderate={"max_position_pct": 0.02}))
    desk.state.agenda.is_rebalance_due = is_due
    wanted = concentration.trims(desk.state.book(), desk.policy.tiers[desk.state.tier], desk.policy)
    desk.entries_are_due(at(0, minute))
    now = is_due and 15 <= minute < 375
    assert {o.ticker: o.quantity for o in desk.orders} == ({t: n for t, (n, _) in wanted.items()} if now else {})
    assert all(o.tag == "rebalance" for o in desk.orders)
    desk.entries_are_due(at(0, 30))
    desk.entries_are_due(at(0, 31))
    assert len(desk.orders) == (len(wanted) if is_due else 0)
