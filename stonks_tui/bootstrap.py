"""Composition root: which concrete parts is this program made of? The one place that names them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters import clock
from engine.errors import NotFound
from stonks_tui import account_place

if TYPE_CHECKING:
    from engine.live_ports import PaperMemory
    from engine.model.notifications import NotificationChannel
    from engine.model.runs import RunRecord
    from engine.notification_ports import Notifier
    from engine.ports import MarketStore, RunStore
    from storage.live_reader import SqlLiveReader
    from storage.live_store import SqlLiveStore


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBooks:
    """What keeps a live account, open for an engine.

    `end_lost_lease` ends the lease of an engine of this machine that is dead, so that nobody has to wait it out.
    """

    store: SqlLiveStore
    end_lost_lease: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFiles:
    """The same, with what its broker on paper remembers."""

    store: SqlLiveStore
    memory: PaperMemory
    end_lost_lease: Callable[[], Awaitable[None]]


@asynccontextmanager
async def open_account(data_dir: Path, account: RunRecord) -> AsyncIterator[AccountFiles]:
    """Give what keeps the live account of `data_dir`, and what its broker on paper remembers; new ones if need be.

    Raises Unavailable as long as a backup is being put in the place of the account.
    """
    async with open_books(data_dir, account) as books, _paper_of(data_dir, books.store.account_id) as memory:
        yield AccountFiles(store=books.store, memory=memory, end_lost_lease=books.end_lost_lease)


@asynccontextmanager
async def open_books(data_dir: Path, account: RunRecord) -> AsyncIterator[AccountBooks]:
    """Give what keeps the account alone, for an engine whose broker is elsewhere; see `open_account`."""
    from storage.live_store import SqlLiveStore

    account_id = clock.new_account_id()
    if (database := account_place.database_of(data_dir)) is not None:
        from storage.postgres_live import PostgresLive

        make_folder(data_dir)  # for the socket, and the lock of this machine
        opened = SqlLiveStore(PostgresLive(database), account, account_id=account_id)
    else:
        _require_restored(data_dir)
        opened = SqlLiveStore(live_path(data_dir), account, account_id=account_id)
    async with opened as store:
        _require_restored(data_dir)  # whoever restores has looked for open files after it was decided
        with _first_here(data_dir, store) as end_lost_lease:
            yield AccountBooks(store=store, end_lost_lease=end_lost_lease)


def _require_restored(data_dir: Path) -> None:
    from storage.restores import require_none_begun

    if account_place.database_of(data_dir) is None:
        require_none_begun(data_dir)


@asynccontextmanager
async def _paper_of(data_dir: Path, account_id: str) -> AsyncIterator[PaperMemory]:
    """Give what the broker on paper remembers of the account in `data_dir`."""
    if (database := account_place.broker_database_of(data_dir)) is not None:
        from storage.postgres_paper import PostgresPaper

        async with PostgresPaper.open(database, account_id=account_id) as kept:
            yield kept
        return
    from storage.paper_store import PaperStore

    path = data_dir / "paper.db"
    async with PaperStore.open(path, account_id=account_id, account_file=live_path(data_dir)) as memory:
        _require_restored(data_dir)
        yield memory


def make_folder(data_dir: Path) -> None:
    """Make the data directory, which nobody else may look into."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _first_here(data_dir: Path, store: SqlLiveStore) -> Iterator[Callable[[], Awaitable[None]]]:
    """Give what ends the lease of an engine of this machine that is dead, for the first of those on `data_dir`."""
    from storage.machine_lock import MachineLock, is_dead

    path = live_path(data_dir)
    lock = MachineLock(path.with_name(f"{path.name}.lock"))

    async def end_lost_lease() -> None:
        if lock.take():
            await store.end_lost_lease(is_dead)

    try:
        yield end_lost_lease
    finally:
        lock.let_go()


