"""Trade questions: which closed trades, and in which order?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.model.positions import ClosedTrade

_CAPITALS = {ord(letter): letter.lower() for letter in map(chr, range(ord("A"), ord("Z") + 1))}


class TradeOrder(StrEnum):
    """By what? Texts from A on, all else the largest first; of what is alike the last in the books comes first."""

    CLOSED = "closed"
    TICKER = "ticker"
    QUANTITY = "quantity"
    ENTRY = "entry"
    EXIT = "exit"
    PNL = "pnl"
    RETURN = "return"
    HELD = "held"
    WHY = "why"
    THESIS = "thesis"

    @property
    def is_of_texts(self) -> bool:
        """Do texts stand in it?"""
        return self in {TradeOrder.TICKER, TradeOrder.WHY, TradeOrder.THESIS}


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeWord:
    """A part of ticker, exit reason, sector or thesis. `A` to `Z` are as `a` to `z`; all other letters are themselves.

    `reasons` are exit reasons that it fits too, since people have other words for them.
    """

    text: str
    reasons: tuple[str, ...] = ()

    def fits(self, t: ClosedTrade) -> bool:
        """Is it found in `t`?"""
        wanted = _small(self.text)
        texts = (t.ticker, t.exit_reason, t.sector or "", t.thesis)
        return t.exit_reason in self.reasons or any(wanted in _small(text) for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFilter:
    """Which closed trades? Those to which everything that is given applies.

    They were closed at or after `since` and before `until`; their exit reason is one of `reasons`, if any are given.
    """

    words: tuple[TradeWord, ...] = ()
    ticker: str | None = None
    reasons: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, t: ClosedTrade) -> bool:
        """Does the filter let `t` through?"""
        return (
            (self.ticker is None or t.ticker == self.ticker)
            and (not self.reasons or t.exit_reason in self.reasons)
            and (self.since is None or t.exit_at >= self.since)
            and (self.until is None or t.exit_at < self.until)
            and all(word.fits(t) for word in self.words)
        )


EVERY_TRADE = TradeFilter()
"""Lets everything through."""

_KEYS: dict[TradeOrder, Callable[[ClosedTrade], Any]] = {
    TradeOrder.CLOSED: lambda t: t.exit_at,
    TradeOrder.TICKER: lambda t: t.ticker,
    TradeOrder.QUANTITY: lambda t: t.quantity,
    TradeOrder.ENTRY: lambda t: t.entry_price,
    TradeOrder.EXIT: lambda t: t.exit_price,
    TradeOrder.PNL: lambda t: t.pnl,
    TradeOrder.RETURN: lambda t: t.pnl_pct,
    TradeOrder.HELD: lambda t: t.hold_days,
    TradeOrder.WHY: lambda t: t.exit_reason,
    TradeOrder.THESIS: lambda t: t.thesis,
}


def ordered(placed: Iterable[tuple[int, ClosedTrade]], order: TradeOrder) -> list[tuple[int, ClosedTrade]]:
    """Return trades, each with its place in the books, in that order."""
    last_first = sorted(placed, key=lambda pair: pair[0], reverse=True)
    key = _KEYS[order]
    if order.is_of_texts:
        return sorted(last_first, key=lambda pair: key(pair[1]))
    # Sorting backwards keeps what is alike as it was.
    return sorted(last_first, key=lambda pair: key(pair[1]), reverse=True)


def _small(text: str) -> str:
    return text.translate(_CAPITALS)
