"""Status: what is the engine doing, what is it waiting for, and how does the account stand? In words and figures."""

from datetime import datetime

from engine.decision.state import State, WorkingOrder
from engine.guard import Guard
from engine.model.money import usd
from engine.trader import PATIENCE, Trader


def status_of(trader: Trader, guard: Guard | None, at: datetime) -> dict[str, str]:
    """Return how it stands at `at`, by name, most important first."""
    found = {"at": at.isoformat(), **account_of(trader.state), "turns": str(trader.seq), **holdings_of(trader.state)}
    for order_id, working in trader.state.working.items():
        found[f"order {order_id}"] = _order(trader, working, at)
    if guard:
        found["protected"] = f"{guard.protection.share:.4f}"
        found["lag seconds"] = f"{guard.lag_seconds:.1f}"
        found["looks"] = str(guard.looks)
        found |= {f"trouble {n}": words for n, words in enumerate(guard.troubles, start=1)}
        found |= {f"note {n}": words for n, words in enumerate(guard.notes, start=1)}
    return found


def account_of(state: State) -> dict[str, str]:
    """Return the figures of an account, by name; an engine need not run for them."""
    book = state.book()
    trading, cause = state.standing()
    return {
        "trading": trading.value,
        "cause": cause,
        "tier": state.tier.value,
        "session": state.session.on.isoformat() if state.session else "",
        "total value": usd(book.total_value),
        "cash": usd(book.cash),
        "reserve": usd(book.reserve),
        "active pool": usd(book.active_pool),
        "heat": f"{book.heat:.4f}",
        "drawdown": f"{state.performance.drawdown:.4f}",
        "positions": str(len(state.positions)),
        "decisions": str(state.decisions_made),
    }


def holdings_of(state: State) -> dict[str, str]:
    """Return the breakers that are on and what is held, by name."""
    found = {}
    for breaker in state.breakers.values():
        until = breaker.cooldown_expires.isoformat() if breaker.cooldown_expires else "somebody clears it"
        found[f"breaker {breaker.breaker_id}"] = (
            f"{breaker.trigger.value} {breaker.ticker}".rstrip() + f", until {until}"
        )
    for ticker, position in state.positions.items():
        stop, last = usd(position.levels.stop), usd(state.prices[ticker])
        found[f"position {ticker}"] = f"{position.quantity} at {last}, stop {stop}"
    return found


def _order(trader: Trader, working: WorkingOrder, at: datetime) -> str:
    order = working.order
    words = f"{order.side.value} {order.quantity} {order.ticker}, {working.filled} filled"
    waited = at - order.created_at
    if trader.broker_trouble and waited >= PATIENCE:
        return f"{words}; unknown: the broker has not been heard for {waited.total_seconds():.0f} s"
    return words
