"""Drafts: an entry while it is being thought about, and what follows from it.

A draft computes what the checks share only when one of them asks. Further tranches and micro trades are drafts of their
own kind.
"""

from datetime import datetime
from functools import cached_property

from engine.decision.memory import PlannedEntry
from engine.decision.state import State
from engine.model.market import Market
from engine.model.money import Money, dollars
from engine.model.portfolio import Book
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.signals import IntradaySignal
from engine.model.verdict import Check, PositionSize, Verdict
from engine.policy import RiskTierConfig, TradingPolicy
from engine.risk import (
    correlation,
    earnings,
    exposure,
    micro_trading,
    position_sizer,
    stop_loss_manager,
    trading_window,
)


class Draft:
    """An entry while it is being thought about: the recommendation, the books, and what follows from them."""

    is_micro = False

    def __init__(self, recommendation: Recommendation, at: datetime, state: State, policy: TradingPolicy) -> None:
        if state.market is None:
            raise ValueError("an entry cannot be judged before the first price event")
        self.recommendation = recommendation
        self.ticker = recommendation.ticker
        self.at = at
        self.state = state
        self.policy = policy
        self.market: Market = state.market
        self.tier: RiskTierConfig = policy.tiers[state.tier]
        self.book: Book = state.book()
        self.price: Money | None = self.market.price(self.ticker)
        self.atr: float | None = self.market.atr(self.ticker)
        self.expires_at: datetime = recommendation.expires_at or state.sessions.recommendation_expiry(
            recommendation.generated_at
        )

    @cached_property
    def stop(self) -> Money | None:
        """The stop that the position would get at the last price."""
        if self.price is None or self.atr is None:
            return None
        return stop_loss_manager.initial_stop(self.price, self.atr, self.tier)

    @cached_property
    def sector(self) -> str | None:
        """Sector, None when unknown."""
        return self.market.sector(self.ticker)

    @cached_property
    def sessions_to_earnings(self) -> int | None:
        """Sessions to the next earnings date."""
        return self.market.sessions_to_earnings(self.ticker)

    @cached_property
    def correlations(self) -> tuple[float, ...]:
        """Correlation with each held position."""
        held = self.book.tickers
        return self.market.correlations(self.ticker, held) if held else ()

    @cached_property
    def average_correlation(self) -> float:
        """Correlation with what is held, weighted by market value."""
        return correlation.weighted(self.correlations, self.book.market_values)

    @cached_property
    def sizing(self) -> position_sizer.SizingInputs | None:
        """What the size depends on; None without a price."""
        if self.price is None:
            return None
        return position_sizer.SizingInputs(
            confidence=self.recommendation.confidence,
            price=self.price,
            active_pool=self.book.active_pool,
            available_cash=self.book.available_cash,
            is_new_sector=self.sector is not None and self.sector not in self.book.sector_values,
            sectors_held=sum(s is not None for s in self.book.sector_values),
            earnings_factor=earnings.factor(self.sessions_to_earnings, self.policy),
            correlation_factor=correlation.factor(self.average_correlation, self.policy),
            sector_room_usd=exposure.sector_room_usd(self.sector, self.book, self.tier),
        )

    @cached_property
    def size_usd(self) -> float:
        """What the sizing chain comes to in dollars, before cash and whole shares."""
        return position_sizer.size_usd(self.sizing, self.tier, self.policy) if self.sizing else 0.0

    @cached_property
    def size(self) -> PositionSize | None:
        """What the chain comes to in whole shares."""
        if self.sizing is None:
            return None
        return position_sizer.whole_shares(self.size_usd, self.sizing, self.state.costs_model, self.policy)


class TrancheDraft(Draft):
    """The next part of an entry that was decided before. What is already bought of it is no reason against it."""

    def __init__(self, planned: PlannedEntry, at: datetime, state: State, policy: TradingPolicy) -> None:
        super().__init__(planned.recommendation, at, state, policy)
        self._shares = planned.shares[0]

    @cached_property
    def average_correlation(self) -> float:
        """Correlation with everything held but itself, weighted by market value."""
        others = [(t, v) for t, v in zip(self.book.tickers, self.book.market_values, strict=True) if t != self.ticker]
        found = self.market.correlations(self.ticker, tuple(t for t, _ in others)) if others else ()
        return correlation.weighted(found, [v for _, v in others])

    @cached_property
    def size_usd(self) -> float:
        """The planned shares at the price, or what is left in the sector when that is less."""
        if self.sizing is None or self.price is None:
            return 0.0
        return max(0.0, min(dollars(self._shares * self.price), self.sizing.sector_room_usd))


class MicroDraft(Draft):
    """An entry that an intraday signal asks for, judged and sized by the numbers of micro trading."""

    is_micro = True

    def __init__(self, signal: IntradaySignal, at: datetime, state: State, policy: TradingPolicy) -> None:
        asked = Recommendation(
            recommendation_id=signal.signal_id,
            ticker=signal.ticker,
            action=Action.BUY,
            mode=Mode.LIVE_ELIGIBLE,  # signals have none: they are for every account
            confidence=signal.confidence,
            generated_at=signal.generated_at,
            expires_at=state.sessions.signal_expiry(signal.generated_at),
        )
        super().__init__(asked, at, state, micro_trading.policy_for_micro(policy))


MAY_STILL_COME = frozenset({Check.WINDOW, Check.PRICE, Check.ATR})
"""What an entry may lack and still get: it is put off, not skipped (spec section 3)."""


def next_chance(draft: Draft, failed: Verdict) -> datetime:
    """Return when an entry that may still come is to be looked at again: when what it lacks may be there."""
    state, at = draft.state, draft.at
    match failed.check:
        case Check.WINDOW:
            return trading_window.upcoming_window(at, state.sessions, draft.policy) or draft.expires_at
        case Check.ATR:  # another daily bar
            return next((s.open_at for s in state.sessions.open_after(at) if s.open_at > at), draft.expires_at)
        case _:
            return at
