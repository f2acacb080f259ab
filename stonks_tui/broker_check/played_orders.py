"""Played orders: what does the check buy, how far does that come, and how is it put back?"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from engine.broking.messages import Answer, Job, JobKind, JobRefused
from engine.model.live import OrderReport
from engine.model.orders import TRANSITIONS, Order, OrderSide, OrderState, OrderTag, OrderType, TimeInForce
from stonks_tui.broker_check.findings import NotHeld, NotShown
from stonks_tui.broker_check.played_engine import PlayedEngine, said_of

_STANDS = timedelta(minutes=5)
"""An order of a check is good for so long: clocks may differ, and what a queue has held up is not to be executed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """The one order that is meant to be executed: the shares held `before` it and `after`, None when nobody can say."""

    job: Job
    before: int | None
    after: int | None

    @property
    def order_id(self) -> str:
        """Its `client_order_id`."""
        return self.job.client_order_id


@dataclass(slots=True)
class PlayedOrders:
    """The orders of one run of the checks."""

    engine: PlayedEngine
    _sent: list[Order] = field(default_factory=list)
    _purchase: Purchase | None = None
    _why_none: str = ""

    def buying(self, **fields: Any) -> Job:
        """Return a job for a new entry, other than usual in what `fields` name; of its order too."""
        of_order = {name: fields.pop(name) for name in ("quantity", "limit_price") if name in fields}
        return self._ordering(_entry(self.engine, fields.pop("client_order_id", ""), **of_order), **fields)

    async def purchase(self) -> Purchase:
        """Return the purchase, made when it is asked for first.

        Raises NotHeld when it is not answered as an order, and NotShown ever after: it is not tried again.
        """
        if self._why_none:
            raise NotShown(f"the purchase was not made: {self._why_none}")
        if self._purchase is None:
            try:
                self._purchase = await self._bought()
            except NotHeld as error:
                self._why_none = error.message
                raise
        return self._purchase

    async def place(self, job: Job) -> Answer:
        """Send an order and return the first answer to it."""
        self.note(job)
        return await self.engine.ask(job)

    def note(self, job: Job) -> None:
        """Know of an order that is sent, so that it is put back in the end."""
        if job.order is not None:
            self._sent.append(job.order)

    async def cancel(self, client_order_id: str) -> Answer:
        """Call an order back and return the first answer to that."""
        return await self.engine.ask(self.engine.job(JobKind.CANCEL, client_order_id=client_order_id))

    async def end_of(self, client_order_id: str, seconds: float | None = None) -> OrderReport | None:
        """Return the last report of an order once it has ended, None when it has not in time."""

        def ended() -> OrderReport | None:
            reports = self.engine.reports(client_order_id)
            return next((report for report in reports if is_ended(report.state)), None)

        return await self.engine.hear_until(ended, seconds)

    def is_buying(self) -> bool:
        """May something of the purchase still be executed?"""
        return self._purchase is not None and not self._has_ended(self._purchase.order_id)

    def filled(self, client_order_id: str) -> int:
        """Return how many shares of an order were reported as executed."""
        return max((report.filled for report in self.engine.reports(client_order_id)), default=0)

    def require_filled(self, purchase: Purchase) -> None:
        """Raise NotShown unless the purchase was executed, as far as it ever will be."""
        if self.filled(purchase.order_id):
            if self.is_buying():
                raise NotShown("the purchase is executed in part and goes on: --fill-wait was too short for it")
            return
        last = next(reversed(self.engine.reports(purchase.order_id)), None)
        how = f"is {last.state}{f' ({last.reason})' if last.reason else ''}" if last else "has no report"
        raise NotShown(f"the purchase {how} and nothing of it was executed: is the market open?")

    async def require_nothing_came_of(self, client_order_id: str) -> None:
        """Raise NotHeld when something of an order was executed, or when the broker keeps it as one that may yet be."""
        try:
            history = await self.engine.history(client_order_id)
        except NotShown:
            history = self.engine.reports(client_order_id)
        if not history:
            return
        if history[-1].filled:
            raise NotHeld(f"{history[-1].filled} shares of {client_order_id} were executed all the same")
        if not is_ended(history[-1].state):
            raise NotHeld(f"{client_order_id} is {history[-1].state}: it may be executed yet")

    async def put_back(self) -> str:
        """Call back what still waits and sell what was bought; return in words what stays behind, else nothing."""
        for order_id in {order.client_order_id: None for order in self._sent}:
            if not self._has_ended(order_id):
                await self.cancel(order_id)
                await self.end_of(order_id)
        bought = sum(self.filled(order_id) for order_id in {order.client_order_id for order in self._sent})
        if not bought:
            return ""
        sale = self._ordering(_sale(self.engine, bought))
        await self.engine.ask(sale)
        await self.end_of(sale.client_order_id, self.engine.terms.fill_wait)
        left = bought - self.filled(sale.client_order_id)
        return f"{left} shares of {self.engine.terms.ticker} that were bought are not sold again" if left else ""

    def _has_ended(self, client_order_id: str) -> bool:
        return any(is_ended(report.state) for report in self.engine.reports(client_order_id))

    async def _bought(self) -> Purchase:
        before, job = await self._shares(), self.buying()
        answer = await self.place(job)
        if isinstance(answer, JobRefused):
            raise NotHeld(f"an order is {said_of(answer)}")
        await self.end_of(job.client_order_id, self.engine.terms.fill_wait)
        return Purchase(job=job, before=before, after=await self._shares())

    async def _shares(self) -> int | None:
        try:
            return await self.engine.shares()
        except NotShown:
            return None

    def _ordering(self, order: Order, **fields: Any) -> Job:
        usual: dict[str, Any] = {"good_until": self.engine.now() + _STANDS}
        about = {"client_order_id": order.client_order_id, "ticker": order.ticker, "order": order}
        return self.engine.job(JobKind.ORDER, **usual | about | fields)


def same_again(job: Job, **fields: Any) -> Job:
    """Return the job once more, under its own id, with another order when `fields` say so."""
    return replace(job, order=replace(job.order, **fields)) if job.order is not None else job


def _entry(engine: PlayedEngine, order_id: str, **fields: Any) -> Order:
    decision = engine.new_id()
    usual: dict[str, Any] = {
        "client_order_id": order_id or f"{decision}-1-1",
        "decision_id": decision,
        "recommendation_id": None,
        "ticker": engine.terms.ticker,
        "side": OrderSide.BUY,
        "quantity": engine.terms.quantity,
        "order_type": OrderType.LIMIT,
        "limit_price": engine.terms.price_limit,
        "time_in_force": TimeInForce.DAY,
        "tag": OrderTag.ENTRY,
        "created_at": engine.now(),
    }
    return Order(**usual | fields)


def _sale(engine: PlayedEngine, quantity: int) -> Order:
    sale = {"side": OrderSide.SELL, "order_type": OrderType.MARKET, "limit_price": None, "tag": OrderTag.MANUAL}
    return _entry(engine, "", quantity=quantity, **sale)


def is_ended(state: OrderState) -> bool:
    """Is there nothing that may follow?"""
    return not TRANSITIONS[state]
