"""Tax events: what did a stored run buy, sell and split, as tax sees it?"""

from datetime import date

from engine.accounting import tax_history, wash_sales
from engine.model.tax import OpenLot, TaxEvent
from engine.ports import RunStore


async def of_run(store: RunStore, run_id: int) -> tuple[tuple[TaxEvent, ...], date]:
    """Return the events of a run in order of time, and its last day: of an account, the day that goes on."""
    record = await store.get(run_id)
    snapshots = await store.snapshots(run_id, with_positions=False)
    events = tax_history.of_books(await store.executions(run_id), await store.splits(run_id))
    last = snapshots[-1].on if snapshots else record.end_on
    return events, max(last, events[-1].on) if events else last


async def lots_of(store: RunStore, run_id: int, ticker: str, on: date) -> tuple[OpenLot, ...]:
    """Return the lots of `ticker` that were open at the end of the day `on`, oldest first."""
    events = tax_history.of_books(await store.executions(run_id), await store.splits(run_id))
    until = [event for event in events if event.ticker == ticker and event.on <= on]
    return wash_sales.settle(until, as_of=on).open_lots
