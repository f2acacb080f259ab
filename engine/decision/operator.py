"""Operator: what does a person's word change, or a fault that the driver has noticed?

Whoever asks is known to the door through which the word came; here it only takes effect. What cannot be done is said.
"""

from datetime import datetime

from engine.decision import breakers, exits, notices, tier_review, tranches
from engine.decision.effects import CancelOrder, Effect, RecordReserveEntry
from engine.decision.events import (
    BreakerCleared,
    BreakerSet,
    CloseAsked,
    Command,
    FaultNoticed,
    NotificationAsked,
    NotificationsSet,
    PolicySet,
    ReserveAdjusted,
    TierSet,
    TradingStateSet,
)
from engine.decision.state import State
from engine.model.decisions import DecisionKind
from engine.model.notices import NoticeKind
from engine.model.orders import OrderTag
from engine.model.portfolio import TradingState
from engine.policy import TradingPolicy
from engine.risk import reserve_pool, trading_window


def obey(state: State, command: Command, policy: TradingPolicy) -> list[Effect]:
    """Return what follows from `command`."""
    match command:
        case TradingStateSet():
            return _set_trading_state(state, command)
        case TierSet():
            return tier_review.set_tier(state, command.tier, command.at, policy)
        case ReserveAdjusted():
            return _adjust_reserve(state, command)
        case BreakerSet():
            return breakers.set_manual(state, command.at)
        case BreakerCleared():
            return breakers.clear(state, command.breaker_id, command.at) or [
                _refused(command.at, f"no breaker {command.breaker_id} is on")
            ]
        case CloseAsked():
            return _close(state, command.ticker, command.at)
        case PolicySet():
            return _set_policy(state, command.policy)
        case NotificationsSet() | NotificationAsked():
            return []


def note_fault(state: State, fault: FaultNoticed) -> list[Effect]:
    """Return what follows from `fault`: it is told, and what nobody can explain leaves exits only."""
    told = notices.tell(
        fault.kind, fault.at, ticker=fault.ticker, value=fault.value, limit=fault.limit, note=fault.note
    )
    if not fault.unexplained or state.trading is not TradingState.ACTIVE:
        return [told]
    state.trading, state.trading_cause = TradingState.REDUCING, fault.kind.value
    return [told, *tranches.cancel_all(state, fault.at, fault.kind.value)]


def _set_policy(state: State, policy: TradingPolicy) -> list[Effect]:
    """Only the entry window of the day was worked out by the rules before; everything else is asked for anew."""
    if state.session is not None:
        state.entry_window = trading_window.window(state.session, policy)
    return []


def _set_trading_state(state: State, command: TradingStateSet) -> list[Effect]:
    """A pause cancels what is planned; a halt calls back what is on its way too, since nothing may leave."""
    state.trading, state.trading_cause = command.state, command.cause
    if command.state is TradingState.ACTIVE:
        return []
    effects = tranches.cancel_all(state, command.at, command.state.value)
    if command.state is TradingState.HALTED:
        effects += [CancelOrder(client_order_id=order) for order in state.working]
    return effects


def _adjust_reserve(state: State, command: ReserveAdjusted) -> list[Effect]:
    entry = reserve_pool.adjust(
        command.amount, reserve=state.reserve, cash=state.cash, at=command.at, notes=command.note
    )
    if entry is None:
        return [_refused(command.at, "the reserve goes from nothing to all the cash there is")]
    state.reserve = entry.balance_after
    state.changed()
    return [RecordReserveEntry(entry=entry)]


def _close(state: State, ticker: str, at: datetime) -> list[Effect]:
    position = state.positions.get(ticker)
    if position is None or state.is_exiting(ticker):
        return [_refused(at, f"{ticker} is being sold already" if position else f"{ticker} is not held")]
    return exits.sell(state, position, tag=OrderTag.MANUAL, at=at, kind=DecisionKind.OPERATOR)


def _refused(at: datetime, why: str) -> Effect:
    return notices.tell(NoticeKind.COMMAND_REFUSED, at, note=why)
