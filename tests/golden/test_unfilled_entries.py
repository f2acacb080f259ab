"""An entry whose price, slippage included, lies above its limit is not filled, and the run says so."""

from engine.model.costs import CostModel
from tests.support.tapes import FLAT, buy, play, rules, tape

QUIET = tape({"AAA": [FLAT] * 3})


def test_an_entry_above_its_limit_is_taken_but_not_filled_and_that_is_told() -> None:
    played = play(QUIET, buy("AAA"), policy=rules(entry_limit_offset_pct=0), costs=CostModel(slippage_bps=5))
    assert played.held == {}
    assert dict(played.result.funnel) == {"act": 1}
    assert played.result.notes[0].startswith("1 order to buy was not filled")


def test_a_run_in_which_everything_was_filled_has_nothing_to_tell() -> None:
    assert play(QUIET, buy("AAA")).result.notes == ()
