"""Flip changes: by how much did a check miss its limit, and what is the least that would have had to be otherwise?"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.model.verdict import Check, Verdict
from engine.settings import known
from stonks_tui.reports.numbers import measured
from stonks_tui.reports.words import LIMITS

_TIER = "tiers.{tier}."
SETTINGS: Mapping[Check, str] = {
    Check.CONFIDENCE: _TIER + "min_confidence",
    Check.PRICE: "quote_max_age_seconds",
    Check.POSITION_COUNT: "max_open_positions",
    Check.DECLINING: "declining_share_limit",
    Check.ACTIVE_POOL: "active_pool_minimum",
    Check.EARNINGS: "earnings_reject_sessions",
    Check.CORRELATION: "correlation_reject_above",
    Check.SECTOR: _TIER + "max_sector_pct",
    Check.HEAT: _TIER + "max_portfolio_heat",
    Check.MICRO_COUNT: "micro_trading_max_daily",
}
"""The setting that is the limit of a check."""
WITHOUT_NUMBERS: Mapping[Check, str] = {
    Check.ENABLED: "the setting enabled",
    Check.TRADING_STATE: "trading that is active: a pause or a breaker has to end first",
    Check.MODE: "a recommendation for this kind of account",
    Check.HELD: "the ticker neither held nor being bought",
    Check.NOT_HALTED: "trading that is not halted",
    Check.MARKET_OPEN: "an exchange that is open",
    Check.HOLDING: "a position in the ticker to sell from",
    Check.MICRO_ENABLED: "the setting micro_trading_enabled",
}
"""What a check without numbers asks for."""
RESIZES = frozenset({Check.CONFIDENCE, Check.ACTIVE_POOL, Check.EARNINGS, Check.CORRELATION, Check.SECTOR})
"""Checks whose numbers the size depends on too."""
BY_SIZE = frozenset({Check.HEAT, Check.SHARES})
"""Checks whose numbers depend on the size."""
_WHOLE = frozenset({"count", "sessions", "bars"})
_STEP = {"pct": 0.0001, "corr": 0.0001, "usd": 0.01, "minutes": 1.0, "seconds": 1.0, **dict.fromkeys(_WHOLE, 1.0)}
"""The smallest difference that is worth naming, by unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """The setting that is a check's limit, and the value nearest to it by which the check passes."""

    name: str
    was: float
    needed: float
    is_allowed: bool


def missed_by(v: Verdict) -> str:
    """Return by how much a failed check missed its limit, nothing when it has no numbers."""
    if v.value is None or v.limit is None or not math.isfinite(v.value):
        return ""
    distance = abs(v.value - v.limit)
    if v.unit == "pct":
        points = f"{distance * 100:.2f}"
        return "exactly on the limit" if not distance else f"{points if points != '0.00' else 'less than 0.01'} points"
    return measured(distance, v.unit) if distance else "exactly on the limit"


def needed_value(v: Verdict) -> float | None:
    """Return the value nearest to the one it had by which the check passes with its limit as it was."""
    if v.value is None or v.limit is None or v.check is Check.WINDOW:
        return None
    limit = v.limit
    return _nearest(limit, v.unit, lambda value: passes(v, value=value, limit=limit))


def setting_change(v: Verdict, tier: str) -> SettingChange | None:
    """Return what the check's setting would have had to be for the value that it had, None when it has no setting."""
    if v.check not in SETTINGS or v.value is None or v.limit is None or not math.isfinite(v.value):
        return None
    name, value = SETTINGS[v.check].format(tier=tier), v.value
    needed = _nearest(value, v.unit, lambda limit: passes(v, value=value, limit=limit))
    bounds = known()[name].metadata
    return SettingChange(name=name, was=v.limit, needed=needed, is_allowed=bounds["low"] <= needed <= bounds["high"])


def passes(v: Verdict, *, value: float, limit: float) -> bool:
    """Would the check pass with these numbers?"""
    match LIMITS.get(v.check.value, "at most"):
        case "below":
            return value < limit
        case "above":
            return value > limit
        case "at least":
            return value >= limit
        case _:
            return value <= limit


def _nearest(number: float, unit: str, fits: Callable[[float], bool]) -> float:
    """Return what is nearest to `number` on a whole step of the unit, of that which `fits`."""
    step = _STEP.get(unit, 0.0001)
    near = round(number / step)
    steps = [round((near + away) * step, 9) for away in (0, -1, 1, -2, 2)]
    return min(filter(fits, steps), key=lambda found: abs(found - number))
