"""What is wrong with a Redis server is said in words; who may listen and who is let in; no password is ever told."""

import asyncio
import logging
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from engine.errors import BadInput, StonksError, Unavailable
from storage import redis_address, redis_keys
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue
from tests.support import certificates, redis_lines
from tests.support.certificates import Certificates
from tests.support.postgres_server import free_port
from tests.support.redis_lines import PASSWORD
from tests.support.redis_server import RedisServer
from tests.support.tls_front import tls_front

SET = ("SET", redis_keys.life(redis_keys.BROKER_ORDERS), "x")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    server = RedisServer().start()
    yield server
    server.close()


@asynccontextmanager
async def _queue(url: str) -> AsyncIterator[RedisQueue]:
    async with RedisLink.open(redis_address.parse(url)) as link:
        yield RedisQueue(link, redis_keys.BROKER_ORDERS)


async def _said(url: str, *command: str) -> StonksError:
    """Return what is said of the server at `url` when it is asked."""
    async with RedisLink.open(redis_address.parse(url)) as link:
        with pytest.raises(StonksError) as raised:
            await link.ask(*(command or SET))
    assert PASSWORD not in f"{raised.value!r} {raised.value.hint}"
    return raised.value


async def test_a_server_that_is_not_there_is_said(server: RedisServer) -> None:
    server.stop()
    error = await _said(server.url())
    assert (type(error), error.message) == (Unavailable, f"Redis on 127.0.0.1:{server.port} does not answer")


async def test_a_full_server_is_said_and_still_gives_what_it_has(server: RedisServer) -> None:
    async with _queue(server.url()) as queue:
        await queue.send("one")
        server.ask("CONFIG", "SET", "maxmemory", 1)
        with pytest.raises(Unavailable, match="is full") as raised:
            await queue.send("two")
        assert "maxmemory" in raised.value.hint
        assert list(await queue.left()) == []
        server.ask("CONFIG", "SET", "maxmemory", 0)
        assert list(await queue.take(30)) == ["one"]


async def test_a_replica_is_said_to_be_read_only(server: RedisServer) -> None:
    server.ask("REPLICAOF", "127.0.0.1", free_port())
    assert "is read-only" in (await _said(server.url())).message


async def test_a_server_that_has_lost_its_primary_is_said(server: RedisServer) -> None:
    server.ask("CONFIG", "SET", "replica-serve-stale-data", "no")
    server.ask("REPLICAOF", "127.0.0.1", free_port())
    assert "has lost its primary" in (await _said(server.url(), "GET", "stonks:x")).message


async def test_a_server_that_cannot_save_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    server = RedisServer(dir=str(gone)).start()
    try:
        shutil.rmtree(gone)
        server.ask("CONFIG", "SET", "save", "3600 1")
        server.ask("BGSAVE")
        async with asyncio.timeout(60):
            while server.ask("INFO", "persistence")["rdb_last_bgsave_status"] == "ok":  # noqa: ASYNC110 - the server's
                await asyncio.sleep(0.01)
        error = await _said(server.url())
    finally:
        server.close()
    assert "cannot save" in error.message
    assert "disk" in error.hint


async def test_somebodys_endless_script_is_said(server: RedisServer) -> None:
    server.ask("CONFIG", "SET", "lua-time-limit", 1)
    thread = threading.Thread(target=_is_killed, args=(server,))
    thread.start()
    try:
        async with RedisLink.open(redis_address.parse(server.url(answer_timeout=30))) as link:
            with pytest.raises(Unavailable, match="held up by somebody's script"):
                await _ask_for_ever(link)
    finally:
        server.ask("SCRIPT", "KILL")
        thread.join()


def _is_killed(server: RedisServer) -> None:
    with pytest.raises(Exception, match=r"(?i)kill"):
        server.ask("EVAL", "while true do end", 0)


async def test_a_login_that_is_refused_is_said_without_the_password(server: RedisServer) -> None:
    redis_lines.let_in(server)
    for login in (f"engine:not-{PASSWORD}@", f"nobody:{PASSWORD}@"):
        error = await _said(server.url(login))
        assert isinstance(error, BadInput)
        assert "refuses the user or the password" in error.message
    server.ask("ACL", "SETUSER", "default", "off")
    assert "refuses the user" in (await _said(server.url())).message


async def test_a_queue_waits_for_somebody_who_mends_a_login(server: RedisServer) -> None:
    async with _queue(server.url(f"engine:{PASSWORD}@")) as queue:
        with pytest.raises(Unavailable, match="refuses the user or the password"):
            await queue.send("one")
        redis_lines.let_in(server)
        await queue.send("one")
        assert list(await queue.take(30)) == ["one"]


async def test_what_a_user_may_not_do_is_said() -> None:
    url = redis_lines.url_of("valkey", redis_lines.BROKER)
    for command in (("FLUSHALL",), ("KEYS", "*"), ("CONFIG", "GET", "*"), ("SET", redis_keys.dedupe("r1"), "x")):
        error = await _said(url, *command)
        assert isinstance(error, BadInput)
        assert "does not allow it to this user" in error.message
    assert "docs/redis.md" in error.hint


async def test_keys_of_somebody_else_are_said(server: RedisServer) -> None:
    server.ask("SET", redis_keys.BROKER_ORDERS, "theirs")
    async with _queue(server.url()) as queue:
        with pytest.raises(Unavailable, match="has something else under our names"):
            await queue.send("one")
    async with _queue(server.url(prefix="mine:")) as queue:
        await queue.send("one")
    assert server.ask("LLEN", f"mine:{redis_keys.BROKER_ORDERS}") == 1


