"""Cures: what is there to be typed? The command comes last, so that it can be copied."""

import shlex
from pathlib import Path

from stonks_tui import data_dir
from stonks_tui.doctor.circumstances import Circumstances


def moved_aside(path: Path) -> str:
    """Return the command that puts `path` out of the way and loses nothing."""
    return f"mv {shlex.quote(str(path))} {shlex.quote(f'{path}.old')}"


def restored(path: Path, first: str = "") -> str:
    """Return what helps when the file `path` cannot be used; `first` is what is to be tried before."""
    before = f"{first}; or " if first else ""
    backup = f"stonks db restore{data_dir.option(path.parent)} FOLDER"
    return f"{before}put a copy of it back (a backup: {backup}), or begin without it: {moved_aside(path)}"


def imported(what: str, where: str, why: str = "") -> str:
    """Return the command that imports a file of `what` (`bars`); `where` names the data directory, `why` is for."""
    return f"{why}{': ' if why else ''}stonks import {what} FILE{where}"


def modes(change: str, *paths: Path) -> str:
    """Return the command that changes who may do what with `paths`."""
    return f"chmod {change} " + " ".join(shlex.quote(str(path)) for path in paths)


def configured(c: Circumstances, *values: str, why: str = "") -> str:
    """Return the command that has the account take `values` (`enabled=yes`), whether or not an engine runs."""
    if c.account.is_led:
        command = f"stonks config set{c.where} {' '.join(values)}"
    else:
        taken = " --on-difference apply" if c.account.is_there else ""
        command = f"stonks run{c.where}{taken} " + " ".join(f"--set {value}" for value in values)
    return f"{why}{': ' if why else ''}{command}"
