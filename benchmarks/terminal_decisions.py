"""Terminal decisions: the demo's backtest, with as many decisions as one wants to look at."""

import sqlite3
from contextlib import closing
from pathlib import Path

_TABLE = "trading_decisions"


def make(demo: Path, folder: Path, count: int) -> Path:
    """Return a data directory in `folder` whose run has `count` decisions: those of the run in `demo`, repeated."""
    data_dir = folder / str(count)
    made = data_dir / "runs" / "1.db"
    if made.exists():
        return data_dir
    made.parent.mkdir(parents=True, exist_ok=True)
    beside = made.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(demo / "runs" / "1.db")) as source, closing(sqlite3.connect(beside)) as target:
        source.backup(target)
        with target:
            _multiply(target, count)
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    beside.rename(made)
    return data_dir


def _multiply(database: sqlite3.Connection, count: int) -> None:
    columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({_TABLE})")]
    (known,) = database.execute(f"SELECT max(seq) FROM {_TABLE}").fetchone()
    instead = {
        "seq": f"seq + :n * {known}",
        "decision_id": "decision_id || '-' || :n",
        "recommendation_id": "recommendation_id || '-' || :n",
    }
    wanted = ", ".join(instead.get(name, name) for name in columns)
    for n in range(1, count // known + 1):
        database.execute(f"INSERT INTO {_TABLE} SELECT {wanted} FROM {_TABLE} WHERE seq <= {known}", {"n": n})
    database.execute(f"DELETE FROM {_TABLE} WHERE seq > ?", (count,))
