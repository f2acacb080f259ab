"""Intraday markets: at each moment they know what had been printed by then, how old it is, and nothing more."""

from datetime import timedelta

import numpy as np
import pytest

from engine.errors import BadInput
from engine.intraday_market import MinuteFeed, QuoteFeed
from engine.model.intraday import MinuteTape, QuoteTape, days_of, from_micros, to_micros
from engine.model.sessions import Session
from engine.tape_market import BarAtr, Indicators
from tests.support.tapes import FLAT, Bar, at, day, minutes, quotes, tape

FIRST_ROW = 15
BAR: Bar = (101.0, 103.0, 99.0, 102.0)


def session(market: MinuteTape | QuoteTape, number: int = 0) -> Session:
    found = market.daily.sessions.on(day(number))
    assert found is not None
    return found


def minute_feed(market: MinuteTape, number: int = 0) -> MinuteFeed:
    return MinuteFeed(market, Indicators(market.daily), FIRST_ROW + number, session(market, number))


def quote_feed(market: QuoteTape, number: int = 0) -> QuoteFeed:
    return QuoteFeed(market, Indicators(market.daily), FIRST_ROW + number, session(market, number))


WITH_A_BAR = minutes({"AAA": {0: {0: 100, 5: BAR, 8: None, 20: 105}, 1: {0: None, 3: 90}}, "BBB": {0: {0: 50}}}, days=2)


def test_at_the_start_of_a_minute_its_open_is_known_and_nothing_more_of_it() -> None:
    seen = minute_feed(WITH_A_BAR).at(at(0, 5))
    assert (seen.price("AAA"), seen.price_age_seconds("AAA"), seen.bar_range("AAA")) == (1_010_000, 0.0, None)


def test_within_the_minute_it_is_still_the_open_and_grows_old() -> None:
    seen = minute_feed(WITH_A_BAR).at(at(0, 5.75))
    assert (seen.price("AAA"), seen.price_age_seconds("AAA")) == (1_010_000, 45.0)


def test_the_next_minute_knows_its_close_only_by_its_own_open() -> None:
    assert minute_feed(WITH_A_BAR).at(at(0, 6)).price("AAA") == 1_020_000


def test_once_it_has_run_its_course_its_range_is_known_and_the_mark_is_still_its_open() -> None:
    seen = minute_feed(WITH_A_BAR).traded(5)
    assert (seen.price("AAA"), seen.bar_range("AAA")) == (1_010_000, (990_000, 1_030_000))


def test_at_its_end_its_close_is_known() -> None:
    seen = minute_feed(WITH_A_BAR).closed(5)
    assert (seen.price("AAA"), seen.price_age_seconds("AAA"), seen.bar_range("AAA")) == (
        1_020_000,
        0.0,
        (990_000, 1_030_000),
    )


def test_a_minute_without_a_bar_keeps_the_last_close_which_was_printed_at_its_end() -> None:
    # the last bar is that of minute 7
    feed = minute_feed(WITH_A_BAR)
    seen = feed.at(at(0, 12))
    assert (seen.price("AAA"), seen.price_age_seconds("AAA")) == (1_020_000, 240.0)
    assert feed.traded(12).bar_range("AAA") is None
    assert feed.at(at(0, 20)).price_age_seconds("AAA") == 0.0


def test_before_its_first_print_of_the_day_a_ticker_has_no_price() -> None:
    feed = minute_feed(WITH_A_BAR, 1)
    before = feed.at(at(1, 2))
    assert (before.price("AAA"), before.price_age_seconds("AAA")) == (None, None)
    assert feed.at(at(1, 3)).price("AAA") == 900_000


def test_the_heartbeat_is_the_newest_print_of_any_ticker() -> None:
    feed = minute_feed(WITH_A_BAR)
    assert feed.at(at(0, 12)).heartbeat_age_seconds() == 0.0  # BBB
    alone = minute_feed(minutes({"AAA": {0: {0: None, 3: 100, 6: None}}}))
    ages = [alone.at(at(0, minute)).heartbeat_age_seconds() for minute in (0, 3, 6, 8)]
    assert ages == [None, 0.0, 0.0, 120.0]


def test_the_close_knows_the_last_close_but_no_range() -> None:
    seen = minute_feed(minutes({"AAA": {0: {0: 100, 389: BAR}}})).close()
    assert (seen.price("AAA"), seen.price_age_seconds("AAA"), seen.bar_range("AAA")) == (1_020_000, 0.0, None)


