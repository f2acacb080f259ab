import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from engine.adapters.side_thread import MOST_STUCK, Attempt, GivenUp, SideThread
from tests.support.program import ROOT

LONG = 60.0
SHORT = 0.02


class Tool:
    """A tool that knows how often one was made and put away."""

    made = 0
    closed = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.thread = threading.current_thread()

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture
def kind() -> type[Tool]:
    """The tool of one test: a thread of another one may end late."""
    return type("Own", (Tool,), {"made": 0, "closed": 0})


@pytest.fixture
async def side(kind: type[Tool]) -> AsyncIterator[SideThread[Tool]]:
    thread = SideThread("beside", kind)
    yield thread
    await thread.close()


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


async def test_a_job_is_done_in_a_daemon_thread_that_made_the_tool_itself_once(
    side: SideThread[Tool], kind: type[Tool]
) -> None:
    def where(tool: Tool, _: Attempt) -> tuple[threading.Thread, threading.Thread]:
        return tool.thread, threading.current_thread()

    maker, worker = await side.do(where, LONG)
    assert (maker, worker) == await side.do(where, LONG)
    assert maker is worker is not threading.current_thread()
    assert worker.daemon
    assert worker.name == "beside"
    assert kind.made == 1


async def test_what_a_job_raises_reaches_whoever_asked_and_the_next_is_done_all_the_same(
    side: SideThread[Tool],
) -> None:
    def fail(_: Tool, __: Attempt) -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await side.do(fail, LONG)
    assert await side.do(lambda *_: 7, LONG) == 7


async def test_a_tool_that_could_not_be_made_is_made_for_the_next_job() -> None:
    fails = [OSError("no memory")]

    def make() -> Tool:
        if fails:
            raise fails.pop()
        return Tool()

    side = SideThread("beside", make)
    with pytest.raises(OSError, match="no memory"):
        await side.do(lambda *_: 1, LONG)
    assert await side.do(lambda *_: 2, LONG) == 2
    await side.close()


async def test_jobs_are_done_one_after_the_other_in_the_order_they_were_asked_for(side: SideThread[Tool]) -> None:
    order: list[int] = []
    await asyncio.gather(*(side.do(lambda *_, number=number: order.append(number), LONG) for number in range(20)))
    assert order == list(range(20))


async def test_a_job_that_hangs_is_given_up_and_the_next_gets_a_thread_of_its_own(
    side: SideThread[Tool], kind: type[Tool], gate: threading.Event
) -> None:
    with pytest.raises(GivenUp, match=r"no answer within 0\.02 s") as told:
        await side.do(lambda *_: gate.wait(), SHORT)
    assert not told.value.left
    assert await side.do(lambda *_: "done", LONG) == "done"
    assert kind.made == 2
    gate.set()


async def test_what_was_given_up_before_it_left_never_leaves(side: SideThread[Tool], gate: threading.Event) -> None:
    refused: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def late(_: Tool, attempt: Attempt) -> None:
        gate.wait()
        try:
            attempt.leave()
        except GivenUp:
            refused.get_loop().call_soon_threadsafe(refused.set_result, True)
            raise
        refused.get_loop().call_soon_threadsafe(refused.set_result, False)

    with pytest.raises(GivenUp):
        await side.do(late, SHORT)
    gate.set()
    assert await refused


@pytest.mark.parametrize("answered", [False, True])
async def test_whoever_is_given_up_is_told_whether_something_had_left_that_nobody_answered(
    side: SideThread[Tool], gate: threading.Event, answered: bool
) -> None:
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()

    def send(_: Tool, attempt: Attempt) -> None:
        attempt.leave()
        if answered:
            attempt.answered()
        loop.call_soon_threadsafe(gone.set)
        gate.wait()

    asked = asyncio.create_task(side.do(send, LONG))
    await gone.wait()
    await side.close()
    with pytest.raises(GivenUp) as told:
        await asked
    assert told.value.left is not answered
    gate.set()


async def test_a_job_is_given_up_with_whoever_asked_for_it(side: SideThread[Tool], gate: threading.Event) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(_: Tool, attempt: Attempt) -> None:
        loop.call_soon_threadsafe(begun.set)
        gate.wait()

    asked = asyncio.create_task(side.do(hang, LONG))
    await begun.wait()
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    assert asked.cancelled()
    assert await side.do(lambda *_: "done", LONG) == "done"
    gate.set()


async def test_while_several_hang_nothing_new_is_begun_until_one_of_them_comes_back(
    side: SideThread[Tool],
) -> None:
    gates = [threading.Event() for _ in range(MOST_STUCK)]
    threads: list[threading.Thread] = []
    begun: asyncio.Queue[threading.Thread] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def hang(number: int) -> None:
        loop.call_soon_threadsafe(begun.put_nowait, threading.current_thread())
        gates[number].wait()

    for number in range(MOST_STUCK):
        with pytest.raises(GivenUp):
            await side.do(lambda *_, number=number: hang(number), SHORT)
        threads.append(await begun.get())
    with pytest.raises(GivenUp, match="4 attempts before it still hang"):
        await side.do(lambda *_: "done", LONG)
    gates[2].set()
    threads[2].join()
    assert await side.do(lambda *_: "done", LONG) == "done"
    for gate in gates:
        gate.set()


async def test_closing_puts_the_tool_away_and_nothing_is_begun_afterwards(
    side: SideThread[Tool], kind: type[Tool]
) -> None:
    thread = await side.do(lambda tool, _: tool.thread, LONG)
    await side.close()
    thread.join()
    assert kind.closed == 1
    with pytest.raises(GivenUp, match="before it began"):
        await side.do(lambda *_: 1, LONG)


def test_a_process_ends_although_a_job_hangs() -> None:
    program = """
import asyncio, threading
from engine.adapters.side_thread import GivenUp, SideThread

class Tool:
    def close(self): pass

async def main():
    side = SideThread("beside", Tool)
    try:
        await side.do(lambda *_: threading.Event().wait(), 0.02)
    except GivenUp as error:
        print(error)
    await side.close()

asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "no answer within 0.02 s\n", "")
