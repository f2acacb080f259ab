"""Killed copier: a backup or a restore by a process that ends itself before one of its steps on the disk.

    python -m tests.support.killed_copier

reads a line for each, `backup DATA_DIR number` or `restore DATA_DIR BACKUP number` with tabs between, and has it done
by a process of its own, which kills itself before the step of this number: before something is made, named, removed or
synced. It says how that ended: 0 when there were not so many steps, -9 when it was killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.adapters import clock
from storage import backups, manifests, restores

STEPS = ("mkdir", "rename", "fsync", "unlink", "rmdir", "open")


def _kills_before(number: int) -> None:
    """Have this process kill itself before its step `number`."""
    passed = 0

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*args: Any, **options: Any) -> Any:
            nonlocal passed
            passed += 1
            if passed == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **options)

        return taken

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))


def _work(word: str, data_dir: Path, *more: str) -> None:
    _kills_before(int(more[-1]))
    if word == "backup":
        backups.make(data_dir, None, at=clock.now(), program_version="test")
    elif restores.begun(data_dir):
        restores.finish(data_dir)
    else:
        source = Path(more[0])
        restores.gather(data_dir, source, manifests.read(source), "backups/replaced")
        restores.finish(data_dir)


def main() -> None:
    """Do what is asked, one thing after another."""
    for line in sys.stdin:
        word, data_dir, *more = line.rstrip("\n").split("\t")
        copier = os.fork()
        if copier == 0:
            _work(word, Path(data_dir), *more)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(copier, 0)[1])
        os.write(sys.stdout.fileno(), f"{code}\n".encode())


if __name__ == "__main__":
    main()
