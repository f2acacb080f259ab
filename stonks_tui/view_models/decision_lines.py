"""Decision lines: what was decided, in one line?"""

from datetime import datetime

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import usd
from engine.model.verdict import SKIP_REASONS, Check
from stonks_tui.reports.numbers import measured
from stonks_tui.reports.words import LIMITS
from stonks_tui.view_models.text import Line, Mood, Span, line

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


def one_line(d: Decision) -> Line:
    """Return `d` in one line: when, taken or not, what, why."""
    return (Span(f"{moment(d.at)} ", Mood.DIM), *verdict(d), Span(f" {d.ticker:<5} ", Mood.STRONG), *reason(d))


def verdict(d: Decision) -> Line:
    """Return ACT or SKIP."""
    acts = d.outcome is TradingDecisionType.ACT
    return line(("ACT ", Mood.GAIN) if acts else ("SKIP", Mood.DIM))


def reason(d: Decision) -> Line:
    """Return what was ordered and why, or the check that failed with its value and limit."""
    if d.outcome is TradingDecisionType.ACT:
        price = f" @ {usd(d.price)}" if d.price is not None else ""
        cause = "" if d.recommendation_id is not None else f"  {d.cause.replace('_', ' ')}"
        return line(f"{_verb(d)} {d.shares:,}{price}", (cause, Mood.DIM))
    word = (d.skip_reason or "").replace("_", " ")
    return line(word, (f" {missed}", Mood.DIM) if (missed := missed_by(d)) else "")


def missed_by(d: Decision) -> str:
    """Return how the check was missed, as `3.4 % > 3.0 %`, or nothing when it has no numbers."""
    check = _CHECKS.get(d.skip_reason or "")
    if check is None or d.failed_value is None or d.failed_limit is None:
        return ""
    unit = UNITS.get(check, "")
    sign = _FAILED[LIMITS.get(check.value, "at most")]
    return f"{measured(d.failed_value, unit)} {sign} {measured(d.failed_limit, unit)}"


def moment(at: datetime) -> str:
    """Return a moment as lists show it (UTC)."""
    return at.strftime("%m-%d %H:%M")


def _verb(d: Decision) -> str:
    return "sell" if d.kind is DecisionKind.EXIT else "buy"
