"""Feeds: what may a screen ask for? Screens know this; who answers, and from where, they do not."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from engine.model.comparison import Comparison
from engine.model.notifications import Notification, NotificationFilter
from engine.model.portfolio import PortfolioSnapshot
from engine.model.tax import OpenLot
from engine.model.trade_questions import TradeFilter, TradeOrder
from engine.model.views import DecisionFilter, DecisionStory, RunStory
from engine.ports import DecisionPage, RunListing, TradePage
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.micro_rules import MicroRules
from stonks_tui.view_models.setting_book import SettingBook


class Feed(Protocol):
    """Answers with rows of what the database holds. Raises StonksError, in words, when it cannot."""

    async def runs(self) -> tuple[RunListing, ...]:
        """Return all runs, newest first."""

    async def story(self, run_id: int) -> RunStory:
        """Return the run from its first day to its last."""

    async def day(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """Return the last day on or before `on`, with its positions."""

    async def decisions(
        self, run_id: int, where: DecisionFilter, after: int | None, limit: int, *, newest_first: bool = True
    ) -> DecisionPage:
        """Return a page of decisions, newest first or oldest first."""

    async def tickers(self, run_id: int) -> tuple[str, ...]:
        """Return the tickers on which something was decided, by name."""

    async def count_decisions(self, run_id: int, where: DecisionFilter) -> int:
        """Return how many decisions fit."""

    async def decision(self, run_id: int, decision_id: str) -> DecisionStory | None:
        """Return the decision of that id, or on the recommendation or signal of that id, and what it led to."""

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
        """Return a page of closed trades, in that order or from its other end."""

    async def count_trades(self, run_id: int, where: TradeFilter) -> int:
        """Return how many closed trades fit."""

    async def tax_lots(self, run_id: int, ticker: str, on: date) -> tuple[OpenLot, ...]:
        """Return what tax makes of the lots of `ticker` that were open at the end of the day `on`, oldest first."""

    async def settings(self, run_id: int, until: datetime | None = None) -> SettingBook:
        """Return the settings of a run, or of an account: those of now, or as they were at the moment `until`."""

    async def comparison(self, run_ids: Sequence[int]) -> Comparison:
        """Return the runs side by side."""

    async def micro_rules(self, run_id: int) -> MicroRules:
        """Return by which rules signals are traded: now in an account, from the start in a backtest."""

    async def channels(self) -> tuple[ChannelState, ...]:
        """Return how each channel of the live account stands, by which people are told; none without one."""

    async def notifications(self, wanted: NotificationFilter, limit: int) -> tuple[Notification, ...]:
        """Return the last `limit` of the live account that are `wanted`, newest first; none without one."""

    async def count_notifications(self, wanted: NotificationFilter) -> int:
        """Return how many of the live account are `wanted`."""
