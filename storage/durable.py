"""Durable: how do files and folders get their names, so that neither a kill nor a power cut leaves half of one?"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.database import translated

PART = ".part"
"""What the name of a folder ends in that is not complete yet, or is being removed."""


def sync(path: Path) -> None:
    """Have what is written of the file or folder `path` be on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path: Path, text: str) -> None:
    """Write the new file `path`, for its owner alone, and have it on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def copy(source: Path, target: Path) -> None:
    """Copy `source` to the new file `target`, for its owner alone, and have it on the disk. Raises OSError."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as there, source.open("rb") as here:
        shutil.copyfileobj(here, there, 2**20)
        there.flush()
        os.fsync(there.fileno())


def move(source: Path, target: Path) -> None:
    """Give the file `source` the new name `target`, also on another disk: it is there whole before it goes here."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(target.name + PART)
        part.unlink(missing_ok=True)
        copy(source, part)
        part.rename(target)
        sync(target.parent)
        source.unlink()


def remove(folder: Path) -> None:
    """Remove `folder`: it loses its name at once, and what was in it by and by."""
    part = folder if folder.name.endswith(PART) else folder.with_name(folder.name + PART)
    if part != folder:
        shutil.rmtree(part, ignore_errors=True)
        folder.rename(part)
        sync(part.parent)
    shutil.rmtree(part)


def sweep(folder: Path) -> None:
    """Remove what killed processes have left in `folder` under names that end in `PART`."""
    for part in folder.glob(f"*{PART}"):
        with suppress(OSError), _locked(part):
            shutil.rmtree(part)


@contextmanager
def new_folder(part: Path) -> Iterator[Path]:
    """Make the folder `part`, for its owner alone, and give it; when the context ends in an error it is removed.

    Its name ends in `PART`, and nobody sweeps it as long as this process is at work on it. Raises FileExistsError.
    """
    try:
        part.mkdir(mode=0o700)
    except FileExistsError:
        raise
    except OSError:
        with translated(part):
            raise
    with _locked(part):
        try:
            yield part
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on `folder`. Raises BlockingIOError when another process does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
