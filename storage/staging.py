"""Staging: how do many rows replace those of the same key, counted as new, the same and changed?"""

from sqlalchemy import Column, ColumnElement, MetaData, Table, and_, func, not_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable, DropTable

from engine.model.imports import ImportCounts
from storage import bulk
from storage.columns import Columns


async def switch_in(connection: AsyncConnection, table: Table, columns: Columns) -> ImportCounts:
    """Put the rows of `columns`, each key once, into `table`. Rows that say what is there already are not touched."""
    if await _is_empty(connection, table):
        return ImportCounts(new=await bulk.insert(connection, table, columns))
    staged = Table(
        f"staged_{table.name}",
        MetaData(),
        *(Column(c.name, c.type, nullable=c.nullable) for c in table.c if c.name in columns),
        prefixes=["TEMPORARY"],
    )
    await connection.execute(CreateTable(staged))
    count = await bulk.insert(connection, staged, columns)
    counts = await _compare(connection, table, staged, count)
    if counts.new or counts.changed:
        await connection.execute(_upsert(connection, table, staged))
    await connection.execute(DropTable(staged))
    return counts


async def _is_empty(connection: AsyncConnection, table: Table) -> bool:
    return (await connection.execute(select(text("1")).select_from(table).limit(1))).first() is None


async def _compare(connection: AsyncConnection, table: Table, staged: Table, count: int) -> ImportCounts:
    same_key = and_(*(table.c[key.name] == staged.c[key.name] for key in table.primary_key))
    alike = func.coalesce(func.sum(func.iif(_alike(table, staged), 1, 0)), 0)
    query = select(func.count(), alike).select_from(staged.join(table, same_key))
    known, same = (await connection.execute(query)).one()
    return ImportCounts(new=count - known, same=same, changed=known - same)


def _alike(table: Table, staged: Table) -> ColumnElement[bool]:
    return and_(*(table.c[c.name].is_not_distinct_from(c) for c in staged.c))


def _upsert(connection: AsyncConnection, table: Table, staged: Table) -> sqlite.Insert | postgresql.Insert:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    keys = {key.name for key in table.primary_key}
    names = [c.name for c in staged.c]
    # SQLite takes ON CONFLICT after a SELECT for a join, unless there is a WHERE.
    rows = (
        select(staged).where(staged.c[min(keys)].is_not(None)).order_by(*(staged.c[k.name] for k in table.primary_key))
    )
    into = insert(table).from_select(names, rows)
    values = {name: into.excluded[name] for name in names if name not in keys}
    if not values:
        return into.on_conflict_do_nothing(index_elements=sorted(keys))
    differs = not_(and_(*(table.c[name].is_not_distinct_from(value) for name, value in values.items())))
    return into.on_conflict_do_update(index_elements=sorted(keys), set_=values, where=differs)
