"""Broker upgrade: how do the books of a broker service get the tables of another version?"""

import asyncio

from engine.errors import Unavailable
from stonks_tui import broker_books
from stonks_tui.broker_books import BrokerBooks
from storage import upgrades
from storage.migrations.parts import Part
from storage.upgrades import Upgrade


def upgrade(books: BrokerBooks, to: str = "", *, down: bool = False) -> Upgrade:
    """Take `books` to the version `to`, this program's when it is empty; `down`: to the one before this program's.

    Tables in a database are made where there are none. Raises NotFound without the file, Unavailable while a service of
    this machine has it, BadInput for a version that is not known, and for an earlier one than there is unless `down`.
    """
    to = upgrades.meant(to, down=down)
    if books.database is not None:
        (done,) = upgrades.database(books.database, to, down=down, parts=(Part.BROKER,))
        return done
    lock = broker_books.lock_of(books.path)
    if books.path.exists() and not lock.take():
        raise Unavailable(f"a broker service has the books {books.path}", hint="end it first")
    try:
        return asyncio.run(upgrades.file(books.path, Part.BROKER, to, down=down))
    finally:
        lock.let_go()
