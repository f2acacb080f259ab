"""Exits: how is a position sold? No check, breaker, pause or minimum ever blocks it; only `halted` does."""

from dataclasses import dataclass, replace
from datetime import datetime

from engine.decision import notices, tranches
from engine.decision.effects import CancelOrder, Effect, RecordDecision, SubmitOrder
from engine.decision.state import State, WorkingOrder
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import Money, dollars
from engine.model.notices import NoticeKind
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
    kind: DecisionKind = DecisionKind.EXIT,
    cause: str = "",
) -> list[Effect]:
    """Return the effects that sell all of `position` at the market, noted in `state`.

    `verdicts` are those of the recommendation that asks for it, `not_halted` among them. `trigger_price` names the
    level that was hit inside a bar, or the last close of a ticker that vanished; `cause` the signal that asks for it.
    Further parts of its entry are cancelled. While trading is halted nothing leaves: the decision says so.
    """
    why = _Why(tag=tag, kind=kind, at=at, cause=cause or tag.value, recommendation=recommendation)
    asked = verdicts or (not_halted(state),)
    return _sell(state, position, state.unsold(position), why, asked, trigger_price)


def trim(state: State, position: Position, shares: int, *, at: datetime, limit: str) -> list[Effect]:
    """Return the effects that sell `shares` of `position` because it has outgrown `limit`, the name of a setting."""
    why = _Why(tag=OrderTag.REBALANCE, kind=DecisionKind.REBALANCE, at=at, cause=OrderTag.REBALANCE.value, limit=limit)
    return _sell(state, position, shares, why, (not_halted(state),), None)


def stop_buying(state: State, ticker: str, at: datetime, why: str = "sell") -> list[Effect]:
    """Return the effects that cancel what is planned in `ticker`, and ask the broker to end what is being bought."""
    buying = [w.order.client_order_id for w in state.working_in(ticker, OrderSide.BUY)]
    return [*tranches.cancel(state, ticker, at, why), *(CancelOrder(client_order_id=order) for order in buying)]


def repeat_owed(state: State, at: datetime) -> list[Effect]:
    """Return the exits that the broker ended before they were filled, ordered again; none while trading is halted."""
    if not state.agenda.owed or not not_halted(state).passed:
        return []
    owed, state.agenda.owed = sorted(state.agenda.owed), set()
    return [effect for ticker in owed for effect in _again(state, state.positions[ticker], at)]


def _again(state: State, position: Position, at: datetime) -> list[Effect]:
    shares, old = state.unsold(position), state.agenda.closing[position.ticker]
    if shares <= 0:
        return []
    attempt = old.attempt + 1
    again = replace(
        old,
        client_order_id=client_order_id(old.decision_id, attempt=attempt),
        attempt=attempt,
        quantity=shares,
        created_at=at,
        trigger_price=None,
    )
    state.agenda.closing[position.ticker] = again
    told = notices.tell(
        NoticeKind.EXIT_REPEATED,
        at,
        ticker=position.ticker,
        value=attempt,
        reference_id=old.decision_id,
        note=old.tag.value,
    )
    return [told, *_submit(state, again)]


def ended(state: State, ended_id: str) -> list[Effect]:
    """Note that the broker ended an order; what an exit has not sold is owed, and ordered again at the next look."""
    working = state.working.pop(ended_id, None)
    state.changed()
    if working is not None and working.order.side is OrderSide.SELL and working.order.ticker in state.agenda.closing:
        state.agenda.owed.add(working.order.ticker)
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Why:
    """Why something is sold."""

    tag: OrderTag
    kind: DecisionKind
    at: datetime
    cause: str
    recommendation: Recommendation | None = None
    limit: str = ""


def _sell(
    state: State,
    position: Position,
    shares: int,
    why: _Why,
    verdicts: tuple[Verdict, ...],
    trigger_price: Money | None,
) -> list[Effect]:
    is_asked = why.recommendation is not None or why.kind is DecisionKind.OPERATOR
    if position.ticker in state.watch.kept and not verdicts[-1].passed and not is_asked:
        return []
    decision = _decision(state, position, shares, why, verdicts, trigger_price)
    if decision.outcome is TradingDecisionType.SKIP:
        return _kept(state, decision)
    order = Order(
        client_order_id=client_order_id(decision.decision_id),
        decision_id=decision.decision_id,
        recommendation_id=decision.recommendation_id,
        ticker=position.ticker,
        side=OrderSide.SELL,
        quantity=shares,
        order_type=OrderType.MARKET,
        limit_price=None,
        time_in_force=TimeInForce.DAY,
        tag=why.tag,
        created_at=why.at,
        trigger_price=trigger_price,
    )
    stopped = stop_buying(state, position.ticker, why.at, why.tag.value)
    if why.tag is not OrderTag.REBALANCE:
        state.agenda.closing[position.ticker] = order
    return [RecordDecision(decision=decision), *stopped, *_submit(state, order)]


def _submit(state: State, order: Order) -> list[Effect]:
    state.working[order.client_order_id] = WorkingOrder(order=order)
    state.changed()
    return [SubmitOrder(order=order)]


def _kept(state: State, decision: Decision) -> list[Effect]:
    """A position that would leave if a person had not halted trading: said once a day, not at every look."""
    state.watch.kept.add(decision.ticker)
    return [RecordDecision(decision=decision)]


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
    state.agenda.owed.discard(position.ticker)
    return [
        *effects,
        *sell(state, position, tag=OrderTag.VANISHED, at=at, trigger_price=state.prices[position.ticker]),
    ]


def _decision(
    state: State,
    position: Position,
    shares: int,
    why: _Why,
    verdicts: tuple[Verdict, ...],
    trigger_price: Money | None,
) -> Decision:
    recommendation = why.recommendation
    failed = next((v for v in verdicts if not v.passed), None)
    book = state.book()
    return Decision(
        decision_id=state.next_decision_id(),
        at=why.at,
        kind=why.kind,
        outcome=TradingDecisionType.SKIP if failed else TradingDecisionType.ACT,
        ticker=position.ticker,
        cause=recommendation.recommendation_id if recommendation else why.cause,
        recommendation_id=recommendation.recommendation_id if recommendation else None,
        skip_reason=failed.skip_reason if failed else None,
        confidence=recommendation.confidence if recommendation else None,
        price=trigger_price if trigger_price is not None else state.prices[position.ticker],
        shares=0 if failed else shares,
        risk_tier=state.tier,
        heat=book.heat,
        active_pool=book.active_pool,
        reserve=book.reserve,
        is_micro=position.is_micro,
        trace=Trace(
            verdicts=verdicts, inputs=_inputs(position, state.prices[position.ticker], trigger_price, why.limit)
        ),
    )


def _inputs(
    position: Position, last_price: Money, trigger_price: Money | None, limit: str
) -> tuple[tuple[str, float | int | str | None], ...]:
    levels = position.levels
    return (
        *((("above", limit),) if limit else ()),
        ("quantity", position.quantity),
        ("entry_price", dollars(position.entry_price)),
        ("last_price", dollars(last_price)),
        ("trigger_price", dollars(trigger_price) if trigger_price is not None else None),
        ("stop", dollars(levels.stop)),
        ("target", dollars(levels.target)),
        ("trailing_stop_active", str(levels.trailing_stop_active).lower()),
        ("opened_by", position.decision_id),
    )
