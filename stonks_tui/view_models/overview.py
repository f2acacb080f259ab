"""Overview: is it well, how much is at risk, what is there, and what did it just do?"""

from collections.abc import Sequence
from itertools import islice

from engine.model.breakers import BreakerEvent
from engine.model.money import dollars, usd
from engine.model.portfolio import RiskTierName, TradingState
from engine.model.runs import RunRecord
from stonks_tui.reports.numbers import percent, plural
from stonks_tui.view_models import day_notices
from stonks_tui.view_models.bar_chart import gauge
from stonks_tui.view_models.chart_frame import ChartSeries
from stonks_tui.view_models.frame import change, signed
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, Span, clipped, line, wrapped

_LABEL = 9
_FEW_DAYS = 15
"""With fewer of them an account that trades is shown within its days."""


def risk(scope: Scope, columns: int, rows: int) -> tuple[Line, ...]:
    """Return the Risk panel: tier, state, heat against its limit, drawdown, positions."""
    day, limits, policy = scope.snapshot, scope.limits, scope.policy
    if day is None:
        return ()
    found = [
        _labelled("Tier", _tiers(day.risk_tier, columns - _LABEL)),
        _labelled("Trading", _trading(day.trading_state, scope.story.breakers_on(day.at))),
        _labelled("Today", (signed(day.daily_return), Span("  "), change(scope.profit))),
    ]
    if limits is None:
        found.append(_labelled("Heat", line(percent(day.heat, places=1))))
    else:
        limit = limits.max_portfolio_heat
        number = percent(day.heat, places=1)
        bar = gauge(day.heat / (limit * 1.25), columns - _LABEL - len(number) - 1, limit_fraction=0.8)
        found.append(_labelled("Heat", (*bar, Span(" "), Span(number, Mood.LOSS if day.heat > limit else Mood.PLAIN))))
        found.append(_labelled("", line((f"limit {percent(limit, places=1)}  ", Mood.DIM), *_room(limit - day.heat))))
    most = f" of {policy.max_open_positions}" if policy else ""
    found.append(_labelled("Held", line(f"{len(day.positions)}{most}" if scope.has_positions else "…")))
    return tuple(clipped(text, columns) for text in found[:rows])


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
            parts += gauge(share, min(columns - _LABEL - longest - 8, 20))
        found.append(_labelled(name, tuple(parts)))
    fall = (
        Span(percent(day.current_drawdown, places=1)),
        Span(f"  worst {percent(day.max_drawdown, places=1)}", Mood.DIM),
    )
    found.append(_labelled("Drawdown", fall))
    found.append(_labelled("Return", (signed(day.cumulative_return),)))
    return tuple(clipped(text, columns) for text in found[:rows])


def equity(scope: Scope) -> ChartSeries | None:
    """Return the equity curve of the run, None when there is nothing to draw."""
    if not scope.days or scope.record is None:
        return None
    lately = scope.story.alive.lately if scope.story.alive is not None and scope.is_last else ()
    if len(lately) > 1 and len(scope.days) < _FEW_DAYS:
        return ChartSeries(
            values=[dollars(measured.total_value) for measured in lately],
            first_label=f"{lately[0].at:%m-%d %H:%M}",
            last_label=f"{lately[-1].at:%m-%d %H:%M}",
            baseline=dollars(scope.record.initial_capital),
            mood=Mood.ACCENT,
            written=lambda value: f"{value:,.0f}",
        )
    return ChartSeries(
        values=[dollars(day.total_value) for day in scope.days],
        first_label=f"{scope.days[0].on}",
        last_label=f"{scope.days[-1].on}",
        baseline=dollars(scope.record.initial_capital),
        mood=Mood.ACCENT,
        written=lambda value: f"{value:,.0f}",
    )


def as_of(scope: Scope) -> str:
    """Return of which moment the figures are."""
    if scope.snapshot is None:
        return ""
    is_now = scope.story.alive is not None and scope.is_last
    return f"as of {scope.snapshot.at:%H:%M} UTC" if is_now else f"close of {scope.snapshot.on}"


def needs_you(scope: Scope) -> tuple[Line, ...]:
    """Return what a person should know: how the run failed, what happened on the day, what the data lacked."""
    record = scope.record
    if scope.story.problem:
        return (line(("! ", Mood.LOSS), scope.story.problem),)
    if record is None:
        return ()
    found: list[Line] = []
    if record.error:
        found.append(line(("! ", Mood.LOSS), record.error))
    found += day_notices.lines(scope)
    found += [line(("! ", Mood.WARN), text) for text in _gaps(record)]
    if record.unaffordable:
        names = ", ".join(record.unaffordable[:6]) + (" …" if len(record.unaffordable) > 6 else "")
        dear = f"{plural(len(record.unaffordable), 'ticker')} cost more than the largest position: {names}"
        found.append(line(("! ", Mood.WARN), dear))
    found += [line(("· ", Mood.DIM), note) for note in record.notes]
    return tuple(found)


def needs_count(scope: Scope) -> int:
    """Return how many lines of `needs_you` are warnings."""
    return sum(text[0].text == "! " for text in needs_you(scope))


def _gaps(record: RunRecord) -> list[str]:
    first = [
        f"{gap.on} {gap.ticker or 'whole market'}: {gap.kind.value.replace('_', ' ')}"
        + (f" ({plural(gap.count, 'session')})" if gap.count > 1 else "")
        for gap in islice(record.gaps, 3)
    ]
    rest = len(record.gaps) - len(first)
    return [*first, f"and {plural(rest, 'more gap')} in the prices"] if rest > 0 else first


def needs_lines(scope: Scope, columns: int) -> tuple[Line, ...]:
    """Return `needs_you` broken into lines of at most `columns`."""
    found: list[Line] = []
    for text in needs_you(scope):
        sign, *rest = text
        words = "".join(span.text for span in rest)
        for place, piece in enumerate(wrapped(words, columns - 2)):
            found.append(clipped((sign if place == 0 else Span("  "), Span(piece)), columns))
    return tuple(found)


def _labelled(label: str, rest: Line) -> Line:
    return (Span(label.ljust(_LABEL), Mood.DIM), *rest)


def _tiers(current: RiskTierName, room: int) -> Line:
    for cut in (12, 8, 4):
        parts = [
            Span(f">{tier.value[:cut]}<", Mood.STRONG) if tier is current else Span(f" {tier.value[:cut]} ", Mood.DIM)
            for tier in RiskTierName
        ]
        if sum(len(part.text) for part in parts) <= room:
            return tuple(parts)
    return line((current.value, Mood.STRONG))


def _trading(state: TradingState, breakers: Sequence[BreakerEvent]) -> Line:
    words = {
        TradingState.ACTIVE: ("● active", Mood.PLAIN),
        TradingState.REDUCING: ("▼ exits only", Mood.WARN),
        TradingState.HALTED: ("■ halted", Mood.LOSS),
    }
    if not breakers:
        return line(words[state], (", no breaker", Mood.DIM) if state is TradingState.ACTIVE else "")
    last = breakers[-1]
    what = f"{last.trigger.value.replace('_', ' ')} {last.ticker}".rstrip()
    until = f" until {last.cooldown_expires:%m-%d %H:%M}" if last.cooldown_expires is not None else ""
    others = f" and {len(breakers) - 1} more" if len(breakers) > 1 else ""
    return line(words[state], (f": {what}", Mood.WARN), (f"{until}{others}", Mood.DIM))


def _room(room: float) -> Line:
    if room >= 0:
        return line((f"room {percent(room, places=1)}", Mood.DIM))
    return line((f"over by {percent(-room, places=1)}", Mood.LOSS))
