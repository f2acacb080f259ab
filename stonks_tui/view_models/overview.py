"""Overview: is it well, how much is at risk, what is there, and what did it just do?"""

from collections.abc import Sequence
from datetime import date

from engine.model.decisions import Decision, TradingDecisionType
from engine.model.money import usd
from engine.model.portfolio import PortfolioSnapshot, RiskTierName
from stonks_tui.reports.numbers import percent
from stonks_tui.view_models import decision_lines, equity_windows, needs, risk_panel
from stonks_tui.view_models.bar_chart import gauge
from stonks_tui.view_models.chart_frame import ChartSeries
from stonks_tui.view_models.equity_windows import EquityWindow
from stonks_tui.view_models.frame import signed
from stonks_tui.view_models.risk_panel import LABEL, labelled
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, Span, clipped, line, width, wrapped

LATEST = (Column(key="what", heading="UTC   Decision, and why", grows=True),)
"""The one column of the newest decisions: beside another pane there is no room for more."""


def risk(scope: Scope, columns: int, rows: int) -> tuple[Line, ...]:
    """Return the Risk panel: tier, breakers and heat with the room that is left, positions."""
    return risk_panel.lines(scope, columns, rows)


def capital(scope: Scope, columns: int, rows: int) -> tuple[Line, ...]:
    """Return the Capital panel: total, active pool, reserve, cash, drawdown."""
    day = scope.snapshot
    if day is None:
        return ()
    amounts = [("Total", day.total_value), ("Active", day.active_pool), ("Reserve", day.reserve), ("Cash", day.cash)]
    longest = max(len(usd(amount)) for _, amount in amounts)
    found = []
    for name, amount in amounts:
        parts = [Span(usd(amount).rjust(longest))]
        if name != "Total" and day.total_value > 0:
            share = amount / day.total_value
            parts.append(Span(f" {share * 100:4.0f} % "))
            parts += gauge(share, min(columns - LABEL - longest - 8, 20))
        found.append(labelled(name, tuple(parts)))
    found.append(labelled("Drawdown", _fall(scope, day, columns - LABEL)))
    found.append(labelled("Return", (signed(day.cumulative_return),)))
    return tuple(clipped(text, columns) for text in found[:rows])


def _fall(scope: Scope, day: PortfolioSnapshot, columns: int) -> Line:
    """Return the drawdown, and at which one the tier goes down; there is none below the lowest."""
    fall = Span(percent(day.current_drawdown, places=1))
    worst = Span(f"  worst {percent(day.max_drawdown, places=1)}", Mood.DIM)
    if scope.policy is None or day.risk_tier is RiskTierName.CONSERVATIVE:
        return (fall, worst)
    limit = Span(f"  tier down at {percent(scope.policy.tier_down_drawdown_pct, places=1)}", Mood.DIM)
    return (fall, limit, worst) if width((fall, limit, worst)) <= columns else (fall, limit)


def equity(scope: Scope, window: EquityWindow = EquityWindow.ALL) -> ChartSeries | None:
    """Return the equity curve within `window`, None when there is nothing to draw."""
    found = equity_windows.series(scope, window)
    return found[0] if found is not None else None


def latest(decisions: Sequence[Decision], on: date) -> TableView:
    """Return the newest `decisions` as they come; those of the day `on` with their time, others with their day."""
    return TableView(columns=LATEST, rows=tuple(Row(key=d.decision_id, cells=(_decided(d, on),)) for d in decisions))


def _decided(d: Decision, on: date) -> Line:
    when = f"{d.at:%H:%M} " if d.at.date() == on else f"{d.at:%m-%d} "
    head = ((when, Mood.DIM), decision_lines.verdict(d)[0], " ", (d.ticker, Mood.STRONG), " ")
    if d.outcome is TradingDecisionType.ACT:
        words, *because = decision_lines.what(d)
        if d.is_micro:  # there is no room for why and for how much
            return line(*head, words)
        is_told = any(span.text for span in because)
        return line(*head, words, *because, "" if is_told or d.price is None else f" @ {usd(d.price)}")
    return line(*head, (decision_lines.first_failed(d), Mood.PLAIN))


def as_of(scope: Scope) -> str:
    """Return of which moment the figures are."""
    if scope.snapshot is None:
        return ""
    return f"as of {scope.snapshot.at:%H:%M} UTC" if scope.is_now else f"close of {scope.snapshot.on}"


def needs_you(scope: Scope) -> tuple[Line, ...]:
    """Return what a person should know: how the run failed, what happened on the day, what the data lacked."""
    on = scope.snapshot.on if scope.snapshot is not None else None
    return tuple(need.line(on) for need in needs.of(scope))


def needs_count(scope: Scope) -> int:
    """Return how many of `needs_you` ask something of a person."""
    return len(needs.asking(scope))


def needs_lines(scope: Scope, columns: int) -> tuple[Line, ...]:
    """Return `needs_you` broken into lines of at most `columns`."""
    found: list[Line] = []
    for text in needs_you(scope):
        sign, *rest = text
        words = "".join(span.text for span in rest)
        for place, piece in enumerate(wrapped(words, columns - 2)):
            found.append(clipped((sign if place == 0 else Span("  "), Span(piece)), columns))
    return tuple(found)
