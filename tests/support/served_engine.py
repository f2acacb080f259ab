"""Served engine: an engine of this process whose HTTP interface listens at a port of its own."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from engine.errors import Unavailable
from engine.model.audit import Answered, Asked
from stonks_tui.engine_thread import EngineThread
from stonks_tui.http import address
from stonks_tui.http.server import HttpThread

OPERATE, READ = "an-operating-token", "a-reading-token"


def tokens() -> dict[str, str]:
    """Return the variable that lets OPERATE and READ in."""
    lines = [f"{scope} {scope}r {hashlib.sha256(t.encode()).hexdigest()}" for scope, t in _TOKENS]
    return {"STONKS_HTTP_TOKENS": ";".join(lines)}


_TOKENS = (("operate", OPERATE), ("read", READ))


class Nobody:
    """In place of an engine that has ended."""

    def ask(self, asked: Asked) -> "Future[Answered]":
        """See `EngineThread.ask`."""
        raise Unavailable(f"the engine has stopped, and hears no {asked.word.value}")


@contextmanager
def served(engine: EngineThread | Nobody, folder: Path) -> Iterator[str]:
    """Give the address at which `engine` on the account of `folder` is asked, with tokens."""
    plan = address.plan("127.0.0.1:0", environment=tokens())
    listener = address.listening(plan)
    url = address.url_of(listener)
    thread = HttpThread(plan, listener, folder, engine.ask)
    thread.start()
    try:
        yield url
    finally:
        thread.stop()
        assert thread.join(30)
