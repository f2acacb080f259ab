"""Protection: of how much that is held is the stop being watched?

A share is protected when its position has a stop, its ticker has a price that is no older than silence allows, and what
the stop asks for may leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.decision import silence
from engine.decision.state import State
from engine.model.portfolio import TradingState
from engine.policy import TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The part (0..1) of the held shares that is protected, 1 when nothing is held; and the tickers of the others."""

    share: float
    unwatched: tuple[str, ...]


def measured(state: State, at: datetime, policy: TradingPolicy, strangers: Mapping[str, int]) -> Protection:
    """Return how it stands at `at`; `strangers` are shares, by ticker, that only the broker knows of."""
    held = {ticker: position.quantity for ticker, position in state.positions.items()}
    exposed = {ticker: held[ticker] for ticker in _unwatched(state, at, policy)}
    for ticker, shares in strangers.items():
        held[ticker] = held.get(ticker, 0) + shares
        exposed[ticker] = exposed.get(ticker, 0) + shares
    everything = sum(held.values())
    share = 1 - sum(exposed.values()) / everything if everything else 1.0
    return Protection(share=share, unwatched=tuple(sorted(exposed)))


def unwatched(state: State) -> Protection:
    """Return how it stands when nothing can leave, whatever its price does."""
    return Protection(share=0.0 if state.positions else 1.0, unwatched=tuple(sorted(state.positions)))


def _unwatched(state: State, at: datetime, policy: TradingPolicy) -> set[str]:
    if state.trading is TradingState.HALTED:
        return set(state.positions)
    found = {ticker for ticker, position in state.positions.items() if position.levels.stop <= 0}
    if state.session is not None and at < state.session.close_at:
        found |= silence.silent_for(state, at, policy).keys() | state.watch.halted & state.positions.keys()
    return found
