"""People's words over the database: obeyed once, in order, in time, by the engine that leads alone."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from engine.adapters.door_lines import asked_from_texts
from engine.errors import NoEngine, Unavailable
from engine.model.audit import Answered, Asked, Word
from storage import postgres_asking, postgres_commands
from storage.live_queries import LEASE_NAME
from storage.postgres import Postgres
from tests.support import postgres

ENGINE = "here:1"
LONG, SOON = 30.0, 0.3
DOOR = Callable[[Asked], Awaitable[Answered]]
TAKEN_AT_ONCE = """CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.state = 'taken'; RETURN NEW; END $$"""
PAUSE = Asked(word=Word.PAUSE, who="anna", origin="test")


class Obeys:
    """A door that does whatever is asked, and remembers it; `after`, if it is given, must be set before."""

    def __init__(self, after: asyncio.Event | None = None) -> None:
        self.heard: list[Asked] = []
        self._after = after

    async def __call__(self, asked: Asked) -> Answered:
        self.heard.append(asked)
        if self._after is not None:
            await self._after.wait()
        return Answered(done=True, words=f"did {asked.word}", before={"a": "1"}, after={"ä": "2"})

    @property
    def words(self) -> list[str]:
        return [asked.arguments.get("note", asked.word.value) for asked in self.heard]


@pytest.fixture
async def database() -> AsyncIterator[Postgres]:
    """A database whose account `ENGINE` leads."""
    async with postgres.fresh() as database:
        await do(database, "INSERT INTO leases VALUES (:name, :owner, 1, now() + interval '1 hour')", owner=ENGINE)
        yield database


async def do(database: Postgres, query: str, **values: Any) -> Any:
    """Do what `query` says; return the first value of what it finds."""
    named = {"name": LEASE_NAME} | values if ":name" in query else values
    async with database.writing() as connection:
        found = await connection.execute(text(query).bindparams(**named))
        return found.scalar() if found.returns_rows else None


def serve(database: Postgres, door: DOOR) -> Any:
    """Let the engine that leads answer."""
    return postgres_commands.serve(database, door, read=asked_from_texts, owner=ENGINE)


async def ask(database: Postgres, note: str = "", seconds: float = LONG) -> Answered:
    """Ask for a pause."""
    return await postgres_asking.ask(database, replace(PAUSE, arguments={"note": note} if note else {}), seconds)


async def put(database: Postgres, word: str = "pause", expires: str = "30 s", arguments: str = "{}") -> int:
    """Write a row as anybody may who has psql; return its number."""
    number: int = await do(
        database,
        "INSERT INTO engine_commands (run_id, asked_at, expires_at, who, origin, word, arguments, state) VALUES "
        f"(0, now(), now() + interval '{expires}', 'bob', 'psql', :word, CAST(:arguments AS jsonb), 'asked') "
        "RETURNING id",
        word=word,
        arguments=arguments,
    )
    return number


async def state(database: Postgres, number: int) -> str:
    """Return how the word `number` stands."""
    return str(await do(database, "SELECT state FROM engine_commands WHERE id = :id", id=number))


async def seen(database: Postgres, query: str) -> None:
    """Wait until `query` finds something true."""
    async with asyncio.timeout(LONG):
        while not await do(database, query):  # noqa: ASYNC110 - the event is the server's
            await asyncio.sleep(0.01)


async def has_end(database: Postgres, number: int) -> str:
    """Wait until the word has its end; return which."""
    await seen(database, f"SELECT state NOT IN ('asked', 'taken') FROM engine_commands WHERE id = {number}")
    return await state(database, number)


async def test_a_word_is_answered_with_all_that_the_engine_says_and_who_asked_is_said_by_the_server(
    database: Postgres,
) -> None:
    door = Obeys()
    async with serve(database, door):
        answered = await ask(database, "the weather")
    assert answered == Answered(done=True, words="did pause", before={"a": "1"}, after={"ä": "2"})
    (heard,) = door.heard
    assert heard == Asked(
        word=Word.PAUSE,
        arguments={"note": "the weather"},
        who=f"anna (database user {database.address.user})",
        origin="test",
    )


async def test_words_are_obeyed_once_and_in_their_order_whoever_asked(database: Postgres) -> None:
    async with AsyncExitStack() as stack:
        other = Postgres(database.address)
        stack.callback(other.close)
        door = Obeys()
        for number in range(6):
            await put(database, arguments=f'{{"note": "{number}"}}')
        async with serve(database, door):
            await asyncio.gather(*(ask(each, "more") for each in (database, other) * 3))
        assert door.words == ["0", "1", "2", "3", "4", "5"] + ["more"] * 6


async def test_what_is_past_its_time_by_the_servers_clock_is_never_obeyed(database: Postgres) -> None:
    door = Obeys()
    late = await put(database, expires="-1 s")
    old = await put(database, expires="1 year")
    await do(database, "UPDATE engine_commands SET asked_at = now() - interval '1 hour' WHERE id = :id", id=old)
    async with serve(database, door):
        assert (await ask(database, "now")).done
    assert door.words == ["now"]
    assert [await state(database, number) for number in (late, old)] == ["expired", "expired"]


async def test_who_hears_nothing_in_time_has_taken_the_word_back(database: Postgres) -> None:
    with pytest.raises(Unavailable, match=r"has not heard it within 0\.3 s: it was taken back, nothing was done"):
        await ask(database, "first", SOON)
    door = Obeys()
    async with serve(database, door):
        await ask(database, "second")
    assert door.words == ["second"]


async def test_who_goes_away_takes_the_word_back(database: Postgres) -> None:
    asking = asyncio.create_task(ask(database))
    await seen(database, "SELECT count(*) = 1 FROM engine_commands")
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    assert await do(database, "SELECT state FROM engine_commands") == "expired"


async def test_who_asks_where_nobody_leads_hears_so_at_once_and_nothing_is_left(database: Postgres) -> None:
    for ended in ("expires_at = now()", "expires_at = now() + interval '1 hour', owner = NULL"):
        await do(database, f"UPDATE leases SET {ended}")
        with pytest.raises(NoEngine, match="no engine leads on the database"):
            await ask(database)
    assert await do(database, "SELECT count(*) FROM engine_commands") == 0


async def test_an_engine_that_does_not_answer_in_time_may_have_done_it(database: Postgres) -> None:
    after = asyncio.Event()
    async with serve(database, Obeys(after)):
        number = await put(database)
        await seen(database, f"SELECT state = 'taken' FROM engine_commands WHERE id = {number}")
        with pytest.raises(Unavailable, match="has not heard it within"):  # it waits behind the first
            await ask(database, seconds=SOON)
        after.set()
        assert await has_end(database, number) == "answered"
    await do(database, TAKEN_AT_ONCE)
    await do(database, "CREATE TRIGGER taken BEFORE INSERT ON engine_commands FOR EACH ROW EXECUTE FUNCTION taken()")
    with pytest.raises(Unavailable, match=r"has not answered within 0\.3 s") as error:
        await ask(database, seconds=SOON)
    assert error.value.hint == postgres_asking.MAY_HAVE


async def test_what_a_killed_engine_had_taken_is_obeyed_by_nobody_else_and_whoever_asked_hears_of_it(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_commands, "LAST_WORDS_SECONDS", 0.01)
    dies = asyncio.Event()
    async with serve(database, Obeys(dies)):
        asking = asyncio.create_task(ask(database, "taken"))
        await seen(database, "SELECT state = 'taken' FROM engine_commands")
        left = await put(database, arguments='{"note": "left"}')
    follower = Obeys()
    async with serve(database, follower):
        with pytest.raises(Unavailable, match="ended before it answered") as error:
            await asking
        assert error.value.hint == postgres_asking.MAY_HAVE
        assert await has_end(database, left) == "answered"
    assert follower.words == ["left"]


async def test_an_engine_that_ends_writes_the_answer_that_is_on_its_way_and_takes_no_more(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_commands, "LAST_WORDS_SECONDS", LONG)
    after = asyncio.Event()
    door = Obeys(after)
    async with serve(database, door):
        first = asyncio.create_task(ask(database, "first"))
        await seen(database, "SELECT state = 'taken' FROM engine_commands")
        second = await put(database)
        asyncio.get_running_loop().call_later(0.05, after.set)
    assert (await first).done
    assert await state(database, second) == "asked"
    assert door.words == ["first"]


async def test_an_engine_that_has_lost_the_lead_takes_no_word(database: Postgres) -> None:
    stale, leads = Obeys(), Obeys()
    async with serve(database, stale):
        await ask(database, "before")
        await do(database, "UPDATE leases SET owner = 'there:2', epoch = 2")
        number = await put(database)
        await do(database, "SELECT pg_notify('stonks_commands', 'stonks')")
        async with postgres_commands.serve(database, leads, read=asked_from_texts, owner="there:2"):
            assert await has_end(database, number) == "answered"
    assert (stale.words, leads.words) == (["before"], ["pause"])


async def test_a_connection_that_is_lost_comes_back_and_an_answer_is_kept_all_the_same(database: Postgres) -> None:
    after = asyncio.Event()
    door = Obeys(after)
    async with AsyncExitStack() as stack:
        other = Postgres(database.address, name="other")
        stack.callback(other.close)
        async with serve(database, door):
            asking = asyncio.create_task(ask(database, "first"))
            await seen(other, "SELECT state = 'taken' FROM engine_commands")
            for _ in range(3):
                await do(
                    other,
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE application_name = 'stonks' AND datname = current_database()",
                )
            after.set()
            assert (await asking).done
            assert (await ask(other, "second")).done
    assert door.words == ["first", "second"]


async def test_a_notice_that_is_lost_is_made_up_for_by_looking(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_commands, "LOOK_SECONDS", 0.05)
    async with serve(database, Obeys()):
        await ask(database)
        assert await has_end(database, await put(database)) == "answered"  # nobody told of it


@pytest.mark.parametrize(
    ("word", "arguments", "why"),
    [
        ("explode", "{}", "there is no word 'explode'"),
        ("pause", '{"note": 3}', "'note' is no text"),
        ("pause", '["note"]', "the arguments are no object"),
        ("pause", '{"note": "a\\u001b[2J"}', "'note' has letters that cannot be shown"),
        # from Python 3.13 on it can be read
        ("pause", '{"note": ' + "[" * 3000 + "]" * 3000 + "}", "it is nested too deeply|'note' is no text"),
    ],
)
async def test_whatever_somebody_writes_into_the_table_is_refused_in_words(
    database: Postgres, word: str, arguments: str, why: str
) -> None:
    door = Obeys()
    number = await put(database, word, arguments=arguments)
    async with serve(database, door):
        assert await has_end(database, number) == "answered"
        assert (await ask(database, "next")).done
    said = await do(database, "SELECT answer->>'words' FROM engine_commands WHERE id = :id", id=number)
    assert door.words == ["next"]
    assert re.search(why, said)


async def test_a_door_that_breaks_and_an_answer_that_cannot_be_kept_do_not_end_the_engine(database: Postgres) -> None:
    async def breaks(asked: Asked) -> Answered:
        if asked.arguments["note"] == "break":
            raise ZeroDivisionError("by zero")
        return Answered(done=True, words="a\0b")

    async with serve(database, breaks):
        assert (await ask(database, "break")).words == "it could not be done: ZeroDivisionError: by zero"
        kept = await ask(database, "odd")
        assert (kept.done, kept.words) == (True, "the answer could not be kept: stonks audit shows it")
