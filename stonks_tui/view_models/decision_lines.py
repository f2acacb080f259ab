"""Decision lines: what was decided, in one line?"""

from datetime import datetime

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import usd
from engine.model.verdict import SKIP_REASONS, Check
from stonks_tui.reports.numbers import measured
from stonks_tui.reports.words import EXITS, KINDS, LIMITS
from stonks_tui.view_models.text import Line, Mood, line

UNITS = {
    Check.EXPIRY: "seconds",
    Check.COOL_DOWN: "seconds",
    Check.WINDOW: "minutes",
    Check.CONFIDENCE: "pct",
    Check.PRICE: "seconds",
    Check.ATR: "bars",
    Check.POSITION_COUNT: "count",
    Check.DECLINING: "pct",
    Check.ACTIVE_POOL: "usd",
    Check.EARNINGS: "sessions",
    Check.CORRELATION: "corr",
    Check.SECTOR: "pct",
    Check.HEAT: "pct",
    Check.CASH: "usd",
    Check.SHARES: "usd",
}
"""The unit of a check's numbers, for a decision whose trace is not at hand."""

_CHECKS = {reason: check for check, reason in SKIP_REASONS.items()}
_FAILED = {"at most": ">", "at least": "<", "below": "≥", "above": "≤"}


def verdict(d: Decision) -> Line:
    """Return ACT or SKIP."""
    acts = d.outcome is TradingDecisionType.ACT
    return line(("ACT ", Mood.GAIN) if acts else ("SKIP", Mood.DIM))


def what(d: Decision) -> Line:
    """Return what was ordered and why, or the word for the check that failed."""
    if d.outcome is TradingDecisionType.ACT:
        return line(f"{_verb(d)} {d.shares:,}", (_because(d), Mood.DIM))
    return line((_about(d), Mood.DIM), (d.skip_reason or "").replace("_", " "))


def numbers(d: Decision) -> Line:
    """Return the price of what was ordered, or how the check was missed."""
    if d.outcome is TradingDecisionType.ACT:
        return line(f"@ {usd(d.price)}") if d.price is not None else ()
    return line((missed_shortly(d), Mood.DIM))


def missed_by(d: Decision) -> str:
    """Return how the check was missed, as `3.4 % > 3.0 %`, or nothing when it has no numbers."""
    check = _CHECKS.get(d.skip_reason or "")
    if check is None or d.failed_value is None or d.failed_limit is None:
        return ""
    unit = UNITS.get(check, "")
    sign = _FAILED[LIMITS.get(check.value, "at most")]
    return f"{measured(d.failed_value, unit)} {sign} {measured(d.failed_limit, unit)}"


def missed_shortly(d: Decision) -> str:
    """Return the same in as few letters as can be: `3.4 > 3.0 %`, `$1,234 < $20,000`."""
    missed = missed_by(d)
    if not missed or d.failed_value is None or d.failed_limit is None:
        return missed
    unit = UNITS.get(_CHECKS[d.skip_reason or ""])
    if unit in ("bars", "minutes", "sessions"):
        value, _, rest = missed.partition(" ")
        return f"{value} {rest.partition(' ')[2]}"
    if unit == "pct":
        return _short_percent(d.failed_value, d.failed_limit, missed.split(" % ")[1].split()[0])
    if unit == "usd" and round(d.failed_value) != round(d.failed_limit):
        return f"${d.failed_value:,.0f} {missed.split()[1]} ${d.failed_limit:,.0f}"
    return missed


def first_failed(d: Decision) -> str:
    """Return the check that said no, value and limit, in as few letters as can be: `heat 3.4 > 3.0 %`."""
    reason = d.skip_reason or ""
    about = _about(d)
    missed = missed_shortly(d)
    if not missed:
        return f"{about}{reason.replace('_', ' ')}"
    return f"{about}{_SHORT.get(reason, reason.replace('_', ' '))} {missed}"


def _short_percent(value: float, limit: float, sign: str) -> str:
    """Return `3.4 > 3.0 %`; with more places where both would look the same."""
    for places in (1, 2, 4):
        texts = [f"{number * 100:.{places}f}" for number in (value, limit)]
        if texts[0] != texts[1]:
            break
    return f"{texts[0]} {sign} {texts[1]} %"


def moment(at: datetime) -> str:
    """Return a moment as lists show it (UTC)."""
    return at.strftime("%m-%d %H:%M")


_SHORT = {
    "low_confidence": "conf",
    "max_positions": "positions",
    "declining_positions": "falling",
    "active_pool_minimum": "pool",
    "below_one_share": "share",
    "outside_window": "window",
}
"""What a check is called where there is hardly room for it."""
_PLAIN = frozenset({DecisionKind.ENTRY, DecisionKind.EXIT})


def _verb(d: Decision) -> str:
    buys = d.kind in (DecisionKind.ENTRY, DecisionKind.MICRO)
    return ("micro " if d.is_micro else "") + ("buy" if buys else "sell")


def _about(d: Decision) -> str:
    """Return what it was that was skipped, unless it was an entry or an exit."""
    if d.kind in _PLAIN:
        return ""
    return "micro: " if d.kind is DecisionKind.MICRO else f"{KINDS[d.kind.value]}: "


def _because(d: Decision) -> str:
    """Return what it was that a decision without a recommendation is about; of a signal only that it was one."""
    if d.recommendation_id is not None:
        return ""
    return f", {EXITS.get(d.cause, 'signal')}"
