"""Door: words in, answers out, and nobody is left waiting."""

import asyncio

import pytest

from engine.door import Door
from engine.errors import LostLease
from engine.model.audit import Answered, Asked, Word

PAUSE = Asked(word=Word.PAUSE, who="ann")


async def _yes(asked: Asked) -> Answered:
    return Answered(done=True, words=asked.word.value)


async def test_a_word_is_answered_while_the_engine_waits_and_the_wait_goes_on() -> None:
    door, over = Door(), asyncio.Event()

    async def until() -> None:
        await over.wait()

    opened = asyncio.create_task(door.opened(until(), _yes))
    for word in (Word.PAUSE, Word.STATUS, Word.RESUME):
        assert await door.ask(Asked(word=word)) == Answered(done=True, words=word.value)
    assert not opened.done()
    over.set()
    await opened


async def test_words_that_came_while_the_engine_worked_are_answered_in_their_order() -> None:
    door, heard = Door(), list[Word]()
    asked = [asyncio.create_task(door.ask(Asked(word=word))) for word in (Word.HALT, Word.RESUME, Word.TIER)]
    await asyncio.sleep(0)

    async def note(word: Asked) -> Answered:
        heard.append(word.word)
        return await _yes(word)

    await door.answer_waiting(note)
    assert [answer.words for answer in await asyncio.gather(*asked)] == ["halt", "resume", "tier"]
    assert heard == [Word.HALT, Word.RESUME, Word.TIER]


async def test_stop_is_answered_by_the_door_and_ends_the_wait() -> None:
    door = Door()
    opened = asyncio.create_task(door.opened(asyncio.sleep(3600), _yes))
    answered = await door.ask(Asked(word=Word.STOP))
    assert answered.done
    assert "nobody watches it" in answered.words
    await asyncio.wait_for(opened, 5)
    assert door.is_stopping


async def test_who_asks_an_engine_that_has_stopped_is_told_so() -> None:
    door = Door()
    waiting = asyncio.create_task(door.ask(PAUSE))
    await asyncio.sleep(0)
    door.shut()
    stopped = Answered(done=False, words="the engine has stopped")
    assert await waiting == stopped
    assert await door.ask(PAUSE) == stopped


async def test_what_goes_wrong_with_a_word_is_said_to_who_asked_and_ends_the_wait() -> None:
    door = Door()

    async def fails(asked: Asked) -> Answered:
        raise LostLease(f"{asked.word} comes too late")

    opened = asyncio.create_task(door.opened(asyncio.sleep(3600), fails))
    answered = await door.ask(PAUSE)
    assert (answered.done, answered.words) == (False, "it could not be done: pause comes too late")
    with pytest.raises(LostLease):
        await opened


async def test_what_fails_while_waiting_is_not_hidden() -> None:
    async def fails() -> None:
        raise LostLease("gone")

    with pytest.raises(LostLease, match="gone"):
        await Door().opened(fails(), _yes)


async def test_who_went_away_keeps_nobody_from_being_answered() -> None:
    door = Door()
    impatient, patient = (asyncio.create_task(door.ask(PAUSE)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    await door.answer_waiting(_yes)
    assert (await patient).done
    assert impatient.cancelled()


async def test_a_word_that_comes_in_the_moment_in_which_the_engine_is_cancelled_is_answered() -> None:
    door = Door()
    opened = asyncio.create_task(door.opened(asyncio.sleep(3600), _yes))
    await asyncio.sleep(0.01)
    asked = asyncio.create_task(door.ask(PAUSE))
    await asyncio.sleep(0)  # it is in
    await asyncio.sleep(0)  # and out
    opened.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opened
    door.shut()
    assert (await asyncio.wait_for(asked, 5)).words in {"the engine has stopped", "pause"}
