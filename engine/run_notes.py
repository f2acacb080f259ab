"""Run notes: what should a person know of a run besides its figures? One line for each kind of thing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.decision_log import DecisionLog
from engine.model.decisions import Decision, DecisionKind
from engine.model.money import usd
from engine.model.notices import Notice, NoticeKind
from engine.model.portfolio import ReservePoolTriggerType, TierChange, TierChangeCause
from engine.model.runs import RunBooks
from engine.model.views import is_cause

_TOLD = 6  # changes of tier, times; of more only the number is told
_ENDS = {NoticeKind.FEED_FAILURE: NoticeKind.FEED_RECOVERED, NoticeKind.TICKER_HALTED: NoticeKind.TICKER_BACK}
_COUNTED = {
    NoticeKind.TICKER_SILENT: "silent tickers",
    NoticeKind.PRINT_UNCONFIRMED: "doubtful prints",
    NoticeKind.RAPID_MOVE: "rapid moves",
    NoticeKind.MACRO_EVENT: "severe events",
    NoticeKind.HEAT_ABOVE: "heat that stayed too high",
    NoticeKind.RESERVE_HIGH_WATER: "reserve above its high water",
    NoticeKind.LARGE_TRADE_PNL: "large wins and losses",
    NoticeKind.EXIT_REPEATED: "sales ordered again",
}
"""Of these only the number is told."""


def of(books: RunBooks, unfilled: int) -> tuple[str, ...]:
    """Return what `books` have to tell; `unfilled` is how many orders to buy found no price within their limit."""
    return (
        *_feed(books.notices),
        *_halts(books.notices),
        *_unfilled(unfilled),
        *_cut_short(books),
        *_breakers(books),
        *_emergencies(books),
        *_tiers(books.tier_changes),
        *_signals(books),
        *_operator(books),
        *_others(books.notices),
    )


def _feed(notices: Sequence[Notice]) -> Iterator[str]:
    failures = _spells(notices, NoticeKind.FEED_FAILURE)
    if failures:
        yield f"the price feed failed {_times(len(failures))}, nothing was bought then: {_listed(failures)}"


def _halts(notices: Sequence[Notice]) -> Iterator[str]:
    halts = _spells(notices, NoticeKind.TICKER_HALTED)
    if halts:
        yield f"the exchange halted what was held {_times(len(halts))}: {_listed(halts)}"


def _spells(notices: Sequence[Notice], begins: NoticeKind) -> list[str]:
    """Return each time that something began, with its end: `AAPL 2024-03-01 14:45 to 15:10`."""
    open_now: dict[str, Notice] = {}
    spells: list[str] = []
    for notice in notices:
        if notice.kind is begins:
            open_now[notice.ticker] = notice
        elif notice.kind is _ENDS[begins] and notice.ticker in open_now:
            spells.append(_spell(open_now.pop(notice.ticker), notice.at))
    return [*spells, *(_spell(begun, None) for begun in open_now.values())]


def _spell(begun: Notice, until: datetime | None) -> str:
    same_day = until is not None and until.date() == begun.at.date()
    end = "" if until is None else f" to {until:%H:%M}" if same_day else f" to {until:%Y-%m-%d %H:%M}"
    return f"{begun.ticker} {begun.at:%Y-%m-%d %H:%M}{end}".lstrip()


def _unfilled(count: int) -> Iterator[str]:
    if count:
        what = "1 order to buy was" if count == 1 else f"{count:,} orders to buy were"
        yield f"{what} not filled: with slippage the price was above the limit (entry_limit_offset_pct)"


def _cut_short(books: RunBooks) -> Iterator[str]:
    cancelled = [n.note for n in books.notices if n.kind is NoticeKind.TRANCHES_CANCELLED]
    if cancelled:
        reasons = Counter(note.rpartition(": ")[2].replace("_", " ") for note in cancelled)
        what = "1 entry was" if len(cancelled) == 1 else f"{len(cancelled):,} entries were"
        yield f"{what} cut short before the last tranche: {_counted(reasons)}"


def _breakers(books: RunBooks) -> Iterator[str]:
    for trigger, count in Counter(b.trigger for b in books.breakers).items():
        by = " by an operator" if trigger is CircuitBreakerTriggerType.MANUAL else ""
        yield f"the breaker {trigger.value.replace('_', ' ')} tripped {_times(count)}{by}"


def _emergencies(books: RunBooks) -> Iterator[str]:
    for entry in books.reserve_entries:
        if entry.trigger is ReservePoolTriggerType.EMERGENCY_LIQUIDATION:
            yield f"{entry.at:%Y-%m-%d}: the reserve of {usd(-entry.amount)} went back to the active pool"


def _tiers(changes: Sequence[TierChange]) -> Iterator[str]:
    for change in changes[:_TOLD]:
        yield f"{change.at:%Y-%m-%d}: tier {change.previous} to {change.new}, {_because(change)}"
    if len(changes) > _TOLD:
        yield f"and {len(changes) - _TOLD:,} more changes of tier"


def _signals(books: RunBooks) -> Iterator[str]:
    """Yield how signals ended: recommendations have a funnel of their own."""
    words = Counter((d.skip_reason or "act").replace("_", " ") for d in _singles(books) if _is_on_a_signal(d))
    if words:
        yield f"{sum(words.values()):,} signals were decided: {_counted(words)}"


def _is_on_a_signal(d: Decision) -> bool:
    """Is it a micro entry, or a micro exit that a signal downwards asked for?"""
    return d.is_micro and d.recommendation_id is None and is_cause(d.cause)


def _singles(books: RunBooks) -> list[Decision]:
    """Return the decisions that were not turned down at a glance: the others are on recommendations, and very many."""
    if not isinstance(books.decisions, DecisionLog):
        return list(books.decisions)
    return [entry for entry in books.decisions.entries_from(0) if isinstance(entry, Decision)]


def _operator(books: RunBooks) -> Iterator[str]:
    """Yield what a person did, and what could not be done."""
    moved = [e for e in books.reserve_entries if e.trigger is ReservePoolTriggerType.MANUAL_ADJUSTMENT]
    if moved:
        amounts = _listed([f"{e.at:%Y-%m-%d} {usd(e.amount, signed=True)}" for e in moved])
        yield f"an operator moved money into the reserve or out of it {_times(len(moved))}: {amounts}"
    closed = [d for d in _singles(books) if d.kind is DecisionKind.OPERATOR]
    if closed:
        yield f"an operator closed {_listed([f'{d.ticker} {d.at:%Y-%m-%d}' for d in closed])}"
    refused = [n.note for n in books.notices if n.kind is NoticeKind.COMMAND_REFUSED]
    if refused:
        yield f"{len(refused):,} of an operator's commands could not be obeyed: {_listed(refused)}"


def _others(notices: Sequence[Notice]) -> Iterator[str]:
    counts = Counter(_COUNTED[n.kind] for n in notices if n.kind in _COUNTED)
    if counts:
        yield f"told besides: {_counted(counts)}"


def _because(change: TierChange) -> str:
    rate = f"{change.win_rate:.1%} of {change.trades} trades won" if change.win_rate is not None else ""
    match change.cause:
        case TierChangeCause.WIN_RATE:
            return rate
        case TierChangeCause.PERFORMANCE:
            return f"{rate}, reserve {change.reserve_pct:.1%}, drawdown {change.drawdown:.1%}"
        case TierChangeCause.OPERATOR:
            return "by an operator"
        case _:
            return f"drawdown {change.drawdown:.1%}"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{word} {count:,}" for word, count in counts.most_common())


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:_TOLD]) + (f" and {len(words) - _TOLD:,} more" if len(words) > _TOLD else "")
