"""Tax events: what did a stored run buy, sell and split, as tax sees it?"""

from datetime import date

from engine.accounting import tax_history
from engine.model.tax import TaxEvent
from engine.ports import RunStore


async def of_run(store: RunStore, run_id: int) -> tuple[tuple[TaxEvent, ...], date]:
    """Return the events of a run in order of time, and its last day."""
    record = await store.get(run_id)
    snapshots = await store.snapshots(run_id, with_positions=False)
    events = tax_history.of_books(await store.executions(run_id), await store.splits(run_id))
    return events, snapshots[-1].on if snapshots else record.end_on
