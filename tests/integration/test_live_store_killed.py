"""An engine's process is killed at any moment: what it said was kept is there, whole turns only, and no hole.

`STONKS_KILLS` asks for more kills than the suite has time for.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from tests.support.live_turns import ACCOUNT, a_turn, an_entry, an_errand
from tests.support.samples import a_notice

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("STONKS_KILLS", "15"))
SEED = 20240301
LONGEST_SECONDS = 0.12

# Each line that it reads starts an engine: a process of its own that keeps turns until somebody ends it. Two of three
# errands are brought. It says its process id first, and then the number of each turn once that is kept.
NURSERY = """
import asyncio, os, sys
from pathlib import Path
from storage.live_store import SqlLiveStore
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import AT

def say(word, number=0):
    os.write(1, f"{word} {number}\\n".encode())  # whole lines only, whenever the end comes

async def trade():
    say("pid", os.getpid())
    async with SqlLiveStore(Path(sys.argv[1]), ACCOUNT) as store:
        lease = await store.take_lease("engine", AT, 60)
        kept = await store.load()
        seq = kept.seq if kept else 0
        while True:
            seq += 1
            await store.commit(a_turn(seq, epoch=lease.epoch))
            say("kept", seq)
            if seq % 3:
                await store.brought(seq)

for line in sys.stdin:
    if os.fork() == 0:
        asyncio.run(trade())
    os.wait()
    say("over")
"""


@contextmanager
def nursery(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that starts engines on `path`."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", NURSERY, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def kept_before_the_kill(process: subprocess.Popen[str], seconds: float, *, works: bool) -> int:
    """Start an engine, kill it after `seconds`, and return the last turn that it said was kept; 0 if it said none.

    When it `works`, these are counted from its first turn on.
    """
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    engine = int(_said(process.stdout)[1])
    last = int(_said(process.stdout)[1]) if works else 0
    time.sleep(seconds)
    os.kill(engine, signal.SIGKILL)
    while (said := _said(process.stdout))[0] != "over":
        last = int(said[1])
    return last


def _said(pipe: IO[str]) -> list[str]:
    return pipe.readline().split()


async def test_p40_a_killed_engine_leaves_whole_turns_without_a_hole_and_none_that_it_kept_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "stonks.db"
    chance = random.Random(SEED)
    said, unsure = 0, set[int]()
    with nursery(path) as process:
        for number in range(KILLS):
            seconds = chance.uniform(0, LONGEST_SECONDS)
            said = max(said, kept_before_the_kill(process, seconds, works=number % 2 == 1))
            last = await last_turn(path)
            assert said <= last <= said + 1
            said = last
            unsure.add(last)
            await check(path, last, unsure)
    assert said >= KILLS // 2


async def last_turn(path: Path) -> int:
    async with SqlLiveStore(path, ACCOUNT) as store:
        kept = await store.load()
    return kept.seq if kept else 0


async def check(path: Path, last: int, unsure: set[int]) -> None:
    """Is everything of the turns up to `last` there, and nothing else? Of `unsure` errands one cannot know."""
    turns = range(1, last + 1)
    async with SqlLiveStore(path, ACCOUNT) as store:
        kept = await store.load()
        assert [entry async for entry in store.journal()] == [an_entry(seq) for seq in turns]
    reader = SqlLiveReader(path)
    decisions = (await reader.decisions(0, limit=last + 10)).decisions
    assert [d.decision_id for d in decisions] == [f"d{seq}" for seq in turns]
    assert await reader.notices(0) == tuple(a_notice(reference_id=f"d{seq}") for seq in turns)
    if kept is None:
        assert last == 0
        return
    assert (kept.seq, kept.state, kept.errands) == (last, a_turn(last).state, last)
    never_brought = {seq for seq in turns if seq % 3 == 0}
    waiting = {errand.errand_id for errand in kept.waiting}
    assert never_brought <= waiting <= never_brought | unsure
    assert kept.waiting == tuple(an_errand(seq) for seq in sorted(waiting))
