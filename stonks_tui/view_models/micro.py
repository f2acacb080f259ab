"""Micro: how does micro-trading do, today and within a week, and what is held by it for how much longer?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.model.money import Money, usd
from engine.model.portfolio import MicroTally, PortfolioSnapshot, PositionMark
from stonks_tui.reports.numbers import percent, plural, ratio
from stonks_tui.view_models.bar_chart import gauge
from stonks_tui.view_models.figures import Figure, arranged, meaningful
from stonks_tui.view_models.frame import change, signed
from stonks_tui.view_models.micro_rules import MicroRules
from stonks_tui.view_models.performance import TRADES_NEEDED
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, Span, clipped, line

WEEK_DAYS = 7
"""The figures are of so many calendar days, the one that is looked at included."""
_SOON = timedelta(minutes=10)
"""With so little time left a position stands out."""
_BAR, _LABEL = 12, 7

COLUMNS = (
    Column(key="ticker", heading="Ticker"),
    Column(key="left", heading="Left", right=True),
    Column(key="until", heading="Until", right=True, priority=3),
    Column(key="pnl", heading="P&L", right=True),
    Column(key="return", heading="%", right=True, priority=1),
    Column(key="quantity", heading="Qty", right=True, priority=5),
    Column(key="entry", heading="Entry", right=True, priority=4),
    Column(key="last", heading="Last", right=True, priority=2),
    Column(key="stop", heading="Stop", right=True, priority=2),
    Column(key="target", heading="Target", right=True, priority=4),
    Column(key="confidence", heading="Conf", right=True, priority=6),
)


def held(scope: Scope) -> tuple[PositionMark, ...]:
    """Return the micro positions that are open, those with the least time left first."""
    day = scope.snapshot
    found = [p for p in day.positions if p.is_micro] if day is not None and scope.has_positions else []
    return tuple(sorted(found, key=lambda p: p.opened_at))


def state(scope: Scope, rules: MicroRules, columns: int, _: int) -> tuple[Line, ...]:
    """Return whether signals are traded, how many were today and what they brought, in lines of `columns`."""
    day = scope.snapshot
    if day is None:
        return ()
    return tuple(clipped(text, columns) for text in _state(scope, day, rules))


def _state(scope: Scope, day: PortfolioSnapshot, rules: MicroRules) -> Iterator[Line]:
    yield _labelled("State", *_switch(scope, rules))
    yield _labelled("Begun", *_count(day.micro.entries_today, rules))
    closed, marks = closed_today(scope), held(scope)
    running = sum(p.unrealised for p in marks)
    yield _labelled("P&L", change(closed + running), " today")
    yield _labelled("", ("closed ", Mood.DIM), change(closed), ("  open ", Mood.DIM), change(running))
    worth = sum(p.market_value for p in marks)
    yield _labelled("Open", f"{plural(len(marks), 'position')}", f" worth {usd(worth)}" if marks else "")
    p = rules.policy
    most = percent(p.micro_trading_allocation_cap_pct, places=0)
    yield _labelled("Rules", (f"at most {most} each, for {p.micro_trading_max_hold_minutes} min", Mood.DIM))


def _labelled(label: str, *parts: str | Span | tuple[str, Mood]) -> Line:
    return line((label.ljust(_LABEL), Mood.DIM), *parts)


def _switch(scope: Scope, rules: MicroRules) -> Line:
    key = (("  m switches it ", Mood.DIM), ("off" if rules.is_on else "on", Mood.DIM)) if scope.is_now else ()
    if rules.is_on:
        return line(("● ON", Mood.GAIN), *key)
    return line(("○ OFF", Mood.WARN), *key)


def _count(begun: int, rules: MicroRules) -> Line:
    most = rules.policy.micro_trading_max_daily
    text = line(f"{begun:,} of {most:,} today", ("  full", Mood.WARN) if begun >= most else "")
    return text if begun >= most else (*text, Span(" "), *gauge(begun / most, _BAR))


def closed_today(scope: Scope) -> Money:
    """Return what the micro trades brought that were closed on the day, after costs."""
    if scope.snapshot is None:
        return 0
    before = scope.days[scope.place - 1].micro if scope.place > 0 else MicroTally()
    return scope.snapshot.micro.net_pnl - before.net_pnl


def of_week(scope: Scope) -> tuple[MicroTally, int]:
    """Return what was closed within the trailing seven days, and how many were begun in them."""
    day = scope.snapshot
    if day is None:
        return MicroTally(), 0
    first = day.on - timedelta(days=WEEK_DAYS - 1)
    so_far = scope.days[: scope.place + 1]
    before = next((d.micro for d in reversed(so_far) if d.on < first), MicroTally())
    begun = sum(d.micro.entries_today for d in so_far[:-1] if d.on >= first) + day.micro.entries_today
    return _less(day.micro, before), begun


def _less(now: MicroTally, before: MicroTally) -> MicroTally:
    return MicroTally(
        trade_count=now.trade_count - before.trade_count,
        win_count=now.win_count - before.win_count,
        loss_count=now.loss_count - before.loss_count,
        gross_profit=now.gross_profit - before.gross_profit,
        gross_loss=now.gross_loss - before.gross_loss,
    )


def week(scope: Scope, columns: int, rows: int) -> tuple[Line, ...]:
    """Return the figures of the trailing seven days; a ratio of too few trades is a dash."""
    if rows < 1 or scope.snapshot is None:
        return ()
    return arranged(list(_figures(*of_week(scope))), columns, rows)


def _figures(t: MicroTally, begun: int) -> Iterator[Figure]:
    n = t.trade_count
    factor = (t.gross_profit / t.gross_loss if t.gross_loss else float("inf")) if n else None
    yield Figure("P&L", (change(t.net_pnl),), "after costs")
    yield Figure("Trades", line(f"{n:,}"), f"of {begun:,} begun")
    yield Figure("won / lost", line(f"{t.win_count:,} / {t.loss_count:,}"))
    yield meaningful("Win rate", percent(t.win_rate, places=1), n, TRADES_NEEDED, "trade")
    yield meaningful("Profit factor", ratio(factor), n, TRADES_NEEDED, "trade")


def opened(scope: Scope, rules: MicroRules) -> TableView:
    """Return the list of open micro positions."""
    now = moment_of(scope)
    marks = sorted(held(scope), key=rules.closes_at)
    return TableView(columns=COLUMNS, rows=tuple(_row(p, now, rules) for p in marks), empty=_nothing_open(scope, rules))


def moment_of(scope: Scope) -> datetime | None:
    """Return as of when everything is: the engine's last sign of life, or the end of the day."""
    if scope.story.alive is not None and scope.is_now:
        return scope.story.alive.heartbeat.at
    return scope.snapshot.at if scope.snapshot is not None else None


