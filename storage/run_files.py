"""Run files: which runs are there, whose is the next id, and is anybody working on one?

A run is the file `<id>.db` in the folder of runs. Who makes that file owns the id: of two processes, one is refused by
the system and takes the next. While a run is being worked on, its process holds a lock on `<id>.lock` beside it. The
system lets go of the lock when the process ends, however it ends; so a `running` run that nobody locks was interrupted.
"""

import fcntl
import os
import sqlite3
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from engine.errors import NotFound, StonksError, Unavailable
from engine.model.runs import RunRecord, RunStatus
from engine.ports import RunListing, RunState
from storage.database import check_version, open_raw, translated
from storage.record_mappers import record_of
from storage.table_kinds import BOOKS_SINCE
from storage.tables import BACKTEST_RUNS

_DIALECT = sqlite_dialect()
_SELECT_RUN = str(select(BACKTEST_RUNS).compile(dialect=_DIALECT))
_PROCESSORS = [
    (column.name, column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)) for column in BACKTEST_RUNS.c
]


class RunFiles:
    """The folder of runs. Holds the locks of the runs that this process works on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._locks: dict[int, int] = {}

    def path(self, run_id: int) -> Path:
        """Return where the run lies, or would."""
        return self.folder / f"{run_id}.db"

    def existing(self, run_id: int) -> Path:
        """Return where the run lies, or raise NotFound."""
        path = self.path(run_id)
        if not path.exists():
            raise NotFound(f"there is no run {run_id}", hint="`stonks backtest list` shows what there is")
        return path

    def ids(self) -> tuple[int, ...]:
        """Return the ids of all runs, newest first."""
        with translated(self.folder):
            if not self.folder.exists():
                return ()
            names = [entry.name for entry in os.scandir(self.folder)]
        numbers = [name.removesuffix(".db") for name in names if name.endswith(".db")]
        return tuple(sorted((int(n) for n in numbers if n.isdecimal() and str(int(n)) == n), reverse=True))

    def claim(self) -> int:
        """Make the empty file of a new run, lock it, and return its id: one more than the highest there is."""
        with translated(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            run_id = max(self.ids(), default=0)
            while True:
                run_id += 1
                if not self._lock(run_id):
                    continue
                try:
                    os.close(os.open(self.path(run_id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
                except FileExistsError:
                    self.release(run_id)
                except BaseException:
                    self.release(run_id)
                    raise
                else:
                    return run_id

    def release(self, run_id: int) -> None:
        """Say that this process no longer works on the run."""
        lock = self._locks.pop(run_id, None)
        if lock is not None:
            self._lock_path(run_id).unlink(missing_ok=True)
            os.close(lock)

    def release_all(self) -> None:
        """Let go of every run: what is not finished counts as interrupted."""
        for run_id in tuple(self._locks):
            self.release(run_id)

    def is_worked_on(self, run_id: int) -> bool:
        """Does a living process, this one or another, work on the run?"""
        if run_id in self._locks:
            return True
        try:
            probe = os.open(self._lock_path(run_id), os.O_RDONLY)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # not ours to read: rather wait than call a living run dead
        try:
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(probe)
        return False

    def remove(self, run_id: int) -> None:
        """Delete the run's file and whatever lies beside it."""
        with translated(self.path(run_id)):
            for suffix in ("-journal", "-wal", "-shm", ""):
                Path(f"{self.path(run_id)}{suffix}").unlink(missing_ok=True)
            self._lock_path(run_id).unlink(missing_ok=True)

    def listing(self, run_id: int) -> RunListing | None:
        """Return what is to be said of the run; None while its process is only making the file."""
        path = self.existing(run_id)
        try:
            record = read_record(path)
        except StonksError as error:
            return self._unreadable(run_id, error)
        if record.status is not RunStatus.RUNNING or self.is_worked_on(run_id):
            return RunListing(run_id=run_id, state=RunState(record.status), record=record)
        problem = "interrupted: its process ended before it could finish, and nothing of it was kept"
        return RunListing(run_id=run_id, state=RunState.INTERRUPTED, record=record, problem=problem)

    def _unreadable(self, run_id: int, error: StonksError) -> RunListing | None:
        if self.is_worked_on(run_id):
            return None
        return RunListing(run_id=run_id, state=RunState.DAMAGED, record=None, problem=error.message)

    def _lock(self, run_id: int) -> bool:
        lock = os.open(self._lock_path(run_id), os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._locks[run_id] = lock
        return True

    def _lock_path(self, run_id: int) -> Path:
        return self.folder / f"{run_id}.lock"


def read_record(path: Path) -> RunRecord:
    """Return the record in the run file `path`. One that is not such a file raises a StonksError that says why."""
    with open_raw(path) as connection:
        check_version(path, connection, BACKTEST_RUNS, since=BOOKS_SINCE)
        row = connection.execute(_SELECT_RUN).fetchone()
    if row is None:
        raise Unavailable(f"{path} has no run in it")
    with translated(path):
        return record_of(
            {
                name: process(value) if process else value
                for (name, process), value in zip(_PROCESSORS, row, strict=True)
            }
        )


def check_run_version(path: Path, connection: sqlite3.Connection) -> None:
    """Raise a StonksError unless `path`, which is open, is a run's file, and of this version."""
    check_version(path, connection, BACKTEST_RUNS, since=BOOKS_SINCE)
