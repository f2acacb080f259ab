"""Tables of somebody else's: rights that lack, locks, a connection that is lost, moments from the future."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from engine.errors import Unavailable
from storage import postgres_sources
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_tables import Question
from tests.support.gate import Gate
from tests.support.input_tables import OURS, Looking, said, tables_at, wanted
from tests.support.tapes import at, day


async def test_a_user_who_may_read_and_nothing_else_is_enough_and_nothing_is_ever_locked(
    url: str, owner: asyncpg.Connection
) -> None:
    await owner.execute(OURS)
    await reader_may(owner, "SELECT ON ALL TABLES IN SCHEMA public")
    await owner.execute("INSERT INTO quotes (ticker, price, at) VALUES ('AAA', 5, $1)", at(0, 1))
    try:
        with tables_at(url, user="stonks_reader") as tables:
            looking = Looking(tables)
            assert not await tables.problems()
            async with owner.transaction():  # whoever writes is not waited for
                await owner.execute("LOCK TABLE quotes IN EXCLUSIVE MODE")
                assert said(await looking.arrived(wanted(2))) == ["AAA 50000 14:31:00"]
            await postgres_sources.history(tables).facts(day(-5), day(-1))
            statistics = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
            assert await owner.fetchval(statistics) <= 1
            assert (
                await owner.fetchval(
                    "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND database IS NOT NULL"
                )
                == 0
            )
    finally:
        await owner.execute("DROP OWNED BY stonks_reader; DROP ROLE stonks_reader")


async def test_what_lacked_is_read_as_soon_as_it_is_there_though_others_looked_when_it_lacked(
    url: str, owner: asyncpg.Connection
) -> None:
    await owner.execute(OURS)
    await reader_may(owner, "SELECT ON quotes")

    def ask(layout: Layout) -> Question:
        return Question(sql=f"SELECT 1 FROM {layout.source}")

    try:
        with tables_at(url, user="stonks_reader") as tables:
            with pytest.raises(Unavailable, match="may not read"):
                await tables.rows("recommendations", ask, day(0))
            assert await tables.rows("quotes", ask, day(0))
            await owner.execute("GRANT SELECT ON recommendations TO stonks_reader")
            assert await tables.rows("recommendations", ask, day(0))
    finally:
        await owner.execute("DROP OWNED BY stonks_reader; DROP ROLE stonks_reader")


async def test_a_table_that_may_not_be_read_does_not_hold_up_the_others(url: str, owner: asyncpg.Connection) -> None:
    await owner.execute(OURS)
    await reader_may(owner, "SELECT ON ALL TABLES IN SCHEMA public")
    try:
        with tables_at(url, user="stonks_reader") as tables:
            looking = Looking(tables)
            await looking.arrived(wanted(1))
            await owner.execute("REVOKE SELECT ON recommendations FROM stonks_reader")
            await owner.execute("INSERT INTO quotes (ticker, price, at) VALUES ('AAA', 5, $1)", at(0, 1))
            assert said(await looking.arrived(wanted(2))) == ["AAA 50000 14:31:00"]
            (failed,) = looking.failed
            assert failed == "this user may not read recommendation_id of recommendations"
            await owner.execute("GRANT SELECT ON recommendations TO stonks_reader")
            await owner.execute(
                "INSERT INTO recommendations VALUES ('r', 'AAA', 'buy', 'paper_eligible', 0.9, $1)", at(0, 2)
            )
            assert said(await looking.arrived(wanted(3))) == ["r"]
            assert looking.failed == []
    finally:
        await owner.execute("DROP OWNED BY stonks_reader; DROP ROLE stonks_reader")


async def test_a_connection_that_is_lost_between_two_looks_is_unavailable_and_nothing_is_lost_or_told_twice(
    url: str, owner: asyncpg.Connection
) -> None:
    await owner.execute(OURS)
    await owner.execute("INSERT INTO quotes (ticker, price, at) VALUES ('AAA', 5, $1)", at(0, 1))
    parts = urlsplit(url)
    gate = Gate(parts.hostname or "", parts.port or 0)
    async with gate.opened() as port:
        through = urlunsplit(parts._replace(netloc=f"postgres@127.0.0.1:{port}"))
        with tables_at(through) as tables:
            looking = Looking(tables)
            assert said(await looking.arrived(wanted(2))) == ["AAA 50000 14:31:00"]
            await owner.execute("INSERT INTO quotes (ticker, price, at) VALUES ('AAA', 6, $1)", at(0, 2))
            await gate.shut()
            assert said(await looking.arrived(wanted(3))) == []
            assert len(looking.failed) == len(looking.inlets)
            with pytest.raises(Unavailable, match="does not answer"):
                await postgres_sources.history(tables).facts(day(-5), day(-1))
            gate.open()
            assert said(await looking.arrived(wanted(4))) == ["AAA 60000 14:32:00"]
            assert looking.failed == []
            await asyncio.to_thread(tables.close)  # the gate is in this loop


async def test_a_table_that_is_changed_while_it_is_read_is_looked_at_anew(url: str, owner: asyncpg.Connection) -> None:
    await owner.execute(OURS)
    with tables_at(url) as tables:
        looking = Looking(tables)
        await looking.arrived(wanted(1))
        await owner.execute("ALTER TABLE quotes RENAME price TO cost")
        await looking.arrived(wanted(2))
        assert looking.failed == ["quotes has no column price: it has id, ticker, cost, at"]
        await owner.execute("ALTER TABLE quotes RENAME cost TO price; ALTER TABLE quotes ALTER at TYPE timestamp")
        await owner.execute("INSERT INTO quotes (ticker, price, at) VALUES ('AAA', 5, '2024-01-22 14:31')")
        assert said(await looking.arrived(wanted(3))) == ["AAA 50000 14:31:00"]


async def test_a_look_that_is_held_up_gives_up_and_whoever_asks_goes_on_meanwhile(
    url: str, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.postgres_sources_tables.ANSWER_SECONDS", 0.3)
    await owner.execute(OURS)
    with tables_at(url) as tables:
        looking = Looking(tables)
        await looking.arrived(wanted(1))
        async with owner.transaction():
            await owner.execute("LOCK TABLE quotes IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.ensure_future(looking.arrived(wanted(2)))
            beats = 0
            while not asked.done():
                await asyncio.sleep(0.01)
                beats += 1
            await asked
        (failed,) = looking.failed
        assert beats > 3
        assert "quotes" not in said(await asked)
        assert "time" in failed or "held up" in failed


async def reader_may(owner: asyncpg.Connection, what: str) -> None:
    """Make a user who may do `what`, and nothing else."""
    await owner.execute(f"CREATE ROLE stonks_reader LOGIN; GRANT {what} TO stonks_reader")


async def test_a_sender_whose_moments_come_from_the_future_hides_nobody(url: str, owner: asyncpg.Connection) -> None:
    await owner.execute(OURS + "ALTER TABLE quotes DROP COLUMN id")
    quote = "INSERT INTO quotes VALUES ($1, $2, $3)"
    with tables_at(url) as tables:
        looking = Looking(tables)
        await owner.execute(quote, "AAA", 100, at(0, 5) + timedelta(hours=3))
        await looking.arrived(wanted(5))
        await owner.execute(quote, "BBB", 7, at(0, 6))
        assert said(await looking.arrived(wanted(7))) == ["BBB 70000 14:36:00"]
