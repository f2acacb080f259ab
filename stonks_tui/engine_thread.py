"""Engine thread: how does an engine run beside the screens, in a thread and event loop of its own?

A terminal that is slow, or gone, never holds it up. Whoever wants something of it asks by way of its door.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Callable

from engine.door import Door
from engine.errors import Unavailable
from engine.model.audit import Answered, Asked

Work = Callable[[Door], Awaitable[None]]


class EngineThread:
    """One engine in a thread. `error` is what ended it, if it did not end by itself."""

    def __init__(self, work: Work) -> None:
        self.error: BaseException | None = None
        self._work = work
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._door: Door | None = None
        self._thread = threading.Thread(target=self._live, name="engine")

    def start(self) -> None:
        """Begin, and return when it can be asked."""
        self._thread.start()
        self._ready.wait()

    @property
    def is_alive(self) -> bool:
        """Does it still work?"""
        return self._thread.is_alive()

    def ask(self, asked: Asked) -> "concurrent.futures.Future[Answered]":
        """Ask the engine. Raises Unavailable when it has ended."""
        loop, door = self._loop, self._door
        if loop is None or door is None or not self.is_alive:
            raise Unavailable("the engine has stopped", hint="stonks run starts it again")
        asking = door.ask(asked)
        try:
            return asyncio.run_coroutine_threadsafe(asking, loop)
        except RuntimeError as error:  # its loop closed just now
            asking.close()
            raise Unavailable("the engine has stopped", hint="stonks run starts it again") from error

    def stop(self) -> None:
        """Tell it to end."""
        loop, door = self._loop, self._door
        if loop is not None and door is not None and self.is_alive:
            loop.call_soon_threadsafe(door.stop)

    def join(self, seconds: float | None = None) -> bool:
        """Wait until it has ended; return whether it has."""
        self._thread.join(seconds)
        return not self.is_alive

    def _live(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - whoever joins is told
            self.error = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._door = asyncio.get_running_loop(), Door()
        self._ready.set()
        await self._work(self._door)
