"""Account upgrade: to which version is an account to be taken, and is nobody at work on it meanwhile?"""

import asyncio
from collections.abc import Sequence

from engine.errors import BadInput
from stonks_tui import account_restore
from stonks_tui.account_place import AccountPlace
from storage import restores, upgrades
from storage.upgrades import Upgrade


def upgrade(place: AccountPlace, to: str = "", *, down: bool = False) -> Sequence[Upgrade]:
    """Take the account to the version `to`, this program's when it is empty; `down`: to the one before this program's.

    Raises NotFound without an account in files, Unavailable while somebody is at work on it, BadInput for a version
    that is not known, and for an earlier one than the account has unless `down`.
    """
    to = upgrades.meant(to, down=down)
    if place.database is not None:
        return upgrades.database(place.database, to, down=down)
    if not place.folder.exists():
        raise BadInput(f"there is no account in {place.folder}", hint="stonks run begins one; its tables are made then")
    with account_restore.nobody_else(place.folder):
        restores.require_none_begun(place.folder)
        return asyncio.run(upgrades.files(place.folder, to, down=down))
