"""Crossing floor: engine and broker over two servers, and a hand that ends any of the four, at a point or any time."""

import asyncio
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from tests.support.crossing import BROKER, ENGINE, POINTS, Side
from tests.support.parent_program import parent_program, state_of
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.shared_page import SharedPage, Then

LONGEST_SECONDS = 60.0


@dataclass(slots=True)
class Floor:
    """The two processes of one world at a time, by name, and their servers."""

    process: "subprocess.Popen[str]"
    postgres: PostgresServer
    redis: RedisServer
    folder: Path
    said: "queue.Queue[str]" = field(default_factory=queue.Queue)
    pids: dict[str, int] = field(default_factory=dict)
    seed: int = 0
    database: str = ""
    page: SharedPage | None = None

    def new_world(self, seed: int) -> None:
        """Begin another world, with empty servers; nobody lives in it yet."""
        self.end(BROKER)
        self.seed, name = seed, f"world_{seed}"
        asyncio.run(_make(self.postgres, name))
        self.database = f"{self.postgres.url(name)}?sslmode=disable&connect_timeout=1&statement_timeout=3"
        self.redis.flush()
        self.page = SharedPage(self.folder / name)

    def begin(self, role: str) -> None:
        """Let the engine or the broker live on in the world."""
        side = Side(
            role=role,
            seed=self.seed,
            database=self.database,
            redis=self.redis.url(connect_timeout=1, answer_timeout=1),
            page=str(self.folder / f"world_{self.seed}"),
        )
        assert self.process.stdin
        self.process.stdin.write(side.line())
        self.process.stdin.flush()
        until = time.monotonic() + LONGEST_SECONDS
        while role not in self.pids and time.monotonic() < until:
            self._hear(1.0)

    def has_ended(self, role: str) -> bool:
        """Has it come to its end, by whatever?"""
        while self._hear(0):
            pass
        return role not in self.pids

    def end(self, role: str) -> None:
        """End a process as a power cut would, if it lives."""
        if role in self.pids:
            with suppress(ProcessLookupError):
                os.kill(self.pids[role], signal.SIGKILL)
            until = time.monotonic() + LONGEST_SECONDS
            while role in self.pids and time.monotonic() < until:
                self._hear(1.0)

    def catch(self, point: str, number: int, then: Then, seconds: float) -> bool:
        """Lay a trap and wait until somebody is in it; False when the engine ended before, or it took too long."""
        assert self.page
        self.page.lay(POINTS[point], number, then)
        until = time.monotonic() + seconds
        while not self.page.who_was_caught():
            if self.has_ended(ENGINE) or time.monotonic() > until:
                self.page.clear()
                return bool(self.page.who_was_caught())
            time.sleep(0.001)
        return True

    def go_on(self) -> None:
        """Let who stands still in the trap go on."""
        assert self.page
        pid = self.page.who_was_caught()
        until = time.monotonic() + LONGEST_SECONDS
        while state_of(pid) != "T" and time.monotonic() < until:
            time.sleep(0.001)
        os.kill(pid, signal.SIGCONT)

    def say_where(self) -> None:
        """Have both say on standard error where they stand, and the queues what is in them."""
        for role, pid in self.pids.items():
            print(f"--- {role} {pid} is {state_of(pid)}", file=sys.stderr)
            os.kill(pid, signal.SIGUSR1)
        for key in sorted(self.redis.ask("KEYS", "*")):
            if self.redis.ask("TYPE", key) == "list":
                print(f"--- {key}: {self.redis.ask('LRANGE', key, 0, 3)}", file=sys.stderr)
        time.sleep(1)

    def _hear(self, seconds: float) -> bool:
        try:
            role, word, number = self.said.get(timeout=seconds or None, block=bool(seconds)).split()
        except queue.Empty:
            return False
        if word == "pid":
            self.pids[role] = int(number)
        else:
            self.pids.pop(role)
            assert int(number) in (0, -signal.SIGKILL), f"{role} ended with {number}"
        return True


@contextmanager
def a_floor(postgres: PostgresServer, redis: RedisServer, folder: Path) -> Iterator[Floor]:
    """Give a floor; whoever lives on it lives no longer than it."""
    with parent_program("tests.support.crossing") as process:
        floor = Floor(process, postgres, redis, folder)
        threading.Thread(target=_read, args=(process, floor.said), daemon=True).start()
        yield floor


def _read(process: "subprocess.Popen[str]", said: "queue.Queue[str]") -> None:
    assert process.stdout
    for line in process.stdout:
        said.put(line)


async def _make(server: PostgresServer, name: str) -> None:
    connection = await asyncpg.connect(server.url(), ssl=False)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
