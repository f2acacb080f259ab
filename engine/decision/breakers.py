"""Breakers: when does one trip, what does it stop, and when does it end?

A cause trips once: again only after it was false, or in a new session (spec section 6). One that trips again while its
breaker is on takes its place. No breaker ever stops an exit.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from engine.accounting import performance_tracker
from engine.decision import tranches
from engine.decision.effects import Effect, RecordBreaker
from engine.decision.state import State
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.policy import TradingPolicy
from engine.risk import circuit_breaker

_Trigger = CircuitBreakerTriggerType


def expire(state: State, at: datetime) -> list[Effect]:
    """Return the ends of the breakers whose time is over at `at`; also forgets tickers that have cooled down."""
    if not state.breakers:
        return []
    over = [b for b in state.breakers.values() if b.cooldown_expires is not None and b.cooldown_expires <= at]
    for breaker in over:
        state.cool_downs.pop(breaker.ticker, None)
    return [_end(state, b, b.cooldown_expires or at) for b in over]


def look_at_account(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return what the account's loss since the previous close trips."""
    day = performance_tracker.daily_return(state.total_value(), state.value_at_close, state.deposits_since_close)
    cause = circuit_breaker.is_daily_loss(day, policy)
    if not _is_news(state, (_Trigger.DAILY_LOSS, ""), cause=cause):
        return []
    minutes = policy.daily_loss_cooldown_minutes
    return _trip(state, _Trigger.DAILY_LOSS, at, minutes, threshold=policy.daily_loss_pct, actual=-day)


def stop_was_hit(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Note a stop that cost money, and return what it trips."""
    stops = state.stops_at
    if stops and stops[-1] < at and not circuit_breaker.is_volatile(stops, at - timedelta.resolution, policy):
        state.causes.pop((_Trigger.VOLATILITY, ""), None)  # it went while nobody asked
    stops.append(at)
    count = circuit_breaker.stops_within(stops, at, policy)
    cause = circuit_breaker.is_volatile(stops, at, policy)
    if not _is_news(state, (_Trigger.VOLATILITY, ""), cause=cause):
        return []
    minutes, threshold = policy.volatility_cooldown_minutes, policy.volatility_stop_count
    return _trip(state, _Trigger.VOLATILITY, at, minutes, threshold=threshold, actual=count)


def position_was_closed(state: State, ticker: str, at: datetime, loss: float, policy: TradingPolicy) -> list[Effect]:
    """Return the breaker of a position that lost more than one may and is being closed: its ticker cools down."""
    if not _is_news(state, (_Trigger.SINGLE_POSITION, ticker), cause=True):
        return []  # it is still waiting to be sold
    effects = _trip(
        state,
        _Trigger.SINGLE_POSITION,
        at,
        policy.single_position_cooldown_minutes,
        threshold=policy.single_position_loss_pct,
        actual=loss,
        ticker=ticker,
    )
    until = state.breakers[_Trigger.SINGLE_POSITION, ticker].cooldown_expires
    if until is not None:
        state.cool_downs[ticker] = until
    return effects


def set_manual(state: State, at: datetime) -> list[Effect]:
    """Return the breaker that a person trips: it stays until a person ends it."""
    if (_Trigger.MANUAL, "") in state.breakers:
        return []
    return _trip(state, _Trigger.MANUAL, at, None, threshold=0, actual=0)


def clear(state: State, breaker_id: str, at: datetime) -> list[Effect]:
    """Return the end of a breaker that a person puts an end to; nothing when it is not on.

    Its cause does not trip it again while it stays true, but in a new session.
    """
    found = next((b for b in state.breakers.values() if b.breaker_id == breaker_id), None)
    if found is None:
        return []
    state.cool_downs.pop(found.ticker, None)
    return [_end(state, found, at)]


def _is_news(state: State, key: tuple[_Trigger, str], *, cause: bool) -> bool:
    """Did the cause come up now: was it false before, or is it a new session's?"""
    before = state.causes.get(key)
    today = state.session.on if state.session is not None else None
    if not cause:
        state.causes.pop(key, None)
        return False
    state.causes[key] = today
    return before is None or before != today


def _trip(
    state: State,
    trigger: _Trigger,
    at: datetime,
    minutes: int | None,
    *,
    threshold: float,
    actual: float,
    ticker: str = "",
) -> list[Effect]:
    state.breakers_tripped += 1
    breaker = BreakerEvent(
        breaker_id=f"b{state.breakers_tripped}",
        at=at,
        trigger=trigger,
        threshold=threshold,
        actual=actual,
        ticker=ticker,
        cooldown_expires=None if minutes is None else state.sessions.after_market_minutes(at, minutes),
    )
    on_already = state.breakers.get((trigger, ticker))
    ended = [_end(state, on_already, at)] if on_already is not None else []
    state.breakers[trigger, ticker] = breaker
    stopped = [] if ticker else tranches.cancel_all(state, at, trigger.value)
    return [*ended, RecordBreaker(event=breaker), *stopped]


def _end(state: State, breaker: BreakerEvent, at: datetime) -> RecordBreaker:
    del state.breakers[breaker.trigger, breaker.ticker]
    return RecordBreaker(event=replace(breaker, resolved_at=at))
