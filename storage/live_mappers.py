"""Live mappers: which column keeps which field of journal, outbox, lease, and of what people are shown?"""

from engine.live_ports import Checkpoint
from engine.model.audit import Asked, AuditEvent
from engine.model.live import Errand, Heartbeat, JournalEntry, LiveMetrics
from storage.json_values import pack_order, pack_texts, unpack_order, unpack_texts
from storage.leases import LeaseRow
from storage.live_tables import (
    AUDIT_EVENTS,
    CHECKPOINTS,
    ENGINE_HEARTBEAT,
    EVENT_JOURNAL,
    LEASES,
    LIVE_METRICS,
    OUTBOX,
)
from storage.row_map import RowMap

JOURNAL: RowMap[JournalEntry] = RowMap(
    table=EVENT_JOURNAL,
    kind=JournalEntry,
    fields={"seq": "seq", "at": "at", "event": "event", "answers": "answers", "effects": "effects"},
)

CHECKPOINT_ROWS: RowMap[Checkpoint] = RowMap(
    table=CHECKPOINTS,
    kind=Checkpoint,
    fields={"seq": "seq", "at": "at", "settings": "settings", "state": "state"},
)

AUDITS: RowMap[AuditEvent] = RowMap(
    table=AUDIT_EVENTS,
    kind=AuditEvent,
    fields={
        "at": "at",
        "word": "asked.word",
        "arguments": "asked.arguments",
        "who": "asked.who",
        "origin": "asked.origin",
        "done": "done",
        "words": "words",
        "before": "before",
        "after": "after",
    },
    nested={"asked": Asked},
    packed={"arguments": pack_texts, "before": pack_texts, "after": pack_texts},
    unpacked={"arguments": unpack_texts, "before": unpack_texts, "after": unpack_texts},
)

ERRANDS: RowMap[Errand] = RowMap(
    table=OUTBOX,
    kind=Errand,
    fields={
        "errand_id": "errand_id",
        "kind": "kind",
        "subject": "subject",
        "at": "at",
        "payload": "order",
        "ratio": "ratio",
    },
    packed={"payload": pack_order},
    unpacked={"payload": unpack_order},
)

LEASE_ROWS: RowMap[LeaseRow] = RowMap(
    table=LEASES,
    kind=LeaseRow,
    fields={"owner": "owner", "epoch": "epoch", "expires_at": "expires_at"},
)

HEARTBEATS: RowMap[Heartbeat] = RowMap(
    table=ENGINE_HEARTBEAT,
    kind=Heartbeat,
    fields={
        "at": "at",
        "owner": "owner",
        "epoch": "epoch",
        "pid": "pid",
        "started_at": "started_at",
        "seq": "seq",
        "trading": "trading",
        "cause": "cause",
        "doing": "doing",
        "next_at": "next_at",
        "lag_seconds": "lag_seconds",
        "protected": "protected",
        "prices_at": "prices_at",
        "looks": "looks",
        "troubles": "troubles",
    },
    packed={"troubles": list},
    unpacked={"troubles": tuple},
)

METRICS: RowMap[LiveMetrics] = RowMap(
    table=LIVE_METRICS,
    kind=LiveMetrics,
    fields={
        "at": "at",
        "total_value": "total_value",
        "cash": "cash",
        "reserve": "reserve",
        "active_pool": "active_pool",
        "daily_pnl": "daily_pnl",
        "unrealised": "unrealised",
        "heat": "heat",
        "drawdown": "drawdown",
        "open_positions": "open_positions",
        "trades": "trades",
        "wins": "wins",
        "protected": "protected",
    },
)
