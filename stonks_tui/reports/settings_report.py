"""Settings report: every number an account trades by, with its default, unit and range, and what it does."""

from collections.abc import Iterator, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any

from engine.errors import BadInput
from engine.policy import RISK_TIER_DEFAULTS, RiskTierConfig, TradingPolicy
from engine.policy_mapping import Value, as_mapping, changes
from stonks_tui.reports.numbers import fitting

_SWITCHES = frozenset({"enabled", "micro_trading_enabled"})
"""Switched on, they let the engine buy what it would not have bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One of them. `low` and `high` are None where there is no range."""

    name: str
    value: Value
    default: Value
    unit: str
    low: float | None
    high: float | None
    about: str


def settings(policy: TradingPolicy, *, names: Sequence[str] = (), only_changed: bool = False) -> tuple[Setting, ...]:
    """Return those of `policy` whose names have one of `names` in them, all if none. Raises BadInput for a stranger."""
    values, defaults, known = as_mapping(policy), as_mapping(TradingPolicy()), dict(_fields())
    for part in names:
        if not any(part in name for name in known):
            raise BadInput(f"there is no setting like {part!r}", hint="stonks settings shows all of them")
    return tuple(
        _setting(name, known[name], value, defaults[name])
        for name, value in values.items()
        if (not names or any(part in name for part in names)) and not (only_changed and value == defaults[name])
    )


def lines(found: Sequence[Setting], *, width: int) -> Iterator[str]:
    """Yield a line each, with a star where the value is not the default."""
    if not found:
        yield "every setting is at its default"
        return
    rows = [("", "setting", "value", "default", "unit", "range", "what it does"), *map(_row, found)]
    yield from fitting(rows, width=width, droppable=(6, 5, 4), right=frozenset({2, 3}), indent="")


def as_plain(setting: Setting) -> dict[str, Any]:
    """Return it for JSON."""
    return {f.name: getattr(setting, f.name) for f in fields(setting)}


def looser(policy: TradingPolicy, base: TradingPolicy) -> list[str]:
    """Return in words what of `policy` lets the engine risk more than `base` does."""
    return [
        f"{c.name} {_shown(c.default)} → {_shown(c.value)}"
        for c in changes(policy, base)
        if c.looser or (c.name in _SWITCHES and c.value) or (c.name == "account" and c.value == "live")
    ]


def _fields() -> Iterator[tuple[str, Field[Any]]]:
    for f in fields(TradingPolicy):
        if f.name != "tiers":
            yield f.name, f
    for tier in RISK_TIER_DEFAULTS:
        for f in fields(RiskTierConfig):
            yield f"tiers.{tier}.{f.name}", f


def _setting(name: str, f: Field[Any], value: Value, default: Value) -> Setting:
    ranged = not isinstance(value, bool | str)
    return Setting(
        name=name,
        value=str(value) if isinstance(value, str) else value,
        default=str(default) if isinstance(default, str) else default,
        unit=f.metadata["unit"],
        low=f.metadata["low"] if ranged else None,
        high=f.metadata["high"] if ranged else None,
        about=f.metadata["about"],
    )


def _row(s: Setting) -> tuple[str, ...]:
    span = f"{s.low:g} to {s.high:g}" if s.low is not None and s.high is not None else ""
    return ("" if s.value == s.default else "*", s.name, _shown(s.value), _shown(s.default), s.unit, span, s.about)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
