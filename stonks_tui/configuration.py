"""Configuration: what do command line, environment and stonks.toml say of an account, and which goes before which?

    command line  ▶  environment  ▶  stonks.toml  ▶  default

They say what a new account begins with. One that is there has its settings in its own file: what is said otherwise
than it has is a difference, and nobody's word is taken for another's.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from engine.errors import BadInput
from engine.model.costs import CostModel
from engine.model.money import Money
from engine.policy_mapping import Value
from engine.settings import Settings, as_mapping, from_mapping, known, require_known
from stonks_tui import config_environment, config_file
from stonks_tui.config_names import OTHER_VARIABLES, table_of, variable_of
from stonks_tui.config_said import Said
from stonks_tui.start_settings import COSTS, QUEUE, START_SETTINGS, StartValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting that `said` is otherwise than the account has it; both as they would be kept."""

    name: str
    wanted: Value
    kept: Value
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All that is said, by its name; of what is said twice that which goes before. `path` is the file, if there is one.

    Raises BadInput, naming the place, for a start setting that cannot be.
    """

    said: Mapping[str, Said]
    path: Path | None = None
    start: Mapping[str, StartValue] = field(init=False)

    def __post_init__(self) -> None:
        values = {n: _read(n, self.said[n]) if n in self.said else s.default for n, s in START_SETTINGS.items()}
        object.__setattr__(self, "start", values)

    @property
    def capital(self) -> Money:
        """What an account is to begin with."""
        return cast(Money, self.start["capital"])

    @property
    def costs(self) -> CostModel:
        """What trading is to cost."""
        return CostModel(**{name: cast(float, self.start[name]) for name in COSTS})

    @property
    def lease_seconds(self) -> float:
        """After so long without a word another engine takes over."""
        return cast(float, self.start["lease_seconds"])

    @property
    def is_queued(self) -> bool:
        """Is the broker behind a queue, and not in the engine's process?"""
        return self.start["broker"] == QUEUE

    def path_of(self, name: str) -> Path | None:
        """Return the file or folder `name`, None when nobody has named one."""
        return cast("Path | None", self.start[name])

    @property
    def account_names(self) -> tuple[str, ...]:
        """All that is said of what an account begins with."""
        return tuple(name for name in self.said if table_of()[name] != "process")

    @property
    def said_settings(self) -> dict[str, Said]:
        """Return what is said of settings that may change while an account trades."""
        return {name: said for name, said in self.said.items() if name in known()}

    def settings(self, base: Settings | None = None) -> Settings:
        """Return `base` (default: the defaults) with what is said laid over it.

        Raises BadInput, naming the place, for what cannot be.
        """
        said = self.said_settings
        try:
            return from_mapping({name: one.value for name, one in said.items()}, base)
        except BadInput as error:
            raise BadInput(f"{_culprit(said, error)}: {error.message}", hint=error.hint) from None

    def differences(self, kept: Settings) -> tuple[Difference, ...]:
        """Return what is said otherwise than `kept` has it. What is not said is never a difference."""
        wanted, was = as_mapping(self.settings(kept)), as_mapping(kept)
        return tuple(
            Difference(name=name, wanted=wanted[name], kept=was[name], said=said)
            for name, said in self.said_settings.items()
            if wanted[name] != was[name]
        )

    def fixed_differences(self, capital: int, costs: Mapping[str, float | int]) -> tuple[str, ...]:
        """Return the names of what an account began with, and is said to be something else than `capital`, `costs`."""
        began: dict[str, StartValue] = {**asdict(CostModel()), **costs, "capital": capital}
        return tuple(name for name in ("capital", *COSTS) if name in self.said and self.start[name] != began[name])


def read(
    data_dir: Path,
    *,
    file: Path | None = None,
    no_file: bool = False,
    command_line: Mapping[str, Said] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Configuration:
    """Return what is said of the account in `data_dir`: in `file` (else $STONKS_CONFIG, else stonks.toml there), too.

    With `no_file` none is read; `environment` is the process's if None. Raises BadInput, naming file and table or
    variable, for what cannot be.
    """
    variables = os.environ if environment is None else environment
    path = None if no_file else config_file.path_of(file, variables, data_dir)
    written = config_file.read(path, origin=config_file.origin_of(path, data_dir)) if path else {}
    said = {**written, **config_environment.read(variables), **(command_line or {})}
    return Configuration(said=said, path=path)


def require_changeable(name: str) -> None:
    """Raise BadInput, saying where it belongs, unless `name` is a setting that may change while an account trades."""
    if name in START_SETTINGS and START_SETTINGS[name].table == "account":
        raise BadInput(f"{name} is what an account begins with: it cannot be changed")
    if name in START_SETTINGS:
        where = f"{variable_of(name)}, [process] in stonks.toml, or --{name.replace('_', '-')} of stonks run"
        raise BadInput(
            f"{name} is of the process, not of the account", hint=f"{where}; it holds from the next start on"
        )
    if name in OTHER_VARIABLES or config_environment.is_secret(name):
        raise BadInput(f"{name} is read from the environment alone", hint="set it there, and start the engine anew")
    require_known(name)


def _read(name: str, said: Said) -> StartValue:
    try:
        return START_SETTINGS[name].read(name, said.value)
    except BadInput as error:
        raise BadInput(f"{said.where}: {error.message}", hint=error.hint) from None


def _culprit(said: Mapping[str, Said], error: BadInput) -> str:
    """Return where that was said which `error` is about: wrong by itself, or only together with others."""
    for name, one in said.items():
        try:
            from_mapping({name: one.value})
        except BadInput as alone:
            if alone.message == error.message:
                return one.where
    told = f"{error.message} {error.hint}"
    named = [one.where for name, one in said.items() if name.rpartition(".")[2] in told]
    return ", ".join(dict.fromkeys(named or [one.where for one in said.values()]))
