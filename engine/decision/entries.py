"""Entries: how does a draft that passed every check become a decision and its orders?"""

from engine.decision import drafts
from engine.decision.effects import Effect, RecordDecision, SubmitOrder
from engine.decision.memory import EntryPlan, PlannedEntry
from engine.decision.state import State, WorkingOrder
from engine.errors import BrokenInvariant
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import dollars
from engine.model.orders import Order, OrderSide, OrderTag, OrderType, TimeInForce, client_order_id
from engine.model.verdict import PositionSize, Trace
from engine.risk import exposure, gradual_entry, position_sizer


def enter(state: State, draft: drafts.Draft, trace: Trace | None) -> list[Effect]:
    """Return the decision to take `draft` and its first order; the tranches that follow are noted in `state`."""
    decision = _decision(state, draft, _size(draft), trace)
    parts: tuple[int, ...] = (decision.shares,)
    if gradual_entry.should_use_gradual_entry(
        decision.shares * (decision.price or 0), draft.book.active_pool, draft.policy
    ):
        parts = gradual_entry.split_into_tranches(decision.shares, draft.policy)
    if len(parts) > 1:
        state.agenda.entries[draft.ticker] = PlannedEntry(
            decision_id=decision.decision_id,
            recommendation=draft.recommendation,
            plan=_plan(draft),
            shares=parts[1:],
            done=1,
            last_at=draft.at,
        )
    state.agenda.micro_entries += draft.is_micro
    ordered = _order(state, draft, decision.decision_id, parts[0], tranche=1, of=len(parts))
    return [RecordDecision(decision=decision), ordered]


def submit(state: State, draft: drafts.Draft, *, decision_id: str, tranche: int, of: int) -> list[Effect]:
    """Return the order of one further tranche, under the decision that planned it."""
    return [_order(state, draft, decision_id, _size(draft).shares, tranche=tranche, of=of)]


def _size(draft: drafts.Draft) -> PositionSize:
    if draft.size is None or not draft.size.shares:
        raise BrokenInvariant(f"an entry in {draft.ticker} passed every check without a size")
    return draft.size


def _decision(state: State, draft: drafts.Draft, size: PositionSize, trace: Trace | None) -> Decision:
    rec, book = draft.recommendation, draft.book
    return Decision(
        decision_id=state.next_decision_id(),
        at=draft.at,
        kind=DecisionKind.MICRO if draft.is_micro else DecisionKind.ENTRY,
        outcome=TradingDecisionType.ACT,
        ticker=rec.ticker,
        cause=rec.recommendation_id,
        recommendation_id=None if draft.is_micro else rec.recommendation_id,
        confidence=rec.confidence,
        price=draft.price,
        shares=size.shares,
        dollars=size.dollars,
        risk_tier=state.tier,
        heat=book.heat,
        active_pool=book.active_pool,
        reserve=book.reserve,
        is_micro=draft.is_micro,
        trace=trace,
    )


def _plan(draft: drafts.Draft) -> EntryPlan:
    if draft.price is None or draft.atr is None or draft.stop is None:
        raise BrokenInvariant(f"an entry in {draft.ticker} passed every check without a price or an ATR")
    return EntryPlan(
        tier=draft.tier,
        atr=draft.atr,
        sector=draft.sector,
        confidence=draft.recommendation.confidence,
        recommended_at=draft.recommendation.generated_at,
        thesis=draft.recommendation.thesis,
        worst_price=position_sizer.worst_price(draft.price, draft.policy),
        risk_per_share_usd=exposure.open_risk_usd(dollars(draft.price), draft.price, draft.stop),
        is_micro=draft.is_micro,
    )


def _order(state: State, draft: drafts.Draft, decision_id: str, shares: int, *, tranche: int, of: int) -> SubmitOrder:
    plan = _plan(draft)
    order = Order(
        client_order_id=client_order_id(decision_id, tranche=tranche),
        decision_id=decision_id,
        recommendation_id=None if draft.is_micro else draft.recommendation.recommendation_id,
        ticker=draft.ticker,
        side=OrderSide.BUY,
        quantity=shares,
        order_type=OrderType.LIMIT,
        limit_price=plan.worst_price,
        time_in_force=TimeInForce.DAY,
        tag=OrderTag.MICRO_ENTRY if draft.is_micro else OrderTag.ENTRY,
        created_at=draft.at,
        tranche=tranche,
        tranche_count=of,
    )
    state.working[order.client_order_id] = WorkingOrder(order=order, plan=plan)
    state.changed()
    return SubmitOrder(order=order)
