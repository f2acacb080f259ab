"""Prints: which of the prices just seen are not to be believed yet?"""

from datetime import datetime, timedelta

from engine.decision import notices
from engine.decision.effects import Effect
from engine.decision.state import State
from engine.model.market import Market
from engine.model.notices import NoticeKind
from engine.policy import TradingPolicy
from engine.risk import print_confirmation


def doubt(state: State, market: Market, at: datetime, policy: TradingPolicy) -> tuple[set[str], set[str], list[Effect]]:
    """Return the held tickers whose print is far from the last and the first of its kind, those whose second print
    has just confirmed it, and what is told. The same print seen twice is still one.
    """
    doubted = state.watch.doubted
    doubtful: set[str] = set()
    confirmed: set[str] = set()
    effects: list[Effect] = []
    for ticker in state.positions:
        price, last = market.price(ticker), state.prices[ticker]
        if price is None or not print_confirmation.is_far(price, last, policy):
            doubted.pop(ticker, None)
            continue
        printed_at = at - timedelta(seconds=market.price_age_seconds(ticker) or 0)
        before = doubted.get(ticker)
        if before is not None and printed_at > before[0] and print_confirmation.is_confirmed(price, before[1], policy):
            del doubted[ticker]
            confirmed.add(ticker)
            continue
        doubtful.add(ticker)
        if before is None or printed_at > before[0]:
            doubted[ticker] = (printed_at, price)
            off, limit = price / last - 1, policy.print_confirmation_pct
            effects.append(notices.tell(NoticeKind.PRINT_UNCONFIRMED, at, ticker=ticker, value=off, limit=limit))
    return doubtful, confirmed, effects
