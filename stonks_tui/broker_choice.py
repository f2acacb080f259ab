"""Broker choice: who executes what an engine orders, a broker on paper in its process or one behind a queue?"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from engine.broking.messages import AccountMode
from engine.broking.queue_broker import QueueBroker
from engine.live_ports import Broker, LiveStore
from stonks_tui import bootstrap
from stonks_tui.trading import Account, BrokerMade, World, on_paper
from storage.machine_lock import owner_here

if TYPE_CHECKING:
    from storage.redis_address import RedisAddress

SERVICE = "broker service behind the queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What keeps the account, and who executes; `end_lost_lease` as in `bootstrap.AccountBooks`."""

    account_id: str
    store: LiveStore
    broker: BrokerMade
    end_lost_lease: Callable[[], Awaitable[None]]


@asynccontextmanager
async def opened(data_dir: Path, account: Account, queue: "RedisAddress | None") -> AsyncIterator[Chosen]:
    """Give the account in `data_dir` with its broker: behind the queue in Redis, or on paper here if None.

    A broker behind a queue keeps its own books: none are made here.
    """
    if queue is None:
        async with bootstrap.open_account(data_dir, account.record()) as files:
            yield Chosen(
                account_id=files.store.account_id,
                store=files.store,
                broker=on_paper(files.memory),
                end_lost_lease=files.end_lost_lease,
            )
        return
    async with bootstrap.open_books(data_dir, account.record()) as books:
        yield Chosen(
            account_id=books.store.account_id,
            store=books.store,
            broker=behind_queue(queue, books.store.account_id),
            end_lost_lease=books.end_lost_lease,
        )


def behind_queue(address: "RedisAddress", account_id: str) -> BrokerMade:
    """Return what makes the broker of `account_id` that is behind the queue at `address`, for orders on paper."""

    @asynccontextmanager
    async def made(_account: Account, world: World) -> AsyncIterator[Broker]:
        from storage import redis_keys  # its library is not needed for a broker in this process
        from storage.redis_link import RedisLink
        from storage.redis_queue import RedisQueue

        rng = Random(owner_here())
        async with (
            RedisLink.open(address) as link,
            QueueBroker.open(
                RedisQueue(link, redis_keys.BROKER_ORDERS),
                RedisQueue(link, redis_keys.BROKER_RESULTS),
                account_id=account_id,
                mode=AccountMode.PAPER,
                now=world.clock.now,
                spread=lambda seconds: seconds * rng.uniform(0.5, 1.0),
            ) as broker,
        ):
            world.remarks.executes = SERVICE
            with world.remarks.of(broker.remark):
                yield broker

    return made
