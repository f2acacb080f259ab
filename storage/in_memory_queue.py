"""In memory: a queue between two parts of one process. Answers as `redis_queue` does, and never fails by itself."""

import asyncio
from collections.abc import Sequence

from engine.broking.queue import Refused


class InMemoryQueue:
    """A `Queue` (engine/broking/queue.py) for tests. Both sides share the one object."""

    def __init__(self) -> None:
        self._arrived = asyncio.Condition()
        self._waiting: list[str] = []
        self._taken: list[str] = []
        self._refused: list[Refused] = []
        self._was_emptied = False
        self._life: tuple[str, float] | None = None

    async def send(self, *messages: str) -> None:
        """See `Queue.send`."""
        async with self._arrived:
            self._waiting += messages
            self._arrived.notify_all()

    async def send_once(self, message: str) -> None:
        """See `Queue.send_once`."""
        if message not in self._waiting and message not in self._taken:
            await self.send(message)

    async def take(self, seconds: float) -> Sequence[str]:
        """See `Queue.take`."""
        try:
            async with asyncio.timeout(seconds), self._arrived:
                await self._arrived.wait_for(lambda: bool(self._waiting))
                taken, self._waiting = self._waiting, []
                self._taken += taken
                self._arrived.notify_all()
        except TimeoutError:
            return ()
        return taken

    async def left(self) -> Sequence[str]:
        """See `Queue.left`."""
        return tuple(self._taken)

    async def done(self, *messages: str) -> None:
        """See `Queue.done`."""
        for message in messages:
            if message in self._taken:
                self._taken.remove(message)

    async def refuse(self, message: str, reason: str) -> None:
        """See `Queue.refuse`."""
        self._refused.append(Refused(message=message, reason=reason))
        await self.done(message)

    async def refused(self) -> Sequence[Refused]:
        """See `Queue.refused`."""
        return tuple(self._refused)

    async def kept_apart(self) -> int:
        """See `Queue.kept_apart`."""
        return len(self._refused)

    async def waiting(self) -> int:
        """See `Queue.waiting`."""
        return len(self._waiting)

    async def was_emptied(self) -> bool:
        """See `Queue.was_emptied`."""
        was, self._was_emptied = self._was_emptied, False
        return was

    async def show_life(self, words: str, seconds: float) -> None:
        """See `Queue.show_life`."""
        self._life = (words, asyncio.get_running_loop().time() + seconds)

    async def life(self) -> str | None:
        """See `Queue.life`."""
        if self._life is None or self._life[1] <= asyncio.get_running_loop().time():
            return None
        return self._life[0]

    async def drained(self) -> None:
        """Wait until everything that waits was taken."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: not self._waiting)

    def empty(self) -> None:
        """Lose everything, as a server does that is flushed."""
        self._waiting, self._taken, self._refused, self._life = [], [], [], None
        self._was_emptied = True
