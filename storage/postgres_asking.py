"""PostgreSQL asking: how does somebody ask an engine of which they know no more than its database?

See `storage/postgres_commands.py` for what the engine does.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import insert, select, text, update

from engine.errors import NoEngine, StonksError, Unavailable
from engine.model.audit import Answered, Asked
from engine.model.runs import LIVE_RUN
from storage.command_tables import ENGINE_COMMANDS, CommandState
from storage.live_queries import LEASE_NAME
from storage.live_tables import LEASES
from storage.postgres import Postgres
from storage.postgres_bell import bell, rung_within
from storage.postgres_commands import ANSWERS, COMMANDS, told
from storage.types import utc_now

ANSWER_SECONDS = 15.0
"""So long a client waits, as at the socket."""
MAY_HAVE = "what was asked may have taken effect all the same: stonks audit shows it"
_LOOK_SECONDS = 1.0
_LEADER = select(LEASES.c.owner).where(
    LEASES.c.name == LEASE_NAME, LEASES.c.owner.is_not(None), LEASES.c.expires_at > utc_now()
)
_ENDED = frozenset({CommandState.ANSWERED, CommandState.UNANSWERED, CommandState.EXPIRED})


async def ask(database: Postgres, asked: Asked, seconds: float = ANSWER_SECONDS) -> Answered:
    """Return what the engine that leads on the account in `database` answers within `seconds`.

    Who asks is `asked.who` and, whatever that says, the user whom the server knows. Raises NoEngine when none leads,
    Unavailable when none answers. A word that was not taken by then is taken back: it is never obeyed.
    """
    until = asyncio.get_running_loop().time() + seconds
    async with bell(database, ANSWERS) as rung:
        number = await _put(database, asked, seconds)
        try:
            row = await _row_at_the_end(database, number, rung, until)
            if row["state"] not in _ENDED and not await _is_taken_back(database, number):
                row = await _row(database, number)
        except Unavailable as error:
            await _take_back_if_possible(database, number)
            raise Unavailable(error.message, hint=MAY_HAVE) from error
        except BaseException:
            await _take_back_if_possible(database, number)
            raise
    return _answer_in(row, database, seconds)


async def _row_at_the_end(database: Postgres, number: int, rung: asyncio.Event, until: float) -> Mapping[str, Any]:
    """Return the row once it has its end, or as it is at `until`. A database that is lost may come back before that."""
    now = asyncio.get_running_loop().time
    while True:
        rung.clear()
        try:
            row = await _row(database, number)
            if row["state"] in _ENDED or now() >= until:
                return row
        except Unavailable:
            if now() >= until:
                raise
        await rung_within(rung, min(_LOOK_SECONDS, until - now()))


def _answer_in(row: Mapping[str, Any], database: Postgres, seconds: float) -> Answered:
    match row["state"]:
        case CommandState.ANSWERED:
            said = row["answer"]
            return Answered(done=said["done"], words=said["words"], before=said["before"], after=said["after"])
        case CommandState.UNANSWERED:
            raise Unavailable(f"the engine on {database.address} ended before it answered", hint=MAY_HAVE)
        case CommandState.TAKEN:
            raise Unavailable(f"the engine on {database.address} has not answered within {seconds:g} s", hint=MAY_HAVE)
        case _:
            words = f"the engine on {database.address} has not heard it within {seconds:g} s"
            raise Unavailable(f"{words}: it was taken back, nothing was done", hint="stonks status says how it stands")


async def _put(database: Postgres, asked: Asked, seconds: float) -> int:
    """Write the row; return its number. Who, and when, is said by the server."""
    async with database.writing() as connection:
        if (await connection.execute(_LEADER)).first() is None:
            raise NoEngine(f"no engine leads on {database.address}", hint="stonks run starts one")
        row = insert(ENGINE_COMMANDS).values(
            run_id=LIVE_RUN,
            asked_at=text("clock_timestamp()"),
            expires_at=text("clock_timestamp() + make_interval(secs => :seconds)").bindparams(seconds=float(seconds)),
            who=text("CAST(:name AS text) || ' (database user ' || session_user || ')'").bindparams(name=asked.who),
            origin=asked.origin,
            word=asked.word.value,
            arguments=dict(asked.arguments),
            state=CommandState.ASKED,
        )
        number = (await connection.execute(row.returning(ENGINE_COMMANDS.c.id))).scalar_one()
        await connection.execute(told(COMMANDS).bindparams(schema=database.schema))
    return int(number)


async def _row(database: Postgres, number: int) -> Mapping[str, Any]:
    query = select(ENGINE_COMMANDS.c.state, ENGINE_COMMANDS.c.answer).where(ENGINE_COMMANDS.c.id == number)
    async with database.reading() as connection:
        found: Mapping[str, Any] | None = (await connection.execute(query)).mappings().first()
    if found is None:
        raise Unavailable(f"somebody has removed the word from {database.address}", hint=MAY_HAVE)
    return found


async def _is_taken_back(database: Postgres, number: int) -> bool:
    commands = ENGINE_COMMANDS.c
    waiting = update(ENGINE_COMMANDS).where(commands.id == number, commands.state == CommandState.ASKED)
    async with database.writing() as connection:
        found = await connection.execute(waiting.values(state=CommandState.EXPIRED, answered_at=utc_now()))
        return bool(found.rowcount)


async def _take_back_if_possible(database: Postgres, number: int) -> None:
    """Else it expires by itself."""
    with suppress(StonksError):
        await _is_taken_back(database, number)
