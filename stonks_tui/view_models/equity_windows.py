"""Equity windows: how did the account go within the last day, week, month, or ever?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from engine.model.money import dollars
from engine.model.portfolio import PortfolioSnapshot
from stonks_tui.view_models.chart_frame import ChartSeries
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Mood

_FEW_DAYS = 15
"""With fewer of them an account that trades is shown within its days."""


class EquityWindow(StrEnum):
    """How far back."""

    DAY = "1d"
    WEEK = "7d"
    MONTH = "30d"
    ALL = "all"

    @property
    def days(self) -> int | None:
        """How many calendar days, None for all."""
        return {"1d": 1, "7d": 7, "30d": 30}.get(self.value)

    def next(self) -> "EquityWindow":
        """Return the one after it, the first after the last."""
        order = list(EquityWindow)
        return order[(order.index(self) + 1) % len(order)]


def usual(scope: Scope) -> EquityWindow:
    """Return the window with which one begins: of an account that trades its day, of a run all of it."""
    return EquityWindow.DAY if scope.is_now else EquityWindow.ALL


def title(window: EquityWindow) -> str:
    """Return all windows, the one that is shown in brackets."""
    return " ".join(f"[{w.value}]" if w is window else w.value for w in EquityWindow)


def series(scope: Scope, window: EquityWindow) -> tuple[ChartSeries, int | None] | None:
    """Return the curve and the index of the day that is looked at; None when there is nothing to draw."""
    if not scope.days or scope.record is None:
        return None
    within = _within_days(scope, window)
    if len(within) > 1:
        return _curve(scope, [value for _, value in within], [f"{at:%m-%d %H:%M}" for at, _ in within]), len(within) - 1
    days, cursor = _days(scope, window)
    return _curve(scope, [dollars(day.total_value) for day in days], [f"{day.on}" for day in days]), cursor


def _within_days(scope: Scope, window: EquityWindow) -> list[tuple[datetime, float]]:
    """Return what was measured within the days, where that is what the window is about."""
    alive = scope.story.alive
    if alive is None or not scope.is_now or not alive.lately:
        return []
    if window is EquityWindow.MONTH or (window is EquityWindow.ALL and len(scope.days) >= _FEW_DAYS):
        return []
    back = timedelta(days=window.days) if window.days is not None else None
    last = alive.lately[-1].at
    return [(m.at, dollars(m.total_value)) for m in alive.lately if back is None or m.at >= last - back]


def _days(scope: Scope, window: EquityWindow) -> tuple[Sequence[PortfolioSnapshot], int]:
    if window.days is None:
        return scope.days, scope.place
    since = scope.days[scope.place].on - timedelta(days=window.days)
    first = next(place for place, day in enumerate(scope.days) if day.on >= since)
    if first == scope.place and first > 0:
        first -= 1  # over a weekend the close before is further away
    return scope.days[first : scope.place + 1], scope.place - first


def _curve(scope: Scope, values: Sequence[float], labels: Sequence[str]) -> ChartSeries:
    assert scope.record is not None
    return ChartSeries(
        values=values,
        first_label=labels[0],
        last_label=labels[-1],
        baseline=dollars(scope.record.initial_capital),
        mood=Mood.ACCENT,
        written=lambda value: f"{value:,.0f}",
    )
