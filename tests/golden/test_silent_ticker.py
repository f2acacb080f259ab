"""Silence: a held ticker without a price for 15 minutes while others tick is frozen when halted, else closed."""

from typing import Any

from engine.model.notices import NoticeKind
from tests.support.tapes import INTRABAR, Path, Played, at, buy, minutes, play, rules, sell

CALM: Path = {0: 100}
UNTIL = "50 AAA from 100.00 day 0 15 min to"
SILENT = "day 0 55 min: ticker_silent AAA"
"""Minute 39 is the last with a print: it ends at minute 40, and 15 minutes later nothing was heard."""


def quiet(path: Path, *, halted: tuple[float, float] | None = None, **how: Any) -> Played:
    """Return a run that holds 50 AAA along `path` while BBB ticks; AAA is halted between two minutes if told so."""
    halts = [("AAA", 0, *halted)] if halted else []
    return play(minutes({"AAA": {0: path}, "BBB": {0: CALM}}, halts=halts), buy("AAA"), **how)


def test_not_halted_it_is_sold_at_the_next_print() -> None:
    played = quiet({0: 100, 40: None, 70: 99})
    assert played.notices == [SILENT]
    assert played.decided[-1] == "day 0 55 min: exit AAA no_price, act"
    assert played.trades == [f"{UNTIL} 99.00 day 0 70 min: no_price, -50.00"]
    (notice,) = played.noticed(NoticeKind.TICKER_SILENT)
    assert (notice.value, notice.limit) == (900, 900)


def test_after_less_than_15_minutes_nothing_happens() -> None:
    played = quiet({0: 100, 40: None, 55: 99})
    assert (played.notices, played.trades) == ([], [])


def test_halted_it_is_frozen_and_a_person_is_called() -> None:
    played = quiet({0: 100, 40: None, 70: 99}, halted=(41, 70))
    assert played.notices == [SILENT, "day 0 55 min: ticker_halted AAA!", "day 0 70 min: ticker_back AAA"]
    assert (played.trades, played.held) == ([], {"AAA": 50})


def test_frozen_it_takes_part_again_with_its_first_print() -> None:
    played = quiet({0: 100, 40: None, 70: 95.5}, halted=(41, 70))
    assert played.trades == [f"{UNTIL} 95.50 day 0 70 min: stop_loss, -225.00"]


def test_frozen_over_night_it_is_told_when_it_ticks_again() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None}, 1: CALM}, "BBB": {0: CALM}}, halts=[("AAA", 0, 41, 390)])
    played = play(market, buy("AAA"))
    assert played.notices == [SILENT, "day 0 55 min: ticker_halted AAA!", "day 1 open: ticker_back AAA"]
    assert played.held == {"AAA": 50}


def test_frozen_over_night_and_silent_still_it_is_asked_about_again_in_the_morning() -> None:
    paths: dict[int, Path] = {0: {0: 100, 40: None}, 1: {0: None, 30: 99}}
    market = minutes({"AAA": paths, "BBB": {0: CALM}}, halts=[("AAA", 0, 41, 390)])
    played = play(market, buy("AAA"))
    assert played.notices[2:] == ["day 1 open: ticker_silent AAA"]
    assert played.trades == [f"{UNTIL} 99.00 day 1 30 min: no_price, -50.00"]


def test_one_that_has_ticked_again_and_falls_silent_again_is_asked_about_again() -> None:
    played = quiet({0: 100, 40: None, 70: 100, 80: None}, halted=(41, 70))
    assert played.notices[-1] == "day 0 95 min: ticker_silent AAA"
    assert played.decided[-1] == "day 0 95 min: exit AAA no_price, act"


def test_a_silent_ticker_that_is_not_held_is_nobody_s_concern() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None}}, "BBB": {0: CALM}})
    assert play(market, buy("BBB")).notices == []


def test_one_without_any_print_since_the_open_is_silent_since_the_open() -> None:
    market = minutes({"AAA": {0: CALM, 1: {0: None, 40: 99}}, "BBB": {0: CALM}}, days=2)
    played = play(market, buy("AAA"))
    assert played.notices == ["day 1 15 min: ticker_silent AAA"]
    assert played.trades == [f"{UNTIL} 99.00 day 1 40 min: no_price, -50.00"]


def test_the_night_is_no_silence() -> None:
    market = minutes({"AAA": {0: {0: 100, 389: None}, 1: {0: None, 14: 100}}, "BBB": {0: CALM}}, days=2)
    assert play(market, buy("AAA")).notices == []


def test_the_last_minutes_of_the_day_before_are_market_time() -> None:
    # silent for the last 10 minutes of day 0 and from the open of day 1: 15 minutes of market time at minute 5
    market = minutes({"AAA": {0: {0: 100, 380: None}, 1: {0: None, 40: 99}}, "BBB": {0: CALM}}, days=2)
    assert play(market, buy("AAA")).notices == ["day 1 5 min: ticker_silent AAA"]


def test_a_sale_that_waits_for_a_price_is_not_ordered_twice() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None, 70: 99}}, "BBB": {0: CALM}})
    asked = sell("AAA", 0, generated_at=at(0, 44))
    played = play(market, buy("AAA"), asked)
    assert played.trades == [f"{UNTIL} 99.00 day 0 70 min: recommendation_exit, -50.00"]
    exits = [line for line in played.decided if ": exit" in line]
    assert exits == [f"day 0 45 min: exit AAA {asked.recommendation_id}, act"]


def test_inside_the_bars_it_is_the_same() -> None:
    assert quiet({0: 100, 40: None, 70: 99}, stop_checks=INTRABAR).trades == [
        f"{UNTIL} 99.00 day 0 70 min: no_price, -50.00"
    ]


def test_how_long_is_a_setting_and_0_switches_it_off() -> None:
    sooner = quiet({0: 100, 40: None, 70: 99}, policy=rules(silent_ticker_minutes=10))
    assert sooner.notices == ["day 0 50 min: ticker_silent AAA"]
    never = quiet({0: 100, 40: None, 70: 99}, policy=rules(silent_ticker_minutes=0))
    assert (never.notices, never.trades) == ([], [])


def test_a_halt_that_ends_without_a_print_is_found_by_asking_again() -> None:
    # silent from 40, asked at 55 and told that it is halted; asked again at 70: no longer, and sold at the next print
    played = quiet({0: 100, 40: None, 90: 99}, halted=(40, 60))
    assert [n for n in played.notices if "AAA" in n][:2] == [
        "day 0 55 min: ticker_silent AAA",
        "day 0 55 min: ticker_halted AAA!",
    ]
    assert played.trades == [f"{UNTIL} 99.00 day 0 90 min: no_price, -50.00"]
