"""Policy mapping: how is a policy written and read by the names of its settings, and what does it loosen?"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields, replace
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from engine.errors import BadInput
from engine.model.portfolio import RiskTierName
from engine.policy import TradingPolicy
from engine.setting_fields import Looser

Value = float | int | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting that differs: its dotted name, what it is and what it was."""

    name: str
    value: Value
    default: Value
    looser: bool


def as_mapping(policy: TradingPolicy) -> dict[str, Value]:
    """Return every setting under its dotted name, tiers as `tiers.moderate.max_position_pct`."""
    return dict(_flat(policy))


def from_mapping(values: Mapping[str, Any], base: TradingPolicy | None = None) -> TradingPolicy:
    """Return `base` (default: the defaults) with `values` laid over it; nested tables or dotted names, both are read.

    Raises BadInput naming a key that does not exist, or a value of the wrong kind or outside its range.
    """
    base = base or TradingPolicy()
    known = as_mapping(base)
    top: dict[str, Any] = {}
    tiers: dict[RiskTierName, dict[str, float]] = {}
    for name, value in dotted(values):
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise BadInput(f"there is no setting {name!r}", hint=f"did you mean {near[0]!r}?" if near else "")
        converted = convert(name, value, known[name])
        if name.startswith("tiers."):
            _, tier, key = name.split(".")
            tiers.setdefault(RiskTierName(tier), {})[key] = float(converted)
        else:
            top[name] = converted
    merged = {t: replace(c, **tiers.get(t, {})) for t, c in base.tiers.items()}
    return replace(base, **top, tiers=MappingProxyType(merged))


def changes(policy: TradingPolicy, base: TradingPolicy | None = None) -> tuple[Change, ...]:
    """Return the settings of `policy` that differ from `base` (default: the defaults), and whether each is looser."""
    was = as_mapping(base or TradingPolicy())
    directions = {name: f.metadata["looser"] for name, f in _named_fields(policy)}
    return tuple(
        Change(name=n, value=v, default=was[n], looser=_is_looser(directions[n], v, was[n]))
        for n, v in _flat(policy)
        if v != was[n]
    )


def _is_looser(direction: Looser, value: Value, default: Value) -> bool:
    if not direction or isinstance(value, str) or isinstance(default, str):
        return False
    return value > default if direction == "up" else value < default


def dotted(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield `values` by their dotted names, those of nested tables too."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _named_fields(policy: TradingPolicy) -> Iterator[tuple[str, Field[Any]]]:
    for f in fields(policy):
        if f.name != "tiers":
            yield f.name, f
    for tier, config in policy.tiers.items():
        for f in fields(config):
            yield f"tiers.{tier}.{f.name}", f


def _flat(policy: TradingPolicy) -> Iterator[tuple[str, Value]]:
    for f in fields(policy):
        if f.name != "tiers":
            yield f.name, getattr(policy, f.name)
    for tier, config in policy.tiers.items():
        for f in fields(config):
            yield f"tiers.{tier}.{f.name}", getattr(config, f.name)


def convert(name: str, value: Any, like: Value) -> Value:
    """Return `value` as a value of the kind of `like`. Raises BadInput, with the name, when it cannot be one."""
    try:
        if isinstance(like, bool):
            return _boolean(value)
        if isinstance(like, RiskTierName):
            return RiskTierName(str(value).lower())
        if isinstance(like, str):
            return str(value).lower()
        if isinstance(value, bool):
            raise ValueError(value)
        number = _number(value)
        if isinstance(like, int):
            if number != int(number):
                raise ValueError(value)
            return int(number)
        return number
    except (TypeError, ValueError, OverflowError):
        kind = f"one of {', '.join(RiskTierName)}" if isinstance(like, RiskTierName) else f"a value like {like}"
        raise BadInput(f"{name} is {value!r}", hint=f"it is {kind}") from None


def _number(value: Any) -> float:
    """Return a number; `5 %` is the fraction 0.05, to the last digit."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        try:
            return float(Decimal(value.rstrip().removesuffix("%").strip()) / 100)
        except ArithmeticError:
            raise ValueError(value) from None
    return float(value)


def _boolean(value: Any) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    word = str(value).lower()
    if word not in words:
        raise ValueError(value)
    return words[word]
