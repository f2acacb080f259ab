"""Broker dead letters: which messages could nobody use, and what becomes of them?

Both directions: jobs that the broker service kept apart, and answers that an engine did. They are numbered, the oldest
first.
"""

import json
from dataclasses import dataclass

from engine.broking.queue import Refused
from engine.errors import BadInput, NotFound
from storage import redis_keys
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue

QUEUES = (redis_keys.BROKER_ORDERS, redis_keys.BROKER_RESULTS)
_CUT_AT = 20_000
"""Of a longer message only the beginning is kept, and that is not sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One of them: its `queue`, what is `kept` of it as it lies there, when that was, and what it says."""

    number: int
    queue: str
    kept: str
    at: str
    refused: Refused


async def letters(link: RedisLink) -> list[DeadLetter]:
    """Return all that is kept apart. Raises Unavailable."""
    found: list[tuple[str, str]] = []
    for queue in QUEUES:
        (kept,) = await link.ask_all(("LRANGE", redis_keys.refused(link.key(queue)), 0, -1))
        found += [(queue, text) for text in reversed(kept)]
    return [_letter(number, queue, text) for number, (queue, text) in enumerate(found, start=1)]


async def letter(link: RedisLink, number: int) -> DeadLetter:
    """Return the one of this `number`. Raises NotFound."""
    found = await letters(link)
    if not 1 <= number <= len(found):
        raise NotFound(f"there is no dead letter {number}", hint="stonks broker dead lists them")
    return found[number - 1]


async def send_again(link: RedisLink, dead: DeadLetter) -> None:
    """Have whoever takes from its queue look at it once more. Raises BadInput when not all of it is kept."""
    if len(dead.refused.message) >= _CUT_AT:
        raise BadInput(f"dead letter {dead.number} is not kept whole", hint="stonks broker dead --drop N forgets it")
    name = link.key(dead.queue)
    message = dead.refused.message.encode("utf-8", "surrogateescape")
    await _forget(link, dead, ("LPUSH", name, message))


async def drop(link: RedisLink, dead: DeadLetter) -> None:
    """Forget it."""
    await _forget(link, dead)


async def counts(link: RedisLink) -> tuple[int, int]:
    """Return how many jobs wait, and how many messages are kept apart. Raises Unavailable."""
    waiting = await RedisQueue(link, redis_keys.BROKER_ORDERS).waiting()
    dead = await link.ask_all(*(("LLEN", redis_keys.refused(link.key(queue))) for queue in QUEUES))
    return waiting, sum(map(int, dead))


async def _forget(link: RedisLink, dead: DeadLetter, *also: tuple[str | bytes, ...]) -> None:
    """Take it from where it lies, and do what is to be done `also`, all of it or nothing."""
    where = redis_keys.refused(link.key(dead.queue))
    await link.ask_all(("LREM", where, -1, dead.kept.encode("utf-8", "surrogateescape")), *also, whole=True)


def _letter(number: int, queue: str, kept: str) -> DeadLetter:
    try:
        said = json.loads(kept)
        refused, at = Refused(message=str(said["message"]), reason=str(said["reason"])), str(said.get("at", ""))
    except (ValueError, TypeError, KeyError, RecursionError):
        refused, at = Refused(message=kept, reason="not kept apart by this program"), ""
    return DeadLetter(number=number, queue=queue, kept=kept, at=at, refused=refused)
