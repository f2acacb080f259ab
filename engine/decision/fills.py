"""Fills: what does an execution change in the books?"""

from dataclasses import replace
from datetime import datetime

from engine.accounting import performance_tracker, tax_lots
from engine.decision import breakers, notices, tax_notes
from engine.decision.effects import Effect, RecordReserveEntry, RecordStopChange, RecordTrade
from engine.decision.memory import EntryPlan
from engine.decision.state import State, WorkingOrder
from engine.errors import BrokenInvariant
from engine.model.money import Money, dollars
from engine.model.notices import NoticeKind
from engine.model.orders import Fill, Order, OrderSide, OrderState, OrderTag, advance
from engine.model.positions import (
    ClosedTrade,
    Lot,
    LotClosure,
    Position,
    StopChange,
    StopLevels,
    StopRule,
    average_price,
)
from engine.policy import TradingPolicy
from engine.risk import micro_trading, reserve_pool, stop_loss_manager
from engine.risk.risk_tier_controller import TradeOutcome


def apply(state: State, fill: Fill, policy: TradingPolicy) -> list[Effect]:
    """Note `fill` in `state` and return what follows from it. Raises BrokenInvariant for a fill nobody asked for."""
    working = state.working.get(fill.client_order_id)
    if working is None:
        raise BrokenInvariant(f"a fill of order {fill.client_order_id}, which is not working")
    if not 0 < fill.quantity <= working.remaining:
        raise BrokenInvariant(f"order {fill.client_order_id} has {working.remaining} left, {fill.quantity} were filled")
    _progress(state, working, fill)
    state.costs += fill.commission
    state.cash -= fill.commission
    if fill.side is OrderSide.BUY:
        return _bought(state, working, fill, policy)
    return _sold(state, working, fill, policy)


def _progress(state: State, working: WorkingOrder, fill: Fill) -> None:
    filled = working.filled + fill.quantity
    done = filled == working.order.quantity
    reached = advance(working.state, OrderState.FILLED if done else OrderState.PARTIALLY_FILLED)
    if done:
        del state.working[fill.client_order_id]
    else:
        state.working[fill.client_order_id] = replace(working, filled=filled, state=reached)
    state.changed()


def _bought(state: State, working: WorkingOrder, fill: Fill, policy: TradingPolicy) -> list[Effect]:
    plan, order = working.plan, working.order
    if plan is None:
        raise BrokenInvariant(f"order {order.client_order_id} bought without a plan")
    cost = fill.quantity * fill.price
    state.cash -= cost
    lot = Lot(
        lot_id=state.next_lot_id(),
        ticker=fill.ticker,
        quantity=fill.quantity,
        cost=cost,
        commission=fill.commission,
        acquired_at=fill.at,
    )
    tax_notes.bought(state, fill, lot.lot_id)
    held = state.positions.get(fill.ticker)
    if held:
        position = _extended(held, lot, plan)
    else:
        position = _opened(lot, order, plan, fill.price)
        if plan.is_micro:
            position = replace(position, closes_at=micro_trading.closes_at(fill.at, state.sessions, policy))
    doubted = fill.ticker in state.watch.doubted
    quoted = state.market.price(fill.ticker) if state.market and not doubted else None
    state.prices[fill.ticker] = fill.price if quoted is None else quoted
    state.put_position(position)
    if fill.ticker in state.agenda.closing:  # bought while it was being sold: these shares leave too
        state.agenda.owed.add(fill.ticker)
    rule = StopRule.FURTHER_FILL if held else StopRule.INITIAL
    return [stop_change(position, rule, fill.at)]


def _opened(lot: Lot, order: Order, plan: EntryPlan, price: Money) -> Position:
    levels = stop_loss_manager.initial_levels(price, plan.atr, plan.tier)
    return Position(
        ticker=lot.ticker,
        decision_id=order.decision_id,
        recommendation_id=order.recommendation_id,
        sector=plan.sector,
        lots=(lot,),
        quantity=lot.quantity,
        cost=lot.cost,
        entry_price=price,
        levels=levels,
        signal_confidence=plan.confidence,
        recommended_at=plan.recommended_at,
        opened_at=lot.acquired_at,
        thesis=plan.thesis,
        is_micro=plan.is_micro,
        bought=lot.quantity,
        bought_cost=lot.cost,
        commission=lot.commission,
        initial_risk=_risk(lot, levels),
    )


def _risk(lot: Lot, levels: StopLevels) -> Money:
    return max(lot.cost - lot.quantity * levels.stop, 0)


def _extended(held: Position, lot: Lot, plan: EntryPlan) -> Position:
    quantity, cost = held.quantity + lot.quantity, held.cost + lot.cost
    entry = average_price(cost, quantity)
    levels = stop_loss_manager.after_further_fill(held.levels, entry, plan.tier)
    return replace(
        held,
        lots=(*held.lots, lot),
        quantity=quantity,
        cost=cost,
        entry_price=entry,
        levels=levels,
        initial_risk=held.initial_risk + _risk(lot, levels),
        bought=held.bought + lot.quantity,
        bought_cost=held.bought_cost + lot.cost,
        commission=held.commission + lot.commission,
    )


def stop_change(position: Position, rule: StopRule, at: datetime) -> RecordStopChange:
    """Return the record of `position`'s levels as `rule` left them."""
    return RecordStopChange(
        change=StopChange(
            ticker=position.ticker,
            decision_id=position.decision_id,
            at=at,
            rule=rule,
            entry_price=position.entry_price,
            levels=position.levels,
            signal_confidence=position.signal_confidence,
            is_micro=position.is_micro,
        )
    )


