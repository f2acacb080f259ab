"""Guard: what is heard of the broker while the engine waits, and of the parts around it."""

import asyncio
from collections.abc import Sequence
from functools import partial

from engine.errors import Unavailable
from engine.live_ports import Broker
from engine.model.audit import Word
from engine.model.live import Report
from engine.model.notices import NoticeKind
from tests.support.faulty_broker import Faults, FaultyBroker
from tests.support.tapes import at
from tests.support.trading_room import Room, buy_and_hold


async def test_what_a_part_beside_the_engine_says_is_told_once_and_when_it_is_over() -> None:
    room, said = buy_and_hold(minutes=30), [""]
    seen: list[list[str]] = []

    async def says(words: str) -> None:
        status = (await room.ask(Word.STATUS)).after
        seen.append([text for name, text in status.items() if name.startswith("trouble ")])
        said[0] = words

    for minute, words in ((5.5, "1 message"), (9.5, "2 messages"), (14.5, ""), (19.5, "")):
        room.then(at(0, minute), partial(says, words))
    with room.remarks.of(lambda: said[0]):
        await room.trade()
    kinds = NoticeKind.REMARK, NoticeKind.REMARK_OVER
    told = await room.notices(*kinds)
    assert [(notice.kind, notice.note) for notice in told] == list(zip(kinds, ("1 message", "2 messages"), strict=True))
    assert seen == [[], ["1 message"], ["2 messages"], []]


class Nightly(FaultyBroker):
    """A broker with news of its own, that may be away."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker, Faults())
        self.heard, self.is_away = asyncio.Event(), False

    @property
    def news(self) -> asyncio.Event:
        """See `Broker.news`."""
        return self.heard

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`."""
        if self.is_away:
            raise Unavailable("nobody takes orders")
        return await super().reports()


async def test_a_broker_that_goes_away_while_the_engine_waits_for_the_open_shows_at_once_and_is_told_once() -> None:
    brokers: list[Nightly] = []
    seen: list[tuple[str, ...]] = []

    def through(broker: Broker) -> Broker:
        brokers.append(Nightly(broker))
        return brokers[-1]

    room = buy_and_hold(minutes=10, through=through)

    async def away(yes: bool) -> None:
        seen.append(await troubles(room))
        brokers[-1].is_away = yes
        brokers[-1].heard.set()
        await asyncio.Event().wait()  # until the engine no longer waits for the open alone

    for minute, yes in ((-8, True), (-6, True), (-4, False), (-2, False)):
        room.then(at(0, minute), partial(away, yes))
    await room.trade()
    silent = ("nobody takes orders",)
    assert seen == [(), silent, silent, ()]
    told = await room.notices(NoticeKind.BROKER_SILENT, NoticeKind.BROKER_BACK)
    assert [(notice.kind, notice.at) for notice in told] == [
        (NoticeKind.BROKER_SILENT, at(0, -8)),
        (NoticeKind.BROKER_BACK, at(0, -4)),
    ]


async def troubles(room: Room) -> tuple[str, ...]:
    """Return what the engine last showed to be wrong."""
    found = await room.reader.heartbeat()
    assert found
    return found[0].troubles


async def test_an_engine_whose_broker_is_elsewhere_says_so_when_it_starts() -> None:
    room = buy_and_hold(minutes=5)
    room.remarks.executes = "broker service"
    await room.trade()
    (told,) = await room.notices(NoticeKind.BROKER_ELSEWHERE)
    assert (told.note, told.at, told.is_alarm) == ("broker service", at(0, -10), False)
