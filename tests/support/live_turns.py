"""Live turns: what an engine would have kept, as one reads it: the n-th turn decides `d<n>` and orders it."""

from datetime import timedelta
from typing import Any

from engine.decision.effects import RecordDecision, RecordNotice
from engine.live_ports import Turn
from engine.model.audit import Asked, AuditEvent, Word
from engine.model.live import Errand, ErrandKind, Heartbeat, JournalEntry, LiveMetrics
from engine.model.orders import Order, OrderSide, OrderTag, OrderType, TimeInForce
from engine.model.portfolio import TradingState
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


def a_look(seq: int, **fields: Any) -> Turn:
    """Return the turn `seq`, in which prices were seen and nothing came of it."""
    entry = an_entry(seq, event='{"market":null,"is":"PricesSeen"}', effects="[]")
    return a_turn(seq, **{"entry": entry, "records": (), "errands": ()} | fields)


def a_morning(seq: int, **fields: Any) -> Turn:
    """Return the turn `seq`, with which a session opened: a replay may begin before it."""
    entry = an_entry(seq, event='{"is":"SessionOpened"}', effects="[]")
    return a_turn(seq, **{"entry": entry, "records": (), "errands": (), "checkpoint": f"before {seq}"} | fields)


def an_audit(seq: int, **fields: Any) -> AuditEvent:
    """Return what is kept of the word that made turn `seq`: a change of tier."""
    plain: dict[str, Any] = {
        "at": AT + timedelta(seconds=seq),
        "asked": Asked(word=Word.TIER, arguments={"name": "conservative"}, who="ada", origin="terminal"),
        "done": True,
        "words": "the tier is conservative",
        "before": {"tier": "moderate"},
        "after": {"tier": "conservative"},
    }
    return AuditEvent(**plain | fields)


def a_heartbeat(seq: int, **fields: Any) -> Heartbeat:
    """Return a sign of life after turn `seq`."""
    plain: dict[str, Any] = {
        "at": AT + timedelta(seconds=seq),
        "owner": "a",
        "epoch": 1,
        "pid": 4711,
        "started_at": AT,
        "seq": seq,
        "trading": TradingState.ACTIVE,
        "cause": "",
        "doing": "watching",
        "next_at": AT + timedelta(seconds=seq + 15),
        "lag_seconds": 0.25,
        "protected": 1.0,
        "prices_at": AT,
        "looks": seq,
        "troubles": ("the broker does not answer",),
    }
    return Heartbeat(**plain | fields)


def measured(seq: int, **fields: Any) -> LiveMetrics:
    """Return how the account stood after turn `seq`."""
    plain: dict[str, Any] = {
        "at": AT + timedelta(seconds=seq),
        "total_value": 1_000_000_000 + seq,
        "cash": 400_000_000,
        "reserve": 7,
        "active_pool": 999_999_993,
        "daily_pnl": -12_345,
        "unrealised": 1,
        "heat": 0.01,
        "drawdown": 0.0,
        "open_positions": 3,
        "trades": 2,
        "wins": 1,
        "protected": 0.5,
    }
    return LiveMetrics(**plain | fields)
