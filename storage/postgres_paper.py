"""PostgreSQL paper: how does the broker on paper remember in PostgreSQL, in a schema of its own as a broker would?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Self

from sqlalchemy import select

from storage.paper_rows import PaperRows, other_account
from storage.paper_tables import PAPER_EPOCH
from storage.postgres import Postgres
from storage.postgres_schema import prepare_paper

_LOCK = select(PAPER_EPOCH.c.id).with_for_update()


class PostgresPaper:
    """A `PaperMemory` (engine/live_ports.py) in `database`, whose schema is the broker's. Open it with `open`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Postgres, *, account_id: str = "") -> AsyncIterator[Self]:
        """Give the books of the account; of another one they raise BadInput. An empty id fits everywhere."""
        found = await database.answer(partial(prepare_paper, database, account_id))
        if account_id and found != account_id:
            schema = f"the schema {database.schema} of {database.address}"
            raise other_account(schema, "the account", f"name another broker_schema than {database.schema}")
        yield cls(database)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.reading`."""
        async with self._database.reading() as talk:
            yield PaperRows(talk.execute)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.transaction`: one at a time, of however many processes."""
        async with self._database.writing() as talk:
            await talk.execute(_LOCK)
            yield PaperRows(talk.execute)
