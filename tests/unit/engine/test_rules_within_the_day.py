"""The rules of a day's course, each at the edges of its numbers, and what 0 and infinity do to them."""

from datetime import timedelta

import pytest

from engine.model.sessions import Session
from engine.risk import (
    concentration,
    feed_health,
    gradual_entry,
    macro_events,
    micro_trading,
    print_confirmation,
    rapid_move,
)
from tests.support.tapes import DAY_0, at, closing, rules, session_of, shock, weekdays

POLICY = rules()
OFF = rules(silent_ticker_minutes=0)


@pytest.mark.parametrize(("seconds", "silent"), [(0, False), (899.9, False), (900, True), (1e9, True)])
def test_silent_from_15_minutes_on(seconds: float, silent: bool) -> None:
    assert feed_health.is_silent(seconds, POLICY) is silent
    assert feed_health.is_silent(seconds, OFF) is False


@pytest.mark.parametrize(
    ("silent", "held", "heartbeat", "failed"),
    [
        (0, 0, 0, False),
        (0, 0, 900, True),
        (1, 1, 0, False),
        (1, 2, 0, False),
        (1, 3, 0, False),
        (2, 2, 0, True),
        (2, 6, 0, True),
        (2, 7, 0, False),
        (3, 100, 0, True),
        (0, 100, 899, False),
        (0, 100, 900, True),
    ],
)
def test_the_feed_has_failed_when_several_are_silent_or_all(
    silent: int, held: int, heartbeat: float, failed: bool
) -> None:
    assert feed_health.has_feed_failed(silent, held, heartbeat, POLICY) is failed
    assert feed_health.has_feed_failed(silent, held, heartbeat, OFF) is False


@pytest.mark.parametrize(
    ("price", "lowest", "highest", "change"),
    [(100, 100, 100, 0.0), (105, 100, 105, 0.05), (95, 95, 100, 0.05), (100, 80, 125, 0.25), (100, 50, 110, 1.0)],
)
def test_a_move_is_the_largest_from_any_price_of_the_last_minutes(
    price: int, lowest: int, highest: int, change: float
) -> None:
    assert rapid_move.moved_by(price, lowest, highest) == change


@pytest.mark.parametrize("price", [7, 100, 12_345, 999_999, 10_000_000])
def test_exactly_5_percent_is_not_rapid_at_any_price(price: int) -> None:
    base = price * 100
    up, down = base * 105 // 100, base * 95 // 100
    assert rapid_move.is_rapid(rapid_move.moved_by(up, base, up), POLICY) is False
    assert rapid_move.is_rapid(rapid_move.moved_by(down, down, base), POLICY) is False
    assert rapid_move.is_rapid(rapid_move.moved_by(up + 1, base, up + 1), POLICY) is True


@pytest.mark.parametrize(
    ("price", "last", "far"),
    [(80, 100, False), (120, 100, False), (79, 100, True), (121, 100, True), (100, 100, False)],
)
def test_far_is_beyond_20_percent_of_the_last(price: int, last: int, far: bool) -> None:
    assert print_confirmation.is_far(price, last, POLICY) is far


def test_a_second_print_confirms_where_it_stands_within_20_percent_of_the_first() -> None:
    assert [print_confirmation.is_confirmed(p, 100, POLICY) for p in (79, 80, 120, 121)] == [False, True, True, False]
    assert print_confirmation.is_confirmed(100, None, POLICY) is False


@pytest.mark.parametrize(
    ("shares", "tranches", "parts"),
    [
        (50, 3, (17, 17, 16)),
        (51, 3, (17, 17, 17)),
        (2, 3, (1, 1)),
        (1, 3, (1,)),
        (0, 3, (0,)),
        (10, 1, (10,)),
        (7, 100, (1,) * 7),
    ],
)
def test_parts_of_an_entry(shares: int, tranches: int, parts: tuple[int, ...]) -> None:
    assert gradual_entry.split_into_tranches(shares, rules(gradual_entry_tranches=tranches)) == parts


def test_the_next_part_is_due_five_minutes_later_to_the_second() -> None:
    last = at(0, 30)
    later = [last + timedelta(minutes=5) + timedelta(seconds=s) for s in (-1, 0, 1)]
    assert [gradual_entry.is_due(last, moment, POLICY) for moment in later] == [False, True, True]


def test_an_event_is_on_from_its_beginning_to_before_its_end() -> None:
    event = shock(0, 30, 60)
    moments = [at(0, 30) - timedelta(seconds=1), at(0, 30), at(0, 90) - timedelta(seconds=1), at(0, 90)]
    assert [macro_events.is_on(event, moment) for moment in moments] == [False, True, True, False]


def test_an_event_of_a_sector_does_not_concern_a_ticker_without_one() -> None:
    assert macro_events.concerns(shock(0, 30, 60, sector="tech"), "AAA", None) is False
    assert macro_events.concern([], "AAA", "tech") is False


def test_by_micro_numbers_a_smaller_tier_stays_smaller() -> None:
    small = rules(moderate={"max_position_pct": 0.01}, gradual_entry_tranches=3)
    micro = micro_trading.policy_for_micro(small)
    tier = micro.tiers[micro.risk_tier]
    assert (tier.max_position_pct, micro.base_allocation_pct, micro.gradual_entry_tranches) == (0.01, 0.025, 1)
    assert (tier.stop_loss_atr_multiplier, tier.reward_risk_ratio) == (1.0, 1.5)
    assert tier.max_portfolio_heat == small.tiers[small.risk_tier].max_portfolio_heat


def test_a_micro_position_s_time_is_market_time() -> None:
    sessions = weekdays(DAY_0, 5)
    assert micro_trading.closes_at(at(0, 300), sessions, POLICY) == at(1, 30)
    early: Session = session_of(DAY_0, short=True)
    assert micro_trading.closing_time(early, POLICY) == at(0, 205)
    assert micro_trading.closing_time(session_of(DAY_0), POLICY) == closing(0) - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("value", "limit", "price", "shares"),
    [
        (1_000, 1_000.0, 100, 0),
        (1_001, 1_000.0, 100, 1),
        (1_100, 1_000.0, 100, 1),
        (1_101, 1_000.0, 100, 2),
        (5, -5.0, 1, 10),
    ],
)
def test_shares_too_many_are_rounded_up(value: int, limit: float, price: int, shares: int) -> None:
    assert concentration.excess_shares(value, limit, price) == shares