async def test_a_database_that_is_not_there_is_said(server: RedisServer) -> None:
    assert "has no database of this number" in (await _said(server.url(db=99))).message


async def test_a_server_without_a_connection_left_is_said(server: RedisServer) -> None:
    async with _queue(server.url()) as queue:
        await queue.send("one")
        server.ask("CONFIG", "SET", "maxclients", 1)
        assert "has no connection left" in (await _said(server.url())).message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"-LOADING Redis is loading the dataset in memory\r\n", "is still loading its data"),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", "is part of a cluster"),
        (b"-ERR unknown command 'SET', with args beginning with: 'x'\r\n", "does not know a command"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot be used"),
        (b"", "does not answer"),
    ],
)
async def test_whatever_answers_is_said(answer: bytes, words: str) -> None:
    with _answering(answer) as port:
        error = await _said(f"redis://127.0.0.1:{port}/0")
    assert words in error.message
    assert "'x'" not in error.message


@contextmanager
def _answering(answer: bytes) -> Iterator[int]:
    """Give the port of something that says `answer` to whoever comes first, whatever is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answer, args=(listening, answer))
        thread.start()
        yield int(listening.getsockname()[1])
        thread.join()


def _answer(listening: socket.socket, answer: bytes) -> None:
    line, _ = listening.accept()
    with line:
        line.recv(65_536)
        line.sendall(answer)


async def test_a_server_that_stands_still_is_waited_for_no_longer_than_was_said(server: RedisServer) -> None:
    async with _queue(server.url(answer_timeout=0.1)) as queue:
        await queue.send("one")
        server.pause()
        with pytest.raises(Unavailable, match="has not answered in time"):
            await queue.send("two")
        with pytest.raises(Unavailable, match="has not answered in time"):
            await queue.take(0.01)
        server.go_on()
        assert await _all(queue) >= {"one", "two"}  # nobody knew whether it was sent


async def _all(queue: RedisQueue) -> set[str]:
    """Return what is there once the server has done all that was asked while it stood still."""
    found: set[str] = set()
    async with asyncio.timeout(60):
        while not found >= {"one", "two"}:
            try:
                found |= {*await queue.left(), *await queue.take(0)}
            except Unavailable:
                await asyncio.sleep(0.01)
    return found


async def test_an_end_is_heard_at_any_moment() -> None:
    address = redis_address.parse(redis_lines.url_of("valkey"))
    async with RedisLink.open(address) as link:
        for turns in range(60):
            asking = asyncio.create_task(_ask_for_ever(link))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait_for(asyncio.gather(asking, return_exceptions=True), 60)
            assert asking.cancelled()


async def _ask_for_ever(link: RedisLink) -> None:
    while True:
        await link.ask("GET", SET[1])


async def test_a_socket_of_this_machine_leads_there_too(server: RedisServer) -> None:
    async with _queue(f"unix://{server.socket}") as queue:
        await queue.send("one")
    assert server.ask("LLEN", redis_keys.BROKER_ORDERS) == 1


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.made(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def tls_port(papers: Certificates) -> Iterator[int]:
    server = redis_lines.server_of("valkey")
    assert isinstance(server, RedisServer)
    with tls_front(server.port, papers.server, is_asked=False) as port:
        yield port


async def test_over_tls_only_a_server_is_trusted_that_somebody_vouches_for(tls_port: int, papers: Certificates) -> None:
    login = f"rediss://engine:{PASSWORD}@"
    at, by_number = f"{login}localhost:{tls_port}/0", f"{login}127.0.0.1:{tls_port}/0?sslrootcert={papers.root}"
    for good in (f"{at}?sslrootcert={papers.root}", f"{at}?sslmode=require", f"{by_number}&sslmode=verify-ca"):
        async with _queue(f"{good}&answer_timeout=30") as queue:
            await queue.send("one")
    for bad in (f"{at}?prefix=a", f"{at}?sslrootcert={papers.stranger}", by_number):  # it has another name
        error = await _said(f"{bad}&answer_timeout=30")
        assert "shows a certificate that cannot be trusted" in error.message
        assert "sslrootcert" in error.hint


async def test_tls_where_there_is_none_is_said(tls_port: int) -> None:
    with _answering(b"-ERR Protocol error\r\n") as port:
        assert "cannot be spoken with over TLS" in (await _said(f"rediss://127.0.0.1:{port}")).message
    assert "does not answer" in (await _said(f"redis://127.0.0.1:{tls_port}/0?answer_timeout=30")).message


async def test_certificates_that_are_none_are_said(tls_port: int, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    with pytest.raises(BadInput, match="certificates"):
        RedisLink(redis_address.parse(f"rediss://localhost:{tls_port}/0?sslrootcert={nothing}"))


async def test_no_password_is_told(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    redis_lines.let_in(server)
    address = redis_address.parse(server.url("engine@"), PASSWORD)
    async with RedisLink.open(address) as link:
        await link.ask(*SET)
        server.stop()
        with pytest.raises(Unavailable) as raised:
            await link.ask(*SET)
    assert PASSWORD not in f"{address} {address!r} {link!r} {raised.value!r} {raised.getrepr()} {caplog.text}"
