"""Needs: what needs the person who looks, the most urgent first, and what can be done about each?"""

from collections.abc import Iterator
from itertools import islice

from engine.model.live import STOPPED
from engine.model.runs import RunRecord
from engine.model.views import Alive
from stonks_tui.reports.numbers import percent, plural
from stonks_tui.view_models import day_notices
from stonks_tui.view_models.need import Need
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Mood

NEAR_STOP = 0.01
"""A position whose price is at most so far (a fraction of it) above its stop may be sold any moment."""


def of(scope: Scope) -> tuple[Need, ...]:
    """Return everything that a person should know: of the engine, of the day, of the data; alarms first."""
    record = scope.record
    if scope.story.problem:
        return (Need(words=scope.story.problem, mood=Mood.LOSS, screen="backtest"),)
    if record is None:
        return ()
    found = [Need(words=record.error, mood=Mood.LOSS, screen="backtest")] if record.error else []
    alive = scope.story.alive if scope.is_now else None
    if alive is not None:
        found += _of_engine(alive, scope)
    found += day_notices.alarms(scope)
    found += day_notices.put_off(scope)
    if alive is not None:
        found += _untold(alive)
        found += _near_stops(scope)
    found += day_notices.news(scope)
    if alive is not None:
        found += _standbys(alive)
    found += _of_data(record)
    found += [Need(words=note, mood=Mood.DIM) for note in record.notes]
    return tuple(found)


def asking(scope: Scope) -> tuple[Need, ...]:
    """Return those of `of` that ask something of a person."""
    return tuple(need for need in of(scope) if need.asks)


def _of_engine(alive: Alive, scope: Scope) -> Iterator[Need]:
    beat = alive.heartbeat
    held = len(scope.snapshot.positions) if scope.snapshot is not None else 0
    unwatched = f": nobody watches the stops of {plural(held, 'position')}" if held else ""
    if alive.is_lost:
        how = "was stopped" if beat.doing == STOPPED else "is gone"
        yield Need(words=f"the engine {how}{unwatched}", mood=Mood.LOSS, at=beat.at, todo="stonks run starts it")
        return
    if alive.is_stale:
        words = f"the engine has said nothing for {alive.seconds:.0f} s"
        yield Need(words=words, mood=Mood.LOSS, at=beat.at, todo="stonks status asks it")
    if beat.protected < 1:
        words = f"{percent(1 - beat.protected, places=0)} of what is held has no stop that is watched"
        yield Need(words=words, mood=Mood.LOSS, todo="2 shows what is held", screen="positions")
    if not any(day_notices.alarms(scope)):
        told = day_notices.remarks(scope)
        for trouble in (t for t in beat.troubles if t not in told):
            yield Need(words=trouble, mood=Mood.LOSS, todo="stonks doctor looks for the cause")


def _untold(alive: Alive) -> Iterator[Need]:
    if alive.untold:
        words = f"{plural(alive.untold, 'notification')} of the last day could not be sent"
        yield Need(words=words, todo="7 says why", screen="notifications")


def _standbys(alive: Alive) -> Iterator[Need]:
    for owner, since in alive.standbys:
        host, _, pid = owner.rpartition(":")
        name = f"{host} pid {pid}" if host else owner  # a very long one is cut
        yield Need(words=f"{name} stands by since {since:%m-%d %H:%M} UTC", mood=Mood.DIM)


def _near_stops(scope: Scope) -> Iterator[Need]:
    positions = scope.snapshot.positions if scope.snapshot is not None else ()
    for p in sorted(positions, key=lambda p: p.stop_distance_pct):
        if p.stop_distance_pct > NEAR_STOP:
            break
        side = "above" if p.stop_distance_pct >= 0 else "below"
        words = f"{p.ticker} is {percent(abs(p.stop_distance_pct), places=1)} {side} its stop"
        yield Need(words=words, todo="2 shows it", screen="positions", ticker=p.ticker)


def _of_data(record: RunRecord) -> Iterator[Need]:
    for gap in islice(record.gaps, 3):
        sessions = f" ({plural(gap.count, 'session')})" if gap.count > 1 else ""
        yield Need(words=f"{gap.on} {gap.ticker or 'whole market'}: {gap.kind.value.replace('_', ' ')}{sessions}")
    if len(record.gaps) > 3:
        yield Need(words=f"and {plural(len(record.gaps) - 3, 'more gap')} in the prices")
    if record.unaffordable:
        names = ", ".join(record.unaffordable[:6]) + (" …" if len(record.unaffordable) > 6 else "")
        yield Need(words=f"{plural(len(record.unaffordable), 'ticker')} cost more than the largest position: {names}")
