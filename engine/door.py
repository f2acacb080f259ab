"""Door: how do people's words reach the engine between two looks, and how are they answered?

There is one for an engine. Whoever has something to say puts it in and waits; the engine takes one word after another
out, and answers. A word that comes when the engine has stopped is answered by nobody but the door.
"""

import asyncio
from collections.abc import Awaitable, Callable

from engine.model.audit import Answered, Asked, Word

_STOPPED = Answered(done=False, words="the engine has stopped")


class Door:
    """Words in, answers out; all within one event loop."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[Asked, asyncio.Future[Answered]]] = asyncio.Queue()
        self._stopping = asyncio.Event()

    @property
    def is_stopping(self) -> bool:
        """Has somebody asked the engine to end?"""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Ask the engine to end as soon as the turn is kept that it is at."""
        self._stopping.set()

    async def ask(self, asked: Asked) -> Answered:
        """Return what the engine answers."""
        if asked.word is Word.STOP:
            self.stop()
            return Answered(done=True, words="stopping: what is held stays held, and nobody watches it until a restart")
        if self.is_stopping:
            return _STOPPED
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        await self._waiting.put((asked, answer))
        return await answer

    async def opened(self, until: Awaitable[None], answer: Callable[[Asked], Awaitable[Answered]]) -> None:
        """Answer words as they come until `until` has come about, or the engine is to end."""
        timer = asyncio.ensure_future(until)
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            while not timer.done() and not self.is_stopping:
                word = asyncio.ensure_future(self._waiting.get())
                try:
                    await asyncio.wait((timer, stop, word), return_when=asyncio.FIRST_COMPLETED)
                except asyncio.CancelledError:
                    if word.done():
                        _say_no(word.result()[1])
                    word.cancel()
                    raise
                if word.done():
                    await _answer(*word.result(), answer)
                word.cancel()
            if timer.done():
                timer.result()
            await self.answer_waiting(answer)
        finally:
            timer.cancel()
            stop.cancel()

    async def answer_waiting(self, answer: Callable[[Asked], Awaitable[Answered]]) -> None:
        """Answer the words that are there, and wait for no others."""
        while not self._waiting.empty() and not self.is_stopping:
            await _answer(*self._waiting.get_nowait(), answer)

    def shut(self) -> None:
        """Answer whoever still waits: there is no engine any more."""
        self.stop()
        while not self._waiting.empty():
            _say_no(self._waiting.get_nowait()[1])


def _say_no(waiting: "asyncio.Future[Answered]") -> None:
    if not waiting.done():  # whoever asked may have gone away
        waiting.set_result(_STOPPED)


async def _answer(
    asked: Asked, waiting: "asyncio.Future[Answered]", answer: Callable[[Asked], Awaitable[Answered]]
) -> None:
    try:
        answered = await answer(asked)
    except BaseException as error:
        if not waiting.done():
            waiting.set_result(Answered(done=False, words=f"it could not be done: {error}"))
        raise
    if not waiting.done():
        waiting.set_result(answered)
