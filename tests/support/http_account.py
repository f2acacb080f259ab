"""HTTP account: an account that holds something, an engine that leads on it, and the interface in front."""

import asyncio
import hashlib
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from engine.door import Door
from engine.model.audit import Asked, Word
from stonks_tui import bootstrap
from stonks_tui.engine_thread import EngineThread
from stonks_tui.http import address
from stonks_tui.http import app as application
from stonks_tui.http.account_desk import AccountDesk, AskEngine
from stonks_tui.trading import World, on_paper, trade
from tests.support import live, live_account

HOLDS_AT = live_account.WORLD.played[1].open_at + timedelta(minutes=12)
READ, OPERATE = "a-token-that-may-look", "a-token-that-may-steer"
BASE = "http://127.0.0.1:8000"


def tokens() -> str:
    """Return the two tokens as a list of them says it."""
    named = (("read", "grafana", READ), ("operate", "ops", OPERATE))
    return "\n".join(f"{scope} {name} {hashlib.sha256(token.encode()).hexdigest()}" for scope, name, token in named)


def make(folder: Path) -> None:
    """Make the account: two positions, eighty decisions."""
    (folder / "data").mkdir(mode=0o700)
    asyncio.run(live_account.make(folder / "data", stops_at=HOLDS_AT))


class _Waiting(live.JumpingClock):
    """A clock that stands still; `waits` is set once somebody waits for it."""

    def __init__(self) -> None:
        super().__init__(HOLDS_AT)
        self.waits = threading.Event()

    async def until(self, at: object) -> None:  # noqa: ARG002
        """See `Clock.until`."""
        self.waits.set()
        await asyncio.Event().wait()


class Http:
    """The interface over an account, asked in a loop of its own."""

    def __init__(self, data_dir: Path, ask: AskEngine, runner: asyncio.Runner, **changed: Any) -> None:
        environment = {"STONKS_HTTP_TOKENS": changed.pop("tokens", "")}
        self.plan = address.plan("127.0.0.1:8000", environment=environment, **{"rate": 0, **changed})
        self.desk = AccountDesk(data_dir, ask, seconds=20.0)
        self.app: FastAPI = application.make(self.desk, self.plan)
        self.data_dir, self.runner = data_dir, runner

    def ask(
        self, method: str, path: str, said: Any = None, *, token: str = "", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Return the answer."""
        told = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        return self.runner.run(self._ask(method, path, said, told))

    async def _ask(self, method: str, path: str, said: Any, headers: Mapping[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(application.guarded(self.app, self.plan), client=("127.0.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60) as client:
            if isinstance(said, bytes):
                return await client.request(method, path, content=said, headers=headers)
            return await client.request(method, path, json=said, headers=headers)

    def get(self, path: str) -> Any:
        """Return what is told there."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def does(self, method: str, path: str, said: Any) -> Any:
        """Return the answer to what is done."""
        answer = self.ask(method, path, said)
        assert answer.status_code in (200, 202), answer.text
        return answer.json()


@contextmanager
def opened(made: Path, folder: Path) -> Iterator[tuple[Path, EngineThread]]:
    """Give the data directory of a copy of `made`, and the engine that leads on it and waits."""
    data_dir, clock = Path(shutil.copytree(made / "data", folder / "data")), _Waiting()

    async def work(door: Door) -> None:
        course = live.course_of(live_account.WORLD)
        days = tuple((row, course.session(row)) for row in course.rows)
        world = World(clock=clock, course=course.driven_by, days=days, is_halted=course.is_halted)
        account = live_account.account()
        async with bootstrap.open_account(data_dir, account.record()) as files:
            await trade(account, world, files.store, on_paper(files.memory), door, end_lost_lease=files.end_lost_lease)

    engine = EngineThread(work)
    engine.start()
    try:
        assert clock.waits.wait(60)
        assert engine.ask(Asked(word=Word.STATUS, origin="test")).result(60).done
        yield data_dir, engine
    finally:
        engine.stop()
        engine.join(30)
        if engine.error is not None:
            raise engine.error


@contextmanager
def interface(data_dir: Path, engine: EngineThread, **changed: Any) -> Iterator[Http]:
    """Give the interface in front of `engine`; `changed` is of its plan, and `tokens`."""
    with asyncio.Runner() as runner:
        http = Http(data_dir, engine.ask, runner, **changed)
        yield http
        runner.run(http.desk.close())
