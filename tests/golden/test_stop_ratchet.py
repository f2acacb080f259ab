"""Ratchet: whatever happens to ATR, earnings, events, heat and price, a stop only ever moves up."""

from fractions import Fraction

from engine.model.market import Split
from tests.support.tapes import Bar, buy, day, minutes, play, rules, shock

CALM: Bar = (100.0, 101.0, 99.0, 100.0)
WILD: Bar = (100.0, 104.0, 96.0, 100.0)


def test_a_nearer_stop_is_not_moved_back_by_a_rule_that_would_have_it_further_away() -> None:
    # the event's 98 is nearer than the 97.20 of earnings on day 1, and than what a wild ATR asks for on day 2
    market = minutes({"AAA": {n: {0: 100} for n in range(4)}}, earnings={"AAA": 4}, daily={"AAA": {1: WILD}})
    played = play(market, buy("AAA"), macro_events=[shock(0, 30, 60)])
    stops = [c.levels.stop for c in played.result.books.stop_changes]
    assert stops[:2] == [960_000, 980_000]
    assert set(stops[2:]) <= {980_000}
    (mark,) = played.result.books.snapshots[-1].positions
    assert mark.stop == 980_000


def test_a_second_event_at_a_lower_price_leaves_it() -> None:
    market = minutes({"AAA": {0: {0: 100, 95: 98.5}}})
    played = play(market, buy("AAA"), macro_events=[shock(0, 30, 60), shock(0, 100, 60, name="again")])
    assert played.moved_stops == ["day 0 30 min: AAA stop 96.00 -> 98.00 event"]


def test_at_break_even_no_rule_lowers_it() -> None:
    market = minutes({"AAA": {0: {0: 100, 31: 104.5}, 1: {0: 102}, 2: {0: 102}}}, earnings={"AAA": 4})
    played = play(market, buy("AAA"), macro_events=[shock(1, 30, 60)])
    assert played.moved_stops == ["day 0 35 min: AAA stop 96.00 -> 100.00 break_even"]


def test_a_split_rescales_it_and_the_rules_go_on_from_there() -> None:
    # 2 for 1 on day 1: entry 50, stop 49, ATR 1. The event of day 1 asks for 50 - 0.5 * 2 * 1 = 49: it is there already
    halved: Bar = (50.0, 50.5, 49.5, 50.0)
    market = minutes(
        {"AAA": {0: {0: 100}, 1: {0: 50, 100: 49.5}}},
        splits=[Split(ticker="AAA", on=day(1), ratio=Fraction(2))],
        daily={"AAA": {1: halved}},
    )
    played = play(market, buy("AAA"), macro_events=[shock(0, 30, 60), shock(1, 30, 60, name="again")])
    assert played.moved_stops == [
        "day 0 30 min: AAA stop 96.00 -> 98.00 event",
        "day 1 open: AAA stop 98.00 -> 49.00 split",
    ]


def test_a_further_tranche_at_a_lower_price_leaves_it() -> None:
    market = minutes({"AAA": {0: {0: 100, 18: 97}}})
    played = play(market, buy("AAA"), policy=rules(gradual_entry_tranches=3))
    assert [c.levels.stop for c in played.result.books.stop_changes] == [960_000] * 3
    assert [c.entry_price for c in played.result.books.stop_changes] == [1_000_000, 985_000, 980_200]
