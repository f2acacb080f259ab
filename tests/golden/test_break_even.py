"""Break-even: a price beyond half the distance to the target moves the stop to the entry, from the next bar on."""

from engine.model.positions import StopRule
from tests.support.tapes import FLAT, Bar, buy, play, rules, tape

UNTIL = "50 AAA from 100.00 day 0 15 min to"
BEYOND_HALF: Bar = (100.0, 104.01, 99.5, 103.0)
EXACTLY_HALF: Bar = (100.0, 104.0, 99.5, 103.0)
BACK_TO_ENTRY: Bar = (102.0, 102.5, 99.9, 101.0)


def test_armed_by_the_bars_high_it_sells_at_the_entry() -> None:
    played = play(tape({"AAA": [FLAT, BEYOND_HALF, BACK_TO_ENTRY]}), buy("AAA", 0))
    assert played.trades == [f"{UNTIL} 100.00 day 2 close: stop_loss, +0.00"]
    assert [c.rule for c in played.result.books.stop_changes] == [StopRule.INITIAL, StopRule.BREAK_EVEN]


def test_exactly_half_the_way_does_not_arm_it() -> None:
    assert play(tape({"AAA": [FLAT, EXACTLY_HALF, BACK_TO_ENTRY]}), buy("AAA", 0)).trades == []


def test_it_does_not_apply_inside_the_bar_that_armed_it() -> None:
    up_and_down: Bar = (100.0, 105.0, 97.0, 101.0)
    played = play(tape({"AAA": [FLAT, up_and_down]}), buy("AAA", 0))
    assert played.held == {"AAA": 50}
    (mark,) = played.result.books.snapshots[-1].positions
    assert (mark.stop, mark.trailing_stop_active) == (1_000_000, True)


def test_the_entry_bar_can_arm_it() -> None:
    played = play(tape({"AAA": [BEYOND_HALF, BACK_TO_ENTRY]}), buy("AAA", 0))
    assert played.trades == [f"{UNTIL} 100.00 day 1 close: stop_loss, +0.00"]


def test_a_close_below_the_entry_after_arming_sells_at_the_next_open() -> None:
    armed_but_fell: Bar = (100.0, 104.5, 98.0, 98.5)
    played = play(tape({"AAA": [FLAT, armed_but_fell, (98.7, 99.0, 98.0, 98.5)]}), buy("AAA", 0))
    assert played.trades == [f"{UNTIL} 98.70 day 2 open: stop_loss, -65.00"]


def test_it_is_done_once() -> None:
    played = play(tape({"AAA": [FLAT, BEYOND_HALF, (103.0, 106.0, 102.0, 105.0)]}), buy("AAA", 0))
    assert [c.rule for c in played.result.books.stop_changes] == [StopRule.INITIAL, StopRule.BREAK_EVEN]


def test_the_trigger_is_a_setting() -> None:
    late = rules(break_even_trigger_pct=1.0)
    assert play(tape({"AAA": [FLAT, BEYOND_HALF, BACK_TO_ENTRY]}), buy("AAA", 0), policy=late).trades == []
