"""Frame: what stands above and below every screen? Engine word and figures, the screens, the keys."""

from collections.abc import Callable, Iterable

from engine.model.money import Money, usd
from engine.model.portfolio import TradingState
from engine.model.runs import LIVE_RUN
from engine.model.views import Alive
from stonks_tui.reports.numbers import percent
from stonks_tui.view_models.commands import SCREENS, Command, of_screen
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, Span, clipped, ends, joined, line, width

SEPARATOR = Span(" │ ", Mood.DIM)
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
    right = _day(scope)
    parts = [*_figures(scope)]
    head = line((f" {scope.mode} ", Mood.STRONG), *_state(scope), (f" {news}" if news else "", Mood.WARN))
    while parts and width(head) + sum(width(p) + 3 for p in parts) + width(right) + 1 > columns:
        parts.pop()
    return ends(joined([head, *parts], SEPARATOR), right, columns)


def _state(scope: Scope) -> tuple[Span, ...]:
    if scope.story.alive is not None and scope.is_last:
        return _engine(scope.story.alive)
    if scope.run_id == LIVE_RUN and scope.story.alive is None:
        return (Span("◐ ", Mood.WARN), Span("STARTING", Mood.STRONG))
    day = scope.snapshot
    if day is not None and day.trading_state is not TradingState.ACTIVE:
        return (Span("● ", Mood.WARN), Span(day.trading_state.value.upper(), Mood.WARN))
    sign, word, mood = _STATE_WORDS.get(scope.story.state, ("?", scope.story.state.upper(), Mood.WARN))
    return (Span(f"{sign} ", mood), Span(word, Mood.STRONG))


def _engine(alive: Alive) -> tuple[Span, ...]:
    """Return the engine's word: always the same ones."""
    beat = alive.heartbeat
    if alive.is_lost:
        return (Span("✗ ", Mood.LOSS), Span(f"OFFLINE since {beat.at:%m-%d %H:%M} UTC", Mood.LOSS))
    if beat.trading is TradingState.HALTED:
        return (Span("■ ", Mood.LOSS), Span("HALTED", Mood.LOSS))
    if beat.trading is TradingState.REDUCING:
        by_hand = beat.cause in {"", "paused"}
        words = "ENTRIES PAUSED (exits managed)" if by_hand else f"REDUCING: {beat.cause.replace('_', ' ')}"
        return (Span("▼ ", Mood.WARN), Span(words, Mood.WARN))
    return (Span("● ", Mood.GAIN), Span("RUNNING", Mood.STRONG))


def _figures(scope: Scope) -> Iterable[Line]:
    day = scope.snapshot
    if day is None:
        return
    yield (change(scope.profit),)
    yield line(day.risk_tier.value.upper())
    limit = f"/{percent(scope.limits.max_portfolio_heat, places=1)}" if scope.limits else ""
    yield line(f"heat {percent(day.heat, places=1).removesuffix(' %')}{limit}")
    if scope.story.alive is not None and scope.is_last:
        share = scope.story.alive.heartbeat.protected
        yield line((f"prot {share * 100:.0f}%", Mood.PLAIN if share >= 1 else Mood.LOSS))
    yield line(usd(day.total_value))


def _day(scope: Scope) -> Line:
    if scope.snapshot is None:
        return line((f"run {scope.run_id} ", Mood.DIM))
    if scope.story.alive is not None and scope.is_last:
        at = scope.story.alive.heartbeat.at
        return line((f"{at:%Y-%m-%d %H:%M}", Mood.ACCENT), (" UTC ", Mood.DIM))
    where = "end" if scope.is_last else f"day {scope.place + 1} of {len(scope.days)}"
    return line((f"{scope.snapshot.on:%Y-%m-%d}", Mood.ACCENT), (f" {where} ", Mood.DIM))


def tabs(current: str, columns: int) -> Line:
    """Return the second line: the screens, the current one in brackets."""
    for titles in ([s.title for s in SCREENS], [s.short for s in SCREENS], [""] * len(SCREENS)):
        parts = [
            Span(f"[{n} {title}]".replace(" ]", "]"), Mood.STRONG)
            if screen.name == current
            else Span(f" {n} {title} ".replace("  ", " "))
            for n, (screen, title) in enumerate(zip(SCREENS, titles, strict=True), start=1)
        ]
        if sum(len(part.text) for part in parts) + 1 <= columns:
            break
    return clipped((Span(" "), *parts), columns)


def footer(screen: str, columns: int, refusal: Callable[[Command], str | None], *places: str) -> Line:
    """Return the last line: keys with their words, those of `places` too.

    One that cannot act now is dimmed; the rest is behind `?`.
    """
    labelled = [c for c in of_screen(screen, *places) if c.label]
    last = [c for c in labelled if c.name in {"help", "quit"}]
    others = [c for c in labelled if c not in last]
    while others and sum(len(c.label) + 2 for c in (*others, *last)) > columns:
        others.remove(max(reversed(others), key=lambda c: c.spare))
    return clipped(joined((_label(c, refusal(c)) for c in (*others, *last)), "  "), columns - 1)


def _label(command: Command, refused: str | None) -> Line:
    if refused is not None:
        return line((command.label, Mood.DIM))
    key, word = command.label[: command.key_letters], command.label[command.key_letters :]
    return line((key, Mood.KEY), word)


def essentials(scope: Scope | None, columns: int, rows: int) -> tuple[Line, ...]:
    """Return what a terminal that is too small shows: state, P&L, and the size that is needed."""
    lines: list[Line] = []
    if scope is not None:
        lines.append(line((scope.mode, Mood.STRONG), " ", *_state(scope)))
        if scope.snapshot is not None:
            lines.append((change(scope.profit), Span(f"  {scope.snapshot.on:%Y-%m-%d}")))
            lines.append(line(f"total {usd(scope.snapshot.total_value)}"))
    lines.append(line((f"needs {SMALLEST[0]}x{SMALLEST[1]}, has {columns}x{rows}", Mood.DIM)))
    return tuple(clipped(text, columns) for text in lines[:rows])
