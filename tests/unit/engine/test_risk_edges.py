"""The small rules of risk at their edges: exactly at the limit, one unit beside it, and every number that is told."""

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from engine.model.macro import MacroEvent, Severity
from engine.model.money import Money
from engine.model.portfolio import Book, ReserveEntry, ReservePoolTriggerType, RiskTierName, TierChangeCause
from engine.model.positions import Lot, MarkedPosition, Position, StopLevels, StopRule
from engine.model.verdict import Check, Verdict
from engine.policy import RISK_TIER_DEFAULTS
from engine.risk import (
    circuit_breaker,
    concentration,
    feed_health,
    gradual_entry,
    heat_tightening,
    macro_events,
    micro_trading,
    reserve_pool,
    risk_tier_controller,
    stop_loss_manager,
    stop_tightening,
)
from engine.risk.risk_tier_controller import TierMetrics, TradeOutcome
from engine.risk.stop_tightening import Circumstances
from tests.support.tapes import opening, rules

MODERATE = RISK_TIER_DEFAULTS[RiskTierName.MODERATE]
LEVELS = StopLevels(stop=960_000, target=1_080_000, atr=2.0, atr_multiplier=2.0, reward_risk_ratio=2.0)


def position(
    ticker: str = "AAA",
    shares: int = 10,
    *,
    levels: StopLevels = LEVELS,
    confidence: float = 0.7,
    entry: Money = 1_000_000,
    sector: str | None = "tech",
) -> Position:
    lot = Lot(lot_id=ticker, ticker=ticker, quantity=shares, cost=shares * entry, commission=0, acquired_at=opening(0))
    return Position(
        ticker=ticker,
        decision_id="d1",
        recommendation_id="r1",
        sector=sector,
        lots=(lot,),
        quantity=shares,
        cost=lot.cost,
        entry_price=entry,
        levels=levels,
        signal_confidence=confidence,
        recommended_at=opening(0),
        opened_at=opening(0),
    )


def test_that_micro_trading_is_off_is_said_and_that_it_is_on_needs_no_word() -> None:
    off = Verdict(check=Check.MICRO_ENABLED, passed=False, note="micro_trading_enabled is off")
    assert micro_trading.is_switched_on(rules()) == off
    assert micro_trading.is_switched_on(rules(micro_trading_enabled=True)) == replace(off, passed=True, note="")


@pytest.mark.parametrize(("made", "passed"), [(9, True), (10, False), (11, False)])
def test_the_eleventh_micro_trade_of_a_day_is_one_too_many(made: int, passed: bool) -> None:
    told = Verdict(check=Check.MICRO_COUNT, passed=passed, value=made, limit=10, unit="count")
    assert micro_trading.within_daily_count(made, rules()) == told


def test_a_tier_smaller_than_the_micro_cap_keeps_its_own() -> None:
    policy = micro_trading.policy_for_micro(rules(moderate={"max_position_pct": 0.01}))
    assert policy.tiers[RiskTierName.MODERATE].max_position_pct == 0.01
    assert policy.tiers[RiskTierName.AGGRESSIVE].max_position_pct == 0.03


def test_what_is_given_back_names_its_cause() -> None:
    assert reserve_pool.liquidate(700, at=opening(0), reference_id="close of day") == ReserveEntry(
        at=opening(0),
        trigger=ReservePoolTriggerType.EMERGENCY_LIQUIDATION,
        amount=-700,
        balance_after=0,
        reference_id="close of day",
    )


@pytest.mark.parametrize(
    ("amount", "after"),
    [(-1_000, 0), (-1_001, None), (-999, 1), (1, 1_001), (4_000, 5_000), (4_001, None), (0, None)],
)
def test_a_reserve_goes_from_nothing_to_all_the_cash(amount: Money, after: Money | None) -> None:
    entry = reserve_pool.adjust(amount, reserve=1_000, cash=5_000, at=opening(0), notes="by hand")
    assert (entry.balance_after if entry else None) == after
    if entry is not None:
        assert (entry.amount, entry.notes) == (amount, "by hand")
        assert entry.trigger is ReservePoolTriggerType.MANUAL_ADJUSTMENT


def test_a_reserve_above_the_cash_may_still_be_lowered() -> None:
    entry = reserve_pool.adjust(-100, reserve=9_000, cash=5_000, at=opening(0), notes="")
    assert entry is not None
    assert entry.balance_after == 8_900
    assert reserve_pool.adjust(1, reserve=9_000, cash=5_000, at=opening(0), notes="") is None


def siphoned(profit: Money, policy: Any = None) -> ReserveEntry | None:
    return reserve_pool.siphon(
        profit,
        reserve=0,
        total_value=10**9,
        at=opening(0),
        reference_id="d7",
        policy=policy or rules(reserve_siphon_pct=1.0),
    )


