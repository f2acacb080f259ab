"""Restores: all of a backup takes the place of the account or nothing of it, and nothing that was there is lost."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import LostLease, NotFound, Unavailable
from storage import manifests, restores
from storage.backups import Backup
from storage.live_store import SqlLiveStore
from storage.machine_lock import MachineLock, owner_here
from storage.paper_store import PaperStore
from tests.support import copied_account
from tests.support.copied_account import turns_in
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import AT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied_account.make(tmp_path / "data", turns=2)


def restored(folder: Path, backup: Backup) -> restores.Restore:
    restores.gather(folder, backup.folder, backup.manifest, "backups/replaced")
    return restores.finish(folder)


def test_the_account_is_again_what_it_was_and_what_was_there_lies_aside_with_all_that_belongs_to_it(
    folder: Path,
) -> None:
    backup = copied_account.backup(folder)
    copied_account.make(folder, turns=5)
    for name in ("stonks.db-wal", "stonks.db-shm", "paper.db-journal"):
        (folder / name).write_bytes(b"of the old one")
    done = restored(folder, backup)
    assert turns_in(folder) == 2
    assert done == restores.Restore(source=backup.folder, replaced=folder / "backups" / "replaced")
    aside = {path.name for path in done.replaced.iterdir()}
    assert aside == {"stonks.db", "stonks.db-wal", "stonks.db-shm", "paper.db", "paper.db-journal"}
    assert not list(folder.glob("*.db-*"))
    assert not (folder / restores.GATHERED).exists()
    assert restores.begun(folder) is None
    assert list(manifests.differences(backup.folder, backup.manifest)) == [], "the backup stays what it was"


def test_into_a_folder_that_is_not_there_nothing_is_put_aside(folder: Path, tmp_path: Path) -> None:
    backup = copied_account.backup(folder)
    done = restored(tmp_path / "new", backup)
    assert turns_in(tmp_path / "new") == 2
    assert not done.replaced.exists()


def test_who_led_on_either_has_lost_the_lead_and_the_next_engine_leads_at_once(folder: Path) -> None:
    backup = copied_account.backup(folder)
    for owner in ("b", "c"):
        with closing(sqlite3.connect(folder / "stonks.db")) as file, file:
            file.execute("UPDATE leases SET owner = NULL")
        copied_account.make(folder, turns=3, owner=owner)

    async def work() -> None:
        async with SqlLiveStore(folder / "stonks.db", ACCOUNT) as store:  # that of `c`, of epoch 3
            await store.commit(a_turn(4, epoch=3))
            restored(folder, backup)
            for epoch in (1, 3):
                with pytest.raises(LostLease):
                    await store.commit(a_turn(3, epoch=epoch))
            lease = await store.take_lease("d", AT, 60)
            assert lease
            assert lease.epoch == 4
            await store.commit(a_turn(3, epoch=4))

    asyncio.run(work())


def test_an_engine_that_made_a_new_file_in_between_has_that_put_aside_too(folder: Path) -> None:
    backup = copied_account.backup(folder)
    restores.gather(folder, backup.folder, backup.manifest, "backups/replaced")
    (aside := folder / "backups" / "replaced").mkdir()
    (folder / "stonks.db").rename(aside / "stonks.db")  # so far the first one came
    (folder / "stonks.db").write_text("made meanwhile")
    restores.finish(folder)
    assert turns_in(folder) == 2
    assert (aside / "stonks.db.2").read_text() == "made meanwhile"
    assert {"stonks.db", "paper.db"} <= {path.name for path in aside.iterdir()}


def test_one_that_was_decided_is_called_off_as_long_as_nothing_was_done(folder: Path) -> None:
    backup = copied_account.backup(folder)
    copied_account.make(folder, turns=3)
    restores.gather(folder, backup.folder, backup.manifest, "backups/replaced")
    with pytest.raises(Unavailable, match="not all of it is there yet"):
        restores.require_none_begun(folder)
    restores.call_off(folder)
    restores.require_none_begun(folder)
    assert turns_in(folder) == 3
    with pytest.raises(NotFound, match="no restore was begun"):
        restores.finish(folder)


def test_a_backup_that_changes_under_way_is_not_taken(folder: Path) -> None:
    backup = copied_account.backup(folder)
    with (backup.folder / "paper.db").open("r+b") as file:
        file.write(b"another")
    with pytest.raises(Unavailable, match=r"paper\.db has changed"):
        restores.gather(folder, backup.folder, backup.manifest, "backups/replaced")
    assert not list(folder.glob("restoring*"))


def says(folder: Path) -> str:
    return restores.who_lives(folder, AT, lock_too=True)


def test_an_engine_is_known_by_its_lock_or_by_the_files_that_it_has_open(folder: Path) -> None:
    release(folder)
    assert says(folder) == ""
    lock = MachineLock(folder / restores.LOCK_FILE)
    assert lock.take()
    assert "is at work on it" in says(folder)
    assert restores.who_lives(folder, AT, lock_too=False) == ""
    lock.let_go()

    async def stands_by() -> str:
        async with SqlLiveStore(folder / "stonks.db", ACCOUNT):
            return says(folder)

    async def has_the_brokers_file() -> str:
        async with PaperStore.open(folder / "paper.db"):
            return says(folder)

    assert "stands by on it" in asyncio.run(stands_by())
    assert "stands by on it" in asyncio.run(has_the_brokers_file())
    assert says(folder) == ""


def release(folder: Path, owner: str | None = None) -> None:
    with closing(sqlite3.connect(folder / "stonks.db")) as file, file:
        file.execute("UPDATE leases SET owner = ?", (owner,))


def test_an_engine_elsewhere_is_known_by_its_lease_until_that_is_over_and_a_dead_one_here_is_not_waited_for(
    folder: Path,
) -> None:
    assert "a leads on it until " in says(folder)
    assert restores.who_lives(folder, AT + timedelta(seconds=61), lock_too=True) == ""
    release(folder, owner_here())
    assert "leads on it until" in says(folder)
    release(folder, f"{owner_here().rpartition(':')[0]}:{2**22 + 1}")
    assert says(folder) == ""


@pytest.fixture(params=["damaged", "missing"])
def unreadable(request: pytest.FixtureRequest, folder: Path) -> Path:
    """The folder of an account whose file says nothing any more."""
    if request.param == "missing":
        (folder / "stonks.db").unlink()
    else:
        (folder / "stonks.db").write_bytes(b"\x07" * 40_000)
    return folder


def test_an_account_that_cannot_be_read_any_more_is_replaced_like_any_other(tmp_path: Path, unreadable: Path) -> None:
    backup = copied_account.backup(copied_account.make(tmp_path / "safe", turns=3), tmp_path / "kept")
    assert says(unreadable) == ""
    restored(unreadable, backup)
    assert turns_in(unreadable) == 3
