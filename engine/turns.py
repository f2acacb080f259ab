"""Turns: what is written of one event that the core has decided on?"""

from collections.abc import Sequence
from datetime import datetime

from engine import answers, codec
from engine.answers import Answers
from engine.decision.effects import (
    RECORDS,
    AskTickerStatus,
    CancelOrder,
    Effect,
    OfferRest,
    RecordSplit,
    RecordTurnedDown,
    SubmitOrder,
)
from engine.decision.events import Event
from engine.errors import BrokenInvariant
from engine.live_ports import Turn
from engine.model.audit import AuditEvent
from engine.model.live import Errand, ErrandKind, JournalEntry
from engine.model.notifications import Notification
from engine.model.runs import ExecutedOrder


def turn_of(
    event: Event,
    effects: Sequence[Effect],
    state: str,
    said: Answers | None,
    *,
    seq: int,
    epoch: int,
    execution: ExecutedOrder | None,
    first_errand: int,
    audit: AuditEvent | None = None,
    settings: str = "",
    checkpoint: str = "",
    notifications: tuple[Notification, ...] = (),
) -> Turn:
    """Return the turn number `seq`: `event`, what the market `said`, `effects` and the text of the `state` after them.

    `said` is None when no market was known. `audit`, `settings`, `checkpoint` and `notifications` are as in
    `Turn`.
    """
    entry = JournalEntry(
        seq=seq,
        at=event.at,
        event=codec.text(codec.event_to_plain(event)),
        answers=codec.text(None if said is None else answers.to_plain(said)),
        effects=codec.text(codec.effects_to_plain(effects)),
    )
    return Turn(
        entry=entry,
        state=state,
        epoch=epoch,
        records=tuple(effect for effect in effects if isinstance(effect, RECORDS)),
        execution=execution,
        errands=errands_of(effects, event.at, first_errand),
        audit=audit,
        settings=settings,
        checkpoint=checkpoint,
        notifications=notifications,
    )


def errands_of(effects: Sequence[Effect], at: datetime, first: int) -> tuple[Errand, ...]:
    """Return what `effects` ask of the broker, in their order, numbered from `first` on."""
    found: list[Errand] = []
    for effect in effects:
        number = first + len(found)
        match effect:
            case SubmitOrder(order=order):
                found.append(
                    Errand(errand_id=number, kind=ErrandKind.ORDER, subject=order.client_order_id, at=at, order=order)
                )
            case CancelOrder():
                found.append(Errand(errand_id=number, kind=ErrandKind.CANCEL, subject=effect.client_order_id, at=at))
            case AskTickerStatus():
                found.append(Errand(errand_id=number, kind=ErrandKind.STATUS, subject=effect.ticker, at=at))
            case RecordSplit(split=split) if split.shares_before:
                found.append(
                    Errand(errand_id=number, kind=ErrandKind.SPLIT, subject=split.ticker, at=at, ratio=split.ratio)
                )
            case OfferRest() | RecordTurnedDown():
                raise BrokenInvariant("a live engine judges recommendations one at a time")
            case _:
                pass
    return tuple(found)
