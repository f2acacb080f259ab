"""Check 10: correlation, weighted by market value: whole up to 0.5, then in a line to nothing at 0.8, reject above."""

import pytest

from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import Bar, buy, play, tape

POLAR = {"AAA": 1_000_000, "BBB": 1_000_000, "NEW": 1_000_000}


def shares(correlation: float) -> int | str:
    """Return what becomes of a $5,000 entry at $100 beside one holding of this correlation."""
    market = PlainMarket(prices=dict(POLAR), atrs={"NEW": 2.0}, correlation_with={"AAA": correlation})
    desk = Desk(market)
    desk.hold("AAA", 10, entry=1_000_000)
    decision = desk.offer(buy("NEW"))
    assert decision is not None
    return decision.skip_reason or decision.shares


@pytest.mark.parametrize(
    ("correlation", "what"),
    [
        (-1.0, 50),
        (0.5, 50),
        (0.56, 40),  # 50 * (0.80 - 0.56) / 0.30
        (0.65, 25),
        (0.79, 1),
        (0.8, "below_one_share"),
        (0.800000001, "correlation"),
        (1.0, "correlation"),
    ],
)
def test_the_size_falls_in_a_line_between_the_limits(correlation: float, what: int | str) -> None:
    assert shares(correlation) == what


def test_holdings_weigh_by_market_value() -> None:
    market = PlainMarket(prices=dict(POLAR), atrs={"NEW": 2.0}, correlation_with={"AAA": 0.9, "BBB": 0.1})
    desk = Desk(market)
    desk.hold("AAA", 30, entry=1_000_000)
    desk.hold("BBB", 10, entry=1_000_000)
    decision = desk.offer(buy("NEW"))
    assert decision is not None
    assert decision.shares == 16  # average (0.9 * 3 + 0.1) / 4 = 0.7: a third of 50


def test_on_a_tape_a_twin_of_what_is_held_is_rejected() -> None:
    moves: list[Bar] = [(100.0, 102.0, 98.0, 100.0 + (i % 3)) for i in range(32)]
    mirror: list[Bar] = [(100.0, 103.0, 97.0, 102.0 - (i % 3)) for i in range(32)]
    market = tape({"AAA": [*moves], "NEW": [*moves], "BBB": [*mirror]})
    played = play(market, buy("AAA", 31), buy("NEW", 31, confidence=0.64999), buy("BBB", 31), capital=1_000_000)
    assert played.answers["buy BBB on day 31"] == "act"
    twin = play(market, buy("AAA", 31), buy("NEW", 31), capital=1_000_000)
    assert twin.answers == {"buy AAA on day 31": "act", "buy NEW on day 31": "correlation"}


def test_fewer_than_thirty_common_sessions_are_unknown_and_do_not_stop_an_entry() -> None:
    moves: list[Bar] = [(100.0, 102.0, 98.0, 100.0 + (i % 3)) for i in range(30)]
    market = tape({"AAA": [*moves], "NEW": [*moves]}, calm={"AAA": None, "NEW": None})
    assert set(play(market, buy("AAA", 29), buy("NEW", 29)).answers.values()) == {"act"}
