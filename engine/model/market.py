"""Market: what is known of prices at one moment, and nothing later?"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Protocol

from engine.errors import BadInput
from engine.model.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """From the open of `on`, each old share of `ticker` is `ratio` new ones (2 for a 2:1, 1/10 for a reverse 1:10)."""

    ticker: str
    on: date
    ratio: Fraction

    def __post_init__(self) -> None:
        if self.ratio <= 0:
            raise BadInput(f"the split of {self.ticker} on {self.on} has a ratio of {self.ratio}", hint="above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend:
    """A holder of `ticker` before the open of `ex_on` is paid `amount` (dollars a share, in units of money)."""

    ticker: str
    ex_on: date
    amount: Money

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise BadInput(f"the dividend of {self.ticker} on {self.ex_on} is below zero", hint="it is what is paid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """One listed share. `sector` is None when nobody told; `last_bar_on` is set when trading in it has ended."""

    ticker: str
    name: str = ""
    sector: str | None = None
    last_bar_on: date | None = None


class Market(Protocol):
    """The prices and indicators of one moment. Asking about the future is impossible, not forbidden."""

    def price(self, ticker: str) -> Money | None:
        """Return the last traded price, or None when there is none in this session."""

    def price_age_seconds(self, ticker: str) -> float | None:
        """Return the age of that price, or None without a price."""

    def price_before(self, ticker: str) -> Money | None:
        """Return the print before the last one in this session, or None when there is none."""

    def heartbeat_age_seconds(self) -> float | None:
        """Return the age of the newest price of any ticker, or None when there is none in this session."""

    def bar_range(self, ticker: str) -> tuple[Money, Money] | None:
        """Return (low, high) of the bar that is now over, or None while it is not or when there is none."""

    def atr(self, ticker: str) -> float | None:
        """Return the average true range of the closed daily bars in dollars, or None with fewer than 15 of them."""

    def closed_bars(self, ticker: str) -> int:
        """Return how many closed daily bars `ticker` has."""

    def correlations(self, ticker: str, others: tuple[str, ...]) -> tuple[float, ...]:
        """Return the correlation of daily returns of `ticker` with each of `others`; 0.0 where unknown."""

    def sector(self, ticker: str) -> str | None:
        """Return the sector of `ticker`, or None when it is unknown."""

    def sessions_to_earnings(self, ticker: str) -> int | None:
        """Return the sessions from today to the next earnings date (0 is today), or None when no date is known."""
