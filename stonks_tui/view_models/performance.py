"""Performance: how did it go, day by day, and what do the figures say of it so far?"""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite

from engine.model.live import LiveMetrics
from engine.model.money import dollars, usd
from engine.model.performance import PerformanceMetrics, TradeStatistics
from engine.model.portfolio import MicroTally, PortfolioSnapshot
from engine.model.views import running_profits
from stonks_tui.reports.numbers import money, percent, ratio
from stonks_tui.view_models.chart_frame import ChartSeries
from stonks_tui.view_models.figures import Figure, arranged, count_of, meaningful
from stonks_tui.view_models.frame import change, signed
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, line

TRADES_NEEDED = 5
"""Below so many closed trades a win rate or a profit factor says nothing."""
RETURNS_NEEDED = 20
"""Below so many daily returns a Sharpe ratio says nothing."""
SHARPE_DAYS = 30
"""The snapshot's Sharpe ratio is over so many days (spec section 8)."""


def equity(scope: Scope, places: range) -> ChartSeries | None:
    """Return the P&L since the start of the run in dollars, against what it was before the first of the `places`."""
    profits = [dollars(profit) for profit in running_profits(scope.story.profits)]
    before = profits[places.start - 1] if 0 < places.start <= len(profits) else 0.0
    return _series(scope, places, profits[places.start : places.stop], before, Mood.ACCENT, _dollars)


def equity_of_today(scope: Scope, today: Sequence[LiveMetrics]) -> ChartSeries:
    """Return the P&L since the start in dollars within the day that goes on, against what it was the day before."""
    before = sum(dollars(profit) for profit in scope.story.profits[: scope.place])
    return _within_the_day(today, [before + dollars(m.daily_pnl) for m in today], before, Mood.ACCENT, _dollars)


def drawdown_of_today(today: Sequence[LiveMetrics]) -> ChartSeries:
    """Return the fall from the peak within the day that goes on, a fraction, downward."""
    return _within_the_day(today, [-m.drawdown for m in today], 0.0, Mood.LOSS, _percent)


def returns(scope: Scope, places: range) -> ChartSeries | None:
    """Return each day's return, a fraction."""
    values = [scope.days[place].daily_return for place in places]
    return _series(scope, places, values, 0.0, Mood.PLAIN, _percent)


def drawdown(scope: Scope, places: range) -> ChartSeries | None:
    """Return the fall from the run's peak so far, a fraction, downward: 0 is a peak, -0.1 is 10 % below it."""
    values = [-scope.days[place].current_drawdown for place in places]
    return _series(scope, places, values, 0.0, Mood.LOSS, _percent)


def figures(scope: Scope, columns: int, rows: int) -> tuple[Line, ...]:
    """Return the key figures as of the day, on the last one also those of the whole run; the first are shown first.

    They stand in as many columns as are needed and fit.
    """
    day = scope.snapshot
    if day is None or rows < 1:
        return ()
    found = list(_of_day(scope, day))
    if scope.is_last and scope.record is not None and scope.record.metrics is not None:
        found += _of_run(scope.record.metrics)
    return arranged(found, columns, rows)


def _of_day(scope: Scope, day: PortfolioSnapshot) -> Iterator[Figure]:
    trades, days = day.trade_count, min(scope.place + 1, SHARPE_DAYS)
    yield Figure("Return so far", (signed(day.cumulative_return),))
    yield Figure("of the day", (signed(day.daily_return),))
    yield Figure("P&L of the day", (change(scope.profit),))
    yield Figure("Realised", (change(day.realised_pnl),), "before costs")
    yield Figure("Unrealised", (change(day.unrealised_pnl),))
    yield Figure("Costs", line(usd(day.costs)))
    yield Figure("Drawdown", line(percent(day.current_drawdown)))
    yield Figure("worst so far", line(percent(day.max_drawdown)))
    yield Figure("Heat", line(percent(day.heat)))
    yield meaningful("Win rate", percent(day.win_rate, places=1), trades, TRADES_NEEDED, "trade")
    yield Figure("Trades", line(f"{trades:,}"))
    yield Figure("won / lost", line(f"{day.win_count:,} / {day.loss_count:,}"))
    yield from _of_micro_so_far(day.micro)
    yield meaningful(f"Sharpe {SHARPE_DAYS} days", ratio(day.sharpe_ratio), days, RETURNS_NEEDED, "day")


def _of_run(m: PerformanceMetrics) -> Iterator[Figure]:
    t = m.trades
    yield Figure("Whole run")
    yield Figure("A year", (signed(m.annual_return),), "" if m.annual_return is not None else "needs a month")
    yield meaningful("Sharpe", ratio(m.sharpe_ratio), m.sessions, RETURNS_NEEDED, "day")
    yield meaningful("Profit factor", ratio(t.profit_factor), t.trade_count, TRADES_NEEDED, "trade")
    yield Figure("Average win", line(money(t.average_win)), count_of(t.win_count))
    yield Figure("Average loss", line(money(t.average_loss)), count_of(t.loss_count))
    held = f"{t.average_hold_days:.1f} d" if t.average_hold_days is not None else "–"
    yield Figure("Average hold", line(held), count_of(t.trade_count))
    yield Figure("Exposure", line(percent(m.exposure, places=1)), "average")
    yield Figure("Costs", line(usd(m.costs)))
    yield from _of_micro(m.micro)


def _of_micro_so_far(t: MicroTally) -> Iterator[Figure]:
    """Yield what micro trades came to by the day: the figures of trades leave them out."""
    if not t.trade_count and not t.entries_today:
        return
    yield Figure("Micro trades", line(f"{t.trade_count:,}"), f"{t.entries_today:,} begun today")
    yield Figure("won / lost", line(f"{t.win_count:,} / {t.loss_count:,}"))
    yield meaningful("Win rate", percent(t.win_rate, places=1), t.trade_count, TRADES_NEEDED, "trade")
    yield Figure("P&L", (change(t.net_pnl),), "after costs")


def _of_micro(t: TradeStatistics) -> Iterator[Figure]:
    if not t.trade_count:
        return
    yield Figure("Micro trades")
    yield meaningful("Profit factor", ratio(t.profit_factor), t.trade_count, TRADES_NEEDED, "trade")
    held = f"{t.average_hold_days * 24:.1f} h" if t.average_hold_days is not None else "–"
    yield Figure("Average hold", line(held), count_of(t.trade_count))


def _series(
    scope: Scope, places: range, values: list[float], baseline: float, mood: Mood, words: Callable[[float], str]
) -> ChartSeries | None:
    if not values:
        return None
    return ChartSeries(
        values=[value if isfinite(value) else 0.0 for value in values],
        first_label=f"{scope.days[places[0]].on}",
        last_label=f"{scope.days[places[-1]].on}",
        baseline=baseline,
        mood=mood,
        written=words,
        label_of=lambda index: f"{scope.days[places[index]].on}",
    )


def _within_the_day(
    today: Sequence[LiveMetrics], values: list[float], baseline: float, mood: Mood, words: Callable[[float], str]
) -> ChartSeries:
    return ChartSeries(
        values=values,
        first_label=f"{today[0].at:%H:%M}",
        last_label=f"{today[-1].at:%H:%M}",
        baseline=baseline,
        mood=mood,
        written=words,
        label_of=lambda index: f"{today[index].at:%H:%M}",
    )


def _dollars(value: float) -> str:
    return f"{value:+,.0f}"


def _percent(value: float) -> str:
    return percent(value, places=1, signed=True)
