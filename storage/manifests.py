"""Manifests: what does a backup consist of, and is it still what it was?

A folder with a manifest is a complete backup: the manifest is in it before the folder gets its name.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import BadInput, NotFound, StonksError
from storage.database import translated

MANIFEST = "manifest.json"
FORMAT = 1
"""Raised when a program that knows only the older ones could not restore what is written now."""

_NAMES = re.compile(r"stonks\.db|paper\.db|market\.db|stonks\.toml|runs/[1-9][0-9]*\.db")
"""What may be in a backup: a manifest is not to say where else something is put."""
_CHUNK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """One file of a backup; `name` as in the data directory, `size` in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is of: an account after its turn `last_turn`, as it was at `made_at`."""

    made_at: datetime
    account_id: str
    last_turn: int
    schema_version: str
    program_version: str
    files: tuple[KeptFile, ...]


def has_manifest(folder: Path) -> bool:
    """Is `folder` a backup?"""
    return (folder / MANIFEST).is_file()


def read(folder: Path) -> Manifest:
    """Return the manifest of the backup in `folder`. Raises NotFound when it is none, BadInput for a damaged one."""
    path = folder / MANIFEST
    if not path.is_file():
        raise NotFound(f"{folder} is no backup: there is no {MANIFEST} in it", hint="stonks db backup makes one")
    with translated(path):
        text = path.read_bytes()
    try:
        found = json.loads(text)
        version = found["format"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path} is damaged", hint="take another backup") from None
    if version != FORMAT:
        hint = "use the version of stonks-tui that made it, or a newer one"
        raise BadInput(f"{path} has format {version}, but this program knows {FORMAT}", hint=hint)
    try:
        return _manifest_of(found)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is damaged: {error}", hint="take another backup") from None


def text_of(manifest: Manifest) -> str:
    """Return what is written of `manifest`."""
    return json.dumps(as_plain(manifest), indent=1) + "\n"


def as_plain(manifest: Manifest) -> dict[str, Any]:
    """Return it for JSON."""
    return {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()}


def kept_file(folder: Path, name: str) -> KeptFile:
    """Return what is noted of the file `name` in `folder`. Raises Unavailable when it cannot be read."""
    size, digest = 0, hashlib.sha256()
    with translated(folder / name), (folder / name).open("rb") as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return KeptFile(name=name, size=size, sha256=digest.hexdigest())


def differences(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield in words which files in `folder` are not what `manifest` says."""
    for kept in manifest.files:
        if not (folder / kept.name).is_file():
            yield f"{kept.name} is missing"
        elif (folder / kept.name).stat().st_size != kept.size:
            yield f"{kept.name} has another size than when it was made"
        elif kept_file(folder, kept.name) != kept:
            yield f"{kept.name} has changed since it was made"


def may_hold(folder: Path, name: str) -> bool:
    """Does the backup in `folder` hold a file of this `name`, as far as its manifest can be read?"""
    try:
        return name in {file.name for file in read(folder).files}
    except StonksError:
        return True


def _manifest_of(found: dict[str, Any]) -> Manifest:
    files = tuple(
        KeptFile(name=str(file["name"]), size=int(file["size"]), sha256=str(file["sha256"])) for file in found["files"]
    )
    for file in files:
        if not _NAMES.fullmatch(file.name):
            raise ValueError(f"a backup does not hold {file.name}")
    if "stonks.db" not in {file.name for file in files}:
        raise ValueError("the files of the account are not in it")
    return Manifest(
        made_at=_moment(found["made_at"]),
        account_id=str(found["account_id"]),
        last_turn=int(found["last_turn"]),
        schema_version=str(found["schema_version"]),
        program_version=str(found["program_version"]),
        files=files,
    )


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at
