"""Risk panel: how much is at risk, how far is it to each limit, and what has stopped entries?"""

from collections.abc import Iterator, Sequence

from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.portfolio import PortfolioSnapshot, RiskTierName, TradingState
from engine.policy import TradingPolicy
from stonks_tui.reports.numbers import percent
from stonks_tui.view_models import engine_words
from stonks_tui.view_models.bar_chart import gauge
from stonks_tui.view_models.frame import signed
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, Span, clipped, joined, line, width

LABEL = 9
"""Columns of what stands before a figure."""
_WIDE = 40
"""Columns from which a panel has room for small words."""
_TIER_AND_HELD = 2
"""Lines of the tier and of what is held: they stand below what has stopped entries."""
_SINGLE = CircuitBreakerTriggerType.SINGLE_POSITION


def lines(scope: Scope, columns: int, rows: int) -> tuple[Line, ...]:
    """Return the panel. While entries are stopped it is turned over: by what, at which number, until when."""
    day = scope.snapshot
    if day is None:
        return ()
    heat, held = list(_heat(day, scope, columns)), list(_held(day, scope))
    tier = labelled("Tier", _tiers(day.risk_tier, columns - LABEL))
    if is_turned_over(scope):
        why = _stopped(day, scope, columns)
        if len(why) + len(heat) + _TIER_AND_HELD > rows:
            heat = _heat_in_a_line(day, scope, columns)
        found = [*why, *heat, tier, *held]
    else:
        found = [tier, *_breaker(day, scope, columns), *heat, *held]
    return tuple(clipped(text, columns) for text in found[:rows])


def is_turned_over(scope: Scope) -> bool:
    """Are entries stopped?"""
    return scope.trading is not TradingState.ACTIVE


def labelled(label: str, rest: Line) -> Line:
    """Return a figure behind its label."""
    return (Span(label.ljust(LABEL), Mood.DIM), *rest)


def _on(day: PortfolioSnapshot, scope: Scope) -> tuple[BreakerEvent, ...]:
    return scope.story.breakers_on(day.at)


def _breaker(day: PortfolioSnapshot, scope: Scope, columns: int) -> Iterator[Line]:
    single = [b for b in _on(day, scope) if b.trigger is _SINGLE]
    resting = f"{', '.join(b.ticker for b in single[:2])}{' …' if len(single) > 2 else ''} rests"
    head = line((resting, Mood.WARN)) if single else line("none")
    if scope.policy is None:
        yield labelled("Breaker", head)
        return
    limit = scope.policy.daily_loss_pct
    yield labelled("Breaker", (*head, Span(f", daily loss at {percent(-limit)}", Mood.DIM)))
    today = (signed(day.daily_return), Span("  "), *_room(limit + day.daily_return))
    named = (Span("today ", Mood.DIM), *today)
    yield labelled("", named if width(named) <= columns - LABEL else today)


def _heat(day: PortfolioSnapshot, scope: Scope, columns: int) -> Iterator[Line]:
    number = percent(day.heat, places=1)
    if scope.limits is None:
        yield labelled("Heat", line(number))
        return
    limit = scope.limits.max_portfolio_heat
    bar = gauge(day.heat / (limit * 1.25), columns - LABEL - len(number) - 1, limit_fraction=0.8)
    yield labelled("Heat", (*bar, Span(" "), Span(number, Mood.LOSS if day.heat > limit else Mood.PLAIN)))
    yield labelled("", line((f"limit {percent(limit, places=1)}  ", Mood.DIM), *_room(limit - day.heat, places=1)))


def _heat_in_a_line(day: PortfolioSnapshot, scope: Scope, columns: int) -> list[Line]:
    if scope.limits is None:
        return list(_heat(day, scope, columns))
    limit = scope.limits.max_portfolio_heat
    words = f"{percent(day.heat, places=1).removesuffix(' %')} of {percent(limit, places=1)}"
    bar = gauge(day.heat / (limit * 1.25), columns - LABEL - len(words) - 1, limit_fraction=0.8)
    return [labelled("Heat", (*bar, Span(" "), Span(words, Mood.LOSS if day.heat > limit else Mood.PLAIN)))]


