"""Redis queue: how is a queue kept in two lists, so that what was taken is in one of them until it is done?

    LPUSH ─▶ name ─BLMOVE▶ name:taken ─▶ LREM
                                  └────▶ LREM and LPUSH name:refused

Commands of Redis 6.2 and nothing newer. A server that is flushed, or comes back without what it held, has lost the key
`name:mark` too, which is how it is seen.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from engine.broking.queue import Refused
from engine.errors import BadInput, Unavailable
from storage import redis_keys
from storage.redis_link import Command, RedisLink

TAKEN_AT_ONCE = 200
REFUSED_KEPT = 1_000
_LETTERS_KEPT = 20_000
"""Of a message that is kept apart."""


class RedisQueue:
    """A `Queue` (engine/broking/queue.py): `name` is one of the queues of `redis_keys`."""

    def __init__(self, link: RedisLink, name: str) -> None:
        self._link = link
        self._name = link.key(name)
        self._taken, self._refused = redis_keys.taken(self._name), redis_keys.refused(self._name)
        self._life, self._mark = redis_keys.life(self._name), redis_keys.mark(self._name)
        self._marked: str | None = None

    async def send(self, *messages: str) -> None:
        """See `Queue.send`."""
        if messages:
            await self._all(("LPUSH", self._name, *map(_bytes, messages)))

    async def send_once(self, message: str) -> None:
        """See `Queue.send_once`. There is to be one sender: two might both find that it is not there."""
        asked = [("LPOS", where, _bytes(message)) for where in (self._name, self._taken)]
        if await self._all(*asked, whole=True) == [None, None]:
            await self.send(message)

    async def take(self, seconds: float) -> Sequence[str]:
        """See `Queue.take`. At most TAKEN_AT_ONCE."""
        move = (self._name, self._taken, "RIGHT", "LEFT")
        first = ("BLMOVE", *move, f"{seconds:.3f}") if seconds >= 0.001 else ("LMOVE", *move)
        with _Queues():
            message, more = await self._link.wait(seconds, first, ("LLEN", self._name))
        if message is None:
            return ()
        others = [("LMOVE", *move)] * min(more, TAKEN_AT_ONCE - 1)
        return [message, *(other for other in await self._all(*others) if other is not None)]

    async def left(self) -> Sequence[str]:
        """See `Queue.left`."""
        (left,) = await self._all(("LRANGE", self._taken, 0, -1))
        return list(reversed(left))

    async def done(self, *messages: str) -> None:
        """See `Queue.done`."""
        await self._all(*(("LREM", self._taken, -1, _bytes(message)) for message in messages))

    async def refuse(self, message: str, reason: str) -> None:
        """See `Queue.refuse`. The last REFUSED_KEPT are kept, with the moment by the server's clock."""
        ((seconds, _),) = await self._all(("TIME",))
        at = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
        kept = {"message": message[:_LETTERS_KEPT], "reason": reason, "at": at}
        await self._all(
            ("LREM", self._taken, -1, _bytes(message)),
            ("LPUSH", self._refused, json.dumps(kept)),
            ("LTRIM", self._refused, 0, REFUSED_KEPT - 1),
            whole=True,
        )

    async def refused(self) -> Sequence[Refused]:
        """See `Queue.refused`."""
        (kept,) = await self._all(("LRANGE", self._refused, 0, -1))
        return [_refused(text) for text in reversed(kept)]

    async def kept_apart(self) -> int:
        """See `Queue.kept_apart`."""
        (count,) = await self._all(("LLEN", self._refused))
        return int(count)

    async def waiting(self) -> int:
        """See `Queue.waiting`."""
        (count,) = await self._all(("LLEN", self._name))
        return int(count)

    async def was_emptied(self) -> bool:
        """See `Queue.was_emptied`."""
        mark = ("SET", self._mark, secrets.token_hex(8), "NX")
        _, found = await self._all(mark, ("GET", self._mark), whole=True)
        before, self._marked = self._marked, found
        return before is not None and before != found

    async def show_life(self, words: str, seconds: float) -> None:
        """See `Queue.show_life`."""
        await self._all(("SET", self._life, _bytes(words), "PX", max(1, round(1_000 * seconds))))

    async def life(self) -> str | None:
        """See `Queue.life`."""
        (words,) = await self._all(("GET", self._life))
        return None if words is None else str(words)

    async def _all(self, *commands: Command, whole: bool = False) -> list[Any]:
        if not commands:
            return []
        with _Queues():
            return await self._link.ask_all(*commands, whole=whole)


class _Queues:
    """Whoever uses a queue waits until it can be used: a login that is refused is mended by somebody, too."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BadInput):
            raise Unavailable(error.message, hint=error.hint) from None


def _bytes(text: str) -> bytes:
    """Return `text` as it came; what is no text in any coding, and could not be sent, becomes question marks."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _refused(text: str) -> Refused:
    try:
        kept = json.loads(text)
        return Refused(message=str(kept["message"]), reason=str(kept["reason"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Refused(message=text, reason="not kept apart by this program")
