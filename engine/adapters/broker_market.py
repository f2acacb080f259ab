"""Broker market: which prices does a broker on paper know that is a process of its own?

The last price of every ticker in the session that is on, from the inlets that an engine hears from too. Nobody tells it
which tickers there are: it knows what it is told of.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from engine.errors import Unavailable
from engine.live_market import FUTURE
from engine.live_sources import Inlet
from engine.model.incoming import Arrived, Quote, Wanted
from engine.model.market import Market
from engine.model.money import Money
from engine.model.sessions import Session, SessionTable

Last = tuple[Money, Money, datetime]
"""A price, the one before it (0: none), and when it was printed."""


class PricesAlone:
    """A `Market` of last prices by ticker as of `now`: of indicators, sectors and earnings nothing is known."""

    def __init__(self, last: Mapping[str, Last], now: Callable[[], datetime]) -> None:
        self._last = last
        self._now = now

    def price(self, ticker: str) -> Money | None:
        """See `Market.price`."""
        last = self._last.get(ticker)
        return last[0] if last else None

    def price_age_seconds(self, ticker: str) -> float | None:
        """See `Market.price_age_seconds`."""
        last = self._last.get(ticker)
        return max(0.0, (self._now() - last[2]).total_seconds()) if last else None

    def price_before(self, ticker: str) -> Money | None:
        """See `Market.price_before`."""
        last = self._last.get(ticker)
        return (last[1] or None) if last else None

    def heartbeat_age_seconds(self) -> float | None:
        """See `Market.heartbeat_age_seconds`."""
        newest = max((at for _, _, at in self._last.values()), default=None)
        return max(0.0, (self._now() - newest).total_seconds()) if newest else None

    def bar_range(self, ticker: str) -> tuple[Money, Money] | None:
        """See `Market.bar_range`: there are no bars."""
        del ticker
        return None

    def atr(self, ticker: str) -> float | None:
        """See `Market.atr`: there is no history."""
        del ticker
        return None

    def closed_bars(self, ticker: str) -> int:
        """See `Market.closed_bars`."""
        del ticker
        return 0

    def correlations(self, ticker: str, others: tuple[str, ...]) -> tuple[float, ...]:
        """See `Market.correlations`: all are unknown."""
        del ticker
        return tuple(0.0 for _ in others)

    def sector(self, ticker: str) -> str | None:
        """See `Market.sector`."""
        del ticker
        return None

    def sessions_to_earnings(self, ticker: str) -> int | None:
        """See `Market.sessions_to_earnings`."""
        del ticker
        return None


class BrokerMarket:
    """What was last printed of each ticker by `inlets`, in the session of `sessions` that is on or comes next."""

    def __init__(self, sessions: SessionTable, inlets: Sequence[Inlet], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._inlets = inlets
        self._now = now
        self._session: Session | None = None
        self._waiting: list[Quote] = []
        self._last: dict[str, Last] = {}
        self.refused: Counter[str] = Counter()

    async def look(self, at: datetime, tickers: Collection[str]) -> None:
        """Take in what was printed by `at`; minute bars count for `tickers`.

        Raises Unavailable when one of the inlets does not answer: what the others had is known then all the same.
        """
        session = next(self._sessions.open_after(at), None)
        if session is None:
            raise Unavailable("the calendar ends here", hint="start the broker service anew")
        if session != self._session:
            self._session, self._waiting, self._last = session, [], {}
        wanted = Wanted(at=at, session=session, alive_since=at, tickers=frozenset(tickers))
        found = await asyncio.gather(*(inlet.arrived(wanted) for inlet in self._inlets), return_exceptions=True)
        for arrived in found:
            if isinstance(arrived, Arrived):
                self._take(arrived, session, at)
        self._reach(at)
        for error in found:
            if isinstance(error, BaseException):
                raise error

    def market(self, at: datetime) -> Market | None:
        """Return what is known, None while the market is closed at `at`."""
        session = self._session
        is_open = session is not None and session.open_at <= at < session.close_at
        return PricesAlone(self._last, self._now) if is_open else None

    def _take(self, arrived: Arrived, session: Session, at: datetime) -> None:
        self.refused.update(refusal.reason for refusal in arrived.refused)
        for quote in arrived.quotes:
            if reason := _reason(quote, at):
                self.refused[reason] += 1
            elif session.open_at <= quote.at <= session.close_at:
                self._waiting.append(quote)

    def _reach(self, at: datetime) -> None:
        """Let everything count that was printed by `at`; of two prints of one moment the later one that came."""
        due, self._waiting = _parted(self._waiting, at)
        for quote in sorted(due, key=lambda quote: quote.at):
            last = self._last.get(quote.ticker)
            if last is None or quote.at >= last[2]:
                self._last[quote.ticker] = (quote.price, last[0] if last else 0, quote.at)


def _reason(quote: Quote, at: datetime) -> str:
    if quote.price <= 0:
        return "the price is not above zero"
    if quote.at.tzinfo is None:
        return "the moment has no time zone"
    return "the moment is still to come" if quote.at > at + FUTURE else ""


def _parted(quotes: Iterable[Quote], at: datetime) -> tuple[list[Quote], list[Quote]]:
    due: list[Quote] = []
    waiting: list[Quote] = []
    for quote in quotes:
        (due if quote.at <= at else waiting).append(quote)
    return due, waiting
