"""Database restore: a backup takes the place of the account in a database, if somebody means it; nothing is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.adapters import clock
from engine.errors import NotFound
from stonks_tui import account_restore
from stonks_tui.account_restore import Meant
from storage import copies
from storage.copied_rows import Copied
from storage.postgres_address import PostgresAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRestore:
    """A restore of `source` that is done; what was there is in schemas that end in `replaced`, '' for nothing."""

    source: Path
    copied: Copied
    replaced: str


def restore(address: PostgresAddress, source: Path, is_meant: Callable[[Meant], bool]) -> DatabaseRestore | None:
    """Put the backup in `source` in the place of the account at `address`, if it `is_meant`; None when it is not.

    Raises Unavailable while an engine leads on the account, BadInput for a backup that is not sound.
    """
    manifest = account_restore.sound(source)
    there = account_in(address)
    if not is_meant(Meant(manifest=manifest, there=there)):
        return None
    aside = f"replaced_{clock.now():%Y%m%dt%H%M%Sz}"
    copied = copies.to_postgres(source, address, aside=aside)
    return DatabaseRestore(source=source, copied=copied, replaced=aside if there else "")


def account_in(address: PostgresAddress) -> str:
    """Return the id of the account in the database at `address`, '' for none."""
    try:
        return copies.account_in(address)
    except NotFound:
        return ""
