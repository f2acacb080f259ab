"""Notice messages: what is a person told of a notice: what happened, what the engine did about it, what is to be done?

They are read at three in the morning: no word in them needs looking up, and what is to be typed can be typed.
"""

from collections.abc import Callable, Mapping

from engine.model.money import quantise, usd
from engine.model.notices import Notice, NoticeKind
from engine.model.notifications import Message, NotificationEvent, Urgency
from engine.notification_words import lasted, percent

STORAGE_ALARM_SECONDS = 15.0
"""Storage that does not answer for so long is told."""
_CRITICAL = frozenset(
    {NotificationEvent.PROTECTION_BREACH, NotificationEvent.STORAGE_FAILURE, NotificationEvent.ENGINE_BROKE}
)
_EXITS_ONLY = "Nothing new is bought until you resume; stops and exits go on."
_LOOK = "Look at: stonks status"
_RESUME = "When it is explained: stonks resume"


def message(notice: Notice, *, is_unexplained: bool) -> Message | None:
    """Return what is told of `notice`, None when it is only written down.

    One that `is_unexplained` has left exits only, until a person resumes.
    """
    make = _MESSAGES.get(notice.kind)
    return make(notice, is_unexplained) if make else None


def storage_failed(words: str) -> Message:
    """Return what is told at once when nothing can be written down: no turn can tell it."""
    return _alarm(
        NotificationEvent.STORAGE_FAILURE,
        "Nothing can be written down",
        f"{words}.",
        "So nothing is sent, not even an exit: NOTHING THAT IS HELD IS PROTECTED. It keeps trying.",
        f"Make the storage work again; meanwhile watch your positions yourself. {_LOOK}",
    )


def engine_broke(words: str) -> Message:
    """Return what is told by an engine that ends because of an error."""
    return _alarm(
        NotificationEvent.ENGINE_BROKE,
        "The engine has broken",
        f"{words}.",
        "It has ended: nobody watches the stops of what is held.",
        "Start it again: stonks run. It takes up where it was. If it ends again, look at the log.",
    )


def _alarm(event: NotificationEvent, title: str, happened: str, done: str, to_do: str, about: str = "") -> Message:
    kind = f"{event.value} {about}".strip()
    urgency = Urgency.CRITICAL if event in _CRITICAL else Urgency.ALARM
    return Message(event=event, urgency=urgency, kind=kind, title=title, happened=happened, done=done, to_do=to_do)


def _news(
    event: NotificationEvent, title: str, happened: str, done: str = "", to_do: str = "", about: str = ""
) -> Message:
    kind = f"{event.value} {about}".strip()
    return Message(event=event, urgency=Urgency.NEWS, kind=kind, title=title, happened=happened, done=done, to_do=to_do)


def _feed_failed(n: Notice, _: bool) -> Message:
    many = f"{n.value:.0f} of {n.limit or 0:.0f} held tickers have no" if n.value else "Nothing has a"
    return _alarm(
        NotificationEvent.FEED_FAILURE,
        "Price feed failed",
        f"{many} price any more.",
        "Nothing new is bought while it lasts. A stop cannot be hit without a price: what is held is not protected.",
        "Check what writes the prices. It goes on by itself when they are back.",
    )


def _sources_lost(n: Notice, _: bool) -> Message:
    return _alarm(
        NotificationEvent.FEED_FAILURE,
        "Prices cannot be read",
        f"Prices and recommendations cannot be read: {n.note}.",
        "Nothing is decided on old prices. A stop cannot be hit without a price.",
        "Check the market database and the files given to stonks run. It goes on by itself.",
        "sources",
    )


def _unprotected(n: Notice, _: bool) -> Message:
    share = 1 - (n.value or 0)
    return _alarm(
        NotificationEvent.PROTECTION_BREACH,
        f"{100 * share:.0f} % of what is held is not protected",
        f"Nobody watches the stops of {n.note}.",
        "The engine keeps trying; what it can see is still protected.",
        f"{_LOOK}. If it lasts, sell at your broker or with: stonks close TICKER",
    )


def _differ(n: Notice, is_unexplained: bool) -> Message:
    return _alarm(
        NotificationEvent.RECONCILIATION_DIFFERENCE,
        "Books and broker differ",
        f"{n.note}. No order on its way explains it.",
        _EXITS_ONLY if is_unexplained else "",
        f"Compare with your broker's account. {_RESUME}",
    )


def _broker_silent(n: Notice, _: bool) -> Message:
    return _alarm(
        NotificationEvent.BROKER_SILENT,
        "Broker does not answer",
        f"{n.note}." if n.note else "The broker does not answer.",
        "Orders on their way count at their worst and are asked about again and again; none is sent twice blindly.",
        "Check the broker and the line to it. Until it answers no stop can be sold.",
    )


def _full(n: Notice, is_unexplained: bool) -> Message | None:
    if not is_unexplained:
        return None
    return _alarm(
        NotificationEvent.STORAGE_FAILURE,
        "The disk was full",
        f"{n.note}.",
        _EXITS_ONLY,
        f"Make room, then: stonks resume. {_LOOK}",
        "full",
    )


def _stored_again(n: Notice, _: bool) -> Message | None:
    if (n.value or 0) < STORAGE_ALARM_SECONDS:
        return None
    return _alarm(
        NotificationEvent.STORAGE_FAILURE,
        "Storage answers again",
        f"For {lasted(n.value)} nothing could be written down, so nothing was sent.",
        "Stops are watched again.",
        f"Find out why before it happens again. {_LOOK}",
        "over",
    )


