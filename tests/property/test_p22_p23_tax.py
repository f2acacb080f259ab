"""Properties 22 and 23: tax lots close first in, first out; a loss is put off exactly when it was replaced in time.

`STONKS_TAX_HISTORIES=10000` settles as many random histories twice, by the engine and by its naive twin.
"""

import os
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from engine.accounting import wash_sales
from engine.model.market import Split
from engine.model.orders import OrderSide
from engine.model.tax import Disposition, Shares, TaxBooks, TaxEvent, TaxTrade, Term, fine, rounded
from tests.support import naive_wash_sales
from tests.support.tax_histories import (
    Step,
    histories,
    history_of,
    random_history,
    steps,
    whole_share_histories,
    whole_share_steps,
)

HISTORIES = int(os.environ.get("STONKS_TAX_HISTORIES", "400"))
SOLD_ON = date(2024, 3, 1)
DUST = fine(1) // 10**6  # 1e-10 dollars: more than what does not divide here comes to
days_after = st.integers(0, 45)


@given(histories)
def test_p22_the_oldest_shares_go_first_through_splits_too(events: list[TaxEvent]) -> None:
    sold, left = first_in_first_out(events)
    books = settled(events)

    found: dict[str, dict[str, Fraction]] = {}
    for d in books.dispositions:
        purchases = found.setdefault(d.sale_id, {})
        purchases[d.purchase_id] = purchases.get(d.purchase_id, Fraction(0)) + d.quantity
    assert {sale: list(of.items()) for sale, of in found.items()} == sold
    held: dict[str, Fraction] = {}
    for lot in books.open_lots:
        held[lot.purchase_id] = held.get(lot.purchase_id, Fraction(0)) + lot.quantity
    assert held == left


def first_in_first_out(
    events: list[TaxEvent],
) -> tuple[dict[str, list[tuple[str, Fraction]]], dict[str, Fraction]]:
    """Return what each sale takes of which purchase, in order, and what is left of each."""
    queues: dict[str, list[tuple[str, Fraction]]] = {}
    sold: dict[str, list[tuple[str, Fraction]]] = {}
    for e in events:
        queue = queues.setdefault(e.ticker, [])
        if isinstance(e, Split):
            queue[:] = [(purchase, shares * e.ratio) for purchase, shares in queue]
        elif e.side is OrderSide.BUY:
            queue.append((e.trade_id, Fraction(e.quantity)))
        else:
            wanted = Fraction(e.quantity)
            while wanted:
                purchase, shares = queue.pop(0)
                taken = min(wanted, shares)
                sold.setdefault(e.trade_id, []).append((purchase, taken))
                wanted -= taken
                if shares > taken:
                    queue.insert(0, (purchase, shares - taken))
    return sold, {purchase: shares for queue in queues.values() for purchase, shares in queue}


@given(
    st.lists(st.tuples(st.integers(-45, 45), st.integers(1, 60)), max_size=6),
    st.integers(1, 100),
    st.integers(0, 20_000),
    days_after,
)
def test_p23_a_loss_is_put_off_share_for_share_for_what_was_bought_within_30_days(
    others: list[tuple[int, int]], shares: int, lost: int, wait: int
) -> None:
    before = sorted((gap, n) for gap, n in others if gap < 0)
    after = sorted((gap, n) for gap, n in others if gap >= 0)
    first = trade("first", SOLD_ON - timedelta(days=60), OrderSide.BUY, shares, shares * 20_000)
    loss = trade("loss", SOLD_ON, OrderSide.SELL, shares, shares * (20_000 - lost))
    bought = [
        trade(f"other{i}", SOLD_ON + timedelta(days=gap), OrderSide.BUY, n, n * 15_000)
        for i, (gap, n) in enumerate(before + after)
    ]
    as_of = SOLD_ON + timedelta(days=wait)

    books = wash_sales.settle([first, *bought[: len(before)], loss, *bought[len(before) :]], as_of=as_of)

    (sold,) = books.dispositions
    within = sum(n for gap, n in others if -30 <= gap <= 30)
    replaced = min(shares, within) if lost else 0
    assert sum(r.shares for r in sold.replacements) == replaced
    assert bool(sold.replacements) is bool(lost and within)
    assert all(abs(r.on - sold.sold_on) <= timedelta(days=30) for r in sold.replacements)
    assert [r.on for r in sold.replacements] == sorted(r.on for r in sold.replacements)
    assert sold.disallowed == fine(replaced * lost)
    assert sold.recognised == -fine((shares - replaced) * lost)
    last = max([gap for gap, _ in after], default=0)
    if last <= 30:
        assert sold.pending == (shares - replaced if lost and wait <= 30 else 0)
    event(f"put off: {replaced == shares}, in part: {0 < replaced < shares}")


