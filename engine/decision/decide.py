"""The core: what does the engine do about an event?

    decide(state, event, policy) -> effects

`state` is changed, the world is not: whoever drives the core performs the effects and feeds back what came of them.
Same state, same event, same policy: same effects, whether live, in a backtest or in a replay.
"""

from typing import assert_never

from engine.decision import corporate_actions, end_of_session, exits, fills, recommendations
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
from engine.model.orders import OrderTag
from engine.model.positions import Position
from engine.policy import TradingPolicy
from engine.risk import trading_window
from engine.risk.stop_loss_manager import StopTrigger, crossed

_TAGS = {StopTrigger.STOP_LOSS: OrderTag.STOP_LOSS, StopTrigger.TAKE_PROFIT: OrderTag.TAKE_PROFIT}


def decide(  # noqa: C901 - one line for each thing that can happen
    state: State, event: Event, policy: TradingPolicy, *, traced: bool = True
) -> list[Effect]:
    """Apply `event` to `state` and return what to ask of the world, in order.

    Without `traced`, decisions on buys carry no trace and no check is asked after the first that fails; the decisions
    are the same. Raises BrokenInvariant when the event contradicts the books.
    """
    match event:
        case RecommendationReceived():
            return recommendations.judge(state, event.recommendation, event.at, policy, traced=traced)
        case RecommendationsReceived():
            return recommendations.judge_batch(state, event.batch, event.at, policy, traced=traced)
        case BarOpened():
            return _opened(state, event, policy)
        case BarTraded():
            return _traded(state, event)
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
    """Levels that the open has gapped exit at the open."""
    state.session = event.session
    state.entry_window = trading_window.window(event.session, policy)
    state.mark(event.market)
    effects: list[Effect] = []
    for position in tuple(state.positions.values()):
        price = event.market.price(position.ticker)
        trigger = crossed(position.levels, price, price) if price is not None else None
        if trigger is not None and not state.is_exiting(position.ticker):
            effects += exits.sell(state, position, tag=_TAGS[trigger], at=event.at)
    return effects


def _traded(state: State, event: BarTraded) -> list[Effect]:
    """Levels inside the bar exit where they stand, the stop first when both were touched."""
    effects: list[Effect] = []
    for position in tuple(state.positions.values()):
        bar = event.market.bar_range(position.ticker)
        trigger = crossed(position.levels, *bar) if bar is not None else None
        if trigger is not None and not state.is_exiting(position.ticker):
            price = _level(position, trigger)
            effects += exits.sell(state, position, tag=_TAGS[trigger], at=event.at, trigger_price=price)
    return effects


def _level(position: Position, trigger: StopTrigger) -> int:
    return position.levels.stop if trigger is StopTrigger.STOP_LOSS else position.levels.target
