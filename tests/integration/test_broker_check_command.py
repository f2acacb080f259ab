"""`stonks broker-check` as its users call it, over a real server of Redis."""

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from engine.adapters import clock
from engine.adapters.paper_broker import PaperBroker
from engine.broking.messages import AccountMode
from engine.broking.service import BrokerService
from engine.model.costs import CostModel
from stonks_tui.cli import main
from storage import redis_address, redis_keys
from storage.in_memory_paper import InMemoryPaperMemory
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue
from tests.support.desk import PlainMarket
from tests.support.program import ROOT, Ended
from tests.support.redis_server import RedisServer

ACCOUNT, TICKER = "acc-1", "AAA"
PATIENT = ("--wait", "60")
"""A machine that is busy is slow, and no answer that is waited for in these tests stays out."""


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A server that holds nothing before each test has begun."""
    made = RedisServer()
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(autouse=True)
def _empty(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.flush()
    monkeypatch.delenv("STONKS_REDIS_URL", raising=False)


def words(server: RedisServer, *more: str) -> list[str]:
    """Return a command line that means an account on `server`."""
    where = ("--redis", server.url(answer_timeout=30)) if server.process else ()
    return ["broker-check", *where, "--account", ACCOUNT, "--ticker", TICKER, "--price-limit", "100.50", *more]


async def started(*words: str) -> asyncio.subprocess.Process:
    """Start the command in a process of its own, without a terminal."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "stonks_tui.cli", *words),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def checked(*words: str) -> Ended:
    """Run the command and return how it ended."""
    program = await started(*words)
    out, err = await program.communicate()
    assert program.returncode is not None
    return Ended(code=program.returncode, out=out.decode(), err=err.decode())


@asynccontextmanager
async def serving(server: RedisServer, *, is_open: bool = True) -> AsyncIterator[InMemoryPaperMemory]:
    """Serve the queue with a broker whose market is open or not, and give its memory."""
    memory = InMemoryPaperMemory()
    async with RedisLink.open(redis_address.parse(server.url(answer_timeout=30))) as link:
        jobs, answers = RedisQueue(link, redis_keys.BROKER_ORDERS), RedisQueue(link, redis_keys.BROKER_RESULTS)
        broker = PaperBroker(memory, CostModel(slippage_bps=0.0))
        await broker.market_shown(PlainMarket(prices={TICKER: 1_000_000}) if is_open else None)
        service = BrokerService(jobs, answers, broker, account_id=ACCOUNT, mode=AccountMode.PAPER, now=clock.now)
        await jobs.show_life("{}", 600)
        task = asyncio.get_running_loop().create_task(_serve(service))
        try:
            yield memory
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _serve(service: BrokerService) -> None:
    while True:
        await service.serve(0.5)


async def test_a_service_with_an_open_market_passes_and_holds_afterwards_what_it_held_before(
    server: RedisServer,
) -> None:
    async with serving(server) as memory:
        ended = await checked(*words(server, *PATIENT, "--yes", "--json"))
        async with memory.transaction() as book:
            assert await book.positions() == {}
            assert await book.waiting() == ()
    found = {one["number"]: one["outcome"] for one in json.loads(ended.out)["checks"]}
    assert {number for number, outcome in found.items() if outcome == "FAIL"} == set()
    assert {number for number, outcome in found.items() if outcome == "SKIPPED"} == {"G10", "G25", "G26"}
    assert (ended.code, ended.err) == (0, "")


async def test_an_order_that_waits_is_called_back_when_the_check_is_interrupted(server: RedisServer) -> None:
    async with serving(server, is_open=False) as memory:
        program = await started(*words(server, *PATIENT, "--fill-wait", "3600", "--yes", "--only", "reports"))
        while not await _waiting(memory):  # noqa: ASYNC110 - it is another process that orders
            await asyncio.sleep(0.01)
        program.send_signal(signal.SIGINT)
        _, err = await program.communicate()
        assert await _waiting(memory) == 0
    assert (program.returncode, err.decode().strip()) == (130, "stonks: interrupted")


async def _waiting(memory: InMemoryPaperMemory) -> int:
    async with memory.transaction() as book:
        return len(await book.waiting())


_KILL = """p=$(cat {pid}); kill -9 $p; while [ -e /proc/$p ] && ! grep -q "State:.Z" /proc/$p/status; do :; done"""


