"""In memory: what other programs may read of an engine, where there are none. Answers as `redis_coordination` does."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.coordination import (
    DECISIONS_KEPT,
    HOUR_SECONDS,
    MARKED_SECONDS,
    Told,
    Written,
    breaker_name,
    breaker_text,
    seconds_left,
)
from engine.model.breakers import BreakerEvent
from engine.model.notifications import NotificationChannel


class InMemoryCoordination:
    """A `Coordination` (engine/coordination.py) for what is embedded in one process, and for tests."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, float | None]] = {}
        self._shown: list[str] = []
        self._decisions: list[str] = []
        self._written: Written | None = None
        self._is_asked, self._is_marked = False, False

    async def mark(self, recommendation_id: str) -> bool:
        """See `Coordination.mark`."""
        is_new = not await self.is_marked(recommendation_id)
        if is_new:
            self._keep(f"mark {recommendation_id}", "1", MARKED_SECONDS)
        return is_new

    async def is_marked(self, recommendation_id: str) -> bool:
        """See `Coordination.is_marked`."""
        return self._found(f"mark {recommendation_id}") is not None

    async def show_breakers(self, breakers: Sequence[BreakerEvent], at: datetime) -> None:
        """See `Coordination.show_breakers`."""
        for name in self._shown:
            self._kept.pop(f"breaker {name}", None)
        self._shown = []
        for breaker in breakers:
            left, name = seconds_left(breaker, at), breaker_name(breaker)
            if left is None or left > 0:
                self._keep(f"breaker {name}", breaker_text(breaker), left)
                self._shown.append(name)

    async def breakers(self) -> Mapping[str, str]:
        """See `Coordination.breakers`."""
        found = {name: self._found(f"breaker {name}") for name in self._shown}
        return {name: text for name, text in found.items() if text is not None}

    async def show_notifications(self, counts: Mapping[NotificationChannel, int]) -> None:
        """See `Coordination.show_notifications`."""
        for channel, count in counts.items():
            self._keep(f"notifications {channel}", str(count), HOUR_SECONDS)

    async def notifications(self, channel: NotificationChannel) -> int:
        """See `Coordination.notifications`."""
        return int(self._found(f"notifications {channel}") or 0)

    async def publish(self, decisions: Sequence[Told], written: Written) -> None:
        """See `Coordination.publish`."""
        for decision in decisions:
            if decision.recommendation_id:
                await self.mark(decision.recommendation_id)
        newest_first = [decision.text for decision in reversed(decisions)]
        self._decisions = [*newest_first, *self._decisions][:DECISIONS_KEPT]
        self._written = written

    async def written(self) -> Written | None:
        """See `Coordination.written`."""
        return self._written

    async def was_emptied(self) -> bool:
        """See `Coordination.was_emptied`."""
        was = self._is_asked and not self._is_marked
        self._is_asked = self._is_marked = True
        return was

    async def decisions(self, limit: int = 100) -> Sequence[str]:
        """See `Coordination.decisions`."""
        return self._decisions[:limit]

    def empty(self) -> None:
        """Lose everything, as a server does that is flushed."""
        self._kept, self._shown, self._decisions, self._written = {}, [], [], None
        self._is_marked = False

    def _keep(self, name: str, text: str, seconds: float | None) -> None:
        self._kept[name] = (text, None if seconds is None else asyncio.get_running_loop().time() + seconds)

    def _found(self, name: str) -> str | None:
        text, until = self._kept.get(name, (None, None))
        return text if until is None or until > asyncio.get_running_loop().time() else None
