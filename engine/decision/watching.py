"""Watching: what do new prices mean for what is held?

Prices come as bars (`opened`, `traded`, `closed`) or as last prints that somebody looked at (`looked`). Either way the
order is that of spec section 5: levels that were passed, then everything that time brings, then the account, and last
what the prices change in the levels, which applies from the next look on.
"""

from datetime import datetime, timedelta

from engine.decision import breakers, end_of_session, exits, levels, micro_trading, prints, silence
from engine.decision.effects import Effect
from engine.decision.state import State
from engine.model.market import Market
from engine.model.money import Money
from engine.model.orders import OrderTag
from engine.model.positions import Position
from engine.policy import TradingPolicy
from engine.risk import circuit_breaker
from engine.risk.stop_loss_manager import StopTrigger, crossed

_TAGS = {StopTrigger.STOP_LOSS: OrderTag.STOP_LOSS, StopTrigger.TAKE_PROFIT: OrderTag.TAKE_PROFIT}


def opened(state: State, market: Market, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Bars have opened: levels that the open has gapped exit at the open; then time and the account are looked at."""
    state.mark(market)
    effects = exits.repeat_owed(state, at)
    for position in tuple(state.positions.values()):
        price = market.price(position.ticker)
        if price is not None:
            effects += _look_at(state, position, price, at, policy)
    return [*effects, *_time_went_by(state, at, policy), *breakers.look_at_account(state, at, policy)]


def traded(state: State, market: Market, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Levels inside the bar exit where they stand, those below first when both sides were touched."""
    effects: list[Effect] = []
    for position in tuple(state.positions.values()):
        bar = market.bar_range(position.ticker)
        if bar is None or state.is_exiting(position.ticker):
            continue
        least = circuit_breaker.single_position_level(position.entry_price, policy)
        trigger = crossed(position.levels, *bar)
        if bar[0] < least and position.levels.stop < least:
            effects += _lost_too_much(state, position, least, at, policy, trigger_price=least)
        elif trigger is not None:
            price = _level(position, trigger)
            effects += exits.sell(state, position, tag=_TAGS[trigger], at=at, trigger_price=price)
    return effects


def closed(state: State, market: Market, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Bars have closed: the account is looked at, then the levels are drawn after it, by the bar's range."""
    state.mark(market)
    effects = breakers.look_at_account(state, at, policy)
    is_due = _is_look_due(state, at, policy)
    bars = {t: bar for t in state.positions if (bar := market.bar_range(t)) is not None}
    ran = levels.runs(state, bars, at, policy)
    for ticker, bar in bars.items():
        effects += levels.arm_break_even(state, ticker, bar[1], at, policy)
        if is_due or ticker in ran:
            effects += _follow(state, ticker, at, policy, ran.get(ticker))
    return [*effects, *_rest(state, at, policy, is_due=is_due)]


def looked(state: State, market: Market, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Last prints were looked at. Stops are looked at every few minutes, and at once where a price has run away or a
    print far from the last has been confirmed.
    """
    doubtful, confirmed, effects = prints.doubt(state, market, at, policy)
    state.mark(market, doubtful=doubtful)
    effects += exits.repeat_owed(state, at)
    is_due = _is_look_due(state, at, policy)
    believed = [t for t in state.positions if market.price(t) is not None and t not in doubtful]
    ran = levels.runs(state, believed, at, policy)
    now = believed if is_due else [t for t in believed if t in ran or t in confirmed]
    for ticker in now:
        effects += _look_at(state, state.positions[ticker], state.prices[ticker], at, policy)
    effects += _time_went_by(state, at, policy)
    effects += breakers.look_at_account(state, at, policy)
    for ticker in now:
        effects += levels.arm_break_even(state, ticker, state.prices[ticker], at, policy)
        effects += _follow(state, ticker, at, policy, ran.get(ticker))
    return [*effects, *_rest(state, at, policy, is_due=is_due)]


def _follow(state: State, ticker: str, at: datetime, policy: TradingPolicy, ran: float | None) -> list[Effect]:
    """Levels follow the circumstances; of a price that has `ran` a person is told."""
    told = [] if ran is None else levels.tell_of_run(state, ticker, at, ran, policy)
    return [*told, *levels.re_evaluate(state, ticker, at, policy)]


def _rest(state: State, at: datetime, policy: TradingPolicy, *, is_due: bool) -> list[Effect]:
    """Return what comes last: heat, and at the close what had no price all day."""
    effects: list[Effect] = []
    if is_due:
        state.watch.levels_at = at
        effects += levels.cool_down(state, at, policy)
    return [*effects, *end_of_session.missed(state, at, policy)]


def _is_look_due(state: State, at: datetime, policy: TradingPolicy) -> bool:
    fast = bool(state.agenda.events)
    seconds = policy.fast_stop_loss_interval_seconds if fast else policy.stop_loss_check_interval_seconds
    last = state.watch.levels_at
    return last is None or at - last >= timedelta(seconds=seconds)


def _time_went_by(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    if state.session is None:
        return []
    return [*silence.listen(state, at, policy), *micro_trading.close_old(state, at, policy)]


def _look_at(state: State, position: Position, price: Money, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Has this price passed one of the position's levels, or lost more than one may?"""
    if state.is_exiting(position.ticker):
        return []
    trigger = crossed(position.levels, price, price)
    if trigger is not None:
        return exits.sell(state, position, tag=_TAGS[trigger], at=at)
    if price < circuit_breaker.single_position_level(position.entry_price, policy):
        return _lost_too_much(state, position, price, at, policy)
    return []


def _lost_too_much(
    state: State,
    position: Position,
    price: Money,
    at: datetime,
    policy: TradingPolicy,
    trigger_price: Money | None = None,
) -> list[Effect]:
    """Close a position whose loss is beyond what one may lose; its ticker cools down."""
    sold = exits.sell(state, position, tag=OrderTag.BREAKER, at=at, trigger_price=trigger_price)
    loss = 1 - price / position.entry_price
    return [*breakers.position_was_closed(state, position.ticker, at, loss, policy), *sold]


def _level(position: Position, trigger: StopTrigger) -> int:
    return position.levels.stop if trigger is StopTrigger.STOP_LOSS else position.levels.target
