"""Momentary: many may ask the same at once; how is it read once for all of them, and never older than what was said?"""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import Generic, TypeVar

from engine.adapters import clock

MOMENT_SECONDS = 0.1
"""So long what was read is told again."""
_Value = TypeVar("_Value")


class Momentary(Generic[_Value]):
    """What `read` returns, given what it returned before. For one event loop."""

    def __init__(self, read: Callable[[_Value | None], Awaitable[_Value]]) -> None:
        self._read = read
        self._known: _Value | None = None
        self._read_at, self._said = -inf, 0
        self._reading = asyncio.Lock()

    async def value(self) -> _Value:
        """Return it. Whoever asks within a moment is told the same, unless it was forgotten meanwhile."""
        async with self._reading:
            known = self._known
            if known is None or clock.passed_seconds() - self._read_at > MOMENT_SECONDS:
                since, said = clock.passed_seconds(), self._said
                known = await self._read(self._known)
                self._known, self._read_at = known, since if said == self._said else -inf
            return known

    def forget(self) -> None:
        """Have it read anew, even what is being read now: somebody has changed something."""
        self._read_at, self._said = -inf, self._said + 1
