"""Faulty broker: a broker, and the world between it and the engine.

What is brought may get lost, on the way there or on the way back; what is said may come late, twice, in another order,
or not until somebody asks.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from engine.errors import Unavailable
from engine.live_ports import Broker
from engine.model.live import Errand, OrderReport, Report
from engine.model.market import Market

MOST_CALLS_LATE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often things go wrong, each as a probability.

    `lost_pct`: an errand does not reach the broker, and whoever brings it is told so; `unsure_pct`: it does, and they
    are told that it does not. `silent_pct`: nothing is heard of an order until it is asked about. `late_pct`: a report
    comes one to three calls later; `twice_pct`: it comes again with one of the next calls, or with the same.
    `shuffled_pct`: what comes at once comes in any order.
    """

    lost_pct: float = 0.0
    unsure_pct: float = 0.0
    silent_pct: float = 0.0
    late_pct: float = 0.0
    twice_pct: float = 0.0
    shuffled_pct: float = 0.0


ALL_FAULTS = Faults(lost_pct=0.2, unsure_pct=0.2, silent_pct=0.2, late_pct=0.3, twice_pct=0.3, shuffled_pct=0.5)


class FaultyBroker:
    """A `Broker` that misbehaves: the same for the same seed and calls. Errors of the broker itself come through."""

    def __init__(self, broker: Broker, faults: Faults = ALL_FAULTS, *, seed: int = 0) -> None:
        self._broker = broker
        self._faults = faults
        self._rng = Random(seed)
        self._silent: dict[str, bool] = {}
        self._held: list[tuple[int, Report]] = []

    @property
    def news(self) -> asyncio.Event | None:
        """See `Broker.news`."""
        return self._broker.news

    async def serve(self, epoch: int) -> None:
        """See `Broker.serve`."""
        if self._happens(self._faults.lost_pct):
            raise Unavailable("nobody answers")
        await self._broker.serve(epoch)

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`."""
        if self._happens(self._faults.lost_pct):
            raise Unavailable(f"errand {errand.errand_id} did not arrive")
        await self._broker.bring(errand, epoch)
        if self._happens(self._faults.unsure_pct):
            raise Unavailable(f"nobody answered errand {errand.errand_id}")

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`."""
        self._held = [(calls - 1, report) for calls, report in self._held]
        for report in await self._broker.reports():
            if isinstance(report, OrderReport) and self._is_silent(report.client_order_id):
                continue
            late = self._rng.randint(1, MOST_CALLS_LATE) if self._happens(self._faults.late_pct) else 0
            self._held.append((late, report))
            if self._happens(self._faults.twice_pct):
                self._held.append((late + self._rng.randint(0, MOST_CALLS_LATE), report))
        due = [report for calls, report in self._held if calls <= 0]
        self._held = [(calls, report) for calls, report in self._held if calls > 0]
        if self._happens(self._faults.shuffled_pct):
            self._rng.shuffle(due)
        return due

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """See `Broker.reports_on`: nobody is silent any more who was asked."""
        self._silent[client_order_id] = False
        return await self._broker.reports_on(client_order_id)

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        return await self._broker.positions()

    async def market_shown(self, market: Market | None) -> None:
        """See `Broker.market_shown`."""
        await self._broker.market_shown(market)

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """See `Broker.prices_changed`."""
        await self._broker.prices_changed(market, at)

    def _is_silent(self, client_order_id: str) -> bool:
        if client_order_id not in self._silent:
            self._silent[client_order_id] = self._happens(self._faults.silent_pct)
        return self._silent[client_order_id]

    def _happens(self, probability: float) -> bool:
        return self._rng.random() < probability
