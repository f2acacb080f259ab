"""Upgrades: how does an account, in files or in a database, get the tables of another version, both parts of it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import BadInput
from storage import live_file, migrate
from storage.copied_rows import FILES, TABLES
from storage.database import check_version, open_engine, open_raw
from storage.migrations.parts import Part
from storage.postgres_address import PostgresAddress
from storage.postgres_copies import opened, require_no_leader, schema_of, writing
from storage.postgres_schema import has_tables, hold_making, make_schema, use_schema
from storage.table_kinds import BOOKS_SINCE, SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """What has become of a file or schema `where`: its version `before`, '' for no tables, and `after`."""

    where: str
    before: str
    after: str


async def files(folder: Path, to: str, *, down: bool) -> Sequence[Upgrade]:
    """Take the account whose files are in `folder`, and on which nobody is at work, to the version `to`.

    Raises NotFound without the files, BadInput for a version that is not known, or an earlier one unless `down`.
    """
    return [await file(folder / name, part, to, down=down) for part, name in FILES.items()]


async def file(path: Path, part: Part, to: str, *, down: bool) -> Upgrade:
    """Take the file `path`, which has `part` and on which nobody is at work, to the version `to`. Raises as `files`."""
    migrate.require_version(to)
    with open_raw(path) as raw:
        check_version(path, raw, TABLES[part][0], since=BOOKS_SINCE)
        (before,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    _require_way(path.name, before, to, down=down)
    if before != to:
        await _file(path, part, to)
    return Upgrade(where=path.name, before=before, after=to)


async def _file(path: Path, part: Part, to: str) -> None:
    if part is Part.ACCOUNT and to == SCHEMA_VERSION:
        await live_file.add_what_is_new(path)  # as for an engine that begins on it
        return
    async with open_engine(path, wal=part is Part.ACCOUNT) as engine, engine.begin() as connection:
        await connection.run_sync(partial(migrate.migrate, part=part, to=to))
        if part is Part.ACCOUNT:
            there = await connection.run_sync(_names)
            await live_file.believe(connection, [table for table in TABLES[part] if table.name in there])


def _names(connection: Connection) -> Sequence[str]:
    return inspect(connection).get_table_names()


def database(
    address: PostgresAddress, to: str, *, down: bool, parts: Sequence[Part] = tuple(Part)
) -> Sequence[Upgrade]:
    """Take the schemas of `parts` at `address` to the version `to`, all or none; where there are none they are made.

    An engine may lead on it meanwhile, unless it goes `down`: then that raises Unavailable. BadInput as for `files`.
    """
    migrate.require_version(to)
    with opened(address) as there, writing(there) as target:
        target.do(hold_making)
        if down:
            target.do(partial(require_no_leader, address=address))
        return [target.do(partial(_schema, schema=schema_of(address, p), part=p, to=to, down=down)) for p in parts]


async def _schema(connection: AsyncConnection, schema: str, part: Part, to: str, *, down: bool) -> Upgrade:
    await make_schema(connection, schema)
    await use_schema(connection, schema)
    before = ""
    if await has_tables(connection, schema):
        before = await connection.run_sync(migrate.version_of)
        _require_way(f"the schema {schema}", before, to, down=down)
    if before != to:
        await connection.run_sync(partial(migrate.migrate, part=part, to=to))
    return Upgrade(where=schema, before=before, after=to)


def meant(to: str, *, down: bool) -> str:
    """Return the version `to`, or if it is empty this program's; with `down` the one before that."""
    return to or (migrate.before(SCHEMA_VERSION) if down else SCHEMA_VERSION)


def _require_way(where: str, before: str, to: str, *, down: bool) -> None:
    migrate.require_version(before)
    if to < before and not down:
        words = f"{where} has version {before}: what later versions keep is lost on the way to {to}"
        raise BadInput(words, hint=f"when that is meant: stonks db upgrade --down --to {to}")
    if down and before < to:
        raise BadInput(f"{where} has version {before}: that is not down to {to}", hint="leave out --down")
