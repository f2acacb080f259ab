"""Door socket: how do people's words reach a running engine from another process?

A unix socket beside the account's file, for its owner alone. A line is a JSON object, in both directions; who says
something is what the kernel says of the process at the other end, never what it says itself.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from engine.adapters import door_lines, door_place
from engine.adapters.door_lines import LINE_BYTES
from engine.adapters.peers import user_of
from engine.errors import NoEngine as NoEngine  # noqa: PLC0414 - it is known from here too
from engine.errors import StonksError, Unavailable
from engine.model.audit import Answered, Asked

CLIENTS = 32
"""So many are heard at a time; a terminal or a script needs one."""
IDLE_SECONDS = 30.0
"""So long somebody may take for a line, and for reading an answer."""
ANSWER_SECONDS = 15.0
"""So long a client waits: longer than an engine retries what storage does not take at once."""
LAST_WORDS_SECONDS = 1.0
"""So long an engine that ends waits until what it has answered is written."""

Ask = Callable[[Asked], Awaitable[Answered]]


@asynccontextmanager
async def serve(path: Path, ask: Ask, *, leads: bool = False) -> AsyncIterator[None]:
    """Let whoever may open the socket `path` ask, as long as the context lasts.

    A socket that nobody listens on any more is replaced. Raises Unavailable when somebody does, or when it cannot be
    made; nothing that a client does is raised. Who knows that nobody else `leads` on the account replaces any: an
    engine that was suspended and lost the lead still listens, and answers nobody.
    """
    with door_place.opened(path) as folder:
        async with door_place.alone_in(folder, path):
            door_place.make_way(folder, path, leads=leads)
            listening = door_place.bound(folder, path)
            file = door_place.file_at(path)
            guests = _Guests(ask)
            server = await asyncio.start_unix_server(guests.receive, sock=listening, limit=LINE_BYTES)
        try:
            yield
        finally:
            server.close()
            with suppress(Unavailable):
                async with door_place.alone_in(folder, path):
                    door_place.remove(path, file)
            await guests.see_off()


def ask(path: Path, asked: Asked, timeout: float = ANSWER_SECONDS) -> Answered:
    """Return what the engine at the socket `path` answers within `timeout` seconds.

    `asked.who` is not sent: the engine sees it. Raises NoEngine when none runs there, Unavailable when it does not
    answer, or when it may not be asked.
    """
    until = time.monotonic() + timeout
    with _connected(path, timeout) as connection:
        try:
            with suppress(BrokenPipeError):  # they may have said why before they hung up
                connection.sendall(door_lines.asked_to_line(asked))
            return door_lines.answered_from_line(_line(connection, until))
        except TimeoutError:
            words = f"the engine on {path.parent} has not answered within {timeout:g} s"
        except ConnectionError:
            words = f"the engine on {path.parent} ended before it answered"
        except ValueError as error:
            raise Unavailable(f"what answers at {path} is no engine of this version: {error}") from None
    raise Unavailable(words, hint="what was asked may have taken effect all the same: stonks audit shows it")


class _Guests:
    """Everybody who is at the door."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._here: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[None]] = set()

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._here.add(task)
        try:
            if len(self._here) > CLIENTS:
                await _say(writer, _no(f"{CLIENTS} are at the door already; try again"))
            else:
                await self._converse(reader, writer, task)
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()  # they went away, or are sent away
        finally:
            self._here.discard(task)
            self._answering.discard(task)
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: "asyncio.Task[None]"
    ) -> None:
        who = user_of(writer.get_extra_info("socket"))
        while True:
            try:
                line = await asyncio.wait_for(reader.readline(), IDLE_SECONDS)
            except ValueError:
                await _say(writer, _no(f"a line is longer than {LINE_BYTES:,} bytes"))
                return
            if not line.endswith(b"\n"):  # they hung up; half a line is no word
                return
            self._answering.add(task)
            await _say(writer, await self._answer(line, who))
            self._answering.discard(task)

    async def _answer(self, line: bytes, who: str) -> Answered:
        try:
            return await self._ask(replace(door_lines.asked_from_line(line), who=who))
        except StonksError as error:
            return _no(f"{error.message}: {error.hint}" if error.hint else error.message)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not to end the engine
            return _no(f"it could not be done: {type(error).__name__}: {error}")

    async def see_off(self) -> None:
        """Let answers be written that are on their way, and send everybody away."""
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=LAST_WORDS_SECONDS)
        for task in (left := set(self._here)):
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=LAST_WORDS_SECONDS)


def _no(words: str) -> Answered:
    return Answered(done=False, words=words)


async def _say(writer: asyncio.StreamWriter, answered: Answered) -> None:
    writer.write(door_lines.answered_to_line(answered))
    await asyncio.wait_for(writer.drain(), IDLE_SECONDS)


@contextmanager
def _connected(path: Path, timeout: float) -> Iterator[socket.socket]:
    if not path.parent.is_dir():
        raise _nobody(path)
    with door_place.opened(path) as folder, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(door_place.address(folder, path))
        except (FileNotFoundError, ConnectionRefusedError):
            raise _nobody(path) from None
        except PermissionError:
            raise Unavailable(f"the engine on {path.parent} belongs to {_owner(path)}: only they may ask it") from None
        except OSError as error:
            raise Unavailable(f"the engine on {path.parent} cannot be asked: {error.strerror or error}") from None
        yield connection


def _nobody(path: Path) -> NoEngine:
    return NoEngine(f"no engine runs on {path.parent}", hint="stonks run starts one")


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (OSError, KeyError):
        return "somebody else"


def _line(connection: socket.socket, until: float) -> bytes:
    """Return the next line. Raises TimeoutError, ConnectionError when there is none, ValueError for a giant one."""
    got = bytearray()
    while not got.endswith(b"\n"):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(LINE_BYTES)
        if not part:
            raise ConnectionResetError
        got += part
        if len(got) > 64 * LINE_BYTES:
            raise ValueError("it does not stop talking")
    return bytes(got)
