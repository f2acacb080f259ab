"""Breakers: which are there, how far is each from tripping, which are on and what ends them?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.model.audit import Asked, Word
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.policy import TradingPolicy
from stonks_tui.reports.numbers import percent, plural
from stonks_tui.view_models import engine_words
from stonks_tui.view_models.sheets import Choice, Sheet
from stonks_tui.view_models.standing import Standing
from stonks_tui.view_models.text import Line, Mood, Span, clipped, line, padded, wrapped

_Trigger = CircuitBreakerTriggerType
_NAMES = {
    _Trigger.DAILY_LOSS: "daily loss",
    _Trigger.SINGLE_POSITION: "one position",
    _Trigger.VOLATILITY: "volatility",
    _Trigger.MANUAL: "by hand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of breaker: its threshold, the value now and the room left, in words; what would end it."""

    trigger: CircuitBreakerTriggerType
    threshold: str
    now: str
    room: str
    ends: str
    is_over: bool = False


def kinds(standing: Standing) -> tuple[Kind, ...]:
    """Return every kind of breaker as it stands."""
    p, day = standing.policy, standing.day_return
    worst = min(standing.positions, key=lambda held: held.return_pct, default=None)
    fall = worst.return_pct if worst else 0.0
    left = p.volatility_stop_count - standing.stops
    return (
        Kind(
            trigger=_Trigger.DAILY_LOSS,
            threshold=f"-{percent(p.daily_loss_pct)}",
            now=_signed(day),
            room=_room(p.daily_loss_pct + day),
            ends=f"after {span(timedelta(minutes=p.daily_loss_cooldown_minutes))} of market time",
            is_over=day < -p.daily_loss_pct,
        ),
        Kind(
            trigger=_Trigger.SINGLE_POSITION,
            threshold=f"-{percent(p.single_position_loss_pct)}",
            now=f"{_signed(fall)} {worst.ticker}" if worst else "–",
            room=_room(p.single_position_loss_pct + fall) if worst else "–",
            ends=f"stops its ticker alone, for {span(timedelta(minutes=p.single_position_cooldown_minutes))} of market",
            is_over=fall < -p.single_position_loss_pct,
        ),
        Kind(
            trigger=_Trigger.VOLATILITY,
            threshold=plural(p.volatility_stop_count, "stop"),
            now=f"{standing.stops} in {p.volatility_window_minutes} min",
            room=plural(left, "stop") if left > 0 else "none",
            ends=f"after {span(timedelta(minutes=p.volatility_cooldown_minutes))} of market time",
            is_over=left <= 0,
        ),
        Kind(trigger=_Trigger.MANUAL, threshold="–", now="–", room="–", ends="when somebody clears it"),
    )


def span(length: timedelta) -> str:
    """Return a length of time as hours and minutes, such as `3:19 h`; below an hour minutes."""
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02} h" if minutes >= 60 else f"{minutes} min"


def until(breaker: BreakerEvent, standing: Standing) -> str:
    """Return until when a breaker that is on stays on, in market time too."""
    if breaker.cooldown_expires is None:
        return "until somebody clears it"
    left = standing.market_left(breaker.cooldown_expires)
    market = f", {span(left)} of market left" if left is not None else ""
    return f"until {breaker.cooldown_expires:%m-%d %H:%M} UTC{market}"


