"""Micro trading: is an intraday signal traded, and when does its position close again?

A signal upwards is an entry like any other, by the numbers of micro trading. One downwards closes the micro position in
its ticker; nothing is ever sold short.
"""

from datetime import datetime

from engine.decision import checks, drafts, entries, exits
from engine.decision.effects import DeferSignal, Effect, RecordDecision
from engine.decision.state import State
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.orders import OrderTag
from engine.model.signals import IntradaySignal, SignalDirection
from engine.model.verdict import Check, Trace, Verdict
from engine.policy import TradingPolicy
from engine.risk import micro_trading


def judge(state: State, signal: IntradaySignal, at: datetime, policy: TradingPolicy, *, traced: bool) -> list[Effect]:
    """Return the decision on `signal` and its order, or the request to offer it again."""
    if signal.direction is SignalDirection.DOWN:
        return _judge_down(state, signal, at)
    draft = drafts.MicroDraft(signal, at, state, policy)
    failed = checks.waits_for_window(draft) or checks.first_failure(draft, of=checks.MICRO_CHECKS)
    if failed is not None and failed.check in drafts.MAY_STILL_COME:
        until = drafts.next_chance(draft, failed)
        return [DeferSignal(signal=signal, until=until, reason=failed.skip_reason)]
    trace = checks.trace(draft, of=checks.MICRO_CHECKS) if traced else None
    if failed is None:
        return entries.enter(state, draft, trace)
    return [RecordDecision(decision=_skip(state, signal, at, failed, trace, draft.price))]


def close_old(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects that close micro positions whose time is over, and all of them shortly before the close.

    One that is still there the day after, because nothing could leave, is closed at the first look.
    """
    effects: list[Effect] = []
    if state.session is None:
        return effects
    day_is_over = at >= micro_trading.closing_time(state.session, policy)
    for position in tuple(state.positions.values()):
        if not position.is_micro or state.is_exiting(position.ticker):
            continue
        held_long_enough = position.closes_at is not None and at >= position.closes_at
        if held_long_enough or day_is_over or position.opened_at < state.session.open_at:
            effects += exits.sell(state, position, tag=OrderTag.MICRO_CLOSE, at=at)
    return effects


def _judge_down(state: State, signal: IntradaySignal, at: datetime) -> list[Effect]:
    position = state.positions.get(signal.ticker)
    if position is not None and position.is_micro and not state.is_exiting(signal.ticker):
        return exits.sell(state, position, tag=OrderTag.MICRO_CLOSE, at=at, cause=signal.signal_id)
    failed = Verdict(check=Check.HOLDING, passed=False, note="no micro position to close; nothing is sold short")
    return [RecordDecision(decision=_skip(state, signal, at, failed, Trace(verdicts=(failed,)), None))]


def _skip(
    state: State, signal: IntradaySignal, at: datetime, failed: Verdict, trace: Trace | None, price: int | None
) -> Decision:
    book = state.book()
    return Decision(
        decision_id=state.next_decision_id(),
        at=at,
        kind=DecisionKind.MICRO,
        outcome=TradingDecisionType.SKIP,
        ticker=signal.ticker,
        cause=signal.signal_id,
        skip_reason=failed.skip_reason,
        failed_value=failed.value,
        failed_limit=failed.limit,
        confidence=signal.confidence,
        price=price,
        risk_tier=state.tier,
        heat=book.heat,
        active_pool=book.active_pool,
        reserve=book.reserve,
        is_micro=True,
        trace=trace,
    )
