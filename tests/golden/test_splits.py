"""Splits: lots, entry, stop and target rescaled as one event; fractions become cash."""

from fractions import Fraction

from engine.model.market import Split
from engine.model.positions import StopRule
from tests.support.tapes import FLAT, Bar, Played, buy, day, play, rules, sell, tape


def through(ratio: Fraction, *after: Bar, capital: float = 100_000) -> Played:
    """Return a position bought at $100 on day 0, split before day 1's open."""
    split = Split(ticker="AAA", on=day(1), ratio=ratio)
    return play(tape({"AAA": [FLAT, *after]}, splits=[split]), buy("AAA", 0), capital=capital)


def test_two_for_one_doubles_the_shares_and_halves_every_price() -> None:
    played = through(Fraction(2), (50.0, 50.5, 49.5, 50.0))
    (mark,) = played.result.books.snapshots[-1].positions
    assert (mark.quantity, mark.entry_price, mark.stop, mark.target) == (100, 500_000, 480_000, 540_000)
    assert mark.cost == 50_000_000
    assert played.result.books.snapshots[-1].total_value == 1_000_000_000
    assert played.result.books.stop_changes[-1].rule is StopRule.SPLIT
    assert played.result.books.stop_changes[-1].levels.atr == 1.0


def test_the_position_is_sold_at_the_rescaled_stop() -> None:
    played = through(Fraction(2), (50.0, 50.5, 47.0, 50.0))
    assert played.trades == ["100 AAA from 50.00 day 0 15 min to 48.00 day 1 close: stop_loss, -200.00"]


def test_three_for_two_turns_the_half_share_into_cash() -> None:
    played = through(Fraction(3, 2), (66.0, 67.0, 65.0, 66.0), capital=99_000)
    (mark,) = played.result.books.snapshots[-1].positions
    assert mark.quantity == 73  # 49 shares are 73.5
    assert (mark.entry_price, mark.stop, mark.target) == (666_667, 640_000, 720_000)
    (flow,) = played.result.books.flows
    assert (flow.kind, flow.amount) == ("cash_in_lieu", 333_333)  # half of $66.6667, rounded down
    assert mark.cost == 49_000_000  # the lots keep all of what was paid


def test_a_reverse_split_of_one_for_ten() -> None:
    played = through(Fraction(1, 10), (1_000.0, 1_005.0, 995.0, 1_000.0))
    (mark,) = played.result.books.snapshots[-1].positions
    assert (mark.quantity, mark.entry_price, mark.stop) == (5, 10_000_000, 9_600_000)
    assert played.result.books.flows == ()


def test_a_reverse_split_that_leaves_no_share_ends_the_position_in_cash() -> None:
    played = through(Fraction(1, 1_000), (100_000.0, 100_001.0, 99_999.0, 100_000.0))
    assert played.held == {}
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 100.00 day 1 open: split, +0.00"]
    assert played.result.books.snapshots[-1].cash == 1_000_000_000


def test_profit_taken_by_a_reverse_split_is_siphoned_like_any_other() -> None:
    up: Bar = (103.0, 103.5, 102.5, 103.0)
    split = Split(ticker="AAA", on=day(2), ratio=Fraction(1, 1_000))
    bars = [FLAT, up, (103_000.0, 103_001.0, 102_999.0, 103_000.0)]
    played = play(tape({"AAA": bars}, splits=[split]), buy("AAA", 0))
    assert [t.pnl for t in played.closed] == [1_500_000]
    assert played.result.metrics.reserve == 300_000


def test_the_atr_after_a_split_is_in_new_dollars() -> None:
    half: Bar = (50.0, 50.5, 49.5, 50.0)
    split = Split(ticker="AAA", on=day(1), ratio=Fraction(2))
    played = play(tape({"AAA": [FLAT, half, half]}, splits=[split]), buy("AAA", 2))
    assert played.result.books.stop_changes[0].levels.atr == 1.0


def test_a_sale_that_waits_for_a_price_is_made_in_new_shares() -> None:
    split = Split(ticker="AAA", on=day(2), ratio=Fraction(2))
    bars: list[Bar | None] = [FLAT, None, (50.0, 50.5, 49.5, 50.0)]
    played = play(tape({"AAA": bars, "BBB": [FLAT] * 3}, splits=[split]), buy("AAA", 0), sell("AAA", 1))
    assert [(e.fill.side, e.fill.quantity, e.fill.price) for e in played.result.books.executions] == [
        ("buy", 50, 1_000_000),
        ("sell", 100, 500_000),
    ]
    assert [t.exit_reason for t in played.closed] == ["recommendation_exit"]


def test_a_break_even_stop_stays_at_the_entry_through_a_split() -> None:
    beyond_half: Bar = (100.0, 104.5, 100.5, 104.0)
    split = Split(ticker="AAA", on=day(1), ratio=Fraction(3))
    bars = [beyond_half, (34.0, 34.5, 33.9, 34.0), (34.0, 34.1, 33.3333, 33.5)]
    played = play(tape({"AAA": bars}, splits=[split]), buy("AAA", 0), policy=rules())
    assert [(t.exit_reason, t.exit_price) for t in played.closed] == [("stop_loss", 333_333)]
