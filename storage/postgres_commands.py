"""PostgreSQL commands: how do people's words reach the engine that leads, from wherever its database is reached?

A word is a row that waits, for as long as whoever asks does, by the database's clock. The engine that has the lease
takes one after another, in their order, and commits that it was taken before it obeys: one that dies in between leaves
a word that nobody obeys again, and whoever asked hears that it may have taken effect. One that was not taken in time,
or was taken back, is never obeyed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Text, and_, case, cast, delete, exists, literal, literal_column, select, text, update

from engine.errors import BrokenInvariant, StonksError
from engine.model.audit import Answered, Asked
from engine.model.runs import LIVE_RUN
from storage.command_tables import ENGINE_COMMANDS, CommandState
from storage.live_queries import LEASE_NAME
from storage.live_tables import LEASES
from storage.postgres import Postgres
from storage.postgres_bell import bell, rung_within
from storage.postgres_listening import again_seconds
from storage.types import utc_now

COMMANDS, ANSWERS = "stonks_commands", "stonks_answers"
"""The channels on which it is told that there is a word, and an answer; the payload is the schema."""
LOOK_SECONDS = 3.0
"""So often it is looked without a notice."""
LAST_WORDS_SECONDS = 1.0
"""So long an engine that ends waits until what it has answered is written."""
OLDEST = timedelta(minutes=5)
"""No word is obeyed that is older, whenever it says that it expires."""
KEPT = timedelta(days=30)
_WHO_LETTERS = 200

Ask = Callable[[Asked], Awaitable[Answered]]
Read = Callable[[str, str, str], Asked]
"""Makes a word of its name, its arguments as JSON, and its origin, or raises BadInput: anything may be in a row."""

_log = logging.getLogger("stonks")
_STATE = ENGINE_COMMANDS.c.state.type
_MINE = ENGINE_COMMANDS.c.run_id == LIVE_RUN


def told(channel: str) -> Any:
    """Return what wakes those who wait on `channel` once the transaction is kept; `schema` is to be bound."""
    return text("SELECT pg_notify(:channel, :schema)").bindparams(channel=channel)


@asynccontextmanager
async def serve(database: Postgres, ask: Ask, *, read: Read, owner: str) -> AsyncIterator[None]:
    """Let whoever may write into `database` ask, as long as the context lasts and `owner` has the lease.

    Nothing is raised: a database that is lost is tried again until it is there. At the end an answer that is on its
    way is written; words that wait are left to whoever leads next, if that is soon.
    """
    desk = _Desk(database, ask, read, owner)
    attending = asyncio.create_task(desk.attend())
    try:
        yield
    finally:
        await desk.see_off()
        attending.cancel()
        with suppress(asyncio.CancelledError):
            await attending


class _Desk:
    """The place of the engine that leads: one word at a time."""

    def __init__(self, database: Postgres, ask: Ask, read: Read, owner: str) -> None:
        self._database = database
        self._ask = ask
        self._read = read
        self._leads = exists().where(LEASES.c.name == LEASE_NAME, LEASES.c.owner == owner)
        self._answer: tuple[int, Answered] | None = None  # it was given, and is not written yet
        self._is_in_doubt = True  # may a word have been taken of which nobody knows here?
        self._is_closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def attend(self) -> None:
        """Answer words as they come."""
        failures = 0
        async with bell(self._database, COMMANDS) as rung:
            while True:
                rung.clear()
                try:
                    await self._work_off()
                except Exception as error:  # noqa: BLE001 - whatever it is, it is not to end the engine
                    failures += 1
                    self._is_in_doubt = True
                    if failures == 1:
                        words = error.message if isinstance(error, StonksError) else f"{type(error).__name__}: {error}"
                        _log.warning("nobody can ask through the database: %s", words)
                else:
                    if failures:
                        _log.warning("whoever asks through the database is heard again")
                    failures = 0
                self._idle.set()
                await rung_within(rung, again_seconds(failures) if failures else LOOK_SECONDS)

    async def _work_off(self) -> None:
        if self._answer is not None:
            await self._write()
        if self._is_in_doubt:
            await self._tidy()
            self._is_in_doubt = False
        while not self._is_closing and (row := await self._next()) is not None:
            if row["state"] is CommandState.TAKEN:
                self._answer = row["id"], await self._answered(row)
                await self._write()
            self._idle.set()

    async def _next(self) -> Mapping[str, Any] | None:
        """Take the next word, or note that it came too late; None when there is none, or another engine leads."""
        self._idle.clear()
        row = await self._kept(_take(self._leads), tell=None)
        if row is None:
            self._idle.set()
        elif row["state"] is CommandState.EXPIRED:
            _log.warning("not obeyed, for it came too late: %s by %s", row["word"], _shown(row["who"]))
        return row

    async def _answered(self, row: Mapping[str, Any]) -> Answered:
        try:
            asked = self._read(row["word"], row["arguments"], row["origin"])
            return await self._ask(replace(asked, who=_shown(row["who"])))
        except StonksError as error:
            return _no(f"{error.message}: {error.hint}" if error.hint else error.message)
        except Exception as error:  # noqa: BLE001 - as above
            return _no(f"it could not be done: {type(error).__name__}: {error}")

    async def _write(self) -> None:
        assert self._answer is not None
        number, answered = self._answer
        try:
            await self._kept(_answer_to(number, answered), tell=ANSWERS)
        except BrokenInvariant:  # a letter that the database does not keep
            plain = Answered(done=answered.done, words="the answer could not be kept: stonks audit shows it")
            await self._kept(_answer_to(number, plain), tell=ANSWERS)
        self._answer = None

    async def _tidy(self) -> None:
        """Whatever was taken has nobody who will answer it: there is one leader, and it takes one at a time."""
        bury = update(ENGINE_COMMANDS).where(_MINE, ENGINE_COMMANDS.c.state == CommandState.TAKEN, self._leads)
        await self._kept(bury.values(state=CommandState.UNANSWERED, answered_at=utc_now()), tell=ANSWERS)
        await self._kept(delete(ENGINE_COMMANDS).where(_MINE, ENGINE_COMMANDS.c.asked_at < _ago(KEPT)), tell=None)

    async def _kept(self, query: Any, *, tell: str | None) -> Mapping[str, Any] | None:
        async with self._database.writing() as connection:
            found = await connection.execute(query)
            row: Mapping[str, Any] | None = found.mappings().first() if found.returns_rows else None
            if tell is not None:
                await connection.execute(told(tell).bindparams(schema=self._database.schema))
            return row

    async def see_off(self) -> None:
        """Take no more words, and let the answer be written that is on its way."""
        self._is_closing = True
        await rung_within(self._idle, LAST_WORDS_SECONDS)


def _take(leads: Any) -> Any:
    commands = ENGINE_COMMANDS.c
    first = (
        select(commands.id)
        .where(_MINE, commands.state == CommandState.ASKED)
        .order_by(commands.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    is_late = (commands.expires_at <= utc_now()) | (commands.asked_at <= _ago(OLDEST))
    return (
        update(ENGINE_COMMANDS)
        .where(commands.id == first, leads)
        .values(
            state=case((is_late, literal(CommandState.EXPIRED, _STATE)), else_=literal(CommandState.TAKEN, _STATE)),
            answered_at=case((is_late, utc_now())),
        )
        .returning(
            commands.id,
            commands.word,
            cast(commands.arguments, Text).label("arguments"),  # whatever it is: it is looked at before it is believed
            commands.who,
            commands.origin,
            commands.state,
        )
    )


def _answer_to(number: int, answered: Answered) -> Any:
    said = {
        "done": answered.done,
        "words": answered.words,
        "before": dict(answered.before),
        "after": dict(answered.after),
    }
    taken = and_(ENGINE_COMMANDS.c.id == number, ENGINE_COMMANDS.c.state == CommandState.TAKEN)
    return update(ENGINE_COMMANDS).where(taken).values(state=CommandState.ANSWERED, answer=said, answered_at=utc_now())


def _ago(span: timedelta) -> Any:
    return literal_column(f"clock_timestamp() - interval '{round(span.total_seconds())} seconds'")


def _shown(who: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in who[:_WHO_LETTERS])


def _no(words: str) -> Answered:
    return Answered(done=False, words=words)
