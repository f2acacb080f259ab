"""Broker line: what is still to be brought to the broker, and does it answer?

Errands leave in their order. When the broker does not answer, they wait, and are brought again at the next look: it
knows what it has had. Nothing that was kept is ever dropped.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from engine.errors import Unavailable, Unsupported
from engine.live_ports import Broker, LiveStore
from engine.model.live import Errand, OrderReport, Report
from engine.model.market import Market


class BrokerLine:
    """The way to the broker, as it is for one engine of an epoch. `trouble` says why it is cut, if it is.

    `cannot` says what the broker is asked and will never answer.
    """

    def __init__(self, broker: Broker, store: LiveStore, epoch: int, waiting: Sequence[Errand]) -> None:
        self.trouble = ""
        self.cannot = ""
        self._broker = broker
        self._store = store
        self._epoch = epoch
        self._waiting = list(waiting)
        self._unheard: list[Report] = []

    @property
    def waiting(self) -> tuple[Errand, ...]:
        """The errands that the broker does not have for sure, in their order."""
        return tuple(self._waiting)

    @property
    def news(self) -> asyncio.Event | None:
        """See `Broker.news`."""
        return self._broker.news

    async def announce(self) -> None:
        """Have the broker know whose errands come from now on, so that it takes none of an engine before."""
        try:
            await self._broker.serve(self._epoch)
        except Unavailable as error:
            self.trouble = error.message
        else:
            self.trouble = ""

    def add(self, errands: Sequence[Errand]) -> None:
        """Note errands that were kept, and are to be brought."""
        self._waiting += errands

    async def try_again(self) -> bool:
        """See whether the broker answers again on a cut line; return whether it does."""
        if not self.trouble:
            return False
        await self.announce()
        return not self.trouble

    async def bring(self, errand: Errand) -> bool:
        """Bring one of the errands that wait; return whether it has arrived. On a cut line it is not tried.

        When it cannot be noted that it has, it goes on waiting: it is brought again then, which does no harm.
        """
        if self.trouble or errand not in self._waiting:
            return False
        try:
            await self._broker.bring(errand, self._epoch)
        except Unavailable as error:
            self.trouble = error.message
            return False
        with suppress(Unavailable):
            await self._store.brought(errand.errand_id)
            self._waiting.remove(errand)
        return True

    async def reports(self) -> Sequence[Report]:
        """Return what the broker has said, first what was put back; nothing else on a cut line."""
        if self._unheard:
            unheard, self._unheard = self._unheard, []
            return unheard
        if self.trouble:
            return ()
        try:
            return await self._broker.reports()
        except Unavailable as error:
            self.trouble = error.message
            return ()

    def put_back(self, reports: Sequence[Report]) -> None:
        """Have what could not be heard be said again."""
        self._unheard = [*reports, *self._unheard]

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport]:
        """Return what was ever said of an order; nothing when the broker has never seen it, or on a cut line."""
        if self.trouble:
            return ()
        try:
            return await self._broker.reports_on(client_order_id) or ()
        except Unavailable as error:
            self._note(error)
            return ()

    async def positions(self) -> Mapping[str, int] | None:
        """Return the shares that the broker holds, by ticker; None on a cut line."""
        if self.trouble:
            return None
        try:
            return await self._broker.positions()
        except Unavailable as error:
            self._note(error)
            return None

    def _note(self, error: Unavailable) -> None:
        if isinstance(error, Unsupported):
            self.cannot = error.message
        else:
            self.trouble = error.message

    async def show(self, market: Market | None) -> None:
        """Show a broker that trades on paper what the market shows from now on; None: it is closed."""
        await self._broker.market_shown(market)

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """Tell a broker that trades on paper that what waits for a price may have one now."""
        await self._broker.prices_changed(market, at)
