"""Live history: the days behind a session, and what fell due while no engine ran."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from engine.live_history import Morning, morning, no_bars
from engine.model.incoming import DayFacts
from engine.model.market import Dividend, Security, Split
from engine.schedule import FellDue
from engine.tape_market import Indicators
from tests.support.filled_market import bars_of
from tests.support.tapes import FLAT, Bar, day, opening, session_of, tape, weekdays

SESSIONS = weekdays(day(-40), 80)
CALM = tape({"AAA": [FLAT] * 8, "BBB": [FLAT] * 8}, sessions=None)
FACTS = DayFacts(bars=bars_of(CALM, day(-1)), securities=tuple(CALM.securities.values()))


def morning_of(number: int, facts: DayFacts = FACTS, *, held: Sequence[str] = (), noted: date | None = None) -> Morning:
    return morning(facts, SESSIONS, session_of(day(number)), held=held, noted_until=noted)


def words(events: Sequence[FellDue]) -> list[str]:
    return [f"{type(event).__name__} at {event.at:%d %H:%M}" for event in events]


def test_the_last_row_is_the_day_itself_and_has_no_prices() -> None:
    known = morning_of(0).tape
    assert known.dates[-1] == day(0)
    assert not known.close[-1].any()
    assert known.close[-2].tolist() == [1_000_000, 1_000_000]


def test_the_atr_of_the_morning_is_that_of_the_days_before() -> None:
    assert Indicators(morning_of(0).tape).atr[-1].tolist() == [2.0, 2.0]


def test_a_bar_of_the_day_itself_is_not_known_in_its_morning() -> None:
    known = morning_of(0, replace(FACTS, bars=bars_of(CALM, day(1))))
    assert not known.tape.close[-1].any()
    assert Indicators(known.tape).closed_bars[-1].tolist() == [15, 15]


def test_what_is_held_has_a_column_though_nobody_knows_it() -> None:
    known = morning_of(0, held=["ZZZ"]).tape
    assert known.tickers == ("AAA", "BBB", "ZZZ")
    assert Indicators(known).closed_bars[-1].tolist() == [15, 15, 0]


def test_without_any_history_what_is_held_still_has_one_and_it_is_said() -> None:
    known = morning_of(0, DayFacts(bars=no_bars()), held=["AAA"])
    assert known.tape.tickers == ("AAA",)
    assert known.notes == ("there are no daily bars: without ATR nothing is bought",)


def test_a_history_that_ends_too_early_is_used_and_it_is_said() -> None:
    assert morning_of(0).notes == ()
    late = morning_of(2)
    assert late.notes == (f"the newest daily bar is of {day(-1)}, 2 sessions too old",)
    assert Indicators(late.tape).atr[-1].tolist() == [2.0, 2.0]


def test_what_fell_due_while_no_engine_ran_is_due_now_in_the_order_of_days() -> None:
    facts = replace(
        FACTS,
        splits=[Split(ticker="AAA", on=day(1), ratio=Fraction(2)), Split(ticker="AAA", on=day(0), ratio=Fraction(3))],
        dividends=[Dividend(ticker="AAA", ex_on=day(1), amount=10), Dividend(ticker="AAA", ex_on=day(3), amount=20)],
        securities=[Security(ticker="BBB", last_bar_on=day(1))],
    )
    known = morning_of(2, facts, noted=day(-1))
    assert words([*known.due(session_of(day(2)), None)]) == [
        "SplitTookEffect at 24 14:30",
        "DividendWentEx at 24 14:30",
        "SplitTookEffect at 24 14:30",
        "ListingEnded at 24 14:30",
    ]
    ratios = [event.split.ratio for event in known.fell_due if hasattr(event, "split")]
    assert ratios == [3, 2]
    (late, *_) = known.due(session_of(day(2)), opening(3))
    assert late.at == opening(3)


def test_what_was_noted_is_not_due_again_and_a_new_account_begins_with_its_first_day() -> None:
    split = Split(ticker="AAA", on=day(1), ratio=Fraction(2))
    facts = replace(FACTS, splits=[split], securities=[])
    assert len(morning_of(2, facts, noted=day(0)).fell_due) == 1
    assert morning_of(2, facts, noted=day(1)).fell_due == ()
    assert morning_of(2, facts).fell_due == ()
    assert len(morning_of(1, facts).fell_due) == 1


def test_a_split_of_this_morning_is_in_the_atr() -> None:
    facts = replace(FACTS, splits=[Split(ticker="AAA", on=day(0), ratio=Fraction(2))])
    assert Indicators(morning_of(0, facts).tape).atr[-1].tolist() == [1.0, 2.0]


def test_prices_that_are_adjusted_for_a_split_are_not_divided_again() -> None:
    halved: list[Bar] = [(50.0, 51.0, 49.0, 50.0)] * 3
    jumped = tape({"AAA": [FLAT, *halved]})
    for known, atr in ((jumped, 1.0), (tape({"AAA": [FLAT] * 4}), 2.0)):
        splits = [Split(ticker="AAA", on=day(1), ratio=Fraction(2))]
        facts = DayFacts(bars=bars_of(known, day(3)), securities=tuple(known.securities.values()), splits=splits)
        (found,) = Indicators(morning_of(4, facts, noted=day(3)).tape).atr[-1].tolist()
        assert (found > 1.5) == (atr > 1.5)
