"""Whoever asks over the database: what their user may do there, by the rights that docs/database.md says."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from engine.adapters.door_lines import asked_from_texts
from engine.errors import StonksError, Unavailable
from engine.model.audit import Answered, Asked, Word
from storage import postgres_asking, postgres_commands
from storage.live_queries import LEASE_NAME
from storage.postgres import Postgres
from tests.support import postgres
from tests.support.program import ROOT

RIGHTS = (ROOT / "docs/database.md").read_text().split("```sql\n")[1].split("```")[0].strip().rstrip(";").split(";\n")
PAUSE = Asked(word=Word.PAUSE, who="anna", origin="test")
FORGED = (
    "INSERT INTO engine_commands (run_id, asked_at, expires_at, who, origin, word, arguments, state) VALUES "
    "(0, now(), now() + interval '1 minute', 'anna (database user {})', 'psql', 'halt', '{{}}', 'asked')"
)


async def done(address: Postgres, *queries: str) -> None:
    """Do what `queries` say."""
    async with address.writing() as connection:
        for query in queries:
            await connection.execute(text(query.replace(":", "\\:")))


@pytest.fixture
async def database() -> AsyncIterator[Postgres]:
    """A database whose account somebody leads."""
    async with postgres.fresh() as database:
        leads = f"INSERT INTO leases VALUES ('{LEASE_NAME}', 'here', 1, now() + interval '1 hour')"
        await done(database, leads)
        yield database


@pytest.fixture
async def user(database: Postgres) -> AsyncIterator[Postgres]:
    """The same as the user `ops_1` sees it, who may do nothing yet."""
    await done(database, "CREATE ROLE ops_1 LOGIN")
    user = Postgres(replace(database.address, user="ops_1"))
    try:
        yield user
    finally:
        user.close()
        await done(database, "DROP OWNED BY ops_1", "DROP ROLE ops_1")


async def obeys(asked: Asked) -> Answered:
    """Do whatever is asked."""
    return Answered(done=True, words=asked.who)


def rights(lines: slice = slice(None)) -> list[str]:
    """Return those that the handbook says, of `ops_1`."""
    return [right.replace("TO ops", "TO ops_1") for right in RIGHTS[lines]]


async def test_who_has_no_right_to_write_hears_that_and_may_look(database: Postgres, user: Postgres) -> None:
    await done(database, *rights(slice(2)))
    async with user.reading() as connection:
        assert (await connection.execute(text("SELECT owner FROM leases"))).scalar() == "here"
    with pytest.raises(
        Unavailable, match="does not allow it to this user: permission denied for table engine_commands"
    ):
        await postgres_asking.ask(user, PAUSE, 5.0)


async def test_with_the_rights_of_the_handbook_a_word_is_heard_and_taken_back(
    database: Postgres, user: Postgres
) -> None:
    await done(database, *rights())
    with pytest.raises(Unavailable, match="it was taken back, nothing was done"):
        await postgres_asking.ask(user, PAUSE, 0.2)
    async with postgres_commands.serve(database, obeys, read=asked_from_texts, owner="here"):
        answered = await postgres_asking.ask(user, PAUSE, 30.0)
    assert answered.words == "anna (database user ops_1)"


@pytest.mark.parametrize(
    "attempt",
    [
        FORGED.format("postgres"),
        FORGED.format("opsX1"),
        FORGED.format("ops_1").replace("'asked'", "'answered'"),
        "UPDATE engine_commands SET word = 'halt'",
        "DELETE FROM engine_commands",
        "UPDATE engine_state SET state = ''",
    ],
)
async def test_nobody_writes_in_anothers_name_or_anything_else(
    database: Postgres, user: Postgres, attempt: str
) -> None:
    await done(database, *rights())
    await done(user, FORGED.format("ops_1"))
    with pytest.raises(StonksError, match=r"row-level security|permission denied"):
        await done(user, attempt)


async def test_a_word_of_somebody_else_is_not_taken_back(database: Postgres, user: Postgres) -> None:
    await done(database, *rights(), FORGED.format("postgres"))
    await done(user, "UPDATE engine_commands SET state = 'expired'")
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT state FROM engine_commands"))).scalar() == "asked"
