"""Day notices: what happened on the day that a person should hear of, alarms first?"""

from collections.abc import Iterator, Sequence

from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.notices import ALARMS, Notice, NoticeKind
from engine.model.portfolio import PortfolioSnapshot, TradingState
from stonks_tui.reports.notice_words import sentence
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, line

_NEWS = frozenset(
    {
        NoticeKind.FEED_RECOVERED,
        NoticeKind.TICKER_BACK,
        NoticeKind.RAPID_MOVE,
        NoticeKind.LARGE_TRADE_PNL,
        NoticeKind.MACRO_EVENT_OVER,
        NoticeKind.PROTECTION_RESTORED,
        NoticeKind.RECONCILED,
        NoticeKind.BROKER_BACK,
        NoticeKind.SOURCES_BACK,
        NoticeKind.STORE_BACK,
    }
)
"""Good to know; nothing is asked of anybody."""


def lines(scope: Scope) -> Iterator[Line]:
    """Yield a line each: alarms, then that entries are put off and why, then the rest as it happened."""
    day = scope.snapshot
    if day is None:
        return
    known = [n for n in scope.story.notices if n.at <= day.at]
    since = scope.days[scope.place - 1].at if scope.place else None
    earlier = [n for n in known if since is not None and n.at <= since]
    today = [n for n in known if since is None or n.at > since]
    is_feed_down = _is_feed_down(known)
    alarms = [*(_last_failure(earlier) if is_feed_down else ()), *(n for n in today if n.kind in ALARMS)]
    yield from (_line(n, day, Mood.LOSS) for n in alarms)
    yield from _put_off(day, scope.story.breakers_on(day.at), feed_failed=is_feed_down)
    yield from (_line(n, day, Mood.WARN) for n in _still_on(earlier, known))
    yield from (_line(n, day, Mood.WARN) for n in today if n.kind not in _NEWS | ALARMS)
    yield from (_line(n, day, Mood.DIM) for n in today if n.kind in _NEWS)


def _line(notice: Notice, day: PortfolioSnapshot, mood: Mood) -> Line:
    sign = "· " if mood is Mood.DIM else "! "
    time = f"{notice.at:%H:%M}" if notice.at.date() == day.on else f"{notice.at:%m-%d %H:%M}"
    return line((sign, mood), (f"{time} ", Mood.DIM), sentence(notice))


def _is_feed_down(known: Sequence[Notice]) -> bool:
    feed = [n.kind for n in known if n.kind in (NoticeKind.FEED_FAILURE, NoticeKind.FEED_RECOVERED)]
    return bool(feed) and feed[-1] is NoticeKind.FEED_FAILURE


def _last_failure(earlier: Sequence[Notice]) -> list[Notice]:
    """Return the failure of the feed that an earlier day has left."""
    return [n for n in earlier if n.kind is NoticeKind.FEED_FAILURE][-1:] if _is_feed_down(earlier) else []


def _still_on(earlier: Sequence[Notice], known: Sequence[Notice]) -> list[Notice]:
    """Return the severe events that began on an earlier day and are not over: stops are nearer because of them."""
    over = {n.reference_id for n in known if n.kind is NoticeKind.MACRO_EVENT_OVER}
    return [n for n in earlier if n.kind is NoticeKind.MACRO_EVENT and n.reference_id not in over]


def _put_off(day: PortfolioSnapshot, breakers: Sequence[BreakerEvent], *, feed_failed: bool) -> Iterator[Line]:
    """Say that nothing is bought, and what it is that has to end first."""
    if day.trading_state is TradingState.ACTIVE:
        return
    if day.trading_state is TradingState.HALTED:
        yield line(("! ", Mood.LOSS), "nothing is bought or sold: a person has halted trading")
        return
    causes = [_breaker(b) for b in breakers if b.trigger is not CircuitBreakerTriggerType.SINGLE_POSITION]
    causes += ["price feed failed"] if feed_failed else []
    yield line(("! ", Mood.WARN), f"entries are put off: {', '.join(causes) or 'a person has stopped them'}")


def _breaker(b: BreakerEvent) -> str:
    until = f" until {b.cooldown_expires:%m-%d %H:%M}" if b.cooldown_expires is not None else ", until a person ends it"
    return f"breaker {b.trigger.value.replace('_', ' ')}{until}"