def test_the_smallest_profit_that_comes_to_a_cent_is_put_aside_and_names_the_sale() -> None:
    entry = siphoned(51)
    assert entry is not None
    assert (entry.amount, entry.reference_id) == (100, "d7")
    assert (siphoned(50), siphoned(0), siphoned(-100)) == (None, None, None)


def outcomes(*pnls: Money, risk: Money = 1_000) -> list[TradeOutcome]:
    return [TradeOutcome(pnl=pnl, initial_risk=risk) for pnl in pnls]


def test_a_trade_at_exactly_a_tenth_of_its_risk_tells_nothing() -> None:
    policy = rules(tier_min_trades=1)
    assert risk_tier_controller.win_rate(outcomes(100, -100), policy) == (None, 0)
    assert risk_tier_controller.win_rate(outcomes(101, -101), policy) == (0.5, 2)


def test_a_win_is_above_nothing_and_a_trade_of_nothing_is_none() -> None:
    policy = rules(tier_min_trades=1, tier_scratch_risk_pct=0.0)
    assert risk_tier_controller.win_rate(outcomes(1, -1), policy) == (0.5, 2)
    assert risk_tier_controller.win_rate(outcomes(0, -1), policy) == (0.0, 1)


def test_outcomes_are_values() -> None:
    outcome = outcomes(1)[0]
    with pytest.raises(FrozenInstanceError):
        outcome.pnl = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        TradeOutcome(1, 2)  # type: ignore[call-arg]
    assert not hasattr(outcome, "__dict__")


def judged(rate: float | None, drawdown: float, reserve: float) -> tuple[RiskTierName, TierChangeCause] | None:
    metrics = TierMetrics(win_rate=rate, trades=30, drawdown=drawdown, reserve_pct=reserve)
    return risk_tier_controller.evaluate(RiskTierName.MODERATE, metrics, rules(), is_resting=False, is_recovering=False)


def test_exactly_at_its_limits_the_tier_stays() -> None:
    assert judged(None, 0.15, 0.0) is None
    assert judged(0.40, 0.0, 0.0) is None
    assert judged(0.55, 0.0, 0.3) is None
    assert judged(0.9, 0.0, 0.20) is None
    assert judged(0.9, 0.05, 0.3) is None


def test_just_beyond_them_it_moves() -> None:
    assert judged(None, 0.1501, 0.0) == (RiskTierName.CONSERVATIVE, TierChangeCause.DRAWDOWN)
    assert judged(0.3999, 0.0, 0.0) == (RiskTierName.CONSERVATIVE, TierChangeCause.WIN_RATE)
    assert judged(0.5501, 0.0499, 0.2001) == (RiskTierName.AGGRESSIVE, TierChangeCause.PERFORMANCE)


def test_a_daily_loss_is_told_from_its_limit_to_the_ninth_place() -> None:
    assert not circuit_breaker.is_daily_loss(-0.02, rules())
    assert not circuit_breaker.is_daily_loss(-0.0200000004, rules())
    assert circuit_breaker.is_daily_loss(-0.020000001, rules())


def test_a_stop_exactly_as_long_ago_as_the_window_is_no_longer_in_it() -> None:
    now = opening(0)
    assert circuit_breaker.stops_within([now - timedelta(minutes=30), now], now, rules()) == 1
    assert circuit_breaker.stops_within([now - timedelta(minutes=30, microseconds=-1), now], now, rules()) == 2


def test_what_has_no_heat_is_not_tightened_and_what_has_a_little_is() -> None:
    flat = MarkedPosition(position("AAA", levels=replace(LEVELS, stop=1_000_000)), 1_000_000)
    little = MarkedPosition(position("BBB", 1, levels=replace(LEVELS, stop=999_999)), 1_000_000)
    assert heat_tightening.in_order([flat, little]) == [little]


def test_a_stop_that_comes_no_nearer_stays() -> None:
    at_its_nearest = MarkedPosition(position(levels=replace(LEVELS, stop=990_000)), 1_000_000)  # half an ATR is $1
    assert heat_tightening.nearer_stop(at_its_nearest, rules()) is None
    one_unit_further = MarkedPosition(position(levels=replace(LEVELS, stop=989_999)), 1_000_000)
    assert heat_tightening.nearer_stop(one_unit_further, rules(heat_tighten_step=1.0)) == 990_000


def book_of(*held: MarkedPosition, pool: Money = 1_000_000_000) -> Book:
    values = tuple(p.market_value for p in held)
    return Book(
        cash=pool - sum(values),
        reserve=0,
        total_value=pool,
        active_pool=pool,
        available_cash=0,
        heat_usd=0.0,
        open_count=len(held),
        positions=held,
        tickers=tuple(p.position.ticker for p in held),
        market_values=values,
        sector_values={},
        occupied=frozenset(),
        heat=0.0,
    )


def test_exactly_at_the_limit_nothing_is_trimmed_and_a_unit_above_it_one_share() -> None:
    assert concentration.excess_shares(8_000_000, 8_000_000, 1_000) == 0
    assert concentration.excess_shares(8_000_001, 8_000_000, 1_000) == 1
    assert concentration.excess_shares(8_001_000, 8_000_000, 1_000) == 1
    assert concentration.excess_shares(8_001_001, 8_000_000, 1_000) == 2


