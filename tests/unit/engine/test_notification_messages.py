"""What people are told of events and records: what happened, what the engine did, what to do; and every event is."""

import argparse
import re
import shlex
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from engine.decision.effects import (
    Effect,
    RecordBreaker,
    RecordNotice,
    RecordReserveEntry,
    RecordTierChange,
    RecordTrade,
)
from engine.decision.events import FaultNoticed, NotificationAsked, TradingStateSet
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.notices import ALARMS, Notice, NoticeKind
from engine.model.notifications import Message, NotificationEvent, Urgency
from engine.model.portfolio import (
    ReserveEntry,
    ReservePoolTriggerType,
    RiskTierName,
    TierChange,
    TierChangeCause,
    TradingState,
)
from engine.telling.notice_messages import engine_broke, storage_failed
from engine.telling.notifications import addressed
from engine.telling.turn_messages import messages
from tests.support.carriers import BOTH_ON
from tests.support.samples import AT, a_trade

E = NotificationEvent
SUMMED_UP = {E.DAILY_SUMMARY, E.WEEKLY_DIGEST}


def fault(kind: NoticeKind, *, unexplained: bool = False, **fields: Any) -> list[Message]:
    """Return what is told when whoever drives the core notices `kind`."""
    event = FaultNoticed(at=AT, kind=kind, unexplained=unexplained, **fields)
    return list(messages(event, [RecordNotice(notice=Notice(at=AT, kind=kind, **fields))]))


def said(*effects: Effect) -> list[Message]:
    """Return what is told of `effects`, whatever they came of."""
    return list(messages(FaultNoticed(at=AT, kind=NoticeKind.LOOP_LAGGED), effects))


def a_breaker(**fields: Any) -> BreakerEvent:
    plain: dict[str, Any] = {
        "breaker_id": "b1",
        "at": AT,
        "trigger": CircuitBreakerTriggerType.DAILY_LOSS,
        "threshold": 0.02,
        "actual": 0.0212,
        "cooldown_expires": AT + timedelta(hours=6, minutes=30),
    }
    return BreakerEvent(**plain | fields)


def a_change(**fields: Any) -> TierChange:
    plain: dict[str, Any] = {
        "at": AT,
        "previous": RiskTierName.MODERATE,
        "new": RiskTierName.CONSERVATIVE,
        "cause": TierChangeCause.DRAWDOWN,
        "win_rate": 0.38,
        "trades": 25,
        "drawdown": 0.1612,
        "reserve_pct": 0.04,
    }
    return TierChange(**plain | fields)


def an_entry(trigger: ReservePoolTriggerType, amount: int) -> ReserveEntry:
    return ReserveEntry(at=AT, trigger=trigger, amount=amount, balance_after=0, reference_id="d1", notes="")


LIQUIDATED = RecordReserveEntry(entry=an_entry(ReservePoolTriggerType.EMERGENCY_LIQUIDATION, -12_345_600))
CAREFUL = RecordTierChange(change=a_change(cause=TierChangeCause.EMERGENCY, drawdown=0.2031))
LARGE = Notice(at=AT, kind=NoticeKind.LARGE_TRADE_PNL, ticker="AAPL", value=812.5, limit=500.0, reference_id="exit-1")


def everything() -> list[Message]:
    """Return one message at least of each kind that there is, but for summaries."""
    breakers = [
        RecordBreaker(event=a_breaker(trigger=trigger, ticker=ticker, resolved_at=over))
        for trigger in CircuitBreakerTriggerType
        for ticker in ("AAPL" if trigger is CircuitBreakerTriggerType.SINGLE_POSITION else "",)
        for over in (None, AT + timedelta(days=3))
    ]
    tiers = [RecordTierChange(change=a_change(cause=c)) for c in TierChangeCause if c is not TierChangeCause.EMERGENCY]
    notices = [
        message
        for kind in NoticeKind
        for unexplained in (False, True)
        for message in fault(
            kind, ticker="AAPL", value=31.0, limit=5.0, note="the words of it", unexplained=unexplained
        )
    ]
    states = [
        message
        for state in TradingState
        for message in messages(TradingStateSet(at=AT, state=state, cause="lunch"), [])
    ]
    return [
        *said(*breakers),
        *said(*tiers),
        *said(LIQUIDATED, CAREFUL),
        *said(CAREFUL),
        *notices,
        *states,
        *messages(NotificationAsked(at=AT), []),
        storage_failed("the disk does not answer"),
        engine_broke("the books contradict themselves"),
    ]