def happened(breaker: BreakerEvent, policy: TradingPolicy) -> str:
    """Return what tripped a breaker, and when; `policy` says within which time stops are counted."""
    match breaker.trigger:
        case _Trigger.MANUAL:
            what = ""
        case _Trigger.VOLATILITY:
            what = f" {engine_words.stops(breaker, policy)}"
        case _:
            what = f" {breaker.ticker}".rstrip() + f" -{percent(breaker.actual)} of -{percent(breaker.threshold)}"
    return f"{breaker.at:%m-%d %H:%M} {_NAMES[breaker.trigger]}{what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSheet:
    """Every breaker, those that are on, and what was. `place` is the cursor among those that are on."""

    standing: Standing
    place: int = 0
    title: str = "Breakers"
    types: bool = False

    @property
    def keys(self) -> str:
        """See `Sheet`."""
        return "t trip by hand · " + ("j k, c clear · " if self.standing.breakers else "") + "PgUp PgDn · Esc closes"

    def lines(self, columns: int, _: str) -> tuple[Line, ...]:
        """See `Sheet`."""
        found = [*self._kinds(columns), *self._on(columns), *self._history()]
        return tuple(clipped(text, columns) for text in found)

    def _kinds(self, columns: int) -> Iterator[Line]:
        yield _row(("", "trips at", "now", "room"), Mood.DIM)
        on = {breaker.trigger for breaker in self.standing.breakers}
        for kind in kinds(self.standing):
            sign, state = ("●", "ON ") if kind.trigger in on else ("○", "off")
            cells = (f"{sign} {_NAMES[kind.trigger]}", kind.threshold, kind.now, kind.room)
            yield _row(cells, Mood.WARN if kind.trigger in on else Mood.LOSS if kind.is_over else Mood.PLAIN)
            yield clipped(line((f"    {state} · ends {kind.ends}".replace("ends stops", "stops"), Mood.DIM)), columns)

    def _on(self, columns: int) -> Iterator[Line]:
        yield line(("On now", Mood.STRONG), "" if self.standing.breakers else ("  none", Mood.DIM))
        trading, cause = self.standing.says["trading"], self.standing.says["cause"]
        if trading != "active" and cause not in list(_Trigger):
            yield line("  ", (f"no breaker, but {trading}: {cause.replace('_', ' ')}; P resumes", Mood.WARN))
        for place, breaker in enumerate(self.standing.breakers):
            words = f"{breaker.breaker_id} {happened(breaker, self.standing.policy)}, {until(breaker, self.standing)}"
            mark = "▸ " if place == self.place else "  "
            for row, piece in enumerate(wrapped(words, columns - 2)):
                yield line(mark if row == 0 else "  ", (piece, Mood.WARN))

    def _history(self) -> Iterator[Line]:
        past = [b for b in reversed(self.standing.tripped) if b.resolved_at is not None]
        yield line(("History", Mood.STRONG), "" if past else ("  none has ended yet", Mood.DIM))
        for b in past:
            yield line(f"  {happened(b, self.standing.policy)}", (f", ended {b.resolved_at:%m-%d %H:%M}", Mood.DIM))

    def pressed(self, key: str) -> "Sheet | Choice | None":
        """See `Sheet`."""
        on = self.standing.breakers
        step = {"j": 1, "down": 1, "k": -1, "up": -1}.get(key)
        if step is not None and on:
            return replace(self, place=max(0, min(self.place + step, len(on) - 1)))
        if key == "t":
            return Asked(word=Word.BREAKER)
        if key == "c" and on:
            return Asked(word=Word.CLEAR, arguments={"breaker": on[self.place].breaker_id})
        return None

    def entered(self, _: str) -> Choice | None:
        """See `Sheet`."""
        return None

    def renewed(self, standing: Standing) -> "Sheet":
        """See `Sheet`: the cursor stays on its breaker while that is on."""
        ids = [b.breaker_id for b in standing.breakers]
        marked = self.standing.breakers[self.place].breaker_id if self.standing.breakers else ""
        return replace(self, standing=standing, place=ids.index(marked) if marked in ids else 0)


def _row(texts: tuple[str, str, str, str], mood: Mood) -> Line:
    name, *rest = texts
    threshold, now, room = rest
    parts: list[Span] = [*padded((Span(name, mood),), 15)]
    parts += padded((Span(threshold, mood),), 10, right=True)
    parts += padded((Span(now, mood),), 17, right=True)
    parts += padded((Span(room, mood),), 13, right=True)
    return tuple(parts)


def _signed(fraction: float) -> str:
    text = percent(fraction, signed=True)
    return text if float(text.split()[0]) == 0 else f"{'▲' if fraction > 0 else '▼'}{text}"


def _room(room: float) -> str:
    return percent(room) if room >= 0 else f"over {percent(-room)}"
