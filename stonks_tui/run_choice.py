"""Run choice: which run does a person mean, and is there something in it to look at?"""

from engine.errors import NotFound
from engine.ports import RunListing, RunState, RunStore

_UNFINISHED = {
    RunState.RUNNING: ("is still being worked on", "wait for it, or choose another: stonks backtest list"),
    RunState.INTERRUPTED: (
        "was interrupted before it could finish, and nothing of it was kept",
        "run it again, or choose another: stonks backtest list",
    ),
}


async def chosen(store: RunStore, run_id: int | None) -> RunListing:
    """Return the run `run_id`, or the newest finished one when it is None. Raises NotFound when there is none."""
    if run_id is not None:
        return await store.listing(run_id)
    for entry in await store.list():
        if entry.record is not None and entry.state not in _UNFINISHED:
            return entry
    raise NotFound("there is no finished backtest", hint="stonks backtest run --bars FILE --recommendations FILE")


async def with_books(store: RunStore, run_id: int | None) -> int:
    """Return the id of the chosen run. Raises NotFound also when it is not finished: its books are not there."""
    entry = await chosen(store, run_id)
    if entry.state in _UNFINISHED:
        problem, hint = _UNFINISHED[entry.state]
        raise NotFound(f"run {entry.run_id} {problem}", hint=hint)
    return entry.run_id
