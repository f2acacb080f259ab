"""Guard: what goes wrong is told when it begins and when it is over, and what nobody can explain stops entries."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import pytest

from engine.decision.events import FaultNoticed, PricesSeen, SessionOpened
from engine.errors import BrokenInvariant, OutOfSpace, Unavailable, Unsupported
from engine.live_ports import Broker, LiveStore, Turn
from engine.model.audit import Word
from engine.model.live import Heartbeat
from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from engine.model.sessions import Session
from tests.support.faulty_broker import Faults, FaultyBroker
from tests.support.faulty_store import FaultyStore
from tests.support.tapes import at, buy, evening_before
from tests.support.trading_room import Room, buy_and_hold, quoted

REDUCED = (TradingState.REDUCING, "reconciliation_difference")


class Miscounting(FaultyBroker):
    """A broker that finds other shares than it executed; and may not answer at all."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker, Faults())
        self.found: dict[str, int] = {}
        self.answers = True
        self.refuses = False

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        if not self.answers:
            raise Unavailable("nobody answers")
        if self.refuses:
            raise Unsupported("it answers no questions")
        held = dict(await super().positions())
        return {ticker: held.get(ticker, 0) + self.found.get(ticker, 0) for ticker in held.keys() | self.found.keys()}


class Desk:
    """A room whose broker miscounts and whose store fails, when they are told to."""

    def __init__(self, *, minutes: float = 30, **about: object) -> None:
        self.room: Room = buy_and_hold(minutes=minutes, through=self._through, wrapped=self._wrapped, **about)

    def _through(self, broker: Broker) -> Broker:
        self.broker = Miscounting(broker)
        return self.broker

    def _wrapped(self, store: LiveStore) -> LiveStore:
        self.store = FaultyStore(store)
        return self.store

    def counts(self, moment: datetime, ticker: str, shares: int) -> None:
        """Have the broker find so many more shares from `moment` on."""

        async def miscount() -> None:
            self.broker.found[ticker] = shares

        self.room.then(moment, miscount)


async def test_a_difference_that_nobody_can_explain_leaves_exits_only_and_is_told_once_with_both_sides() -> None:
    desk = Desk()
    desk.counts(at(0, 10.5), "AAA", -7)
    trader = await desk.room.trade()
    (told,) = await desk.room.notices(NoticeKind.RECONCILIATION_DIFFERENCE)
    held = trader.state.positions["AAA"].quantity
    assert told.note == f"AAA: {held} here, {held - 7} at the broker"
    assert told.is_alarm
    assert at(0, 10.5) <= told.at <= at(0, 16)
    assert trader.state.standing() == REDUCED


async def test_a_difference_is_over_when_the_sides_agree_and_a_person_resumes() -> None:
    desk = Desk()
    desk.counts(at(0, 10.5), "AAA", -7)
    desk.counts(at(0, 18.5), "AAA", 0)
    desk.room.says(at(0, 26.5), Word.RESUME)
    trader = await desk.room.trade()
    kinds = NoticeKind.RECONCILIATION_DIFFERENCE, NoticeKind.RECONCILED
    assert [notice.kind for notice in await desk.room.notices(*kinds)] == list(kinds)
    assert trader.state.trading is TradingState.ACTIVE


async def test_a_person_who_knows_of_a_difference_is_not_told_of_it_again() -> None:
    desk = Desk()
    desk.counts(at(0, 10.5), "AAA", -7)
    desk.room.says(at(0, 18.5), Word.RESUME)
    trader = await desk.room.trade()
    assert len(await desk.room.notices(NoticeKind.RECONCILIATION_DIFFERENCE)) == 1
    assert trader.state.trading is TradingState.ACTIVE


async def test_shares_that_only_the_broker_knows_of_lower_what_is_protected_and_raise_the_alarm() -> None:
    desk = Desk()
    desk.counts(at(0, 10.5), "ZZZ", 50)
    trader = await desk.room.trade()
    held = trader.state.positions["AAA"].quantity
    (breach,) = await desk.room.notices(NoticeKind.PROTECTION_BREACH)
    assert breach.value == pytest.approx(held / (held + 50))
    assert (breach.note, breach.is_alarm) == ("ZZZ", True)
    found = await desk.room.reader.heartbeat()
    assert found
    assert found[0].protected == breach.value
    assert "nobody watches the stops of ZZZ" in found[0].troubles
    assert await desk.room.notices(NoticeKind.PROTECTION_RESTORED) == []


