"""Account restore: may a backup take the place of an account now, does somebody mean it, and then it does.

Nothing is lost by it: what was there lies in a folder of its own afterwards.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.adapters import clock, door_socket
from engine.errors import BadInput, StonksError, Unavailable
from engine.model.audit import Asked, Word
from stonks_tui import account_check, bootstrap, data_dir
from storage import file_checks, manifests, restores
from storage.backups import folder_of
from storage.machine_lock import MachineLock
from storage.manifests import Manifest
from storage.one_moment import ACCOUNT_FILE
from storage.restores import LOCK_FILE, Restore

_DOOR_SECONDS = 3.0
UNKNOWN = "unknown"
"""The id of an account whose file cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What somebody has to mean: the backup of `manifest` takes the place of the account `there`, '' for none."""

    manifest: Manifest
    there: str

    @property
    def is_another(self) -> bool:
        """Is the account that is there another one than that of the backup?"""
        return self.there not in ("", UNKNOWN, self.manifest.account_id)


def restore(folder: Path, source: Path, is_meant: Callable[[Meant], bool]) -> Restore | None:
    """Put the backup in `source` in the place of the account in `folder`, if it `is_meant`; None when it is not.

    Raises Unavailable while an engine is at work on the account, BadInput for a backup that is not sound.
    """
    with nobody_else(folder):
        manifest = sound(source)
        if not is_meant(Meant(manifest=manifest, there=_account_in(folder))):
            return None
        replaced = folder_of(folder) / f"replaced-{clock.now():%Y%m%dT%H%M%SZ}"
        restores.gather(folder, source, manifest, str(replaced.relative_to(folder)))
        try:
            _require_nobody(folder)
        except StonksError:
            restores.call_off(folder)
            raise
        return restores.finish(folder)


def finish(folder: Path) -> Restore:
    """Finish the restore that was decided in `folder`. Raises NotFound when there is none, Unavailable as `restore`."""
    with nobody_else(folder):
        return restores.finish(folder)


@contextmanager
def nobody_else(folder: Path) -> Iterator[None]:
    """See that no engine, and nobody else who restores, is at work on the account in `folder` meanwhile."""
    if not folder.exists():
        folder.mkdir(parents=True)
    _require_nobody(folder, lock_too=True)
    lock = MachineLock(folder / LOCK_FILE)
    lock.take()
    try:
        yield
    finally:
        lock.let_go()


def _require_nobody(folder: Path, *, lock_too: bool = False) -> None:
    words = restores.who_lives(folder, clock.now(), lock_too=lock_too) or _at_the_door(folder)
    if words:
        hint = f"stonks stop{data_dir.option(folder)} ends an engine"
        raise Unavailable(f"the account in {folder} is in use: {words}", hint=hint)


def _at_the_door(folder: Path) -> str:
    asked = Asked(word=Word.STATUS, arguments={}, origin="cli")
    try:
        door_socket.ask(bootstrap.door_path(folder), asked, timeout=_DOOR_SECONDS)
    except door_socket.NoEngine:
        return ""
    except StonksError as error:
        return error.message
    return "an engine answers at its door"


def sound(source: Path) -> Manifest:
    """Return the manifest of the backup in `source`. Raises BadInput unless all of it is as it should be."""
    manifest = manifests.read(source)
    wrong = [finding for finding in account_check.check(source).findings if not finding.is_ok]
    if wrong:
        words = f"the backup in {source} is not sound: {wrong[0].what}: {wrong[0].words}"
        raise BadInput(words, hint=f"stonks db check {source} says all of it; choose another one")
    return manifest


def _account_in(folder: Path) -> str:
    if not (folder / ACCOUNT_FILE).exists():
        return ""
    try:
        return file_checks.account_id_of(folder / ACCOUNT_FILE) or UNKNOWN
    except StonksError as error:
        print(f"what is there cannot be read: {error.message}", file=sys.stderr)
        return UNKNOWN
