"""Which run is meant, and is there something in it?"""

import pytest

from engine.errors import BadInput, NotFound
from engine.model.runs import RunBooks, RunStatus
from stonks_tui.run_choice import chosen, to_compare, with_books
from storage.in_memory import InMemoryRunStore
from tests.support.samples import a_record


async def test_the_newest_finished_run_is_meant_when_none_is_named() -> None:
    store = InMemoryRunStore()
    for status in (RunStatus.COMPLETED, RunStatus.CANCELLED):
        run_id = await store.create(a_record())
        await store.finish(a_record(run_id=run_id, status=status), RunBooks())
    await store.create(a_record())
    assert (await chosen(store, None)).run_id == await with_books(store, None) == 2
    assert (await chosen(store, 1)).run_id == await with_books(store, 1) == 1


async def test_a_run_that_is_not_finished_can_be_named_but_has_no_books() -> None:
    store = InMemoryRunStore()
    run_id = await store.create(a_record())
    assert (await chosen(store, run_id)).run_id == run_id
    with pytest.raises(NotFound, match="run 1 is still being worked on"):
        await with_books(store, run_id)


async def test_without_a_finished_run_it_says_how_to_make_one() -> None:
    with pytest.raises(NotFound, match="there is no finished backtest") as refused:
        await chosen(InMemoryRunStore(), None)
    assert "stonks backtest run" in refused.value.hint


async def test_a_run_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFound, match="no run 5"):
        await with_books(InMemoryRunStore(), 5)


async def test_two_to_five_finished_runs_can_be_compared_each_named_once() -> None:
    store = InMemoryRunStore()
    for _ in range(6):
        run_id = await store.create(a_record())
        await store.finish(a_record(run_id=run_id), RunBooks())
    running = await store.create(a_record())
    assert await to_compare(store, [3, 1]) == (3, 1)
    for run_ids, said in (([1], "one run is"), ([1, 2, 3, 4, 5, 6], "6 runs are"), ([2, 1, 2], "run 2 is named twice")):
        with pytest.raises(BadInput, match=said):
            await to_compare(store, run_ids)
    with pytest.raises(NotFound, match="no run 9"):
        await to_compare(store, [1, 9])
    with pytest.raises(NotFound, match=f"run {running} is still being worked on"):
        await to_compare(store, [1, running])