EVERYTHING = everything()
BY_TITLE = {m.title: m for m in EVERYTHING}
ON_EVERYTHING = pytest.mark.parametrize("message", EVERYTHING, ids=lambda m: f"{m.event.value}: {m.title}")


def test_every_event_comes_up() -> None:
    assert {m.event for m in EVERYTHING} | SUMMED_UP == set(NotificationEvent)


def test_every_notice_that_calls_for_a_person_is_told_as_something_urgent() -> None:
    for kind in ALARMS:
        told = fault(kind, value=31.0, note="x", unexplained=True)
        assert [m.urgency.is_urgent for m in told] == [True], kind


@ON_EVERYTHING
def test_a_message_says_what_happened_what_the_engine_did_and_what_to_do(message: Message) -> None:
    for text in (message.happened, message.done, message.to_do):
        assert text
        assert text == text.strip()
        assert "  " not in text
        assert ".." not in text
        assert "None" not in text.removeprefix("None ")
    assert message.happened.endswith(".")
    assert message.done.endswith(".")
    assert not message.title.endswith(".")


MACHINE_NAME = re.compile(r"[a-z]_[a-z]")


@ON_EVERYTHING
def test_no_sentence_has_the_name_that_a_machine_has_for_it(message: Message) -> None:
    for notification in addressed(message, BOTH_ON, AT, key="k", account="paper"):
        sentences, _, last = f"{notification.subject}\n{notification.message.rstrip()}".rpartition("\n")
        told = f"{sentences} {last}" if notification.channel == "sms" else sentences
        assert not MACHINE_NAME.search(told), told
        assert "\u2014" not in told


def commands(message: Message) -> list[str]:
    """Return what of `message` is to be typed: from `stonks` to the end of the sentence."""
    return re.findall(r"stonks [^.]+?(?=\.(?:\s|$)|$)", f"{message.happened} {message.done} {message.to_do}".strip())


@ON_EVERYTHING
def test_what_it_tells_people_to_type_can_be_typed(message: Message) -> None:
    for words in commands(message):
        _, command, *rest = shlex.split(words)
        parser = argparse.ArgumentParser(exit_on_error=False)
        import_module(f"stonks_tui.commands.{command}").configure(parser)
        parser.parse_args(rest)


def test_the_commands_are_found_in_the_words() -> None:
    found = {words for message in EVERYTHING for words in commands(message)}
    assert found == {
        "stonks breaker clear b1",
        "stonks close TICKER",
        "stonks doctor",
        "stonks pause",
        "stonks reserve -500",
        "stonks resume",
        "stonks run",
        "stonks status",
        "stonks tier moderate",
    }


def test_what_leaves_people_unprotected_is_said_in_capitals() -> None:
    for title in ("HALTED: nothing leaves, not even a stop", "Nothing can be written down", "The engine has broken"):
        message = BY_TITLE[title]
        assert message.urgency is Urgency.CRITICAL
        assert re.search(r"[A-Z]{3,} [A-Z]{3,}", message.done)


def test_that_the_clock_was_set_back_is_not_taken_for_the_news_that_the_machine_slept() -> None:
    (back,) = fault(NoticeKind.CLOCK_JUMPED, value=-7260.0, note="it was set back", unexplained=True)
    (ahead,) = fault(NoticeKind.CLOCK_JUMPED, value=90.0, note="the machine slept, or it was set forward")
    assert (back.urgency, ahead.urgency) == (Urgency.ALARM, Urgency.NEWS)
    assert back.kind != ahead.kind
    assert (back.title, ahead.title) == ("The clock jumped back by 2.0 h", "The clock jumped ahead by 90 s")


def test_kinds_of_one_name_are_all_equally_urgent() -> None:
    found: dict[str, set[Urgency]] = {}
    for message in EVERYTHING:
        found.setdefault(message.kind, set()).add(message.urgency)
    assert {kind for kind, urgencies in found.items() if len(urgencies) > 1} == set()


