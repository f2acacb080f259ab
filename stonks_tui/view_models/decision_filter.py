"""Decision filter: what does a person mean who types `skip TSLA heat since:2024-03-01 conf>0.8` after `/`?"""

import difflib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.verdict import SKIP_REASONS
from engine.model.views import EVERY_DECISION, DecisionFilter

_REASONS = tuple(SKIP_REASONS.values())
_KINDS = {kind.value: kind for kind in DecisionKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterWord:
    """A word of the filter: its names, of which the first is shown, the sign after them, and what may follow.

    What follows may stand alone where `is_bare`.
    """

    names: tuple[str, ...]
    help: str
    sign: str = ""
    such: str = ""
    is_bare: bool = False

    @property
    def shown(self) -> str:
        """An example."""
        return self.such if self.is_bare else f"{self.names[0]}{self.sign}{self.such}"


FILTER_WORDS = (
    FilterWord(names=("act",), help="what was taken"),
    FilterWord(names=("skip",), help="what was not"),
    FilterWord(names=("kind",), sign=":", such="exit", is_bare=True, help=f"a kind: {', '.join(_KINDS)}"),
    FilterWord(
        names=("ticker",), sign=":", such="TSLA", is_bare=True, help="on this ticker; ticker: before it is clearer"
    ),
    FilterWord(names=("reason",), sign=":", such="heat", is_bare=True, help="why it was not taken; Tab completes it"),
    FilterWord(names=("since", "from"), sign=":", such="2024-03-01", help="on this day and after it"),
    FilterWord(names=("until", "to"), sign=":", such="2024-03-29", help="up to this day, and on it"),
    FilterWord(names=("on", "day"), sign=":", such="2024-03-15", help="on this day"),
    FilterWord(names=("conf", "confidence"), sign=">", such="0.8", help="as confident as this, or more"),
    FilterWord(names=("conf", "confidence"), sign="<", such="0.7", help="as confident as this, or less"),
)
"""Every word that the filter understands, for whoever reads one and for whoever explains them."""
HELP = " | ".join(word.shown for word in FILTER_WORDS)
_NAMED = {name: word.names[0] for word in FILTER_WORDS if word.sign == ":" for name in word.names}
_CONFIDENCE = {"", *(name for word in FILTER_WORDS if word.sign in (">", "<") for name in word.names)}
_STARTS = tuple(dict.fromkeys(f"{word.names[0]}{word.sign}" for word in FILTER_WORDS))
_WORDS = (*_STARTS[:2], *_KINDS, *_REASONS, *_STARTS[2:])
_MOST_SHOWN = 12


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
    return Parsed(where, problem or _contradiction(where))


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


def stranger(text: str, tickers: Sequence[str]) -> str:
    """Return a sentence when the ticker in `text` is none of the run's `tickers`, with those that are near it."""
    ticker = parse(text).where.ticker
    if ticker is None or not tickers or ticker in tickers:
        return ""
    near = difflib.get_close_matches(ticker, tickers, n=3, cutoff=0.5)
    return f"Nothing was ever decided on {ticker}{'; near it: ' if near else ''}{', '.join(near)}."


def completed(text: str, tickers: Sequence[str]) -> tuple[str, str]:
    """Return `text` with its last word completed as far as that is clear, and in words what it could become."""
    head, _, word = text.rpartition(" ")
    head = f"{head} " if head else ""
    low = word.casefold()
    fitting = [w for w in (*_WORDS, *tickers) if w.casefold().startswith(low)]
    fitting = fitting or [reason for reason in _REASONS if low in reason]
    if len(fitting) == 1:
        end = "" if fitting[0].endswith((":", ">", "<")) else " "
        return f"{head}{fitting[0]}{end}", ""
    if not fitting:
        return text, f"nothing begins with '{word}'; {HELP}"
    start = _common([w.casefold() for w in fitting])
    done = head + (start if len(start) > len(word) else word)
    shown = ", ".join(fitting[:_MOST_SHOWN])
    return done, f"{shown}, …" if len(fitting) > _MOST_SHOWN else shown


def _common(words: Sequence[str]) -> str:
    """Return what all `words` begin with."""
    letters = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    return "".join(column[0] for column in letters)


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
        return _of_outcome(where, TradingDecisionType(low))
    if low in _KINDS:
        return replace(where, kind=_KINDS[low])
    for sign in (">=", "<=", ">", "<"):
        name, found, number = low.partition(sign)
        if found and name in _CONFIDENCE:
            fraction = _fraction(number, word)
            if sign.startswith(">"):
                return replace(where, confidence_from=fraction)
            return replace(where, confidence_to=fraction)
    name, colon, rest = low.partition(":")
    if colon:
        return _named(where, name, rest, word)
    if low in _REASONS:
        return replace(where, reason=low)
    if word.isalpha() and word.islower() and (near := _near(low)):
        return replace(where, reason=near)
    return _of_ticker(where, word.upper(), word)


def _named(where: DecisionFilter, name: str, low: str, word: str) -> DecisionFilter:
    """Return `where` with what a word such as `reason:heat` asks for."""
    match _NAMED.get(name):
        case None:
            raise ValueError(f"'{word}' is not understood; {HELP}")
        case "reason":
            reason = low if low in _REASONS else _near(low)
            if reason is None:
                near = ", ".join(difflib.get_close_matches(low, _REASONS, n=3, cutoff=0.4) or _REASONS[:3])
                raise ValueError(f"'{word}': there is no such reason; near it: {near}")
            return replace(where, reason=reason)
        case "ticker":
            return _of_ticker(where, low.upper(), word)
        case "kind":
            if low not in _KINDS:
                raise ValueError(f"'{word}': a kind is one of {', '.join(_KINDS)}")
            return replace(where, kind=_KINDS[low])
        case named:
            return _timed(where, named, low, word)


def _of_outcome(where: DecisionFilter, outcome: TradingDecisionType) -> DecisionFilter:
    if where.outcome not in (None, outcome):
        raise ValueError("'act' and 'skip' exclude each other: without either, both are shown")
    return replace(where, outcome=outcome)


def _of_ticker(where: DecisionFilter, ticker: str, word: str) -> DecisionFilter:
    if len(ticker) > 10 or not ticker.replace(".", "").replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"'{word}' is not understood; {HELP}")
    if where.ticker not in (None, ticker):
        raise ValueError(f"a decision is on one ticker: it cannot be both {where.ticker} and {ticker}")
    return replace(where, ticker=ticker)


def _contradiction(where: DecisionFilter) -> str:
    """Return why nothing can ever fit `where`, if that is so."""
    if where.outcome is TradingDecisionType.ACT and where.reason is not None:
        return f"'{where.reason}' is a reason for a skip: nothing that was taken has it"
    if where.since is not None and where.until is not None and where.since >= where.until:
        return f"nothing lies between {where.since:%Y-%m-%d} and {where.until - timedelta(days=1):%Y-%m-%d}"
    low, high = where.confidence_from, where.confidence_to
    if low is not None and high is not None and low > high:
        return f"no confidence is above {low:g} and below {high:g}"
    return ""


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
        raise ValueError(f"'{word}': write the day like {name}:2024-03-01") from None
    if name == "since":
        return replace(where, since=start)
    if name == "until":
        return replace(where, until=start + timedelta(days=1))
    return replace(where, since=start, until=start + timedelta(days=1))


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
