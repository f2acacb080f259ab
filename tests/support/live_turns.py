"""Live turns: what an engine would have kept, as one reads it: the n-th turn decides `d<n>` and orders it."""

from datetime import timedelta
from typing import Any

from engine.decision.effects import RecordDecision, RecordNotice
from engine.live_ports import Turn
from engine.model.live import Errand, ErrandKind, JournalEntry
from engine.model.orders import Order, OrderSide, OrderTag, OrderType, TimeInForce
from engine.model.runs import RunRecord, RunStatus
from tests.support.samples import AT, a_decision, a_notice, a_record

ACCOUNT: RunRecord = a_record(name="live", status=RunStatus.RUNNING, completed_at=None)


def an_order(number: int, **fields: Any) -> Order:
    """Return the entry that `d<number>` ordered."""
    plain: dict[str, Any] = {
        "client_order_id": f"d{number}-1-1",
        "decision_id": f"d{number}",
        "recommendation_id": f"rec-of-{number}",
        "ticker": "AAPL",
        "side": OrderSide.BUY,
        "quantity": 10,
        "order_type": OrderType.LIMIT,
        "limit_price": 1_712_300,
        "time_in_force": TimeInForce.DAY,
        "tag": OrderTag.ENTRY,
        "created_at": AT,
    }
    return Order(**plain | fields)


def an_errand(errand_id: int, order: Order | None = None, **fields: Any) -> Errand:
    """Return the errand that brings `order`, the one of `d<errand_id>` if none is given."""
    order = order or an_order(errand_id)
    plain: dict[str, Any] = {
        "errand_id": errand_id,
        "kind": ErrandKind.ORDER,
        "subject": order.client_order_id,
        "at": AT,
        "order": order,
    }
    return Errand(**plain | fields)


def an_entry(seq: int, **fields: Any) -> JournalEntry:
    """Return the line of the journal for turn `seq`."""
    plain: dict[str, Any] = {
        "seq": seq,
        "at": AT + timedelta(seconds=seq),
        "event": f'{{"is":"PricesSeen","number":{seq}}}',
        "answers": f'[["price",["AAPL"],{seq}]]',
        "effects": f'[{{"is":"RecordDecision","decision":"d{seq}"}}]',
    }
    return JournalEntry(**plain | fields)


def a_turn(seq: int, **fields: Any) -> Turn:
    """Return the turn that decides `d<seq>`, tells of it and orders it: one decision, one notice, one errand."""
    plain: dict[str, Any] = {
        "entry": an_entry(seq),
        "state": f'{{"state":"after {seq}"}}',
        "epoch": 1,
        "records": (
            RecordDecision(decision=a_decision(seq, at=AT + timedelta(seconds=seq))),
            RecordNotice(notice=a_notice(reference_id=f"d{seq}")),
        ),
        "errands": (an_errand(seq),),
    }
    return Turn(**plain | fields)
