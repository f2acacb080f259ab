"""Steering: how do the screens reach the engine, and the clock of a demo? They ask; they never reach into it."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.adapters.peers import name_of
from engine.errors import Unavailable
from engine.model.audit import Answered, Asked
from stonks_tui.engine_thread import EngineThread

_UNKNOWN = "what was asked may have taken effect all the same: stonks audit shows it"


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
    """The way to an engine in a thread of this process. It may take `seconds` to answer."""

    def __init__(self, engine: EngineThread, *, seconds: float = 15.0) -> None:
        self._engine = engine
        self._seconds = seconds

    async def ask(self, asked: Asked) -> Answered:
        """See `Steering.ask`: whoever sits here owns the process."""
        answer = asyncio.wrap_future(self._engine.ask(replace(asked, who=name_of(os.getuid()))))
        await asyncio.wait((answer,), timeout=self._seconds)
        if answer.cancelled():
            raise Unavailable("the engine ended before it answered", hint=_UNKNOWN)
        if not answer.done():
            answer.cancel()
            raise Unavailable(f"the engine has not answered within {self._seconds:g} s", hint=_UNKNOWN)
        return answer.result()


class Through:
    """The way to an engine of another process, through its socket."""

    def __init__(self, path: Path, *, seconds: float = 10.0) -> None:
        self._path = path
        self._seconds = seconds

    async def ask(self, asked: Asked) -> Answered:
        """See `Steering.ask`."""
        from engine.adapters import door_socket

        return await asyncio.to_thread(door_socket.ask, self._path, asked, self._seconds)


class FromAnywhere:
    """The way to the engine that leads on the account of `data_dir`, wherever it runs (`stonks_tui/ways.py`)."""

    def __init__(self, data_dir: Path, *, seconds: float = 10.0) -> None:
        self._data_dir = data_dir
        self._seconds = seconds

    async def ask(self, asked: Asked) -> Answered:
        """See `Steering.ask`."""
        from stonks_tui import ways

        return await ways.ask(self._data_dir, asked, self._seconds)
