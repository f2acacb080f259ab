"""Configuration in a file: what does stonks.toml say, and what in it cannot be?"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.policy_mapping import dotted
from stonks_tui.config_environment import home_of_secret, is_secret
from stonks_tui.config_names import TABLES, near_to, table_of
from stonks_tui.config_said import Said
from stonks_tui.start_settings import PATHS

NAME = "stonks.toml"
INPUTS, BROKER = "inputs", "broker"
"""The tables that `config_inputs` and the broker service (`broker_settings`) read; an engine has no settings there."""


def path_of(chosen: Path | None, environment: Mapping[str, str], data_dir: Path) -> Path | None:
    """Return the file that is to be read: `chosen`, else $STONKS_CONFIG, else stonks.toml in `data_dir` if it is there.

    Raises BadInput when a file that is named is not there.
    """
    if named := chosen or environment.get("STONKS_CONFIG"):
        path = Path(named).expanduser()
        if not path.is_file():
            source = "--config" if chosen else "STONKS_CONFIG"
            raise BadInput(f"{source} names {path}, and there is no such file", hint=f"name a {NAME}, or leave it out")
        return path
    usual = data_dir / NAME
    return usual if usual.exists() else None


def origin_of(path: Path, data_dir: Path) -> str:
    """Return what `path` is called as an origin: by its name alone where it is the usual one."""
    return NAME if path == data_dir / NAME else str(path)


def read(path: Path, *, origin: str = NAME) -> dict[str, Said]:
    """Return what the file says, by the names of settings; its paths are taken from its own folder.

    Raises BadInput with the file, and the line or the table, for what cannot be; a secret is named and not repeated.
    """
    written = _parsed(path)
    for name, _ in dotted(written):
        _refuse_secret(path, name)
    return {
        name: Said(value=_value(path, name, value), origin=origin, where=f"{path} [{table}]")
        for table, name, value in _entries(path, written)
    }


def inputs(path: Path) -> Mapping[str, Any] | None:
    """Return the table [inputs] as it is written, None when there is none. Raises BadInput for what is no TOML."""
    return table(path, INPUTS)


def table(path: Path, name: str) -> Mapping[str, Any] | None:
    """Return the table `name` as it is written, None when there is none.

    Raises BadInput for what is no TOML, and for a secret anywhere in it.
    """
    written = _parsed(path)
    for entry, _ in dotted(written):
        _refuse_secret(path, entry)
    said = written.get(name)
    if said is not None and not isinstance(said, Mapping):
        raise BadInput(f"{path}: {name} is no table", hint=f"write [{name}]")
    return said


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=str)  # 25000.10 is no binary fraction
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", hint="the file must be readable for you") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadInput(f"{path} is not UTF-8 (line {line})", hint="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not TOML: {error}", hint="write lines like max_open_positions = 5") from None
    except RecursionError:
        raise BadInput(f"{path} is not of use: it is nested too deeply") from None


def _refuse_secret(path: Path, name: str) -> None:
    table, _, key = name.rpartition(".")
    if is_secret(key):
        raise BadInput(
            f"{path}{f' [{table}]' if table else ''}: {key} looks like a secret, and none is read from here",
            hint=f"take it out of the file; it belongs into {home_of_secret(key)}",
        )


def _entries(path: Path, written: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield table, name and value of each entry."""
    for table, entries in written.items():
        if table in (INPUTS, BROKER):
            continue
        if table not in TABLES:
            raise _stranger(path, table, entries)
        if not isinstance(entries, Mapping):
            raise BadInput(f"{path}: {table} is no table", hint=f"write [{table}], and its settings under it")
        for name, value in dotted(entries):
            _require_place(path, table, name)
            yield table, name, value


def _stranger(path: Path, name: str, entries: object) -> BadInput:
    """Return what is wrong with `name` at the top of the file: a setting without its table, or nothing known."""
    if not isinstance(entries, Mapping) and name in table_of():
        return BadInput(f"{path}: {name} stands in no table", hint=f"it belongs under [{table_of()[name]}]")
    if isinstance(entries, Mapping):
        return BadInput(f"{path}: there is no table [{name}]", hint=near_to(name, TABLES))
    return BadInput(f"{path}: there is no setting {name!r}", hint=near_to(name, table_of()))


def _require_place(path: Path, table: str, name: str) -> None:
    belongs = table_of().get(name)
    if belongs == table:
        return
    if belongs:
        raise BadInput(f"{path} [{table}]: {name} does not belong here", hint=f"it belongs under [{belongs}]")
    raise BadInput(f"{path} [{table}]: there is no setting {name!r}", hint=near_to(name, table_of()))


def _value(path: Path, name: str, value: Any) -> Any:
    if name in PATHS and isinstance(value, str) and value:
        return path.absolute().parent / Path(value).expanduser()
    if isinstance(value, time):  # 16:30:00 without quotes is a time of TOML
        return f"{value:%H:%M}"
    return value
