"""Ways: how does a word get to the engine that leads: through the socket on this machine, or through the database?

The socket is first, for it answers without the database; an engine that listens there and does not lead is passed by.
"""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from engine.adapters import door_lines, door_socket
from engine.adapters.door_socket import ANSWER_SECONDS
from engine.adapters.peers import name_of
from engine.errors import NoEngine, NotReached, Unavailable
from engine.model.audit import Answered, Asked, Word
from stonks_tui import account_place, bootstrap

_LOOK_SECONDS = 1.0
"""So long an engine of this machine may take to say that it leads, when there is another way."""


async def ask(data_dir: Path, asked: Asked, seconds: float = ANSWER_SECONDS) -> Answered:
    """Return what the engine on the account of `data_dir` answers within `seconds`.

    Raises NoEngine when none runs there, NotReached when the database is not there, Unavailable when it does not
    answer, BadInput for what none would hear.
    """
    path, database = bootstrap.door_path(data_dir), account_place.database_of(data_dir)
    if database is None or await asyncio.to_thread(_leads, path):
        return await asyncio.to_thread(door_socket.ask, path, asked, seconds)
    from storage import postgres_asking

    if not await _has_account(data_dir):
        raise NoEngine(f"there is no account in {database.address}", hint="stonks run begins one")
    door_lines.asked_from_line(door_lines.asked_to_line(asked))  # what no engine would hear is not written
    return await postgres_asking.ask(database, replace(asked, who=name_of(os.getuid())), seconds)


async def _has_account(data_dir: Path) -> bool:
    try:
        return await asyncio.to_thread(bootstrap.has_account, data_dir)
    except Unavailable as error:
        raise NotReached(error.message, hint=error.hint) from None


def _leads(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        answered = door_socket.ask(path, Asked(word=Word.STATUS, origin="way"), _LOOK_SECONDS)
    except Unavailable:
        return False
    return answered.done and not answered.is_of_standby
