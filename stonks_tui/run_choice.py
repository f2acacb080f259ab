"""Run choice: which run does a person mean who names none?"""

from engine.errors import NotFound
from engine.ports import RunStore


async def chosen(store: RunStore, run_id: int | None) -> int:
    """Return `run_id`, or the newest run's id when it is None. Raises NotFound when there is none."""
    if run_id is not None:
        return run_id
    usable = [entry.run_id for entry in await store.list() if entry.record is not None]
    if not usable:
        raise NotFound("there is no backtest yet", hint="stonks backtest run --bars FILE --recommendations FILE")
    return usable[0]
