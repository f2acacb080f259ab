"""Configuration differences: what is said of an account otherwise than it has it, in words, and is it riskier?"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.errors import BadInput
from engine.model.runs import RunRecord
from engine.policy import TradingPolicy
from engine.policy_mapping import Value, changes
from engine.settings import shown
from stonks_tui.config_names import variable_of
from stonks_tui.config_said import COMMAND_LINE, ENVIRONMENT, Said
from stonks_tui.configuration import Configuration, Difference
from stonks_tui.start_settings import START_SETTINGS

_SWITCHES = frozenset({"enabled", "micro_trading_enabled"})
"""Switched on, they let the engine buy what it would not have bought."""


def refuse(differences: Sequence[Difference]) -> None:
    """Raise BadInput, with both values of each and the ways out, if there are any `differences`."""
    if not differences:
        return
    first = differences[0]
    setting = f"{first.name}={written(first.name, first.wanted)}"
    raise BadInput(
        "; ".join(map(words, differences)),
        hint="stonks run --on-difference keep begins with what the account has, --on-difference apply with what is "
        f"said; in a running engine it is stonks config set {setting}, or stonks config apply for all of them",
    )


def refuse_fixed(said: Configuration, record: RunRecord) -> None:
    """Raise BadInput if an account is said to have begun otherwise than its `record` says."""
    for name in said.fixed_differences(record.initial_capital, record.costs):
        raise BadInput(
            fixed_words(name, said, record),
            hint="that cannot be changed: leave it out, or begin another account in another --data-dir",
        )


def fixed_words(name: str, said: Configuration, record: RunRecord) -> str:
    """Return in words how the capital or a cost is said to be otherwise than in `record`."""
    setting = START_SETTINGS[name]
    wanted = setting.shown(said.start[name])
    if name == "capital":
        return f"{place(name, said.said[name])} is {wanted}, but the account began with {_began(name, record)}"
    return f"{place(name, said.said[name])} is {wanted}, but {_began(name, record)} in the account"


def words(difference: Difference) -> str:
    """Return in words how the two differ."""
    wanted, kept = (written(difference.name, v) for v in (difference.wanted, difference.kept))
    return f"{place(difference.name, difference.said)} is {wanted}, but {kept} in the account"


def place(name: str, said: Said) -> str:
    """Return the name with where it was said, such as `max_open_positions in stonks.toml`."""
    if said.origin == ENVIRONMENT:
        return f"{name} in the environment ({variable_of(name)})"
    return f"{name} on the command line" if said.origin == COMMAND_LINE else f"{name} in {said.origin}"


def written(name: str, value: Value) -> str:
    """Return a value as it may be shown to anybody, and typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else shown(name, value)


def exact(value: Value) -> str:
    """Return a value as the engine reads it, to the last digit."""
    return repr(value) if isinstance(value, float) else str(value)


def looser(policy: TradingPolicy, base: TradingPolicy) -> list[str]:
    """Return in words what of `policy` lets the engine risk more than `base` does."""
    return [
        f"{c.name} {written(c.name, c.default)} → {written(c.name, c.value)}"
        for c in changes(policy, base)
        if c.looser or (c.name in _SWITCHES and c.value) or (c.name == "account" and c.value == "live")
    ]


def origins(said: Mapping[str, Said], names: Iterable[str]) -> dict[str, str]:
    """Return where each of `names` was said."""
    return {name: said[name].origin for name in names}


def as_plain(difference: Difference, *, reveal: bool) -> dict[str, Any]:
    """Return it for JSON; addresses only in part unless they are to be revealed."""
    return {
        "name": difference.name,
        "wanted": difference.wanted if reveal else _masked(difference.name, difference.wanted),
        "account": difference.kept if reveal else _masked(difference.name, difference.kept),
        "origin": difference.said.origin,
        "where": difference.said.where,
    }


def _masked(name: str, value: Value) -> Value:
    return shown(name, value) if isinstance(value, str) else value


def _began(name: str, record: RunRecord) -> str:
    setting = START_SETTINGS[name]
    return setting.shown(record.initial_capital if name == "capital" else float(record.costs[name]))
