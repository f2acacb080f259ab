"""Tax of lots: what a run keeps beside each lot, and what the trace of a buy says it would put off."""

from datetime import timedelta
from fractions import Fraction

from engine.model.market import Split
from engine.model.tax import LossAtStake
from tests.support.tapes import FLAT, Bar, Played, buy, day, play, rules, sell, tape

LOWER: Bar = (99.0, 99.5, 98.5, 99.0)
HIGHER: Bar = (101.0, 101.5, 100.5, 101.0)
QUIET = (LOWER,) * 25


def bought_again(on: int) -> Played:
    """Return a position that was sold at a loss of $50 on day 1, and bought again on day `on`."""
    again = buy("AAA", on, recommendation_id="again")
    return play(tape({"AAA": [FLAT, LOWER, *QUIET]}), buy("AAA", 0), sell("AAA", 1), again)


def test_a_loss_is_put_off_into_the_lot_that_was_bought_again() -> None:
    played = bought_again(2)
    (trade,), (lot,) = played.closed, played.result.books.open_lots
    (closure,) = trade.closures
    assert closure.tax
    assert lot.tax
    assert (closure.tax.basis, closure.tax.held_since) == (50_000_000, day(0))
    assert (closure.tax.disallowed, closure.tax.is_wash_sale, closure.tax.replaced_by) == (500_000, True, ("lot2",))
    assert (lot.lot_id, lot.tax.carried, lot.tax.basis) == ("lot2", 500_000, lot.cost + 500_000)
    assert lot.tax.held_since == day(2) - (day(1) - day(0))


def test_bought_again_after_the_window_it_has_a_basis_of_its_own() -> None:
    played = bought_again(24)  # 31 and more days after day 1
    (lot,) = played.result.books.open_lots
    (closure,) = played.closed[0].closures
    assert closure.tax
    assert lot.tax
    assert (closure.tax.disallowed, closure.tax.replaced_by) == (0, ())
    assert (lot.tax.carried, lot.tax.basis, lot.tax.held_since) == (0, lot.cost, day(24))


def test_the_trace_of_the_buy_says_what_it_would_put_off_and_until_when() -> None:
    played = bought_again(2)
    again = next(d for d in played.result.books.decisions if d.recommendation_id == "again")
    assert again.trace
    assert again.trace.at_stake == LossAtStake(
        shares=again.shares, washed=50, loss=500_000, until=day(1) + timedelta(days=30)
    )
    late = next(d for d in bought_again(24).result.books.decisions if d.recommendation_id == "again")
    assert late.trace
    assert late.trace.at_stake is None


def test_nothing_is_at_stake_when_nothing_was_lost() -> None:
    again = buy("AAA", 2, recommendation_id="again")
    played = play(tape({"AAA": [FLAT, HIGHER, HIGHER]}), buy("AAA", 0), sell("AAA", 1), again)
    found = next(d for d in played.result.books.decisions if d.recommendation_id == "again")
    assert found.trace
    assert found.trace.at_stake is None


def test_a_loss_in_one_ticker_is_nothing_to_another() -> None:
    market = tape({"AAA": [FLAT, LOWER, LOWER], "BBB": [FLAT, FLAT, FLAT]})
    played = play(market, buy("AAA", 0), sell("AAA", 1), buy("BBB", 2, recommendation_id="other"))
    other = next(d for d in played.result.books.decisions if d.recommendation_id == "other")
    assert other.trace
    assert other.trace.at_stake is None


def test_tranches_are_lots_of_one_entry_and_each_has_its_tax() -> None:
    policy = rules(gradual_entry_tranches=3)
    played = play(tape({"AAA": [FLAT, FLAT, LOWER, LOWER]}), buy("AAA", 0), sell("AAA", 3), policy=policy)
    closures = played.closed[0].closures
    assert [c.lot_id for c in closures] == ["lot1", "lot2", "lot3"]
    assert [c.tax.basis for c in closures if c.tax] == [c.cost for c in closures]
    assert [c.tax.held_since for c in closures if c.tax] == [day(0), day(1), day(2)]
    assert all(c.tax and not c.tax.is_wash_sale for c in closures)  # all of it left in one sale


def test_what_is_left_of_a_share_after_a_split_is_sold_and_the_rest_keeps_its_part_of_the_basis() -> None:
    split = Split(ticker="AAA", on=day(1), ratio=Fraction(3, 2))
    after: Bar = (66.0, 67.0, 65.0, 66.0)
    played = play(tape({"AAA": [FLAT, after, after]}, splits=[split]), buy("AAA", 0), sell("AAA", 2), capital=99_000)
    (taken,) = played.result.books.splits
    assert (taken.shares_before, taken.shares_after, taken.fraction, taken.in_lieu) == (49, 73, Fraction(1, 2), 333_333)
    (closure,) = played.closed[0].closures
    assert closure.tax
    assert closure.tax.basis == round(49_000_000 * 146 / 147)  # of 147 half shares one was paid for in cash


def test_a_split_of_what_was_sold_at_a_loss_lately_is_kept_on_record() -> None:
    split = Split(ticker="AAA", on=day(2), ratio=Fraction(2))
    halved: Bar = (49.5, 50.0, 49.0, 49.5)
    bars = [FLAT, LOWER, halved, halved]
    played = play(tape({"AAA": bars}, splits=[split]), buy("AAA", 0), sell("AAA", 1), buy("AAA", 3))
    (taken,) = played.result.books.splits
    assert (taken.shares_before, taken.shares_after, taken.in_lieu) == (0, 0, 0)
    (lot,) = played.result.books.open_lots
    assert lot.tax
    assert (lot.quantity, lot.tax.carried) == (100, 500_000)  # 100 new shares replace 50 old ones


def test_a_split_long_after_the_last_trade_is_nobody_s_business() -> None:
    split = Split(ticker="AAA", on=day(26), ratio=Fraction(2))
    halved: Bar = (49.5, 50.0, 49.0, 49.5)
    played = play(tape({"AAA": [FLAT, LOWER, *QUIET[:24], halved]}, splits=[split]), buy("AAA", 0), sell("AAA", 1))
    assert played.result.books.splits == ()
