"""Notice words: what does a notice say, in a sentence?"""

from collections.abc import Callable

from engine.model.notices import Notice, NoticeKind
from stonks_tui.reports.numbers import measured, percent, plural
from stonks_tui.reports.words import CANCELLED_BY, EXITS, SKIPS


def sentence(notice: Notice) -> str:
    """Return what happened, in words that a trader knows."""
    return _SENTENCES[notice.kind](notice)


def cut_short(notice: Notice) -> tuple[str, str]:
    """Return what was cancelled of an entry, `2 of 3 tranches, 66 shares`, and why, in words."""
    left, _, word = notice.note.rpartition(": ")
    why = CANCELLED_BY.get(word) or EXITS.get(word) or SKIPS.get(word) or word.replace("_", " ")
    return left, f"{why}{_missed(notice, word)}"


def _missed(notice: Notice, word: str) -> str:
    if notice.value is None or notice.limit is None:
        return ""
    value, limit = (measured(number, _UNITS.get(word, "")) for number in (notice.value, notice.limit))
    return f" ({value}, limit {limit})"


_UNITS = {
    "declining_positions": "pct",
    "active_pool_minimum": "usd",
    "earnings": "sessions",
    "correlation": "corr",
    "sector": "pct",
    "heat": "pct",
    "cash": "usd",
    "below_one_share": "usd",
    "cooling_down": "seconds",
}
"""The units of the checks that are asked again before each tranche."""


def _feed_failed(n: Notice) -> str:
    if not n.value:
        return "price feed failed: no price at all any more"
    return f"price feed failed: {n.value:,.0f} of {plural(int(n.limit or 0), 'held ticker')} without a price"


def _large(n: Notice) -> str:
    sign = "lost" if (n.value or 0) < 0 else "made"
    return f"{n.ticker} {sign} {measured(abs(n.value or 0), 'usd')}: more than {measured(n.limit, 'usd')}"


def _cancelled(n: Notice) -> str:
    left, why = cut_short(n)
    return f"{n.ticker} entry cut short: {left} left out, {why}"


def _high_water(n: Notice) -> str:
    return f"reserve is {percent(n.value, places=1)} of the total: above {percent(n.limit, places=1)} none is put aside"


def _hot(n: Notice) -> str:
    return f"heat stays at {percent(n.value)}, above {percent(n.limit)}: no stop can come nearer today"


def _doubted(n: Notice) -> str:
    return f"{n.ticker} printed {percent(n.value, places=1, signed=True)} off: not believed before a second print"


def _ran(n: Notice) -> str:
    return f"{n.ticker} moved {percent(n.value, places=1, signed=True)} within minutes: its stop was looked at"


def _repeated(n: Notice) -> str:
    return f"{n.ticker} sale ordered again, attempt {n.value or 0:.0f} ({EXITS.get(n.note, n.note)})"


def _unwatched(n: Notice) -> str:
    return f"{percent(1 - (n.value or 0), places=0)} of the shares held have no stop that is watched: {n.note}"


def _jumped(n: Notice) -> str:
    way = "back" if (n.value or 0) < 0 else "ahead"
    return f"the clock jumped {way} by {measured(abs(n.value or 0), 'seconds')}: {n.note}"


def _stale(n: Notice) -> str:
    return f"no recommendation for {plural(int(n.value or 0), 'session')}: {n.note}"


_SENTENCES: dict[NoticeKind, Callable[[Notice], str]] = {
    NoticeKind.FEED_FAILURE: _feed_failed,
    NoticeKind.FEED_RECOVERED: lambda n: f"price feed is back after {measured(n.value, 'seconds')}",
    NoticeKind.TICKER_SILENT: lambda n: f"{n.ticker} has had no price for {measured(n.value, 'seconds')}",
    NoticeKind.TICKER_HALTED: lambda n: f"{n.ticker} is halted by the exchange: the position is frozen",
    NoticeKind.TICKER_BACK: lambda n: f"{n.ticker} trades again",
    NoticeKind.PRINT_UNCONFIRMED: _doubted,
    NoticeKind.RAPID_MOVE: _ran,
    NoticeKind.MACRO_EVENT: lambda n: f"severe event: {n.note or n.reference_id}",
    NoticeKind.MACRO_EVENT_OVER: lambda n: f"event is over: {n.note or n.reference_id}",
    NoticeKind.HEAT_ABOVE: _hot,
    NoticeKind.RESERVE_HIGH_WATER: _high_water,
    NoticeKind.LARGE_TRADE_PNL: _large,
    NoticeKind.TRANCHES_CANCELLED: _cancelled,
    NoticeKind.EXIT_REPEATED: _repeated,
    NoticeKind.COMMAND_REFUSED: lambda n: f"command refused: {n.note}",
    NoticeKind.PROTECTION_BREACH: _unwatched,
    NoticeKind.PROTECTION_RESTORED: lambda _: "every stop is watched again",
    NoticeKind.RECONCILIATION_DIFFERENCE: lambda n: f"books and broker differ: {n.note}; entries stop until you resume",
    NoticeKind.RECONCILED: lambda _: "books and broker agree again",
    NoticeKind.CLOCK_JUMPED: _jumped,
    NoticeKind.LOOP_LAGGED: lambda n: f"the engine looks {measured(n.value, 'seconds')} late: the machine is too busy",
    NoticeKind.RECOMMENDATIONS_STALE: _stale,
    NoticeKind.BROKER_SILENT: lambda n: f"broker does not answer: {n.note}; orders on their way count at their worst",
    NoticeKind.BROKER_BACK: lambda _: "broker answers again",
    NoticeKind.BROKER_CANNOT_ANSWER: lambda n: f"{n.note}: nothing can be compared; exits only until you resume",
    NoticeKind.SOURCES_LOST: lambda n: f"prices and recommendations cannot be read: {n.note}",
    NoticeKind.SOURCES_BACK: lambda _: "prices and recommendations can be read again",
    NoticeKind.STORE_FAILED: lambda n: f"nothing could be written for {measured(n.value, 'seconds')}: {n.note}",
    NoticeKind.STORE_BACK: lambda _: "what happens is written down again",
    NoticeKind.LEADER_CHANGED: lambda n: f"another engine leads: {n.note}",
    NoticeKind.BROKER_ELSEWHERE: lambda n: f"orders are executed by the {n.note}",
    NoticeKind.REMARK: lambda n: n.note or "something was noticed",
    NoticeKind.REMARK_OVER: lambda n: f"no longer: {n.note}",
    NoticeKind.BROKEN_INVARIANT: lambda n: f"the books contradict themselves: {n.note}; exits only until you resume",
}
