"""Screening: which recommendations of a batch can be turned down at a glance?

A backtest that keeps no traces spends most of its time on recommendations that fail one of a few checks: confidence,
those of the account as it stands (number of positions, how they do, active pool) and, for sells, holding. Those are
answered here from the columns, without an object for each. Everything else, and everything out of the ordinary, is left
to the full checks; the decisions are the same.
"""

from datetime import datetime
from functools import cached_property

from engine.decision import checks
from engine.decision.state import State
from engine.errors import BrokenInvariant
from engine.model.market import Market
from engine.model.money import Money
from engine.model.portfolio import Book, TradingState
from engine.model.recommendation import Action
from engine.model.tape import RecommendationTable
from engine.model.verdict import Check, Verdict
from engine.policy import TradingPolicy
from engine.risk import exposure


class Screen:
    """The circumstances that all recommendations of a batch share while the books stay as they are."""

    def __init__(self, table: RecommendationTable, at: datetime, state: State, market: Market, policy: TradingPolicy):
        window = state.entry_window
        self._table = table
        self._market = market
        self._policy = policy
        self._held = state.positions
        self.book = state.book()
        self._tier = policy.tiers[state.tier]
        self._alive_since = state.sessions.alive_since(at)
        self._cooling = {ticker for ticker, until in state.cool_downs.items() if at < until}
        self._entries_are_on = (
            policy.enabled
            and state.standing()[0] is TradingState.ACTIVE
            and window is not None
            and window[0] <= at < window[1]
        )

    @classmethod
    def of(cls, table: RecommendationTable, at: datetime, state: State, policy: TradingPolicy) -> "Screen":
        """Return the screen for `table` at `at`. Raises BrokenInvariant before the first price."""
        if state.market is None:
            raise BrokenInvariant("recommendations cannot be judged before the first price event")
        return cls(table, at, state, state.market, policy)

    @cached_property
    def _standing(self) -> Verdict:
        return _standing(self.book, self._policy)

    def look(self, i: int) -> Verdict | None:
        """Return the verdict that stops row `i`, or None when that takes a closer look.

        A buy that passes everything up to the active pool gets the verdict on that, passed.
        """
        table = self._table
        if table.mode[i] not in self._policy.accepted_modes or table.generated_at[i] < self._alive_since:
            return None
        if table.expires_at is not None and table.expires_at[i] is not None:
            return None
        if table.action[i] is Action.SELL:
            return None if table.ticker[i] in self._held else _NOT_HELD
        return self._buy(table.ticker[i], table.confidence[i])

    def price(self, i: int) -> Money | None:
        """Return the price that a decision on row `i` notes: a buy's last, none for a sell of nothing."""
        return self._market.price(self._table.ticker[i]) if self._table.action[i] is Action.BUY else None

    def _buy(self, ticker: str, confidence: float) -> Verdict | None:
        if not self._entries_are_on or ticker in self.book.occupied or ticker in self._cooling:
            return None
        if confidence < self._tier.min_confidence:
            return checks.is_confident(confidence, self._tier)
        atr = self._market.atr(ticker)
        if atr is None or not self._has_price(ticker):
            return None
        return self._standing if checks.is_moving(self._market.price(ticker), atr, self._tier) else None

    def _has_price(self, ticker: str) -> bool:
        market, policy = self._market, self._policy
        return checks.is_priced(market, ticker, policy) and checks.is_believed(market, ticker, policy)


def _standing(book: Book, policy: TradingPolicy) -> Verdict:
    """Return the answer of the checks that no candidate changes: the first that fails, or the last of them."""
    count = exposure.within_position_count(book, policy)
    declining = exposure.not_declining(book, policy)
    pool = exposure.above_active_pool_minimum(book, policy)
    return next((v for v in (count, declining) if not v.passed), pool)


def holding(*, held: bool, note: str = "") -> Verdict:
    """Is there anything to sell?"""
    return Verdict(check=Check.HOLDING, passed=held, note=note)


_NOT_HELD = holding(held=False)
