"""Live market: what was last seen of each ticker in the session that is on?

Quotes come in any order and some of them late or wrong. What counts at a look are the prints up to that moment, in the
order of time; one that is older than what is known of its ticker is no news.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.intraday_market import IntradayMarket
from engine.model.incoming import Quote
from engine.model.intraday import to_micros
from engine.model.money import Money
from engine.model.sessions import Session
from engine.tape_market import Indicators

FUTURE = timedelta(minutes=5)
"""Clocks of senders may be ahead by so much; what is later than that was not seen yet by anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    price: Money
    at: int
    before: Money


class Prints:
    """The prints of one session. `refused` counts what could not be used, by reason and ticker."""

    def __init__(self, session: Session, tickers: Collection[str]) -> None:
        self.refused: Counter[tuple[str, str]] = Counter()
        self.late = 0
        self._session = session
        self._tickers = frozenset(tickers)
        self._waiting: list[tuple[int, str, Money]] = []
        self._last: dict[str, _Last] = {}
        self._together: dict[str, set[Money]] = {}  # what was printed at the moment of the last print

    def add(self, quotes: Iterable[Quote], now: datetime) -> None:
        """Take in `quotes`; those of other hours than the session's are left out, those that are none are refused."""
        opens, closes = to_micros(self._session.open_at), to_micros(self._session.close_at)
        for quote in quotes:
            if reason := self._reason(quote, now):
                self.refused[reason, quote.ticker] += 1
                continue
            at = to_micros(quote.at)
            if opens <= at <= closes:
                self._waiting.append((at, quote.ticker, quote.price))

    def _reason(self, quote: Quote, now: datetime) -> str:
        if quote.ticker not in self._tickers:
            return "nobody knows the ticker"
        if quote.price <= 0:
            return "the price is not above zero"
        if quote.at.tzinfo is None:
            return "the moment has no time zone"
        return "the moment is still to come" if quote.at > now + FUTURE else ""

    def reach(self, at: datetime) -> None:
        """Let everything that was printed by `at` count."""
        now = to_micros(at)
        due = sorted((p for p in self._waiting if p[0] <= now), key=lambda p: p[0])  # stable: as they came
        self._waiting = [p for p in self._waiting if p[0] > now]
        for printed, ticker, price in due:
            last = self._last.get(ticker)
            if last is not None and printed < last.at:
                self.late += 1
            elif last is None or printed > last.at:
                self._last[ticker] = _Last(price=price, at=printed, before=last.price if last else 0)
                self._together[ticker] = {price}
            elif price not in self._together[ticker]:  # a copy confirms nothing
                self._last[ticker] = _Last(price=price, at=printed, before=last.price)
                self._together[ticker].add(price)

    def market(self, indicators: Indicators, row: int, at: datetime) -> IntradayMarket:
        """Return the market of the prints that count by now, as it is seen at `at`."""
        prices, printed, before = ([0] * len(indicators.columns) for _ in range(3))
        for ticker, last in self._last.items():
            column = indicators.columns.get(ticker)
            if column is not None:
                prices[column], printed[column], before[column] = last.price, last.at, last.before
        return IntradayMarket(indicators, row, to_micros(at), prices, printed, before)


class LiveFeed:
    """The markets of one session as it happens. `indicators` end the day before; their last row is the day's."""

    def __init__(self, prints: Prints, indicators: Callable[[], Indicators], session: Session) -> None:
        self._prints = prints
        self._indicators = indicators
        self._close_at = session.close_at

    def at(self, at: datetime) -> IntradayMarket:
        """Return the market with every print up to `at` that has come in."""
        self._prints.reach(at)
        indicators = self._indicators()
        return self._prints.market(indicators, len(indicators.tape.dates) - 1, at)

    def close(self) -> IntradayMarket:
        """Return the market with the closing prints."""
        return self.at(self._close_at)
