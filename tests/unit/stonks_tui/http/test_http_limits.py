"""Limits: nobody asks too often, too much, too slowly, nor from a page that was not named."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from stonks_tui.http import backtesting, guard, serving
from stonks_tui.http.backtesting import MEBIBYTE, Backtesting, available_bytes
from stonks_tui.http.limits import BODY_BYTES, Rates
from stonks_tui.http.problems import Code, Refusal
from tests.support.http_account import Http


def test_a_bucket_lets_two_seconds_of_requests_through_and_then_as_many_as_a_second_has() -> None:
    now = [100.0]
    rates = Rates(5, lambda: now[0])
    assert [rates.wait("a") for _ in range(10)] == [0.0] * 10
    assert rates.wait("a") == pytest.approx(0.2)
    assert rates.wait("b") == 0.0
    now[0] += 0.2
    assert (rates.wait("a"), rates.wait("a") > 0) == (0.0, True)
    assert Rates(0).wait("a") == 0.0


def test_whoever_asks_too_often_is_told_when_to_come_again(http: Http) -> None:
    with asyncio.Runner() as runner:
        strict = Http(http.data_dir, http.desk._ask_engine, runner, rate=1)
        asked = guard.Guard(strict.app, strict.plan)
        asked._rates = Rates(1, lambda: 100.0)
        answers = [runner.run(_asked(asked)) for _ in range(4)]
        assert [status for status, _ in answers] == [200, 200, 429, 429]
        assert answers[-1][1][b"retry-after"] == b"1"
        assert strict.ask("GET", "/health").status_code == 200


async def _asked(app: guard.Guard, path: str = "/openapi.json") -> tuple[int, dict[bytes, bytes]]:
    sent: list[Any] = []
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "http_version": "1.1"}

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


def test_a_body_that_is_too_large_is_not_read(http: Http) -> None:
    body = b'{"note": "' + b"x" * BODY_BYTES + b'"}'
    headers = {"Content-Type": "application/json"}
    assert http.ask("POST", "/api/trading/pause", body, headers=headers).status_code == 413
    unsaid = {**headers, "Content-Length": "", "Transfer-Encoding": "chunked"}
    answer = http.ask("POST", "/api/trading/pause", body, headers=unsaid)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_request_that_does_not_come_is_not_waited_for(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "REQUEST_SECONDS", 0.05)

    async def ask() -> int:
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        path = "/api/trading/pause"
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
        scope |= {"headers": [(b"host", b"localhost"), (b"content-type", b"application/json")], "http_version": "1.1"}
        await guard.Guard(http.app, http.plan)({**scope, "client": ("127.0.0.1", 1)}, receive, send)
        return int(sent[0]["status"])

    assert http.runner.run(ask()) == 408


def test_pages_that_were_named_may_ask_from_a_browser_and_no_others(http: Http) -> None:
    with asyncio.Runner() as runner:
        ours = "https://board.example"
        named = Http(http.data_dir, http.desk._ask_engine, runner, origins=ours)
        answer = named.ask("GET", "/health", headers={"Origin": ours})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ours)
        assert named.ask("GET", "/health", headers={"Origin": "https://other.example"}).status_code == 403
    assert "access-control-allow-origin" not in http.ask("GET", "/health").headers


def test_the_root_path_of_a_proxy_may_be_there_or_not(http: Http) -> None:
    with asyncio.Runner() as runner:
        behind = Http(http.data_dir, http.desk._ask_engine, runner, root_path="/trading/")
        assert behind.get("/trading/api/trading/config") == behind.get("/api/trading/config")
        assert behind.get("/openapi.json")["servers"] == [{"url": "/trading"}]


def test_no_answer_is_kept_by_anybody_on_its_way(http: Http) -> None:
    headers = http.ask("GET", "/api/trading/status").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_memory_is_what_the_machine_has_and_the_container_leaves(tmp_path: Path) -> None:
    meminfo, cgroup = tmp_path / "meminfo", tmp_path / "cgroup"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:   1048576 kB\n")
    assert available_bytes(meminfo, cgroup) == 1024 * MEBIBYTE
    cgroup.mkdir()
    (cgroup / "memory.max").write_text(f"{512 * MEBIBYTE}\n")
    (cgroup / "memory.current").write_text(f"{412 * MEBIBYTE}\n")
    assert available_bytes(meminfo, cgroup) == 100 * MEBIBYTE
    (cgroup / "memory.max").write_text("max\n")
    assert available_bytes(meminfo, cgroup) == 1024 * MEBIBYTE


def test_a_backtest_for_which_there_is_no_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="MiB can be had") as refused:
        asyncio.run(Backtesting(tmp_path, least=1 << 60).start(()))
    assert refused.value.status == 507


_OUT_OF_MEMORY = """
import sys
from stonks_tui import cli
def starved(arguments):
    raise MemoryError
cli._dispatch = starved
sys.exit(cli.main(sys.argv[2:]))
"""


def test_a_backtest_that_wants_more_memory_than_it_may_take_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtesting, "BOUNDED", ("-c", _OUT_OF_MEMORY))
    monkeypatch.setattr(backtesting, "available_bytes", lambda: 600 * MEBIBYTE)
    with pytest.raises(Refusal, match="it ran out of memory: it may take 300 MiB here") as refused:
        asyncio.run(Backtesting(tmp_path).start(()))
    assert (refused.value.status, refused.value.problem.code) == (507, Code.NO_ROOM)


def test_a_backtest_is_refused_in_the_words_of_the_command(http: Http) -> None:
    answer = http.ask("POST", "/api/trading/backtest", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
    assert "there is no market data" in answer.json()["words"]


def test_a_head_that_comes_slowly_is_not_waited_for(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.2)

    async def ask() -> tuple[bytes, bytes]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = serving.server_of(guard.Guard(http.app, http.plan))
            serving_it = asyncio.ensure_future(server.serve(sockets=[listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            told = await reader.readuntil(b"}")
            writer.write(b"GET /health HTTP/1.1\r\nHost: local")
            rest = await asyncio.wait_for(reader.read(), 30)
            writer.close()
            server.should_exit = True
            await serving_it
            return told, rest

    told, rest = http.runner.run(ask())
    assert (told.startswith(b"HTTP/1.1 200"), rest) == (True, b"")