@given(histories)
def test_what_was_received_and_paid_is_what_is_recognised_and_what_is_still_held(events: list[TaxEvent]) -> None:
    books = settled(events)
    for ticker in {e.ticker for e in events}:
        of = [e for e in events if isinstance(e, TaxTrade) and e.ticker == ticker]
        received = sum(fine(t.amount) for t in of if t.side is OrderSide.SELL)
        paid = sum(fine(t.amount) for t in of if t.side is OrderSide.BUY)
        recognised = sum(d.recognised for d in books.dispositions if d.ticker == ticker)
        held = sum(lot.basis for lot in books.open_lots if lot.ticker == ticker)
        assert recognised - held == received - paid


@given(histories)
def test_what_a_sale_brings_and_a_purchase_costs_is_all_shared_out(events: list[TaxEvent]) -> None:
    books = settled(events)
    brought: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for d in books.dispositions:
        brought[d.sale_id] += d.proceeds
        sold[d.sale_id] += d.quantity  # type: ignore[assignment]
    sales = [e for e in events if isinstance(e, TaxTrade) and e.side is OrderSide.SELL]
    assert dict(brought) == {t.trade_id: fine(t.amount) for t in sales}
    assert dict(sold) == {t.trade_id: t.quantity for t in sales}


@given(whole_share_histories)
def test_a_share_replaces_once_and_what_it_took_over_is_carried_or_was_sold_with_it(events: list[TaxEvent]) -> None:
    books = settled(events)
    trades = {e.trade_id: e for e in events if isinstance(e, TaxTrade)}
    replacing: dict[str, Shares] = {}
    for d in books.dispositions:
        for r in d.replacements:
            bought = trades[r.purchase_id]
            replacing[r.purchase_id] = replacing.get(r.purchase_id, 0) + r.shares
            assert bought.ticker == d.ticker
            assert bought.on == r.on
            assert abs(r.on - d.sold_on) <= timedelta(days=30)
            assert r.purchase_id != d.purchase_id
            assert r.loss > 0
    assert all(shares <= trades[id_].quantity for id_, shares in replacing.items())
    for lot in books.open_lots:
        assert lot.carried >= 0
        assert lot.held_since <= lot.acquired_on
        assert lot.held_since == lot.acquired_on or lot.carried
        price = Fraction(fine(trades[lot.purchase_id].amount)) / trades[lot.purchase_id].quantity
        assert abs(lot.cost - price * lot.quantity) < DUST


@given(histories)
def test_a_gain_is_never_changed_and_no_more_than_the_loss_is_put_off(events: list[TaxEvent]) -> None:
    for d in settled(events).dispositions:
        if d.replacements or d.pending:
            assert d.gain < 0
            assert sum(r.shares for r in d.replacements) + d.pending <= d.quantity
        assert d.disallowed <= max(0, -d.gain) + DUST
        assert d.acquired_on <= d.sold_on
        assert d.held_since <= d.acquired_on


@given(histories, days_after)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_naive_twin_with_an_object_for_each_share_finds_the_same(events: list[TaxEvent], wait: int) -> None:
    as_of = last_day(events) + timedelta(days=wait)
    books = wash_sales.settle(events, as_of=as_of)
    assert naive_wash_sales.comparable(books) == naive_wash_sales.settle(events, as_of=as_of)
    event(f"put off: {any(d.replacements for d in books.dispositions)}")
    event(f"put off again: {any(is_put_off_again(d) for d in books.dispositions)}")


@pytest.mark.timeout(1_200)
def test_random_histories_come_to_the_same_twice() -> None:
    seen: Counter[str] = Counter()
    for seed in range(HISTORIES):
        events = random_history(seed)
        as_of = last_day(events) + timedelta(days=seed % 40)
        books = wash_sales.settle(events, as_of=as_of)
        assert naive_wash_sales.comparable(books) == naive_wash_sales.settle(events, as_of=as_of), f"seed {seed}"
        seen["splits"] += sum(isinstance(e, Split) for e in events)
        seen.update(kind for d in books.dispositions for kind in kinds(d))
        seen["open losses"] += len(books.open_losses)
    print(f"\n{HISTORIES:,} histories: " + ", ".join(f"{n:,} {kind}" for kind, n in sorted(seen.items())))
    assert min(seen[kind] for kind in KINDS) * 50 >= HISTORIES


KINDS = (
    "sold",
    "put off",
    "put off in part",
    "put off again",
    "pending",
    "gains",
    "long-term",
    "splits",
    "open losses",
)


def kinds(d: Disposition) -> list[str]:
    """Return what is to be said of `d`."""
    is_put_off = bool(d.replacements)
    is_so = {
        "sold": True,
        "put off": is_put_off,
        "put off in part": is_put_off and sum(r.shares for r in d.replacements) < d.quantity,
        "put off again": is_put_off_again(d),
        "pending": bool(d.pending),
        "gains": d.gain > 0,
        "long-term": d.term is Term.LONG,
    }
    return [kind for kind, so in is_so.items() if so]


