"""Decision filter: what does a person mean who types `skip TSLA heat since:2024-03-01 conf>0.8` after `/`?"""

import difflib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.verdict import SKIP_REASONS
from engine.model.views import EVERY_DECISION, DecisionFilter

HELP = "act | skip | exit | micro | TICKER | a reason: heat | since:2024-03-01 | on:2024-03-01 | conf>0.8 | conf<0.7"

_REASONS = tuple(SKIP_REASONS.values())
_KINDS = {kind.value: kind for kind in DecisionKind}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was understood. `problem` says in words what was not; the filter is then what the rest means."""

    where: DecisionFilter
    problem: str = ""


def parse(text: str) -> Parsed:
    """Return the filter that `text` means."""
    where, problem = EVERY_DECISION, ""
    for word in text.split():
        try:
            where = _with(where, word)
        except ValueError as error:
            problem = problem or str(error)
    return Parsed(where, problem)


def words(where: DecisionFilter) -> str:
    """Return text that `parse` understands as `where`."""
    found: list[str] = []
    if where.outcome is not None:
        found.append(where.outcome.value)
    if where.kind is not None:
        found.append(where.kind.value)
    if where.ticker is not None:
        found.append(where.ticker)
    if where.reason is not None:
        found.append(where.reason)
    if where.since is not None and where.until == where.since + timedelta(days=1):
        found.append(f"on:{where.since:%Y-%m-%d}")
    else:
        if where.since is not None:
            found.append(f"since:{where.since:%Y-%m-%d}")
        if where.until is not None:
            found.append(f"until:{where.until - timedelta(days=1):%Y-%m-%d}")
    if where.confidence_from is not None:
        found.append(f"conf>{where.confidence_from:g}")
    if where.confidence_to is not None:
        found.append(f"conf<{where.confidence_to:g}")
    return " ".join(found)


def by_day(where: DecisionFilter, on: date) -> DecisionFilter:
    """Return the filter with nothing after the day `on`."""
    end = _start(on) + timedelta(days=1)
    return replace(where, until=end if where.until is None else min(where.until, end))


def of_day(on: date) -> DecisionFilter:
    """Return the filter for one day."""
    return DecisionFilter(since=_start(on), until=_start(on) + timedelta(days=1))


def _with(where: DecisionFilter, word: str) -> DecisionFilter:
    low = word.casefold()
    if low in ("act", "skip"):
        return replace(where, outcome=TradingDecisionType(low))
    if low in _KINDS:
        return replace(where, kind=_KINDS[low])
    for sign in (">=", "<=", ">", "<"):
        name, found, number = low.partition(sign)
        if found and name in ("", "conf", "confidence"):
            fraction = _fraction(number, word)
            if sign.startswith(">"):
                return replace(where, confidence_from=fraction)
            return replace(where, confidence_to=fraction)
    name, colon, rest = low.partition(":")
    if colon:
        return _timed(where, name, rest, word)
    if low in _REASONS:
        return replace(where, reason=low)
    if word.isalpha() and word.islower() and (near := _near(low)):
        return replace(where, reason=near)
    ticker = word.upper()
    if len(ticker) > 10 or not word.replace(".", "").replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"'{word}' is not understood; {HELP}")
    return replace(where, ticker=ticker)


def _near(word: str) -> str | None:
    """Return the one reason that `word` is a clear part or misspelling of."""
    parts = [reason for reason in _REASONS if len(word) > 3 and word in reason.split("_")]
    if len(parts) == 1:
        return parts[0]
    near = difflib.get_close_matches(word, _REASONS, n=1, cutoff=0.85)
    return near[0] if near and len(word) > 3 else None


def _timed(where: DecisionFilter, name: str, text: str, word: str) -> DecisionFilter:
    try:
        start = _start(date.fromisoformat(text))
    except ValueError:
        raise ValueError(f"'{word}': write the day like {name or 'since'}:2024-03-01") from None
    if name in ("since", "from"):
        return replace(where, since=start)
    if name in ("until", "to"):
        return replace(where, until=start + timedelta(days=1))
    if name in ("on", "day"):
        return replace(where, since=start, until=start + timedelta(days=1))
    raise ValueError(f"'{word}' is not understood; {HELP}")


def _fraction(text: str, word: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    number = number / 100 if 1 < number <= 100 else number
    if not 0 <= number <= 1:
        raise ValueError(f"'{word}': a confidence is from 0 to 1")
    return number


def _start(on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=UTC)
