"""Turn messages: what is there to tell of an event and of what came of it?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.decision.effects import (
    Effect,
    RecordBreaker,
    RecordNotice,
    RecordReserveEntry,
    RecordTierChange,
    RecordTrade,
)
from engine.decision.events import Event, FaultNoticed, NotificationAsked, TradingStateSet
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.money import usd
from engine.model.notices import NoticeKind
from engine.model.notifications import Message, NotificationEvent, Urgency
from engine.model.portfolio import ReserveEntry, ReservePoolTriggerType, TierChange, TierChangeCause, TradingState
from engine.model.positions import ClosedTrade
from engine.telling import notice_messages
from engine.telling.words import NOTHING_TO_DO, count, lasted, one_line, percent, sentence, when

_BREAKERS = {
    CircuitBreakerTriggerType.DAILY_LOSS: "Daily loss",
    CircuitBreakerTriggerType.SINGLE_POSITION: "Single position",
    CircuitBreakerTriggerType.VOLATILITY: "Volatility",
    CircuitBreakerTriggerType.MANUAL: "Manual",
}

_STATES = {
    TradingState.ACTIVE: ("Entries are made again", "The engine buys again, as far as breakers allow.", NOTHING_TO_DO),
    TradingState.REDUCING: (
        "Entries are paused",
        "Nothing new is bought; stops and exits go on.",
        "To end it: stonks resume",
    ),
    TradingState.HALTED: (
        "HALTED: nothing leaves, not even a stop",
        "WHAT IS HELD IS NOT PROTECTED until somebody resumes.",
        "To end it: stonks resume",
    ),
}


def messages(event: Event, effects: Sequence[Effect]) -> Iterator[Message]:
    """Yield what there is to tell of `event` and what came of it, in the order in which it came."""
    if isinstance(event, TradingStateSet):
        yield _trading_state(event)
    if isinstance(event, NotificationAsked):
        yield test_message()
    for effect in effects:
        match effect:
            case RecordBreaker(event=breaker):
                yield _tripped(breaker) if breaker.resolved_at is None else _resumed(breaker)
            case RecordTierChange(change=change) if change.cause is not TierChangeCause.EMERGENCY:
                yield _tier(change)
            case RecordReserveEntry(entry=entry) if entry.trigger is ReservePoolTriggerType.EMERGENCY_LIQUIDATION:
                yield _emergency(entry, effects)
            case RecordTierChange() if not any(map(_is_liquidation, effects)):  # there was no reserve
                yield _emergency(None, effects)
            case RecordNotice(notice=notice):
                unexplained = isinstance(event, FaultNoticed) and event.unexplained
                told = notice_messages.message(notice, is_unexplained=unexplained)
                if told and notice.kind is NoticeKind.LARGE_TRADE_PNL:
                    told = _with_trade(told, notice.reference_id, effects)
                if told:
                    yield told
            case _:
                pass


def _tripped(b: BreakerEvent) -> Message:
    name, figures = _BREAKERS[b.trigger], f"{percent(b.actual)} (limit {percent(b.threshold)})"
    is_manual = b.trigger is CircuitBreakerTriggerType.MANUAL
    ends = f"until {when(b.cooldown_expires)}" if b.cooldown_expires else "until somebody clears it"
    match b.trigger:
        case CircuitBreakerTriggerType.DAILY_LOSS:
            happened = f"The account is down {figures} since the previous close."
        case CircuitBreakerTriggerType.VOLATILITY:
            happened = f"{count(b.actual)} stops were hit within a short time (limit {count(b.threshold)})."
        case CircuitBreakerTriggerType.MANUAL:
            happened = "A person has tripped it."
        case CircuitBreakerTriggerType.SINGLE_POSITION:
            return Message(
                event=NotificationEvent.CIRCUIT_BREAKER_TRIGGERED,
                urgency=Urgency.ALARM,
                kind=f"breaker {b.trigger.value} {b.ticker}",
                title=f"{b.ticker} is being sold",
                happened=f"The position in {b.ticker} has lost {figures}.",
                done=f"It is being sold; no new entry in {b.ticker} {ends}.",
                to_do=NOTHING_TO_DO,
            )
    return Message(
        event=NotificationEvent.CIRCUIT_BREAKER_TRIGGERED,
        urgency=Urgency.ALARM,
        kind=f"breaker {b.trigger.value}",
        title=f"{name} breaker: no new entries",
        happened=happened,
        done=f"Nothing new is bought {ends}; stops and exits go on.",
        to_do=f"{'' if is_manual else f'{NOTHING_TO_DO} '}To end it: stonks breaker clear {b.breaker_id}",
    )


def _resumed(b: BreakerEvent) -> Message:
    about = f" {b.ticker}" if b.ticker else ""
    over = (b.resolved_at - b.at).total_seconds() if b.resolved_at else None
    return Message(
        event=NotificationEvent.CIRCUIT_BREAKER_RESUMED,
        urgency=Urgency.NEWS,
        kind=f"breaker over {b.trigger.value}{about}",
        title=f"{_BREAKERS[b.trigger]} breaker{about} is over",
        happened=f"It was on for {lasted(over)}.",
        done=f"{b.ticker or 'Anything'} may be bought again, unless something else forbids it.",
        to_do=NOTHING_TO_DO,
    )


def _tier(c: TierChange) -> Message:
    why = {
        TierChangeCause.DRAWDOWN: f"the drawdown is {percent(c.drawdown)}",
        TierChangeCause.WIN_RATE: f"the win rate is {percent(c.win_rate)} over {c.trades} trades",
        TierChangeCause.PERFORMANCE: f"the win rate is {percent(c.win_rate)} over {c.trades} trades",
        TierChangeCause.OPERATOR: "a person has said so",
    }.get(c.cause, "there was an emergency")
    return Message(
        event=NotificationEvent.RISK_TIER_CHANGED,
        urgency=Urgency.NEWS,
        kind="risk tier",
        title=f"The risk tier is {c.new.value} now",
        happened=f"It was {c.previous.value}; {why}.",
        done="New entries are sized by it; what is held keeps its stops.",
        to_do=f"{NOTHING_TO_DO} To have it as it was: stonks tier {c.previous.value}",
        facts=(f"Drawdown: {percent(c.drawdown)}; reserve {percent(c.reserve_pct)} of the total",),
    )


def _is_liquidation(effect: Effect) -> bool:
    return (
        isinstance(effect, RecordReserveEntry) and effect.entry.trigger is ReservePoolTriggerType.EMERGENCY_LIQUIDATION
    )


def _emergency(entry: ReserveEntry | None, effects: Sequence[Effect]) -> Message:
    changes = [e.change for e in effects if isinstance(e, RecordTierChange)]
    fallen = f"{percent(changes[-1].drawdown)} below its peak" if changes else "too far below its peak"
    done = []
    if entry is not None:
        done.append(f"The whole reserve, ${usd(-entry.amount)}, is traded with again and nothing is put aside for now.")
    if changes:
        done.append(f"The risk tier is {changes[-1].new.value} now.")
    return Message(
        event=NotificationEvent.EMERGENCY_LIQUIDATION,
        urgency=Urgency.CRITICAL,
        kind="emergency",
        title="Emergency: the reserve goes back to work" if entry else "Emergency: a deep drawdown",
        happened=f"The account is {fallen}.",
        done=" ".join(done),
        to_do="Decide whether to go on: stonks status. To stop entries: stonks pause",
    )


def _trading_state(event: TradingStateSet) -> Message:
    title, done, to_do = _STATES[event.state]
    why = sentence(event.cause) if event.cause not in ("", "paused", "halted", "resumed") else ""
    return Message(
        event=NotificationEvent.TRADING_STATE_CHANGED,
        urgency=Urgency.CRITICAL if event.state is TradingState.HALTED else Urgency.NEWS,
        kind=f"trading {event.state.value}",
        title=title,
        happened=f"A person has said so{f': {why}' if why else '.'}",
        done=done,
        to_do=to_do,
    )


def test_message() -> Message:
    """Return what is sent to see whether it arrives."""
    return Message(
        event=NotificationEvent.TEST,
        urgency=Urgency.NEWS,
        kind="test",
        title="This is a test",
        happened="Somebody wanted to see whether notifications arrive.",
        done="This one has.",
        to_do=NOTHING_TO_DO,
    )


def _with_trade(message: Message, decision_id: str, effects: Sequence[Effect]) -> Message:
    trade = next(
        (e.trade for e in effects if isinstance(e, RecordTrade) and e.trade.exit_decision_id == decision_id), None
    )
    if trade is None:
        return message
    aside = sum(
        e.entry.amount
        for e in effects
        if isinstance(e, RecordReserveEntry) and e.entry.trigger is ReservePoolTriggerType.PROFIT_SIPHON
    )
    done = f"${usd(aside)} of it is put aside in the reserve." if aside > 0 else message.done
    return replace(message, happened=f"{message.happened} {_trade(trade)}", done=done)


def _trade(t: ClosedTrade) -> str:
    days = (t.exit_at - t.entry_at).days
    held = f"{days} {'day' if days == 1 else 'days'}" if days > 0 else "less than a day"
    why = one_line(t.exit_reason.replace("_", " "))
    return (
        f"{t.quantity} shares, held {held}, {percent(t.pnl_pct, signed=True)}, sold because of: {why}. "
        f"Costs ${usd(t.costs)}."
    )
