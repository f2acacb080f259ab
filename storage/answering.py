"""Answering: what do those who read tables need of a connection, whatever it leads to?"""

from typing import Any, Protocol

from sqlalchemy import Executable


class Connection(Protocol):
    """What answers queries."""

    async def execute(self, query: Executable, /) -> Any:
        """Return the result of `query`, all of which is there."""
