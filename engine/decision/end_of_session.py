"""End of session: what had no price all day, and what follows from the day?"""

from dataclasses import replace
from datetime import datetime

from engine.decision import day_books, exits, tier_review, tranches
from engine.decision.effects import Effect, RecordSnapshot
from engine.decision.state import State
from engine.model.positions import Position
from engine.model.sessions import Session
from engine.policy import TradingPolicy


def missed(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return what follows, at the close of the session, for tickers that had no price in it (spec section 5)."""
    if state.session is None or state.market is None or at < state.session.close_at:
        return []
    effects: list[Effect] = []
    for ticker in [t for t in state.agenda.entries if state.market.price(t) is None]:
        effects += tranches.cancel(state, ticker, at, "no_price")
    for position in tuple(state.positions.values()):
        if state.market.price(position.ticker) is None:
            effects += _without_price(state, position, at, policy)
        elif position.sessions_without_bar:
            state.put_position(replace(position, sessions_without_bar=0))
    return effects


def _without_price(state: State, position: Position, at: datetime, policy: TradingPolicy) -> list[Effect]:
    count = position.sessions_without_bar + 1
    waiting = replace(position, sessions_without_bar=count)
    state.put_position(waiting)
    return exits.close_vanished(state, waiting, at) if count >= policy.vanished_after_sessions else []


def end(state: State, session: Session, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of the day's end: reserve and tier reviewed, then the books as they stand after that."""
    state.ended_on = session.on
    day, profit = day_books.carry_on(state)
    effects = tier_review.review(state, session, at, policy)
    return [*effects, RecordSnapshot(snapshot=day_books.snapshot(state, session, at, day, profit))]
