"""Missing bars: noted; stops act at the next open; after 5 sessions, or after its last bar, a position closes."""

from datetime import date
from fractions import Fraction

from engine.model.costs import CostModel
from engine.model.market import Dividend, Split
from engine.model.runs import DataGap, GapKind
from tests.support.tapes import FLAT, Bar, buy, closing, day, play, rules, sell, tape

UNTIL = "50 AAA from 100.00 day 0 15 min to"
LOW: Bar = (95.0, 95.5, 94.0, 95.0)


def test_the_gap_is_noted() -> None:
    played = play(tape({"AAA": [FLAT, None, None, FLAT], "BBB": [FLAT] * 4}))
    assert played.result.gaps == (DataGap(kind=GapKind.MISSING_BAR, on=day(1), ticker="AAA", count=2),)


def test_a_stop_that_would_have_been_hit_acts_at_the_next_open() -> None:
    played = play(tape({"AAA": [FLAT, None, LOW], "BBB": [FLAT] * 3}), buy("AAA", 0))
    assert played.trades == [f"{UNTIL} 95.00 day 2 open: stop_loss, -250.00"]


def test_a_position_without_a_bar_keeps_its_last_price() -> None:
    played = play(tape({"AAA": [(100.0, 103.0, 99.0, 102.0), None, FLAT], "BBB": [FLAT] * 3}), buy("AAA", 0))
    assert [s.total_value for s in played.result.books.snapshots[-3:]] == [1_001_000_000, 1_001_000_000, 1_000_000_000]


def test_a_sell_on_a_missing_bar_waits_and_fills_at_the_next_open() -> None:
    played = play(tape({"AAA": [FLAT, None, None, LOW], "BBB": [FLAT] * 4}), buy("AAA", 0), sell("AAA", 1))
    assert played.answers["sell AAA on day 1"] == "act"
    assert played.trades == [f"{UNTIL} 95.00 day 3 open: recommendation_exit, -250.00"]


def test_after_five_sessions_without_a_bar_it_closes_at_the_last_close() -> None:
    bars: list[Bar | None] = [(100.0, 103.0, 99.0, 102.0), *[None] * 5, FLAT]
    played = play(tape({"AAA": bars, "BBB": [FLAT] * 7}), buy("AAA", 0))
    assert played.trades == [f"{UNTIL} 102.00 day 5 close: vanished, +100.00"]


def test_the_snapshot_of_the_day_knows_that_the_vanished_position_is_sold() -> None:
    bars: list[Bar | None] = [FLAT, *[None] * 5]
    played = play(tape({"AAA": bars, "BBB": [FLAT] * 6}), buy("AAA", 0))
    assert len(played.trades) == 1
    assert played.held == {}


def test_four_sessions_are_not_enough_and_a_bar_begins_the_count_anew() -> None:
    bars: list[Bar | None] = [FLAT, *[None] * 4, FLAT, *[None] * 4, FLAT]
    assert play(tape({"AAA": bars, "BBB": [FLAT] * 11}), buy("AAA", 0)).held == {"AAA": 50}


def test_a_sale_that_waits_is_called_back_when_the_ticker_has_vanished() -> None:
    bars: list[Bar | None] = [(100.0, 103.0, 99.0, 102.0), *[None] * 6]
    played = play(tape({"AAA": bars, "BBB": [FLAT] * 7}), buy("AAA", 0), sell("AAA", 1))
    assert played.trades == [f"{UNTIL} 102.00 day 5 close: vanished, +100.00"]
    assert len(played.result.books.executions) == 2


def test_after_its_last_bar_it_closes_at_once_at_the_last_close() -> None:
    bars: list[Bar | None] = [FLAT, (100.0, 103.0, 99.0, 102.0), None, None]
    played = play(tape({"AAA": bars, "BBB": [FLAT] * 4}, last_bar={"AAA": 1}), buy("AAA", 0))
    assert played.trades == [f"{UNTIL} 102.00 day 2 open: vanished, +100.00"]


def test_slippage_is_paid_on_the_last_close_too() -> None:
    bars: list[Bar | None] = [FLAT, None]
    market = tape({"AAA": bars, "BBB": [FLAT] * 2}, last_bar={"AAA": 0})
    (trade,) = play(market, buy("AAA", 0), costs=CostModel(slippage_bps=10)).closed
    assert (trade.entry_price, trade.exit_price) == (1_001_000, 999_000)


# Sessions on which nothing at all has a bar.


def test_a_session_without_any_bar_is_skipped_and_noted() -> None:
    played = play(tape({"AAA": [FLAT, None, FLAT]}), buy("AAA", 0))
    assert DataGap(kind=GapKind.MISSING_SESSION, on=day(1)) in played.result.gaps
    assert day(1) not in {s.on for s in played.result.books.snapshots}


def test_a_buy_due_on_a_session_without_any_bar_is_made_on_the_next() -> None:
    played = play(tape({"AAA": [None, FLAT]}), buy("AAA", 0, expires_at=closing(5)))
    assert played.held == {"AAA": 50}


def test_a_sell_due_on_a_session_without_any_bar_is_made_on_the_next() -> None:
    played = play(tape({"AAA": [FLAT, None, FLAT]}), buy("AAA", 0), sell("AAA", 1, expires_at=closing(5)))
    assert played.held == {}


def test_a_buy_that_died_on_a_session_without_any_bar_is_told_so() -> None:
    assert play(tape({"AAA": [None, FLAT]}), buy("AAA", 0)).answers == {"buy AAA on day 0": "expired"}


def test_a_split_on_a_session_without_any_bar_takes_effect() -> None:
    halved: Bar = (50.0, 50.5, 49.5, 50.0)
    two_for_one = Split(ticker="AAA", on=day(1), ratio=Fraction(2))
    played = play(tape({"AAA": [FLAT, None, halved]}, splits=[two_for_one]), buy("AAA", 0))
    assert played.held == {"AAA": 100}


def test_a_split_on_a_weekend_takes_effect_on_monday() -> None:
    halved: Bar = (50.0, 50.5, 49.5, 50.0)
    saturday = date(2024, 1, 27)
    market = tape({"AAA": [FLAT] * 5 + [halved]}, splits=[Split(ticker="AAA", on=saturday, ratio=Fraction(2))])
    assert play(market, buy("AAA", 0)).held == {"AAA": 100}


def test_a_dividend_on_a_session_without_any_bar_is_paid() -> None:
    market = tape({"AAA": [FLAT, None, FLAT]}, dividends=[Dividend(ticker="AAA", ex_on=day(1), amount=5_000)])
    assert [f.amount for f in play(market, buy("AAA", 0)).result.books.flows] == [250_000]


def test_the_number_of_sessions_is_a_setting() -> None:
    bars: list[Bar | None] = [FLAT, None, FLAT]
    played = play(tape({"AAA": bars, "BBB": [FLAT] * 3}), buy("AAA", 0), policy=rules(vanished_after_sessions=1))
    assert [t.exit_reason for t in played.closed] == ["vanished"]
