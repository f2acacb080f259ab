"""Demo report: what happened while the live engine traded on a made-up market?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.accounting import performance_tracker
from engine.adapters.simulated_live import SimulatedLive
from engine.adapters.simulated_plantings import Planted
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.decisions import Decision, DecisionKind
from engine.model.money import Money, to_decimal
from engine.model.notices import Notice
from engine.model.performance import PerformanceMetrics
from engine.model.portfolio import PortfolioSnapshot, ReserveEntry
from engine.model.positions import ClosedTrade, PositionSplit
from stonks_tui.reports import notice_words
from stonks_tui.reports.numbers import fitting, money, percent, plural, table, wrapped
from stonks_tui.reports.words import EXITS, SKIPS

_NEW_YORK = ZoneInfo("America/New_York")
_WHY = {
    CircuitBreakerTriggerType.DAILY_LOSS: "the account lost {actual:.2%} since the last close",
    CircuitBreakerTriggerType.VOLATILITY: "{actual:.0f} stops within half an hour",
    CircuitBreakerTriggerType.SINGLE_POSITION: "it lost {actual:.1%}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was played and what the books say of it. `sessions` are those that are over; it all took `seconds` here.

    `is_over` says that all days were played: one that was stopped has books of a day without a close.
    `protected` is the part (0..1) of what is held whose stop is watched, at the end and at its lowest.
    """

    market: SimulatedLive
    capital: Money
    sessions: int
    is_over: bool
    turns: int
    seconds: float
    decisions: Sequence[Decision]
    trades: Sequence[ClosedTrade]
    snapshots: Sequence[PortfolioSnapshot]
    breakers: Sequence[BreakerEvent]
    splits: Sequence[PositionSplit]
    notices: Sequence[Notice]
    reserve_entries: Sequence[ReserveEntry]
    protected: float
    lowest_protected: float

    @property
    def planted(self) -> tuple[Planted, ...]:
        """What was to be seen on these days."""
        dates = self.market.tape.daily.dates[self.market.first_row :][: self.sessions]
        return tuple(p for p in self.market.planted if dates and p.on <= dates[-1])

    @property
    def turns_a_second(self) -> float:
        """How fast it was."""
        return self.turns / self.seconds if self.seconds > 0 else 0.0

    @property
    def answers(self) -> dict[str, int]:
        """How often each answer was given to a recommendation or signal: `act`, or why not."""
        asked = [d for d in self.decisions if d.recommendation_id is not None or d.kind is DecisionKind.MICRO]
        found = Counter(str(d.skip_reason or "act") for d in asked)
        return dict(sorted(found.items(), key=lambda item: (item[0] != "act", -item[1], item[0])))

    @property
    def metrics(self) -> PerformanceMetrics:
        """The figures at the end."""
        return performance_tracker.compute_metrics(self.capital, self.snapshots, self.trades)


def lines(played: Played, *, width: int = 80) -> Iterator[str]:
    """Yield what happened, line by line, at most `width` wide (a word may be longer)."""
    yield from wrapped(_market(played.market), width)
    for planted in played.planted:
        yield from (f"  {line}" for line in wrapped(f"{planted.on}  {planted.words}", width - 2))
    for part in (_days, _answers, _trades, _happenings, _figures):
        found = list(part(played, width))
        if found:
            yield ""
            yield from found


def _market(market: SimulatedLive) -> str:
    size = f"{len(market.tape.daily.tickers)} tickers, {len(market.recommendations):,} recommendations"
    return (
        f"A made-up market (seed {market.seed}) from {market.tape.daily.dates[market.first_row]} on: {size} of sources "
        f"good and bad, {len(market.signals):,} signals within the days."
    )


def _days(played: Played, width: int) -> Iterator[str]:
    yield from wrapped(
        f"The live engine traded {plural(played.sessions, 'day')}: {plural(played.turns, 'turn')} in "
        f"{played.seconds:.1f} s, {played.turns_a_second:,.0f} turns a second",
        width,
    )
    if not played.is_over:
        yield from wrapped("! It was stopped within a day: total value and reserve are those of the last close.", width)
    if not played.snapshots:
        return
    heading = ("", "total value", "of the day", "reserve", "held", "trading")
    rows = [
        (
            day.on.isoformat(),
            money(day.total_value),
            money(day.daily_pnl, signed=True),
            money(day.reserve),
            str(len(day.positions)),
            day.trading_state.value,
        )
        for day in played.snapshots
    ]
    yield from fitting([heading, *rows], width=width, droppable=(5, 3), right=frozenset({1, 2, 3, 4}))


def _answers(played: Played, width: int) -> Iterator[str]:
    answers = played.answers
    if not answers:
        return
    total = sum(answers.values())
    yield f"What became of what was recommended and signalled: {plural(total, 'answer')}"
    rows = [(word, f"{n:,}", percent(n / total, places=1), SKIPS.get(word, "")) for word, n in answers.items()]
    yield from fitting(rows, width=width, droppable=(3, 2), right=frozenset({1, 2}))


