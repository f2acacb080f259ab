"""Words of notifications: what fits into a text message or a subject, whatever it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decision.effects import (
    Effect,
    RecordBreaker,
    RecordNotice,
    RecordReserveEntry,
    RecordTierChange,
    RecordTrade,
)
from engine.decision.events import FaultNoticed, TradingStateSet
from engine.decision.state import State
from engine.model.notices import Notice, NoticeKind
from engine.model.notifications import Notification, NotificationChannel, NotificationEvent, Urgency
from engine.model.portfolio import RiskTierName, TradingState
from engine.notification_settings import NotificationSettings
from engine.telling.notice_messages import storage_failed
from engine.telling.notifications import SMS_LETTERS, addressed, of_turn
from engine.telling.turn_messages import messages
from engine.telling.words import amount, count, cut, lasted, letters, one_line, percent, plain, sentence, when
from tests.support import strategies
from tests.support.carriers import BOTH_ON, a_message
from tests.support.samples import AT
from tests.support.tapes import FREE
from tests.support.trading_room import CAPITAL, SESSIONS

GSM = set("\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz^{}\\[~]|")
"""Letters of ASCII that GSM 03.38 has."""
UNBOUNDED = st.none() | st.floats(width=64) | st.sampled_from((0.0, -1.0, 1e300, float("nan"), float("inf")))
NOTES = st.text(max_size=60) | st.text(min_size=400, max_size=900)
notices = st.builds(
    Notice,
    at=strategies.moments,
    kind=st.sampled_from(NoticeKind),
    ticker=st.just("") | strategies.tickers | NOTES,
    value=UNBOUNDED,
    limit=UNBOUNDED,
    reference_id=st.just("d"),
    note=NOTES,
)
effects: st.SearchStrategy[Effect] = st.one_of(
    st.builds(RecordBreaker, event=strategies.breakers),
    st.builds(
        RecordBreaker, event=st.builds(lambda b, x: replace(b, actual=x, threshold=x), strategies.breakers, st.floats())
    ),
    st.builds(RecordTierChange, change=strategies.tier_changes),
    st.builds(RecordReserveEntry, entry=strategies.reserve_entries),
    st.builds(
        RecordTrade, trade=st.builds(lambda t: replace(t, exit_decision_id="d", pnl_pct=1e300), strategies.trades)
    ),
    st.builds(RecordNotice, notice=notices),
)


def an_account() -> State:
    return State.start(capital=CAPITAL, sessions=SESSIONS, tier=RiskTierName.MODERATE, costs=FREE)


def by(channel: NotificationChannel, **fields: Any) -> Notification:
    (found,) = (
        n for n in addressed(a_message(**fields), BOTH_ON, AT, key="k", account="paper") if n.channel is channel
    )
    return found


def sms(**fields: Any) -> str:
    return by(NotificationChannel.SMS, **fields).message


def require_fits(notification: Notification) -> None:
    text = notification.message
    assert notification.subject == " ".join(notification.subject.split())
    assert 0 < len(notification.subject) <= 200
    assert all(letter.isprintable() for letter in notification.subject)
    if notification.channel is NotificationChannel.SMS:
        assert set(text) <= GSM
        assert len(text) + sum(letter in "^{}\\[~]|" for letter in text) <= SMS_LETTERS
        assert text.startswith("stonks paper, ")
        assert "\n" not in text
    else:
        assert text.endswith(f"{notification.event_type.value}\n")


@given(made=st.lists(effects, max_size=4), unexplained=st.booleans(), cause=NOTES, state=st.sampled_from(TradingState))
def test_whatever_happens_it_can_be_said_and_fits(
    made: list[Effect], unexplained: bool, cause: str, state: TradingState
) -> None:
    account = an_account()
    for event in (
        FaultNoticed(at=AT, kind=NoticeKind.CLOCK_JUMPED, unexplained=unexplained),
        TradingStateSet(at=AT, state=state, cause=cause),
    ):
        for notification in of_turn(event, made, account, BOTH_ON, seq=7, account="paper"):
            require_fits(notification)


@given(made=st.lists(effects, max_size=4))
def test_what_is_to_be_done_is_never_cut_for_the_sake_of_somebody_elses_words(made: list[Effect]) -> None:
    for message in messages(FaultNoticed(at=AT, kind=NoticeKind.LOOP_LAGGED, unexplained=True), made):
        for notification in addressed(message, BOTH_ON, AT, key="k", account="paper"):
            if notification.channel is NotificationChannel.SMS and letters(plain(message.title)) < 60:
                assert plain(message.done)[:40] in notification.message


def test_a_text_message_says_which_account_when_and_everything_that_fits() -> None:
    text = sms(title="Price feed failed", happened="It is gone.", done="Nothing is bought.", to_do="Look at it.")
    assert text == "stonks paper, Fri 09:45 NY: Price feed failed. It is gone. Nothing is bought. Look at it."


def test_of_a_text_message_that_is_too_long_the_story_is_cut_not_what_to_do() -> None:
    (text,) = (
        n.message
        for n in addressed(storage_failed("the disk says no " * 200), BOTH_ON, AT, key="k", account="live")
        if n.channel is NotificationChannel.SMS
    )
    assert len(text) <= SMS_LETTERS
    assert text.startswith("stonks live, Fri 09:45 NY: Nothing can be written down. The disk says no the disk says no")
    assert "... So nothing is sent, not even an exit: NOTHING THAT IS HELD IS PROTECTED." in text


def test_a_title_that_never_ends_leaves_room_for_what_happened() -> None:
    text = sms(title="A" * 1000, happened="It is gone.", done="Nothing is bought.")
    assert letters(text) <= SMS_LETTERS
    assert text.endswith("AAA.... It is gone. Nothing is bought.")


def test_what_is_longest_of_all_is_cut_at_the_end() -> None:
    text = sms(title="Short", happened="x " * 300, done="y " * 300, to_do="z " * 300)
    assert letters(text) <= SMS_LETTERS
    assert text.endswith("...")
    assert " y y" in text


def test_letters_that_a_text_message_lacks_are_written_otherwise() -> None:
    assert plain("Zürich – “naïve” `x`\tCafé\n€5 ß") == "Zurich - \"naive\" 'x' Cafe ?5 ss"


def test_some_letters_take_the_place_of_two() -> None:
    assert letters("[a]^") == 7
    assert cut("[[[[[[[[[[", 10) == "[[[..."
    assert letters(cut("a[" * 100, 50)) <= 50


@given(text=st.text(max_size=80).map(plain), most=st.integers(4, 60))
def test_what_is_cut_is_a_beginning_that_fits(text: str, most: int) -> None:
    found = cut(text, most)
    assert letters(found) <= most
    assert found == text or (found.endswith("...") and text.startswith(found.removesuffix("...")))


def test_words_are_not_cut_in_two_unless_there_is_only_one() -> None:
    assert cut("one two three four", 12) == "one two..."
    assert cut("a onetwothreefour", 12) == "a onetwot..."


def test_a_mail_says_it_all_in_order_and_ends_with_when_and_what() -> None:
    mail = by(NotificationChannel.EMAIL, done="Nothing is bought.", to_do="Look at it.", facts=("Cash: $5.00",))
    assert mail.subject == "[stonks paper] Price feed failed"
    assert mail.message == (
        "What happened\nNothing has a price any more.\n\nWhat the engine did\nNothing is bought.\n\n"
        "What to do\nLook at it.\n\nCash: $5.00\n\n"
        "Fri 01 Mar 09:45 New York, 2024-03-01 14:45:00 UTC; account paper; feed_failure\n"
    )


def test_a_subject_has_one_line() -> None:
    assert (
        by(NotificationChannel.EMAIL, title="a\r\nBcc: x@example.com\x00").subject
        == "[stonks paper] a Bcc: x@example.com"
    )


def test_with_a_mail_goes_how_the_account_stands() -> None:
    account = an_account()
    event = TradingStateSet(at=AT, state=TradingState.REDUCING, cause="paused")
    account.trading, account.trading_cause = event.state, event.cause
    text, mail = of_turn(event, [], account, BOTH_ON, seq=7, account="paper")
    assert (text.key, mail.key) == ("turn 7.0", "turn 7.0")
    assert "Cash" not in text.message
    assert "\nTrading: exits only (paused)\nTier: moderate\nTotal value: $100,000.00\n" in mail.message
    assert "\nHeld: nothing\n" in mail.message


def test_the_messages_of_a_turn_have_keys_of_their_own_and_wait_from_its_moment_on() -> None:
    account = an_account()
    made = [RecordNotice(notice=Notice(at=AT, kind=kind)) for kind in (NoticeKind.BROKER_BACK, NoticeKind.SOURCES_BACK)]
    told = of_turn(FaultNoticed(at=AT, kind=NoticeKind.BROKER_BACK), made, account, BOTH_ON, seq=7, account="paper")
    assert [n.key for n in told] == ["turn 7.0", "turn 7.0", "turn 7.1", "turn 7.1"]
    assert {(n.created_at, n.next_try_at) for n in told} == {(AT, AT)}


def test_of_a_turn_nothing_is_told_by_a_channel_that_is_off_or_does_not_want_it() -> None:
    account = an_account()
    halted = TradingStateSet(at=AT, state=TradingState.HALTED, cause="")
    paused = TradingStateSet(at=AT, state=TradingState.REDUCING, cause="")
    urgent = NotificationSettings(sms_enabled=True, sns_phone_number="+15551234567")

    def told(event: TradingStateSet, settings: NotificationSettings) -> list[NotificationChannel]:
        return [n.channel for n in of_turn(event, [], account, settings, seq=1, account="paper")]

    assert told(halted, NotificationSettings()) == []
    assert told(halted, urgent) == [NotificationChannel.SMS]
    assert told(paused, urgent) == []
    assert told(paused, BOTH_ON) == [NotificationChannel.SMS, NotificationChannel.EMAIL]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2.0 h"),
        (172_800, "2.0 days"),
        (None, "some time"),
    ],
)
def test_times_are_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert lasted(seconds) == words


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf"), -float("inf"), 1e300])
def test_a_number_that_is_none_is_unknown(bad: float | None) -> None:
    assert percent(bad) == "unknown"
    assert amount(bad) == "an unknown amount"
    assert count(bad) == "an unknown number of"
    assert lasted(bad) == "some time"


def test_figures_are_said_as_people_write_them() -> None:
    assert (percent(0.0212), percent(0.05, signed=True), percent(-0.05, signed=True)) == (
        "2.12 %",
        "+5.00 %",
        "-5.00 %",
    )
    assert (amount(-1234.5), count(3.0)) == ("$1,234.50", "3")


def test_moments_are_of_new_york_summer_or_winter() -> None:
    assert when(datetime(2026, 7, 31, 20, 5, tzinfo=UTC)) == "Fri 31 Jul 16:05 New York"
    assert when(datetime(2026, 12, 1, 3, 5, tzinfo=UTC)) == "Mon 30 Nov 22:05 New York"


def test_words_of_others_become_a_sentence_of_one_line() -> None:
    assert sentence(" no answer\n from\tit... ") == "No answer from it."
    assert sentence(" \n") == ""
    assert len(sentence("x" * 10_000)) < 2010
    assert one_line("abcdef", 5) == "ab..."


def test_an_alarm_of_another_moment_says_that_moment() -> None:
    message = a_message(urgency=Urgency.CRITICAL, event=NotificationEvent.STORAGE_FAILURE)
    text, mail = addressed(message, BOTH_ON, AT + timedelta(hours=10), key="k", account="paper")
    assert text.message.startswith("stonks paper, Fri 19:45 NY: ")
    assert "Fri 01 Mar 19:45 New York" in mail.message
