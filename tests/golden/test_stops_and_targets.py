"""Stops and targets: stop 2 ATR below the entry, target twice that distance above; how they fill inside a bar."""

from tests.support.tapes import FLAT, Bar, buy, play, rules, tape

UNTIL = "50 AAA from 100.00 day 0 15 min to"


def after_entry(*bars: Bar) -> list[str]:
    """Return the trades of a position of 50 entered at $100, stop 96, target 108, on a quiet day 0."""
    return play(tape({"AAA": [FLAT, *bars]}), buy("AAA", 0)).trades


def test_the_levels_are_set_from_the_fill() -> None:
    (first,) = play(tape({"AAA": [FLAT]}), buy("AAA", 0)).result.books.stop_changes
    assert (first.entry_price, first.levels.stop, first.levels.target) == (1_000_000, 960_000, 1_080_000)


def test_a_touched_stop_sells_at_the_stop() -> None:
    assert after_entry((100, 101, 96, 97)) == [f"{UNTIL} 96.00 day 1 close: stop_loss, -200.00"]


def test_a_low_above_the_stop_sells_nothing() -> None:
    assert after_entry((100, 101, 96.0001, 97)) == []


def test_a_gap_through_the_stop_sells_where_the_market_opens() -> None:
    assert after_entry((90, 95, 85, 94)) == [f"{UNTIL} 90.00 day 1 open: stop_loss, -500.00"]


def test_a_touched_target_sells_at_the_target() -> None:
    assert after_entry((104, 108, 103, 104)) == [f"{UNTIL} 108.00 day 1 close: take_profit, +400.00"]


def test_a_gap_over_the_target_sells_where_the_market_opens() -> None:
    assert after_entry((120, 121, 119, 120)) == [f"{UNTIL} 120.00 day 1 open: take_profit, +1,000.00"]


def test_the_stop_comes_first_when_a_bar_touches_both() -> None:
    assert after_entry((100, 110, 95, 105)) == [f"{UNTIL} 96.00 day 1 close: stop_loss, -200.00"]


def test_the_entry_bar_counts_too() -> None:
    crash = tape({"AAA": [(100.0, 101.0, 95.0, 97.0), FLAT]})
    assert play(crash, buy("AAA", 0)).trades == [f"{UNTIL} 96.00 day 0 close: stop_loss, -200.00"]
    jump = tape({"AAA": [(100.0, 109.0, 99.0, 97.0), FLAT]})
    assert play(jump, buy("AAA", 0)).trades == [f"{UNTIL} 108.00 day 0 close: take_profit, +400.00"]


def test_each_tier_has_its_own_distance() -> None:
    for tier, stop, target in (
        ("conservative", 970_000, 1_060_000),
        ("moderate", 960_000, 1_080_000),
        ("aggressive", 950_000, 1_125_000),
    ):
        played = play(tape({"AAA": [FLAT]}), buy("AAA", confidence=0.9), policy=rules(risk_tier=tier))
        (first,) = played.result.books.stop_changes
        assert (first.levels.stop, first.levels.target) == (stop, target)


def test_the_bar_of_the_day_is_no_part_of_the_days_atr() -> None:
    wild_day = tape({"AAA": [(100.0, 107.0, 97.0, 100.0), FLAT]})
    first = play(wild_day, buy("AAA", 0)).result.books.stop_changes[0]
    assert first.levels.atr == 2.0


def test_the_atr_is_wilders() -> None:
    market = tape({"AAA": [(100.0, 109.0, 93.0, 100.0), FLAT]})
    (first,) = play(market, buy("AAA", 1)).result.books.stop_changes
    assert first.levels.atr == 3.0  # (13 * 2 + 16) / 14
