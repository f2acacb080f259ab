"""Data directory: where is everything kept that a person has not said otherwise about?"""

import argparse
import os
import shlex
from pathlib import Path


def default() -> Path:
    """Return $STONKS_DATA_DIR, else the XDG data directory's `stonks`, else ~/.local/share/stonks."""
    if chosen := os.environ.get("STONKS_DATA_DIR"):
        return Path(chosen).expanduser()
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The XDG base directory specification: a relative path there is to be ignored.
    return (base if base.is_absolute() else _home() / ".local" / "share") / "stonks"


def _home() -> Path:
    """Where this user is at home. Nobody knows of one that the system has no entry for, as containers have them."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")  # what Debian calls the home of those who have none


def named(text: str) -> Path:
    """Return the directory that somebody names on a command line. Raises ArgumentTypeError for what can be none."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    path = Path(text).expanduser()
    try:
        is_file = path.exists() and not path.is_dir()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} cannot be used: {error.strerror}") from error
    if is_file:
        raise argparse.ArgumentTypeError(f"{path} is a file; name the directory where the databases are kept")
    return path


def option(data_dir: Path) -> str:
    """Return what a command line needs to mean `data_dir`, with a blank in front, or nothing for the default."""
    return "" if data_dir == default() else f" --data-dir {shlex.quote(str(data_dir))}"
