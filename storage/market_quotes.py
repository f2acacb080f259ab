"""Market quotes: how are quotes added to those that are there, each once?

They have no key of their own: the same ticker, price and moment is the same quote.
"""

from hashlib import sha256

import numpy as np
from sqlalchemy import Column, MetaData, Table, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable, DropTable

from engine.model.imports import ImportCounts
from engine.model.intraday_columns import QuoteColumns
from storage import bulk
from storage.columns import Columns
from storage.database import create_indexes
from storage.market_tables import QUOTES

_NAMES = ("ticker", "price", "at")


def columns_of(quotes: QuoteColumns) -> Columns:
    """Return the columns of `quotes` that keep them."""
    names = np.array(quotes.tickers, dtype=object)
    return {
        "ticker": names[quotes.ticker].tolist() if len(quotes) else [],
        "price": quotes.price.tolist(),
        "at": bulk.Stored(quotes.at.tolist()),
    }


def digest_of(quotes: QuoteColumns) -> str:
    """Return the digest of `quotes`."""
    content = sha256(f"quotes{quotes.tickers!r}".encode())
    for column in (quotes.ticker, quotes.at, quotes.price):
        content.update(column.astype("<i8").tobytes())
    return content.hexdigest()


async def add(connection: AsyncConnection, columns: Columns) -> ImportCounts:
    """Add the quotes of `columns` that are not there yet, in their order."""
    staged = Table(
        "staged_quotes",
        MetaData(),
        *(Column(name, QUOTES.c[name].type, nullable=False) for name in _NAMES),
        prefixes=["TEMPORARY"],
    )
    await connection.execute(CreateTable(staged))
    count = await bulk.insert(connection, staged, columns)
    there = exists().where(*(QUOTES.c[name] == staged.c[name] for name in reversed(_NAMES)))
    new = select(func.count()).select_from(staged).where(~there)
    added = (await connection.execute(new)).scalar_one()
    rows = select(staged).where(~there).order_by(staged.c.at)
    await connection.execute(QUOTES.insert().from_select(_NAMES, rows))
    await connection.execute(DropTable(staged))
    return ImportCounts(new=added, same=count - added)


async def make_missing(connection: AsyncConnection, table: Table) -> None:
    """Make `table` in a file that is older than it."""
    await connection.execute(CreateTable(table, if_not_exists=True))
    await create_indexes(connection, [table])
