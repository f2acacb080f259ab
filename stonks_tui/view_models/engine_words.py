"""Engine words: in which words does an engine stand? They are the same wherever it is spoken of."""

from datetime import datetime, timedelta

from engine.model.breakers import BreakerEvent
from engine.model.portfolio import TradingState
from engine.model.views import Alive
from engine.policy import TradingPolicy
from stonks_tui.reports.numbers import plural
from stonks_tui.view_models.text import Mood, Span

STANDBY = "STANDBY (another engine leads)"
NO_ANSWER = "NO ANSWER"
"""Where the account is kept: what is shown is what was last read, and how the engine stands is not known."""
PAUSED = "ENTRIES PAUSED (exits managed)"
_BY_HAND = frozenset({"", "paused"})
"""Causes that only say that a person wanted it."""


def said(alive: Alive, news: str = "") -> tuple[Span, ...]:
    """Return a sign and the engine's word. `news` is what the app knows besides: that another engine leads, or
    that the account cannot be read.
    """
    beat = alive.heartbeat
    if news.startswith(NO_ANSWER):
        return _word("✗", NO_ANSWER, Mood.LOSS)
    if alive.is_lost:
        return _word("✗", f"OFFLINE since {beat.at:%m-%d %H:%M} UTC", Mood.LOSS)
    if news == STANDBY:
        return _word("◌", STANDBY, Mood.WARN)
    if alive.is_stale:
        return _word("✗", f"STALE {alive.seconds:.0f} s", Mood.LOSS)
    if beat.trading is TradingState.HALTED:
        return _word("■", "HALTED", Mood.LOSS)
    if beat.trading is TradingState.REDUCING:
        return _word("▼", PAUSED if is_by_hand(alive) else f"REDUCING: {cause(alive)}{_left(alive)}", Mood.WARN)
    return (Span("● ", Mood.GAIN), Span("RUNNING", Mood.STRONG))


def unread(since: datetime, words: str) -> str:
    """Return what is said of an account that cannot be read since that moment, which `words` say the cause of."""
    return f"{NO_ANSWER} since {since:%H:%M:%S} UTC: {words}"


def beside(news: str, *, is_now: bool) -> str:
    """Return what of `news` the engine's word has not said yet."""
    if not is_now:
        return news
    return "" if news == STANDBY else news.removeprefix(NO_ANSWER).strip()


def is_by_hand(alive: Alive) -> bool:
    """Did a person stop entries?"""
    return alive.heartbeat.cause in _BY_HAND


def cause(alive: Alive) -> str:
    """Return what stopped entries, in words."""
    return alive.heartbeat.cause.replace("_", " ")


def stops(breaker: BreakerEvent, policy: TradingPolicy | None) -> str:
    """Return what tripped the volatility breaker: `3 of 3 stops within 30 min`."""
    within = f" within {policy.volatility_window_minutes} min" if policy is not None else ""
    return f"{breaker.actual:.0f} of {plural(int(breaker.threshold), 'stop')}{within}"


def age(alive: Alive | None) -> str:
    """Return how old everything is that an engine has said, empty while it lives."""
    if alive is None or not (alive.is_lost or alive.is_stale):
        return ""
    return f"{alive.seconds:.0f} s" if alive.is_stale else f"since {alive.heartbeat.at:%m-%d %H:%M} UTC"


def hours(left: timedelta) -> str:
    """Return a length of time as hours and minutes, `3:19`."""
    minutes = -(-int(left.total_seconds()) // 60)
    return f"{minutes // 60}:{minutes % 60:02}"


def _left(alive: Alive) -> str:
    return f", {hours(alive.market_left)} left" if alive.market_left is not None else ""


def _word(sign: str, word: str, mood: Mood) -> tuple[Span, ...]:
    return (Span(f"{sign} ", mood), Span(word, mood))
