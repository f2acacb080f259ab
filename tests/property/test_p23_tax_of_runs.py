"""Property 23 and conservation of tax, over whole runs: what is noted, stored and reported agrees."""

from fractions import Fraction

from hypothesis import event, given, settings

from engine.accounting import tax_history, wash_sales
from engine.backtester import BacktestResult
from engine.model.decisions import DecisionKind
from engine.model.runs import RunBooks
from engine.model.tax import TaxBooks, fine, rounded
from tests.support.markets import IntradayWorld, World, intraday_worlds, worlds


@settings(max_examples=40)
@given(world=worlds())
def test_tax_adds_up_to_what_the_account_made(world: World) -> None:
    _require_conservation(world.play())


@settings(max_examples=30)
@given(world=intraday_worlds(with_splits=True))
def test_tax_adds_up_within_the_day_too(world: IntradayWorld) -> None:
    _require_conservation(world.play())


@settings(max_examples=40)
@given(world=worlds())
def test_every_lot_has_its_tax_and_together_they_are_the_report(world: World) -> None:
    result = world.play()
    books, settled = result.books, _settled(result)
    sold = [c for t in books.trades for c in t.closures]
    if _has_fractions(books):
        return
    assert all(c.tax for c in sold)
    assert {lot.lot_id: lot.tax and lot.tax.basis for lot in books.open_lots} == _bases(settled)
    put_off = sum(c.tax.disallowed for c in sold if c.tax)
    # each lot rounds for itself, to a ten-thousandth of a dollar
    assert abs(fine(put_off) - sum(d.disallowed for d in settled.dispositions)) <= fine(len(sold))


def _settled(result: BacktestResult) -> TaxBooks:
    events = tax_history.of_books(result.books.executions, result.books.splits)
    return wash_sales.settle(events, as_of=result.end_on)


def _has_fractions(books: RunBooks) -> bool:
    """Do splits leave parts of shares in lots, so that tax counts them otherwise than the lots do?"""
    return any(Fraction(s.ratio).denominator > 1 for s in books.splits)


def _bases(settled: TaxBooks) -> dict[str, int]:
    bases: dict[str, int] = {}
    for lot in settled.open_lots:
        bases[lot.purchase_id] = bases.get(lot.purchase_id, 0) + lot.basis
    return {lot_id: rounded(basis) for lot_id, basis in bases.items()}


def _require_conservation(result: BacktestResult) -> None:
    """Gains that count and basis that is left are what was received and paid: the account's own profit."""
    books, settled = result.books, _settled(result)
    last = books.snapshots[-1] if books.snapshots else None
    recognised = sum(d.recognised for d in settled.dispositions)
    basis = sum(lot.basis for lot in settled.open_lots)
    in_lieu = sum(s.in_lieu for s in books.splits if s.shares_after)
    open_cost = sum(lot.cost for lot in books.open_lots)
    earned = last.realised_pnl - last.costs if last else 0
    assert recognised - basis == fine(earned + in_lieu - open_cost)


@settings(max_examples=40)
@given(world=worlds())
def test_the_trace_of_a_buy_tells_of_the_loss_that_the_history_shows(world: World) -> None:
    result = world.play(traced=True)
    books = result.books
    for decision in books.decisions:
        shares = dict(decision.trace.inputs).get("shares") if decision.trace else None
        if decision.kind is not DecisionKind.ENTRY or not shares:
            continue
        assert decision.trace
        before = [
            e
            for e in books.executions
            if e.fill.at <= decision.at and _number(e.decision_id) < _number(decision.decision_id)
        ]
        splits = [s for s in books.splits if s.at <= decision.at]
        events = [e for e in tax_history.of_books(before, splits) if e.ticker == decision.ticker]
        on = tax_history.trade_date(decision.at)
        event(f"a loss at stake: {decision.trace.at_stake is not None}")
        assert decision.trace.at_stake == wash_sales.at_stake(events, decision.ticker, int(shares), on)


def _number(decision_id: str) -> int:
    return int(decision_id.removeprefix("d"))
