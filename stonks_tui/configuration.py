"""Configuration: what do command line, environment and stonks.toml say of an account, and which goes before which?

    command line  ▶  environment  ▶  stonks.toml  ▶  default

They say what a new account begins with. One that is there has its settings in its own file: what is said otherwise
than it has is a difference, and nobody's word is taken for another's.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.model.costs import CostModel
from engine.policy_mapping import Value
from engine.settings import Settings, as_mapping, from_mapping, known
from stonks_tui.config_names import variable_of
from stonks_tui.start_settings import COSTS, START_SETTINGS, StartValue

DEFAULT, ENVIRONMENT, COMMAND_LINE = "default", "environment", "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A value as it was said. `origin` is the kind of place (`stonks.toml`), `where` the place itself, for refusals."""

    value: Any
    origin: str
    where: str


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
    def costs(self) -> CostModel:
        """What trading is to cost."""
        return CostModel(**{name: float(str(self.start[name])) for name in COSTS})

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


def origin_words(name: str, origin: str) -> str:
    """Return an `origin` of the setting `name` with its variable, if it is one."""
    return f"{origin} {variable_of(name)}" if origin == ENVIRONMENT else origin


def read(
    data_dir: Path,
    *,
    file: Path | None = None,
    command_line: Mapping[str, Said] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Configuration:
    """Return what is said of the account in `data_dir`: in `file` (else $STONKS_CONFIG, else stonks.toml there), too.

    `environment` is the process's if None. Raises BadInput, naming file and table or variable, for what cannot be.
    """
    from stonks_tui import config_environment, config_file

    variables = os.environ if environment is None else environment
    path = config_file.path_of(file, variables, data_dir)
    written = config_file.read(path, origin=config_file.origin_of(path, data_dir)) if path else {}
    said = {**written, **config_environment.read(variables), **(command_line or {})}
    return Configuration(said=said, path=path)


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