def _sold(state: State, working: WorkingOrder, fill: Fill, policy: TradingPolicy) -> list[Effect]:
    order, position = working.order, state.positions.get(fill.ticker)
    if position is None:
        raise BrokenInvariant(f"{fill.quantity} {fill.ticker} were sold that are not held")
    tax_notes.sold(state, fill, working.filled)
    closures, left = tax_lots.close_fifo(
        position.lots, fill.quantity, price=fill.price, commission=fill.commission, at=fill.at
    )
    realised = sum(c.realised for c in closures)
    proceeds = fill.quantity * fill.price
    state.cash += proceeds
    state.realised += realised
    after = replace(
        position,
        lots=left,
        quantity=position.quantity - fill.quantity,
        cost=sum(lot.cost for lot in left),
        sold=position.sold + fill.quantity,
        sold_proceeds=position.sold_proceeds + proceeds,
        realised=position.realised + realised,
        commission=position.commission + fill.commission,
        closures=(*position.closures, *closures),
    )
    if left:
        state.put_position(after)
    else:
        state.drop_position(fill.ticker)
    effects = _put_aside(state, closures, order.decision_id, fill.at, policy)
    if not left and order.tag is OrderTag.STOP_LOSS and _is_costly(position):
        effects += breakers.stop_was_hit(state, fill.at, policy)
    if not left:
        effects += _round_trip(
            state, after, exit_decision_id=order.decision_id, reason=order.tag.value, at=fill.at, policy=policy
        )
    return effects


def _is_costly(position: Position) -> bool:
    """Does its stop cost money? At break-even it does not, nor where heat has brought it above the entry."""
    return not position.levels.trailing_stop_active and position.levels.stop < position.entry_price


def _put_aside(
    state: State, closures: tuple[LotClosure, ...], reference_id: str, at: datetime, policy: TradingPolicy
) -> list[Effect]:
    if state.is_recovering:
        return []
    profit = sum(c.realised - c.commission for c in closures)
    entry = reserve_pool.siphon(
        profit,
        reserve=state.reserve,
        total_value=state.total_value(),
        at=at,
        reference_id=reference_id,
        policy=policy,
    )
    if entry is None:
        return []
    state.reserve = entry.balance_after
    state.changed()
    return [RecordReserveEntry(entry=entry)]


def close_out(
    state: State, position: Position, *, proceeds: Money, at: datetime, reason: str, policy: TradingPolicy
) -> list[Effect]:
    """Return the effects of a position that ends without an order, its shares turned into `proceeds` of cash."""
    each = tax_lots.part_of(proceeds, 1, position.quantity)
    closures, _ = tax_lots.close_fifo(position.lots, position.quantity, price=each, commission=0, at=at)
    rest = proceeds - each * position.quantity
    closures = (*closures[:-1], replace(closures[-1], proceeds=closures[-1].proceeds + rest))
    realised = sum(c.realised for c in closures)
    state.cash += proceeds
    state.realised += realised
    state.drop_position(position.ticker)
    after = replace(
        position,
        lots=(),
        quantity=0,
        cost=0,
        sold=position.sold + position.quantity,
        sold_proceeds=position.sold_proceeds + proceeds,
        realised=position.realised + realised,
        closures=(*position.closures, *closures),
    )
    aside = _put_aside(state, closures, position.decision_id, at, policy)
    return [*aside, *_round_trip(state, after, exit_decision_id="", reason=reason, at=at, policy=policy)]


def _round_trip(
    state: State, position: Position, *, exit_decision_id: str, reason: str, at: datetime, policy: TradingPolicy
) -> list[Effect]:
    pnl = position.realised - position.commission
    (state.performance.micro if position.is_micro else state.performance.standard).add(pnl)
    if state.session is not None and not position.is_micro:
        state.outcomes.append((state.session.on, TradeOutcome(pnl=pnl, initial_risk=position.initial_risk)))
    trade = ClosedTrade(
        ticker=position.ticker,
        decision_id=position.decision_id,
        exit_decision_id=exit_decision_id,
        recommendation_id=position.recommendation_id,
        sector=position.sector,
        quantity=position.bought,
        entry_price=average_price(position.bought_cost, position.bought),
        exit_price=average_price(position.sold_proceeds, position.sold),
        entry_at=position.opened_at,
        exit_at=at,
        pnl=pnl,
        costs=position.commission,
        pnl_pct=pnl / position.bought_cost if position.bought_cost else 0.0,
        exit_reason=reason,
        signal_confidence=position.signal_confidence,
        thesis=position.thesis,
        is_micro=position.is_micro,
        closures=position.closures,
    )
    return [RecordTrade(trade=trade), *_told_if_large(state, trade, policy)]


def _told_if_large(state: State, trade: ClosedTrade, policy: TradingPolicy) -> list[Effect]:
    limit = performance_tracker.large_trade_limit(state.book().active_pool, policy)
    if abs(dollars(trade.pnl)) <= limit:
        return []
    told = notices.tell(
        NoticeKind.LARGE_TRADE_PNL,
        trade.exit_at,
        ticker=trade.ticker,
        value=dollars(trade.pnl),
        limit=limit,
        reference_id=trade.exit_decision_id,
    )
    return [told]
