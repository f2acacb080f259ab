"""Market data: how do prices and recommendations get into `market.db`, and how do they come out as columns?

Rows are staged beside the table, compared with it and switched in, in one transaction: a reader sees all of an import
or nothing of it, and is never held up by one.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Select, Table, select

from engine.model.imports import BarColumns, ImportCounts, ImportSource
from engine.model.intraday_columns import QuoteColumns
from engine.model.macro import MacroEvent
from engine.model.market import Dividend, Security, Split
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationTable
from engine.ports import ImportEntry, ImportKind, MarketSummary
from storage import digests, market_columns, market_quotes, soundness, staging
from storage.answering import Connection
from storage.columns import Columns
from storage.database import check_version, create_tables, has_tables, make_file, open_engine, open_raw
from storage.file_reading import reading
from storage.market_quotes import make_missing
from storage.market_tables import (
    DIVIDENDS,
    EARNINGS_CALENDAR,
    IMPORTS,
    INTRADAY_SIGNALS,
    MACRO_EVENTS,
    MARKET_TABLES,
    PRICE_BARS,
    QUOTES,
    RECOMMENDATIONS,
    SECURITIES,
    SPLITS,
)
from storage.table_kinds import MARKET_SINCE
from storage.types import utc_now


class MarketStore:
    """A `MarketStore` (engine/ports.py) over one SQLite file. Open it with `open`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator[Self]:
        """Give the store of the file `path`, which is made when it is not there.

        A file that is none of ours, or of another version, raises a StonksError that says so.
        """
        if make_file(path):
            async with open_engine(path, wal=True) as engine, engine.begin() as connection:
                if not await has_tables(connection):
                    await create_tables(connection, MARKET_TABLES)
        with open_raw(path) as raw:
            check_version(path, raw, IMPORTS, since=MARKET_SINCE)
        yield cls(path)

    async def put_bars(self, bars: BarColumns, source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_bars`."""
        soundness.refuse_twin_bars(bars)
        columns = market_columns.of_bars(bars)
        return await self._put(ImportKind.BARS, PRICE_BARS, columns, digests.of_bars(bars), source)

    async def put_recommendations(self, table: RecommendationTable, source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_recommendations`."""
        soundness.refuse_twin_rows(table.recommendation_id, ImportKind.RECOMMENDATIONS)
        columns = market_columns.of_recommendations(table)
        digest = digests.of_recommendations(table)
        return await self._put(ImportKind.RECOMMENDATIONS, RECOMMENDATIONS, columns, digest, source)

    async def put_securities(self, securities: Sequence[Security], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_securities`."""
        soundness.refuse_twin_rows([s.ticker for s in securities], ImportKind.SECURITIES)
        columns = market_columns.SECURITY_ROWS.columns_of(securities)
        digest = digests.of_values(ImportKind.SECURITIES, securities)
        return await self._put(ImportKind.SECURITIES, SECURITIES, columns, digest, source)

    async def put_earnings(self, earnings: Mapping[str, tuple[date, ...]], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_earnings`."""
        keys = [(ticker, on) for ticker, dates in earnings.items() for on in dates]
        soundness.refuse_twin_rows(keys, ImportKind.EARNINGS)
        columns: Columns = {"ticker": [ticker for ticker, _ in keys], "earnings_date": [on for _, on in keys]}
        digest = digests.of_values(ImportKind.EARNINGS, keys)
        return await self._put(ImportKind.EARNINGS, EARNINGS_CALENDAR, columns, digest, source)

    async def put_splits(self, splits: Sequence[Split], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_splits`."""
        soundness.refuse_twin_rows([(s.ticker, s.on) for s in splits], ImportKind.SPLITS)
        columns = market_columns.SPLIT_ROWS.columns_of(splits)
        return await self._put(ImportKind.SPLITS, SPLITS, columns, digests.of_values(ImportKind.SPLITS, splits), source)

    async def put_dividends(self, dividends: Sequence[Dividend], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_dividends`."""
        soundness.refuse_twin_rows([(d.ticker, d.ex_on) for d in dividends], ImportKind.DIVIDENDS)
        columns = market_columns.DIVIDEND_ROWS.columns_of(dividends)
        digest = digests.of_values(ImportKind.DIVIDENDS, dividends)
        return await self._put(ImportKind.DIVIDENDS, DIVIDENDS, columns, digest, source)

    async def put_quotes(self, quotes: QuoteColumns, source: ImportSource) -> ImportCounts:
        """Keep quotes, for a live account to find; those that are there already are left out."""
        columns = market_quotes.columns_of(quotes)
        return await self._put(ImportKind.QUOTES, QUOTES, columns, market_quotes.digest_of(quotes), source)

    async def put_signals(self, signals: Sequence[IntradaySignal], source: ImportSource) -> ImportCounts:
        """Keep signals within the day, for a live account to find. Their key is the signal's id."""
        soundness.refuse_twin_rows([s.signal_id for s in signals], ImportKind.SIGNALS)
        columns = market_columns.SIGNAL_ROWS.columns_of(signals)
        digest = digests.of_values(ImportKind.SIGNALS, signals)
        return await self._put(ImportKind.SIGNALS, INTRADAY_SIGNALS, columns, digest, source)

    async def put_macro_events(self, events: Sequence[MacroEvent], source: ImportSource) -> ImportCounts:
        """Keep what shakes the market, for a live account to find. The key is the event's id."""
        soundness.refuse_twin_rows([e.event_id for e in events], ImportKind.MACRO_EVENTS)
        columns = market_columns.of_macro_events(events)
        said = [{name: values[i] for name, values in columns.items()} for i in range(len(events))]
        digest = digests.of_values(ImportKind.MACRO_EVENTS, said)  # a set of tickers has no order of its own
        return await self._put(ImportKind.MACRO_EVENTS, MACRO_EVENTS, columns, digest, source)

    async def load_bars(
        self, tickers: Sequence[str] | None = None, start: date | None = None, end: date | None = None
    ) -> BarColumns:
        """See `MarketStore.load_bars`."""
        return await asyncio.to_thread(market_columns.read_bars, self._path, tickers, start, end)

    async def load_recommendations(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> RecommendationTable:
        """See `MarketStore.load_recommendations`."""
        return await asyncio.to_thread(market_columns.read_recommendations, self._path, start, end)

    async def load_securities(self) -> tuple[Security, ...]:
        """See `MarketStore.load_securities`."""
        return tuple(map(market_columns.SECURITY_ROWS.value_of, await self._sorted(SECURITIES)))

    async def load_earnings(self) -> dict[str, tuple[date, ...]]:
        """See `MarketStore.load_earnings`."""
        dates: dict[str, list[date]] = {}
        for row in await self._sorted(EARNINGS_CALENDAR):
            dates.setdefault(row["ticker"], []).append(row["earnings_date"])
        return {ticker: tuple(days) for ticker, days in dates.items()}

    async def load_splits(self) -> tuple[Split, ...]:
        """See `MarketStore.load_splits`."""
        return tuple(map(market_columns.SPLIT_ROWS.value_of, await self._sorted(SPLITS)))

    async def load_dividends(self) -> tuple[Dividend, ...]:
        """See `MarketStore.load_dividends`."""
        return tuple(map(market_columns.DIVIDEND_ROWS.value_of, await self._sorted(DIVIDENDS)))

    async def imports(self) -> tuple[ImportEntry, ...]:
        """See `MarketStore.imports`."""
        return tuple(map(market_columns.IMPORT_ROWS.value_of, await self._sorted(IMPORTS)))

    async def content_digest(self) -> str:
        """See `MarketStore.content_digest`."""
        async with reading(self._path) as connection:
            return await _digest(connection)

    async def summary(self) -> MarketSummary:
        """See `MarketStore.summary`."""
        async with reading(self._path) as connection:
            return await market_columns.summary(connection)

    async def _put(
        self, kind: ImportKind, table: Table, columns: Columns, content: str, source: ImportSource
    ) -> ImportCounts:
        async with open_engine(self._path, wal=True) as engine, engine.begin() as connection:
            await make_missing(connection, table)
            if table is QUOTES:
                counts = await market_quotes.add(connection, columns)
            else:
                counts = await staging.switch_in(connection, table, columns)
            digest = await _digest(connection)
            entry = market_columns.IMPORT_ROWS.columns_of([ImportEntry(kind=kind, source=source, counts=counts)])
            changed = counts.new or counts.changed
            await connection.execute(
                IMPORTS.insert().values(
                    **{name: values[0] for name, values in entry.items()},
                    created_at=utc_now(),
                    content_digest=digests.link(digest, content) if changed else digest,
                )
            )
        return counts

    async def _sorted(self, table: Table) -> Sequence[Mapping[Any, Any]]:
        return await self._rows(select(table).order_by(*table.primary_key))

    async def _rows(self, query: Select[Any]) -> Sequence[Mapping[Any, Any]]:
        async with reading(self._path) as connection:
            rows: Sequence[Mapping[Any, Any]] = (await connection.execute(query)).mappings().all()
            return rows


async def _digest(connection: Connection) -> str:
    last = select(IMPORTS.c.content_digest).order_by(IMPORTS.c.id.desc()).limit(1)
    found: str | None = (await connection.execute(last)).scalar()
    return digests.EMPTY if found is None else found