def _trades(played: Played, width: int) -> Iterator[str]:
    if not played.trades:
        return
    yield "Trades"
    heading = ("sold", "ticker", "shares", "in", "out", "P&L", "%", "why out", "decision")
    rows = [
        (
            _moment(t.exit_at),
            t.ticker,
            f"{t.quantity:,}",
            money(t.entry_price),
            money(t.exit_price),
            money(t.pnl, signed=True),
            percent(t.pnl_pct, places=1, signed=True),
            EXITS.get(t.exit_reason, t.exit_reason),
            t.decision_id,
        )
        for t in played.trades
    ]
    yield from fitting([heading, *rows], width=width, droppable=(8, 3, 4, 6), right=frozenset({2, 3, 4, 5, 6}))


def _happenings(played: Played, width: int) -> Iterator[str]:
    """Yield what else happened, as it happened."""
    found = [
        *((b.at, _breaker(b)) for b in played.breakers),
        *((s.at, _split(s)) for s in played.splits),
        *((n.at, notice_words.sentence(n)) for n in played.notices),
    ]
    if found:
        yield "Breakers, splits and notices (New York)"
    for at, words in sorted(found):
        yield from (f"  {line}" for line in wrapped(f"{_moment(at)}  {words}", width - 2))


def _breaker(b: BreakerEvent) -> str:
    why = _WHY.get(b.trigger, "a person said so").format(actual=b.actual)
    ended = b.resolved_at or b.cooldown_expires
    until = f", until {_moment(ended)}" if ended else ""
    return f"breaker {b.trigger.value.replace('_', ' ')} {b.ticker}".rstrip() + f": {why}; exits only{until}"


def _split(s: PositionSplit) -> str:
    return f"{s.ticker} is split {s.ratio}:1: {s.shares_before:,} shares became {s.shares_after:,}"


def _figures(played: Played, width: int) -> Iterator[str]:
    m = played.metrics
    t = m.trades
    put_aside = sum(e.amount for e in played.reserve_entries if e.amount > 0)
    protected = percent(played.protected, places=0)
    rows = [
        ("Final value", money(m.final_value), "Trades", f"{t.trade_count:,} and {m.micro.trade_count:,} micro"),
        ("Total return", percent(m.total_return, signed=True), "Won", percent(t.win_rate, places=1)),
        ("Max drawdown", percent(m.max_drawdown), "P&L of trades", money(t.net_pnl, signed=True)),
        ("Reserve", money(m.reserve), "of micro trades", money(m.micro.net_pnl, signed=True)),
        (
            "Put aside",
            money(put_aside),
            "Protected",
            f"{protected} (lowest {percent(played.lowest_protected, places=0)})",
        ),
    ]
    found = table(rows, right=frozenset({1, 3}))
    if max(map(len, found)) > width:
        found = table([row[:2] for row in rows] + [row[2:] for row in rows], right=frozenset({1}))
    yield from found


def _moment(at: datetime) -> str:
    return at.astimezone(_NEW_YORK).strftime("%m-%d %H:%M")


def values(played: Played) -> dict[str, Any]:
    """Return the same as JSON values: amounts are strings of dollars, fractions and durations numbers."""
    m = played.metrics
    return {
        "seed": played.market.seed,
        "sessions": played.sessions,
        "is_over": played.is_over,
        "turns": played.turns,
        "seconds": round(played.seconds, 3),
        "turns_a_second": round(played.turns_a_second, 1),
        "planted": [
            {"kind": p.kind.value, "on": p.on.isoformat(), "ticker": p.ticker, "words": p.words} for p in played.planted
        ],
        "days": [
            {
                "on": day.on.isoformat(),
                "total_value": _amount(day.total_value),
                "daily_pnl": _amount(day.daily_pnl),
                "reserve": _amount(day.reserve),
                "positions": len(day.positions),
                "trading_state": day.trading_state.value,
            }
            for day in played.snapshots
        ],
        "answers": played.answers,
        "trades": [
            {
                "ticker": t.ticker,
                "entry_at": t.entry_at.isoformat(),
                "exit_at": t.exit_at.isoformat(),
                "quantity": t.quantity,
                "pnl": _amount(t.pnl),
                "exit_reason": t.exit_reason,
                "is_micro": t.is_micro,
                "decision_id": t.decision_id,
            }
            for t in played.trades
        ],
        "breakers": [
            {
                "at": b.at.isoformat(),
                "trigger": b.trigger.value,
                "ticker": b.ticker,
                "actual": b.actual,
                "threshold": b.threshold,
                "resolved_at": b.resolved_at.isoformat() if b.resolved_at else None,
            }
            for b in played.breakers
        ],
        "splits": [
            {
                "at": s.at.isoformat(),
                "ticker": s.ticker,
                "ratio": str(s.ratio),
                "shares_before": s.shares_before,
                "shares_after": s.shares_after,
            }
            for s in played.splits
        ],
        "notices": [
            {"at": n.at.isoformat(), "kind": n.kind.value, "ticker": n.ticker, "words": notice_words.sentence(n)}
            for n in played.notices
        ],
        "final_value": _amount(m.final_value),
        "reserve": _amount(m.reserve),
        "total_return": m.total_return,
        "max_drawdown": m.max_drawdown,
        "protected": played.protected,
        "lowest_protected": played.lowest_protected,
    }


def _amount(amount: Money) -> str:
    return str(to_decimal(amount))
