"""Recommendations: taken, skipped, or put off?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from engine.decision import checks, drafts, entries, exits, screening
from engine.decision.effects import (
    DeferRecommendation,
    Effect,
    OfferRest,
    RecordDecision,
    RecordTurnedDown,
    SubmitOrder,
)
from engine.decision.state import State
from engine.model.decision_log import TurnedDown
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.orders import OrderTag
from engine.model.recommendation import Action, Recommendation
from engine.model.tape import RecommendationBatch, RecommendationTable
from engine.model.verdict import Check, Trace, Verdict
from engine.policy import TradingPolicy


def judge(
    state: State, recommendation: Recommendation, at: datetime, policy: TradingPolicy, *, traced: bool
) -> list[Effect]:
    """Return the decision on `recommendation` and its order, or the request to offer it again (spec section 3)."""
    if recommendation.action is Action.SELL:
        return _judge_sell(state, recommendation, at, policy, traced=traced)
    return _judge_buy(state, recommendation, at, policy, traced=traced)


def judge_batch(
    state: State, batch: RecommendationBatch, at: datetime, policy: TradingPolicy, *, traced: bool
) -> list[Effect]:
    """Return the decisions on `batch` in order, up to the first that orders something; the rest is to be offered again.

    Without traces, most are turned down at a glance (`screening`), and all that are at the same books as one block.
    """
    table = batch.table
    if traced or state.market is None:
        return _one_by_one(state, batch, at, policy, traced=traced)
    screen = screening.Screen.of(table, at, state, policy)
    effects: list[Effect] = []
    block: TurnedDown | None = None
    for place, i in enumerate(batch.order):
        verdict = screen.look(i)
        if verdict is not None and verdict.passed:
            draft = drafts.Draft(table.row(i), at, state, policy)
            verdict = checks.first_failure(draft, after=verdict.check)
            if verdict is None:
                return [*effects, *entries.enter(state, draft, None), *_rest(batch, place)]
        if verdict is not None:
            if block is None:
                block = _block(state, table, at)
                effects.append(RecordTurnedDown(block=block))
            block.add(i, verdict.skip_reason, verdict.value, verdict.limit, screen.price(i))
            state.decisions_made += 1
            continue
        block = None
        effects += judge(state, table.row(i), at, policy, traced=traced)
        if isinstance(effects[-1], SubmitOrder):
            return [*effects, *_rest(batch, place)]
        if state.book() is not screen.book:
            screen = screening.Screen.of(table, at, state, policy)
    return effects


def _one_by_one(
    state: State, batch: RecommendationBatch, at: datetime, policy: TradingPolicy, *, traced: bool
) -> list[Effect]:
    effects: list[Effect] = []
    for place, i in enumerate(batch.order):
        effects += judge(state, batch.table.row(i), at, policy, traced=traced)
        if isinstance(effects[-1], SubmitOrder):
            return [*effects, *_rest(batch, place)]
    return effects


def _rest(batch: RecommendationBatch, place: int) -> list[Effect]:
    left = batch.after(place)
    return [OfferRest(batch=left)] if left.order else []


def _block(state: State, table: RecommendationTable, at: datetime) -> TurnedDown:
    book = state.book()
    return TurnedDown(
        table=table,
        at=at,
        id_prefix=state.id_prefix,
        first_number=state.decisions_made + 1,
        risk_tier=state.tier,
        heat=book.heat,
        active_pool=book.active_pool,
        reserve=book.reserve,
        rows=[],
        skip_reasons=[],
        failed_values=[],
        failed_limits=[],
        prices=[],
    )


def _judge_buy(state: State, rec: Recommendation, at: datetime, policy: TradingPolicy, *, traced: bool) -> list[Effect]:
    draft = drafts.Draft(rec, at, state, policy)
    failed = checks.waits_for_window(draft) or checks.first_failure(draft)
    if failed is not None and failed.check in drafts.MAY_STILL_COME:
        return [_defer(draft, failed)]
    if failed is not None and failed.check is Check.HELD:
        _refresh_confidence(state, rec)
    trace = checks.trace(draft) if traced else None
    if failed is not None:
        return [RecordDecision(decision=_skip(state, rec, at, failed, trace, draft))]
    return entries.enter(state, draft, trace)


def _defer(draft: drafts.Draft, failed: Verdict) -> DeferRecommendation:
    until = drafts.next_chance(draft, failed)
    return DeferRecommendation(recommendation=draft.recommendation, until=until, reason=failed.skip_reason)


def _refresh_confidence(state: State, rec: Recommendation) -> None:
    position = state.positions.get(rec.ticker)
    if position is not None and position.recommended_at < rec.generated_at:
        newer = replace(position, signal_confidence=rec.confidence, recommended_at=rec.generated_at)
        state.put_position(newer)


def _skip(
    state: State, rec: Recommendation, at: datetime, failed: Verdict, trace: Trace | None, draft: drafts.Draft | None
) -> Decision:
    book = state.book()
    return Decision(
        decision_id=state.next_decision_id(),
        at=at,
        kind=DecisionKind.ENTRY if rec.action is Action.BUY else DecisionKind.EXIT,
        outcome=TradingDecisionType.SKIP,
        ticker=rec.ticker,
        cause=rec.recommendation_id,
        recommendation_id=rec.recommendation_id,
        skip_reason=failed.skip_reason,
        failed_value=failed.value,
        failed_limit=failed.limit,
        confidence=rec.confidence,
        price=draft.price if draft else None,
        risk_tier=state.tier,
        heat=book.heat,
        active_pool=book.active_pool,
        reserve=book.reserve,
        trace=trace,
    )


def _judge_sell(
    state: State, rec: Recommendation, at: datetime, policy: TradingPolicy, *, traced: bool
) -> list[Effect]:
    verdicts: list[Verdict] = []
    for verdict in _sell_verdicts(state, rec, at, policy):
        verdicts.append(verdict)
        if not (verdict.passed or traced):
            break
    failed = next((v for v in verdicts if not v.passed), None)
    if failed is not None and failed.check is Check.MARKET_OPEN:
        until = next((s.open_at for s in state.sessions.open_after(at)), at)
        return [DeferRecommendation(recommendation=rec, until=until, reason=failed.skip_reason)]
    if failed is not None:
        trace = Trace(verdicts=tuple(verdicts)) if traced else None
        decided = RecordDecision(decision=_skip(state, rec, at, failed, trace, None))
        return [decided, *(exits.stop_buying(state, rec.ticker, at) if failed.check is Check.HOLDING else ())]
    position = state.positions[rec.ticker]
    return exits.sell(
        state, position, tag=OrderTag.RECOMMENDATION_EXIT, at=at, recommendation=rec, verdicts=tuple(verdicts)
    )


def _sell_verdicts(state: State, rec: Recommendation, at: datetime, policy: TradingPolicy) -> Iterator[Verdict]:
    yield checks.mode_is_ours(rec, policy)
    yield checks.is_fresh(at, rec.expires_at or state.sessions.recommendation_expiry(rec.generated_at))
    selling = state.is_exiting(rec.ticker)
    held = rec.ticker in state.positions and not selling
    yield screening.holding(held=held, note="is being sold already" if selling else "")
    value, limit = rec.confidence, policy.exit_min_confidence
    yield Verdict(check=Check.CONFIDENCE, passed=value >= limit, value=value, limit=limit, unit="pct")
    yield exits.not_halted(state)
    session = state.session
    is_open = session is not None and session.open_at <= at < session.close_at
    yield Verdict(check=Check.MARKET_OPEN, passed=is_open)
