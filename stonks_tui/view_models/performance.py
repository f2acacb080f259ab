"""Performance: how did it go, day by day, and what do the figures say of it so far?"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import zip_longest
from math import isfinite

from engine.model.money import dollars, usd
from engine.model.performance import PerformanceMetrics
from engine.model.portfolio import PortfolioSnapshot
from engine.model.views import running_profits
from stonks_tui.reports.numbers import money, percent, plural, ratio
from stonks_tui.view_models.chart_frame import ChartSeries
from stonks_tui.view_models.frame import change, signed
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, Span, cells, clipped, joined, line, padded, width

TRADES_NEEDED = 5
"""Below so many closed trades a win rate or a profit factor says nothing."""
RETURNS_NEEDED = 20
"""Below so many daily returns a Sharpe ratio says nothing."""
SHARPE_DAYS = 30
"""The snapshot's Sharpe ratio is over so many days (spec section 8)."""

_GAP = 3


class Window(StrEnum):
    """How much of a run the charts show."""

    MONTH = "30 days"
    QUARTER = "90 days"
    YEAR = "a year"
    ALL = "all days"

    @property
    def days(self) -> int | None:
        """Its calendar days, None for all there are."""
        return {Window.MONTH: 30, Window.QUARTER: 90, Window.YEAR: 365}.get(self)

    def next(self) -> "Window":
        """Return the next larger one; after all comes the smallest."""
        every = list(Window)
        return every[(every.index(self) + 1) % len(every)]


def within(scope: Scope, window: Window) -> range:
    """Return the places of the days that the charts show.

    Windows lie end to end, back from the run's last day, and it is the one that the cursor is in: so a step of the
    cursor moves its mark and not the curve. The earliest begins with the run.
    """
    days = [day.on for day in scope.days]
    if window.days is None or not days:
        return range(len(days))
    back = (days[-1] - days[scope.place]).days // window.days
    first = max(days[-1] - timedelta(days=(back + 1) * window.days - 1), days[0])
    last = first + timedelta(days=window.days - 1)
    return range(bisect_left(days, first), bisect_right(days, last))


def equity(scope: Scope, places: range) -> ChartSeries | None:
    """Return the P&L since the start of the run in dollars, against what it was before the first of the `places`."""
    profits = [dollars(profit) for profit in running_profits(scope.story.profits)]
    before = profits[places.start - 1] if 0 < places.start <= len(profits) else 0.0
    return _series(scope, places, profits[places.start : places.stop], before, Mood.ACCENT, _dollars)


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
    return _arranged(found, columns, rows)


@dataclass(frozen=True, slots=True)
class _Figure:
    """One figure: what it is called, the number, and what must be known to read it, such as its n."""

    label: str
    number: Line = ()
    note: str = ""


def _of_day(scope: Scope, day: PortfolioSnapshot) -> Iterator[_Figure]:
    trades, days = day.trade_count, min(scope.place + 1, SHARPE_DAYS)
    yield _Figure("Return so far", (signed(day.cumulative_return),))
    yield _Figure("of the day", (signed(day.daily_return),))
    yield _Figure("P&L of the day", (change(scope.profit),))
    yield _Figure("Realised", (change(day.realised_pnl),), "before costs")
    yield _Figure("Unrealised", (change(day.unrealised_pnl),))
    yield _Figure("Costs", line(usd(day.costs)))
    yield _Figure("Drawdown", line(percent(day.current_drawdown)))
    yield _Figure("worst so far", line(percent(day.max_drawdown)))
    yield _Figure("Heat", line(percent(day.heat)))
    yield _meaningful("Win rate", percent(day.win_rate, places=1), trades, TRADES_NEEDED, "trade")
    yield _Figure("Trades", line(f"{trades:,}"))
    yield _Figure("won / lost", line(f"{day.win_count:,} / {day.loss_count:,}"))
    yield _meaningful(f"Sharpe {SHARPE_DAYS} days", ratio(day.sharpe_ratio), days, RETURNS_NEEDED, "day")


def _of_run(m: PerformanceMetrics) -> Iterator[_Figure]:
    t = m.trades
    yield _Figure("Whole run")
    yield _Figure("A year", (signed(m.annual_return),), "" if m.annual_return is not None else "needs a month")
    yield _meaningful("Sharpe", ratio(m.sharpe_ratio), m.sessions, RETURNS_NEEDED, "day")
    yield _meaningful("Profit factor", ratio(t.profit_factor), t.trade_count, TRADES_NEEDED, "trade")
    yield _Figure("Average win", line(money(t.average_win)), _n(t.win_count))
    yield _Figure("Average loss", line(money(t.average_loss)), _n(t.loss_count))
    held = f"{t.average_hold_days:.1f} d" if t.average_hold_days is not None else "–"
    yield _Figure("Average hold", line(held), _n(t.trade_count))
    yield _Figure("Exposure", line(percent(m.exposure, places=1)), "average")
    yield _Figure("Costs", line(usd(m.costs)))


def _meaningful(label: str, text: str, n: int, needed: int, word: str) -> _Figure:
    if n < needed:
        return _Figure(label, line(("–", Mood.DIM)), f"{plural(needed - n, word)} more")
    return _Figure(label, line(text), _n(n))


def _n(count: int) -> str:
    return f"n {count:,}"


def _arranged(found: list[_Figure], columns: int, rows: int) -> tuple[Line, ...]:
    needed = -(-len(found) // rows)
    for across in range(needed, 0, -1):
        blocks = [_block(found[first : first + rows]) for first in range(0, across * rows, rows)]
        lines = [_without_end(joined(texts, " " * _GAP)) for texts in zip_longest(*blocks, fillvalue=())]
        if across == 1 or max(map(width, lines)) <= columns:
            break
    if across == 1:  # a note is there whole or not at all
        lines = [text if width(text) <= columns else _line(f, found, "") for f, text in zip(found, lines, strict=False)]
    return tuple(clipped(text, columns) for text in lines)


def _block(found: list[_Figure]) -> list[Line]:
    notes = max(cells(f.note) for f in found)
    return [_line(f, found, f" {f.note.ljust(notes)}") for f in found]


def _line(f: _Figure, beside: list[_Figure], note: str) -> Line:
    """Return one figure, aligned with those `beside` it."""
    labels = max(cells(other.label) for other in beside)
    numbers = max(width(other.number) for other in beside)
    mood = Mood.DIM if f.number else Mood.STRONG
    return line((f.label.ljust(labels), mood), " ", *padded(f.number, numbers, right=True), (note, Mood.DIM))


def _without_end(text: Line) -> Line:
    """Return the line without the blanks at its end, which take room for nothing."""
    *kept, last = text
    return (*kept, Span(last.text.rstrip(), last.mood))


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


def _dollars(value: float) -> str:
    return f"{value:+,.0f}"


def _percent(value: float) -> str:
    return percent(value, places=1, signed=True)
