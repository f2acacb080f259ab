"""Write ahead process: the other end of `storage/write_ahead.py`, a process of its own.

Reads decisions from its standard input and keeps them when it is told that these were all. If the run's process ends
before that, nothing is kept.
"""

import asyncio
import sys
from pathlib import Path

from storage import bulk, mappers
from storage.collector import collector_at_rest
from storage.database import create_indexes, open_engine
from storage.decision_tables import TRADING_DECISIONS
from storage.row_map import numbered
from storage.write_ahead_parts import parts


def main(path: Path, run_id: int) -> None:
    """Write what comes on standard input into the run file `path`."""
    asyncio.run(_write(path, run_id))


async def _write(path: Path, run_id: int) -> None:
    with collector_at_rest():
        async with open_engine(path, spills=False) as engine, engine.begin() as connection:
            await create_indexes(connection, [TRADING_DECISIONS])
            written = 0
            for part in parts(sys.stdin.buffer):
                columns = mappers.decision_columns(part)
                rows = numbered(columns, first=written + 1, run_id=run_id)
                written += await bulk.insert(connection, TRADING_DECISIONS, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
