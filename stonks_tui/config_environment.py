"""Configuration in the environment: what do the variables STONKS_… say?"""

import re
from collections.abc import Mapping

from engine.errors import BadInput
from stonks_tui.config_names import (
    BROKERS_OWN,
    OTHER_VARIABLES,
    PREFIX,
    SECRET_FILES,
    SECRETS,
    TOOLS,
    near_to,
    table_of,
    variables,
)
from stonks_tui.config_said import ENVIRONMENT, Said

_SECRET = re.compile(r"passw(or)?d|passphrase|secret|token|credential|(^|_)(api|access|private)?_?key", re.IGNORECASE)


def read(environment: Mapping[str, str]) -> dict[str, Said]:
    """Return what `environment` says, by the names of settings. An empty variable says nothing.

    Raises BadInput for a variable of ours that nobody knows; what it says is not repeated: it may be a secret.
    """
    found: dict[str, Said] = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES or variable.startswith(BROKERS_OWN):
            continue
        name = variables().get(variable)
        if name is None:
            raise BadInput(f"nothing is known of the variable {variable}", hint=_near_to(variable))
        if text := environment[variable]:
            found[name] = Said(value=text, origin=ENVIRONMENT, where=variable)
    return found


def secret(variable: str, environment: Mapping[str, str]) -> str:
    """Return of the secret `variable` whether it is set, and from where; never what it is."""
    named = f"{variable}_FILE"
    if environment.get(variable):
        return "set (from environment)"
    if named in SECRET_FILES and environment.get(named):
        return f"set (from file {environment[named]})"
    return "not set"


def _near_to(variable: str) -> str:
    """What all of them begin with says nothing about which one is meant."""
    known = (*variables(), *(OTHER_VARIABLES - TOOLS))
    hint = near_to(variable.removeprefix(PREFIX), tuple(name.removeprefix(PREFIX) for name in known))
    return hint.replace("did you mean ", f"did you mean {PREFIX}")


def is_secret(name: str) -> bool:
    """Does `name`, which is no setting, look like that of a secret?"""
    return bool(_SECRET.search(name)) and name not in table_of()


def home_of_secret(name: str) -> str:
    """Return in words where a secret of such a `name` may belong."""
    parts = set(name.lower().split("_"))
    variable = max(SECRETS, key=lambda known: len(parts & set(known.lower().split("_"))))
    named = f"{variable}_FILE"
    return f"the environment as {variable}" + (f", or a file that {named} names" if named in SECRET_FILES else "")
