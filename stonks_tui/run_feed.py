"""Run feed: the rows behind the screens, read from the files of runs.

Storage is imported in a thread when the first question comes, so that the first frame does not wait for it.
"""

import asyncio
import importlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from engine.accounting import comparison
from engine.model.comparison import Comparison
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.views import DecisionFilter, DecisionStory, RunStory, daily_profits
from engine.ports import DecisionPage, RunListing, RunState, RunStore
from stonks_tui import bootstrap, run_choice

_NO_BOOKS = {RunState.RUNNING, RunState.INTERRUPTED, RunState.DAMAGED}


class RunFeed:
    """A `Feed` over the runs in `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._store: RunStore | None = None
        self._trades: tuple[int, tuple[ClosedTrade, ...]] = (0, ())

    async def runs(self) -> tuple[RunListing, ...]:
        """See `Feed.runs`."""
        return await (await self._opened()).list()

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        store = await self._opened()
        listing = await store.listing(run_id)
        plain = RunStory(run_id=run_id, state=listing.state.value, problem=listing.problem, record=listing.record)
        if listing.record is None or listing.state in _NO_BOOKS:
            return plain
        days = await store.snapshots(run_id, with_positions=False)
        profits = daily_profits(listing.record.initial_capital, days, await store.flows(run_id))
        return replace(plain, days=days, profits=profits, breakers=await store.breakers(run_id))

    async def day(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """See `Feed.day`."""
        return await (await self._opened()).snapshot(run_id, on)

    async def decisions(self, run_id: int, where: DecisionFilter, after: int | None, limit: int) -> DecisionPage:
        """See `Feed.decisions`."""
        return await (await self._opened()).decisions(run_id, where, after=after, limit=limit, newest_first=True)

    async def count_decisions(self, run_id: int, where: DecisionFilter) -> int:
        """See `Feed.count_decisions`."""
        return await (await self._opened()).count_decisions(run_id, where)

    async def decision(self, run_id: int, decision_id: str) -> DecisionStory | None:
        """See `Feed.decision`."""
        store = await self._opened()
        found = await store.decision(run_id, decision_id)
        if found is None:
            return None
        trades = [t for t in await self.trades(run_id) if found.decision_id in (t.decision_id, t.exit_decision_id)]
        opening = trades[0].decision_id if trades else found.decision_id
        return DecisionStory(
            decision=found,
            executions=await store.executions(run_id, decision_id=found.decision_id),
            stops=await store.stop_changes(run_id, decision_id=opening),
            trades=tuple(trades),
        )

    async def trades(self, run_id: int) -> tuple[ClosedTrade, ...]:
        """See `Feed.trades`."""
        run, trades = self._trades
        if run != run_id:  # a finished run does not change, and most questions are about one run
            trades = await (await self._opened()).trades(run_id)
            self._trades = run_id, trades
        return trades

    async def comparison(self, run_ids: Sequence[int]) -> Comparison:
        """See `Feed.comparison`."""
        store = await self._opened()
        runs = [
            comparison.Run(
                record=await store.get(run_id),
                snapshots=await store.snapshots(run_id, with_positions=False),
                trades=await store.trades(run_id),
            )
            for run_id in await run_choice.to_compare(store, run_ids)
        ]
        return comparison.compare(runs)

    async def _opened(self) -> RunStore:
        if self._store is None:
            await asyncio.to_thread(importlib.import_module, "storage.run_repository")
            self._store = bootstrap.runs(self.data_dir)
        return self._store
