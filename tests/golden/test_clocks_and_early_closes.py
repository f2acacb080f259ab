"""Clocks: on a minute tape rules follow New York's time, over the change of its clocks and on early closes."""

from datetime import UTC, date, datetime

from engine.adapters.calendar import xnys
from engine.model.recommendation import Recommendation
from tests.support.tapes import Path, at, buy, minutes, play, sell

CALM: Path = {0: 100}
BEFORE = date(2024, 3, 8)  # Friday; on Sunday the clocks go forward, and Monday opens at 13:30 UTC
MARKET = minutes(
    {"AAA": {0: CALM, 1: {0: 100, 31: 95.9}}, "BBB": {0: CALM, 1: CALM}},
    sessions=xnys(date(2024, 1, 2), date(2024, 4, 30)),
    day_0=BEFORE,
)


def made(ticker: str, day: int, hour: int, minute: int = 0) -> Recommendation:
    return buy(
        ticker, generated_at=datetime(2024, 3, day, hour, minute, tzinfo=UTC), recommendation_id=f"{ticker} {day}"
    )


def test_over_the_change_of_the_clocks_the_window_opens_at_9_45() -> None:
    played = play(MARKET, made("AAA", 8, 3), made("BBB", 11, 3), day_0=BEFORE)
    bought = [e.fill.at for e in played.result.books.executions if e.fill.side == "buy"]
    assert bought == [datetime(2024, 3, 8, 14, 45, tzinfo=UTC), datetime(2024, 3, 11, 13, 45, tzinfo=UTC)]
    assert [line.split(":")[0] for line in played.fills] == ["day 0 15 min", "day 1 15 min", "day 1 35 min"]


def test_stops_and_closes_follow() -> None:
    played = play(MARKET, made("AAA", 8, 3), day_0=BEFORE)
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 95.90 day 1 35 min: stop_loss, -205.00"]
    assert played.closed[0].exit_at == datetime(2024, 3, 11, 14, 5, tzinfo=UTC)
    assert [s.at for s in played.result.books.snapshots[-2:]] == [
        datetime(2024, 3, 8, 21, 0, tzinfo=UTC),
        datetime(2024, 3, 11, 20, 0, tzinfo=UTC),
    ]


def test_a_friday_evening_s_recommendation_is_good_on_monday() -> None:
    played = play(MARKET, made("BBB", 9, 1), day_0=BEFORE)  # 20:00 on Friday in New York
    assert played.fills == ["day 1 15 min: bought 50 BBB at 100.00, d1-1-1"]


def test_an_early_close_ends_the_window_15_minutes_before_it() -> None:
    market = minutes({t: {0: CALM, 1: CALM} for t in ("AAA", "BBB")}, early=(0,))
    asked = buy("AAA", generated_at=at(0, 193.5)), buy("BBB", generated_at=at(0, 194))
    assert play(market, *asked).fills == [
        "day 0 194 min: bought 50 AAA at 100.00, d1-1-1",
        "day 1 15 min: bought 50 BBB at 100.00, d2-1-1",
    ]


def test_the_close_of_an_early_day_is_its_last_look() -> None:
    market = minutes({"AAA": {0: {0: 100, 206: 95.9}}}, early=(0,))
    played = play(market, buy("AAA"))
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 95.90 day 0 close: stop_loss, -205.00"]
    (snapshot,) = played.result.books.snapshots[-1:]
    assert snapshot.at == datetime(2024, 1, 22, 18, 0, tzinfo=UTC)


def test_a_sell_after_an_early_close_waits_for_the_next_open() -> None:
    market = minutes({"AAA": {0: CALM, 1: {0: 101}}}, early=(0,))
    played = play(market, buy("AAA"), sell("AAA", 0, generated_at=at(0, 230)))
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 101.00 day 1 open: recommendation_exit, +50.00"]