def test_an_emergency_is_told_once_with_reserve_and_tier() -> None:
    (message,) = said(LIQUIDATED, CAREFUL)
    assert message.event is E.EMERGENCY_LIQUIDATION
    assert "20.31 %" in message.happened
    assert "$1,234.56" in message.done
    assert "conservative" in message.done


def test_an_emergency_without_a_reserve_is_told_all_the_same() -> None:
    (message,) = said(CAREFUL)
    assert (message.event, message.urgency) == (E.EMERGENCY_LIQUIDATION, Urgency.CRITICAL)
    assert message.done == "The risk tier is conservative now."


def test_a_large_trade_is_told_with_its_figures_and_what_is_put_aside() -> None:
    trade = a_trade(exit_decision_id="exit-1", quantity=12, pnl=8_125_000, pnl_pct=0.051, exit_reason="take_profit")
    siphoned = RecordReserveEntry(entry=an_entry(ReservePoolTriggerType.PROFIT_SIPHON, 1_625_000))
    (message,) = said(RecordTrade(trade=trade), siphoned, RecordNotice(notice=LARGE))
    assert message.title == "AAPL made $812.50"
    assert "12 shares" in message.happened
    assert "+5.10 %, sold because of: take profit." in message.happened
    assert message.done == "$162.50 of it is put aside in the reserve."
    assert message.facts == ("Told because it is more than $500.00",)


def test_of_a_large_loss_nothing_is_put_aside() -> None:
    (message,) = said(RecordNotice(notice=replace(LARGE, value=-812.5)))
    assert message.title == "AAPL lost $812.50"
    assert message.done == "Nothing is taken from the reserve for it."


def test_a_trade_of_another_decision_is_not_taken_for_it() -> None:
    trade = a_trade(exit_decision_id="another", quantity=77)
    (message,) = said(RecordTrade(trade=trade), RecordNotice(notice=LARGE))
    assert "77" not in message.happened


@pytest.mark.parametrize(
    ("protected", "title"),
    [
        (0.0, "What is held is not protected"),
        (0.5, "50 % of what is held is not protected"),
        (0.9999, "1 % of what is held is not protected"),
        (None, "What is held is not protected"),
    ],
)
def test_how_much_is_not_protected_is_never_said_to_be_nothing(protected: float | None, title: str) -> None:
    (message,) = fault(NoticeKind.PROTECTION_BREACH, value=protected, limit=1.0, note="AAPL, MSFT")
    assert (message.title, message.happened) == (title, "Nobody watches the stops of AAPL, MSFT.")


def test_storage_that_failed_for_some_seconds_wakes_nobody() -> None:
    assert fault(NoticeKind.STORE_FAILED, value=3.0, note="it is busy") == []
    assert fault(NoticeKind.STORE_BACK, value=14.9) == []
    assert len(fault(NoticeKind.STORE_BACK, value=15.0)) == 1
    assert len(fault(NoticeKind.STORE_FAILED, value=3.0, note="the disk is full", unexplained=True)) == 1


@pytest.mark.parametrize("kind", [NoticeKind.LOOP_LAGGED, NoticeKind.TICKER_SILENT, NoticeKind.COMMAND_REFUSED])
def test_what_is_only_good_to_know_is_only_written_down(kind: NoticeKind) -> None:
    assert fault(kind, ticker="AAPL", value=1.0) == []


def test_words_of_others_end_as_one_sentence() -> None:
    (message,) = fault(NoticeKind.BROKER_SILENT, note="nobody answers\nfor 30 s...")
    assert message.happened == "Nobody answers for 30 s."


def test_the_note_of_whoever_paused_is_told() -> None:
    (paused,) = messages(TradingStateSet(at=AT, state=TradingState.REDUCING, cause="lunch with Ada"), [])
    (plain,) = messages(TradingStateSet(at=AT, state=TradingState.REDUCING, cause="paused"), [])
    assert paused.happened == "A person has said so: Lunch with Ada."
    assert plain.happened == "A person has said so."


@ON_EVERYTHING
def test_in_a_text_message_none_is_cut(message: Message) -> None:
    text = next(iter(addressed(message, BOTH_ON, AT, key="k", account="paper"))).message
    assert not text.endswith("...")
    for said_in_full in (message.title, message.happened, message.done, message.to_do):
        assert said_in_full in text
