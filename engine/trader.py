"""Trader: how does what happens to a live account become turns, each kept before anything of it leaves?

In a turn the core decides on an event, and all that follows is kept in one transaction (`engine/live_account.py`). Then
the errands are brought to the broker, one after another, and what the broker says of each is the next event. Whatever
fails in between, errands that were kept are brought again at the next start, and whoever receives one twice knows it.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from engine import reconciliation
from engine.answers import RecordingMarket
from engine.broker_line import BrokerLine
from engine.decision.effects import Effect
from engine.decision.events import (
    BarClosed,
    BarOpened,
    BarTraded,
    Event,
    OrderEnded,
    OrderFilled,
    PricesSeen,
    RecommendationReceived,
    SignalReceived,
    TickerStatusTold,
)
from engine.decision.state import State
from engine.errors import BrokenInvariant, StonksError, Unavailable
from engine.live_account import Audit, LiveAccount
from engine.live_ports import Broker, Kept, LiveStore
from engine.model.live import Errand, OrderReport, Report, TickerReport
from engine.model.orders import OrderState
from engine.model.tape import RecommendationBatch
from engine.policy import TradingPolicy
from engine.settings import Settings
from engine.steps import Course, LookDue, MarketShown, Offered, Step, WaitingDue, defer

LATE = timedelta(seconds=5)
"""A look that comes later than this is one of the moment at which it comes: the machine slept, or storage was away."""
PATIENCE = timedelta(seconds=60)
"""So long nothing need be heard of an order before the broker is asked about it."""

_ENDED = frozenset({OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED})


class Trader:
    """One live account and its broker: a `Driver` of courses, but for the waiting, which is the engine's."""

    def __init__(
        self,
        state: State,
        settings: Settings,
        store: LiveStore,
        broker: Broker,
        *,
        epoch: int,
        kept: Kept | None,
        now: Callable[[], datetime] | None = None,
        on_turn: Callable[[int, Event, Sequence[Effect]], None] | None = None,
        on_told: Callable[[], None] | None = None,
    ) -> None:
        """Take `state` up where `kept` ended, by the settings that were kept; `settings` are those of a new account.

        Without `now` no look is ever late. `on_turn` hears of each turn once it is kept, or was a mere look; `on_told`
        of each one that people are to be told of.
        """
        self.course: Course | None = None
        self._account = LiveAccount(state, settings, store, epoch=epoch, kept=kept)
        self._now = now
        self._on_turn = on_turn
        self.on_told = on_told
        self._store = store
        self._line = BrokerLine(broker, store, epoch, kept.waiting if kept else ())
        self._shown: RecordingMarket | None = None
        self._is_called = False

    @property
    def state(self) -> State:
        """What the core knows."""
        return self._account.state

    @property
    def policy(self) -> TradingPolicy:
        """The rules by which the next turn is decided."""
        return self._account.settings.policy

    @property
    def settings(self) -> Settings:
        """All that may be changed while it trades, as it is for the next turn."""
        return self._account.settings

    @property
    def seq(self) -> int:
        """How many turns there have been."""
        return self._account.seq

    @property
    def last_at(self) -> datetime | None:
        """When the last turn was."""
        return self._account.last_at

    def is_eventful(self) -> bool:
        """See `Driver.is_eventful`."""
        return bool(self.state.agenda.events)

    def next_look(self, at: datetime) -> datetime:
        """See `Driver.next_look`."""
        return at if self._now is None else max(at, self._now())

    def made_at(self, at: datetime) -> datetime:
        """See `Driver.made_at`: one that is late by less than `LATE` is taken to be in time."""
        called, self._is_called = self._is_called, False
        now = at if self._now is None else self._now()
        return now if (called and now < at) or now - at > LATE else at

    def call_for_look(self) -> None:
        """Have the next look made now: something does not wait."""
        self._is_called = True

    def noted_at_open(self) -> int:
        """See `Driver.noted_at_open`."""
        return self.state.agenda.noted_at_open

    async def recover(self) -> None:
        """Bring what may not have left yet, and hear what was said meanwhile of every order that is working."""
        await self._account.recall()
        await self._line.announce()
        await self._bring_waiting()
        for client_order_id in tuple(self.state.working):
            await self._ask_about(client_order_id)
        await self.listen()

    async def step(self, step: Step) -> None:
        """Make one step of a course happen. When to look is not for here."""
        match step:
            case LookDue():
                await self._catch_up_with_broker(step.at)
            case MarketShown():
                self._shown = RecordingMarket(step.market)
                await self._line.show(step.market)
            case WaitingDue():
                await self._line.prices_changed(self._market_shown().market, step.at)
                await self.listen()
            case Offered():
                await self._judge(step.batch, step.at)
            case SignalReceived():
                if not await self._store.decided([step.signal.signal_id]):
                    await self.take(step)
            case PricesSeen() | BarOpened() | BarTraded() | BarClosed():
                await self.take(replace(step, market=self._market_shown()))
            case _:
                await self.take(step)

    @property
    def broker_trouble(self) -> str:
        """Why the broker cannot be reached, empty while it can."""
        return self._line.trouble

    @property
    def broker_cannot(self) -> str:
        """What the broker will never answer, empty of one that answers everything it was asked."""
        return self._line.cannot

    @property
    def broker_news(self) -> asyncio.Event | None:
        """See `Broker.news`."""
        return self._line.news

    @property
    def is_owed(self) -> bool:
        """Is something on its way to a broker that does not answer, or from it?"""
        return bool(self._line.trouble and (self._line.waiting or self.state.working))

    async def hear_broker(self, at: datetime) -> None:
        """Between two looks: see whether a broker that was away is back, and hear what it says unasked."""
        if self._line.news is not None:
            self._line.news.clear()
        if self._line.trouble:
            await self._catch_up_with_broker(at)
        await self.listen()

    async def close_market(self) -> None:
        """Have a broker on paper know that nothing trades now: what is ordered meanwhile waits for a price."""
        await self._line.show(None)

    async def differences(self) -> dict[str, tuple[int, int]] | None:
        """See `reconciliation.differences`; None when the broker does not answer."""
        await self.listen()
        there = await self._line.positions()
        return None if there is None else reconciliation.differences(self.state, there)

    def not_before(self, at: datetime) -> datetime:
        """Return when something is noted that happened at `at`: time does not go back."""
        return self._account.not_before(at)

    async def _catch_up_with_broker(self, at: datetime) -> None:
        """Bring what waits, and ask about orders of which nothing was heard for long; about all after it was away."""
        is_back = await self._line.try_again()
        await self._bring_waiting()
        for client_order_id, working in tuple(self.state.working.items()):
            if is_back or at - working.order.created_at >= PATIENCE:
                await self._ask_about(client_order_id)

    async def _bring_waiting(self) -> None:
        for errand in self._line.waiting:
            await self._bring(errand)

    async def _ask_about(self, client_order_id: str) -> None:
        for report in await self._line.reports_on(client_order_id):
            await self._hear_of_order(report)

    async def _judge(self, batch: RecommendationBatch, at: datetime) -> None:
        """Let those of `batch` be judged that have no decision yet: after a restart some may have one."""
        asked = [batch.table.row(i) for i in batch.order]
        decided = await self._store.decided([r.recommendation_id for r in asked]) if asked else frozenset()
        for recommendation in asked:
            if recommendation.recommendation_id not in decided:
                await self.take(RecommendationReceived(at=at, recommendation=recommendation))

    def _market_shown(self) -> RecordingMarket:
        if self._shown is None:
            raise BrokenInvariant("prices are seen before their market is shown")
        return self._shown

    async def keep_looks(self) -> None:
        """Keep what was looked at and led to nothing. Raises what the store raises."""
        await self._account.keep_looks()

    async def take(self, event: Event, audit: Audit | None = None) -> None:
        """Decide on `event`, keep the turn, bring its errands and hear what comes of them.

        What `audit` makes of the effects is kept with the turn. Raises what the core raises when the event contradicts
        the books, and what the store raises when the turn could not be kept; then it has not happened. What was kept
        has: if storage fails after that, what the broker says is heard at the next chance.
        """
        kept = await self._account.keep(event, audit)
        self._line.add(kept.turn.errands)
        if self._on_turn:
            self._on_turn(self.seq, kept.event, kept.effects)
        if kept.turn.notifications and self.on_told:
            self.on_told()
        if self.course is not None:
            defer(self.course, kept.effects)
        for errand in kept.turn.errands:
            await self._bring(errand)

    async def listen(self) -> None:
        """Hear everything that the broker has said."""
        while reports := await self._line.reports():
            for place, report in enumerate(reports):
                try:
                    await self._hear(report)
                except StonksError as error:
                    unheard = place if isinstance(error, Unavailable) else place + 1
                    self._line.put_back(reports[unheard:])
                    raise

    async def _bring(self, errand: Errand) -> None:
        if await self._line.bring(errand):
            with suppress(Unavailable):
                await self.listen()

    async def _hear(self, report: Report) -> None:
        match report:
            case OrderReport():
                await self._hear_of_order(report)
            case TickerReport():
                status = TickerStatusTold(at=self._heard_at(report), ticker=report.ticker, is_halted=report.is_halted)
                await self.take(status)
            case _:
                assert_never(report)

    async def _hear_of_order(self, report: OrderReport) -> None:
        """Take what is new in `report`; what has been said before is no news, what was missed is asked for."""
        working = self.state.working.get(report.client_order_id)
        if working is None:
            return
        if report.filled - report.quantity > working.filled:
            await self._catch_up(report)
            working = self.state.working.get(report.client_order_id)
        if working and report.quantity and report.filled - report.quantity == working.filled:
            fill = report.fill_of(working.order)
            await self.take(OrderFilled(at=self._heard_at(report), fill=fill))
        if report.state in _ENDED and report.client_order_id in self.state.working:
            at = self._heard_at(report)
            await self.take(OrderEnded(at=at, client_order_id=report.client_order_id, reason=report.reason))

    def _heard_at(self, report: Report) -> datetime:
        """Return when it is noted what `report` says: the broker's clock may be ahead."""
        return self.not_before(report.at if self._now is None else min(report.at, self._now()))

    async def _catch_up(self, report: OrderReport) -> None:
        for earlier in await self._line.reports_on(report.client_order_id):
            if earlier.number < report.number:
                await self._hear_of_order(earlier)