@given(st.lists(whole_share_steps, min_size=2, max_size=25), st.data())
def test_what_comes_later_adds_replacements_and_changes_nothing_else(of: list[Step], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(of) - 1))
    as_of = last_day(history_of(of))
    before, after = (wash_sales.settle(history_of(s), as_of=as_of) for s in (of[:cut], of))
    for ticker in {d.ticker for d in before.dispositions}:
        then, now = ([d for d in books.dispositions if d.ticker == ticker] for books in (before, after))
        for early, late in zip(then, now, strict=False):
            assert late.replacements[: len(early.replacements)] == early.replacements
            assert late.pending <= early.pending
            assert bare(late) == bare(early)


def bare(d: Disposition) -> tuple[object, ...]:
    """Return all of `d` but its replacements."""
    return d.sale_id, d.purchase_id, d.quantity, d.proceeds, d.basis, d.acquired_on, d.held_since, d.sold_on, d.term


@given(whole_share_histories, st.sampled_from((Fraction(2), Fraction(3, 2), Fraction(1, 10))), st.data())
def test_a_split_changes_the_number_of_shares_and_no_amount(
    events: list[TaxEvent], ratio: Fraction, data: st.DataObject
) -> None:
    where = data.draw(st.integers(0, len(events)))
    split = Split(ticker="AAA", on=last_day(events[:where]), ratio=ratio)
    with_split = [*events[:where], split, *(scaled(e, ratio) for e in events[where:])]
    without, with_it = settled(events), wash_sales.settle(with_split, as_of=last_day(events))
    assert amounts(with_it) == amounts(without)
    assert sum(x.quantity for x in with_it.open_lots if x.ticker == "AAA") == ratio * sum(
        x.quantity for x in without.open_lots if x.ticker == "AAA"
    )


def scaled(e: TaxEvent, ratio: Fraction) -> TaxEvent:
    """Return `e` as it would be after a split of AAA."""
    if isinstance(e, Split) or e.ticker != "AAA":
        return e
    return replace(e, quantity=e.quantity * ratio)


def amounts(books: TaxBooks) -> list[object]:
    """Return what a split of a ticker leaves alone, its tickers in order."""
    sold = [
        (
            (d.ticker, d.sale_id, d.purchase_id, d.proceeds, d.basis, d.held_since, bool(d.pending)),
            [(r.purchase_id, r.loss) for r in d.replacements],
        )
        for d in books.dispositions
    ]
    held = [(x.ticker, x.purchase_id, x.basis, x.held_since) for x in books.open_lots]
    waiting = [(x.ticker, x.sale_id, x.loss) for x in books.open_losses]
    return [sorted(sold, key=lambda d: d[0][0]), sorted(held, key=lambda x: x[0]), sorted(waiting, key=lambda x: x[0])]


@given(st.lists(steps, max_size=12).map(history_of), st.integers(1, 12), st.integers(0, 40))
def test_what_is_at_stake_is_what_the_purchase_then_puts_off(of_all: list[TaxEvent], shares: int, wait: int) -> None:
    on = last_day(of_all) + timedelta(days=wait)
    events = [e for e in of_all if e.ticker == "AAA"]
    stake = wash_sales.at_stake(events, "AAA", shares, on)
    bought = trade("bought", on, OrderSide.BUY, shares, shares * 99_999)
    books = wash_sales.settle([*events, bought], as_of=on)
    put_off = [r for d in books.dispositions for r in d.replacements if r.purchase_id == "bought"]
    if stake is None:
        assert not put_off
    else:
        assert stake.loss == rounded(sum(r.loss for r in put_off))
        assert 0 < stake.washed <= stake.shares == shares
        assert wash_sales.at_stake(events, "AAA", 10**6, stake.until)
        assert wash_sales.at_stake(events, "AAA", shares, stake.until + timedelta(days=1)) is None


def test_the_days_of_the_random_histories_go_on() -> None:
    for seed in range(20):
        assert all(a.on <= b.on for a, b in pairwise(random_history(seed)))


def is_put_off_again(d: Disposition) -> bool:
    """Was what is put off here itself put off into these shares before?"""
    return bool(d.replacements) and d.held_since < d.acquired_on


def settled(events: list[TaxEvent]) -> TaxBooks:
    """Return what `events` come to on their last day."""
    return wash_sales.settle(events, as_of=last_day(events))


def last_day(events: list[TaxEvent]) -> date:
    """Return the day of the last of `events`."""
    return events[-1].on if events else date(2024, 1, 1)


def trade(name: str, on: date, side: OrderSide, quantity: Shares, amount: int) -> TaxTrade:
    """Return a trade of AAA."""
    return TaxTrade(trade_id=name, ticker="AAA", on=on, side=side, quantity=quantity, amount=amount)
