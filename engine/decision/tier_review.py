"""Tier review: at the close, is the reserve needed, and does the tier still fit?"""

from datetime import datetime

from engine.decision import notices
from engine.decision.effects import Effect, RecordReserveEntry, RecordTierChange
from engine.decision.state import State
from engine.model.notices import NoticeKind
from engine.model.portfolio import RiskTierName, TierChange, TierChangeCause
from engine.model.sessions import Session
from engine.policy import TradingPolicy
from engine.risk import reserve_pool, risk_tier_controller
from engine.risk.risk_tier_controller import TierMetrics


def review(state: State, session: Session, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return what follows from how the account stands at the close (spec section 6)."""
    return [*_tier_and_reserve(state, session, at, policy), *_high_water(state, at, policy)]


def _tier_and_reserve(state: State, session: Session, at: datetime, policy: TradingPolicy) -> list[Effect]:
    _forget_old_outcomes(state, session, policy)
    metrics = _metrics(state, policy)
    if state.is_recovering and metrics.drawdown < policy.emergency_recovery_pct:
        state.is_recovering = False
    if reserve_pool.is_emergency(metrics.drawdown, policy) and state.emergency_peak != state.performance.peak:
        return _emergency(state, session, at, metrics)
    change = risk_tier_controller.evaluate(
        state.tier,
        metrics,
        policy,
        is_resting=_is_resting(state, session, policy),
        is_recovering=state.is_recovering,
    )
    return _change(state, *change, session, at, metrics) if change is not None else []


def set_tier(state: State, tier: RiskTierName, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the change to the tier that a person chose; it rests like any other."""
    if tier is state.tier:
        return []
    metrics, session = _metrics(state, policy), state.session
    if session is None:
        session = next(state.sessions.open_after(at))
    return _change(state, tier, TierChangeCause.OPERATOR, session, at, metrics)


def _high_water(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Tell of a reserve above its high-water mark, once until it is below again."""
    total = state.book().total_value
    before = state.agenda.is_above_high_water
    now = state.agenda.is_above_high_water = reserve_pool.is_above_high_water(state.reserve, total, policy)
    if not now or before:
        return []
    value = state.reserve / total if total > 0 else None
    return [notices.tell(NoticeKind.RESERVE_HIGH_WATER, at, value=value, limit=policy.reserve_high_water_pct)]


def _emergency(state: State, session: Session, at: datetime, metrics: TierMetrics) -> list[Effect]:
    """Give the reserve back and go to the most careful tier, once for each peak that the account has fallen from."""
    state.emergency_peak, state.is_recovering = state.performance.peak, True
    effects: list[Effect] = []
    entry = reserve_pool.liquidate(state.reserve, at=at, reference_id=f"close of {session.on}")
    if entry is not None:
        state.reserve = entry.balance_after
        state.changed()
        effects.append(RecordReserveEntry(entry=entry))
    careful = RiskTierName.CONSERVATIVE
    if state.tier is not careful:
        effects += _change(state, careful, TierChangeCause.EMERGENCY, session, at, metrics)
    return effects


def _change(
    state: State, new: RiskTierName, cause: TierChangeCause, session: Session, at: datetime, metrics: TierMetrics
) -> list[Effect]:
    change = TierChange(
        at=at,
        previous=state.tier,
        new=new,
        cause=cause,
        win_rate=metrics.win_rate,
        trades=metrics.trades,
        drawdown=metrics.drawdown,
        reserve_pct=metrics.reserve_pct,
    )
    state.tier, state.tier_changed_on = new, session.on
    return [RecordTierChange(change=change)]


def _metrics(state: State, policy: TradingPolicy) -> TierMetrics:
    rate, trades = risk_tier_controller.win_rate((outcome for _, outcome in state.outcomes), policy)
    total = state.book().total_value
    return TierMetrics(
        win_rate=rate,
        trades=trades,
        drawdown=state.performance.drawdown,
        reserve_pct=state.reserve / total if total > 0 else 0.0,
    )


def _is_resting(state: State, session: Session, policy: TradingPolicy) -> bool:
    changed_on = state.tier_changed_on
    return changed_on is not None and (
        state.sessions.sessions_between(changed_on, session.on) <= policy.tier_rest_sessions
    )


def _forget_old_outcomes(state: State, session: Session, policy: TradingPolicy) -> None:
    """Leave the trades of the last `tier_window_sessions` sessions, this one included."""
    outcomes = state.outcomes
    while outcomes and state.sessions.sessions_between(outcomes[0][0], session.on) >= policy.tier_window_sessions:
        outcomes.popleft()
