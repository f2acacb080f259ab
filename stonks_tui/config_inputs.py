"""Configuration of inputs: from which tables of somebody else's does an account hear, and what is called how there?

    [inputs]
    database = "postgresql://reader@db.example.com/market"

    [inputs.recommendations]
    table = "signals.recommendation"
    ticker = "symbol"                          # our name = theirs
    mode = { constant = "paper_eligible" }     # no column says it: it is so of all rows

Nothing of it is SQL: names reach the server as quoted identifiers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.errors import BadInput
from stonks_tui import account_place, config_file
from stonks_tui.config_names import near_to
from storage.postgres_address import PostgresAddress
from storage.postgres_sources_names import KINDS, InputTable, is_name, parts_of

URL = "STONKS_INPUT_DATABASE_URL"
PASSWORD = "STONKS_INPUT_DATABASE_PASSWORD"
_CONSTANT = "constant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The tables that are named, by kind, in the database at `address`, and the file that says so, if one does."""

    address: PostgresAddress
    tables: Mapping[str, InputTable] = field(default_factory=dict)
    path: Path | None = None


def read(
    path: Path | None,
    environment: Mapping[str, str],
    *,
    own: PostgresAddress | None = None,
    is_asked: bool = False,
) -> Inputs | None:
    """Return what the file `path` and the environment say of inputs, None when neither does.

    Without an address of its own it is the database `own`, that of the account. With `is_asked` something has to be
    said in the file. Raises BadInput, naming the place, for what cannot be.
    """
    said = config_file.inputs(path) if path else None
    if said is None and is_asked:
        raise BadInput(f"{path} has no table [inputs]", hint="it says which tables are read (docs/data.md)")
    if said is None and not environment.get(URL):
        return None
    address = _address(path, said or {}, environment, own)
    tables = {kind: _table(f"{path} [inputs.{kind}]", kind, about) for kind, about in _kinds(path, said or {})}
    return Inputs(address=address, tables=tables, path=path if said is not None else None)


def _address(
    path: Path | None, said: Mapping[str, Any], environment: Mapping[str, str], own: PostgresAddress | None
) -> PostgresAddress:
    url = environment.get(URL) or said.get("database")
    if url is None:
        if own is None:
            raise BadInput(
                f"{path} [inputs]: it is not said in which database the tables are",
                hint=f'database = "postgresql://USER@HOST/DATABASE", or {URL}',
            )
        return own
    where = URL if environment.get(URL) else f"{path} [inputs]"
    try:
        if not isinstance(url, str):
            raise BadInput("database is no text")
        if not environment.get(URL) and urlsplit(url).password is not None:
            raise BadInput(
                "database has a password in it, and none is read from here",
                hint=f"it belongs into the environment as {PASSWORD}, or a file that {PASSWORD}_FILE names",
            )
        return account_place.address({**environment, URL: url}, url=URL, password=PASSWORD)
    except (BadInput, ValueError) as error:
        message = error.message if isinstance(error, BadInput) else "database is no address"
        raise BadInput(f"{where}: {message}", hint=getattr(error, "hint", "")) from None


def _kinds(path: Path | None, said: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, about in said.items():
        if name == "database":
            continue
        if name not in KINDS:
            hint = near_to(name, ("database", *KINDS)).replace(
                "stonks config show lists them all", f"there are {', '.join(KINDS)}"
            )
            raise BadInput(f"{path} [inputs]: nothing comes in that is called {name!r}", hint=hint)
        if not isinstance(about, Mapping):
            raise BadInput(
                f"{path} [inputs]: {name} is no table", hint=f"write [inputs.{name}], and table = … under it"
            )
        found.append((name, about))
    return found


def _table(where: str, kind: str, said: Mapping[str, Any]) -> InputTable:
    about = KINDS[kind]
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    for ours, value in said.items():
        if ours == "table":
            continue
        if ours not in about.columns:
            near = near_to(ours, ("table", *about.columns))
            hint = near if near.startswith("did") else f"there are table, {', '.join(about.columns)}"
            raise BadInput(f"{where}: there is no {ours!r} in {kind.replace('_', ' ')}", hint=hint)
        if isinstance(value, Mapping):
            constants[ours] = _constant(where, kind, ours, value)
        elif isinstance(value, str) and is_name(value):
            columns[ours] = value
        else:
            raise BadInput(f"{where}: {ours} is {value!r}", hint=f'it is the name of a column: {ours} = "…"')
    table = said.get("table", about.table)
    if not isinstance(table, str):
        raise BadInput(f"{where}: table is {table!r}", hint='it is a name such as "signals.recommendation"')
    try:
        if table:
            parts_of(table)
    except BadInput as error:
        raise BadInput(f"{where}: {error.message}", hint=error.hint) from None
    return InputTable(kind=kind, table=table, columns=columns, constants=constants, is_said=True)


def _constant(where: str, kind: str, ours: str, said: Mapping[str, Any]) -> str:
    allowed = KINDS[kind].constants
    if ours not in allowed:
        may = f"a constant may be {', '.join(sorted(allowed))}" if allowed else "no constant may be given here"
        raise BadInput(f"{where}: {ours} cannot be the same of all rows", hint=may)
    value = said.get(_CONSTANT)
    if set(said) != {_CONSTANT} or isinstance(value, bool) or not isinstance(value, str | int) or "\0" in str(value):
        raise BadInput(f"{where}: {ours} is {dict(said)!r}", hint=f'write {ours} = {{ constant = "…" }}')
    return str(value)
