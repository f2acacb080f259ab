"""Account copy: a whole account goes from its files into a database or back, when nobody is at work on either."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from engine.adapters import clock
from engine.errors import BadInput
from stonks_tui import account_place, account_restore
from stonks_tui.account_place import AccountPlace
from storage import copies, restores
from storage.backups import folder_of
from storage.copied_rows import Copied
from storage.one_moment import ACCOUNT_FILE
from storage.postgres_address import SCHEMES, PostgresAddress


def place_of(words: str) -> AccountPlace:
    """Return what `words` on a command line mean: a folder, or the address of a database without its password.

    Raises BadInput for an address that is none, and for a password in it.
    """
    if urlsplit(words).scheme not in SCHEMES:
        return AccountPlace(folder=Path(words).expanduser())
    if urlsplit(words).password is not None:
        hint = f"put it into the file that ${account_place.PASSWORD}_FILE names"
        raise BadInput("a password on the command line is seen by everybody on this machine", hint=hint)
    address = account_place.address({**os.environ, account_place.URL: words})
    return AccountPlace(folder=Path(), database=address)


def copy(source: AccountPlace, target: AccountPlace) -> Copied:
    """Copy the account in `source`, a folder or a database, to the other kind of place, which has none yet.

    Raises Unavailable while an engine is at work on it, NotFound without one, BadInput when there is one already.
    """
    if source.database is None and target.database is not None:
        with account_restore.nobody_else(source.folder):
            restores.require_none_begun(source.folder)
            return copies.to_postgres(source.folder, target.database)
    if source.database is not None and target.database is None:
        with account_restore.nobody_else(target.folder):
            return _into_files(source.database, target.folder)
    if source.database is None:
        raise BadInput("both are folders", hint="stonks db backup copies an account from files into files")
    raise BadInput("both are databases", hint="pg_dump copies schemas from one database into another")


def _into_files(address: PostgresAddress, folder: Path) -> Copied:
    restores.require_none_begun(folder)
    if (folder / ACCOUNT_FILE).exists():
        raise BadInput(f"there is an account in {folder} already", hint="name a folder without one")
    done: list[Copied] = []

    def copied(part: Path) -> None:
        done.append(copies.to_files(address, part, while_led=False))

    replaced = folder_of(folder) / f"replaced-{clock.now():%Y%m%dT%H%M%SZ}"  # of a broker without an account
    restores.gather_from(folder, copied, str(address), str(replaced.relative_to(folder)))
    restores.finish(folder)
    return done[0]