def _held(day: PortfolioSnapshot, scope: Scope) -> Iterator[Line]:
    """Yield how many positions there are, then the one that has lost most and the one nearest to its stop."""
    if not scope.has_positions:
        yield labelled("Held", line("…"))
        return
    count, policy = len(day.positions), scope.policy
    most = f" of {policy.max_open_positions}" if policy else ""
    room = f"  room {max(0, policy.max_open_positions - count)}" if policy else ""
    yield labelled("Held", line(f"{count}{most}", (room, Mood.DIM)))
    if not day.positions:
        return
    worst = min(day.positions, key=lambda p: p.return_pct)
    parts = [Span(f"{worst.ticker} "), signed(worst.return_pct, places=1)]
    if policy:
        limit = policy.single_position_loss_pct
        parts += [
            Span(f"  closed at {percent(-limit, places=1)}  ", Mood.DIM),
            *_room(limit + worst.return_pct, places=1),
        ]
    yield labelled("Worst", tuple(parts))
    near = min(day.positions, key=lambda p: p.stop_distance_pct)
    side = "above" if near.stop_distance_pct >= 0 else "below"
    distance = percent(abs(near.stop_distance_pct), places=1)
    yield labelled("Nearest", line(f"{near.ticker} {distance}", (f" {side} its stop", Mood.DIM)))
    if policy:
        words = f"{policy.volatility_stop_count} within {policy.volatility_window_minutes} min stop entries"
        yield labelled("Stops", line((words, Mood.DIM)))


def _stopped(day: PortfolioSnapshot, scope: Scope, columns: int) -> list[Line]:
    """Return what has stopped entries, broken between its parts."""
    alive = scope.story.alive if scope.is_now else None
    on = [b for b in _on(day, scope) if b.trigger is not _SINGLE]
    if scope.trading is TradingState.HALTED:
        parts = ["■ HALTED", "nothing leaves, not even a stop"]
    elif on:
        last = on[-1]
        parts = [
            f"▼ REDUCING: {last.trigger.value.replace('_', ' ')}",
            *_measured(last, scope.policy),
            _until(on, scope, columns),
            "exits managed",
        ]
    elif alive is not None and not engine_words.is_by_hand(alive):
        parts = [f"▼ REDUCING: {engine_words.cause(alive)}", "exits managed"]
    else:
        parts = ["▼ ENTRIES PAUSED", "exits managed"]
    if alive is not None and alive.stopped_at is not None and not on:
        parts.insert(1, f"since {alive.stopped_at:%m-%d %H:%M}")
    if alive is not None and not on:
        parts.append("P resumes")
    return _packed(parts, columns)


def _measured(b: BreakerEvent, policy: TradingPolicy | None) -> list[str]:
    at = f"at {b.at:%H:%M}"
    if b.trigger is CircuitBreakerTriggerType.MANUAL:
        return [f"by a person {at}"]
    if b.trigger is CircuitBreakerTriggerType.VOLATILITY:
        return [f"{engine_words.stops(b, policy)} {at}"]
    return [f"{percent(-b.actual)} {at}, limit {percent(-b.threshold)}"]


def _until(on: Sequence[BreakerEvent], scope: Scope, columns: int) -> str:
    left = scope.story.alive.market_left if scope.story.alive is not None and scope.is_now else None
    if left is not None:
        of = "of " if columns >= _WIDE else ""
        return f"{engine_words.hours(left)} h {of}market left"
    ends = [b.cooldown_expires for b in on]
    known = [end for end in ends if end is not None]
    return f"until {max(known):%m-%d %H:%M}" if len(known) == len(ends) else "until a person ends it"


def _packed(parts: Sequence[str], columns: int) -> list[Line]:
    """Return `parts` on as few lines as have room for them, each whole."""
    found: list[list[Line]] = []
    separator = Span(" │ ", Mood.DIM)
    for place, part in enumerate(filter(None, parts)):
        text = line((part, Mood.WARN if place == 0 else Mood.PLAIN))
        if found and width(joined([*found[-1], text], separator)) <= columns:
            found[-1].append(text)
        else:
            found.append([text])
    return [joined(texts, separator) for texts in found]


def _tiers(current: RiskTierName, room: int) -> Line:
    for cut in (12, 8, 4):
        parts = [
            Span(f">{tier.value[:cut]}<", Mood.STRONG) if tier is current else Span(f" {tier.value[:cut]} ", Mood.DIM)
            for tier in RiskTierName
        ]
        if sum(len(part.text) for part in parts) <= room:
            return tuple(parts)
    return line((current.value, Mood.STRONG))


def _room(room: float, *, places: int = 2) -> Line:
    if room >= 0:
        return line((f"room {percent(room, places=places)}", Mood.DIM))
    return line((f"over by {percent(-room, places=places)}", Mood.LOSS))
