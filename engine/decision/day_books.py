"""Day books: how do the books of a session look, at its end or as if it ended now?"""

from datetime import datetime

from engine.accounting import performance_tracker
from engine.decision.state import State
from engine.model.money import Money
from engine.model.portfolio import MicroTally, PortfolioSnapshot, PositionMark
from engine.model.positions import MarkedPosition
from engine.model.sessions import Session


def so_far(state: State, at: datetime) -> PortfolioSnapshot | None:
    """Return the books of the session that is on, as if it ended at `at`; None before the first session.

    `state` is used up: it is a copy that nobody trades on.
    """
    if state.session is None:
        return None
    day, profit = carry_on(state)
    return snapshot(state, state.session, at, day, profit)


def carry_on(state: State) -> tuple[float, Money]:
    """Carry the running figures on to the next day; return the day's return and what it brought, flows left out."""
    value, p = state.book().total_value, state.performance
    profit = value - state.value_at_close - state.deposits_since_close
    day = performance_tracker.daily_return(value, state.value_at_close, state.deposits_since_close)
    p.growth *= 1 + day
    p.peak = max(p.peak, p.growth)
    p.max_drawdown = max(p.max_drawdown, p.drawdown)
    p.returns.append(day)
    state.value_at_close = value
    state.deposits_since_close = 0
    return day, profit


def snapshot(state: State, session: Session, at: datetime, day: float, profit: Money) -> PortfolioSnapshot:
    """Return the books of `session` at `at`, whose day had the return `day` and brought `profit`."""
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
        daily_pnl=profit,
        win_count=p.standard.wins,
        loss_count=p.standard.losses,
        trade_count=p.standard.trades,
        win_rate=performance_tracker.win_rate(p.standard.wins, p.standard.trades),
        gross_profit=p.standard.gross_profit,
        gross_loss=p.standard.gross_loss,
        micro=MicroTally(
            entries_today=state.agenda.micro_entries,
            win_count=p.micro.wins,
            loss_count=p.micro.losses,
            trade_count=p.micro.trades,
            gross_profit=p.micro.gross_profit,
            gross_loss=p.micro.gross_loss,
        ),
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
