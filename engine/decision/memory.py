"""Memory: what does the core remember from one look at the prices to the next, besides its books?"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.macro import MacroEvent
from engine.model.money import Money
from engine.model.orders import Order
from engine.model.recommendation import Recommendation
from engine.policy import RiskTierConfig


@dataclass(slots=True)
class Seen:
    """The prices of one ticker within the last minutes, and when they were seen."""

    at: deque[datetime] = field(default_factory=deque)
    prices: deque[Money] = field(default_factory=deque)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPlan:
    """What an entry order needs remembered until its fills make it a position. Risk is in dollars a share."""

    tier: RiskTierConfig
    atr: float
    sector: str | None
    confidence: float
    recommended_at: datetime
    thesis: str
    worst_price: Money
    risk_per_share_usd: float
    is_micro: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEntry:
    """The tranches of an entry that are not ordered yet. `shares` are those of each, `done` how many came before."""

    decision_id: str
    recommendation: Recommendation
    plan: EntryPlan
    shares: tuple[int, ...]
    done: int
    last_at: datetime

    @property
    def remaining(self) -> int:
        """Shares that are still to be ordered."""
        return sum(self.shares)

    @property
    def count(self) -> int:
        """How many tranches the entry has in all."""
        return self.done + len(self.shares)


@dataclass(slots=True, kw_only=True)
class Watch:
    """What is remembered of prices.

    `levels_at` is when stops were last looked at, `seen` the prices of held tickers within the last minutes, `ran` the
    tickers whose rapid move has been told of, `doubted` prints that wait for a second one, `asked` when the broker
    was asked for the state of a silent ticker, `halted` those of which it said so, `feed_failed_at` since when the feed
    is thought to have failed, `is_hot` whether it has been told that heat stays above its limit, `kept` the tickers of
    which it has been decided today that they do not leave while a person has halted trading, `silent_at_close` for how
    many seconds held tickers had been silent when the last session closed.
    """

    levels_at: datetime | None = None
    seen: dict[str, Seen] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)
    doubted: dict[str, tuple[datetime, Money]] = field(default_factory=dict)
    asked: dict[str, datetime] = field(default_factory=dict)
    halted: set[str] = field(default_factory=set)
    feed_failed_at: datetime | None = None
    is_hot: bool = False
    kept: set[str] = field(default_factory=set)
    silent_at_close: dict[str, float] = field(default_factory=dict)

    def saw(self, ticker: str, at: datetime, price: Money, since: datetime) -> deque[Money]:
        """Note a price of `ticker` and return all of them since `since`, this one included."""
        seen = self.seen.get(ticker)
        if seen is None:
            seen = self.seen[ticker] = Seen()
        seen.at.append(at)
        seen.prices.append(price)
        while seen.at[0] < since:
            seen.at.popleft()
            seen.prices.popleft()
        return seen.prices

    def forget(self, ticker: str) -> None:
        """Forget a ticker that is no longer held."""
        self.seen.pop(ticker, None)
        self.doubted.pop(ticker, None)
        self.asked.pop(ticker, None)
        for names in (self.ran, self.halted, self.kept):
            names.discard(ticker)


@dataclass(slots=True, kw_only=True)
class Agenda:
    """What is still to be done, and what has been done today.

    `entries` are the tranches that are planned, by ticker; `closing` the orders of exits, until the ticker is flat;
    `owed` the tickers of those that the broker ended before they were filled; `events` the severe macro events that are
    on; `is_rebalance_due` since the week's first session began; `micro_entries` how many signals were traded today;
    `is_above_high_water` whether that has been told; `noted_at_open` how many of the things that fell due at the day's
    open (dividends, splits, ends of listings) have been noted.
    """

    entries: dict[str, PlannedEntry] = field(default_factory=dict)
    closing: dict[str, Order] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)
    events: dict[str, MacroEvent] = field(default_factory=dict)
    is_rebalance_due: bool = False
    micro_entries: int = 0
    is_above_high_water: bool = False
    noted_at_open: int = 0
