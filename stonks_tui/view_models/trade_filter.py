"""Trade filter: which closed trades does a person mean who types `TSLA stop since:2024-03-01` after `/`?"""

from dataclasses import dataclass, replace
from datetime import date

from engine.model.positions import ClosedTrade
from stonks_tui.reports.words import EXITS

HELP = "words are parts of ticker, reason, sector or thesis; days are since:2024-03-01 until:2024-03-31 on:2024-03-15"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFilter:
    """Which closed trades? Those in which every word is found, and that were closed in these days, both included."""

    words: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    problem: str = ""


def parse(text: str) -> TradeFilter:
    """Return the filter that `text` means; its `problem` says in words what was not understood."""
    where = TradeFilter()
    for word in text.casefold().split():
        name, colon, rest = word.partition(":")
        if not colon or name not in {"since", "until", "on"}:
            where = replace(where, words=(*where.words, word))
            continue
        try:
            day = date.fromisoformat(rest)
        except ValueError:
            where = replace(where, problem=where.problem or f"'{word}': write the day like {name}:2024-03-01")
            continue
        where = replace(
            where,
            since=day if name != "until" else where.since,
            until=day if name != "since" else where.until,
        )
    if where.since is not None and where.until is not None and where.since > where.until:
        where = replace(where, problem=where.problem or f"nothing lies between {where.since} and {where.until}")
    return where


def fits(where: TradeFilter, t: ClosedTrade) -> bool:
    """Does the filter let `t` through?"""
    on = t.exit_at.date()
    if (where.since is not None and on < where.since) or (where.until is not None and on > where.until):
        return False
    texts = [
        text.casefold() for text in (t.ticker, t.exit_reason, EXITS.get(t.exit_reason, ""), t.thesis, t.sector or "")
    ]
    return all(any(word in text for text in texts) for word in where.words)
