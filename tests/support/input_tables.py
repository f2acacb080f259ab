"""Input tables of somebody else's in a real PostgreSQL: under our names and types, or under others."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg

from engine.model.incoming import Arrived, Wanted
from engine.model.tape import DailyTape
from storage import postgres_address, postgres_sources
from storage.moments import MICROS_PER_DAY, from_micros
from storage.postgres import Postgres
from storage.postgres_sources import PostgresInlet
from storage.postgres_sources_names import InputTable
from storage.postgres_sources_tables import PostgresTables
from tests.support.filled_market import MACRO_EVENT, MINUTE_BAR, QUOTE, RECOMMENDATION, SIGNAL, bars_of
from tests.support.tapes import at, day, session_of

OURS = """
    CREATE TABLE recommendations (recommendation_id text, ticker text, action text, mode text,
        confidence double precision, generated_at timestamptz, expires_at timestamptz, source text, thesis text);
    CREATE TABLE intraday_signals (signal_id text, ticker text, "window" text, direction text,
        confidence double precision, generated_at timestamptz);
    CREATE TABLE quotes (id bigserial PRIMARY KEY, ticker text, price numeric, at timestamptz);
    CREATE TABLE price_bars (ticker text, interval text, start_at timestamptz, open numeric, high numeric,
        low numeric, close numeric, volume bigint);
    CREATE TABLE macro_events (event_id text, severity text, at timestamptz, until timestamptz, tickers text,
        sector text, name text);
    CREATE TABLE securities (ticker text, name text, sector text, last_bar_on date);
    CREATE TABLE earnings_calendar (ticker text, earnings_date date);
    CREATE TABLE splits (ticker text, "on" date, ratio text);
    CREATE TABLE dividends (ticker text, ex_on date, amount numeric);
"""
"""The tables of spec section 3."""


THEIRS = {
    QUOTE: ("INSERT INTO quotes (ticker, price, at) VALUES ($1, $2::numeric / 10000, $3)", (2,)),
    RECOMMENDATION: ("INSERT INTO recommendations VALUES ($1, $2, $3, $4, $5, $6, $7, '', '')", (5, 6)),
    SIGNAL: ("INSERT INTO intraday_signals VALUES ($1, $2, $3, $4, $5, $6)", (5,)),
    MACRO_EVENT: ("INSERT INTO macro_events VALUES ($1, $2, $3, $4, $5, $6, $7)", (2, 3)),
    MINUTE_BAR: ("INSERT INTO price_bars VALUES ($1, '1m', $2, $3, $4, $5, $6::numeric / 10000, 100)", (1,)),
}
"""What writes a row of `market.db` into these tables, and which of its cells are moments."""


class Owner:
    """Whoever owns the tables at `url` and writes into them, from any loop or none."""

    def __init__(self, url: str) -> None:
        self._database = Postgres(postgres_address.parse(url), "public")

    def execute(self, statement: str, rows: Sequence[Sequence[Any]] | None = None) -> None:
        """Have `statement` done, once for each of `rows` if there are any."""

        async def executed() -> None:
            async with self._database.engine.connect() as pooled:
                connection: Any = (await pooled.get_raw_connection()).driver_connection
                await (connection.execute(statement) if rows is None else connection.executemany(statement, rows))

        self._database.asked(executed).result()

    def write(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """Keep what `query` would put into a `market.db` (see `filled_market.OtherProcess.write`)."""
        statement, moments = THEIRS[query]
        self.execute(statement, [[_cell(c, i in moments) for i, c in enumerate(row)] for row in rows])

    def close(self) -> None:
        """End the connections."""
        self._database.close()


def _cell(cell: Any, is_moment: bool) -> Any:
    return from_micros(cell) if is_moment and cell is not None else cell


def write_history(owner: Owner, tape: DailyTape, last: date) -> None:
    """Keep the bars of `tape` up to `last`, and what it knows of its tickers (see `filled_market.with_history`)."""
    bars = bars_of(tape, last)
    prices = zip(
        bars.ticker.tolist(),
        bars.on.tolist(),
        *(c.tolist() for c in (bars.open, bars.high, bars.low, bars.close)),
        strict=True,
    )
    owner.execute(
        "INSERT INTO price_bars VALUES ($1, '1d', $2, $3, $4, $5, $6, 1000)",
        [(bars.tickers[t], from_micros(on * MICROS_PER_DAY), *(p / 10_000 for p in row)) for t, on, *row in prices],
    )
    owner.execute(
        "INSERT INTO securities VALUES ($1, $2, $3, $4)",
        [(s.ticker, s.name, s.sector, s.last_bar_on) for s in tape.securities.values()],
    )


def wanted(minute: float, number: int = 0, *, tickers: Sequence[str] = ("AAA",)) -> Wanted:
    """Return what is asked for `minute` minutes into the session `number`; suggestions count since the open before."""
    return Wanted(
        at=at(number, minute),
        session=session_of(day(number)),
        alive_since=at(number - 1, 0),
        tickers=frozenset(tickers),
    )


def said(arrived: Arrived) -> list[str]:
    """Return what is new as lines."""
    return [
        *(f"{q.ticker} {q.price} {q.at:%H:%M:%S}" for q in arrived.quotes),
        *(r.recommendation_id for r in arrived.recommendations),
        *(s.signal_id for s in arrived.signals),
        *(f"{e.event_id} until {e.until:%H:%M}" for e in arrived.macro_events),
        *(r.words for r in arrived.refused),
    ]


@asynccontextmanager
async def writer(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection of whoever owns the tables."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def tables_at(
    url: str, tables: Mapping[str, InputTable] | None = None, *, user: str = "", elsewhere: frozenset[str] = frozenset()
) -> Iterator[PostgresTables]:
    """Give the tables at `url` as an engine reads them, as `user` if one is named."""
    address = postgres_address.parse(url)
    opened = PostgresTables(replace(address, user=user or address.user), tables, elsewhere=elsewhere)
    try:
        yield opened
    finally:
        opened.close()


class Looking:
    """All inlets of some tables, looked into together; one that cannot answer is left out and remembered."""

    def __init__(self, tables: PostgresTables) -> None:
        self.inlets: tuple[PostgresInlet, ...] = postgres_sources.inlets(tables)
        self.failed: list[str] = []

    async def arrived(self, wanted: Wanted) -> Arrived:
        """Return what all of them have."""
        found = await asyncio.gather(*(inlet.arrived(wanted) for inlet in self.inlets), return_exceptions=True)
        self.failed = [str(error) for error in found if isinstance(error, BaseException)]
        return together([one for one in found if isinstance(one, Arrived)])

    def begin(self) -> None:
        """See `Inlet.begin`."""
        for inlet in self.inlets:
            inlet.begin()


def together(found: Sequence[Arrived]) -> Arrived:
    """Return several answers as one."""
    newest: list[Any] = [one.newest_recommendation_at for one in found if one.newest_recommendation_at]
    return Arrived(
        quotes=[quote for one in found for quote in one.quotes],
        recommendations=[r for one in found for r in one.recommendations],
        signals=[signal for one in found for signal in one.signals],
        macro_events=[event for one in found for event in one.macro_events],
        refused=[refusal for one in found for refusal in one.refused],
        newest_recommendation_at=max(newest, default=None),
    )
