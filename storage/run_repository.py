"""Run repository: where do runs live, and how do they get there? `storage/run_reader.py` reads them back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import BadInput, BrokenInvariant, NotFound, StonksError
from engine.model.decision_log import DecisionLog
from engine.model.runs import RunBooks, RunRecord, RunStatus
from engine.ports import RunListing
from storage import bulk, record_mappers
from storage.collector import collector_at_rest
from storage.database import analyse, create_indexes, create_tables, open_engine
from storage.decision_tables import TRADING_DECISIONS
from storage.run_books import write_books
from storage.run_files import RunFiles, read_record
from storage.run_reader import SqlRunReader
from storage.soundness import check_run
from storage.tables import BACKTEST_RUNS, RUN_TABLES
from storage.write_ahead import DecisionWriter

AHEAD_FROM = 20_000
"""A run with so many decisions has them written ahead: of fewer, finding another process takes longer than writing."""


class SqlRunStore(SqlRunReader):
    """A `RunStore` (engine/ports.py) over a folder of SQLite files, one a run.

    Use it as an async context manager, or call `close`: runs that it made and did not finish are then interrupted.
    """

    def __init__(self, folder: Path, *, ahead_from: int = AHEAD_FROM) -> None:
        self._files = RunFiles(folder)
        super().__init__(self._files.existing)
        self._ahead_from = ahead_from
        self._writers: dict[int, DecisionWriter] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the runs that this store works on."""
        for run_id in tuple(self._writers):
            self._writers.pop(run_id).abandon()
        self._files.release_all()

    async def create(self, record: RunRecord) -> int:
        """See `RunStore.create`."""
        run_id = self._files.claim()
        kept = replace(record, run_id=run_id, status=RunStatus.RUNNING)
        try:
            async with self._writing(run_id) as connection:
                await create_tables(connection, RUN_TABLES, indexes=False)
                await bulk.insert(connection, BACKTEST_RUNS, record_mappers.record_columns(kept))
        except BaseException:
            self._files.remove(run_id)
            self._files.release(run_id)
            raise
        return run_id

    def write_ahead(self, run_id: int, decisions: DecisionLog) -> None:
        """See `RunStore.write_ahead`. Of a small run nothing is written ahead."""
        if len(decisions) < self._ahead_from:
            return
        if run_id not in self._writers:
            self._writers[run_id] = DecisionWriter(self._files.existing(run_id), run_id)
        self._writers[run_id].add(decisions)

    async def finish(self, record: RunRecord, books: RunBooks) -> None:
        """See `RunStore.finish`."""
        if read_record(self._files.existing(record.run_id)).status is not RunStatus.RUNNING:
            raise BrokenInvariant(f"run {record.run_id} is finished already")
        writer = self._writers.pop(record.run_id, None)
        with collector_at_rest():
            try:
                check_run(record, books)
            except BaseException:
                if writer:
                    writer.abandon()
                raise
            written = writer is not None and await asyncio.to_thread(writer.end, books.decisions)
            try:
                await self._write(record, books, decisions_too=not written)
            except BaseException:
                if written:
                    await self._forget_decisions(record.run_id)
                raise
        self._files.release(record.run_id)

    async def listing(self, run_id: int) -> RunListing:
        """See `RunStore.listing`."""
        listing = self._files.listing(run_id)
        if listing is None:
            raise NotFound(f"run {run_id} is only just being made", hint="try again")
        return listing

    async def list(self) -> tuple[RunListing, ...]:
        """See `RunStore.list`."""
        return await asyncio.to_thread(self._list)

    async def delete(self, run_id: int) -> None:
        """See `RunStore.delete`."""
        self._files.existing(run_id)
        if self._files.is_worked_on(run_id):
            raise BadInput(f"run {run_id} is being worked on", hint="stop it first")
        self._files.remove(run_id)

    def _list(self) -> tuple[RunListing, ...]:
        found = []
        for run_id in self._files.ids():
            try:
                found.append(self._files.listing(run_id))
            except NotFound:  # deleted meanwhile
                continue
        return tuple(listing for listing in found if listing is not None)

    async def _write(self, record: RunRecord, books: RunBooks, *, decisions_too: bool) -> None:
        async with self._writing(record.run_id) as connection:
            await connection.execute(BACKTEST_RUNS.delete())
            if decisions_too:
                await connection.execute(TRADING_DECISIONS.delete())  # another try's, that failed
            await bulk.insert(connection, BACKTEST_RUNS, record_mappers.record_columns(record))
            await write_books(connection, record.run_id, books, decisions_too=decisions_too)
            await create_indexes(connection, RUN_TABLES)
            await analyse(connection)

    async def _forget_decisions(self, run_id: int) -> None:
        with suppress(StonksError):  # whoever finishes the run in another try forgets them then
            async with self._writing(run_id) as connection:
                await connection.execute(TRADING_DECISIONS.delete())

    @asynccontextmanager
    async def _writing(self, run_id: int) -> AsyncIterator[AsyncConnection]:
        async with open_engine(self._files.path(run_id)) as engine, engine.begin() as connection:
            yield connection
