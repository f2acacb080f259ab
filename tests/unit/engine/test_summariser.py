"""Summariser: each day and each week is summed up once, from the books, whatever happens to the engine meanwhile."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.decision import effects
from engine.errors import Unavailable
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.notifications import (
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationEvent,
)
from engine.notification_settings import NotificationSettings
from engine.telling import summariser as module
from engine.telling.summariser import Summariser
from storage.in_memory_live import InMemoryLiveStore
from tests.support.carriers import BOTH_ON, Carrier, SetClock
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import a_decision, a_snapshot, a_trade
from tests.support.tapes import Path as Prices
from tests.support.tapes import at, buy, day
from tests.support.told_room import ToldRoom
from tests.support.trading_room import CAPITAL, SESSIONS, quoted

DAILY, WEEKLY = NotificationEvent.DAILY_SUMMARY, NotificationEvent.WEEKLY_DIGEST
HALF_PAST_FOUR = 7 * 60
"""In New York, in minutes after the open of a session that begins at 14:30 UTC."""


class Desk:
    """An account in memory of which `books` tell, and whoever sums it up, at a time that the test sets."""

    def __init__(self, settings: NotificationSettings = BOTH_ON) -> None:
        self.store, self.clock, self.settings = InMemoryLiveStore(ACCOUNT), SetClock(at(0, 0)), settings
        self.woken, self.has_woken = 0, asyncio.Event()
        self.turns = 0
        self.summariser = self.new_summariser()

    def new_summariser(self) -> Summariser:
        """Return one as the next engine would have it."""
        return Summariser(
            self.store,
            self.store,
            SESSIONS,
            lambda: self.settings,
            self.clock.now,
            account="paper",
            on_told=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1
        self.has_woken.set()

    async def keeps(self, *records: effects.Record) -> None:
        """Have `records` in the books."""
        await self.store.take_lease("a", at(0, 0), 10**9)
        self.turns += 1
        await self.store.commit(a_turn(self.turns, records=records, errands=()))

    async def day_ends(self, number: int, **fields: Any) -> None:
        """Have the snapshot of day `number` in the books."""
        await self.keeps(effects.RecordSnapshot(snapshot=a_snapshot(on=day(number), at=at(number, 60), **fields)))

    async def looks(self, number: int, minute: float) -> None:
        """Look whether something is due at that moment."""
        self.clock.at = at(number, minute)
        await self.summariser.sum_up()

    async def told(self) -> list[Notification]:
        """Return what was told so far, in order."""
        return list((await self.store.notifications(limit=100))[::-1])

    async def keys(self) -> list[str]:
        """Return the key of each summary that was told, by e-mail."""
        return [n.key for n in await self.told() if n.channel is NotificationChannel.EMAIL]


async def test_a_day_is_summed_up_once_by_every_channel_and_whoever_sends_is_woken() -> None:
    desk = Desk()
    await desk.day_ends(0)
    for minute in (HALF_PAST_FOUR - 1, HALF_PAST_FOUR, HALF_PAST_FOUR + 1, HALF_PAST_FOUR + 300):
        await desk.looks(0, minute)
    found = await desk.told()
    assert [(n.channel, n.key) for n in found] == [
        (NotificationChannel.SMS, "daily_summary 2024-01-22"),
        (NotificationChannel.EMAIL, "daily_summary 2024-01-22"),
    ]
    assert {(n.created_at, n.next_try_at) for n in found} == {(at(0, HALF_PAST_FOUR), at(0, HALF_PAST_FOUR))}
    assert desk.woken == 1


async def test_an_engine_that_starts_in_the_evening_makes_up_for_it_once() -> None:
    desk = Desk()
    await desk.day_ends(0)
    for _ in range(3):
        desk.summariser = desk.new_summariser()
        await desk.looks(0, HALF_PAST_FOUR + 90)
    assert await desk.keys() == ["daily_summary 2024-01-22"]


async def test_an_engine_that_starts_days_later_does_not() -> None:
    desk = Desk()
    await desk.day_ends(0)
    await desk.looks(2, -10)
    assert await desk.keys() == []


async def test_a_day_is_summed_up_once_its_books_are_there() -> None:
    desk = Desk()
    await desk.looks(0, HALF_PAST_FOUR)
    assert await desk.keys() == []
    await desk.day_ends(0)
    await desk.looks(0, HALF_PAST_FOUR + 1)
    assert await desk.keys() == ["daily_summary 2024-01-22"]


async def test_what_nobody_is_to_be_told_by_any_channel_is_not_made() -> None:
    desk = Desk(NotificationSettings())
    await desk.day_ends(0)
    await desk.looks(0, HALF_PAST_FOUR)
    assert (await desk.told(), desk.woken) == ([], 0)
    desk.settings = BOTH_ON
    await desk.looks(0, HALF_PAST_FOUR + 60)
    assert await desk.keys() == ["daily_summary 2024-01-22"]


async def test_only_those_who_want_it_are_told() -> None:
    desk = Desk(replace(BOTH_ON, sms_events="urgent"))
    await desk.day_ends(0)
    await desk.looks(0, HALF_PAST_FOUR)
    assert [n.channel for n in await desk.told()] == [NotificationChannel.EMAIL]


async def test_another_time_holds_from_then_on_and_no_time_at_all_ends_it() -> None:
    desk = Desk(replace(BOTH_ON, daily_summary_time="18:00"))
    for number in range(3):
        await desk.day_ends(number)
    await desk.looks(0, HALF_PAST_FOUR)
    assert await desk.keys() == []
    desk.settings = BOTH_ON
    await desk.looks(0, HALF_PAST_FOUR + 1)
    desk.settings = replace(BOTH_ON, daily_summary_time="17:00")
    await desk.looks(0, HALF_PAST_FOUR + 31)
    assert await desk.keys() == ["daily_summary 2024-01-22"]
    desk.settings = replace(BOTH_ON, daily_summary_time="")
    await desk.looks(1, HALF_PAST_FOUR + 31)
    assert len(await desk.keys()) == 1


async def test_a_day_is_told_what_its_books_say_and_nothing_of_the_day_before() -> None:
    desk = Desk()
    await desk.day_ends(0, total_value=CAPITAL)
    await desk.keeps(
        effects.RecordTrade(trade=a_trade(ticker="OLD", exit_at=at(0, 30))),
        effects.RecordTrade(trade=a_trade(ticker="NEW", exit_at=at(1, 30))),
        effects.RecordTrade(trade=a_trade(ticker="FIRST", exit_at=at(1, 0))),
        *(
            effects.RecordDecision(decision=a_decision(number, at=moment, kind=kind, outcome=outcome))
            for number, (moment, kind, outcome) in enumerate(DECIDED)
        ),
    )
    await desk.day_ends(1, total_value=CAPITAL + 5_000_000, daily_pnl=5_000_000, daily_return=0.005)
    await desk.looks(1, HALF_PAST_FOUR)
    _, mail = await desk.told()
    assert mail.subject == "[stonks paper] Tuesday 23 January: +$500.00 (+0.50 %), total $100,500.00"
    assert "\n2 trades closed (2 won, 0 lost); 1 of 3 recommendations to buy taken.\n" in mail.message
    assert "Total value: $100,500.00 (before: $100,000.00)" in mail.message
    assert "  NEW +$50.00" in mail.message
    assert "OLD" not in mail.message


DECIDED = (
    (at(0, 10), DecisionKind.ENTRY, TradingDecisionType.ACT),
    (at(1, 5), DecisionKind.ENTRY, TradingDecisionType.ACT),
    (at(1, 5), DecisionKind.ENTRY, TradingDecisionType.SKIP),
    (at(1, 6), DecisionKind.ENTRY, TradingDecisionType.SKIP),
    (at(1, 7), DecisionKind.EXIT, TradingDecisionType.ACT),
)
"""A sale at a stop is nobody's recommendation to buy."""


