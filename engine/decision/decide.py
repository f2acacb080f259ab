"""The core: what does the engine do about an event?

    decide(state, event, policy) -> effects

`state` is changed, the world is not: whoever drives the core performs the effects and feeds back what came of them.
Same state, same event, same policy: same effects, whether live, in a backtest or in a replay.
"""

from datetime import datetime
from typing import assert_never

from engine.decision import breakers, corporate_actions, end_of_session, exits, fills, recommendations
from engine.decision.effects import Effect
from engine.decision.events import (
    BarClosed,
    BarOpened,
    BarTraded,
    DividendWentEx,
    Event,
    FundsMoved,
    ListingEnded,
    OrderEnded,
    OrderFilled,
    RecommendationReceived,
    RecommendationsReceived,
    SessionEnded,
    SplitTookEffect,
    TradingStateSet,
)
from engine.decision.state import State
from engine.model.money import Money
from engine.model.orders import OrderTag
from engine.model.positions import Position
from engine.policy import TradingPolicy
from engine.risk import circuit_breaker, trading_window
from engine.risk.stop_loss_manager import StopTrigger, crossed

_TAGS = {StopTrigger.STOP_LOSS: OrderTag.STOP_LOSS, StopTrigger.TAKE_PROFIT: OrderTag.TAKE_PROFIT}


def decide(state: State, event: Event, policy: TradingPolicy, *, traced: bool = True) -> list[Effect]:
    """Apply `event` to `state` and return what to ask of the world, in order.

    Without `traced`, decisions on buys carry no trace and no check is asked after the first that fails; the decisions
    are the same. Raises BrokenInvariant when the event contradicts the books.
    """
    ended = breakers.expire(state, event.at)
    return (
        [*ended, *_handle(state, event, policy, traced=traced)]
        if ended
        else _handle(state, event, policy, traced=traced)
    )


def _handle(  # noqa: C901 - one line for each thing that can happen
    state: State, event: Event, policy: TradingPolicy, *, traced: bool
) -> list[Effect]:
    match event:
        case RecommendationReceived():
            return recommendations.judge(state, event.recommendation, event.at, policy, traced=traced)
        case RecommendationsReceived():
            return recommendations.judge_batch(state, event.batch, event.at, policy, traced=traced)
        case BarOpened():
            return _opened(state, event, policy)
        case BarTraded():
            return _traded(state, event, policy)
        case BarClosed():
            return end_of_session.close(state, event.market, event.at, policy)
        case SessionEnded():
            return end_of_session.end(state, event.session, event.at, policy)
        case OrderFilled():
            return fills.apply(state, event.fill, policy)
        case OrderEnded():
            state.working.pop(event.client_order_id, None)
            state.changed()
            return []
        case SplitTookEffect():
            return corporate_actions.apply_split(state, event.split, event.at, policy)
        case DividendWentEx():
            return corporate_actions.pay_dividend(state, event.dividend, event.at)
        case ListingEnded():
            return corporate_actions.end_listing(state, event.ticker, event.at)
        case FundsMoved():
            return corporate_actions.move_funds(state, event.kind, event.amount, event.at, note=event.note)
        case TradingStateSet():
            state.trading, state.trading_cause = event.state, event.cause
            return []
        case _:
            assert_never(event)


def _opened(state: State, event: BarOpened, policy: TradingPolicy) -> list[Effect]:
    """Levels that the open has gapped exit at the open; then the account is looked at."""
    state.session = event.session
    state.entry_window = trading_window.window(event.session, policy)
    state.mark(event.market)
    effects: list[Effect] = []
    for position in tuple(state.positions.values()):
        price = event.market.price(position.ticker)
        if price is None or state.is_exiting(position.ticker):
            continue
        trigger = crossed(position.levels, price, price)
        if trigger is not None:
            effects += exits.sell(state, position, tag=_TAGS[trigger], at=event.at)
        elif price < circuit_breaker.single_position_level(position.entry_price, policy):
            effects += _lost_too_much(state, position, price, event.at, policy)
    return [*effects, *breakers.look_at_account(state, event.at, policy)]


def _traded(state: State, event: BarTraded, policy: TradingPolicy) -> list[Effect]:
    """Levels inside the bar exit where they stand, those below first when both sides were touched."""
    effects: list[Effect] = []
    for position in tuple(state.positions.values()):
        bar = event.market.bar_range(position.ticker)
        if bar is None or state.is_exiting(position.ticker):
            continue
        least = circuit_breaker.single_position_level(position.entry_price, policy)
        trigger = crossed(position.levels, *bar)
        if bar[0] < least and position.levels.stop < least:
            effects += _lost_too_much(state, position, least, event.at, policy, trigger_price=least)
        elif trigger is not None:
            price = _level(position, trigger)
            effects += exits.sell(state, position, tag=_TAGS[trigger], at=event.at, trigger_price=price)
    return effects


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
