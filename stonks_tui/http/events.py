"""Events: how is somebody told what happens, turn by turn, without anything being kept for them?

They are read from the journal as they are taken, so a slow reader costs a place in it and no memory; one that takes
nothing for some seconds is left alone, and comes back with the last number that it had.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Sequence

from pydantic import Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from engine.errors import StonksError
from engine.model.live import JournalEntry
from stonks_tui.http.desk import Desk
from stonks_tui.http.schemas import Moment, Told

LOOK_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
SLOW_SECONDS = 10.0
"""So long a reader may take nothing."""
STREAMS = 32
"""So many may be told at once."""
_MERE_LOOKS = frozenset({"PricesSeen", "BarOpened", "BarTraded", "BarClosed"})


class Line(Told):
    """What kind of thing happened, to which ticker if any, in words."""

    kind: str
    ticker: str
    words: str


class Happened(Told):
    """A turn: the event that it began with, what followed, and the ids to ask about."""

    turn: int
    at: Moment
    event: str
    lines: list[Line] = Field(default_factory=list)
    decision_ids: list[str] = Field(default_factory=list)
    order_ids: list[str] = Field(default_factory=list)


def happened(entry: JournalEntry) -> Happened | None:
    """Return what is told of a turn; None of one of which nothing came."""
    from engine import codec
    from engine.answers import RecalledMarket, from_plain
    from engine.decision.effects import RecordDecision, SubmitOrder
    from stonks_tui import turn_lines

    plain = json.loads(entry.event)
    if plain["is"] in _MERE_LOOKS and entry.effects == "[]":
        return None
    said = json.loads(entry.answers)
    event = codec.event_from_plain(plain, None if said is None else RecalledMarket(from_plain(said)))
    effects = [codec.effect_from_plain(effect) for effect in json.loads(entry.effects)]
    lines = [line for line in turn_lines.lines(event, effects) if line.kind != "nothing"]
    if not lines and not effects:
        return None
    return Happened(
        turn=entry.seq,
        at=entry.at,
        event=plain["is"],
        lines=[Line.model_validate(line) for line in lines],
        decision_ids=[e.decision.decision_id for e in effects if isinstance(e, RecordDecision)],
        order_ids=[e.order.client_order_id for e in effects if isinstance(e, SubmitOrder)],
    )


class EventStream(Response):
    """Tells the turns after `begin` as they come, until `end` if that is given, or until the server ends."""

    def __init__(self, desk: Desk, begin: int, end: int | None = None) -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-cache"})
        del self.headers["content-length"]
        self._desk, self._begin, self._end = desk, begin, end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        state = scope["app"].state
        state.streams += 1
        try:
            await self._stream(state.ending, receive, send)
        finally:
            state.streams -= 1

    async def _stream(self, ending: asyncio.Event, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        ended = asyncio.ensure_future(ending.wait())
        telling = asyncio.ensure_future(self._tell(send))
        try:
            await asyncio.wait((gone, ended, telling), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, ended, telling):
                task.cancel()
            await asyncio.gather(gone, ended, telling, return_exceptions=True)
        if not gone.done() or gone.cancelled():
            await _within(send({"type": "http.response.body", "body": b"", "more_body": False}))

    async def _tell(self, send: Send) -> None:
        await _within(send({"type": "http.response.start", "status": 200, "headers": self.raw_headers}))
        async for text in self._texts():
            await _within(send({"type": "http.response.body", "body": text, "more_body": True}))

    async def _texts(self) -> AsyncIterator[bytes]:
        yield b": stonks\nretry: 2000\n\n"
        place, quiet = self._begin, 0.0
        while True:
            try:
                for entry in await self._new(place):
                    place = entry.seq
                    if (told := await asyncio.to_thread(happened, entry)) is not None:
                        yield f"id: {place}\nevent: turn\ndata: {told.model_dump_json()}\n\n".encode()
                        quiet = 0.0
                if place < min(self._end or 0, await self._desk.last_turn()):
                    continue
            except StonksError as error:
                yield f": {error.message}\n\n".encode()
            if self._end is not None:
                return
            await asyncio.sleep(LOOK_SECONDS)
            quiet += LOOK_SECONDS
            if quiet >= HEARTBEAT_SECONDS:
                yield b": here\n\n"
                quiet = 0.0

    async def _new(self, place: int) -> Sequence[JournalEntry]:
        """Return some of the turns after `place` that are to be told; to find none costs next to nothing."""
        if place >= await self._desk.last_turn():
            return ()
        return [e for e in await self._desk.turns(place) if self._end is None or e.seq <= self._end]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _within(sending: Awaitable[None]) -> None:
    async with asyncio.timeout(SLOW_SECONDS):
        await sending
