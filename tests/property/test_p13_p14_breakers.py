"""Properties 13 and 14: a breaker trips when its cause is there, stops new entries while it is on, and ends on time."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.policy import TradingPolicy
from engine.risk import circuit_breaker
from tests.support.tapes import DAY_0, buy, closing, opening, play, rules, tape, weekdays

POLICY = TradingPolicy()
moments = st.integers(0, 390 * 60).map(lambda seconds: opening(0) + timedelta(seconds=seconds))


@given(st.floats(-1, 1).map(lambda r: round(r, 9)) | st.sampled_from((-0.02, 0.98 - 1, -0.0200001, -0.0199999)))
def test_p13_a_day_s_loss_beyond_the_limit_is_a_cause(day_return: float) -> None:
    assert circuit_breaker.is_daily_loss(day_return, POLICY) is (round(day_return, 9) < -0.02)


@given(st.lists(moments, max_size=12).map(sorted))
def test_p13_three_stops_within_thirty_minutes_are_a_cause(stops: list[datetime]) -> None:
    for place, at in enumerate(stops, start=1):
        within = [stop for stop in stops[:place] if at - stop < timedelta(minutes=30)]
        assert circuit_breaker.is_volatile(stops[:place], at, POLICY) is (len(within) >= 3)


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_p13_a_position_has_lost_too_much_below_its_level(entry: int, share: float) -> None:
    policy = rules(single_position_loss_pct=share)
    level = circuit_breaker.single_position_level(entry, policy)
    assert abs(level - entry * (1 - share)) <= 0.5 + 1e-6 * entry


SESSIONS = weekdays(DAY_0, 30, early={DAY_0 + timedelta(days=2)})


@given(st.integers(-12 * 60, 26 * 24 * 60), st.integers(0, 1500))
def test_p14_a_cool_down_counts_market_time_only(start: int, minutes: int) -> None:
    at = opening(0) + timedelta(minutes=start)
    ends = SESSIONS.after_market_minutes(at, minutes)
    open_for = timedelta()
    for session in SESSIONS.sessions:
        open_for += max(timedelta(), min(ends, session.close_at) - max(at, session.open_at))
    if ends != SESSIONS.sessions[-1].close_at:
        assert open_for == timedelta(minutes=minutes)
    assert open_for <= timedelta(minutes=minutes)
    assert ends >= min(at, SESSIONS.sessions[-1].close_at)


@given(st.integers(1, 4), st.integers(1, 1200))
def test_p14_it_is_on_before_its_time_and_over_after(asked_on: int, minutes: int) -> None:
    down, low, flat = (100.0, 100.5, 96.5, 97.0), (97.0, 97.5, 96.5, 97.0), (100.0, 101.0, 99.0, 100.0)
    policy = rules(daily_loss_pct=0.001, daily_loss_cooldown_minutes=minutes, tier_auto=False)
    bars = {"AAA": [flat, down, low, low, low, low], "BBB": [flat] * 6}
    played = play(tape(bars), buy("AAA"), buy("BBB", asked_on + 1), policy=policy)
    (breaker,) = played.result.books.breakers
    assert breaker.cooldown_expires is not None
    window_opens = opening(asked_on + 1) + timedelta(minutes=15)
    expected = "act" if breaker.cooldown_expires <= window_opens else "not_active"
    assert played.answers[f"buy BBB on day {asked_on + 1}"] == expected
    over = breaker.cooldown_expires <= closing(5)
    assert breaker.resolved_at == (breaker.cooldown_expires if over else None)
