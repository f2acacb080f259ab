"""Levels: which stops move, and which rule moves them? Each change is recorded with it; none moves a stop down."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from engine.decision import notices
from engine.decision.effects import Effect
from engine.decision.fills import stop_change
from engine.decision.state import State
from engine.model.money import Money
from engine.model.notices import NoticeKind
from engine.model.positions import StopLevels, StopRule
from engine.policy import TradingPolicy
from engine.risk import heat_tightening, macro_events, rapid_move, stop_loss_manager, stop_tightening
from engine.risk.stop_tightening import Circumstances


def arm_break_even(state: State, ticker: str, high: Money, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of a price as high as `high`: beyond half of the way to the target the stop is the entry."""
    position = state.positions[ticker]
    levels = stop_loss_manager.break_even(position, high, policy.break_even_trigger_pct)
    return [] if levels is None else _move(state, ticker, levels, StopRule.BREAK_EVEN, at)


def runs(state: State, tickers: Iterable[str], at: datetime, policy: TradingPolicy) -> dict[str, float]:
    """Note the prices of `tickers`, and return by how much those ran that did so within the last minutes."""
    watch, since = state.watch, at - timedelta(minutes=policy.rapid_move_minutes)
    found: dict[str, float] = {}
    for ticker in tickers:
        price = state.prices[ticker]
        seen = watch.saw(ticker, at, price, since)
        change = rapid_move.moved_by(price, min(seen), max(seen))
        if rapid_move.is_rapid(change, policy):
            found[ticker] = change
    watch.ran &= found.keys()
    return found


def tell_of_run(state: State, ticker: str, at: datetime, ran: float, policy: TradingPolicy) -> list[Effect]:
    """Tell of a move once, and again only after the price has been calm."""
    if ticker in state.watch.ran:
        return []
    state.watch.ran.add(ticker)
    return [notices.tell(NoticeKind.RAPID_MOVE, at, ticker=ticker, value=ran, limit=policy.rapid_move_pct)]


def re_evaluate(state: State, ticker: str, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of ATR, earnings and events on the stop of `ticker`."""
    position, market = state.positions[ticker], state.market
    if market is None:
        return []
    now = Circumstances(
        price=state.prices[ticker],
        atr=market.atr(ticker),
        sessions_to_earnings=market.sessions_to_earnings(ticker),
        is_event_on=macro_events.concern(state.agenda.events.values(), ticker, position.sector),
    )
    found = stop_tightening.re_evaluated(position, now, policy)
    return [] if found is None else _move(state, ticker, *found, at)


def cool_down(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of heat near its limit: stops come nearer, the least confident first, until it is not."""
    tier = policy.tiers[state.tier]
    limit = heat_tightening.limit(tier, policy)
    if state.book().heat <= limit:
        state.watch.is_hot = False
        return []
    effects: list[Effect] = []
    today = state.session.on if state.session else None
    for marked in heat_tightening.in_order(state.book().positions):
        ticker = marked.position.ticker
        if marked.position.tightened_on == today or state.is_exiting(ticker):
            continue
        stop = heat_tightening.nearer_stop(marked, policy)
        if stop is None:
            continue
        state.put_position(replace(marked.position, tightened_on=today))
        effects += _move(state, ticker, replace(marked.position.levels, stop=stop), StopRule.HEAT, at)
        if state.book().heat <= limit:
            return effects
    if not state.watch.is_hot:
        state.watch.is_hot = True
        effects.append(notices.tell(NoticeKind.HEAT_ABOVE, at, value=state.book().heat, limit=limit))
    return effects


def _move(state: State, ticker: str, levels: StopLevels, rule: StopRule, at: datetime) -> list[Effect]:
    moved = replace(state.positions[ticker], levels=levels)
    state.put_position(moved)
    return [stop_change(moved, rule, at)]
