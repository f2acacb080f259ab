"""Day notices: what happened on the day that a person should hear of, alarms first?"""

from collections.abc import Iterator, Sequence

from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.notices import ALARMS, Notice, NoticeKind
from engine.model.portfolio import TradingState
from stonks_tui.reports.notice_words import sentence
from stonks_tui.view_models.need import Need
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Mood

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
        NoticeKind.BROKER_ELSEWHERE,
        NoticeKind.REMARK_OVER,
    }
)
"""Good to know; nothing is asked of anybody."""


_ADVICE: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.FEED_FAILURE: ("stonks doctor looks for the cause", "overview"),
    NoticeKind.SOURCES_LOST: ("stonks doctor looks for the cause", "overview"),
    NoticeKind.BROKER_SILENT: ("stonks doctor looks for the cause", "overview"),
    NoticeKind.BROKER_CANNOT_ANSWER: ("compare with the broker, then P resumes", "positions"),
    NoticeKind.STORE_FAILED: ("stonks doctor looks for the cause", "overview"),
    NoticeKind.TICKER_HALTED: ("2 shows it", "positions"),
    NoticeKind.TICKER_SILENT: ("2 shows it", "positions"),
    NoticeKind.PRINT_UNCONFIRMED: ("2 shows it", "positions"),
    NoticeKind.EXIT_REPEATED: ("2 shows it", "positions"),
    NoticeKind.HEAT_ABOVE: ("2 shows what is held", "positions"),
    NoticeKind.PROTECTION_BREACH: ("2 shows what is held", "positions"),
    NoticeKind.RECONCILIATION_DIFFERENCE: ("compare with the broker, then P resumes", "positions"),
    NoticeKind.BROKEN_INVARIANT: ("stonks db check, then P resumes", "positions"),
    NoticeKind.TRANCHES_CANCELLED: ("3 shows why", "decisions"),
}
"""What to do about what an engine tells while it trades, and on which screen."""


def alarms(scope: Scope) -> Iterator[Need]:
    """Yield what calls for a person at once, a failure of the feed that an earlier day has left too."""
    earlier, today, known = _notices(scope)
    yield from (_need(n, scope, Mood.LOSS) for n in (_last_failure(earlier) if _is_feed_down(known) else ()))
    yield from (_need(n, scope, Mood.LOSS) for n in today if n.kind in ALARMS)


def news(scope: Scope) -> Iterator[Need]:
    """Yield the rest as it happened: what is still on, what asks for a person, what is good to know."""
    earlier, today, known = _notices(scope)
    yield from (_need(n, scope, Mood.WARN) for n in _still_on(earlier, known))
    yield from (_need(n, scope, Mood.WARN) for n in today if n.kind not in _NEWS | ALARMS)
    yield from (_need(n, scope, Mood.DIM) for n in today if n.kind in _NEWS)


def remarks(scope: Scope) -> frozenset[str]:
    """Return what parts around the engine were heard to say on the day, in their words."""
    return frozenset(n.note for n in _notices(scope)[1] if n.kind is NoticeKind.REMARK)


def _notices(scope: Scope) -> tuple[list[Notice], list[Notice], list[Notice]]:
    """Return what was told before the day, on the day, and both."""
    day = scope.snapshot
    if day is None:
        return [], [], []
    known = [n for n in scope.story.notices if n.at <= day.at]
    since = scope.days[scope.place - 1].at if scope.place else None
    earlier = [n for n in known if since is not None and n.at <= since]
    return earlier, [n for n in known if since is None or n.at > since], known


def _need(notice: Notice, scope: Scope, mood: Mood) -> Need:
    todo, screen = _ADVICE.get(notice.kind, ("", "overview")) if scope.is_now else ("", "overview")
    return Need(
        words=sentence(notice), mood=mood, at=notice.at, todo=todo, screen=screen, ticker=notice.ticker.split(",")[0]
    )


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


def put_off(scope: Scope) -> Iterator[Need]:
    """Say that nothing is bought, since when, and what it is that has to end first."""
    day = scope.snapshot
    if day is None or scope.trading is TradingState.ACTIVE:
        return
    alive = scope.story.alive if scope.is_now else None
    since = alive.stopped_at if alive is not None else None
    todo = "P makes entries again" if alive is not None else ""
    if scope.trading is TradingState.HALTED:
        words = "nothing is bought or sold: a person has halted trading"
        yield Need(words=words, mood=Mood.LOSS, at=since, todo=todo)
        return
    on = [b for b in scope.story.breakers_on(day.at) if b.trigger is not CircuitBreakerTriggerType.SINGLE_POSITION]
    causes = [_breaker(b) for b in on]
    causes += ["price feed failed"] if _is_feed_down(_notices(scope)[2]) else []
    if causes:
        words, at = f"entries are put off: {', '.join(causes)}", on[0].at if on and alive is not None else None
        yield Need(words=words, at=at, todo="b shows what ends it" if alive is not None else "")
    else:
        yield Need(words="entries are put off: a person has stopped them", at=since, todo=todo)


def _breaker(b: BreakerEvent) -> str:
    until = f" until {b.cooldown_expires:%m-%d %H:%M}" if b.cooldown_expires is not None else ", until a person ends it"
    return f"breaker {b.trigger.value.replace('_', ' ')}{until}"
