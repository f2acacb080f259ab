"""Copies: how does an account go from its files into PostgreSQL, or from there into files, with all that it has?

What is read is of one instant, whatever an engine writes meanwhile; what is written is there whole or not at all.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from sqlalchemy import Table, select, text
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, CreateTable

from engine.errors import Unavailable
from storage import bulk, copied_rows, durable
from storage.copied_rows import FILES, PAGE, TABLES, Copied, Row
from storage.database import check_version, translated
from storage.live_file import statistics
from storage.migrations.parts import Part
from storage.one_moment import Moment, at_one_moment
from storage.postgres_address import PostgresAddress
from storage.postgres_copies import (
    Source,
    opened,
    reading,
    require_no_account,
    schema_of,
    set_aside,
    writing,
)
from storage.table_kinds import ALEMBIC_VERSION, BOOKS_SINCE, SCHEMA_VERSION

_DIALECT = sqlite_dialect()


def to_postgres(folder: Path, address: PostgresAddress, *, aside: str = "") -> Copied:
    """Copy the account whose files are in `folder` into the database at `address`; nobody leads on the copy.

    An account that is there already raises BadInput; with `aside` its schemas get names that end in that word, and the
    epoch of its lease counts on. Other StonksErrors say what cannot be read or written.
    """
    with at_one_moment(folder) as moment, opened(address) as database, writing(database) as target:
        sources = {Part.ACCOUNT: moment.raw, Part.BROKER: moment.broker}
        for part, raw in sources.items():
            check_version(folder / FILES[part], raw, TABLES[part][0], since=BOOKS_SINCE)
        epoch = target.do(partial(set_aside, address=address, word=aside)) if aside else 0
        unindexed = [part for part in Part if target.make(part, TABLES[part])]
        target.do(partial(require_no_account, address=address))
        rows = {
            table.name: target.put(part, table, _pages_of_file(folder / FILES[part], raw, table))
            for part, raw in sources.items()
            for table in TABLES[part]
        }
        for part in unindexed:
            target.index(part, TABLES[part])
        target.do(partial(_settle, address=address, epoch=epoch))
        return _copied_from(moment, rows)


def to_files(address: PostgresAddress, folder: Path, *, while_led: bool = True) -> Copied:
    """Copy the account in the database at `address` into two new files in `folder`.

    Raises NotFound when there is none, Unavailable when an engine leads on it and it is not to be copied `while_led`,
    other StonksErrors for what cannot be read or written; then a part of the files is there, so it is for a folder that
    gets its name afterwards.
    """
    with opened(address) as database, reading(database) as source:
        source.require_account()
        if not while_led and (leader := source.leader()):
            words = f"the account in {address} is in use: {leader} leads on it"
            raise Unavailable(words, hint="stonks stop ends an engine; stonks db backup copies beside one")
        rows: dict[str, int] = {}
        for part in Part:
            rows |= _written(folder / FILES[part], part, source)
        account = f'"{address.schema}"'
        return Copied(
            account_id=str(source.value(f"SELECT account_id FROM {account}.account_ids")),
            last_turn=source.value(f"SELECT seq FROM {account}.engine_state") or 0,
            rows=rows,
        )


def account_in(address: PostgresAddress) -> str:
    """Return the id of the account in the database at `address`. Raises NotFound when there is none."""
    with opened(address) as database, reading(database) as source:
        source.require_account()
        return str(source.value(f'SELECT account_id FROM "{address.schema}".account_ids'))


def _copied_from(moment: Moment, rows: Mapping[str, int]) -> Copied:
    (account_id,) = moment.raw.execute("SELECT account_id FROM account_ids").fetchone()
    last = moment.raw.execute("SELECT seq FROM engine_state").fetchone()
    return Copied(account_id=account_id, last_turn=last[0] if last else 0, rows=rows)


def _pages_of_file(path: Path, raw: sqlite3.Connection, table: Table) -> Iterator[list[Row]]:
    """Yield the rows of `table` as PostgreSQL takes them. An account of an earlier version may lack the table."""
    crossed = copied_rows.to_postgresql(table)
    with translated(path), closing(raw.cursor()) as cursor:
        if not cursor.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table.name,)).fetchone():
            return
        cursor.execute(str(select(table).compile(dialect=_DIALECT)))
        while page := cursor.fetchmany(PAGE):
            yield crossed(page)


def _written(path: Path, part: Part, source: Source) -> dict[str, int]:
    """Write the new file `path`; return how many rows each table has."""
    with translated(path):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            for setting in ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY", "cache_size = -131072"):
                raw.execute(f"PRAGMA {setting}")  # it is synced at the end
            raw.execute("BEGIN")
            _make(raw, part)
            rows = {table.name: _put(raw, table, source.pages(part, table)) for table in TABLES[part]}
            _index(raw, part)
            raw.execute("COMMIT")
            raw.execute("PRAGMA journal_mode = DELETE")
        durable.sync(path)
    return rows


def _make(raw: sqlite3.Connection, part: Part) -> None:
    for table in (ALEMBIC_VERSION, *TABLES[part]):
        raw.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
    raw.execute("INSERT INTO alembic_version VALUES (?)", (SCHEMA_VERSION,))


def _put(raw: sqlite3.Connection, table: Table, pages: Iterator[Sequence[Row]]) -> int:
    words = bulk.insert_words(table, table.columns.keys(), _DIALECT)
    crossed, count = copied_rows.to_sqlite(table), 0
    for page in pages:
        raw.executemany(words, crossed(page))
        count += len(page)
    return count


def _index(raw: sqlite3.Connection, part: Part) -> None:
    """Make the indexes, and have SQLite believe of them what it does in a file that an engine has made."""
    for table in TABLES[part]:
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            raw.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))
    if part is Part.ACCOUNT:
        raw.execute("ANALYZE alembic_version")  # makes the table of statistics
        raw.executemany("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", statistics(TABLES[part]))


async def _settle(connection: AsyncConnection, address: PostgresAddress, epoch: int) -> None:
    """Have numbers go on after the last, nobody lead, and the server look how the rows are spread."""
    for part, tables in TABLES.items():
        schema = schema_of(address, part)
        for table in tables:
            place = f'"{schema}".{table.name}'
            if (counter := table.autoincrement_column) is not None:
                numbers = f"pg_get_serial_sequence('{place}', '{counter.name}')"
                last = f"SELECT setval({numbers}, greatest(max({counter.name}), 1)) FROM {place} HAVING count(*) > 0"
                await connection.execute(text(last))
            await connection.execute(text(f"ANALYZE {place}"))
    end = text(f'UPDATE "{address.schema}".leases SET owner = NULL, epoch = greatest(epoch, :epoch)')
    await connection.execute(end, {"epoch": epoch})