def test_too_many_positions_go_least_confident_first_and_say_why() -> None:
    held = [
        MarkedPosition(position(t, 1, confidence=c, sector=t), 1_000_000)
        for t, c in (("AAA", 0.9), ("BBB", 0.6), ("CCC", 0.7))
    ]
    assert concentration.trims(book_of(*held), MODERATE, rules(max_open_positions=2)) == {
        "BBB": (1, "max_open_positions")
    }


def test_what_is_trimmed_away_wholly_no_longer_counts_as_a_position() -> None:
    # the sector may hold $300 of $1,000: the least confident share of four goes, and three positions are left
    held = [
        MarkedPosition(position(t, 1, confidence=c, entry=1_000_000), 1_000_000)
        for t, c in (("AAA", 0.9), ("BBB", 0.6), ("CCC", 0.7), ("DDD", 0.8))
    ]
    wide = replace(MODERATE, max_position_pct=1.0)
    trims = concentration.trims(book_of(*held, pool=10_000_000), wide, rules(max_open_positions=3))
    assert trims == {"BBB": (1, "max_sector_pct")}


def circumstances(price: Money = 1_000_000, **about: Any) -> Circumstances:
    plain: dict[str, Any] = {"atr": 2.0, "sessions_to_earnings": None, "is_event_on": False}
    return Circumstances(price=price, **plain | about)


def test_an_atr_that_moved_by_exactly_a_tenth_has_not_moved() -> None:
    assert not stop_tightening.has_atr_moved(LEVELS, 2.2, rules())
    assert not stop_tightening.has_atr_moved(LEVELS, 1.8, rules())
    assert stop_tightening.has_atr_moved(LEVELS, 2.200001, rules())
    assert stop_tightening.has_atr_moved(LEVELS, 1.799999, rules())


@pytest.mark.parametrize(
    ("sessions", "before"), [(-1, False), (0, True), (1, True), (3, True), (4, False), (None, False)]
)
def test_earnings_are_ahead_from_the_day_itself_to_three_sessions_before(sessions: int | None, before: bool) -> None:
    assert stop_tightening.is_before_earnings(sessions, rules()) is before


def test_of_two_factors_that_are_alike_the_first_rule_is_named() -> None:
    policy = rules(event_tighten_factor=0.7)
    both = circumstances(sessions_to_earnings=1, is_event_on=True)
    assert stop_tightening.factor(both, policy) == (0.7, StopRule.EARNINGS)


def test_levels_of_an_entry_carry_the_numbers_they_were_made_with() -> None:
    levels = stop_loss_manager.initial_levels(1_000_000, 2.0, replace(MODERATE, reward_risk_ratio=2.5))
    assert levels == replace(LEVELS, target=1_100_000, reward_risk_ratio=2.5)


def test_a_further_fill_keeps_a_break_even_stop_armed() -> None:
    armed = replace(LEVELS, stop=1_000_000, trailing_stop_active=True)
    after = stop_loss_manager.after_further_fill(armed, 1_010_000, MODERATE)
    assert (after.stop, after.trailing_stop_active) == (1_000_000, True)
    fresh = stop_loss_manager.after_further_fill(LEVELS, 1_010_000, MODERATE)
    assert (fresh.stop, fresh.trailing_stop_active) == (970_000, False)


def test_the_atr_after_a_split_is_rounded_to_six_places() -> None:
    assert stop_loss_manager.after_split(LEVELS, Fraction(3)).atr == 0.666667


def test_an_event_concerns_the_tickers_or_the_sector_that_it_names() -> None:
    def event(**about: Any) -> MacroEvent:
        return MacroEvent(event_id="m", severity=Severity.HIGH, at=opening(0), until=opening(1), **about)

    by_sector, by_ticker = event(sector="tech"), event(tickers=frozenset({"AAA"}))
    assert macro_events.concern([by_sector], "BBB", "tech")
    assert not macro_events.concern([by_sector], "BBB", None)
    assert macro_events.concern([by_ticker], "AAA", None)
    assert not macro_events.concern([by_ticker], "BBB", "tech")
    assert macro_events.concern([by_ticker, event()], "BBB", None)


def test_exactly_its_share_of_silent_tickers_is_a_failed_feed() -> None:
    policy = rules(feed_failure_share=0.25, feed_failure_tickers=100)
    assert feed_health.has_feed_failed(2, 8, 0, policy)
    assert not feed_health.has_feed_failed(2, 9, 0, policy)


def test_an_entry_of_exactly_the_threshold_comes_in_one_piece() -> None:
    policy = rules(gradual_entry_tranches=3)
    assert not gradual_entry.should_use_gradual_entry(300_000, 10**9, policy)
    assert gradual_entry.should_use_gradual_entry(300_001, 10**9, policy)