async def test_on_friday_the_week_is_summed_up_with_what_it_brought() -> None:
    desk = Desk()
    for number in range(5):
        await desk.day_ends(number, daily_pnl=10_000 * number, daily_return=0.01, total_value=CAPITAL)
        await desk.looks(number, HALF_PAST_FOUR)
    await desk.looks(4, HALF_PAST_FOUR + 29)
    assert WEEKLY not in {n.event_type for n in await desk.told()}
    await desk.looks(4, HALF_PAST_FOUR + 30)
    await desk.looks(4, HALF_PAST_FOUR + 31)
    keys = await desk.keys()
    assert keys == [f"daily_summary 2024-01-{22 + number}" for number in range(5)] + ["weekly_digest 2024-01-26"]
    week = (await desk.told())[-1]
    assert week.subject == "[stonks paper] Week of 22 January: +$10.00 (+5.10 %), total $100,000.00"


async def test_a_week_of_which_an_engine_has_seen_only_a_part_is_summed_up_as_far_as_there_are_books() -> None:
    desk = Desk()
    for number in (3, 4):
        await desk.day_ends(number, daily_pnl=10_000)
    await desk.looks(4, HALF_PAST_FOUR + 30)
    assert "+$2.00" in (await desk.told())[-1].subject


async def test_a_week_is_summed_up_once_the_books_of_its_last_day_are_there() -> None:
    desk = Desk()
    for number in range(4):
        await desk.day_ends(number)
    await desk.looks(4, HALF_PAST_FOUR + 30)
    assert await desk.keys() == []
    await desk.day_ends(4)
    await desk.looks(4, HALF_PAST_FOUR + 31)
    assert sorted(await desk.keys()) == ["daily_summary 2024-01-26", "weekly_digest 2024-01-26"]


