"""Standing feed: how does the account stand now, and what would a word to its engine change?

Both are read from what the engine has kept, every time anew: whoever asks a person must not ask about yesterday. A word
is rehearsed on a copy of the state by the code that the engine runs, so that what is announced is what will happen.
That code is a large part of the engine, and is imported when it is first asked.
"""

import asyncio
from pathlib import Path

from engine.model.audit import Asked
from stonks_tui.view_models.standing import Rehearsal, Standing


class StandingFeed:
    """Answers about the account in `data_dir`. Raises StonksError, in words, when it cannot."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    async def now(self) -> Standing:
        """Return how the account stands."""
        return (await asyncio.to_thread(self._answer, None))[0]

    async def rehearsed(self, asked: Asked) -> tuple[Standing, Rehearsal]:
        """Return how the account stands, and what `asked` would change."""
        return await asyncio.to_thread(self._answer, asked)

    def _answer(self, asked: Asked | None) -> tuple[Standing, Rehearsal]:
        from stonks_tui import standing_reading

        return standing_reading.read(self._data_dir, asked)