def test_a_ticker_that_is_not_on_the_tape_is_unknown_in_every_way() -> None:
    seen = minute_feed(WITH_A_BAR).at(at(0, 5))
    known = (seen.price("ZZZ"), seen.price_age_seconds("ZZZ"), seen.bar_range("ZZZ"), seen.atr("ZZZ"))
    assert known == (None, None, None, None)


def test_the_atr_is_that_of_the_days_before() -> None:
    assert minute_feed(WITH_A_BAR).at(at(0, 5)).atr("AAA") == 2.0


def test_for_comparisons_it_may_be_that_of_the_minutes_before() -> None:
    jumpy: Bar = (100.0, 103.0, 99.0, 100.0)
    market = minutes({"AAA": {0: {0: 100, **dict.fromkeys(range(1, 17), jumpy)}}})
    bar_atr = BarAtr(market.high, market.low, market.close)
    feed = MinuteFeed(market, Indicators(market.daily), FIRST_ROW, session(market), bar_atr)
    assert feed.at(at(0, 14)).atr("AAA") is None  # true ranges of minutes 1 to 13: one too few
    assert feed.at(at(0, 15)).atr("AAA") == 4.0


def test_an_early_close_has_fewer_minutes() -> None:
    market = minutes({"AAA": {0: {0: 100}}}, early=(0,))
    assert len(minute_feed(market)) == 210


QUOTES = quotes({"AAA": {0: {0: 100, 5.5: 101, 9: 102}, 1: {1: 90}}, "BBB": {0: {2: 50}}}, every=None)


def test_of_quotes_the_last_up_to_the_moment_is_known() -> None:
    feed = quote_feed(QUOTES)
    seen = {m: feed.at(at(0, m)).price("AAA") for m in (0, 5, 5.49, 5.5, 8, 9)}
    assert seen == {0: 1_000_000, 5: 1_000_000, 5.49: 1_000_000, 5.5: 1_010_000, 8: 1_010_000, 9: 1_020_000}


def test_a_quote_grows_old() -> None:
    seen = quote_feed(QUOTES).at(at(0, 8))
    assert (seen.price_age_seconds("AAA"), seen.price_age_seconds("BBB"), seen.heartbeat_age_seconds()) == (
        150,
        360,
        150,
    )


def test_quotes_of_the_day_before_are_none() -> None:
    feed = quote_feed(QUOTES, 1)
    assert (feed.at(at(1, 0)).price("AAA"), feed.at(at(1, 1)).price("AAA"), feed.close().price("BBB")) == (
        None,
        900_000,
        None,
    )


def test_a_market_that_was_handed_out_does_not_change_afterwards() -> None:
    feed = quote_feed(QUOTES)
    before = feed.at(at(0, 5))
    feed.at(at(0, 9))
    assert before.price("AAA") == 1_000_000


def test_the_closing_print_is_part_of_the_day() -> None:
    market = quotes({"AAA": {0: {0: 100, 390: 104}}}, every=None)
    assert quote_feed(market).close().price("AAA") == 1_040_000


def test_quotes_have_no_ranges() -> None:
    assert quote_feed(QUOTES).close().bar_range("AAA") is None


def test_a_minute_tape_whose_columns_differ_in_shape_is_refused() -> None:
    t = minutes({"AAA": {0: {0: 100}}})
    with pytest.raises(BadInput, match="390 minutes and 1 tickers has columns of another shape"):
        MinuteTape(daily=t.daily, at=t.at, open=t.open, high=t.high, low=t.low, close=t.close[1:])


def test_a_quote_tape_whose_columns_differ_in_length_is_refused() -> None:
    t = QUOTES
    with pytest.raises(BadInput, match="not of one length"):
        QuoteTape(daily=t.daily, at=t.at, ticker=t.ticker, price=np.append(t.price, 1))


def test_of_a_session_that_is_not_on_the_tape_there_are_no_rows() -> None:
    later = WITH_A_BAR.daily.sessions.on(day(5))
    assert later is not None
    assert len(WITH_A_BAR.rows_of(later)) == 0
    assert WITH_A_BAR.rows_of(session(WITH_A_BAR, 1)) == range(390, 780)


def test_moments_come_back_from_microseconds() -> None:
    moment = at(0, 1) + timedelta(microseconds=7)
    assert from_micros(to_micros(moment)) == moment


def test_the_days_of_any_tape() -> None:
    daily = tape({"AAA": [FLAT]})
    assert days_of(daily) is daily
    assert days_of(QUOTES) is QUOTES.daily
