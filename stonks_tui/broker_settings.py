"""Broker settings: what is the broker service told, and where?

    command line  ▶  STONKS_BROKER_…  ▶  [broker] in a file  ▶  default

It has settings of its own and knows no other: whoever runs it need not be who runs the engine. Secrets have variables
alone (`broker_place`).
"""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from engine.adapters.paper_behaviour import PaperBehaviour
from engine.errors import BadInput
from engine.model.costs import CostModel
from engine.policy import TradingPolicy
from stonks_tui import config_file
from stonks_tui.broker_place import (
    BROKER_BOOKS,
    BROKER_BOOKS_PASSWORD,
    BROKER_REDIS,
    BROKER_REDIS_PASSWORD,
    require_no_password,
)
from stonks_tui.config_names import BROKERS, BROKERS_OWN, near_to
from stonks_tui.start_settings import COSTS, START_SETTINGS, StartSetting, StartValue, number, one_of, path

CONFIG = f"{BROKERS_OWN}CONFIG"
INPUTS_URL, INPUTS_PASSWORD = f"{BROKERS_OWN}INPUT_DATABASE_URL", f"{BROKERS_OWN}INPUT_DATABASE_PASSWORD"


def _text(name: str, said: Any) -> str:
    if not isinstance(said, str) or not said or len(said) > 1_000 or not said.isprintable():
        raise BadInput(f"{name} is {said!r}", hint="it is a text")
    return said


def _whole(least: int) -> Any:
    def read(name: str, said: Any) -> int:
        text = str(said)
        if isinstance(said, bool) or not (text.isascii() and text.isdigit() and least <= int(text) < 2**53):
            raise BadInput(f"{name} is {said!r}", hint=f"it is a whole number, {least} or more")
        return int(text)

    return read


def _flag(name: str, said: Any) -> str:
    if isinstance(said, bool):
        return "yes" if said else "no"
    return one_of("yes", "no")(name, said)


def _of(default: StartValue, about: str, read: Any, *, limits: str, unit: str = "") -> StartSetting:
    return StartSetting(table=config_file.BROKER, default=default, unit=unit, limits=limits, about=about, read=read)