async def test_storage_that_does_not_answer_only_puts_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, answers = Desk(), asyncio.Event()
    await desk.day_ends(0)
    desk.clock.at = at(0, HALF_PAST_FOUR)
    tell, failed = desk.store.tell, asyncio.Event()

    async def fails(notifications: Sequence[Notification]) -> None:
        if not answers.is_set():
            failed.set()
            raise Unavailable("the disk does not answer")
        await tell(notifications)

    monkeypatch.setattr(desk.store, "tell", fails)
    monkeypatch.setattr(module, "LOOKS_APART_SECONDS", 0.001)
    running = asyncio.create_task(desk.summariser.run())
    async with asyncio.timeout(30):
        await failed.wait()
        assert await desk.keys() == []
        answers.set()
        await desk.has_woken.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await desk.keys() == ["daily_summary 2024-01-22"]


def summaries_of(carrier: Carrier) -> Counter[str]:
    """Return how often each summary was carried, by its key."""
    return Counter(n.key for n in carrier.carried if n.event_type in (DAILY, WEEKLY))


@pytest.mark.lengthy
async def test_over_a_week_in_which_the_engine_is_killed_each_summary_leaves_exactly_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOKS_APART_SECONDS", 0.002)
    prices: dict[int, Prices] = {number: {0: 100.0 + number, 59: 101.0 + number} for number in range(6)}
    room = ToldRoom(folder=tmp_path, tape=quoted({"AAA": prices}, every=20), recommendations=[buy("AAA")])
    trading: list[asyncio.Task[Any]] = []
    for number in range(5):
        room.rests(at(number, HALF_PAST_FOUR), f"daily_summary {day(number)}")
        if number in (1, 3):
            room.breaks_off(at(number, HALF_PAST_FOUR + 10), trading)
        if number == 4:
            room.rests(at(number, HALF_PAST_FOUR + 30), f"weekly_digest {day(number)}")
            room.breaks_off(at(number, HALF_PAST_FOUR + 40), trading)
    for engine in range(4):
        trading.append(asyncio.create_task(room.trade()))
        await asyncio.wait(trading[-1:])
        assert trading[-1].cancelled() == (engine < 3)
        room.again()
    trading[-1].result()

    expected = Counter([*(f"daily_summary {day(number)}" for number in range(5)), f"weekly_digest {day(4)}"])
    assert summaries_of(room.by_sms) == summaries_of(room.by_email) == expected
    kept = await room.reader.notifications(limit=100)
    assert {n.delivery_status for n in kept} == {DeliveryStatus.DELIVERED}
    assert len([n for n in kept if n.event_type is WEEKLY]) == 2
