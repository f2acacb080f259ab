"""Market reading: what lies in `market.db`, told by aggregates that keys and indexes answer?

Minutes of hundreds of tickers may lie beside the daily bars, so the table of prices is never read through: the tickers
are found one after another by the key, and of each only its days.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.errors import NotFound
from engine.model.money import Money
from storage import database
from storage.market_tables import IMPORTS
from storage.moments import MICROS_PER_DAY, from_days, from_micros, to_days, to_micros
from storage.table_kinds import MARKET_SINCE

LOOKED_BACK = timedelta(days=740)
"""504 sessions lie within (engine/live_history.py)."""
RECENT = timedelta(days=14)
"""Recommendations are looked at so far back, each by the index of their moments."""

_TICKERS = """
    WITH RECURSIVE known(ticker) AS (
        SELECT min(ticker) FROM price_bars
        UNION ALL SELECT (SELECT min(ticker) FROM price_bars WHERE ticker > known.ticker) FROM known
        WHERE known.ticker IS NOT NULL
    ), tickers AS (SELECT ticker FROM known WHERE ticker IS NOT NULL)
"""
_DAYS_OF = "b.ticker = t.ticker AND b.interval = '1d' AND b.start_at >= :since"
BY_TICKER = f"""{_TICKERS}
    SELECT t.ticker, count(*), min(b.start_at), max(b.start_at),
        (SELECT close FROM price_bars WHERE ticker = t.ticker AND interval = '1d' ORDER BY start_at DESC LIMIT 1)
    FROM tickers AS t CROSS JOIN price_bars AS b ON {_DAYS_OF} GROUP BY t.ticker
"""
BY_DAY = f"""{_TICKERS}
    SELECT b.start_at, count(*) FROM tickers AS t CROSS JOIN price_bars AS b ON {_DAYS_OF} GROUP BY b.start_at
"""
LAST_DAY = f"""{_TICKERS}
    SELECT max((SELECT max(b.start_at) FROM price_bars AS b WHERE b.ticker = t.ticker AND b.interval = '1d'))
    FROM tickers AS t
"""
_DAYS_OF_ONE = "SELECT start_at FROM price_bars WHERE ticker = ? AND interval = '1d' AND start_at >= ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerDays:
    """The daily bars of a ticker within LOOKED_BACK: how many, of which days, and the last close."""

    ticker: str
    count: int
    first: date
    last: date
    close: Money


class MarketReading:
    """The file `path` as it is `now`. Whatever cannot be read raises a StonksError that says why."""

    def __init__(self, path: Path, now: datetime) -> None:
        self.path = path
        self._now = now
        self._since = to_days((now - LOOKED_BACK).date()) * MICROS_PER_DAY

    @property
    def is_there(self) -> bool:
        """Is there a file in its place? Not more than that."""
        return self.path.exists()

    def check_version(self) -> None:
        """Raise a StonksError unless the file is one of market data, of a version that can be read."""
        with self._open() as raw:
            database.check_version(self.path, raw, IMPORTS, since=MARKET_SINCE)

    @cached_property
    def columns(self) -> dict[str, frozenset[str]]:
        """The columns of each table that is there."""
        with self._open() as raw:
            tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {
                table: raw.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall() for table in tables
            }
        return {table: frozenset(name for (name,) in found) for table, found in rows.items()}

    @cached_property
    def tickers(self) -> dict[str, TickerDays]:
        """The tickers that have daily bars within LOOKED_BACK."""
        with self._open() as raw:
            rows = raw.execute(BY_TICKER, {"since": self._since}).fetchall()
        return {
            ticker: TickerDays(ticker=ticker, count=count, first=_day(first), last=_day(last), close=close)
            for ticker, count, first, last, close in rows
        }

    @cached_property
    def tickers_by_day(self) -> dict[date, int]:
        """How many tickers have a bar of each day within LOOKED_BACK."""
        with self._open() as raw:
            return {_day(at): count for at, count in raw.execute(BY_DAY, {"since": self._since})}

    def last_day(self) -> date | None:
        """Return the day of the newest daily bar, however old it is; None when there is none."""
        with self._open() as raw:
            (newest,) = raw.execute(LAST_DAY).fetchone()
        return None if newest is None else _day(newest)

    def days_of(self, ticker: str) -> frozenset[date]:
        """Return the days within LOOKED_BACK of which `ticker` has a bar."""
        with self._open() as raw:
            return frozenset(_day(at) for (at,) in raw.execute(_DAYS_OF_ONE, (ticker, self._since)))

    def newest_import(self) -> datetime | None:
        """Return when something was imported last."""
        return self._moment("imports", "SELECT max(created_at) FROM imports")

    def newest_recommendation(self) -> datetime | None:
        """Return when the newest recommendation was made that is not later than now."""
        return self._moment(
            "recommendations", "SELECT max(generated_at) FROM recommendations WHERE generated_at <= ?", self._micros
        )

    def newest_quote(self) -> datetime | None:
        """Return of which moment the newest quote within the day is."""
        return self._moment("quotes", "SELECT max(at) FROM quotes WHERE at <= ?", self._micros)

    @cached_property
    def recommended(self) -> frozenset[str]:
        """The tickers that were recommended for buying of late."""
        query = "SELECT DISTINCT ticker FROM recommendations WHERE generated_at >= ? AND lower(action) = 'buy'"
        with self._open() as raw:
            rows = raw.execute(query, (to_micros(self._now - RECENT),)).fetchall()
        return frozenset(ticker for (ticker,) in rows)

    def earnings(self) -> tuple[int, int]:
        """Return how many dates of earnings there are, and how many of them are still to come."""
        query = "SELECT count(*), coalesce(sum(earnings_date >= ?), 0) FROM earnings_calendar"
        with self._open() as raw:
            count, ahead = raw.execute(query, (self._now.date().isoformat(),)).fetchone()
        return int(count), int(ahead)

    def with_sector(self) -> frozenset[str]:
        """Return the tickers whose sector is known."""
        with self._open() as raw:
            rows = raw.execute("SELECT ticker FROM securities WHERE coalesce(sector, '') <> ''").fetchall()
        return frozenset(ticker for (ticker,) in rows)

    def ended(self) -> frozenset[str]:
        """Return the tickers whose listing is known to have ended."""
        with self._open() as raw:
            rows = raw.execute(
                "SELECT ticker FROM securities WHERE last_bar_on < ?", (self._now.date().isoformat(),)
            ).fetchall()
        return frozenset(ticker for (ticker,) in rows)

    @property
    def _micros(self) -> int:
        return to_micros(self._now)

    def _moment(self, table: str, query: str, *about: Any) -> datetime | None:
        if self.is_there and table not in self.columns:
            return None
        with self._open() as raw:
            (newest,) = raw.execute(query, about).fetchone()
        return from_micros(newest) if isinstance(newest, int) else None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self.is_there:
            raise NotFound("there is no market data yet")
        with database.open_raw(self.path) as raw, database.translated(self.path):
            yield raw


def _day(micros: int) -> date:
    return from_days(micros // MICROS_PER_DAY)
