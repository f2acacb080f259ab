"""Copied account: a small account in files, whole turns of which can be told apart, and backups of it."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from storage import backups
from storage.backups import Backup
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import AT


def make(folder: Path, account_id: str = "one", *, turns: int = 1, owner: str = "a") -> Path:
    """Make an account in `folder`, or have one there go on, until it has so many `turns`; return the folder."""

    async def work() -> None:
        async with (
            SqlLiveStore(folder / "stonks.db", ACCOUNT, account_id=account_id) as store,
            PaperStore.open(folder / "paper.db", account_id=store.account_id) as memory,
        ):
            lease = await store.take_lease(owner, AT, 60)
            assert lease
            for seq in range(turns_in(folder) + 1, turns + 1):
                await store.commit(a_turn(seq, epoch=lease.epoch))
                async with memory.transaction() as book:
                    await book.set_epoch(lease.epoch)
                    await book.move_shares("AAPL", 1)

    asyncio.run(work())
    return folder


def backup(folder: Path, destination: Path | None = None, *, minutes: int = 0, everything: bool = False) -> Backup:
    """Return a backup of the account in `folder`, so many `minutes` after the first ones."""
    at = AT + timedelta(minutes=minutes)
    return backups.make(folder, destination, at=at, program_version="test", everything=everything)


def turns_in(folder: Path) -> int:
    """Return how many turns the account's file has, which must be as many shares as its broker's holds."""
    with (
        closing(sqlite3.connect(folder / "stonks.db")) as account,
        closing(sqlite3.connect(folder / "paper.db")) as broker,
    ):
        turns: int = account.execute("SELECT count(*) FROM event_journal").fetchone()[0]
        shares = broker.execute("SELECT coalesce(sum(shares), 0) FROM paper_positions").fetchone()[0]
    assert shares == turns
    return turns
