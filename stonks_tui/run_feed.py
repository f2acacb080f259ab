"""Run feed: the rows behind the screens, read from the files of runs.

Every question is answered in a thread; the first one imports storage there, so that the first frame does not wait.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from engine.accounting import comparison
from engine.model.comparison import Comparison
from engine.model.notifications import Notification, NotificationFilter
from engine.model.portfolio import PortfolioSnapshot
from engine.model.tax import OpenLot
from engine.model.trade_questions import TradeFilter, TradeOrder
from engine.model.views import DecisionFilter, DecisionStory, RunStory, daily_profits
from engine.policy_mapping import from_mapping
from engine.ports import DecisionPage, RunListing, RunState, RunStore, TradePage
from stonks_tui import bootstrap, decision_stories, run_choice, tax_events
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.micro_rules import MicroRules
from stonks_tui.view_models.setting_book import SettingBook

_NO_BOOKS = {RunState.RUNNING, RunState.INTERRUPTED, RunState.DAMAGED}

_Answer = TypeVar("_Answer")


class RunFeed:
    """A `Feed` over the runs in `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._store: RunStore | None = None

    async def runs(self) -> tuple[RunListing, ...]:
        """See `Feed.runs`."""
        return await self._asked(lambda store: store.list())

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        return await self._asked(lambda store: _story(store, run_id))

    async def day(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """See `Feed.day`."""
        return await self._asked(lambda store: store.snapshot(run_id, on))

    async def decisions(
        self, run_id: int, where: DecisionFilter, after: int | None, limit: int, *, newest_first: bool = True
    ) -> DecisionPage:
        """See `Feed.decisions`."""
        return await self._asked(
            lambda store: store.decisions(run_id, where, after=after, limit=limit, newest_first=newest_first)
        )

    async def tickers(self, run_id: int) -> tuple[str, ...]:
        """See `Feed.tickers`."""
        return await self._asked(lambda store: store.tickers(run_id))

    async def count_decisions(self, run_id: int, where: DecisionFilter) -> int:
        """See `Feed.count_decisions`."""
        return await self._asked(lambda store: store.count_decisions(run_id, where))

    async def decision(self, run_id: int, decision_id: str) -> DecisionStory | None:
        """See `Feed.decision`."""
        return await self._asked(lambda store: decision_stories.story_of(store, run_id, decision_id))

    async def trade_page(
        self,
        run_id: int,
        where: TradeFilter,
        order: TradeOrder,
        *,
        after: int | None = None,
        limit: int,
        backwards: bool = False,
    ) -> TradePage:
        """See `Feed.trade_page`."""
        return await self._asked(
            lambda store: store.trade_page(run_id, where, order, after=after, limit=limit, backwards=backwards)
        )

    async def count_trades(self, run_id: int, where: TradeFilter) -> int:
        """See `Feed.count_trades`."""
        return await self._asked(lambda store: store.count_trades(run_id, where))

    async def tax_lots(self, run_id: int, ticker: str, on: date) -> tuple[OpenLot, ...]:
        """See `Feed.tax_lots`."""
        return await self._asked(lambda store: tax_events.lots_of(store, run_id, ticker, on))

    async def settings(self, run_id: int, until: datetime | None = None) -> SettingBook:  # noqa: ARG002
        """See `Feed.settings`: those of a run are the same on each of its days."""
        return await self._asked(lambda store: _settings(store, run_id))

    async def comparison(self, run_ids: Sequence[int]) -> Comparison:
        """See `Feed.comparison`."""
        return await self._asked(lambda store: _comparison(store, run_ids))

    async def micro_rules(self, run_id: int) -> MicroRules:
        """See `Feed.micro_rules`."""
        record = await self._asked(lambda store: store.get(run_id))
        return MicroRules(policy=from_mapping(record.policy))

    async def channels(self) -> tuple[ChannelState, ...]:
        """See `Feed.channels`."""
        return ()

    async def notifications(self, wanted: NotificationFilter, limit: int) -> tuple[Notification, ...]:
        """See `Feed.notifications`."""
        del wanted, limit
        return ()

    async def count_notifications(self, wanted: NotificationFilter) -> int:
        """See `Feed.count_notifications`."""
        del wanted
        return 0

    def open_store(self) -> RunStore:
        """Return what is asked, for reading."""
        return bootstrap.runs(self.data_dir)

    async def _asked(self, question: "Callable[[RunStore], Coroutine[Any, Any, _Answer]]") -> _Answer:
        """Answer in a thread with a loop of its own: nobody who loses interest ever ends a query half-way."""
        return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: "Callable[[RunStore], Coroutine[Any, Any, _Answer]]") -> _Answer:
        if self._store is None:
            self._store = self.open_store()
        return asyncio.run(question(self._store))


async def _story(store: RunStore, run_id: int) -> RunStory:
    listing = await store.listing(run_id)
    plain = RunStory(run_id=run_id, state=listing.state.value, problem=listing.problem, record=listing.record)
    if listing.record is None or listing.state in _NO_BOOKS:
        return plain
    async with store.at_once(run_id):
        days = await store.snapshots(run_id, with_positions=False)
        profits = daily_profits(listing.record.initial_capital, days, await store.flows(run_id))
        breakers, notices = await store.breakers(run_id), await store.notices(run_id)
    return replace(plain, days=days, profits=profits, breakers=breakers, notices=notices)


async def _settings(store: RunStore, run_id: int) -> SettingBook:
    from stonks_tui import setting_feed

    return setting_feed.of_run(await store.get(run_id))


async def _comparison(store: RunStore, run_ids: Sequence[int]) -> Comparison:
    runs = [
        comparison.Run(
            record=await store.get(run_id),
            snapshots=await store.snapshots(run_id, with_positions=False),
            trades=await store.trades(run_id),
        )
        for run_id in await run_choice.to_compare(store, run_ids)
    ]
    return comparison.compare(runs)
