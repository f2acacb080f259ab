"""Settings: what may be changed while an account trades, by name: its rules, and whom it tells what happens to it?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from typing import Any

from engine import policy_mapping
from engine.errors import BadInput
from engine.notification_settings import NotificationSettings
from engine.policy import RISK_TIER_DEFAULTS, RiskTierConfig, TradingPolicy
from engine.policy_mapping import Change, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of them."""

    policy: TradingPolicy = field(default_factory=TradingPolicy)
    notifications: NotificationSettings = field(default_factory=NotificationSettings)


def as_mapping(settings: Settings) -> dict[str, Value]:
    """Return every setting under its dotted name."""
    told = settings.notifications
    return {
        **policy_mapping.as_mapping(settings.policy),
        **{f.name: getattr(told, f.name) for f in fields(NotificationSettings)},
    }


def from_mapping(values: Mapping[str, Any], base: Settings | None = None) -> Settings:
    """Return `base` (default: the defaults) with `values` laid over it; nested tables or dotted names, both are read.

    Raises BadInput naming a key that does not exist, or a value of the wrong kind or outside its range.
    """
    base = base or Settings()
    wanted = dict(policy_mapping.dotted(values))
    for name in wanted:
        require_known(name)
    told = {name: value for name, value in wanted.items() if name in _notification_fields()}
    rules = {name: value for name, value in wanted.items() if name not in told}
    converted: dict[str, Any] = {n: _converted(n, value, getattr(base.notifications, n)) for n, value in told.items()}
    return Settings(
        policy=policy_mapping.from_mapping(rules, base.policy) if rules else base.policy,
        notifications=replace(base.notifications, **converted) if converted else base.notifications,
    )


def changes(settings: Settings, base: Settings | None = None) -> tuple[Change, ...]:
    """Return what of `settings` differs from `base` (default: the defaults), and whether each is looser."""
    base = base or Settings()
    was, now = as_mapping(base), as_mapping(settings)
    told = tuple(
        Change(name=name, value=now[name], default=was[name], looser=False)
        for name in _notification_fields()
        if now[name] != was[name]
    )
    return (*policy_mapping.changes(settings.policy, base.policy), *told)


@cache
def known() -> Mapping[str, Field[Any]]:
    """Return every setting's field, with its unit, range and what it does, by its dotted name."""
    return {**dict(_rules()), **_notification_fields()}


def require_known(name: str) -> None:
    """Raise BadInput, with the nearest name, unless there is a setting `name`."""
    if name not in known():
        near = get_close_matches(name, known(), 1)
        hint = f"did you mean {near[0]!r}?" if near else "stonks config show lists them"
        raise BadInput(f"there is no setting {name!r}", hint=hint)


def shown(name: str, value: Value) -> str:
    """Return `value` as it may be shown to anybody: an address only in part."""
    text = str(value)
    is_private = name in known() and known()[name].metadata["private"]
    return masked(text) if is_private else text


def masked(text: str) -> str:
    """Return enough of a number or of addresses to know them again, and no more."""
    return ",".join(_masked(part.strip()) for part in text.split(",")) if text else ""


def text_of(settings: Settings) -> str:
    """Return `settings` as they are kept: canonical JSON."""
    return json.dumps(as_mapping(settings), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str) -> Settings:
    """Return the settings that were kept as `text`; what was not known then is at its default."""
    return from_mapping(json.loads(text))


def _masked(part: str) -> str:
    name, at, domain = part.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{part[:3]}***{part[-4:]}" if len(part) > 8 else "***"


def _rules() -> Iterator[tuple[str, Field[Any]]]:
    for f in fields(TradingPolicy):
        if f.name != "tiers":
            yield f.name, f
    for tier in RISK_TIER_DEFAULTS:
        for f in fields(RiskTierConfig):
            yield f"tiers.{tier}.{f.name}", f


@cache
def _notification_fields() -> Mapping[str, Field[Any]]:
    return {f.name: f for f in fields(NotificationSettings)}


def _converted(name: str, value: Any, like: Value) -> Value:
    if isinstance(like, str):
        if isinstance(value, list | tuple):  # of a file: gmail_recipient = ["a@example.com", "b@example.com"]
            value = ",".join(map(str, value))
        text = str(value).strip()
        return text.lower().replace(" ", "") if name.endswith("_events") else text
    return policy_mapping.convert(name, value, like)
