"""Trade filter: which closed trades does a person mean who types `TSLA stop since:2024-03-01` after `/`?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from engine.model.trade_questions import EVERY_TRADE, TradeFilter, TradeWord
from stonks_tui.reports.words import EXITS

HELP = (
    "words are parts of ticker, reason, sector or thesis; ticker:TSLA and reason:stop mean these alone; "
    "days are since:2024-03-01 until:2024-03-31 on:2024-03-15"
)
_DAYS = ("since", "until", "on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What was understood; `problem` says in words what was not."""

    where: TradeFilter = EVERY_TRADE
    problem: str = ""


def parse(text: str) -> Parsed:
    """Return the filter that `text` means, and what was wrong with it."""
    where, problem = EVERY_TRADE, ""
    for word in text.split():
        try:
            where = _with(where, word)
        except ValueError as error:
            problem = problem or str(error)
    if where.since is not None and where.until is not None and where.since >= where.until:
        last = where.until - timedelta(days=1)
        problem = problem or f"nothing lies between {where.since:%Y-%m-%d} and {last:%Y-%m-%d}"
    return Parsed(where=where, problem=problem)


def until(where: TradeFilter, at: datetime | None) -> TradeFilter:
    """Return the filter with nothing that was closed after `at`; None is no such end."""
    if at is None:
        return where
    end = at + timedelta(microseconds=1)
    return replace(where, until=end if where.until is None else min(where.until, end))


def completed(text: str, tickers: Sequence[str]) -> tuple[str, str]:
    """Return `text` with its last word completed to a ticker, and in words what it could become."""
    head, space, word = text.rpartition(" ")
    fitting = sorted(ticker for ticker in tickers if ticker.casefold().startswith(word.casefold()))
    if len(fitting) == 1:
        return f"{head}{space}{fitting[0]} ", ""
    return text, ", ".join(fitting) or HELP


def _with(where: TradeFilter, word: str) -> TradeFilter:
    name, colon, rest = word.partition(":")
    name = name.casefold()
    if colon and name in _DAYS:
        return _of_days(where, name, rest, word)
    if colon and rest and name == "ticker":
        if where.ticker not in (None, rest.upper()):
            raise ValueError(f"a trade is in one ticker: it cannot be both {where.ticker} and {rest.upper()}")
        return replace(where, ticker=rest.upper())
    if colon and rest and name == "reason":
        return replace(where, reasons=_reasons(where, rest.casefold(), word))
    reasons = tuple(reason for reason, words in EXITS.items() if word.casefold() in words)
    return replace(where, words=(*where.words, TradeWord(text=word, reasons=reasons)))


def _reasons(where: TradeFilter, wanted: str, word: str) -> tuple[str, ...]:
    found = tuple(reason for reason, words in EXITS.items() if wanted in words or wanted in reason)
    if not found:
        raise ValueError(f"'{word}': there is no such reason; there are {', '.join(EXITS)}")
    both = tuple(reason for reason in found if not where.reasons or reason in where.reasons)
    if not both:
        raise ValueError(f"'{word}': a trade ends for one reason, and another one is wanted too")
    return both


def _of_days(where: TradeFilter, name: str, text: str, word: str) -> TradeFilter:
    try:
        start = datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
        end = start + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ValueError(f"'{word}': write the day like {name}:2024-03-01") from None
    return replace(
        where,
        since=start if name != "until" else where.since,
        until=end if name != "since" else where.until,
    )