_SECONDS = number(0, math.inf, "a number of seconds, 0 or more")
BROKER_SETTINGS: Mapping[str, StartSetting] = {
    "redis": _of(None, f"where the queue is; else ${BROKER_REDIS}", _text, limits="an address without a password"),
    "database": _of(None, f"where its books are, if not in broker.db; else ${BROKER_BOOKS}", _text, limits="the same"),
    "account": _of(None, "whose broker it is; else its books say, or the first job", _text, limits="an id"),
    "mode": _of("paper", "whether orders are meant", one_of("paper"), limits="paper"),
    "quotes": _of(None, "prices as they come in", path, limits="a file or folder"),
    "market": _of(None, "prices in tables; else market.db in the data directory", path, limits="a file"),
    "inputs": _of(None, "a file whose [inputs] names tables in PostgreSQL with prices", path, limits="a file"),
    **{name: START_SETTINGS[name] for name in COSTS},
    "max_price_age_seconds": _of(
        TradingPolicy().quote_max_age_seconds, "nothing is executed at an older price", _SECONDS, limits="0 or more"
    ),
    "parts": _of(1, "each order is filled in so many", _whole(1), limits="1 or more"),
    "rejected_pct": _of(0.0, "so many orders are rejected", number(0, 1.000001, "0 to 1"), limits="0 to 1"),
    "latency_seconds": _of(0.0, "what is said comes so much later", _SECONDS, limits="0 or more"),
    "fills": _of("yes", "are orders that wait ever filled?", _flag, limits="yes, no"),
    "day_orders_expire": _of("no", "do orders that wait end with their day?", _flag, limits="yes, no"),
    "seed": _of(0, "which orders are rejected", _whole(0), limits="0 or more"),
    **{name: START_SETTINGS[name] for name in ("log_level", "log_format", "log_file")},
}
_PATHS = frozenset({"quotes", "market", "inputs", "log_file"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """All of them by name, each read, and the `file` in which some were said, if there is one."""

    values: Mapping[str, StartValue]
    file: Path | None = None

    def text(self, name: str) -> str:
        """Return a setting that is a text, empty when nobody said it."""
        return str(self.values[name] or "")

    def path(self, name: str) -> Path | None:
        """Return a file or folder, None when nobody named one."""
        return cast("Path | None", self.values[name])

    def number(self, name: str) -> float:
        """Return a setting that is a number."""
        return cast(float, self.values[name])

    @property
    def costs(self) -> CostModel:
        """What its orders cost."""
        return CostModel(**{name: self.number(name) for name in COSTS})

    @property
    def behaviour(self) -> PaperBehaviour:
        """How obliging it is."""
        return PaperBehaviour(
            seed=int(self.number("seed")),
            parts=int(self.number("parts")),
            rejected_pct=self.number("rejected_pct"),
            latency_seconds=self.number("latency_seconds"),
            fills=self.values["fills"] == "yes",
            day_orders_expire=self.values["day_orders_expire"] == "yes",
        )


def read(args: argparse.Namespace, environment: Mapping[str, str]) -> BrokerSettings:
    """Return what is said on the command line, in `environment` and in the file that one of them names.

    Raises BadInput, naming the place, for what nobody knows and for what cannot be.
    """
    named = args.config or environment.get(CONFIG)
    file = Path(named).expanduser() if named else None
    said = {**_written(file), **_of_environment(environment), **_typed(args)}
    values = {name: setting.default for name, setting in BROKER_SETTINGS.items()}
    for name, (value, where) in said.items():
        try:
            values[name] = BROKER_SETTINGS[name].read(name, value)
        except BadInput as error:
            raise BadInput(f"{where}: {error.message}", hint=error.hint) from None
    for name, variable in (("redis", BROKER_REDIS_PASSWORD), ("database", BROKER_BOOKS_PASSWORD)):
        if name in said:
            require_no_password(str(values[name]), said[name][1], variable)
    return BrokerSettings(values=values, file=file)


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{BROKERS_OWN}{name.upper()}"


_Said = dict[str, tuple[Any, str]]
"""Values by name, each with the place where it was said."""


def _written(file: Path | None) -> _Said:
    if file is None:
        return {}
    if not file.is_file():
        raise BadInput(f"there is no file {file}", hint=f"--config, or {CONFIG}, names one with a table [broker]")
    table = config_file.table(file, config_file.BROKER)
    if table is None:
        raise BadInput(f"{file} has no table [broker]", hint="what the broker service is told stands there")
    where, found = f"{file} [broker]", {}
    for name, value in table.items():
        if name not in BROKER_SETTINGS:
            raise BadInput(f"{where}: there is no setting {name!r}", hint=_near(name))
        is_path = name in _PATHS and isinstance(value, str) and value
        found[name] = (file.absolute().parent / Path(value).expanduser() if is_path else value, where)
    return found


def _of_environment(environment: Mapping[str, str]) -> _Said:
    known = {variable_of(name): name for name in BROKER_SETTINGS if name not in ("redis", "database")}
    found: _Said = {}
    for variable in sorted(environment):
        if not variable.startswith(BROKERS_OWN) or variable in BROKERS or not environment[variable]:
            continue
        if variable not in known:
            raise BadInput(f"nothing is known of the variable {variable}", hint=_near(variable[len(BROKERS_OWN) :]))
        found[known[variable]] = environment[variable], variable
    return found


def _typed(args: argparse.Namespace) -> _Said:
    options = {name: getattr(args, name, None) for name in BROKER_SETTINGS}
    return {name: (value, f"--{name.replace('_', '-')}") for name, value in options.items() if value is not None}


def _near(name: str) -> str:
    hint = near_to(name.lower(), tuple(BROKER_SETTINGS))
    return hint if hint.startswith("did") else f"there are {', '.join(BROKER_SETTINGS)}"
