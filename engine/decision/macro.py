"""Macro: what does a severe event change at once, and when is it over?"""

from datetime import datetime

from engine.decision import levels, notices
from engine.decision.effects import Effect
from engine.decision.state import State
from engine.model.macro import MacroEvent
from engine.model.notices import NoticeKind
from engine.policy import TradingPolicy
from engine.risk import macro_events


def begin(state: State, event: MacroEvent, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return what follows from `event`: stops of what it concerns come nearer now, and are looked at more often."""
    if not macro_events.is_on(event, at):
        return _revised(state, event, at)
    state.agenda.events[event.event_id] = event
    effects: list[Effect] = [notices.tell(NoticeKind.MACRO_EVENT, at, reference_id=event.event_id, note=event.name)]
    for position in tuple(state.positions.values()):
        if macro_events.concerns(event, position.ticker, position.sector):
            effects += levels.re_evaluate(state, position.ticker, at, policy)
    return effects


def _revised(state: State, event: MacroEvent, at: datetime) -> list[Effect]:
    """What is known now makes an event that was on be over, or less severe."""
    if state.agenda.events.pop(event.event_id, None) is None:
        return []
    return [notices.tell(NoticeKind.MACRO_EVENT_OVER, at, reference_id=event.event_id, note=event.name)]


def end(state: State, at: datetime) -> list[Effect]:
    """Return what is told of the events that are over at `at`. Stops stay where they are."""
    over = [e for e in state.agenda.events.values() if not macro_events.is_on(e, at)]
    for event in over:
        del state.agenda.events[event.event_id]
    return [
        notices.tell(NoticeKind.MACRO_EVENT_OVER, event.until, reference_id=event.event_id, note=event.name)
        for event in over
    ]
