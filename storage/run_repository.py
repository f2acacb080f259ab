"""Run repository: where do runs live, and how are their books read back a page at a time?"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import BadInput, BrokenInvariant, NotFound, StonksError
from engine.model.breakers import BreakerEvent
from engine.model.decision_log import DecisionLog
from engine.model.decisions import Decision
from engine.model.notices import Notice
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.positions import ClosedTrade, Lot, LotClosure, PositionSplit, StopChange
from engine.model.runs import ExecutedOrder, RunBooks, RunRecord, RunStatus
from engine.model.views import EVERY_DECISION, DecisionFilter
from engine.ports import DecisionPage, RunListing
from storage import bulk, decision_places, mappers, record_mappers, risk_mappers, run_queries
from storage.collector import collector_at_rest
from storage.database import analyse, create_indexes, create_tables, open_engine
from storage.decision_tables import TRADING_DECISIONS
from storage.row_map import RowMap
from storage.run_books import write_books
from storage.run_files import RunFiles, check_run_file, read_record
from storage.soundness import check_run
from storage.tables import BACKTEST_RUNS, RUN_TABLES
from storage.write_ahead import DecisionWriter

_Value = TypeVar("_Value")
AHEAD_FROM = 20_000
"""A run with so many decisions has them written ahead: of fewer, finding another process takes longer than writing."""

_Rows = Sequence[Mapping[Any, Any]]


class SqlRunStore:
    """A `RunStore` (engine/ports.py) over a folder of SQLite files, one a run.

    Use it as an async context manager, or call `close`: runs that it made and did not finish are then interrupted.
    """

    def __init__(self, folder: Path, *, ahead_from: int = AHEAD_FROM) -> None:
        self._files = RunFiles(folder)
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

    async def get(self, run_id: int) -> RunRecord:
        """See `RunStore.get`."""
        return read_record(self._files.existing(run_id))

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

    async def decisions(
        self,
        run_id: int,
        where: DecisionFilter = EVERY_DECISION,
        *,
        after: int | None = None,
        limit: int = 100,
        newest_first: bool = False,
        with_traces: bool = False,
    ) -> DecisionPage:
        """See `RunStore.decisions`."""
        async with self._reading(run_id) as connection:
            within = await decision_places.within(connection, run_id, where)
            query = run_queries.decisions(
                run_id,
                where,
                after=after,
                within=within,
                limit=limit + 1,
                newest_first=newest_first,
                with_traces=with_traces,
            )
            rows = (await connection.execute(query)).mappings().all()
        page = rows[:limit]
        return DecisionPage(
            decisions=tuple(mappers.decision_of(row) for row in page),
            next=page[-1]["seq"] if page and len(rows) > limit else None,
        )

    async def count_decisions(self, run_id: int, where: DecisionFilter = EVERY_DECISION) -> int:
        """See `RunStore.count_decisions`."""
        async with self._reading(run_id) as connection:
            within = await decision_places.within(connection, run_id, where)
            return int((await connection.execute(run_queries.count_decisions(run_id, where, within))).scalar_one())

    async def decision(self, run_id: int, decision_or_cause_id: str) -> Decision | None:
        """See `RunStore.decision`."""
        found = await self._rows_of(run_id, *run_queries.one_decision(run_id, decision_or_cause_id))
        return next((mappers.decision_of(row) for rows in found for row in rows), None)

    async def executions(self, run_id: int, *, decision_id: str | None = None) -> tuple[ExecutedOrder, ...]:
        """See `RunStore.executions`."""
        return await self._all(run_id, mappers.EXECUTIONS, decision_id=decision_id)

    async def trades(self, run_id: int) -> tuple[ClosedTrade, ...]:
        """See `RunStore.trades`."""
        trades, lots = await self._rows_of(run_id, run_queries.trades(run_id), run_queries.lots(run_id, are_open=False))
        closures: defaultdict[int, tuple[LotClosure, ...]] = defaultdict(tuple)
        for lot in lots:
            closures[lot["trade_seq"]] += (mappers.CLOSURES.value_of(lot),)
        return tuple(mappers.TRADES.value_of(trade, closures=closures[trade["seq"]]) for trade in trades)

    async def snapshots(self, run_id: int, *, with_positions: bool = True) -> tuple[PortfolioSnapshot, ...]:
        """See `RunStore.snapshots`."""
        rows = await self._rows(run_id, run_queries.days(run_id, with_positions=with_positions))
        return tuple(map(mappers.snapshot_of, rows))

    async def snapshot(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """See `RunStore.snapshot`."""
        rows = await self._rows(run_id, run_queries.day(run_id, on))
        return next(map(mappers.snapshot_of, rows), None)

    async def stop_changes(self, run_id: int, *, decision_id: str | None = None) -> tuple[StopChange, ...]:
        """See `RunStore.stop_changes`."""
        return await self._all(run_id, mappers.STOP_CHANGES, decision_id=decision_id)

    async def reserve_entries(self, run_id: int) -> tuple[ReserveEntry, ...]:
        """See `RunStore.reserve_entries`."""
        return await self._all(run_id, risk_mappers.RESERVE_ENTRIES)

    async def tier_changes(self, run_id: int) -> tuple[TierChange, ...]:
        """See `RunStore.tier_changes`."""
        return await self._all(run_id, risk_mappers.TIER_CHANGES)

    async def breakers(self, run_id: int) -> tuple[BreakerEvent, ...]:
        """See `RunStore.breakers`."""
        return await self._all(run_id, risk_mappers.BREAKERS)

    async def flows(self, run_id: int) -> tuple[CashFlow, ...]:
        """See `RunStore.flows`."""
        return await self._all(run_id, risk_mappers.FLOWS)

    async def splits(self, run_id: int) -> tuple[PositionSplit, ...]:
        """See `RunStore.splits`."""
        return await self._all(run_id, risk_mappers.SPLITS)

    async def notices(self, run_id: int, *, reference_id: str | None = None) -> tuple[Notice, ...]:
        """See `RunStore.notices`."""
        return await self._all(run_id, risk_mappers.NOTICES, reference_id=reference_id)

    async def open_lots(self, run_id: int) -> tuple[Lot, ...]:
        """See `RunStore.open_lots`."""
        rows = await self._rows(run_id, run_queries.lots(run_id, are_open=True))
        return tuple(map(mappers.OPEN_LOTS.value_of, rows))

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

    async def _all(self, run_id: int, kept: RowMap[_Value], **of: str | None) -> tuple[_Value, ...]:
        query = run_queries.book(kept.table, run_id, **of)
        return tuple(map(kept.value_of, await self._rows(run_id, query)))

    async def _rows(self, run_id: int, query: Select[Any]) -> _Rows:
        (rows,) = await self._rows_of(run_id, query)
        return rows

    async def _rows_of(self, run_id: int, *queries: Select[Any]) -> tuple[_Rows, ...]:
        async with self._reading(run_id) as connection:
            return tuple([(await connection.execute(query)).mappings().all() for query in queries])

    @asynccontextmanager
    async def _reading(self, run_id: int) -> AsyncIterator[AsyncConnection]:
        path = self._files.existing(run_id)
        check_run_file(path)
        async with open_engine(path, writes=False) as engine, engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def _writing(self, run_id: int) -> AsyncIterator[AsyncConnection]:
        async with open_engine(self._files.path(run_id), writes=True) as engine, engine.begin() as connection:
            yield connection
