"""Screens ahead: those that are not up are made ready while nobody presses a key.

To make one takes a tenth of a second or more, which the first key that asks for it would have to wait.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from textual.app import App

_AFTER = 0.4
_BETWEEN = 0.1
"""Seconds: a key that comes meanwhile waits for one screen at most."""


class ScreensAhead:
    """Mounts the installed screens `names` of `app`, one by one. It leans on `App._get_screen`, a private name."""

    def __init__(self, app: App[Any], names: Sequence[str]) -> None:
        self._app = app
        self._names = names
        self._mounting = asyncio.Lock()
        self._is_over = False

    async def make_ready(self, *, after: float = _AFTER, between: float = _BETWEEN) -> None:
        """Mount those that are not mounted yet."""
        await asyncio.sleep(after)
        for name in self._names:
            async with self._mounting:
                if self._is_over:
                    return
                await self._app._get_screen(name)[1]
            await asyncio.sleep(between)

    async def stop(self) -> None:
        """Mount no more: an app that ends while one of its screens is half made ends with a fault."""
        self._is_over = True
        async with self._mounting:
            pass
