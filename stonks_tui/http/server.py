"""Server: how does the interface run beside an engine, in a thread and an event loop of its own?"""

import asyncio
import concurrent.futures
import logging
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import Unavailable
from engine.model.audit import Answered, Asked
from stonks_tui.http import address
from stonks_tui.http.account_desk import AccountDesk, AskEngine
from stonks_tui.http.address import HttpPlan

if TYPE_CHECKING:
    from stonks_tui.metrics import Metrics

_log = logging.getLogger("stonks")
Hear = Callable[[Asked], Awaitable[Answered]]
READERS = 4
"""So many threads read books at once; the others wait."""
JOIN_SECONDS = 3.0
GRACE_SECONDS = 1


@asynccontextmanager
async def served(plan: HttpPlan, data_dir: Path, hear: Hear, numbers: "Metrics | None" = None) -> AsyncIterator[str]:
    """Serve as long as this lasts, and give the address. Raises Unavailable when nothing can listen there.

    `numbers` are what stands at /metrics.
    """
    listener = address.listening(plan)
    url = address.url_of(listener, plan.root_path)
    thread = HttpThread(plan, listener, data_dir, asking(hear, asyncio.get_running_loop()), numbers)
    thread.start()
    _log.info("http: listens at %s", url)
    try:
        yield url
    finally:
        thread.stop()
        await asyncio.to_thread(thread.join, JOIN_SECONDS)


def asking(hear: Hear, loop: asyncio.AbstractEventLoop) -> AskEngine:
    """Return what puts words to an engine that hears them in `loop`, from any thread."""

    async def put(asked: Asked) -> Answered:
        return await hear(asked)

    def ask(asked: Asked) -> "concurrent.futures.Future[Answered]":
        words = put(asked)
        try:
            return asyncio.run_coroutine_threadsafe(words, loop)
        except RuntimeError as error:  # its loop closed just now
            words.close()
            raise Unavailable("the engine has stopped") from error

    return ask


class HttpThread:
    """The interface in a thread; what breaks it is in the log, and ends nothing else."""

    def __init__(
        self,
        plan: HttpPlan,
        listener: socket.socket,
        data_dir: Path,
        ask: AskEngine,
        numbers: "Metrics | None" = None,
    ) -> None:
        self._plan, self._listener, self._data_dir, self._ask = plan, listener, data_dir, ask
        self._numbers = numbers
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._live, name="http", daemon=True)

    def start(self) -> None:
        """Begin. What comes to the listener meanwhile waits."""
        self._thread.start()

    def stop(self) -> None:
        """Tell it to end, with whatever it is answering."""
        self._ready.wait(JOIN_SECONDS)
        if self._loop is not None and self._ending is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)

    def join(self, seconds: float) -> bool:
        """Wait until it has ended; return whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _live(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # noqa: BLE001 - the engine is to trade on
            _log.exception("http: it broke, and nobody is answered any more; trading goes on")
        finally:
            self._ready.set()
            self._listener.close()

    async def _serve(self) -> None:
        from stonks_tui.http import app as application
        from stonks_tui.http.serving import server_of

        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(READERS, "http reader"))
        desk = AccountDesk(self._data_dir, self._ask, numbers=self._numbers)
        app = application.make(desk, self._plan)
        self._ending = app.state.ending
        self._ready.set()
        server = server_of(application.guarded(app, self._plan))
        serving = asyncio.create_task(server.serve(sockets=[self._listener]))
        ending = asyncio.create_task(app.state.ending.wait())
        await asyncio.wait((serving, ending), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await asyncio.gather(serving, desk.close())
        ending.cancel()
