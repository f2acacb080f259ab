"""What was said of a setting, and where?"""

from dataclasses import dataclass
from typing import Any

from stonks_tui.config_names import variable_of

DEFAULT, ENVIRONMENT, COMMAND_LINE = "default", "environment", "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A value as it was said. `origin` is the kind of place (`stonks.toml`), `where` the place itself, for refusals."""

    value: Any
    origin: str
    where: str


def origin_words(name: str, origin: str) -> str:
    """Return an `origin` of the setting `name` with its variable, if it is one."""
    return f"{origin} {variable_of(name)}" if origin == ENVIRONMENT else origin
