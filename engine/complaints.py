"""Complaints: what is wrong with an engine, told to its core once when it begins and once when it is over?"""

from contextlib import suppress

from engine.decision.events import FaultNoticed
from engine.errors import Unavailable
from engine.live_ports import Clock
from engine.model.notices import NoticeKind
from engine.trader import Trader


class Complaints:
    """What is wrong at the moment, in words by kind (`troubles`). It is told as turns of `trader`."""

    def __init__(self, trader: Trader, clock: Clock) -> None:
        self.troubles: dict[NoticeKind, str] = {}
        self._trader = trader
        self._clock = clock
        self._untold: list[FaultNoticed] = []

    async def begins(
        self, kind: NoticeKind, words: str, value: float | None = None, *, unexplained: bool = False
    ) -> None:
        """Note what is wrong; tell it if it was not noted before."""
        is_new = kind not in self.troubles
        self.troubles[kind] = words
        if is_new:
            await self.tell(kind, value=value, note=words, unexplained=unexplained)

    async def is_over(self, kind: NoticeKind, told: NoticeKind) -> None:
        """Tell as `told` that it is over, if it was noted."""
        if self.troubles.pop(kind, None) is not None:
            await self.tell(told)

    async def tell(
        self,
        kind: NoticeKind,
        *,
        value: float | None = None,
        limit: float | None = None,
        note: str = "",
        unexplained: bool = False,
    ) -> None:
        """Tell it now, or with `tell_rest` when it cannot be kept."""
        at = self._clock.now()
        self._untold.append(
            FaultNoticed(at=at, kind=kind, value=value, limit=limit, note=note, unexplained=unexplained)
        )
        with suppress(Unavailable):
            await self.tell_rest()

    async def tell_rest(self) -> None:
        """Tell what was noticed and could not be kept. Raises Unavailable as long as it cannot."""
        while self._untold:
            first = self._untold.pop(0)
            try:
                await self._trader.take(first)
            except Unavailable:
                self._untold.insert(0, first)
                raise
