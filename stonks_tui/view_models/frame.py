"""Frame: what stands above and below every screen? Engine word and figures, the screens, the keys."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from engine.model.money import Money, usd
from engine.model.portfolio import TradingState
from engine.model.runs import LIVE_RUN
from stonks_tui.reports.numbers import percent
from stonks_tui.view_models import engine_words, executing
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.commands import SCREENS, of_screen
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, Span, clipped, ends, joined, line, width

SEPARATOR = Span(" │ ", Mood.DIM)
LIVE = "LIVE"
"""The badge of an account with real money."""
_TOLD = "notifications"
SMALLEST = (60, 16)
"""Columns and rows below which only the essentials are shown."""

_STATE_WORDS = {
    "completed": ("●", "COMPLETED", Mood.GAIN),
    "running": ("◐", "RUNNING", Mood.WARN),
    "failed": ("✗", "FAILED", Mood.LOSS),
    "cancelled": ("○", "CANCELLED", Mood.WARN),
    "interrupted": ("✗", "INTERRUPTED", Mood.LOSS),
    "damaged": ("✗", "DAMAGED", Mood.LOSS),
}


def change(amount: Money | None) -> Span:
    """Return a signed amount with its arrow."""
    if amount is None:
        return Span("–", Mood.DIM)
    if amount == 0:
        return Span(usd(0))
    return Span(f"{'▲' if amount > 0 else '▼'}{usd(amount, signed=True)}", Mood.GAIN if amount > 0 else Mood.LOSS)


def signed(fraction: float | None, *, places: int = 2) -> Span:
    """Return a signed percentage with its arrow."""
    if fraction is None:
        return Span("–", Mood.DIM)
    text = percent(fraction, places=places, signed=True)
    if float(text.split()[0].replace("∞", "1")) == 0:
        return Span(percent(0.0, places=places))
    return Span(f"{'▲' if fraction > 0 else '▼'}{text}", Mood.GAIN if fraction > 0 else Mood.LOSS)


def status(scope: Scope | None, columns: int, *, news: str = "") -> Line:
    """Return the top line: mode, state, the figures that matter, and the day. Figures go from the right if need be."""
    if scope is None:
        return clipped(line((" stonks ", Mood.STRONG), (news or "nothing is open", Mood.DIM)), columns)
    figures, broker = [*_figures(scope)], _broker(scope)
    is_silent = any(map(executing.is_silent, broker))
    parts, most = ([*broker, *figures], len(figures) + 1) if is_silent else ([*figures, *broker], len(figures))
    told = engine_words.beside(news, is_now=scope.is_now and scope.story.alive is not None)
    head = line(*badge(scope.mode), *_state(scope, news), (f" {told}" if told else "", Mood.WARN))
    for count in range(len(parts), -1, -1):
        left = joined([head, *parts[:count]], SEPARATOR)
        moments = [right for right in _moments(scope) if right or count < most]  # the total goes before the time
        fitting = [right for right in moments if width(left) + width(right) + 1 <= columns]
        if fitting:
            return ends(left, fitting[0], columns)
    return clipped(head, columns)


def _broker(scope: Scope) -> list[Line]:
    """Return who executes, and that he does not answer; nothing of an engine that is lost, or of another day."""
    alive = scope.story.alive if scope.is_now and scope.snapshot is not None else None
    return [] if alive is None or alive.is_lost else [executing.said(scope.story, alive)]


def _moments(scope: Scope) -> Iterable[Line]:
    """Yield how the day is written, the longest first: of an account as it is now nobody needs the date."""
    yield _day(scope)
    if scope.is_now and scope.story.alive is not None:
        yield line((f"{scope.story.alive.heartbeat.at:%H:%M}", Mood.ACCENT), (" UTC ", Mood.DIM))
        yield ()


def badge(mode: str) -> Line:
    """Return in which kind of account all this is: real money stands out, also without colours."""
    if mode == LIVE:
        return (Span(f" {mode} ", Mood.REVERSED), Span(" "))
    return line((f" {mode} ", Mood.STRONG))


def _state(scope: Scope, news: str = "") -> tuple[Span, ...]:
    if scope.story.alive is not None and scope.is_now:
        return engine_words.said(scope.story.alive, news)
    if scope.run_id == LIVE_RUN and scope.story.alive is None:
        return (Span("◐ ", Mood.WARN), Span("STARTING", Mood.STRONG))
    day = scope.snapshot
    if day is not None and day.trading_state is not TradingState.ACTIVE:
        return (Span("● ", Mood.WARN), Span(day.trading_state.value.upper(), Mood.WARN))
    sign, word, mood = _STATE_WORDS.get(scope.story.state, ("?", scope.story.state.upper(), Mood.WARN))
    return (Span(f"{sign} ", mood), Span(word, Mood.STRONG))


def _figures(scope: Scope) -> Iterable[Line]:
    day = scope.snapshot
    if day is None:
        return
    yield (change(scope.profit),)
    limit = f"/{percent(scope.limits.max_portfolio_heat, places=1)}" if scope.limits else ""
    heat = line(f"heat {percent(day.heat, places=1).removesuffix(' %')}{limit}")
    tier = line(day.risk_tier.value.upper())
    if scope.is_now and scope.story.alive is not None:
        alive = scope.story.alive
        share = 0.0 if alive.is_lost else alive.heartbeat.protected  # nobody watches any stop then
        watched = line((f"prot {share * 100:.0f}%", Mood.PLAIN if share >= 1 else Mood.LOSS))
        yield from (heat, watched, tier) if share >= 1 else (watched, heat, tier)
    else:
        yield from (tier, heat)
    yield line(usd(day.total_value))


def _day(scope: Scope) -> Line:
    if scope.snapshot is None:
        return line((f"run {scope.run_id} ", Mood.DIM))
    if scope.story.alive is not None and scope.is_now:
        at = scope.story.alive.heartbeat.at
        return line((f"{at:%Y-%m-%d %H:%M}", Mood.ACCENT), (" UTC ", Mood.DIM))
    where = "end" if scope.is_last else f"day {scope.place + 1} of {len(scope.days)}"
    return line((f"{scope.snapshot.on:%Y-%m-%d}", Mood.ACCENT), (f" {where} ", Mood.DIM))


def tabs(current: str, columns: int, *, untold: int = 0) -> Line:
    """Return the second line: the screens, the current one in brackets; how many notifications are `untold`.

    Where there is no room the current one alone has a name.
    """
    short = [s.short for s in SCREENS]
    for names in ([s.title for s in SCREENS], short, [s.short if s.name == current else "" for s in SCREENS]):
        titles = [f"{n}({untold})" if untold and s.name == _TOLD else n for n, s in zip(names, SCREENS, strict=True)]
        parts = [
            Span(f"[{n} {title}]".replace(" ]", "]"), Mood.STRONG)
            if screen.name == current
            else Span(f" {n} {title} ".replace("  ", " "))
            for n, (screen, title) in enumerate(zip(SCREENS, titles, strict=True), start=1)
        ]
        if sum(len(part.text) for part in parts) + 1 <= columns:
            break
    return clipped((Span(" "), *parts), columns)


def footer(screen: str, columns: int, refusal: Callable[[Command], str | None], *places: str, needs: int = 0) -> Line:
    """Return the last line: keys with their words, those of `places` too, and how much `needs` the person.

    One that cannot act now is dimmed; the rest is behind `?`.
    """
    labelled = [_counted(c, needs) for c in of_screen(screen, *places)]
    labelled = [c for c in labelled if c.label]
    last = [c for c in labelled if c.name in {"help", "quit"}]
    others = [c for c in labelled if c not in last]
    while others and sum(len(c.label) + 2 for c in (*others, *last)) > columns:
        others.remove(max(reversed(others), key=lambda c: c.spare))
    return clipped(joined((_label(c, refusal(c)) for c in (*others, *last)), "  "), columns - 1)


def _counted(command: Command, needs: int) -> Command:
    is_meant = needs and command.name == "needs_you"
    return replace(command, label=f". needs you({needs})", spare=0) if is_meant else command


def _label(command: Command, refused: str | None) -> Line:
    if refused is not None:
        return line((command.label, Mood.DIM))
    key, word = command.label[: command.key_letters], command.label[command.key_letters :]
    return line((key, Mood.KEY), word)


def essentials(scope: Scope | None, columns: int, rows: int) -> tuple[Line, ...]:
    """Return what a terminal that is too small shows: state, P&L, and the size that is needed."""
    lines: list[Line] = []
    if scope is not None:
        mode = Span(scope.mode, Mood.REVERSED if scope.mode == LIVE else Mood.STRONG)
        lines.append(line(mode, " ", *_state(scope)))
        if scope.snapshot is not None:
            lines.append((change(scope.profit), Span(f"  {scope.snapshot.on:%Y-%m-%d}")))
            lines.append(line(_breakers(scope)))
            lines.append(line(f"total {usd(scope.snapshot.total_value)}"))
    lines.append(line((f"needs {SMALLEST[0]}x{SMALLEST[1]}, has {columns}x{rows}", Mood.DIM)))
    return tuple(clipped(text, columns) for text in lines[:rows])


def _breakers(scope: Scope) -> Span:
    on = scope.story.breakers_on(scope.snapshot.at) if scope.snapshot is not None else ()
    names = dict.fromkeys(b.trigger.value.replace("_", " ") for b in on)
    return Span(f"breaker {', '.join(names)}", Mood.WARN) if names else Span("no breaker", Mood.DIM)
