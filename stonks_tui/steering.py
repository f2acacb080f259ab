"""Steering: how do the screens reach the engine, and the clock of a demo? They ask; they never reach into it."""

import asyncio
from pathlib import Path
from typing import Protocol

from engine.model.audit import Answered, Asked
from stonks_tui.engine_thread import EngineThread


class Steering(Protocol):
    """The way to an engine. Raises Unavailable when nobody is there."""

    async def ask(self, asked: Asked) -> Answered:
        """Return what the engine answers."""


class Pace(Protocol):
    """The clock of a demo, as a person sees it."""

    def is_frozen(self) -> bool:
        """Does it stand still?"""

    def freeze(self) -> None:
        """Let it stand still."""

    def go_on(self) -> None:
        """Let it run."""

    def one_look(self) -> None:
        """Let it run to the next moment that somebody waits for, and stand still there."""

    def set_day_seconds(self, seconds: float) -> None:
        """Let a trading day take so long."""


class Beside:
    """The way to an engine in a thread of this process."""

    def __init__(self, engine: EngineThread) -> None:
        self._engine = engine

    async def ask(self, asked: Asked) -> Answered:
        """See `Steering.ask`."""
        return await asyncio.wrap_future(self._engine.ask(asked))


class Through:
    """The way to an engine of another process, through its socket."""

    def __init__(self, path: Path, *, seconds: float = 10.0) -> None:
        self._path = path
        self._seconds = seconds

    async def ask(self, asked: Asked) -> Answered:
        """See `Steering.ask`."""
        from engine.adapters import door_socket

        return await asyncio.to_thread(door_socket.ask, self._path, asked, self._seconds)
