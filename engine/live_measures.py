"""Live measures: how does an account stand in the middle of the day?"""

from datetime import datetime

from engine.decision.state import State
from engine.model.live import LiveMetrics


def of(state: State, protected: float, at: datetime) -> LiveMetrics:
    """Return the figures of `state` at `at`; `protected` is the part of what is held whose stop is watched."""
    book = state.book()
    tally = state.performance.standard
    return LiveMetrics(
        at=at,
        total_value=book.total_value,
        cash=book.cash,
        reserve=book.reserve,
        active_pool=book.active_pool,
        daily_pnl=book.total_value - state.value_at_close - state.deposits_since_close,
        unrealised=sum(p.unrealised for p in book.positions),
        heat=book.heat,
        drawdown=state.performance.drawdown,
        open_positions=len(state.positions),
        trades=tally.trades,
        wins=tally.wins,
        protected=protected,
    )
