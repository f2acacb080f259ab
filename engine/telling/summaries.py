"""Summaries: when is a day or a week summed up, and what is said of it?

At a time of the day in New York (spec section 8), of each day on which the exchange was open, and on Friday of the
week. One that falls due while no engine runs is made up for in the next hours, and then no more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.model.breakers import BreakerEvent
from engine.model.money import usd
from engine.model.notifications import Message, NotificationEvent, Urgency
from engine.model.portfolio import PortfolioSnapshot, PositionMark
from engine.model.positions import ClosedTrade
from engine.model.sessions import Session, SessionTable
from engine.notification_settings import NotificationSettings
from engine.telling.words import NEW_YORK, TRADING_WORDS, one_line, percent

DAILY_GOOD_FOR = timedelta(hours=15)
WEEKLY_GOOD_FOR = timedelta(hours=60)
_BOOKS_TAKE = timedelta(minutes=5)
"""So long after the close the books of the day are there."""
_FRIDAY = 4
_LISTED = 10
"""So many trades, and positions, are listed; of more only the number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A summary of `sessions`, due `at` then; `key` is the same whoever finds it due."""

    event: NotificationEvent
    at: datetime
    sessions: tuple[Session, ...]

    @property
    def key(self) -> str:
        """What is told once under this name is told once."""
        return f"{self.event.value} {self.sessions[-1].on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What the books say of some sessions: the snapshot `before` them, those of the `days`, and what happened.

    `acted` and `skipped` are how many recommendations to buy were taken and not taken.
    """

    before: PortfolioSnapshot | None
    days: Sequence[PortfolioSnapshot]
    trades: Sequence[ClosedTrade]
    breakers: Sequence[BreakerEvent]
    acted: int
    skipped: int


def due(now: datetime, sessions: SessionTable, settings: NotificationSettings) -> Iterator[Due]:
    """Yield the summaries that are due at `now`, whether or not they were made already."""
    today = now.astimezone(NEW_YORK).date()
    if settings.summary_at is not None:
        for back in range(2):
            session = sessions.on(today - timedelta(days=back))
            if session is not None:
                at = max(_at(session.on, settings.summary_at), session.close_at + _BOOKS_TAKE)
                if at <= now < at + DAILY_GOOD_FOR:
                    yield Due(event=NotificationEvent.DAILY_SUMMARY, at=at, sessions=(session,))
    if settings.digest_at is not None:
        friday = today - timedelta(days=(today.weekday() - _FRIDAY) % 7)
        week = tuple(s for back in range(4, -1, -1) if (s := sessions.on(friday - timedelta(days=back))))
        at = max((_at(friday, settings.digest_at), *(s.close_at + _BOOKS_TAKE for s in week)))
        if week and at <= now < at + WEEKLY_GOOD_FOR:
            yield Due(event=NotificationEvent.WEEKLY_DIGEST, at=at, sessions=week)


def message(summary: Due, period: Period) -> Message:
    """Return what is said of `period`, which has at least one day."""
    last = period.days[-1]
    pnl = sum(day.daily_pnl for day in period.days)
    grown = _compounded(day.daily_return for day in period.days)
    if summary.event is NotificationEvent.DAILY_SUMMARY:
        what = f"{last.on:%A %d %B}"
    else:
        what = f"Week of {summary.sessions[0].on:%d %B}"
    won = sum(trade.pnl > 0 for trade in period.trades)
    lost = sum(trade.pnl < 0 for trade in period.trades)
    return Message(
        event=summary.event,
        urgency=Urgency.DIGEST,
        kind=summary.event.value,
        title=f"{what}: {_signed(pnl)} ({percent(grown, signed=True)}), total ${usd(last.total_value)}",
        happened=(
            f"{_many(len(period.trades), 'trade')} closed ({won} won, {lost} lost); "
            f"{period.acted} of {_many(period.acted + period.skipped, 'recommendation')} to buy taken."
        ),
        facts=(
            *_figures(period, last),
            *_breakers(period.breakers),
            *_listed("Closed", map(_trade, period.trades), len(period.trades)),
            *_listed("Held", map(_position, last.positions), len(last.positions)),
        ),
    )


def _at(on: date, at: time) -> datetime:
    return datetime.combine(on, at, NEW_YORK)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _compounded(returns: Iterable[float]) -> float:
    value = 1.0
    for each in returns:
        value *= 1 + each
    return value - 1


def _figures(period: Period, last: PortfolioSnapshot) -> Iterator[str]:
    before = period.before
    moved = f" (before: ${usd(before.total_value)})" if before else ""
    yield f"Total value: ${usd(last.total_value)}{moved}"
    yield f"Active pool: ${usd(last.active_pool)}; reserve ${usd(last.reserve)}"
    yield f"Since the beginning: {percent(last.cumulative_return, signed=True)}"
    yield f"Drawdown: {percent(last.current_drawdown)} (most {percent(last.max_drawdown)}); heat {percent(last.heat)}"
    yield f"Trades so far: {last.trade_count}, won {percent(last.win_rate) if last.trade_count else 'none yet'}"
    was = f" (was {before.risk_tier.value})" if before and before.risk_tier is not last.risk_tier else ""
    yield f"Tier: {last.risk_tier.value}{was}; trading: {TRADING_WORDS[last.trading_state]}"


def _breakers(breakers: Sequence[BreakerEvent]) -> Iterator[str]:
    if breakers:
        yield "Breakers: " + ", ".join(f"{b.trigger.value.replace('_', ' ')} {b.ticker}".strip() for b in breakers)


def _listed(title: str, lines: Iterable[str], number: int) -> Iterator[str]:
    if not number:
        return
    yield ""
    yield f"{title}: {number}"
    for line, _ in zip(lines, range(_LISTED), strict=False):
        yield f"  {line}"
    if number > _LISTED:
        yield f"  and {number - _LISTED} more"


def _trade(t: ClosedTrade) -> str:
    why = one_line(t.exit_reason.replace("_", " "))
    return f"{t.ticker} {_signed(t.pnl)} ({percent(t.pnl_pct, signed=True)}), {why}"


def _position(p: PositionMark) -> str:
    return f"{p.ticker} {p.quantity} at ${usd(p.last_price)}, {_signed(p.unrealised)}, stop ${usd(p.stop)}"


def _signed(amount: int) -> str:
    return f"{'-' if amount < 0 else '+'}${usd(abs(amount))}"
