"""Heat: above 80 % of its limit stops come half-way to the price, the least confident position first."""

import pytest

from engine.model.notices import NoticeKind
from tests.support.tapes import FLAT, Path, Played, buy, minutes, play, rules, tape

CALM: Path = {0: 100}
FIRST = "day 0 20 min: AAA stop 96.00 -> 98.00 heat"
SECOND = "day 0 20 min: BBB stop 96.00 -> 98.00 heat"


def hot(above: float, *, days: int = 1, path: Path = CALM, **settings: object) -> Played:
    """Return a run whose stops come nearer above a heat of `above`.

    It holds 50 AAA (confidence 0.65) and 60 BBB (0.78) at $100, stops at 96: a heat of 0.0020 and of 0.0024.
    """
    market = minutes({"AAA": {0: path}, "BBB": {0: path}}, days=days)
    policy = rules(heat_tighten_pct=above / 0.03, **settings)  # of the moderate tier's 0.03
    return play(market, buy("AAA"), buy("BBB", confidence=0.78), policy=policy)


def test_just_at_80_percent_of_the_limit_nothing_moves() -> None:
    limit = {"heat_tighten_pct": 0.8, "moderate": {"max_portfolio_heat": 0.0025}}  # 0.8 of it is 0.0020
    assert play(minutes({"AAA": {0: CALM}}), buy("AAA"), policy=rules(**limit)).moved_stops == []
    limit["moderate"] = {"max_portfolio_heat": 0.002499}
    assert play(minutes({"AAA": {0: CALM}}), buy("AAA"), policy=rules(**limit)).moved_stops == [FIRST]


def test_the_least_confident_comes_first_and_as_soon_as_it_is_enough_the_others_stay() -> None:
    assert hot(0.0043).moved_stops == [FIRST]  # 0.0044 -> 0.0034


def test_if_it_is_not_enough_the_next_follows_at_the_same_look() -> None:
    assert hot(0.0030).moved_stops == [FIRST, SECOND]  # 0.0044 -> 0.0034 -> 0.0022


def test_of_two_that_are_alike_the_ticker_decides() -> None:
    market = minutes({"BBB": {0: CALM}, "AAA": {0: CALM}})
    played = play(market, buy("BBB"), buy("AAA"), policy=rules(heat_tighten_pct=0.0039 / 0.03))
    assert played.moved_stops == [FIRST]


def test_half_way_is_to_the_price_not_to_the_entry() -> None:
    # at 102 the heat is 0.00204 + 0.002448; half-way from 96 to 102 is 99
    assert hot(0.0044, path={0: 100, 18: 102}).moved_stops == ["day 0 20 min: AAA stop 96.00 -> 99.00 heat"]


def test_at_most_once_a_session_each_and_the_next_day_again() -> None:
    assert hot(0.0020, days=2).moved_stops == [
        FIRST,
        SECOND,
        "day 1 open: AAA stop 98.00 -> 99.00 heat",  # 0.0022 -> 0.0017
    ]


def test_never_nearer_to_the_price_than_half_an_atr() -> None:
    played = hot(0.0001, days=4)
    assert played.moved_stops == [
        FIRST,
        SECOND,
        "day 1 open: AAA stop 98.00 -> 99.00 heat",
        "day 1 open: BBB stop 98.00 -> 99.00 heat",
    ]
    nearer = hot(0.0001, days=2, heat_tighten_min_atr=0.6)  # 100 - 0.6 * 2, half-way would be 99
    assert nearer.moved_stops[2:] == [
        "day 1 open: AAA stop 98.00 -> 98.80 heat",
        "day 1 open: BBB stop 98.00 -> 98.80 heat",
    ]


def test_heat_that_stays_above_is_shown_once() -> None:
    played = hot(0.0021)  # 0.0022 is left
    (notice,) = played.noticed(NoticeKind.HEAT_ABOVE)
    assert played.moment(notice.at) == "day 0 20 min"
    assert notice.value == pytest.approx(0.0022)
    assert notice.limit == pytest.approx(0.0021)
    assert hot(0.0022).noticed(NoticeKind.HEAT_ABOVE) == []


def test_a_position_without_risk_is_left_alone() -> None:
    # AAA is at break-even from minute 35 on; a third position of 0.0020 then makes it 0.0020 + 0.0020
    market = minutes({"AAA": {0: {0: 100, 31: 104.5}}, "BBB": {0: CALM}, "CCC": {0: {0: None, 40: 100}}})
    policy = rules(heat_tighten_pct=0.0041 / 0.03)
    played = play(market, buy("AAA"), buy("BBB"), buy("CCC"), policy=policy)
    assert played.moved_stops == ["day 0 35 min: AAA stop 96.00 -> 100.00 break_even"]
    lower = play(market, buy("AAA"), buy("BBB"), buy("CCC"), policy=rules(heat_tighten_pct=0.0035 / 0.03))
    assert [line for line in lower.moved_stops if line.startswith("day 0 45")] == [
        "day 0 45 min: BBB stop 96.00 -> 98.00 heat"
    ]


def test_on_a_daily_tape_it_is_looked_at_at_the_close() -> None:
    market = tape({"AAA": [FLAT] * 2, "BBB": [FLAT] * 2})
    played = play(market, buy("AAA"), buy("BBB", confidence=0.78), policy=rules(heat_tighten_pct=0.0043 / 0.03))
    assert played.moved_stops == ["day 0 close: AAA stop 96.00 -> 98.00 heat"]
