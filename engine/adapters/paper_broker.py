"""Paper broker: who executes what the live engine orders, when there is no real broker?

Orders are filled at the market that it was last told of, by the rules of backtests (`engine/simulated_broker.py`): at
once when there is a price, else when prices change. As in a backtest, what waits at the close waits over night.

    brought ─▶ filled · partially filled ─▶ filled
       │  └─▶ accepted: it waits ─▶ any of these, cancelled, expired
       └────▶ rejected (for practice)

An order that is executed or ended at once is not accepted first: `accepted` says that there is nothing else to say yet.

Whatever is brought, and whatever prices bring about, is one transaction of its memory. So it may be killed anywhere: an
order that comes again has been executed or has not, and never is a second time. It may say something twice over, which
its number tells; it never leaves anything out.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from engine.adapters.paper_behaviour import OBLIGING, PaperBehaviour
from engine.decision.events import OrderEnded, OrderFilled
from engine.errors import BrokenInvariant, LostLease
from engine.live_ports import PaperBook, PaperMemory
from engine.model.costs import CostModel
from engine.model.live import Errand, ErrandKind, OrderReport, Report, TickerReport
from engine.model.market import Market
from engine.model.money import Money
from engine.model.orders import ENTRY_LASTS, Fill, Order, OrderSide, OrderState, advance
from engine.model.paper import WAITING, PaperOrder
from engine.simulated_broker import FillRules

ENTRY_SECONDS = ENTRY_LASTS.total_seconds()


def never_halted(_ticker: str, _at: datetime) -> bool:
    """Say that trading in a ticker goes on."""
    return False


class PaperBroker:
    """A `Broker` (engine/live_ports.py). Knows the time only from what it is told, and prices only while it runs."""

    def __init__(
        self,
        memory: PaperMemory,
        costs: CostModel,
        *,
        max_age_seconds: float = math.inf,
        entry_seconds: float = ENTRY_SECONDS,
        behaviour: PaperBehaviour = OBLIGING,
        is_halted: Callable[[str, datetime], bool] = never_halted,
    ) -> None:
        self._memory = memory
        self._rules = FillRules(costs=costs, max_age_seconds=max_age_seconds)
        self._entry_seconds = entry_seconds
        self._behaviour = behaviour
        self._is_halted = is_halted
        self._market: Market | None = None
        self._now: datetime | None = None
        self._epoch: int | None = None
        self._told: int | None = None
        self._has_news = True  # is there perhaps something that was said and not heard?
        self._has_waiting = True  # does perhaps an order wait?

    @property
    def news(self) -> None:
        """See `Broker.news`: what it has to say it says when it is spoken to."""
        return

    async def serve(self, epoch: int) -> None:
        """See `Broker.serve`."""
        async with self._memory.transaction() as book:
            await _require_newest(book, epoch)
        self._epoch = epoch
        self._has_news = self._has_waiting = True

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`. Raises BrokenInvariant for an order that is another one under a known id."""
        self._has_news = self._has_waiting = True
        async with self._memory.transaction() as book:
            await _require_newest(book, epoch)
            await self._note_heard(book)
            at = self._passed(errand.at)
            match errand.kind:
                case ErrandKind.ORDER:
                    await self._take(book, errand, at)
                case ErrandKind.CANCEL:
                    await _cancel(book, errand.subject, at)
                case ErrandKind.SPLIT:
                    await _split(book, errand)
                case ErrandKind.STATUS:
                    is_halted = self._is_halted(errand.subject, at)
                    await book.say(TickerReport(ticker=errand.subject, at=at, is_halted=is_halted))
        self._epoch = epoch

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`. To ask again is to have heard; what was not may be said twice after a restart.

        When nothing can have been said since, nobody looks: an engine asks after every turn.
        """
        if not self._has_news:
            return ()
        async with self._memory.reading() as book:
            told = await book.heard() if self._told is None else self._told
            said = await book.said_after(told)
        due = list(takewhile(lambda one: self._is_due(one[1]), said))
        self._told = due[-1][0] if due else told
        self._has_news = len(due) < len(said)
        return [report for _, report in due]

    async def _note_heard(self, book: PaperBook) -> None:
        """Note, with what is written anyway, up to where everything was heard."""
        if self._told is not None and self._told > await book.heard():
            await book.set_heard(self._told)

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """See `Broker.reports_on`. Nothing, of an order that it has, as long as what it says is held back."""
        async with self._memory.reading() as book:
            if await book.order(client_order_id) is None:
                return None
            return list(takewhile(self._is_due, await book.said_of(client_order_id)))

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        async with self._memory.reading() as book:
            return await book.positions()

    async def market_shown(self, market: Market | None) -> None:
        """Note what orders that come are filled at from now on; those that wait go on waiting."""
        self._market = market

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """See `Broker.prices_changed`: what waits is filled, or has waited too long.

        Prices that come by way of an engine that another has taken over from change nothing.
        """
        self._market = market
        at = self._passed(at)
        if not self._has_waiting:
            return
        async with self._memory.transaction() as book:
            if await self._is_outlived(book):
                return
            waiting = await book.waiting()
            for paper in waiting:
                self._has_news |= await self._look_again(book, paper, at)
        self._has_waiting = bool(waiting)

    async def _take(self, book: PaperBook, errand: Errand, at: datetime) -> None:
        order = errand.order
        if order is None or order.client_order_id != errand.subject:
            raise BrokenInvariant(f"errand {errand.errand_id} does not bring the order {errand.subject}")
        known = await book.order(errand.subject)
        if known is not None:
            if known.order not in (None, order):
                raise BrokenInvariant(f"order {errand.subject} came before, and was another one")
            return
        paper = PaperOrder(client_order_id=errand.subject, brought_at=at, state=OrderState.SUBMITTED, order=order)
        if self._behaviour.rejects(errand.subject):
            await _say(book, paper, OrderState.REJECTED, at, reason="rejected")
        elif await self._try(book, paper, order, at) is None:
            await _say(book, paper, OrderState.ACCEPTED, at)

    async def _look_again(self, book: PaperBook, paper: PaperOrder, at: datetime) -> bool:
        """Fill what waits, if that can be, or end it; return whether anything came of it."""
        order = paper.order
        if order is None:
            raise BrokenInvariant(f"{paper.client_order_id} waits, but is no order")
        if self._behaviour.day_orders_expire and _is_of_another_day(paper.brought_at, at):
            await _say(book, paper, OrderState.EXPIRED, at, reason="expired")
            return True
        before, stood = paper, at - paper.brought_at
        ends = order.is_entry and math.isfinite(self._entry_seconds)
        stands = timedelta(seconds=self._entry_seconds) if ends else timedelta.max
        if stood <= stands:
            paper = await self._try(book, paper, order, at) or paper
        if stood >= stands and paper.state in WAITING:
            paper = await _say(book, paper, OrderState.CANCELLED, at, reason="unfilled")
        return paper is not before

    async def _try(self, book: PaperBook, paper: PaperOrder, order: Order, at: datetime) -> PaperOrder | None:
        """Return the order as it is when something came of it, None when it waits on."""
        if not self._behaviour.fills:
            return None
        part = self._behaviour.next_part(order.quantity, paper.filled)
        match self._rules.outcome(order, self._market, at, filled=paper.filled, quantity=part):
            case OrderFilled(fill=fill):
                return await _fill(book, paper, order, fill)
            case OrderEnded(reason=reason):
                return await _say(book, paper, OrderState.CANCELLED, at, reason=reason)
            case None:
                return None

    def _passed(self, at: datetime) -> datetime:
        """Return the latest moment that it has been told of, now that it is `at` too."""
        self._now = at if self._now is None else max(self._now, at)
        return self._now

    def _is_due(self, report: Report) -> bool:
        latency = self._behaviour.latency_seconds
        return not latency or (self._now is not None and report.at + timedelta(seconds=latency) <= self._now)

    async def _is_outlived(self, book: PaperBook) -> bool:
        """Has an engine with a higher epoch come since something was last brought here?"""
        return self._epoch is not None and await book.epoch() > self._epoch


async def _require_newest(book: PaperBook, epoch: int) -> None:
    """Note the epoch of an engine. Raises LostLease when one of a higher epoch has come before."""
    highest = await book.epoch()
    if epoch < highest:
        raise LostLease(f"an engine of epoch {epoch} comes, and the broker has seen {highest}")
    if epoch > highest:
        await book.set_epoch(epoch)


async def _cancel(book: PaperBook, client_order_id: str, at: datetime) -> None:
    """End what waits. An order that never came is ended too: whoever called it back must be able to rely on that."""
    paper = await book.order(client_order_id)
    if paper is None:
        paper = PaperOrder(client_order_id=client_order_id, brought_at=at, state=OrderState.SUBMITTED)
    elif paper.state not in WAITING:
        return
    await _say(book, paper, OrderState.CANCELLED, at, reason="cancelled")


async def _split(book: PaperBook, errand: Errand) -> None:
    """Make new shares of old ones, once: what is left of a share is paid out, which is not for here."""
    name = f"split:{errand.subject}:{errand.at.isoformat()}"
    if errand.ratio is None:
        raise BrokenInvariant(f"errand {errand.errand_id} brings a split without its ratio")
    if await book.order(name) is not None:
        return
    held = (await book.positions()).get(errand.subject, 0)
    await book.put_order(PaperOrder(client_order_id=name, brought_at=errand.at, state=OrderState.FILLED))
    await book.move_shares(errand.subject, math.floor(held * errand.ratio) - held)


async def _fill(book: PaperBook, paper: PaperOrder, order: Order, fill: Fill) -> PaperOrder:
    done = paper.filled + fill.quantity == order.quantity
    state = OrderState.FILLED if done else OrderState.PARTIALLY_FILLED
    await book.move_shares(fill.ticker, fill.quantity if fill.side is OrderSide.BUY else -fill.quantity)
    return await _say(book, paper, state, fill.at, quantity=fill.quantity, price=fill.price, commission=fill.commission)


async def _say(
    book: PaperBook,
    paper: PaperOrder,
    state: OrderState,
    at: datetime,
    *,
    quantity: int = 0,
    price: Money = 0,
    commission: Money = 0,
    reason: str = "",
) -> PaperOrder:
    after = replace(paper, state=advance(paper.state, state), filled=paper.filled + quantity, reports=paper.reports + 1)
    await book.put_order(after)
    await book.say(
        OrderReport(
            client_order_id=after.client_order_id,
            number=after.reports,
            state=after.state,
            at=at,
            filled=after.filled,
            quantity=quantity,
            price=price,
            commission=commission,
            reason=reason,
        )
    )
    return after


def _is_of_another_day(brought_at: datetime, at: datetime) -> bool:
    """Is the session over in which it was brought? None of the exchange reaches over midnight UTC."""
    return brought_at.astimezone(UTC).date() < at.astimezone(UTC).date()
