"""Exits: how is a position sold? No check, breaker, pause or minimum ever blocks it; only `halted` does."""

from datetime import datetime

from engine.decision.effects import CancelOrder, Effect, RecordDecision, SubmitOrder
from engine.decision.state import State, WorkingOrder
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import Money, dollars
from engine.model.orders import Order, OrderSide, OrderTag, OrderType, TimeInForce, client_order_id
from engine.model.portfolio import TradingState
from engine.model.positions import Position
from engine.model.recommendation import Recommendation
from engine.model.verdict import Check, Trace, Verdict


def sell(
    state: State,
    position: Position,
    *,
    tag: OrderTag,
    at: datetime,
    trigger_price: Money | None = None,
    recommendation: Recommendation | None = None,
    verdicts: tuple[Verdict, ...] = (),
) -> list[Effect]:
    """Return the effects that sell all of `position` at the market, noted in `state`.

    `verdicts` are those of the recommendation that asks for it, `not_halted` among them. `trigger_price` names the
    level that was hit inside a bar, or the last close of a ticker that vanished. While trading is halted nothing
    leaves: the decision says so.
    """
    halted = not_halted(state)
    asked = verdicts or (halted,)
    decision = _decision(state, position, tag, at, recommendation, asked, trigger_price)
    if not halted.passed:
        return [RecordDecision(decision=decision)]
    order = Order(
        client_order_id=client_order_id(decision.decision_id),
        decision_id=decision.decision_id,
        recommendation_id=decision.recommendation_id,
        ticker=position.ticker,
        side=OrderSide.SELL,
        quantity=position.quantity,
        order_type=OrderType.MARKET,
        limit_price=None,
        time_in_force=TimeInForce.DAY,
        tag=tag,
        created_at=at,
        trigger_price=trigger_price,
    )
    state.working[order.client_order_id] = WorkingOrder(order=order)
    state.changed()
    return [RecordDecision(decision=decision), SubmitOrder(order=order)]


def not_halted(state: State) -> Verdict:
    """May anything leave at all?"""
    passed = state.trading is not TradingState.HALTED
    return Verdict(check=Check.NOT_HALTED, passed=passed, note="" if passed else state.trading_cause)


def close_vanished(state: State, position: Position, at: datetime) -> list[Effect]:
    """Return the effects that close a position whose ticker no longer trades, at its last close.

    A sale that waits for a price that will not come is called back first.
    """
    waiting = [w.order for w in state.working.values() if w.order.ticker == position.ticker]
    effects: list[Effect] = [CancelOrder(client_order_id=o.client_order_id) for o in waiting]
    for order in waiting:
        del state.working[order.client_order_id]
    return [
        *effects,
        *sell(state, position, tag=OrderTag.VANISHED, at=at, trigger_price=state.prices[position.ticker]),
    ]


def _decision(
    state: State,
    position: Position,
    tag: OrderTag,
    at: datetime,
    recommendation: Recommendation | None,
    verdicts: tuple[Verdict, ...],
    trigger_price: Money | None,
) -> Decision:
    failed = next((v for v in verdicts if not v.passed), None)
    book = state.book()
    return Decision(
        decision_id=state.next_decision_id(),
        at=at,
        kind=DecisionKind.EXIT,
        outcome=TradingDecisionType.SKIP if failed else TradingDecisionType.ACT,
        ticker=position.ticker,
        cause=recommendation.recommendation_id if recommendation else tag.value,
        recommendation_id=recommendation.recommendation_id if recommendation else None,
        skip_reason=failed.skip_reason if failed else None,
        confidence=recommendation.confidence if recommendation else None,
        price=trigger_price if trigger_price is not None else state.prices[position.ticker],
        shares=0 if failed else position.quantity,
        risk_tier=state.tier,
        heat=book.heat,
        active_pool=book.active_pool,
        reserve=book.reserve,
        is_micro=position.is_micro,
        trace=Trace(verdicts=verdicts, inputs=_inputs(position, state.prices[position.ticker], trigger_price)),
    )


def _inputs(
    position: Position, last_price: Money, trigger_price: Money | None
) -> tuple[tuple[str, float | int | str | None], ...]:
    levels = position.levels
    return (
        ("quantity", position.quantity),
        ("entry_price", dollars(position.entry_price)),
        ("last_price", dollars(last_price)),
        ("trigger_price", dollars(trigger_price) if trigger_price is not None else None),
        ("stop", dollars(levels.stop)),
        ("target", dollars(levels.target)),
        ("trailing_stop_active", str(levels.trailing_stop_active).lower()),
        ("opened_by", position.decision_id),
    )
