"""Standing: how does the account stand, as far as a person's word can change it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.breakers import BreakerEvent
from engine.model.money import Money
from engine.model.portfolio import PositionMark, ReserveEntry, RiskTierName, TierChange
from engine.model.sessions import SessionTable
from engine.policy import TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The account after its last turn, `at` by the engine's clock.

    `says` are the names and values of `engine/words.py` that the audit speaks in. `day_return` is since the previous
    close, `stops` how many were hit within the window of the volatility breaker. `tripped` are all breakers that ever
    were, `ledger` and `tier_changes` the whole history, oldest first. `sessions` are empty while no breaker ends by
    itself.
    """

    at: datetime
    says: Mapping[str, str]
    policy: TradingPolicy
    tier: RiskTierName
    total_value: Money
    cash: Money
    reserve: Money
    heat: float
    drawdown: float
    day_return: float
    stops: int
    positions: tuple[PositionMark, ...] = ()
    exiting: frozenset[str] = frozenset()
    breakers: tuple[BreakerEvent, ...] = ()
    tripped: tuple[BreakerEvent, ...] = ()
    ledger: tuple[ReserveEntry, ...] = ()
    tier_changes: tuple[TierChange, ...] = ()
    sessions: SessionTable = SessionTable(sessions=())

    @property
    def active_pool(self) -> Money:
        """What may be traded with."""
        return self.total_value - self.reserve

    def position(self, ticker: str) -> PositionMark | None:
        """Return what is held of `ticker`."""
        return next((p for p in self.positions if p.ticker == ticker), None)

    def market_left(self, until: datetime) -> timedelta | None:
        """Return how long the market is open before `until`, None when nobody knows its hours."""
        if not self.sessions.sessions or self.sessions.sessions[-1].close_at < until:
            return None
        spans = (min(s.close_at, until) - max(s.open_at, self.at) for s in self.sessions.open_after(self.at))
        return sum((span for span in spans if span > timedelta()), timedelta())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a word would change, by the names of the audit; `refused` is why the core would not do it, else empty.

    `looser` is in words what of it lets the engine risk more than before.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    refused: str = ""
    looser: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """Name, value before and value after of all that would change."""
        names = {**self.before, **self.after}
        return tuple((name, self.before.get(name, ""), self.after.get(name, "")) for name in names)
