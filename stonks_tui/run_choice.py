"""Run choice: which run does a person mean, and is there something in it to look at?"""

from collections.abc import Sequence

from engine.errors import BadInput, NotFound
from engine.model.runs import LIVE_RUN
from engine.ports import RunListing, RunState, RunStore

MOST_COMPARED = 5
"""More runs than this do not fit side by side."""

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


async def account_or_run(store: RunStore, run_id: int | None) -> int:
    """Return `run_id` if there is something in it; None is the live account (0), without one the newest backtest."""
    if not run_id and any(entry.run_id == LIVE_RUN for entry in await store.list()):
        return LIVE_RUN
    if run_id == LIVE_RUN:
        raise NotFound("there is no live account", hint="stonks run begins one")
    return await with_books(store, run_id)


async def to_compare(store: RunStore, run_ids: Sequence[int]) -> tuple[int, ...]:
    """Return `run_ids` if they can be compared: 2 to 5 finished runs, each named once.

    Raises BadInput for another number of them or one named twice, NotFound for one that is not there or not finished.
    """
    if not 2 <= len(run_ids) <= MOST_COMPARED:
        given = "one run is" if len(run_ids) == 1 else f"{len(run_ids)} runs are"
        raise BadInput(
            f"{given} named to be compared", hint=f"name 2 to {MOST_COMPARED}; stonks backtest list has them"
        )
    for run_id in run_ids:
        if run_ids.count(run_id) > 1:
            raise BadInput(f"run {run_id} is named twice", hint="a run does not differ from itself: name another")
    return tuple([await with_books(store, run_id) for run_id in run_ids])
