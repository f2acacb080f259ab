"""Redis coordination: under which keys do other programs find what an engine decided, and what stops it?

Each key is one of the plan's (`redis_keys`). What ends by itself has a time to live by the server's clock, so nothing
stays that an engine left which is no more, but for what only a person ends.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

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
from engine.errors import BadInput, Unavailable
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.notifications import NotificationChannel
from storage import redis_keys
from storage.redis_link import Command, RedisLink

_ENGINE_WIDE = tuple(trigger for trigger in CircuitBreakerTriggerType if trigger != "single_position")


class RedisCoordination:
    """A `Coordination` (engine/coordination.py) over `link`."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._decisions = link.key(redis_keys.TRADING_DECISIONS)
        self._written = link.key(redis_keys.written(redis_keys.TRADING_DECISIONS))
        self._mark_key = link.key(redis_keys.mark(redis_keys.TRADING_DECISIONS))
        self._marked: str | None = None
        self._shown = link.key(redis_keys.CIRCUIT_BREAKER)

    async def mark(self, recommendation_id: str) -> bool:
        """See `Coordination.mark`."""
        (was_set,) = await self._all(self._mark(recommendation_id))
        return was_set is not None

    async def is_marked(self, recommendation_id: str) -> bool:
        """See `Coordination.is_marked`."""
        (found,) = await self._all(("GET", self._link.key(redis_keys.dedupe(recommendation_id))))
        return found is not None

    async def show_breakers(self, breakers: Sequence[BreakerEvent], at: datetime) -> None:
        """See `Coordination.show_breakers`."""
        left = {breaker: seconds_left(breaker, at) for breaker in breakers}
        are_on = {breaker: seconds for breaker, seconds in left.items() if seconds is None or seconds > 0}
        shown = {*await self._names(), *_ENGINE_WIDE}
        names = sorted(map(breaker_name, are_on))
        await self._all(
            ("DEL", *map(self._breaker, sorted(shown))),
            *(self._set(self._breaker(breaker_name(b)), breaker_text(b), seconds) for b, seconds in are_on.items()),
            ("SET", self._shown, json.dumps(names)),
            whole=True,
        )

    async def breakers(self) -> Mapping[str, str]:
        """See `Coordination.breakers`."""
        names = await self._names()
        (texts,) = await self._all(("MGET", *map(self._breaker, names))) if names else ((),)
        return {name: text for name, text in zip(names, texts, strict=True) if text is not None}

    async def show_notifications(self, counts: Mapping[NotificationChannel, int]) -> None:
        """See `Coordination.show_notifications`."""
        await self._all(*(self._set(self._rate(channel), count, HOUR_SECONDS) for channel, count in counts.items()))

    async def notifications(self, channel: NotificationChannel) -> int:
        """See `Coordination.notifications`."""
        (count,) = await self._all(("GET", self._rate(channel)))
        return int(count) if count is not None and count.isdecimal() else 0

    async def publish(self, decisions: Sequence[Told], written: Written) -> None:
        """See `Coordination.publish`."""
        texts = [decision.text.encode("utf-8", "replace") for decision in decisions]
        pushed: list[Command] = [("LPUSH", self._decisions, *texts)] if texts else []
        place = {"account_id": written.account_id, "place": written.place, "last": written.last}
        await self._all(
            *pushed,
            ("LTRIM", self._decisions, 0, DECISIONS_KEPT - 1),
            *(self._mark(decision.recommendation_id) for decision in decisions if decision.recommendation_id),
            ("SET", self._written, json.dumps(place)),
            whole=True,
        )

    async def written(self) -> Written | None:
        """See `Coordination.written`."""
        (text,) = await self._all(("GET", self._written))
        try:
            return Written(**json.loads(text)) if text is not None else None
        except (ValueError, TypeError):
            return None  # somebody else's

    async def was_emptied(self) -> bool:
        """See `Coordination.was_emptied`."""
        _, found = await self._all(
            ("SET", self._mark_key, secrets.token_hex(8), "NX"), ("GET", self._mark_key), whole=True
        )
        before, self._marked = self._marked, found
        return before is not None and before != found

    async def decisions(self, limit: int = 100) -> Sequence[str]:
        """See `Coordination.decisions`."""
        (texts,) = await self._all(("LRANGE", self._decisions, 0, limit - 1))
        return list(texts)

    async def _names(self) -> list[str]:
        """Return which breakers were shown last: no server is searched for keys."""
        (text,) = await self._all(("GET", self._shown))
        try:
            return [str(name) for name in json.loads(text or "[]")]
        except (ValueError, TypeError):
            return []

    def _breaker(self, name: str) -> bytes:
        trigger, _, ticker = name.partition(":")
        return self._key(redis_keys.circuit_breaker(trigger, ticker))

    def _rate(self, channel: NotificationChannel) -> str:
        return self._link.key(redis_keys.notification_rate(channel))

    def _mark(self, recommendation_id: str) -> Command:
        return ("SET", self._key(redis_keys.dedupe(recommendation_id)), 1, "NX", "EX", MARKED_SECONDS)

    def _set(self, key: str | bytes, value: str | int, seconds: float | None) -> Command:
        ends = () if seconds is None else ("PX", max(1, round(1_000 * seconds)))
        return ("SET", key, value, *ends)

    def _key(self, name: str) -> bytes:
        return self._link.key(name).encode("utf-8", "replace")

    async def _all(self, *commands: Command, whole: bool = False) -> list[Any]:
        try:
            return await self._link.ask_all(*commands, whole=whole)
        except BadInput as error:  # who may not write there now may later
            raise Unavailable(error.message, hint=error.hint) from None
