"""Live mappers: which column keeps which field of journal, outbox and lease?"""

from engine.model.live import Errand, JournalEntry
from storage.json_values import pack_order, unpack_order
from storage.leases import LeaseRow
from storage.live_tables import EVENT_JOURNAL, LEASES, OUTBOX
from storage.row_map import RowMap

JOURNAL: RowMap[JournalEntry] = RowMap(
    table=EVENT_JOURNAL,
    kind=JournalEntry,
    fields={"seq": "seq", "at": "at", "event": "event", "answers": "answers", "effects": "effects"},
)

ERRANDS: RowMap[Errand] = RowMap(
    table=OUTBOX,
    kind=Errand,
    fields={"errand_id": "errand_id", "kind": "kind", "subject": "subject", "at": "at", "payload": "order"},
    packed={"payload": pack_order},
    unpacked={"payload": unpack_order},
)

LEASE_ROWS: RowMap[LeaseRow] = RowMap(
    table=LEASES,
    kind=LeaseRow,
    fields={"owner": "owner", "epoch": "epoch", "expires_at": "expires_at"},
)