def _contradicts(n: Notice, is_unexplained: bool) -> Message:
    return _alarm(
        NotificationEvent.BROKEN_INVARIANT,
        "The books contradict themselves",
        f"{n.note}.",
        f"What led to it was not done. {_EXITS_ONLY if is_unexplained else ''}".strip(),
        f"{_LOOK} and the log. {_RESUME}",
    )


def _halted(n: Notice, _: bool) -> Message:
    return _alarm(
        NotificationEvent.TICKER_HALTED,
        f"{n.ticker} is halted by the exchange",
        f"{n.ticker}, which is held, does not trade.",
        "Its position is frozen: it cannot be sold, and its stop cannot be hit, before trading goes on.",
        "Nothing can be done. You are told when it trades again.",
        n.ticker,
    )


def _jumped(n: Notice, is_unexplained: bool) -> Message:
    way = "back" if (n.value or 0) < 0 else "ahead"
    make = _alarm if is_unexplained else _news
    return make(
        NotificationEvent.CLOCK_JUMPED,
        f"The clock jumped {way} by {lasted(abs(n.value or 0))}",
        f"The time of day moved {way}: {n.note}.",
        _EXITS_ONLY if is_unexplained else "Looks that were missed are not made up for.",
        f"Check the clock of the machine. {_RESUME}" if is_unexplained else "",
    )


def _stale(n: Notice, _: bool) -> Message:
    return _news(
        NotificationEvent.RECOMMENDATIONS_STALE,
        "Recommendations have stopped coming",
        f"None was made for {n.value or 0:.0f} sessions; {n.note}.",
        "What is held is managed as ever.",
        "Check what makes the recommendations.",
    )


def _large(n: Notice, _: bool) -> Message:
    lost = (n.value or 0) < 0
    amount = f"${usd(quantise(abs(n.value or 0)))}"
    return _news(
        NotificationEvent.LARGE_TRADE_PNL,
        f"{n.ticker} {'lost' if lost else 'made'} {amount}",
        f"The position in {n.ticker} is closed, with a {'loss' if lost else 'profit'} of {amount}.",
        "",
        "",
        n.ticker,
    )


def _high_water(n: Notice, _: bool) -> Message:
    return _news(
        NotificationEvent.RESERVE_HIGH_WATER,
        "The reserve is full",
        f"It is {percent(n.value)} of the total (limit {percent(n.limit)}).",
        "No more profit is put aside.",
        "To put it back to work: stonks reserve -AMOUNT",
    )


def _led(n: Notice, _: bool) -> Message:
    return _news(
        NotificationEvent.LEADER_CHANGED,
        "Another engine leads now",
        f"{n.note}.",
        "It has taken up what the one before left: orders on their way are asked about, stops are watched.",
        f"If nobody meant it: why did the other one end? {_LOOK}",
    )


def _over(event: NotificationEvent, title: str, happened: str) -> Callable[[Notice, bool], Message]:
    return lambda n, _: _news(event, title.format(n=n), happened.format(n=n), about=f"over {n.ticker}".strip())


_MESSAGES: Mapping[NoticeKind, Callable[[Notice, bool], Message | None]] = {
    NoticeKind.FEED_FAILURE: _feed_failed,
    NoticeKind.FEED_RECOVERED: _over(
        NotificationEvent.FEED_FAILURE, "Price feed is back", "Prices come again; entries and stops go on."
    ),
    NoticeKind.SOURCES_LOST: _sources_lost,
    NoticeKind.SOURCES_BACK: _over(
        NotificationEvent.FEED_FAILURE, "Prices can be read again", "Prices and recommendations can be read again."
    ),
    NoticeKind.PROTECTION_BREACH: _unprotected,
    NoticeKind.PROTECTION_RESTORED: _over(
        NotificationEvent.PROTECTION_BREACH, "Everything is protected again", "Every stop is watched again."
    ),
    NoticeKind.RECONCILIATION_DIFFERENCE: _differ,
    NoticeKind.RECONCILED: _over(
        NotificationEvent.RECONCILIATION_DIFFERENCE,
        "Books and broker agree again",
        f"They hold the same shares again. Entries stay away until you resume: stonks resume. {_LOOK}",
    ),
    NoticeKind.BROKER_SILENT: _broker_silent,
    NoticeKind.BROKER_BACK: _over(
        NotificationEvent.BROKER_SILENT, "Broker answers again", "Orders on their way have been asked about."
    ),
    NoticeKind.STORE_FAILED: _full,
    NoticeKind.STORE_BACK: _stored_again,
    NoticeKind.BROKEN_INVARIANT: _contradicts,
    NoticeKind.TICKER_HALTED: _halted,
    NoticeKind.TICKER_BACK: _over(NotificationEvent.TICKER_HALTED, "{n.ticker} trades again", "Its stop is watched."),
    NoticeKind.CLOCK_JUMPED: _jumped,
    NoticeKind.RECOMMENDATIONS_STALE: _stale,
    NoticeKind.LARGE_TRADE_PNL: _large,
    NoticeKind.RESERVE_HIGH_WATER: _high_water,
    NoticeKind.LEADER_CHANGED: _led,
}
