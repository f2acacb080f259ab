"""Live market: what counts of the quotes that come in, and what is seen at a look."""

from datetime import datetime, timedelta

import pytest

from engine.live_market import LiveFeed, Prints
from engine.model.incoming import Quote
from engine.tape_market import Indicators
from tests.support.tapes import FLAT, at, day, session_of, tape

SESSION = session_of(day(0))
MARKET = Indicators(tape({"AAA": [FLAT], "BBB": [FLAT]}))


def quote(ticker: str, price: int, minute: float) -> Quote:
    return Quote(ticker=ticker, price=price, at=at(0, minute))


class Desk:
    """Prints and the feed over them."""

    def __init__(self) -> None:
        self.prints = Prints(SESSION, ("AAA", "BBB"))
        self.feed = LiveFeed(self.prints, lambda: MARKET, SESSION)

    def seen(self, minute: float, *quotes: Quote) -> tuple[int | None, int | None, float | None]:
        """Return price, price before and age of AAA at `minute`, once `quotes` have come in."""
        self.prints.add(quotes, at(0, minute))
        market = self.feed.at(at(0, minute))
        return market.price("AAA"), market.price_before("AAA"), market.price_age_seconds("AAA")


def test_there_is_no_price_before_the_first_print_of_the_session() -> None:
    desk = Desk()
    assert desk.seen(1, quote("AAA", 90, -5), quote("BBB", 20, 0.5)) == (None, None, None)
    market = desk.feed.at(at(0, 1))
    assert market.price("BBB") == 20
    assert market.heartbeat_age_seconds() == 30


def test_the_last_print_is_the_price_with_its_age_and_the_print_before_it() -> None:
    desk = Desk()
    assert desk.seen(1, quote("AAA", 100, 0), quote("AAA", 101, 0.5)) == (101, 100, 30)
    assert desk.seen(2) == (101, 100, 90)
    assert desk.seen(3, quote("AAA", 102, 3)) == (102, 101, 0)


def test_prints_count_in_the_order_of_time_however_they_come() -> None:
    assert Desk().seen(3, quote("AAA", 103, 2), quote("AAA", 101, 1)) == (103, 101, 60)


def test_a_row_older_than_the_newest_print_is_no_news() -> None:
    desk = Desk()
    desk.seen(3, quote("AAA", 103, 2))
    assert desk.seen(4, quote("AAA", 50, 1)) == (103, None, 120)
    assert desk.prints.late == 1


def test_a_print_after_the_look_waits_for_the_next_one() -> None:
    desk = Desk()
    desk.seen(1, quote("AAA", 100, 1), quote("AAA", 200, 1.5))
    assert desk.feed.at(at(0, 1)).price("AAA") == 100
    assert desk.seen(2) == (200, 100, 30)


def test_a_copy_of_a_print_confirms_nothing_and_another_price_of_that_moment_counts() -> None:
    desk = Desk()
    assert desk.seen(1, quote("AAA", 100, 1), quote("AAA", 70, 1), quote("AAA", 70, 1)) == (70, 100, 0)
    assert desk.seen(2, quote("AAA", 100, 1), quote("AAA", 70, 1)) == (70, 100, 60)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (quote("AAA", 0, 1), "the price is not above zero"),
        (quote("ZZZ", 5, 1), "nobody knows the ticker"),
        (quote("AAA", 5, 7), "the moment is still to come"),
        (Quote(ticker="AAA", price=5, at=datetime(2024, 1, 22, 14, 31)), "the moment has no time zone"),  # noqa: DTZ001
    ],
)
def test_what_is_no_quote_is_refused_with_the_reason_and_the_others_go_on(bad: Quote, reason: str) -> None:
    desk = Desk()
    assert desk.seen(1, bad, quote("AAA", 100, 1)) == (100, None, 0)
    assert desk.prints.refused == {(reason, bad.ticker): 1}
    assert desk.seen(20) == (100, None, 19 * 60)


def test_a_sender_whose_clock_is_a_little_ahead_is_heard_when_it_is_time() -> None:
    desk = Desk()
    assert desk.seen(1, quote("AAA", 100, 5)) == (None, None, None)
    assert desk.seen(5) == (100, None, 0)


def test_the_close_has_the_closing_print_and_none_that_comes_after() -> None:
    desk = Desk()
    late = SESSION.close_at + timedelta(seconds=1)
    prints = [Quote(ticker="AAA", price=100, at=SESSION.close_at), Quote(ticker="AAA", price=90, at=late)]
    desk.prints.add(prints, late)
    assert desk.feed.close().price("AAA") == 100


def test_indicators_are_those_of_the_morning() -> None:
    market = Desk().feed.at(at(0, 1))
    assert market.atr("AAA") == 2.0
    assert market.closed_bars("AAA") == 15
