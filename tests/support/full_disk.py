"""Full disk: a small disk of one's own, and what stores do when nothing more fits on it.

    unshare --map-root-user --mount python -m tests.support.full_disk live FOLDER

mounts a disk on FOLDER that nobody else sees and that is gone with the process, plays one of the stories below, and
says as JSON what was seen.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.errors import OutOfSpace
from storage.kept_space import free_bytes
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support.live_turns import ACCOUNT, a_turn, an_entry
from tests.support.samples import AT

MIB = 2**20
DISK = 32 * MIB
KEPT = 8 * MIB
AFTERWARDS = 100
"""So many turns, or words of the broker, must still have room once the disk was full."""

Seen = dict[str, object]


def fill(folder: Path, leave: int = 0) -> Path:
    """Leave no more than `leave` bytes free on the disk of `folder`; return the file that takes up the rest."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while (free := free_bytes(folder) - leave) > 0:
                os.posix_fallocate(file.fileno(), file.tell(), min(free, MIB))
                file.seek(0, os.SEEK_END)
        except OSError:
            pass
    return filler


def blocks(path: Path) -> int:
    """Return how much of the disk `path` takes up, in bytes; 0 when it is not there."""
    return path.stat().st_blocks * 512 if path.exists() else 0


async def until_full(do: Callable[[int], Awaitable[None]], first: int) -> tuple[int, OutOfSpace]:
    """Do it with `first`, the next number and so on until the disk is full; return the number that did not fit."""
    number = first
    while True:
        try:
            await do(number)
        except OutOfSpace as full:
            return number, full
        number += 1


async def live(folder: Path) -> Seen:
    """An engine's disk becomes full while it trades; somebody makes room later."""
    path, space = folder / "stonks.db", folder / "stonks.db.reserve"
    async with SqlLiveStore(path, ACCOUNT, kept_bytes=KEPT) as store:

        async def turn(seq: int) -> None:
            await store.commit(a_turn(seq, entry=an_entry(seq, answers="x" * 2_000)))

        await store.take_lease("a", AT, 60)
        await turn(1)
        at_first = blocks(space)
        filler = fill(folder)
        failed, full = await until_full(turn, 2)
        when_full = blocks(space)
        kept = await store.load()
        for seq in range(failed, failed + AFTERWARDS):
            await turn(seq)
        after_exits = blocks(space)
        filler.unlink()
        await turn(failed + AFTERWARDS)
        again = blocks(space)
        journal = [entry.seq async for entry in store.journal()]
    return {
        "at first": at_first,
        "said": [full.message, full.hint],
        "when full": when_full,
        "kept until then": failed - 1 == (kept.seq if kept else 0),
        "after exits": after_exits,
        "again": again,
        "no hole": journal == list(range(1, failed + AFTERWARDS + 1)),
        "left behind": blocks(space),
    }


async def paper(folder: Path) -> Seen:
    """The disk of the broker on paper becomes full."""
    space = folder / "paper.db.reserve"
    async with PaperStore.open(folder / "paper.db", kept_bytes=KEPT) as store:

        async def move(number: int) -> None:
            async with store.transaction() as book:
                await book.move_shares(f"{'LONG' * 200}{number}", number)

        await move(1)
        at_first = blocks(space)
        fill(folder)
        failed, full = await until_full(move, 2)
        when_full = blocks(space)
        for number in range(failed, failed + AFTERWARDS):
            await move(number)
        async with store.transaction() as book:
            held = await book.positions()
    return {
        "at first": at_first,
        "said": [full.message, full.hint],
        "when full": when_full,
        "all there": len(held) == failed + AFTERWARDS - 1,
    }


async def little_room(folder: Path) -> Seen:
    """There is no room for kept space when an account is opened again: it trades without."""
    path, space = folder / "stonks.db", folder / "stonks.db.reserve"
    async with SqlLiveStore(path, ACCOUNT, kept_bytes=KEPT):
        pass
    filler = fill(folder, leave=2 * KEPT - MIB)
    async with SqlLiveStore(path, ACCOUNT, kept_bytes=KEPT) as store:
        await store.take_lease("a", AT, 60)
        await store.commit(a_turn(1))
        without = blocks(space)
        filler.unlink()
        await store.commit(a_turn(2))
        return {"without": without, "with": blocks(space)}


STORIES: dict[str, Callable[[Path], Awaitable[Seen]]] = {"live": live, "paper": paper, "little room": little_room}


async def _tell(story: str, folder: Path) -> None:
    print(json.dumps(await STORIES[story](folder)))


def main(story: str, folder: str) -> None:
    """Mount the disk, and play `story` on it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], check=True)
    asyncio.run(_tell(story, Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
