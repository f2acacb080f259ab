"""Volatility within the day: three stops that cost money within 30 minutes stop entries for 120 minutes of trading."""

from tests.support.tapes import Path, Played, at, buy, minutes, play, rules

EVERY_MINUTE = {"stop_loss_check_interval_seconds": 60, "tier_auto": False}
ARMED: Path = {0: 100, 21: 104.5}


def fall(minute: int, path: Path | None = None) -> Path:
    """Return a path that is stopped at `minute`: 4.9 % down at once, so that it is no rapid move."""
    return {**(path or {0: 100}), minute: 95.1}


def stopped(*paths: Path, **settings: object) -> Played:
    names = [chr(65 + n) * 3 for n in range(len(paths))]
    market = minutes({**{t: {0: p} for t, p in zip(names, paths, strict=True)}, "ZZZ": {0: {0: 100}, 1: {0: 100}}})
    asked = [buy("ZZZ", generated_at=at(0, m), recommendation_id=f"at {m}") for m in (100, 200)]
    return play(market, *map(buy, names), *asked, policy=rules(**EVERY_MINUTE | settings))


def test_the_third_stop_29_minutes_after_the_first_trips_it() -> None:
    played = stopped(fall(31), fall(45), fall(60))
    assert played.breakers == ["day 0 60 min: volatility until day 0 180 min"]
    (breaker,) = played.result.books.breakers
    assert (breaker.threshold, breaker.actual, breaker.resolved_at) == (3, 3, at(0, 180))
    assert [played.answers[name] for name in ("at 100", "at 200")] == ["not_active", "act"]


def test_31_minutes_after_the_first_it_does_not() -> None:
    assert stopped(fall(31), fall(45), fall(62)).breakers == []


def test_two_stops_do_not_and_three_others_later_do() -> None:
    assert stopped(fall(31), fall(45)).breakers == []
    assert stopped(fall(31), fall(45), fall(65), fall(70), fall(74)).breakers == [
        "day 0 70 min: volatility until day 0 190 min"
    ]


def test_stops_at_break_even_are_not_counted() -> None:
    # armed at 104.50; stopped at the entry, at minute 60: 4.4 % down
    at_entry: Path = {**ARMED, 60: 99.9}
    played = stopped(fall(55), fall(58), at_entry)
    assert [t.exit_reason for t in played.closed] == ["stop_loss"] * 3
    assert played.breakers == []


def test_stops_that_heat_has_brought_above_the_entry_are_not_counted() -> None:
    # from 96 half-way to 100 is 98 on day 0, and from there half-way to 103.80 is 100.90 on day 1
    names = ("AAA", "BBB", "CCC")
    market = minutes({t: {0: {0: 100, 18: 103.8}, 1: {0: 103.8, 31: 100.5}} for t in names})
    played = play(market, *map(buy, names), policy=rules(**EVERY_MINUTE, heat_tighten_pct=0.0))
    assert [(t.exit_reason, t.pnl > 0) for t in played.closed] == [("stop_loss", True)] * 3
    assert played.breakers == []


def test_targets_are_not_counted() -> None:
    climb: Path = {0: 100, 25: 103.9, 60: 108.0}
    assert stopped(fall(55), fall(58), climb).breakers == []


def test_one_stopped_after_it_tripped_does_not_trip_it_again() -> None:
    assert len(stopped(fall(31), fall(35), fall(40), fall(50)).breakers) == 1


def test_one_stopped_after_its_cause_was_gone_for_a_while_trips_it_again() -> None:
    # from minute 61 to 66 only two stops lay within 30 minutes; with the one of minute 66 there are three again
    played = stopped(fall(31), fall(40), fall(50), fall(66))
    assert played.breakers == [
        "day 0 50 min: volatility until day 0 170 min",
        "day 0 66 min: volatility until day 0 186 min",
    ]


def test_one_that_comes_just_as_the_first_is_too_old_does_not() -> None:
    assert len(stopped(fall(31), fall(40), fall(50), fall(61)).breakers) == 1


def test_after_calm_it_can_trip_again_on_the_same_day() -> None:
    played = stopped(fall(31), fall(35), fall(40), fall(231), fall(235), fall(240))
    assert played.breakers == [
        "day 0 40 min: volatility until day 0 160 min",
        "day 0 240 min: volatility until day 0 360 min",
    ]


def test_with_a_limit_of_one_each_stop_after_calm_trips_it() -> None:
    played = stopped(fall(31), fall(231), volatility_stop_count=1)
    assert played.breakers == [
        "day 0 31 min: volatility until day 0 151 min",
        "day 0 231 min: volatility until day 0 351 min",
    ]


def test_how_many_within_which_time_and_for_how_long_are_settings() -> None:
    wider = stopped(fall(31), fall(45), fall(62), volatility_window_minutes=32, volatility_cooldown_minutes=30)
    assert wider.breakers == ["day 0 62 min: volatility until day 0 92 min"]
    assert stopped(fall(31), fall(45), volatility_stop_count=2).breakers == [
        "day 0 45 min: volatility until day 0 165 min"
    ]
