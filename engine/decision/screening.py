"""Screening: which recommendations of a batch can be turned down at a glance?

A backtest that keeps no traces spends most of its time on recommendations that fail one of three checks: confidence,
the number of positions, and, for sells, holding. Those are answered here from the columns, without an object for each.
Everything else, and everything out of the ordinary, is left to the full checks; the decisions are the same.
"""

from dataclasses import dataclass
from datetime import datetime

from engine.decision import checks
from engine.decision.state import State
from engine.model.market import Market
from engine.model.portfolio import TradingState
from engine.model.recommendation import Action
from engine.model.tape import RecommendationTable
from engine.model.verdict import Check, Verdict
from engine.policy import TradingPolicy
from engine.risk import exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The circumstances that all recommendations of a batch share at one moment."""

    table: RecommendationTable
    state: State
    policy: TradingPolicy
    market: Market
    alive_since: datetime
    entries_are_on: bool

    def failure(self, i: int) -> Verdict | None:
        """Return the verdict that stops row `i`, or None when that takes a closer look."""
        table = self.table
        if table.mode[i] not in self.policy.accepted_modes or table.generated_at[i] < self.alive_since:
            return None
        if table.expires_at is not None and table.expires_at[i] is not None:
            return None
        if table.action[i] is Action.SELL:
            return None if table.ticker[i] in self.state.positions else holding(held=False)
        return self._buy(table.ticker[i], table.confidence[i]) if self.entries_are_on else None

    def _buy(self, ticker: str, confidence: float) -> Verdict | None:
        book, tier = self.state.book(), self.policy.tiers[self.state.tier]
        if ticker in book.occupied:
            return None
        if confidence < tier.min_confidence:
            return checks.is_confident(confidence, tier)
        if book.open_count < self.policy.max_open_positions:
            return None
        atr = self.market.atr(ticker)
        if atr is None or not checks.is_priced(self.market, ticker, self.policy):
            return None
        if not checks.is_moving(self.market.price(ticker), atr, tier):
            return None
        return exposure.within_position_count(book, self.policy)


def screen(table: RecommendationTable, at: datetime, state: State, policy: TradingPolicy) -> Screen | None:
    """Return the screen for a batch at `at`, or None before the first price."""
    if state.market is None:
        return None
    window = state.entry_window
    return Screen(
        table=table,
        state=state,
        policy=policy,
        market=state.market,
        alive_since=state.sessions.alive_since(at),
        entries_are_on=policy.enabled
        and state.trading is TradingState.ACTIVE
        and not state.cool_downs
        and window is not None
        and window[0] <= at < window[1],
    )


def holding(*, held: bool, note: str = "") -> Verdict:
    """Is there anything to sell?"""
    return Verdict(check=Check.HOLDING, passed=held, note=note)
