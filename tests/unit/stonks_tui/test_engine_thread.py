"""Engine thread: an engine beside the screens is asked, told to end and waited for, but not when it is gone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.door import Door
from engine.errors import Unavailable
from engine.model.audit import Answered, Asked, Word
from stonks_tui.engine_thread import EngineThread, Work
from stonks_tui.steering import Beside

PAUSE = Asked(word=Word.PAUSE, origin="test")


async def _answer(asked: Asked) -> Answered:
    return Answered(done=True, words=f"did {asked.word}")


async def answering(door: Door) -> None:
    """Answer until somebody says stop."""
    await door.opened(asyncio.sleep(60), _answer)


async def deaf(_: Door) -> None:
    """Hear nothing for a while, not even a stop."""
    await asyncio.sleep(0.5)


@contextmanager
def started(work: Work) -> Iterator[EngineThread]:
    engine = EngineThread(work)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
        assert engine.join(10)


async def test_it_is_asked_from_another_loop_and_answers() -> None:
    with started(answering) as engine:
        assert (await Beside(engine).ask(PAUSE)).words == "did pause"
        assert not engine.join(0.05)
        engine.stop()
        assert engine.join(10)
        assert engine.error is None


async def test_an_engine_that_has_ended_is_not_asked() -> None:
    with started(answering) as engine:
        assert (await Beside(engine).ask(Asked(word=Word.STOP, origin="test"))).done
        assert engine.join(10)
        with pytest.raises(Unavailable, match="the engine has stopped"):
            await Beside(engine).ask(PAUSE)


async def test_what_ended_it_is_known_to_whoever_joins() -> None:
    fault = RuntimeError("a fault of ours")

    async def break_down(_: Door) -> None:
        raise fault

    with started(break_down) as engine:
        assert engine.join(10)
        assert engine.error is fault


async def test_whoever_waits_for_an_answer_is_told_when_the_engine_breaks_before_it() -> None:
    async def break_down(_: Door) -> None:
        await asyncio.sleep(0.2)
        raise RuntimeError("a fault of ours")

    with started(break_down) as engine:
        with pytest.raises(Unavailable, match="ended before it answered") as told:
            await Beside(engine).ask(PAUSE)
        assert "stonks audit" in told.value.hint


async def test_an_engine_that_hears_nothing_is_not_waited_for_for_ever() -> None:
    with started(deaf) as engine:
        with pytest.raises(Unavailable, match=r"has not answered within 0\.1 s"):
            await Beside(engine, seconds=0.1).ask(PAUSE)
        assert not engine.join(0.05)


async def test_whoever_asks_no_longer_is_free_to_go() -> None:
    with started(deaf) as engine:
        asking = asyncio.ensure_future(Beside(engine).ask(PAUSE))
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


def test_an_engine_that_was_never_started_is_not_there() -> None:
    engine = EngineThread(answering)
    engine.stop()
    with pytest.raises(Unavailable, match="the engine has stopped"):
        engine.ask(PAUSE)
