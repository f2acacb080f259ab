"""Reconciliation: do the books of engine and broker agree (spec section 7)?"""

from collections.abc import Mapping

from engine.decision.state import State
from engine.model.orders import OrderSide


def differences(state: State, there: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return the tickers of which `state` and a broker that holds `there` have other amounts, with both (here, there).

    What orders on their way explain is no difference.
    """
    here = {ticker: position.quantity for ticker, position in state.positions.items()}
    found = {t: (here.get(t, 0), there.get(t, 0)) for t in sorted(here.keys() | there.keys())}
    return {ticker: both for ticker, both in found.items() if not _explained(state, ticker, *both)}


def _explained(state: State, ticker: str, here: int, there: int) -> bool:
    """Could the orders that are on their way have made `there` of `here`?"""
    bought = sum(w.remaining for w in state.working_in(ticker, OrderSide.BUY))
    sold = sum(w.remaining for w in state.working_in(ticker, OrderSide.SELL))
    return here - sold <= there <= here + bought
