"""Run reader: how are the books of a run, or of the live account, read back a page at a time?"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Select

from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision
from engine.model.notices import Notice
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.positions import ClosedTrade, Lot, LotClosure, PositionSplit, StopChange
from engine.model.runs import ExecutedOrder, RunRecord
from engine.model.trade_questions import EVERY_TRADE, TradeFilter, TradeOrder
from engine.model.views import EVERY_DECISION, DecisionFilter
from engine.ports import DecisionPage, TradePage
from storage import decision_places, mappers, risk_mappers, run_queries, trade_queries
from storage.answering import Connection
from storage.file_reading import reading
from storage.row_map import RowMap
from storage.run_files import check_run_version, read_record

_Value = TypeVar("_Value")
_SHARED: ContextVar[tuple[object, Connection] | None] = ContextVar("shared", default=None)
"""The file and the connection of `at_once`; whoever asks elsewhere at the same time has none."""
_Rows = Sequence[Mapping[Any, Any]]


class SqlRunReader:
    """The questions of a `RunStore` (engine/ports.py), over the files that `path_of` names. It writes nothing.

    `path_of` returns the file of a run, or raises NotFound.
    """

    def __init__(self, path_of: Callable[[int], Path]) -> None:
        self._path_of = path_of

    async def get(self, run_id: int) -> RunRecord:
        """See `RunStore.get`."""
        return read_record(self._path_of(run_id))

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
            first=page[0]["seq"] if page else None,
            last=page[-1]["seq"] if page else None,
        )

    async def count_decisions(self, run_id: int, where: DecisionFilter = EVERY_DECISION) -> int:
        """See `RunStore.count_decisions`."""
        async with self._reading(run_id) as connection:
            if where == EVERY_DECISION:  # they are numbered from 1 on, without holes
                return int((await connection.execute(run_queries.last_decision(run_id))).scalar() or 0)
            within = await decision_places.within(connection, run_id, where)
            return int((await connection.execute(run_queries.count_decisions(run_id, where, within))).scalar_one())

    async def tickers(self, run_id: int) -> tuple[str, ...]:
        """See `RunStore.tickers`."""
        async with self._reading(run_id) as connection:
            return tuple((await connection.execute(run_queries.tickers(run_id))).scalars())

    async def decision(self, run_id: int, decision_or_cause_id: str) -> Decision | None:
        """See `RunStore.decision`."""
        found = await self._rows_of(run_id, *run_queries.one_decision(run_id, decision_or_cause_id))
        return next((mappers.decision_of(row) for rows in found for row in rows), None)

    async def executions(self, run_id: int, *, decision_id: str | None = None) -> tuple[ExecutedOrder, ...]:
        """See `RunStore.executions`."""
        return await self._all(run_id, mappers.EXECUTIONS, decision_id=decision_id)

    async def trades(self, run_id: int, *, decision_id: str | None = None) -> tuple[ClosedTrade, ...]:
        """See `RunStore.trades`."""
        async with self.at_once(run_id):
            if decision_id is None:
                trades = await self._rows(run_id, trade_queries.trades(run_id))
                lots = await self._rows(run_id, run_queries.lots(run_id, are_open=False))
            else:
                trades = await self._rows(run_id, trade_queries.of_decision(run_id, decision_id))
                lots = await self._rows(run_id, trade_queries.closures(run_id, [trade["seq"] for trade in trades]))
        closures: defaultdict[int, tuple[LotClosure, ...]] = defaultdict(tuple)
        for lot in lots:
            closures[lot["trade_seq"]] += (mappers.CLOSURES.value_of(lot),)
        return tuple(mappers.TRADES.value_of(trade, closures=closures[trade["seq"]]) for trade in trades)

    async def trade_page(
        self,
        run_id: int,
        where: TradeFilter = EVERY_TRADE,
        order: TradeOrder = TradeOrder.CLOSED,
        *,
        after: int | None = None,
        limit: int = 100,
        backwards: bool = False,
    ) -> TradePage:
        """See `RunStore.trade_page`."""
        query = trade_queries.page(run_id, where, order, after=after, limit=limit + 1, backwards=backwards)
        rows = await self._rows(run_id, query)
        page = rows[:limit]
        return TradePage(
            trades=tuple(map(mappers.TRADES.value_of, page)),
            places=tuple(row["seq"] for row in page),
            has_more=len(rows) > limit,
        )

    async def count_trades(self, run_id: int, where: TradeFilter = EVERY_TRADE) -> int:
        """See `RunStore.count_trades`."""
        (row,) = await self._rows(run_id, trade_queries.count(run_id, where))
        return int(row["count"])

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

    async def _all(self, run_id: int, kept: RowMap[_Value], **of: str | None) -> tuple[_Value, ...]:
        return await self._values(run_id, kept, run_queries.book(kept.table, run_id, **of))

    async def _values(self, run_id: int, kept: RowMap[_Value], query: Select[Any]) -> tuple[_Value, ...]:
        """Return what all columns of the rows that `query` finds keep."""
        async with self._reading(run_id) as connection:
            return kept.values_of((await connection.execute(query)).all())

    async def _rows(self, run_id: int, query: Select[Any]) -> _Rows:
        (rows,) = await self._rows_of(run_id, query)
        return rows

    async def _rows_of(self, run_id: int, *queries: Select[Any]) -> tuple[_Rows, ...]:
        async with self._reading(run_id) as connection:
            return tuple([(await connection.execute(query)).mappings().all() for query in queries])

    @asynccontextmanager
    async def at_once(self, run_id: int) -> AsyncIterator[None]:
        """Answer what is asked within the context, of that run, as of one moment: all of it in one transaction."""
        async with self._reading(run_id) as connection:
            before = _SHARED.set((self.place_of(run_id), connection))
            try:
                yield
            finally:
                _SHARED.reset(before)

    @asynccontextmanager
    async def _reading(self, run_id: int) -> AsyncIterator[Connection]:
        place, shared = self.place_of(run_id), _SHARED.get()
        if shared is not None and shared[0] == place:
            yield shared[1]
            return
        async with self.connected(run_id) as connection:
            yield connection

    def place_of(self, run_id: int) -> object:
        """Return where run `run_id` lies, or raise NotFound."""
        return self._path_of(run_id)

    @asynccontextmanager
    async def connected(self, run_id: int) -> AsyncIterator[Connection]:
        """Give a connection of one's own to where the run lies, in a transaction."""
        path = self._path_of(run_id)
        async with reading(path, partial(check_run_version, path)) as connection:
            yield connection
