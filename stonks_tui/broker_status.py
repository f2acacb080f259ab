"""Broker status: does somebody take orders from the queue, how much waits there, and what could nobody use?

The same for whoever runs the broker and for whoever runs the engine; each asks with the address that is theirs.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from engine.broking.queue import dead_words
from engine.errors import StonksError
from stonks_tui import broker_dead
from stonks_tui.broker_presence import BrokerLife, life_of
from storage import redis_keys
from storage.redis_address import RedisAddress
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue

ANSWERED_SECONDS = 3.0
"""A queue that says nothing for so long does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerStatus:
    """How it stands at `where`: `life` is None when nobody takes orders; `trouble` says why nothing is known."""

    where: str
    life: BrokerLife | None = None
    waiting: int = 0
    dead: int = 0
    trouble: str = ""

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong, in words."""
        if self.trouble:
            return (self.trouble,)
        found = []
        if self.life is None:
            behind = f"; {_counted(self.waiting, 'job')} waiting" if self.waiting else ""
            found.append(f"no broker takes orders from the queue{behind}: stonks broker starts one")
        elif self.life.prices:
            found.append(f"the broker has no prices: {self.life.prices}")
        if self.dead:
            found.append(dead_words(self.dead))
        return tuple(found)

    @property
    def words(self) -> str:
        """All of it in a line, but for the troubles."""
        if self.trouble or self.life is None:
            return f"broker behind the queue, {self.where}"
        life = self.life
        since = f" since {life.since.replace('T', ' ').replace('Z', ' UTC')}" if life.since else ""
        account = f", account {life.account}" if life.account else ", of no account yet"
        return f"broker {life.owner}{since}{account}, {self.where}, {_counted(self.waiting, 'job')} waiting"

    def as_plain(self) -> dict[str, Any]:
        """Return it for JSON."""
        life = self.life
        shown = life and {
            "owner": life.owner,
            "account": life.account,
            "mode": life.mode,
            "version": life.version,
            "epoch": life.epoch,
            "since": life.since,
            "prices": life.prices,
        }
        return {
            "where": self.where,
            "broker": shown,
            "waiting": self.waiting,
            "dead": self.dead,
            "troubles": list(self.troubles),
        }


async def read(address: RedisAddress) -> BrokerStatus:
    """Return how the broker behind the queue at `address` stands. A queue that does not answer is a trouble."""
    try:
        async with asyncio.timeout(ANSWERED_SECONDS), RedisLink.open(address) as link:
            words = await RedisQueue(link, redis_keys.BROKER_ORDERS).life()
            waiting, dead = await broker_dead.counts(link)
    except TimeoutError:
        return BrokerStatus(where=str(address), trouble=f"{address} does not answer")
    except StonksError as error:
        return BrokerStatus(where=str(address), trouble=error.message)
    return BrokerStatus(where=str(address), life=life_of(words) if words else None, waiting=waiting, dead=dead)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
