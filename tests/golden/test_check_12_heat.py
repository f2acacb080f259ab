"""Check 12: an entry that would push heat above the tier's maximum is rejected, not reduced."""

import pytest

from tests.support.tapes import FLAT, Bar, buy, play, rules, tape

NAMES = ("AAA", "BBB", "CCC")
MARKET = tape({t: [FLAT] * 2 for t in NAMES})  # each entry: 5 % of the pool, 4 % from its stop: 0.2 % of heat


def test_heat_exactly_at_the_maximum_is_allowed_and_beyond_it_rejected() -> None:
    played = play(MARKET, *(buy(t) for t in NAMES), policy=rules(moderate={"max_portfolio_heat": 0.004}))
    assert played.answers == {
        "buy AAA on day 0": "act",
        "buy BBB on day 0": "act",
        "buy CCC on day 0": "heat",
    }
    assert played.decision(buy("CCC")).failed_value == pytest.approx(0.006)
    assert played.result.books.snapshots[-1].heat == 0.004


def test_a_stop_at_the_entry_adds_no_heat() -> None:
    to_break_even: Bar = (100.0, 104.01, 100.5, 104.0)
    market = tape({"AAA": [to_break_even, (104.0, 104.0, 103.0, 104.0)], "BBB": [FLAT, FLAT]})
    played = play(market, buy("AAA", 0), buy("BBB", 1), policy=rules(moderate={"max_portfolio_heat": 0.002}))
    assert played.result.books.snapshots[0].heat == 0.0
    assert played.answers["buy BBB on day 1"] == "act"


def test_an_atr_larger_than_the_price_puts_everything_at_risk() -> None:
    wild = tape({"AAA": [(100.0, 160.0, 50.0, 100.0)]}, calm={"AAA": (100.0, 120.0)})
    assert list(play(wild, buy("AAA")).answers.values()) == ["heat"]
    bold = play(wild, buy("AAA"), policy=rules(single_position_loss_pct=1.0, moderate={"max_portfolio_heat": 0.05}))
    assert bold.held == {"AAA": 50}
    assert bold.result.books.snapshots[-1].positions[0].stop == 0
