"""Silence: a held ticker has no price any more. Is it the ticker, or the feed?"""

from datetime import datetime

from engine.decision import exits, notices, tranches
from engine.decision.effects import AskTickerStatus, Effect
from engine.decision.state import State
from engine.model.notices import NoticeKind
from engine.model.orders import OrderTag
from engine.policy import TradingPolicy
from engine.risk import feed_health


def listen(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return what follows from how long nothing has been heard, at `at`.

    A failed feed leaves exits only, and nothing is sold because of it. For one silent ticker the broker is asked.
    """
    if state.session is None or state.market is None:
        return []
    since_open = (at - state.session.open_at).total_seconds()
    silent = silent_for(state, at, policy)
    heartbeat = state.market.heartbeat_age_seconds()
    failed = feed_health.has_feed_failed(
        len(silent), len(state.positions), since_open if heartbeat is None else heartbeat, policy
    )
    effects = _feed(state, at, len(silent), failed=failed)
    if failed:
        return effects
    effects += _came_back(state, at, silent)
    for ticker, seconds in silent.items():
        asked_at = state.watch.asked.get(ticker)
        if asked_at is None:
            limit = 60.0 * policy.silent_ticker_minutes
            effects.append(notices.tell(NoticeKind.TICKER_SILENT, at, ticker=ticker, value=seconds, limit=limit))
        if asked_at is None or _is_worth_asking_again(state, ticker, asked_at, at, policy):
            state.watch.asked[ticker] = at
            effects.append(AskTickerStatus(ticker=ticker))
    return effects


def silent_for(state: State, at: datetime, policy: TradingPolicy) -> dict[str, float]:
    """Return the held tickers that are silent, and for how many seconds of market time."""
    if state.session is None:
        return {}
    since_open = (at - state.session.open_at).total_seconds()
    return {t: s for t in state.positions if feed_health.is_silent(s := _silence(state, t, since_open), policy)}


def _is_worth_asking_again(state: State, ticker: str, asked_at: datetime, at: datetime, policy: TradingPolicy) -> bool:
    """Has a halt gone on for so long that it may be over without a print?"""
    return ticker in state.watch.halted and feed_health.is_silent((at - asked_at).total_seconds(), policy)


def answered(state: State, ticker: str, at: datetime, *, is_halted: bool) -> list[Effect]:
    """Return what follows from the broker's answer about `ticker`: frozen while it is halted, else closed."""
    position = state.positions.get(ticker)
    if position is None or ticker not in state.watch.asked:
        return []
    if is_halted:
        if ticker in state.watch.halted:
            return []
        state.watch.halted.add(ticker)
        return [notices.tell(NoticeKind.TICKER_HALTED, at, ticker=ticker, reference_id=position.decision_id)]
    state.watch.halted.discard(ticker)
    return [] if state.is_exiting(ticker) else exits.sell(state, position, tag=OrderTag.NO_PRICE, at=at)


def over_night(state: State) -> None:
    """Remember how long each held ticker had been silent at the close: the night is no market time."""
    market = state.market
    ages = {t: market.price_age_seconds(t) for t in state.positions} if market is not None else {}
    state.watch.silent_at_close = {t: age for t, age in ages.items() if age}


def _silence(state: State, ticker: str, since_open: float) -> float:
    """Return for how long of market time `ticker` has had no price."""
    age = state.market.price_age_seconds(ticker) if state.market else None
    return since_open + state.watch.silent_at_close.get(ticker, 0.0) if age is None else age


def _feed(state: State, at: datetime, silent: int, *, failed: bool) -> list[Effect]:
    before = state.watch.feed_failed_at
    if failed and before is None:
        state.watch.feed_failed_at = at
        state.watch.asked.clear()  # an answer that still comes sells nothing; whoever stays silent is asked about anew
        told = notices.tell(NoticeKind.FEED_FAILURE, at, value=silent, limit=len(state.positions))
        return [told, *tranches.cancel_all(state, at, "feed_failure")]
    if not failed and before is not None:
        state.watch.feed_failed_at = None
        return [notices.tell(NoticeKind.FEED_RECOVERED, at, value=(at - before).total_seconds())]
    return []


def _came_back(state: State, at: datetime, silent: dict[str, float]) -> list[Effect]:
    watch = state.watch
    back = sorted(watch.halted - silent.keys())
    watch.asked = {ticker: asked_at for ticker, asked_at in watch.asked.items() if ticker in silent}
    watch.halted &= silent.keys()
    return [notices.tell(NoticeKind.TICKER_BACK, at, ticker=ticker) for ticker in back]