def _row(p: PositionMark, now: datetime | None, rules: MicroRules) -> Row:
    until = rules.closes_at(p)
    return Row(
        key=p.decision_id,
        cells=(
            line((p.ticker, Mood.STRONG)),
            _left(until, now),
            line((f"{until:%H:%M}", Mood.DIM)),
            (change(p.unrealised),),
            (signed(p.return_pct),),
            line(f"{p.quantity:,}"),
            line(usd(p.entry_price)),
            line(usd(p.last_price)),
            line(usd(p.stop)),
            line(usd(p.target)),
            line(f"{p.signal_confidence:.2f}"),
        ),
    )


def _left(until: datetime, now: datetime | None) -> Line:
    if now is None:
        return line(("–", Mood.DIM))
    left = until - now
    if left <= timedelta():
        return line(("over", Mood.WARN))
    minutes = max(1, round(left.total_seconds() / 60))
    text = f"{minutes} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"
    return line((f"! {text}" if left <= _SOON else text, Mood.WARN if left <= _SOON else Mood.PLAIN))


def _nothing_open(scope: Scope, rules: MicroRules) -> tuple[str, ...]:
    words = ["No micro position is open."]
    if not rules.is_on:
        words.append("Micro-trading is off: m switches it on." if scope.is_now else "Micro-trading was off.")
    return tuple(words)
