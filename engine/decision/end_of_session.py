"""End of session: what is noted at the close, and which levels move for the next day?"""

from dataclasses import replace
from datetime import datetime

from engine.accounting import performance_tracker
from engine.decision import breakers, exits, tier_review
from engine.decision.effects import Effect, RecordSnapshot
from engine.decision.fills import stop_change
from engine.decision.state import State
from engine.model.market import Market
from engine.model.money import Money
from engine.model.portfolio import PortfolioSnapshot, PositionMark
from engine.model.positions import MarkedPosition, Position, StopRule
from engine.model.sessions import Session
from engine.policy import TradingPolicy
from engine.risk import stop_loss_manager


def close(state: State, market: Market, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of the close: vanished tickers, break-even stops (spec section 5)."""
    state.mark(market)
    effects: list[Effect] = breakers.look_at_account(state, at, policy)
    for position in tuple(state.positions.values()):
        bar = market.bar_range(position.ticker)
        effects += (
            _without_bar(state, position, at, policy) if bar is None else _with_bar(state, position, bar, at, policy)
        )
    return effects


def _without_bar(state: State, position: Position, at: datetime, policy: TradingPolicy) -> list[Effect]:
    missed = position.sessions_without_bar + 1
    waiting = replace(position, sessions_without_bar=missed)
    state.put_position(waiting)
    return exits.close_vanished(state, waiting, at) if missed >= policy.vanished_after_sessions else []


def _with_bar(
    state: State, position: Position, bar: tuple[Money, Money], at: datetime, policy: TradingPolicy
) -> list[Effect]:
    levels = stop_loss_manager.break_even(position, bar[1], policy.break_even_trigger_pct)
    if levels is None and not position.sessions_without_bar:
        return []
    after = replace(position, sessions_without_bar=0, levels=levels or position.levels)
    state.put_position(after)
    return [stop_change(after, StopRule.BREAK_EVEN, at)] if levels else []


def end(state: State, session: Session, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of the day's end: reserve and tier reviewed, then the books as they stand after that."""
    day = _carry_on(state)
    effects = tier_review.review(state, session, at, policy)
    return [*effects, RecordSnapshot(snapshot=_snapshot(state, session, at, day))]


def _carry_on(state: State) -> float:
    """Carry the running figures on to the next day; return the day's return."""
    value, p = state.book().total_value, state.performance
    day = performance_tracker.daily_return(value, state.value_at_close, state.deposits_since_close)
    p.growth *= 1 + day
    p.peak = max(p.peak, p.growth)
    p.max_drawdown = max(p.max_drawdown, p.drawdown)
    p.returns.append(day)
    state.value_at_close = value
    state.deposits_since_close = 0
    return day


def _snapshot(state: State, session: Session, at: datetime, day: float) -> PortfolioSnapshot:
    book, p = state.book(), state.performance
    return PortfolioSnapshot(
        on=session.on,
        at=at,
        total_value=book.total_value,
        cash=book.cash,
        active_pool=book.active_pool,
        reserve=book.reserve,
        flows=state.flows,
        costs=state.costs,
        realised_pnl=state.realised,
        unrealised_pnl=sum(p.unrealised for p in book.positions),
        daily_return=day,
        cumulative_return=p.growth - 1,
        win_count=p.wins,
        loss_count=p.losses,
        trade_count=p.trades,
        win_rate=performance_tracker.win_rate(p.wins, p.trades),
        sharpe_ratio=performance_tracker.sharpe_ratio(p.returns),
        max_drawdown=p.max_drawdown,
        current_drawdown=p.drawdown,
        heat=book.heat,
        risk_tier=state.tier,
        trading_state=state.standing()[0],
        positions=tuple(_mark(p) for p in book.positions),
    )


def _mark(marked: MarkedPosition) -> PositionMark:
    p = marked.position
    return PositionMark(
        ticker=p.ticker,
        quantity=p.quantity,
        entry_price=p.entry_price,
        last_price=marked.price,
        cost=p.cost,
        stop=p.levels.stop,
        target=p.levels.target,
        trailing_stop_active=p.levels.trailing_stop_active,
        sector=p.sector,
        signal_confidence=p.signal_confidence,
        opened_at=p.opened_at,
        decision_id=p.decision_id,
        is_micro=p.is_micro,
    )
