"""Broker adopting: how do the books of a broker inside an engine become those of a broker service?

An account that has traded with `broker = "inside"` has its broker's books in paper.db. They are copied as they are, the
epochs with them; the account goes on where it was, with a broker that knows its orders. The file that was copied gets
another name: from two books of one account each would miss what the other one did.
"""

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.errors import BadInput, NotFound, Unavailable
from stonks_tui import bootstrap, broker_books
from storage.database import check_version, make_file, open_raw, translated
from storage.machine_lock import MachineLock
from storage.paper_tables import PAPER_ORDERS
from storage.table_kinds import BOOKS_SINCE


def adopt(source: Path, books: Path) -> tuple[str, int]:
    """Copy the broker's books of the account in the folder `source` to the file `books`.

    Returns the id of the account and how many orders the books know. Raises NotFound without such books, BadInput when
    `books` know orders already, Unavailable while an engine or a broker service works on either.
    """
    paper = source / "paper.db"
    if not paper.exists():
        raise NotFound(f"there are no books of a broker in {source}: no {paper.name}", hint="nothing was copied")
    _require_nobody(bootstrap.live_path(source), "an engine", "stonks stop ends it")
    books.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = broker_books.lock_of(books)
    if not lock.take():
        raise Unavailable(f"a broker service works with {books}", hint="end it first")
    try:
        _require_new(books)
        with open_raw(paper) as raw:
            check_version(paper, raw, PAPER_ORDERS, since=BOOKS_SINCE)
            found = _copied(raw, books)
        _put_aside(paper)
        return found
    finally:
        lock.let_go()


def _copied(raw: sqlite3.Connection, books: Path) -> tuple[str, int]:
    make_file(books)
    with translated(books), closing(sqlite3.connect(books)) as target:
        raw.backup(target)
        (account,) = target.execute("SELECT account_id FROM paper_epoch").fetchone()
        (orders,) = target.execute("SELECT count(*) FROM paper_orders").fetchone()
    return str(account), int(orders)


def _put_aside(paper: Path) -> None:
    names = (f"{paper.name}.adopted{f'-{number}' if number else ''}" for number in itertools.count())
    with translated(paper):
        paper.rename(next(path for name in names if not (path := paper.with_name(name)).exists()))


def _require_nobody(path: Path, who: str, hint: str) -> None:
    lock = MachineLock(path.with_name(f"{path.name}.lock"))
    if not lock.take():
        raise Unavailable(f"{who} works with {path.name}", hint=hint)
    lock.let_go()


def _require_new(books: Path) -> None:
    """Raise BadInput when the file has orders: they would be lost."""
    if not books.exists() or not books.stat().st_size:
        return
    with open_raw(books) as raw:
        (orders,) = raw.execute("SELECT count(*) FROM paper_orders").fetchone()
    if orders:
        raise BadInput(f"{books} has orders of its own", hint=f"move it away first, if nobody needs it: {books.name}")
