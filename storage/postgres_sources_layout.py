"""PostgreSQL source layout: are the tables and columns there that are to be read, and what lacks?

The server's catalogue says so, to everybody: no table is touched. All that lacks is said at once, each by its name and
with what is there instead.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import asyncpg

from storage.postgres_sources_moments import Keeping, keeping
from storage.postgres_sources_names import KINDS, MOMENTS, InputTable, Role, quoted

_RELATIONS = "c.relkind = ANY('{r,p,v,m,f}')"
_COLUMNS = f"""
    SELECT n.nspname, c.relname, a.attname, coalesce(b.typname, t.typname) AS type,
           has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
    FROM unnest($1::text[], $2::text[]) AS asked (in_schema, called)
    JOIN pg_namespace n ON n.nspname = asked.in_schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = asked.called AND {_RELATIONS}
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type b ON b.oid = nullif(t.typbasetype, 0)
    ORDER BY a.attnum
"""
_TABLES = f"""
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_RELATIONS} AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2 LIMIT 10000
"""
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name"})
_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A table as it is: `types` of the columns that are read (`pg_type.typname`), by our names."""

    table: InputTable
    types: Mapping[str, str]

    @property
    def source(self) -> str:
        """The table, as the server takes it."""
        return quoted(*self.table.place)

    def has(self, ours: str) -> bool:
        """Is there such a column?"""
        return ours in self.types

    def column(self, ours: str) -> str:
        """Return the column, as the server takes it."""
        return quoted(self.table.theirs(ours))

    def keeps(self, ours: str) -> Keeping:
        """Return how moments are kept there."""
        return keeping(self.types[ours])

    def is_text(self, ours: str) -> bool:
        """Is the column a text, so that a text can be looked for by its index?"""
        return self.types[ours] in _TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What keeps a kind of rows from being read, in a sentence, and what to do about it."""

    kind: str
    words: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layouts:
    """What was found, by kind. A kind that is in neither of both is not there, and nobody has named it."""

    found: Mapping[str, Layout]
    problems: Sequence[Problem]

    def problem_of(self, kind: str) -> Problem | None:
        """Return what keeps `kind` from being read."""
        return next((problem for problem in self.problems if problem.kind == kind), None)


_Names = tuple[str, str]
_There = Mapping[_Names, Mapping[str, tuple[str, bool]]]
"""Schema and table: the columns with their type, and whether they may be read."""


async def look(connection: asyncpg.Connection, tables: Iterable[InputTable], *, needed: frozenset[str]) -> Layouts:
    """Return the layouts of `tables`. Of those that nobody has named the kinds in `needed` have to be there."""
    asked = [table for table in tables if table.table]
    there = _gathered(await connection.fetch(_COLUMNS, *map(list, zip(*(t.place for t in asked), strict=True))))
    absent = [t for t in asked if t.place not in there and (t.is_said or t.kind in needed)]
    names: list[_Names] = [(s, t) for s, t in await connection.fetch(_TABLES)] if absent else []
    problems = [_no_table(table, names) for table in absent]
    found: dict[str, Layout] = {}
    for table in asked:
        if table.place not in there:
            continue
        wrong = list(_wrong(table, there[table.place]))
        problems += wrong
        if not wrong:
            found[table.kind] = _layout(table, there[table.place])
    return Layouts(found=found, problems=tuple(problems))


def _gathered(rows: Iterable[Any]) -> _There:
    there: dict[_Names, dict[str, tuple[str, bool]]] = {}
    for schema, table, column, kind, readable in rows:
        there.setdefault((schema, table), {})[column] = (kind, readable)
    return there


def _layout(table: InputTable, columns: Mapping[str, tuple[str, bool]]) -> Layout:
    theirs = {ours: table.theirs(ours) for ours in KINDS[table.kind].columns if ours not in table.constants}
    return Layout(table=table, types={o: columns[t][0] for o, t in theirs.items() if t in columns and columns[t][1]})


def _wrong(table: InputTable, columns: Mapping[str, tuple[str, bool]]) -> Iterator[Problem]:
    kind = KINDS[table.kind]
    for ours, role in kind.columns.items():
        theirs = table.theirs(ours)
        is_asked = ours not in kind.optional or ours in table.columns
        if ours in table.constants or (not is_asked and theirs not in columns):
            continue
        if theirs not in columns:
            yield _no_column(table, ours, list(columns))
        elif not columns[theirs][1] and is_asked:
            yield _not_allowed(table, theirs)
        elif _is_no_moment(role, columns[theirs][0]):
            words = f"{table.table}.{theirs} is of type {columns[theirs][0]}, from which {ours} cannot be read"
            yield Problem(kind=table.kind, words=words, hint=f"name another: [inputs.{table.kind}] {ours} = …")


def _is_no_moment(role: Role, type_name: str) -> bool:
    is_text = keeping(type_name) is Keeping.TEXT
    return (role in MOMENTS or role is Role.DAY) and is_text and type_name not in _TEXTS


def _no_column(table: InputTable, ours: str, columns: list[str]) -> Problem:
    theirs = table.theirs(ours)
    read = f", from which {ours} is to be read" if theirs != ours else ""
    near = get_close_matches(theirs, columns, 1) or get_close_matches(ours, columns, 1)
    has = f"near to it is {near[0]}" if near else f"it has {_some(columns)}"
    hint = f'[inputs.{table.kind}] {ours} = "…" names the column'
    if ours in KINDS[table.kind].constants:
        hint += ', { constant = "…" } in place of a name says it of all rows'
    if not table.is_said:
        hint += f'; table = "" there leaves {table.table} unread'
    return Problem(kind=table.kind, words=f"{table.table} has no column {theirs}{read}: {has}", hint=hint)


def _not_allowed(table: InputTable, theirs: str) -> Problem:
    return Problem(
        kind=table.kind,
        words=f"this user may not read {theirs} of {table.table}",
        hint=f"GRANT SELECT ON {quoted(*table.place)} TO the user, and USAGE ON SCHEMA {quoted(table.place[0])}",
    )


def _no_table(table: InputTable, names: Sequence[_Names]) -> Problem:
    schema, called = table.place
    words = f"there is no table {table.table} for {table.kind.replace('_', ' ')}"
    beside = [name for within, name in names if within == schema]
    elsewhere = [f"{within}.{name}" for within, name in names if name == called]
    if near := elsewhere or [f"{schema}.{name}" for name in get_close_matches(called, beside, 1)]:
        words += f": near to it is {near[0]}"
    elif beside:
        words += f": {schema} has {_some(beside)}"
    elif schemas := [within for within in dict.fromkeys(within for within, _ in names) if within != schema]:
        words += f": there is no schema {schema}, but {_some(schemas)}"
    else:
        words += ": there is no table at all"
    return Problem(kind=table.kind, words=words, hint=f'[inputs.{table.kind}] table = "schema.name" names it')


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if names[_NAMED:] else "")