class Forgetful(FaultyStore):
    """A store that three times does not keep what the engine noticed."""

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`."""
        if FaultNoticed.__name__ in turn.entry.event and self.failed < 3:
            self.failed += 1
            raise self.error
        await super().commit(turn)


async def test_a_difference_that_could_not_be_kept_is_told_and_takes_effect_once_storage_answers() -> None:
    desk = Desk()
    desk.counts(at(0, 10.5), "AAA", -7)
    forgetful: list[Forgetful] = []

    def wrapped(store: LiveStore) -> LiveStore:
        forgetful.append(Forgetful(store))
        return forgetful[0]

    desk.room.wrapped = wrapped
    trader = await desk.room.trade()
    assert forgetful[0].failed == 3
    assert len(await desk.room.notices(NoticeKind.RECONCILIATION_DIFFERENCE)) == 1
    assert trader.state.standing() == REDUCED


async def test_a_broker_that_does_not_answer_is_told_once_and_so_is_its_return() -> None:
    desk = Desk()

    async def answer(yes: bool) -> None:
        desk.broker.answers = yes

    desk.room.then(at(0, 7.5), lambda: answer(False))
    desk.room.then(at(0, 20.5), lambda: answer(True))
    await desk.room.trade()
    kinds = NoticeKind.BROKER_SILENT, NoticeKind.BROKER_BACK
    told = await desk.room.notices(*kinds)
    assert [notice.kind for notice in told] == list(kinds)
    assert await desk.room.notices(NoticeKind.RECONCILIATION_DIFFERENCE) == []


async def test_a_broker_that_never_answers_questions_is_told_and_leaves_exits_only_until_a_person_resumes() -> None:
    trader = await never_answered().room.trade()
    assert trader.state.standing() == (TradingState.REDUCING, "broker_cannot_answer")
    resumed = never_answered()
    resumed.room.says(at(0, 18.5), Word.RESUME)
    trader = await resumed.room.trade()
    (told,) = await resumed.room.notices(NoticeKind.BROKER_CANNOT_ANSWER)
    assert told.note == "it answers no questions"
    assert await resumed.room.notices(NoticeKind.BROKER_SILENT) == []
    assert trader.state.trading is TradingState.ACTIVE


def never_answered() -> Desk:
    """Return a desk whose broker answers no question about positions from a while on."""
    desk = Desk()

    async def refuse() -> None:
        desk.broker.refuses = True

    desk.room.then(at(0, 7.5), refuse)
    return desk


async def test_a_busy_machine_is_told_once_and_missed_looks_are_not_made_up_for() -> None:
    room = buy_and_hold(minutes=30)
    room.then(at(0, 10.5), lambda: room.clock.sleep(300, told=False))
    await room.trade()
    (told,) = await room.notices(NoticeKind.LOOP_LAGGED)
    assert told.value == pytest.approx(270)
    looks = room.looks()
    assert looks == [at(0, minute) for minute in range(11)] + [at(0, minute + 0.5) for minute in range(15, 30)]


async def test_a_machine_that_slept_says_so_and_looks_once() -> None:
    room = buy_and_hold(minutes=50)
    room.then(at(0, 10.5), lambda: room.clock.sleep(1800))
    await room.trade()
    (told,) = await room.notices(NoticeKind.CLOCK_JUMPED)
    assert (told.value, told.note) == (1800, "the machine slept, or it was set forward")
    assert await room.notices(NoticeKind.LOOP_LAGGED) == []
    assert room.looks() == [at(0, minute) for minute in range(11)] + [at(0, minute + 0.5) for minute in range(40, 50)]
    assert room.trader
    assert room.trader.state.trading is TradingState.ACTIVE


async def test_a_clock_that_was_set_back_by_more_than_a_look_leaves_exits_only() -> None:
    room = buy_and_hold(minutes=30)

    async def set_back() -> None:
        room.clock.jumped = -100.0

    room.then(at(0, 10.5), set_back)
    trader = await room.trade()
    (told,) = await room.notices(NoticeKind.CLOCK_JUMPED)
    assert told.note == "it was set back"
    assert trader.state.standing() == (TradingState.REDUCING, "clock_jumped")


async def test_a_small_correction_of_the_clock_is_not_worth_a_word() -> None:
    room = buy_and_hold(minutes=20)

    async def corrected() -> None:
        room.clock.jumped = 1.5

    room.then(at(0, 10.5), corrected)
    await room.trade()
    assert await room.notices(NoticeKind.CLOCK_JUMPED) == []


@pytest.mark.parametrize(("falls_asleep", "last_look"), [(at(0, 30.5), 30), (at(1, -5), 60)])
async def test_a_session_that_was_slept_through_is_not_opened_and_the_one_before_it_is_ended(
    falls_asleep: datetime, last_look: int
) -> None:
    tape = quoted({"AAA": {day: {0: 100.0} for day in range(3)}})
    room = Room(tape=tape, recommendations=[buy("AAA")])
    room.then(falls_asleep, lambda: room.clock.sleep((at(2, -5) - falls_asleep).total_seconds()))
    trader = await room.trade()
    opened = [event.session.on for _, event, _ in room.turns if isinstance(event, SessionOpened)]
    assert opened == [at(0, 0).date(), at(2, 0).date()]
    assert [day.on for day in (await room.books()).snapshots] == opened
    day_0, day_2 = ([at(day, minute) for minute in range(last + 1)] for day, last in ((0, last_look), (2, 60)))
    assert room.looks() == day_0 + day_2
    assert list(trader.state.positions) == ["AAA"]


async def test_an_engine_that_starts_late_is_not_late() -> None:
    room = buy_and_hold(minutes=40, begins=at(0, 20))
    await room.trade()
    assert await room.notices(NoticeKind.LOOP_LAGGED) == []
    assert room.looks()[0] >= at(0, 20)


class Told:
    """Sources that know when the newest recommendation was made, and may not answer."""

    def __init__(self, newest: datetime) -> None:
        self.newest = newest
        self.answers = True
        self.notes: tuple[str, ...] = ()
        self.news: asyncio.Event | None = None

    async def refresh(self, at: datetime, session: Session) -> None:
        """See `Sources.refresh`."""
        if not self.answers:
            raise Unavailable(f"no prices of {session.on} at {at:%H:%M}")

    def is_urgent(self, at: datetime) -> bool:
        """See `Sources.is_urgent`: never."""
        del at
        return False

    def has_suggestions(self, at: datetime) -> bool:
        """See `Sources.has_suggestions`: never."""
        del at
        return False

    def newest_recommendation_at(self) -> datetime | None:
        """See `Sources.newest_recommendation_at`."""
        return self.newest


@pytest.mark.parametrize(("day", "told"), [(0, 0), (-1, 0), (-2, 1)])
async def test_recommendations_are_late_when_none_came_for_two_sessions(day: int, told: int) -> None:
    room = buy_and_hold(minutes=10, sources=Told(evening_before(day)))
    await room.trade()
    assert len(await room.notices(NoticeKind.RECOMMENDATIONS_STALE)) == told


async def test_sources_that_cannot_be_read_are_told_once_and_so_is_their_return() -> None:
    sources = Told(evening_before(0))
    room = buy_and_hold(minutes=30, sources=sources)

    async def answer(yes: bool) -> None:
        sources.answers = yes

    room.then(at(0, 10.5), lambda: answer(False))
    room.then(at(0, 20.5), lambda: answer(True))
    await room.trade()
    lost, back = await room.notices(NoticeKind.SOURCES_LOST, NoticeKind.SOURCES_BACK)
    assert (lost.kind, lost.at, lost.is_alarm) == (NoticeKind.SOURCES_LOST, at(0, 11), True)
    assert (back.kind, back.at) == (NoticeKind.SOURCES_BACK, at(0, 21))


async def test_what_the_sources_have_to_say_is_in_the_status_and_no_trouble() -> None:
    sources = Told(evening_before(0))
    room = buy_and_hold(minutes=30, sources=sources)

    async def say(*notes: str) -> None:
        sources.notes = notes

    room.says(at(0, 4.5), Word.STATUS)
    room.then(at(0, 5.5), lambda: say("12 rows refused: confidence 1.5", "the newest daily bar is of 2024-01-19"))
    room.says(at(0, 10.5), Word.STATUS)
    room.then(at(0, 20.5), lambda: say("13 rows refused: confidence 1.5"))
    room.says(at(0, 25.5), Word.STATUS)
    await room.trade()
    told = [[text for name, text in a.after.items() if name.startswith("note ")] for a in room.answers]
    assert told == [
        [],
        ["12 rows refused: confidence 1.5", "the newest daily bar is of 2024-01-19"],
        ["13 rows refused: confidence 1.5"],
    ]
    assert not any(name.startswith("trouble ") for answer in room.answers for name in answer.after)


class Contradicting(FaultyStore):
    """A store that finds a contradiction in the looks from a moment on."""

    def __init__(self, store: LiveStore, since: datetime) -> None:
        super().__init__(store)
        self._since = since

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`."""
        for entry in (*turn.looks, turn.entry):
            if entry.at >= self._since and PricesSeen.__name__ in entry.event:
                raise BrokenInvariant("two and two are five")
        await super().commit(turn)


async def test_what_contradicts_the_books_leaves_exits_only_and_the_engine_goes_on() -> None:
    room = buy_and_hold(minutes=30, wrapped=lambda store: Contradicting(store, at(0, 11)))
    trader = await room.trade()
    (told,) = await room.notices(NoticeKind.BROKEN_INVARIANT)
    assert (told.note, told.at, told.is_alarm) == ("two and two are five", at(0, 11), True)
    assert trader.state.standing() == (TradingState.REDUCING, "broken_invariant")
    assert room.clock.at == at(0, 30)


async def test_what_is_still_broken_when_a_person_resumes_is_told_again() -> None:
    room = buy_and_hold(minutes=30, wrapped=lambda store: Contradicting(store, at(0, 11)))
    room.says(at(0, 20.5), Word.RESUME)
    trader = await room.trade()
    assert [notice.at for notice in await room.notices(NoticeKind.BROKEN_INVARIANT)] == [at(0, 11), at(0, 21)]
    assert trader.state.trading is TradingState.REDUCING


@pytest.mark.parametrize(
    ("error", "trading"),
    [
        (Unavailable("the file is away"), TradingState.ACTIVE),
        (OutOfSpace("the disk is full"), TradingState.REDUCING),
    ],
)
async def test_storage_that_failed_is_told_when_it_is_back_and_a_full_disk_leaves_exits_only(
    error: Unavailable, trading: TradingState
) -> None:
    desk = Desk(minutes=20)

    async def fail() -> None:
        desk.store.fail(3, error=error)

    desk.room.then(at(0, 10.5), fail)
    trader = await desk.room.trade()
    kinds = NoticeKind.STORE_FAILED, NoticeKind.STORE_BACK
    failed, back = await desk.room.notices(*kinds)
    assert (failed.kind, failed.note, back.kind) == (kinds[0], error.message, kinds[1])
    assert trader.state.trading is trading
    assert desk.room.looks() == [at(0, minute) for minute in range(20)]


async def test_how_the_account_stands_is_measured_every_five_minutes_and_shown_all_the_time() -> None:
    room = buy_and_hold(minutes=21)
    trader = await room.trade()
    measured = await room.reader.metrics()
    assert [found.at for found in measured] == [at(0, minute) for minute in (0, 5, 10, 15, 20)]
    last = measured[-1]
    assert (last.total_value, last.open_positions, last.protected) == (1_000_000_000, 1, 1.0)
    assert last.cash == trader.state.cash
    found = await room.reader.heartbeat()
    assert found
    assert found[0].seq == trader.seq
    assert found[0].looks == 22


async def test_the_first_prices_of_a_session_are_shown_as_they_come() -> None:
    shown: list[tuple[datetime, datetime | None]] = []

    class Seen(FaultyStore):
        """A store that knows what was shown."""

        async def beat(self, heartbeat: Heartbeat) -> None:
            """See `LiveStore.beat`."""
            shown.append((heartbeat.at, heartbeat.prices_at))
            await super().beat(heartbeat)

    tape = quoted({"AAA": {0: {7: 10.0, 20: None}}})
    await Room(tape=tape, wrapped=Seen).trade()
    without = [at_ for at_, prices_at in shown if prices_at is None and at_ >= at(0, 0)]
    first = next(at_ for at_, prices_at in shown if prices_at is not None)
    assert without
    assert first == at(0, 7)
