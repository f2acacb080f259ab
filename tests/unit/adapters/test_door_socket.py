"""The door from outside: one line in, one out, over a real socket; nothing that comes in does harm."""

import asyncio
import getpass
import json
import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.adapters import door_place, door_socket
from engine.adapters.door_socket import CLIENTS, NoEngine, ask, serve
from engine.door import Door
from engine.errors import BadInput, Unavailable
from engine.model.audit import Answered, Asked, Word


@dataclass(slots=True)
class Engine:
    """Answers every word, and remembers what it was asked."""

    heard: list[Asked] = field(default_factory=list)

    async def answer(self, asked: Asked) -> Answered:
        self.heard.append(asked)
        return Answered(done=True, words=f"{asked.word} it is", before={"trading": "active"}, after=asked.arguments)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stonks.sock"


async def _asked(path: Path, asked: Asked, within: float = 5.0) -> Answered:
    return await asyncio.to_thread(ask, path, asked, within)


def _is_there(path: Path) -> bool:
    return path.exists()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _put_another_in_place_of(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))


async def _said(path: Path, line: bytes) -> dict[str, Any]:
    """Return what is answered to the bytes `line`."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    answer: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), 5))
    writer.close()
    return answer


async def test_a_word_goes_in_and_its_answer_comes_out(path: Path) -> None:
    engine = Engine()
    async with serve(path, engine.answer):
        answered = await _asked(path, Asked(word=Word.PAUSE, arguments={"note": "lunch: 100 €"}, origin="cli"))
    assert answered == Answered(
        done=True, words="pause it is", before={"trading": "active"}, after={"note": "lunch: 100 €"}
    )
    assert engine.heard[0].origin == "cli"


async def test_who_says_it_is_the_user_of_the_other_process_whatever_they_say(path: Path) -> None:
    engine = Engine()
    async with serve(path, engine.answer):
        await _asked(path, Asked(word=Word.STATUS, who="somebody else"))
        refused = await _said(path, b'{"version":1,"word":"status","who":"root"}\n')
    assert [asked.who for asked in engine.heard] == [getpass.getuser()]
    assert refused["words"] == "nothing is known of 'who'"


async def test_nobody_but_its_owner_may_open_the_socket(path: Path) -> None:
    before = os.umask(0)
    try:
        async with serve(path, Engine().answer):
            assert _mode(path) == 0o600
    finally:
        os.umask(before)


async def test_the_socket_is_for_its_owner_before_it_listens(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    made = Path.chmod

    def seen(file: Path, mode: int) -> None:
        modes.append(_mode(file))
        made(file, mode)

    monkeypatch.setattr(Path, "chmod", seen)
    before = os.umask(0)
    try:
        async with serve(path, Engine().answer):
            pass
    finally:
        os.umask(before)
    assert modes == [0o600]


async def test_the_socket_is_gone_when_the_engine_has_ended(path: Path) -> None:
    async with serve(path, Engine().answer):
        assert _is_there(path)
    assert not _is_there(path)
    with pytest.raises(NoEngine, match="no engine runs on") as none:
        ask(path, Asked(word=Word.STATUS))
    assert none.value.hint == "stonks run starts one"


def test_without_a_data_directory_no_engine_runs_either(tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match=r"no engine runs on .*nowhere"):
        ask(tmp_path / "nowhere" / "stonks.sock", Asked(word=Word.STATUS))


async def test_a_socket_that_a_dead_engine_left_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    with pytest.raises(NoEngine):
        ask(path, Asked(word=Word.STATUS))
    async with serve(path, Engine().answer):
        assert (await _asked(path, Asked(word=Word.STATUS))).done


async def test_a_socket_that_somebody_listens_on_stays_theirs(path: Path) -> None:
    async with serve(path, Engine().answer):
        with pytest.raises(Unavailable, match="an engine already listens"):
            async with serve(path, Engine().answer):
                pass
        assert (await _asked(path, Asked(word=Word.STATUS))).done


async def test_an_engine_that_leads_replaces_the_socket_of_one_that_was_suspended(path: Path) -> None:
    suspended, leading = Engine(), Engine()
    async with serve(path, leading.answer, leads=True):
        pass
    async with serve(path, suspended.answer):
        async with serve(path, leading.answer, leads=True):
            assert (await _asked(path, Asked(word=Word.STATUS))).done
            assert (len(leading.heard), suspended.heard) == (1, [])
        assert not _is_there(path)


async def test_an_engine_that_wakes_up_and_has_lost_the_lead_leaves_the_socket_of_the_one_that_leads(
    path: Path,
) -> None:
    async with serve(path, Engine().answer, leads=True):
        first = serve(path, Engine().answer, leads=True)
        await first.__aenter__()
        async with serve(path, Engine().answer, leads=True):
            await first.__aexit__(None, None, None)
            assert (await _asked(path, Asked(word=Word.STATUS))).done


async def test_of_two_that_start_at_once_over_a_dead_socket_one_listens(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def one() -> str:
        try:
            async with serve(path, Engine().answer):
                await asyncio.sleep(0.2)
                return "listened" if (await _asked(path, Asked(word=Word.STATUS))).done else "was not asked"
        except Unavailable:
            return "refused"

    assert sorted(await asyncio.gather(one(), one(), one())) == ["listened", "refused", "refused"]


async def test_an_engine_that_ends_leaves_the_socket_of_the_next_one(path: Path) -> None:
    async with serve(path, Engine().answer):
        _put_another_in_place_of(path)
    assert _is_there(path)


@pytest.fixture
def folder_in_its_place(path: Path) -> Path:
    path.mkdir()
    return path


async def test_what_else_lies_in_its_place_is_not_removed(folder_in_its_place: Path) -> None:
    path = folder_in_its_place
    with pytest.raises(Unavailable, match="it is no socket"):
        async with serve(path, Engine().answer):
            pass
    assert _is_there(path)


async def test_a_long_name_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / ("deep" * 40) / "stonks.sock"
    path.parent.mkdir()
    async with serve(path, Engine().answer):
        assert (await _asked(path, Asked(word=Word.STATUS))).done
    assert not _is_there(path)


async def test_where_a_long_name_cannot_be_shortened_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_place, "OPEN_FOLDERS", tmp_path / "none")
    path = tmp_path / ("deep" * 40) / "stonks.sock"
    path.parent.mkdir()
    with pytest.raises(Unavailable, match="longer than the 100 bytes"):
        async with serve(path, Engine().answer):
            pass


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"hello\n", "it is no JSON"),
        (b"\xff\xfe\n", "it is no"),
        (b"[1]\n", "it is no JSON object"),
        (b"[" * 60_000 + b"\n", "it is n"),
        (b"{}\n", "version 1"),
        (b'{"version":2,"word":"pause"}\n', "of different versions"),
        (b'{"version":1,"word":"pasue"}\n', "did you mean 'pause'"),
        (b'{"version":1}\n', "there is no word 'None'"),
        (b'{"version":1,"word":"pause","arguments":[]}\n', "the arguments are no object"),
        (b'{"version":1,"word":"pause","arguments":{"note":7}}\n', "'note' is no text"),
        (b'{"version":1,"word":"pause","arguments":{"note":"\\u001b[2J"}}\n', "letters that cannot be shown"),
        (b'{"version":1,"word":"pause","arguments":{"note":"\\ud800"}}\n', "letters that cannot be shown"),
        (b'{"version":1,"word":"pause","origin":"' + b"x" * 1001 + b'"}\n', "longer than 1,000 letters"),
        (b"x" * 70_000 + b"\n", "a line is longer than 65,536 bytes"),
    ],
)
async def test_nonsense_gets_a_sentence_and_does_nothing(path: Path, line: bytes, words: str) -> None:
    engine = Engine()
    async with serve(path, engine.answer):
        answer = await _said(path, line)
        assert not answer["done"]
        assert words in answer["words"]
        assert not engine.heard
        assert (await _asked(path, Asked(word=Word.STATUS))).done


async def test_half_a_line_is_no_word(path: Path) -> None:
    engine = Engine()
    async with serve(path, engine.answer):
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"version":1,"word":"close-all"}')
        writer.close()
        await writer.wait_closed()
        assert (await _asked(path, Asked(word=Word.STATUS))).done
    assert [asked.word for asked in engine.heard] == [Word.STATUS]


async def test_whoever_says_nothing_is_sent_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_socket, "IDLE_SECONDS", 0.05)
    async with serve(path, Engine().answer):
        reader, writer = await asyncio.open_unix_connection(path)
        assert not await asyncio.wait_for(reader.read(), 5)
        writer.close()


async def test_more_clients_than_can_be_heard_are_told_so_and_later_ones_are_heard_again(path: Path) -> None:
    async with serve(path, Engine().answer):
        idle = [await asyncio.open_unix_connection(path) for _ in range(CLIENTS)]
        refused = await _asked(path, Asked(word=Word.STATUS))
        assert not refused.done
        assert "at the door already" in refused.words
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.05)
        assert (await _asked(path, Asked(word=Word.STATUS))).done


async def test_whoever_goes_away_before_the_answer_harms_nobody(path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(asked: Asked) -> Answered:
        if asked.word is Word.PAUSE:
            begun.set()
            await go_on.wait()
        return Answered(done=True, words="done")

    async with serve(path, slow):
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"version":1,"word":"pause"}\n')
        await begun.wait()
        writer.transport.abort()
        go_on.set()
        assert (await _asked(path, Asked(word=Word.STATUS))).done


async def test_an_engine_that_does_not_answer_is_not_waited_for_for_ever(path: Path) -> None:
    async def never(_: Asked) -> Answered:
        await asyncio.Event().wait()
        raise AssertionError

    async with serve(path, never):
        with pytest.raises(Unavailable, match=r"has not answered within 0\.1 s") as silent:
            await _asked(path, Asked(word=Word.PAUSE), within=0.1)
        assert "may have taken effect" in silent.value.hint


async def test_what_cannot_be_done_is_answered_in_words(path: Path) -> None:
    async def cannot(asked: Asked) -> Answered:
        if asked.word is Word.CLOSE:
            raise BadInput("close needs a ticker", hint="for example AAPL")
        raise RuntimeError("boom")

    async with serve(path, cannot):
        assert (await _asked(path, Asked(word=Word.CLOSE))).words == "close needs a ticker: for example AAPL"
        assert (await _asked(path, Asked(word=Word.PAUSE))).words == "it could not be done: RuntimeError: boom"


async def test_the_answer_to_a_stop_is_heard_although_the_engine_ends_on_it(path: Path) -> None:
    door, listening = Door(), asyncio.Event()

    async def engine() -> None:
        async with serve(path, door.ask):
            listening.set()
            await door.opened(asyncio.sleep(5), Engine().answer)

    running = asyncio.create_task(engine())
    await listening.wait()
    answered = await _asked(path, Asked(word=Word.STOP))
    await running
    assert answered.done
    assert answered.words.startswith("stopping: what is held stays held")


async def test_an_engine_that_ends_waits_for_no_client(path: Path) -> None:
    async with asyncio.timeout(30):
        async with serve(path, Engine().answer):
            reader, writer = await asyncio.open_unix_connection(path)
            await asyncio.sleep(0.05)
        assert not await reader.read()
        writer.close()


@pytest.fixture
def liar(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        yield listening


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"HTTP/1.1 400\n", "it is no JSON"),
        (b'{"version":2,"done":true,"words":""}\n', "it speaks version 2"),
        (b'{"version":1,"done":"yes","words":""}\n', "neither yes nor no"),
        (b'{"version":1,"done":true,"words":"","after":{"a":1}}\n', "no text"),
        (b"", "ended before it answered"),
    ],
)
async def test_what_is_no_engine_is_told_apart_from_one(
    path: Path, liar: socket.socket, line: bytes, words: str
) -> None:
    asking = asyncio.create_task(_asked(path, Asked(word=Word.STATUS)))
    connection, _ = await asyncio.to_thread(liar.accept)
    await asyncio.to_thread(connection.recv, 4096)
    connection.sendall(line)
    connection.close()
    with pytest.raises(Unavailable, match=words):
        await asking