def notifiers(environment: Mapping[str, str]) -> Mapping[NotificationChannel, Notifier]:
    """Return who carries notifications, with the credentials that `environment` gives or names."""
    from engine.adapters.gmail import GmailNotifier
    from engine.adapters.notification_secrets import GmailAccess
    from engine.adapters.sns import SnsNotifier
    from engine.model.notifications import NotificationChannel

    return {
        NotificationChannel.SMS: SnsNotifier(environment),
        NotificationChannel.EMAIL: GmailNotifier(GmailAccess.from_environment(environment)),
    }


def mailbox(data_dir: Path) -> Mapping[NotificationChannel, Notifier]:
    """Return who puts notifications into a folder of `data_dir` in place of sending them: no credentials are read."""
    from engine.adapters.mailbox import MailboxNotifier
    from engine.model.notifications import NotificationChannel

    return {channel: MailboxNotifier(mailbox_path(data_dir)) for channel in NotificationChannel}


def live_reader(data_dir: Path) -> SqlLiveReader:
    """Return what reads the live account of `data_dir` while an engine writes."""
    if (database := account_place.database_of(data_dir)) is not None:
        from storage.postgres_reader import PostgresLiveReader

        return PostgresLiveReader(database)
    from storage.live_reader import SqlLiveReader

    return SqlLiveReader(live_path(data_dir))


def has_account(data_dir: Path) -> bool:
    """Is there a live account of `data_dir`? Raises Unavailable when its database does not say."""
    if (database := account_place.database_of(data_dir)) is None:
        return live_path(data_dir).exists()
    from storage.postgres_reader import has_account

    return database.asked(partial(has_account, database)).result()


def records(data_dir: Path) -> RunStore:
    """Return the backtests in `data_dir` and the live account as one list, for reading."""
    from storage.records import SqlRecords

    return SqlRecords(runs_path(data_dir), live_reader(data_dir), partial(has_account, data_dir))


def live_path(data_dir: Path) -> Path:
    """Return where the live account lies (spec section 11)."""
    return data_dir / "stonks.db"


def log_path(data_dir: Path) -> Path:
    """Return where an engine that has no terminal to itself writes its log."""
    return data_dir / "logs" / "stonks.log"


def mailbox_path(data_dir: Path) -> Path:
    """Return the folder in which the messages of a demo lie."""
    return data_dir / "mailbox"


def door_path(data_dir: Path) -> Path:
    """Return the socket by which people's words reach the engine."""
    return data_dir / "stonks.sock"


def market_path(data_dir: Path) -> Path:
    """Return where market data lies (spec section 11)."""
    return data_dir / "market.db"


def runs_path(data_dir: Path) -> Path:
    """Return the folder with a file for each backtest."""
    return data_dir / "runs"


def cache_path(data_dir: Path) -> Path:
    """Return the folder of what can be made again, such as the calendar."""
    return data_dir / "cache"


def collector_at_rest() -> AbstractContextManager[None]:
    """Keep the garbage collector from looking through a run's books again and again; none of it is garbage."""
    from storage.collector import collector_at_rest as at_rest

    return at_rest()


def runs(data_dir: Path) -> RunStore:
    """Return the store of backtests, for reading: nothing needs to be closed."""
    from storage.run_repository import SqlRunStore

    return SqlRunStore(runs_path(data_dir))


@asynccontextmanager
async def open_runs(data_dir: Path) -> AsyncIterator[RunStore]:
    """Give the store of backtests; runs made and not finished in it count as interrupted afterwards."""
    from storage.run_repository import SqlRunStore

    async with SqlRunStore(runs_path(data_dir)) as store:
        yield store


@asynccontextmanager
async def open_market(data_dir: Path) -> AsyncIterator[MarketStore]:
    """Give the store of market data. Raises NotFound when nothing was imported yet."""
    from storage.market_data import MarketStore as SqlMarketStore

    path = market_path(data_dir)
    if not path.exists():
        raise NotFound(
            f"there is no market data in {data_dir}",
            hint="stonks import bars FILE, or give the files themselves: stonks backtest run --bars FILE …",
        )
    async with SqlMarketStore.open(path) as store:
        yield store
