"""From what happens in an account to what people are sent, through everything that an engine is put together of."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.model.audit import Word
from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationEvent, Urgency
from engine.model.portfolio import ReservePoolTriggerType, RiskTierName, TierChangeCause
from tests.support.carriers import BOTH_ON
from tests.support.tapes import Path as Prices
from tests.support.tapes import at, buy
from tests.support.told_room import ToldRoom
from tests.support.trading_room import policy, quoted

E = NotificationEvent
STEADY: Prices = {0: 100.0}
URGENT_BY_SMS = replace(BOTH_ON, sms_events="urgent")
BOLD: dict[str, Any] = {
    "base_allocation_pct": 0.5,
    "absolute_position_cap": 1e12,
    "moderate": {"max_position_pct": 0.8, "max_portfolio_heat": 1.0, "max_sector_pct": 1.0},
}


def subjects(told: Sequence[Notification], channel: NotificationChannel) -> list[str]:
    return [n.subject for n in told if n.channel is channel]


async def require_kept_with_its_turn(room: ToldRoom, told: Notification, record: str) -> None:
    """Fail unless the turn after which `told` is named is the one that kept `record`."""
    turn = int(told.key.removeprefix("turn ").partition(".")[0])
    (entry,) = [entry async for entry in room.reader.journal() if entry.seq == turn]
    assert record in entry.effects
    assert entry.at == told.created_at


def require_all_left(room: ToldRoom, told: Sequence[Notification]) -> None:
    """Fail unless each of `told` was given to the carrier of its channel once, as it is kept."""
    assert {n.delivery_status for n in told} == {DeliveryStatus.DELIVERED}
    for carrier, channel in ((room.by_sms, NotificationChannel.SMS), (room.by_email, NotificationChannel.EMAIL)):
        kept = [n.key for n in told if n.channel is channel]
        assert sorted(n.key for n in carrier.carried if n.key in kept) == sorted(kept)


async def test_a_profit_feeds_the_reserve_and_a_large_one_is_told(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 40: 109}}})
    room = ToldRoom(folder=tmp_path, tape=tape, recommendations=[buy("AAA")], policy=policy(large_trade_pnl_usd=100))
    room.rests(at(0, 50))
    await room.trade()
    books = await room.books()
    (trade,), (entry,) = books.trades, books.reserve_entries
    assert (entry.trigger, entry.amount) == (ReservePoolTriggerType.PROFIT_SIPHON, trade.pnl // 5)
    assert trade.pnl == 450 * 10_000

    told = await room.told(E.LARGE_TRADE_PNL)
    sms, mail = told
    assert (sms.subject, mail.subject) == ("AAA made $450.00", "[stonks paper] AAA made $450.00")
    assert (sms.urgency, sms.created_at) == (Urgency.NEWS, at(0, 40))
    assert "$90.00 of it is put aside in the reserve." in sms.message
    assert "sold because of: take profit" in mail.message
    assert "\nReserve: $90.00\n" in mail.message
    await require_kept_with_its_turn(room, sms, "RecordTrade")
    require_all_left(room, told)


async def test_a_small_profit_feeds_the_reserve_and_wakes_nobody(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 40: 109}}})
    room = ToldRoom(folder=tmp_path, tape=tape, recommendations=[buy("AAA")])
    await room.trade()
    assert len((await room.books()).reserve_entries) == 1
    assert await room.told() == []


async def test_the_tier_that_a_review_at_the_close_chose_is_told(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 40: 97}, 1: {0: 97}}})
    rules = policy(tier_down_drawdown_pct=0.001)
    room = ToldRoom(folder=tmp_path, tape=tape, recommendations=[buy("AAA")], policy=rules, notifications=URGENT_BY_SMS)
    room.rests(at(1, -5))
    await room.trade()
    (change,) = (await room.books()).tier_changes
    assert (change.new, change.cause) == (RiskTierName.CONSERVATIVE, TierChangeCause.DRAWDOWN)

    told = await room.told(E.RISK_TIER_CHANGED)
    assert subjects(told, NotificationChannel.EMAIL) == ["[stonks paper] The risk tier is conservative now"]
    assert subjects(told, NotificationChannel.SMS) == []  # it wakes nobody up
    assert told[0].created_at == change.at
    assert "It was moderate; the drawdown is 0.15 %." in told[0].message
    assert "\nTier: conservative\n" in told[0].message
    await require_kept_with_its_turn(room, told[0], "RecordTierChange")
    require_all_left(room, told)


async def test_a_tier_that_a_person_chose_is_told_at_once(tmp_path: Path) -> None:
    room = ToldRoom(folder=tmp_path, tape=quoted({"AAA": {0: STEADY}}))
    room.says(at(0, 20.5), Word.TIER, name="aggressive")
    room.rests(at(0, 21.5))
    await room.trade()
    told = await room.told()
    assert subjects(told, NotificationChannel.SMS) == ["The risk tier is aggressive now"]
    assert told[0].created_at == at(0, 20.5)
    require_all_left(room, told)


async def test_a_breaker_is_told_when_it_trips_and_when_it_is_over(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 10: 95.5}}, "BBB": {0: STEADY}})
    rules = policy(daily_loss_cooldown_minutes=30, **BOLD)
    room = ToldRoom(folder=tmp_path, tape=tape, recommendations=[buy("AAA")], policy=rules, notifications=URGENT_BY_SMS)
    room.rests(at(0, 50))
    await room.trade()
    breaker = (await room.books()).breakers[-1]
    assert (breaker.trigger, breaker.at, breaker.resolved_at) == (
        CircuitBreakerTriggerType.DAILY_LOSS,
        at(0, 10),
        at(0, 40),
    )

    tripped = await room.told(E.CIRCUIT_BREAKER_TRIGGERED)
    assert [(n.channel, n.urgency, n.created_at) for n in tripped] == [
        (NotificationChannel.SMS, Urgency.ALARM, at(0, 10)),
        (NotificationChannel.EMAIL, Urgency.ALARM, at(0, 10)),
    ]
    assert "The account is down 2.25 % (limit 2.00 %) since the previous close." in tripped[0].message
    assert "Nothing new is bought until Mon 22 Jan 10:10 New York; stops and exits go on." in tripped[0].message
    assert f"stonks breaker clear {breaker.breaker_id}" in tripped[0].message
    assert "\nTrading: exits only (daily loss)\n" in tripped[1].message
    await require_kept_with_its_turn(room, tripped[0], "RecordBreaker")

    over = await room.told(E.CIRCUIT_BREAKER_RESUMED)
    assert [(n.channel, n.created_at) for n in over] == [(NotificationChannel.EMAIL, at(0, 40))]
    assert "It was on for 30 min." in over[0].message
    assert "\nTrading: active\n" in over[0].message
    await require_kept_with_its_turn(room, over[0], "RecordBreaker")
    require_all_left(room, [*tripped, *over])


async def test_a_position_that_lost_too_much_is_told_with_what_is_done_about_it(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 20: 89}}})
    rules = policy(moderate={"stop_loss_atr_multiplier": 10})
    room = ToldRoom(folder=tmp_path, tape=tape, recommendations=[buy("AAA")], policy=rules, notifications=URGENT_BY_SMS)
    room.rests(at(0, 30))
    await room.trade()
    (breaker,) = (await room.books()).breakers
    assert breaker.trigger is CircuitBreakerTriggerType.SINGLE_POSITION
    told = await room.told(E.CIRCUIT_BREAKER_TRIGGERED)
    assert subjects(told, NotificationChannel.SMS) == ["AAA is being sold"]
    assert "The position in AAA has lost 11.00 % (limit 10.00 %). It is being sold" in told[0].message
    require_all_left(room, told)


async def test_an_emergency_is_told_with_all_that_followed_from_it(tmp_path: Path) -> None:
    fallen: dict[int, Prices] = {0: STEADY, 1: {0: 100, 40: 97}, 2: {0: 97}}
    tape = quoted({"AAA": {0: {0: 100, 20: 109}}, "BBB": fallen})
    rules = policy(emergency_drawdown_threshold_pct=0.001, emergency_recovery_pct=0.0005, tier_down_drawdown_pct=1)
    asked = [buy("AAA"), buy("BBB")]
    room = ToldRoom(folder=tmp_path, tape=tape, recommendations=asked, policy=rules, notifications=URGENT_BY_SMS)
    room.rests(at(2, -5))
    await room.trade()
    entry = (await room.books()).reserve_entries[-1]
    assert entry.trigger is ReservePoolTriggerType.EMERGENCY_LIQUIDATION

    told = await room.told(E.EMERGENCY_LIQUIDATION)
    assert [(n.channel, n.urgency, n.created_at) for n in told] == [
        (channel, Urgency.CRITICAL, entry.at) for channel in (NotificationChannel.SMS, NotificationChannel.EMAIL)
    ]
    assert entry.at == at(1, 60)
    assert "The whole reserve, $90.00, is traded with again" in told[0].message
    assert "The risk tier is conservative now." in told[0].message
    assert await room.told(E.RISK_TIER_CHANGED) == []  # it is told once
    await require_kept_with_its_turn(room, told[0], "RecordReserveEntry")
    require_all_left(room, told)


async def test_what_people_say_is_told_to_those_who_were_not_there(tmp_path: Path) -> None:
    room = ToldRoom(folder=tmp_path, tape=quoted({"AAA": {0: STEADY}}), notifications=URGENT_BY_SMS)
    room.says(at(0, 10.5), Word.PAUSE, note="lunch")
    room.says(at(0, 20.5), Word.RESUME)
    room.says(at(0, 30.5), Word.HALT)
    room.rests(at(0, 40.5))
    await room.trade()
    assert all(answer.done for answer in room.answers)
    told = await room.told(E.TRADING_STATE_CHANGED)
    assert subjects(told, NotificationChannel.EMAIL) == [
        "[stonks paper] Entries are paused",
        "[stonks paper] Entries are made again",
        "[stonks paper] HALTED: nothing leaves, not even a stop",
    ]
    assert subjects(told, NotificationChannel.SMS) == ["HALTED: nothing leaves, not even a stop"]
    assert "A person has said so: Lunch." in told[0].message
    require_all_left(room, told)


async def test_a_halt_by_the_exchange_and_its_end_are_told(tmp_path: Path) -> None:
    tape = quoted({"AAA": {0: {0: 100, 20: None, 45: 100}}, "BBB": {0: STEADY}}, halts=[("AAA", 0, 20, 45)])
    room = ToldRoom(folder=tmp_path, tape=tape, recommendations=[buy("AAA")])
    room.rests(at(0, 55))
    await room.trade()
    told = await room.told(E.TICKER_HALTED)
    assert subjects(told, NotificationChannel.SMS) == ["AAA is halted by the exchange", "AAA trades again"]
    require_all_left(room, told)


@pytest.mark.parametrize("events", ["none", "weekly_digest"])
async def test_whoever_wants_to_hear_of_nothing_of_it_is_told_nothing(tmp_path: Path, events: str) -> None:
    quiet = replace(BOTH_ON, sms_events=events, email_events=events)
    tape = quoted({"AAA": {0: {0: 100, 10: 95.5}}})
    room = ToldRoom(
        folder=tmp_path, tape=tape, recommendations=[buy("AAA")], policy=policy(**BOLD), notifications=quiet
    )
    await room.trade()
    assert (await room.books()).breakers
    assert await room.told() == []
    assert (room.by_sms.carried, room.by_email.carried) == ([], [])
