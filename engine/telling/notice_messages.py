"""Notice messages: what is a person told of a notice: what happened, what the engine did about it, what is to be done?

They are read at three in the morning: no word in them needs looking up, and what is to be typed can be typed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.model.notices import Notice, NoticeKind
from engine.model.notifications import Message, NotificationEvent
from engine.telling.degrees import alarm, news
from engine.telling.words import NOTHING_TO_DO, amount, count, lasted, one_line, percent, sentence

STORAGE_ALARM_SECONDS = 15.0
"""Storage that does not answer for so long is told."""
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
    return alarm(
        NotificationEvent.STORAGE_FAILURE,
        "Nothing can be written down",
        sentence(words),
        "So nothing is sent, not even an exit: NOTHING THAT IS HELD IS PROTECTED. It keeps trying.",
        f"Make the storage work again; meanwhile watch your positions yourself. {_LOOK}",
    )


def engine_broke(words: str) -> Message:
    """Return what is told by an engine that ends because of an error."""
    return alarm(
        NotificationEvent.ENGINE_BROKE,
        "The engine has broken",
        sentence(words),
        "It has ended: NOBODY WATCHES THE STOPS of what is held.",
        "Start it again as you did before, with: stonks run. It takes up where it was. If it ends again: stonks doctor",
    )


def _feed_failed(n: Notice, _: bool) -> Message:
    many = f"{count(n.value)} of {count(n.limit)} held tickers have no" if n.value else "No ticker has a"
    return alarm(
        NotificationEvent.FEED_FAILURE,
        "Price feed failed",
        f"{many} price any more.",
        "Nothing new is bought while it lasts. A stop cannot be hit without a price: what is held is not protected.",
        "Check what writes the prices. It goes on by itself when they are back.",
    )


def _sources_lost(n: Notice, _: bool) -> Message:
    return alarm(
        NotificationEvent.FEED_FAILURE,
        "Prices cannot be read",
        sentence(n.note) or "Nothing can be read of what comes in.",
        "Nothing is decided on old prices. A stop cannot be hit without a price: what is held is not protected.",
        "Check the market database and the files of prices. It goes on by itself when they can be read.",
        "sources",
    )


def _unprotected(n: Notice, _: bool) -> Message:
    return alarm(
        NotificationEvent.PROTECTION_BREACH,
        f"{_share(n.value)} is not protected",
        sentence(f"Nobody watches the stops of {n.note or 'what is held'}"),
        "The engine keeps trying; what it can see is still protected.",
        f"{_LOOK}. If it lasts, sell at your broker or with: stonks close TICKER",
    )


def _share(protected: float | None) -> str:
    if protected is None or not 0 < protected < 1:
        return "What is held"
    return f"{max(1, round(100 * (1 - protected)))} % of what is held"


def _differ(n: Notice, is_unexplained: bool) -> Message:
    return alarm(
        NotificationEvent.RECONCILIATION_DIFFERENCE,
        "Books and broker differ",
        f"{sentence(n.note)} No order on its way explains it.".strip(),
        _EXITS_ONLY if is_unexplained else "They are compared again and again.",
        f"Compare with your broker's account. {_RESUME}",
    )


def _broker_silent(n: Notice, _: bool) -> Message:
    return alarm(
        NotificationEvent.BROKER_SILENT,
        "The broker does not answer",
        sentence(n.note) or "It was asked and has said nothing.",
        "Orders on their way are asked about again and again; none is sent twice.",
        "Check the broker and the line to it. Until it answers nothing can be sold, not even at a stop.",
    )


def _broker_cannot(n: Notice, _: bool) -> Message:
    return alarm(
        NotificationEvent.BROKER_SILENT,
        "The broker does not answer questions",
        sentence(n.note),
        "Entries stop, exits are made: nobody can compare what is held here with what the broker holds.",
        "Compare the positions by hand, then resume; have the broker service answer questions.",
    )


def _full(n: Notice, is_unexplained: bool) -> Message | None:
    if not is_unexplained:
        return None
    return alarm(
        NotificationEvent.STORAGE_FAILURE,
        "The disk was full",
        sentence(n.note) or "Nothing could be written down for a while.",
        _EXITS_ONLY,
        f"Make room, then: stonks resume. {_LOOK}",
        "full",
    )


def _stored_again(n: Notice, _: bool) -> Message | None:
    if (n.value or 0) < STORAGE_ALARM_SECONDS:
        return None
    return alarm(
        NotificationEvent.STORAGE_FAILURE,
        "Storage answers again",
        f"For {lasted(n.value)} nothing could be written down, so nothing was sold, not even at a stop.",
        "Stops are watched again.",
        f"Find out why before it happens again. {_LOOK}",
        "over",
    )


def _contradicts(n: Notice, is_unexplained: bool) -> Message:
    return alarm(
        NotificationEvent.BROKEN_INVARIANT,
        "The books contradict themselves",
        sentence(n.note) or "What they say cannot be.",
        f"What led to it was not done. {_EXITS_ONLY if is_unexplained else ''}".strip(),
        f"Look at the log, and at: stonks status. {_RESUME}",
    )


def _halted(n: Notice, _: bool) -> Message:
    ticker = _ticker(n)
    return alarm(
        NotificationEvent.TICKER_HALTED,
        f"{ticker} is halted by the exchange",
        f"{ticker}, which is held, does not trade.",
        "The position is frozen: it cannot be sold, and its stop cannot be hit, before trading goes on.",
        "Nothing can be done until then; the engine goes on by itself.",
        n.ticker,
    )


def _jumped(n: Notice, is_unexplained: bool) -> Message:
    way = "back" if (n.value or 0) < 0 else "ahead"
    make = alarm if is_unexplained else news
    return make(
        NotificationEvent.CLOCK_JUMPED,
        f"The clock jumped {way} by {lasted(abs(n.value or 0))}",
        sentence(n.note) or "The machine tells another time than before.",
        _EXITS_ONLY if is_unexplained else "Looks at prices that were missed meanwhile are not made up for.",
        f"Check the clock of the machine. {_RESUME}" if is_unexplained else NOTHING_TO_DO,
        f"{way}, exits only" if is_unexplained else way,
    )


def _stale(n: Notice, _: bool) -> Message:
    return news(
        NotificationEvent.RECOMMENDATIONS_STALE,
        "Recommendations have stopped coming",
        sentence(f"None was made for {count(n.value)} sessions; {n.note}".removesuffix("; ")),
        "What is held is managed as ever.",
        "Check what makes the recommendations.",
    )


def _large(n: Notice, _: bool) -> Message:
    lost = (n.value or 0) < 0
    aside = "Nothing is taken from the reserve for it." if lost else "None of it is put aside in the reserve."
    told = news(
        NotificationEvent.LARGE_TRADE_PNL,
        f"{_ticker(n)} {'lost' if lost else 'made'} {amount(n.value)}",
        f"The position in {_ticker(n)} is closed, with a {'loss' if lost else 'profit'} of {amount(n.value)}.",
        aside,
        about=n.ticker,
    )
    return replace(told, facts=(f"Told because it is more than {amount(n.limit)}",))


def _high_water(n: Notice, _: bool) -> Message:
    return news(
        NotificationEvent.RESERVE_HIGH_WATER,
        "The reserve is full",
        f"It is {percent(n.value)} of the total (limit {percent(n.limit)}).",
        "No more profit is put aside.",
        f"{NOTHING_TO_DO} To put $500 of it back to work: stonks reserve -500",
    )


def _led(n: Notice, _: bool) -> Message:
    return news(
        NotificationEvent.LEADER_CHANGED,
        "Another engine leads now",
        sentence(n.note) or "It has taken over from the one before.",
        "It has taken up what the one before left: orders on their way are asked about, stops are watched.",
        f"If nobody meant it, find out why the other one ended. {_LOOK}",
    )


def _ticker(n: Notice) -> str:
    return one_line(n.ticker) or "A ticker"


def _over(
    event: NotificationEvent, title: str, happened: str, done: str, to_do: str = NOTHING_TO_DO, about: str = "over"
) -> Callable[[Notice, bool], Message]:
    return lambda n, _: news(
        event, title.format(ticker=_ticker(n)), happened, done, to_do, about=f"{about} {n.ticker}".strip()
    )


_FEED_BACK = _over(
    NotificationEvent.FEED_FAILURE, "The price feed is back", "Prices come again.", "Entries and stops go on."
)
_SOURCES_BACK = _over(
    NotificationEvent.FEED_FAILURE,
    "Prices can be read again",
    "Prices and recommendations can be read again.",
    "Entries and stops go on.",
    about="sources over",
)
_PROTECTED = _over(
    NotificationEvent.PROTECTION_BREACH,
    "Everything is protected again",
    "Every stop is watched again.",
    "Stops and exits go on.",
)
_AGREED = _over(
    NotificationEvent.RECONCILIATION_DIFFERENCE,
    "Books and broker agree again",
    "They hold the same shares again.",
    _EXITS_ONLY,
    _RESUME,
)
_ANSWERED = _over(
    NotificationEvent.BROKER_SILENT,
    "The broker answers again",
    "It has said what became of the orders on their way.",
    "Orders leave again.",
)
_TRADES = _over(
    NotificationEvent.TICKER_HALTED,
    "{ticker} trades again",
    "The exchange lets it trade again.",
    "Its stop is watched.",
)

_MESSAGES: Mapping[NoticeKind, Callable[[Notice, bool], Message | None]] = {
    NoticeKind.FEED_FAILURE: _feed_failed,
    NoticeKind.FEED_RECOVERED: _FEED_BACK,
    NoticeKind.SOURCES_LOST: _sources_lost,
    NoticeKind.SOURCES_BACK: _SOURCES_BACK,
    NoticeKind.PROTECTION_BREACH: _unprotected,
    NoticeKind.PROTECTION_RESTORED: _PROTECTED,
    NoticeKind.RECONCILIATION_DIFFERENCE: _differ,
    NoticeKind.RECONCILED: _AGREED,
    NoticeKind.BROKER_SILENT: _broker_silent,
    NoticeKind.BROKER_BACK: _ANSWERED,
    NoticeKind.BROKER_CANNOT_ANSWER: _broker_cannot,
    NoticeKind.STORE_FAILED: _full,
    NoticeKind.STORE_BACK: _stored_again,
    NoticeKind.BROKEN_INVARIANT: _contradicts,
    NoticeKind.TICKER_HALTED: _halted,
    NoticeKind.TICKER_BACK: _TRADES,
    NoticeKind.CLOCK_JUMPED: _jumped,
    NoticeKind.RECOMMENDATIONS_STALE: _stale,
    NoticeKind.LARGE_TRADE_PNL: _large,
    NoticeKind.RESERVE_HIGH_WATER: _high_water,
    NoticeKind.LEADER_CHANGED: _led,
}
