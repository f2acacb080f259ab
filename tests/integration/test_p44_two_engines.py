"""Property 44 on PostgreSQL: an engine that stood still for longer than its lease has nothing executed any more.

Two whole engines, each a process, share an account. The first is stopped with orders under way, also in the middle of a
transaction; the second takes over; the first wakes, while the second is at work or after it. A note that the
database takes of each change of the broker's orders says by whom it was, and under which epoch.

`STONKS_TAKEOVERS=100` plays a hundred rounds.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from random import Random
from statistics import median
from typing import Any

import asyncpg
import pytest

from storage.postgres_reader import PostgresLiveReader
from tests.support import postgres
from tests.support.killed_engine import busy_world, opened
from tests.support.leading_engine import DAYS, IN_TRANSACTION, Wish
from tests.support.once import require_once
from tests.support.two_engines import FIRST, PLACES, SECOND, Floor, a_floor, take_over

IS_LONG = "STONKS_TAKEOVERS" in os.environ
ROUNDS = int(os.environ.get("STONKS_TAKEOVERS", "3"))
SEED = 20240124
LEASE_SECONDS = 2.0
STUCK = "&idle_in_transaction_timeout=0.8"
MINUTES_APART = 420.0
NOTES = """
CREATE TABLE public.changed (who text, epoch bigint, subject text);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO public.changed
    SELECT current_setting('application_name'), epoch, NEW.client_order_id FROM stonks_paper.paper_epoch;
    RETURN NEW;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON stonks_paper.paper_orders FOR EACH ROW EXECUTE FUNCTION public.note();
"""


@pytest.fixture(scope="module")
def floor() -> Iterator[Floor]:
    """A floor for engines."""
    with a_floor() as floor:
        yield floor


async def take_notes(url: str) -> None:
    """Have the database note each change of an order of the broker's."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(NOTES)
    finally:
        await connection.close()


async def changes(url: str) -> Counter[tuple[str, int]]:
    """Return how many changes there were, by who made them and under which epoch."""
    connection = await asyncpg.connect(url)
    try:
        return Counter({(w, e): n for w, e, n in await connection.fetch(
            "SELECT who, epoch, count(*) FROM public.changed GROUP BY who, epoch"
        )})  # fmt: skip
    finally:
        await connection.close()


async def require_all_is_well(url: str, seed: int) -> None:
    """Fail unless account and broker say the same, and of everything once."""
    world = busy_world(seed, days=DAYS)
    async with opened(url, world) as (store, memory, database):
        await require_once(world, store, memory, PostgresLiveReader(database))


def play(floor: Floor, url: str, seed: int, place: str, number: int, *, is_late: bool, shift: float = 0.0) -> float:
    """Play one round; return the seconds that the takeover took."""
    asyncio.run(take_notes(url))
    about: dict[str, Any] = {"url": url + STUCK, "seed": seed, "lease_seconds": LEASE_SECONDS}
    first = Wish(name=FIRST, place=place, number=number, **about)
    seconds = take_over(floor, first, Wish(name=SECOND, shift_seconds=shift, **about))
    assert seconds is not None
    if is_late:
        floor.hear(SECOND, "done")
    floor.go_on(FIRST)
    floor.hear(FIRST, "lost")
    floor.hear(FIRST, "done")
    floor.hear(SECOND, "done")
    made = asyncio.run(changes(url))
    assert made[FIRST, 1]
    assert made[SECOND, 2]
    assert {key for key in made if key not in {(FIRST, 1), (SECOND, 2)}} == set()
    asyncio.run(require_all_is_well(url, seed))
    return seconds


@pytest.mark.timeout(7200 if IS_LONG else 120)
def test_p44_an_engine_that_wakes_after_its_lease_has_nothing_executed(floor: Floor) -> None:
    rng, took = Random(SEED), []
    for number in range(ROUNDS):
        with postgres.fresh_url() as url:
            place = list(PLACES)[number % len(PLACES)]
            took.append(play(floor, url, SEED + number, place, rng.randint(*PLACES[place]), is_late=number % 2 == 1))
    print(f"{ROUNDS} takeovers, lease {LEASE_SECONDS} s: p50 {median(took):.2f} s, worst {max(took):.2f} s")
    assert min(took) > LEASE_SECONDS / 2


@pytest.mark.lengthy
@pytest.mark.timeout(120)
@pytest.mark.parametrize("shift", [MINUTES_APART, -MINUTES_APART] if IS_LONG else [-MINUTES_APART])
def test_p44_clocks_that_are_minutes_apart_neither_hasten_nor_delay_a_takeover(floor: Floor, shift: float) -> None:
    with postgres.fresh_url() as url:
        took = play(floor, url, SEED, IN_TRANSACTION, 100, is_late=False, shift=shift)
    assert LEASE_SECONDS / 2 < took < MINUTES_APART / 4
