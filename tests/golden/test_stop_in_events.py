"""Events: while a severe one is on, stops stand at half their distance and are looked at every minute."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.decision.events import MacroEventReceived
from engine.model.macro import Severity
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, Path, Played, at, buy, minutes, play, quotes, rules, shock, tape

CALM: Path = {0: 100}
NEARER = "day 0 30 min: AAA stop 96.00 -> 98.00 event"  # 100 - 0.5 * 2 * 2


def shaken(path: Path = CALM, *events: tuple[float, float], **about: Any) -> Played:
    """Return a run that holds 60 AAA (tech) from minute 15 on; `events` are (minute, lasts) of day 0."""
    shocks = [shock(0, m, lasts, name=f"shock {n}", **about) for n, (m, lasts) in enumerate(events)]
    return play(minutes({"AAA": {0: path}}, sectors={"AAA": "tech"}), buy("AAA"), macro_events=shocks)


def test_stops_come_nearer_the_moment_it_is_known() -> None:
    assert shaken(CALM, (30, 60)).moved_stops == [NEARER]


def test_between_two_looks_it_becomes_known_at_the_next() -> None:
    assert shaken(CALM, (30.5, 60)).moved_stops == ["day 0 31 min: AAA stop 96.00 -> 98.00 event"]


def test_below_the_entry_it_is_reckoned_from_the_price() -> None:
    assert shaken({0: 100, 21: 99}, (30, 60)).moved_stops == ["day 0 30 min: AAA stop 96.00 -> 97.00 event"]


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.MEDIUM])
def test_one_that_is_not_severe_changes_nothing(severity: Severity) -> None:
    played = shaken(CALM, (30, 60), severity=severity)
    assert (played.moved_stops, played.notices) == ([], [])


@pytest.mark.parametrize(
    ("concerns", "moved"),
    [
        ({"tickers": frozenset({"AAA"})}, ["AAA"]),
        ({"tickers": frozenset({"ZZZ"})}, []),
        ({"sector": "tech"}, ["AAA", "BBB"]),
        ({"sector": "energy"}, ["CCC"]),
        ({"sector": "energy", "tickers": frozenset({"AAA"})}, ["AAA", "CCC"]),
        ({}, ["AAA", "BBB", "CCC"]),
    ],
)
def test_it_concerns_its_tickers_its_sector_or_everything(concerns: dict[str, Any], moved: list[str]) -> None:
    market = minutes(
        {t: {0: CALM} for t in ("AAA", "BBB", "CCC")}, sectors={"AAA": "tech", "BBB": "tech", "CCC": "energy"}
    )
    asked = [buy(t) for t in ("AAA", "BBB", "CCC")]
    played = play(market, *asked, macro_events=[shock(0, 30, 60, **concerns)])
    assert played.moved_stops == [NEARER.replace("AAA", ticker) for ticker in moved]


def test_the_smallest_factor_wins_over_that_of_earnings() -> None:
    market = minutes({"AAA": {0: CALM, 1: CALM}}, earnings={"AAA": 4})
    played = play(market, buy("AAA"), macro_events=[shock(1, 30, 60)])
    assert played.moved_stops == [
        "day 1 open: AAA stop 96.00 -> 97.20 earnings",
        "day 1 30 min: AAA stop 97.20 -> 98.00 event",
    ]


def test_where_earnings_have_the_smaller_factor_they_win() -> None:
    market = minutes({"AAA": {0: CALM, 1: {0: 99, 30: 100}}}, earnings={"AAA": 4})
    policy = rules(earnings_tighten_factor=0.4)
    played = play(market, buy("AAA"), macro_events=[shock(1, 30, 60)], policy=policy)
    assert played.moved_stops == [
        "day 1 open: AAA stop 96.00 -> 97.40 earnings",  # 99 - 0.4 * 2 * 2
        "day 1 30 min: AAA stop 97.40 -> 98.40 earnings",
    ]


def test_while_it_is_on_stops_are_looked_at_every_minute() -> None:
    falls: Path = {0: 100, 33: 97.9}
    assert shaken(falls, (30, 60)).trades == [
        "60 AAA from 100.00 day 0 15 min to 97.90 day 0 33 min: stop_loss, -126.00"
    ]


def test_one_that_concerns_others_makes_them_looked_at_every_minute_too() -> None:
    falls: Path = {0: 100, 33: 95.9}
    elsewhere = shaken(falls, (30, 60), sector="energy")
    assert elsewhere.trades == ["60 AAA from 100.00 day 0 15 min to 95.90 day 0 33 min: stop_loss, -246.00"]
    assert shaken(falls).trades == ["60 AAA from 100.00 day 0 15 min to 95.90 day 0 35 min: stop_loss, -246.00"]


def test_prices_and_recommendations_are_read_every_15_seconds() -> None:
    market = quotes({"AAA": {0: CALM}})
    late = buy("AAA", generated_at=at(0, 33) + timedelta(seconds=10))
    assert play(market, late, macro_events=[shock(0, 30, 60)]).fills == [
        "day 0 33.25 min: bought 50 AAA at 100.00, d1-1-1"
    ]
    assert play(market, late).fills == ["day 0 34 min: bought 50 AAA at 100.00, d1-1-1"]


def test_a_position_opened_while_it_is_on_is_tightened_at_the_next_look() -> None:
    assert shaken(CALM, (10, 60)).stops == [
        "day 0 15 min: AAA stop 96.00 initial",
        "day 0 16 min: AAA stop 96.00 -> 98.00 event",
    ]


def test_its_end_is_told_and_leaves_stops_where_they_are() -> None:
    played = shaken(CALM, (30, 59.9))
    assert played.notices == ["day 0 30 min: macro_event", "day 0 89.9 min: macro_event_over"]
    (mark,) = played.result.books.snapshots[-1].positions
    assert mark.stop == 980_000


def test_after_its_end_nothing_is_tightened_and_looks_are_five_minutes_apart_again() -> None:
    # the last look while it was on is at minute 89
    played = shaken({0: 100, 21: 99, 90: 100, 92: 96.5}, (30, 60))
    assert played.moved_stops == ["day 0 30 min: AAA stop 96.00 -> 97.00 event"]
    assert played.trades == ["60 AAA from 100.00 day 0 15 min to 96.50 day 0 94 min: stop_loss, -210.00"]


def test_of_two_the_second_goes_on_when_the_first_ends() -> None:
    played = shaken({0: 100, 21: 99, 66: 99.6}, (30, 30), (45, 60))
    assert played.moved_stops == [
        "day 0 30 min: AAA stop 96.00 -> 97.00 event",
        "day 0 66 min: AAA stop 97.00 -> 97.60 event",
    ]


def test_one_that_began_outside_market_hours_is_known_at_the_open_and_one_that_is_over_is_not() -> None:
    market = minutes({"AAA": {0: CALM, 1: CALM}})
    overnight = shock(1, -600, 610)
    assert play(market, buy("AAA"), macro_events=[overnight]).moved_stops == [
        "day 1 open: AAA stop 96.00 -> 98.00 event"
    ]
    over = play(market, buy("AAA"), macro_events=[shock(1, -600, 600)])
    assert (over.moved_stops, over.notices) == ([], [])


def test_the_factor_is_a_setting() -> None:
    market = minutes({"AAA": {0: CALM}})
    played = play(market, buy("AAA"), macro_events=[shock(0, 30, 60)], policy=rules(event_tighten_factor=0.25))
    assert played.moved_stops == ["day 0 30 min: AAA stop 96.00 -> 99.00 event"]


def test_on_a_daily_tape_it_is_known_at_the_open_or_at_the_close() -> None:
    market = tape({"AAA": [FLAT] * 3})
    assert play(market, buy("AAA"), macro_events=[shock(1, -60, 120)]).moved_stops == [
        "day 1 open: AAA stop 96.00 -> 98.00 event"
    ]
    assert play(market, buy("AAA"), macro_events=[shock(1, 60, 600)]).moved_stops == [
        "day 1 close: AAA stop 96.00 -> 98.00 event"
    ]


def test_an_event_that_turns_out_to_be_over_is_over() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}))
    event = shock(0, 60, 400)
    desk.happens(MacroEventReceived(at=at(0, 60), event=event))
    assert desk.state.agenda.events
    desk.happens(MacroEventReceived(at=at(0, 90), event=replace(event, until=at(0, 80))))
    assert not desk.state.agenda.events