@pytest.fixture
def hands(server: RedisServer, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two lines of the shell: one kills `stonks broker` and one starts it. Its only price is an old one."""
    (tmp_path / "quotes.csv").write_text(f"ticker,price,at\n{TICKER},100,2026-01-05T15:00:00Z\n")
    pid, log = tmp_path / "pid", tmp_path / "log"
    serve = ("--account", ACCOUNT, "--quotes", f"{tmp_path}/quotes.csv", "--data-dir", f"{tmp_path}/broker")
    command = shlex.join([sys.executable, "-P", "-m", "stonks_tui.cli", "broker", *serve])
    where = f"PYTHONPATH={shlex.quote(str(ROOT))} STONKS_BROKER_REDIS_URL={shlex.quote(server.url(answer_timeout=30))}"
    try:
        yield _KILL.format(pid=pid), f"{where} {command} >>{log} 2>&1 & echo $! >{pid}"
    finally:
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


@pytest.mark.lengthy
async def test_the_broker_service_keeps_every_guarantee_also_when_it_is_killed(
    server: RedisServer, hands: tuple[str, str]
) -> None:
    kill, restart = hands
    first = await asyncio.create_subprocess_shell(restart)
    await first.wait()
    options = ("--fill-wait", "0.1", "--yes", "--kill-command", kill, "--restart-command", restart)
    ended = await checked(*words(server, *PATIENT, *options))
    assert ended.code == 0, ended.out + ended.err
    assert ended.out.splitlines()[-1] == "25 passed, 0 failed, 2 skipped", ended.out
    assert ended.out.count("is the market open?") == 2


async def test_a_queue_that_nobody_serves_is_told_in_three_lines(server: RedisServer) -> None:
    ended = await checked(*words(server, "--wait", "0.2", "--yes"))
    first, why, sent, *summary = ended.out.splitlines()
    assert first.startswith("G2  FAIL")
    assert "no answer" in why
    assert '"query_positions"' in sent
    assert summary == ["0 passed, 1 failed, 26 skipped"]
    assert ended.code == 1


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run the command in this process and return its exit code and what it said on standard error."""
    capsys.readouterr()
    code = main(words)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ((), "No other engine may speak with that broker"),
        (("--mode", "live", "--yes"), "live orders want a person at a terminal"),
        (("--yes", "--only", "G99"), "there is no check 'G99'"),
        (("--yes", "--redis", "redis://:secret@127.0.0.1/0"), "a password stands in the address"),
        (("--yes", "--quantity", "0"), "no number of shares"),
        (("--yes", "--price-limit", "0"), "no price"),
        (("--yes", "--wait", "nan"), "no number of seconds"),
    ],
)
def test_what_is_not_meant_or_cannot_be_is_refused_before_anything_is_sent(
    server: RedisServer, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], reason: str
) -> None:
    code, err = said(capsys, *words(server, *more))
    assert (code, reason in err, "secret" in err) == (2, True, False)
    assert server.ask("DBSIZE") == 0


class _Typed:
    """A terminal at which somebody types."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self._lines.pop(0) + "\n"


@pytest.mark.parametrize(
    ("mode", "typed"),
    [
        ("paper", ("no",)),
        ("live", ("check",)),
        ("live", (f"trade {ACCOUNT} with real money", "yes")),
    ],
)
def test_nothing_is_ordered_unless_it_is_typed_live_orders_twice(
    server: RedisServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    typed: tuple[str, ...],
) -> None:
    monkeypatch.setattr(sys, "stdin", _Typed(*typed))
    code, err = said(capsys, *words(server, "--mode", mode))
    assert (code, err.splitlines()[-1].endswith("nothing was ordered")) == (1, True)
    assert server.ask("DBSIZE") == 0


def test_whoever_has_typed_it_twice_is_let_through_to_the_queue_even_live(
    server: RedisServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _Typed(*[f"trade {ACCOUNT} with real money"] * 2))
    assert said(capsys, *words(server, "--mode", "live", "--wait", "1"))[0] == 1
    (job,) = server.ask("LRANGE", redis_keys.BROKER_ORDERS, 0, -1)
    assert json.loads(job)["mode"] == "live"
    assert json.loads(job)["kind"] == "query_positions"


def test_where_the_queue_is_has_to_be_said_and_a_server_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ["broker-check", "--account", ACCOUNT, "--ticker", TICKER, "--price-limit", "1", "--yes"]
    code, err = said(capsys, *line)
    assert (code, "STONKS_REDIS_URL" in err) == (2, True)
    monkeypatch.setenv("STONKS_REDIS_URL", "redis://127.0.0.1:1/0")
    code, err = said(capsys, *line)
    assert (code, "127.0.0.1:1" in err) == (1, True)
