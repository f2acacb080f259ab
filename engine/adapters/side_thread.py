"""Side thread: how is something done that may hang, without holding up the event loop, or the end of the process?

A thread of its own, a daemon, makes its tool once (a client of somebody's service) and does one job after the other
with it. A job that takes too long is given up, and its thread with it; the next job gets a new one.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

MOST_STUCK = 4
"""So many threads may hang at a time; after that nothing new is begun until one of them comes back."""
MOMENT_SECONDS = 0.25
"""So long the end waits until the tool has been put away."""


class Tool(Protocol):
    """What a thread works with."""

    def close(self) -> None:
        """Let go of what is open."""


ToolType = TypeVar("ToolType", bound=Tool)
Answer = TypeVar("Answer")


class GivenUp(Exception):
    """The job was given up. `left`: what it sends may have left by then; if not, it never will."""

    def __init__(self, words: str, *, left: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.left = left


class Attempt:
    """What a job sends, on its way out: it leaves, or it is given up before; which of the two is decided once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = self._given_up = False

    @property
    def left(self) -> bool:
        """Has it left, and has nothing been heard of it?"""
        return self._left

    def leave(self) -> None:
        """Say that it leaves now. Raises GivenUp when nobody waits for it any more: then it must not."""
        with self._lock:
            if self._given_up:
                raise GivenUp("it was given up")
            self._left = True

    def answered(self) -> None:
        """Say that the other side has answered, and that it did not take it."""
        self._left = False

    def give_up(self) -> bool:
        """Give it up, and return whether it had left."""
        with self._lock:
            self._given_up = True
            return self._left


class SideThread(Generic[ToolType]):
    """Does jobs with the tool that `make` makes, both in a thread called `name`. For one event loop."""

    def __init__(self, name: str, make: Callable[[], ToolType]) -> None:
        self._name, self._make = name, make
        self._turn = asyncio.Lock()
        self._worker: _Worker[ToolType] | None = None
        self._stuck: list[_Worker[ToolType]] = []
        self._under_way: _Job[ToolType] | None = None
        self._is_closed = False

    async def do(self, job: Callable[[ToolType, Attempt], Answer], seconds: float) -> Answer:
        """Return what `job` answers within `seconds`, once those that were asked before are done.

        Raises GivenUp when it does not, or when this is closed meanwhile, and whatever the job raises.
        """
        async with self._turn:
            worker = self._ready_worker()
            answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            self._under_way = _Job(work=job, attempt=Attempt(), answer=answer)
            worker.take(self._under_way)
            try:
                await asyncio.wait({answer}, timeout=seconds)
            finally:
                self._give_up(f"no answer within {seconds:g} s")
                self._under_way = None
            return answer.result()

    async def close(self) -> None:
        """Give up the job under way, put the tool away and let the thread end; wait a moment at most."""
        self._is_closed = True
        self._give_up("it was given up before there was an answer")
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()
            with suppress(TimeoutError):
                await asyncio.wait_for(worker.ended.wait(), MOMENT_SECONDS)

    def _ready_worker(self) -> "_Worker[ToolType]":
        self._stuck = [worker for worker in self._stuck if worker.is_alive]
        if self._is_closed:
            raise GivenUp("it was given up before it began")
        if len(self._stuck) >= MOST_STUCK:
            raise GivenUp(f"{MOST_STUCK} attempts before it still hang")
        if self._worker is None:
            self._worker = _Worker(self._name, self._make)
        return self._worker

    def _give_up(self, words: str) -> None:
        job, worker = self._under_way, self._worker
        if job is None or worker is None or job.answer.done():
            return
        job.answer.set_exception(GivenUp(words, left=job.attempt.give_up()))
        job.answer.exception()  # who has been cancelled asks no more
        worker.end()
        self._stuck.append(worker)
        self._worker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job(Generic[ToolType]):
    work: Callable[[ToolType, Attempt], Any]
    attempt: Attempt
    answer: "asyncio.Future[Any]"

    def settle(self, answer: object, error: BaseException | None) -> None:
        def tell() -> None:
            if self.answer.done():
                return
            if error is not None:
                self.answer.set_exception(error)
            else:
                self.answer.set_result(answer)

        with suppress(RuntimeError):  # its loop is closed: nobody waits
            self.answer.get_loop().call_soon_threadsafe(tell)


class _Worker(Generic[ToolType]):
    def __init__(self, name: str, make: Callable[[], ToolType]) -> None:
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._make = make
        self._jobs: queue.SimpleQueue[_Job[ToolType] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def take(self, job: _Job[ToolType]) -> None:
        self._jobs.put(job)

    def end(self) -> None:
        self._jobs.put(None)

    def _work(self) -> None:
        tool: ToolType | None = None
        while (job := self._jobs.get()) is not None:
            try:
                if tool is None:
                    tool = self._make()
                answer, error = job.work(tool, job.attempt), None
            except BaseException as raised:  # noqa: BLE001 - whoever waits is told
                answer, error = None, raised
            job.settle(answer, error)
        if tool is not None:
            tool.close()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.ended.set)
