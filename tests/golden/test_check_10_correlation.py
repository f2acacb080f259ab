"""Check 10: correlation, weighted by market value: whole up to 0.5, then in a line to nothing at 0.8, reject above."""

import pytest

from engine.model.tape import DailyTape
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


def twins(days: int, *, apart_from: int = 10_000) -> DailyTape:
    """Return two tickers that begin on day 0 and move alike, but against each other from day `apart_from` on."""
    moves: list[Bar] = [(100.0, 103.0, 97.0, 100.0 + (i * i) % 5 / 2) for i in range(days)]
    other: list[Bar] = [
        (o, h, low, 101.0 - (c - 100.0)) if i >= apart_from else (o, h, low, c)
        for i, (o, h, low, c) in enumerate(moves)
    ]
    return tape({"AAA": [*moves], "NEW": [*other]}, calm={"AAA": None, "NEW": None})


@pytest.mark.parametrize(("on", "answer"), [(30, "act"), (31, "correlation")])
def test_thirty_returns_in_common_are_needed_and_the_days_own_is_none_of_them(on: int, answer: str) -> None:
    played = play(twins(32), buy("AAA", on), buy("NEW", on), capital=1_000_000)
    assert played.answers[f"buy NEW on day {on}"] == answer


def test_only_the_last_ninety_sessions_count() -> None:
    market = twins(172, apart_from=80)  # the 90 returns before day 171 are all against each other
    played = play(market, buy("AAA", 171), buy("NEW", 171), capital=1_000_000)
    assert played.answers["buy NEW on day 171"] == "act"
    trace = played.decision(buy("NEW", 171)).trace
    assert trace is not None
    assert dict(trace.inputs)["correlation with AAA"] == pytest.approx(-1.0, abs=1e-3)
