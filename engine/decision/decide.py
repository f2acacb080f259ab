"""The core: what does the engine do about an event?

    decide(state, event, policy) -> effects

`state` is changed, the world is not: whoever drives the core performs the effects and feeds back what came of them.
Same state, same event, same policy: same effects, whether live, in a backtest or in a replay.
"""

from typing import assert_never

from engine.decision import (
    breakers,
    corporate_actions,
    end_of_session,
    exits,
    fills,
    macro,
    micro_trading,
    operator,
    rebalancer,
    recommendations,
    silence,
    tranches,
    watching,
)
from engine.decision.effects import Effect
from engine.decision.events import (
    BarClosed,
    BarOpened,
    BarTraded,
    BreakerCleared,
    BreakerSet,
    CloseAsked,
    DividendWentEx,
    EntriesDue,
    Event,
    FaultNoticed,
    FundsMoved,
    ListingEnded,
    MacroEventReceived,
    NotificationAsked,
    NotificationsSet,
    OrderEnded,
    OrderFilled,
    PolicySet,
    PricesSeen,
    RecommendationReceived,
    RecommendationsReceived,
    ReserveAdjusted,
    SessionEnded,
    SessionOpened,
    SignalReceived,
    SplitTookEffect,
    TickerStatusTold,
    TierSet,
    TradingStateSet,
)
from engine.decision.state import State
from engine.model.sessions import Session
from engine.policy import TradingPolicy
from engine.risk import trading_window


def decide(state: State, event: Event, policy: TradingPolicy, *, traced: bool = True) -> list[Effect]:
    """Apply `event` to `state` and return what to ask of the world, in order.

    Without `traced`, decisions on buys carry no trace and no check is asked after the first that fails; the decisions
    are the same. Raises BrokenInvariant when the event contradicts the books.
    """
    over = _what_is_over(state, event) if state.breakers or state.agenda.events else []
    effects = _handle(state, event, policy, traced=traced)
    return [*over, *effects] if over else effects


def _what_is_over(state: State, event: Event) -> list[Effect]:
    """Breakers and macro events whose time is over end before anything else."""
    return [*breakers.expire(state, event.at), *macro.end(state, event.at)]


def _handle(  # noqa: C901 - one line for each thing that can happen
    state: State, event: Event, policy: TradingPolicy, *, traced: bool
) -> list[Effect]:
    at = event.at
    match event:
        case RecommendationReceived():
            return recommendations.judge(state, event.recommendation, at, policy, traced=traced)
        case RecommendationsReceived():
            return recommendations.judge_batch(state, event.batch, at, policy, traced=traced)
        case SignalReceived():
            return micro_trading.judge(state, event.signal, at, policy, traced=traced)
        case EntriesDue():
            return [*rebalancer.rebalance(state, at, policy), *tranches.order_due(state, at, policy)]
        case PricesSeen():
            return watching.looked(state, event.market, at, policy)
        case BarOpened():
            return watching.opened(state, event.market, at, policy)
        case BarTraded():
            return watching.traded(state, event.market, at, policy)
        case BarClosed():
            return watching.closed(state, event.market, at, policy)
        case SessionOpened():
            return _begin_session(state, event.session, policy)
        case SessionEnded():
            return end_of_session.end(state, event.session, at, policy)
        case OrderFilled():
            return fills.apply(state, event.fill, policy)
        case OrderEnded():
            return exits.ended(state, event.client_order_id)
        case MacroEventReceived():
            return macro.begin(state, event.event, at, policy)
        case TickerStatusTold():
            return silence.answered(state, event.ticker, at, is_halted=event.is_halted)
        case SplitTookEffect() | DividendWentEx() | ListingEnded():
            return corporate_actions.note(state, event, policy)
        case FundsMoved():
            return corporate_actions.move_funds(state, event.kind, event.amount, at, note=event.note)
        case FaultNoticed():
            return operator.note_fault(state, event)
        case (
            TradingStateSet()
            | TierSet()
            | ReserveAdjusted()
            | BreakerSet()
            | BreakerCleared()
            | CloseAsked()
            | PolicySet()
            | NotificationsSet()
            | NotificationAsked()
        ):
            return operator.obey(state, event, policy)
        case _:
            assert_never(event)


def _begin_session(state: State, session: Session, policy: TradingPolicy) -> list[Effect]:
    """What is counted for a day begins anew."""
    before = state.session
    if before is None:
        is_new_week = state.sessions.is_first_of_week(session)
    else:
        is_new_week = before.on.isocalendar()[:2] != session.on.isocalendar()[:2]
    silence.over_night(state)
    state.session = session
    state.entry_window = trading_window.window(session, policy)
    state.agenda.is_rebalance_due |= is_new_week
    state.agenda.micro_entries = 0
    state.agenda.noted_at_open = 0
    state.watch.levels_at = None
    state.watch.asked.clear()
    state.watch.kept.clear()
    return []
