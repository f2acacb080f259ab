"""Rebalancer: what is trimmed on the week's first session, and when is that put off?

Partial sales of what has grown too large, tag `rebalance`. They are no exits: the window and the trading state apply to
them, and while those say no it is put off (spec section 7).
"""

from datetime import datetime

from engine.decision import exits
from engine.decision.effects import Effect
from engine.decision.state import State
from engine.model.orders import OrderSide
from engine.model.portfolio import TradingState
from engine.policy import TradingPolicy
from engine.risk import concentration


def rebalance(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the sales that bring the books back within the limits, when it is time for that."""
    is_time = state.agenda.is_rebalance_due and state.is_in_entry_window(at)
    if not is_time or state.standing()[0] is not TradingState.ACTIVE:
        return []
    state.agenda.is_rebalance_due = False
    if not policy.rebalance or not policy.enabled:
        return []
    effects: list[Effect] = []
    for ticker, (shares, limit) in concentration.trims(state.book(), policy.tiers[state.tier], policy).items():
        shares -= sum(w.remaining for w in state.working_in(ticker, OrderSide.SELL))  # last week's, on its way still
        if shares > 0 and _is_believed(state, ticker):
            effects += exits.trim(state, state.positions[ticker], shares, at=at, limit=limit)
    return effects


def _is_believed(state: State, ticker: str) -> bool:
    """Is there a price that one may sell at for tidiness' sake?"""
    priced = state.market is not None and state.market.price(ticker) is not None
    return priced and ticker not in state.watch.doubted
