"""What a person is asked, what it rests on, what takes a word back, and how far breakers are from tripping."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.audit import Answered, Asked, Word
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.money import quantise
from engine.model.portfolio import RiskTierName
from engine.model.sessions import Session, SessionTable
from engine.policy import TradingPolicy
from stonks_tui.view_models import breakers, steering, taking_back
from stonks_tui.view_models.breakers import BreakerSheet
from stonks_tui.view_models.sheets import LeaveSheet, Leaving, ReserveSheet, TierSheet
from stonks_tui.view_models.standing import Rehearsal, Standing
from stonks_tui.view_models.text import texts

AT = datetime(2024, 3, 28, 20, 0, tzinfo=UTC)
STANDING = Standing(
    at=AT,
    says={"trading": "active", "cause": "", "tier": "moderate", "reserve": "500.00"},
    policy=TradingPolicy(),
    tier=RiskTierName.MODERATE,
    total_value=quantise(10_000),
    cash=quantise(2_000),
    reserve=quantise(500),
    heat=0.01,
    drawdown=0.0,
    day_return=-0.015,
    stops=1,
)
UNCHANGED = Rehearsal(before={}, after={})
LOSS = BreakerEvent(
    breaker_id="b3",
    at=AT - timedelta(minutes=30),
    trigger=CircuitBreakerTriggerType.DAILY_LOSS,
    threshold=0.02,
    actual=0.0212,
    cooldown_expires=datetime(2024, 4, 1, 15, 30, tzinfo=UTC),
)


def session(day: datetime) -> Session:
    open_at = day.replace(hour=14, minute=30)
    return Session(on=day.date(), open_at=open_at, close_at=open_at + timedelta(hours=6.5))


def test_what_is_left_of_a_breaker_is_counted_in_market_time_over_a_long_weekend() -> None:
    days = SessionTable.of(map(session, (AT, datetime(2024, 4, 1, tzinfo=UTC), datetime(2024, 4, 2, tzinfo=UTC))))
    standing = replace(STANDING, breakers=(LOSS,), sessions=days)
    assert breakers.until(LOSS, standing) == "until 04-01 15:30 UTC, 2:00 h of market left"
    assert breakers.until(LOSS, STANDING) == "until 04-01 15:30 UTC"  # nobody knows the market's hours


def test_each_breaker_says_how_far_it_is_from_tripping() -> None:
    loss, position, volatility, manual = breakers.kinds(STANDING)
    assert (loss.threshold, loss.now, loss.room, loss.is_over) == ("-2.00 %", "▼-1.50 %", "0.50 %", False)
    assert (position.now, position.room) == ("–", "–")
    assert (volatility.threshold, volatility.now, volatility.room) == ("3 stops", "1 in 30 min", "2 stops")
    assert manual.ends == "when somebody clears it"
    over = breakers.kinds(replace(STANDING, day_return=-0.025, stops=4))
    assert (over[0].room, over[0].is_over, over[2].room) == ("over 0.50 %", True, "none")


def test_a_breaker_is_cleared_that_is_under_the_cursor_and_the_cursor_stays_on_it() -> None:
    other = replace(LOSS, breaker_id="b4", trigger=CircuitBreakerTriggerType.SINGLE_POSITION, ticker="TSLA")
    sheet = BreakerSheet(standing=replace(STANDING, breakers=(LOSS, other))).pressed("j")
    assert isinstance(sheet, BreakerSheet)
    assert sheet.pressed("c") == Asked(word=Word.CLEAR, arguments={"breaker": "b4"})
    alone = sheet.renewed(replace(STANDING, breakers=(other,)))
    assert alone.pressed("c") == Asked(word=Word.CLEAR, arguments={"breaker": "b4"})
    assert alone.renewed(STANDING).pressed("c") is None


@pytest.mark.parametrize(
    ("asked", "is_asked"),
    [
        (Asked(word=Word.PAUSE), False),
        (Asked(word=Word.BREAKER), False),
        (Asked(word=Word.TIER, arguments={"name": "conservative"}), False),
        (Asked(word=Word.TIER, arguments={"name": "aggressive"}), True),
        (Asked(word=Word.RESERVE, arguments={"amount": "5"}), False),
        (Asked(word=Word.RESERVE, arguments={"amount": "-5"}), True),
        (Asked(word=Word.RESUME), True),
        (Asked(word=Word.HALT), True),
        (Asked(word=Word.CLOSE_ALL), True),
    ],
)
def test_what_makes_less_of_the_risk_is_not_asked_about(asked: Asked, is_asked: bool) -> None:
    assert steering.needs_asking(asked, STANDING, UNCHANGED) is is_asked


def test_settings_are_asked_about_when_the_engine_may_risk_more_by_them() -> None:
    asked = Asked(word=Word.SET, arguments={"max_open_positions": "12"})
    looser = replace(UNCHANGED, looser=("max_open_positions 10 → 12",))
    assert not steering.needs_asking(asked, STANDING, UNCHANGED)
    assert steering.needs_asking(asked, STANDING, looser)


def test_a_question_about_settings_shows_them_as_anybody_may_see_them() -> None:
    asked = Asked(word=Word.SET, arguments={"micro_trading_enabled": "yes", "gmail_recipient": "me@example.com"})
    standing = replace(STANDING, says={"setting.micro_trading_enabled": "False", "setting.gmail_recipient": ""})
    rehearsal = Rehearsal(
        before={"setting.micro_trading_enabled": "False", "setting.gmail_recipient": ""},
        after={"setting.micro_trading_enabled": "True", "setting.gmail_recipient": "me@example.com"},
    )
    found = steering.question(asked, standing, rehearsal)
    assert found.title == "Loosen 2 settings"
    assert found.changes == (("micro_trading_enabled", "no", "yes"), ("gmail_recipient", "", "m***@example.com"))
    assert "micro_trading_enabled: trade intraday signals in small size." in found.sentences
    assert found.basis == {"micro_trading_enabled": "no", "gmail_recipient": ""}


def test_a_setting_is_taken_back_by_what_it_was() -> None:
    asked = Asked(word=Word.SET, arguments={"gmail_sender": "you@example.com"})
    was = {"setting.gmail_sender": "me@example.com"}
    answered = Answered(done=True, words="", before=was, after={"setting.gmail_sender": "you@example.com"})
    found = taking_back.opposite(asked, answered)
    assert isinstance(found, taking_back.Opposite)
    assert found.asked == Asked(word=Word.SET, arguments={"gmail_sender": "me@example.com"})
    assert found.words == "back to gmail_sender m***@example.com"


def test_what_moved_is_named_with_what_it_was_and_what_it_is() -> None:
    assert steering.moved({"the tier": "moderate"}, {"the tier": "moderate"}) == ""
    assert steering.moved({"AAPL": "12 shares"}, {"AAPL": "10 shares"}) == "AAPL was 12 shares and is 10 shares"
    assert steering.moved({"breakers": ""}, {"breakers": "manual"}) == "breakers was nothing and is manual"


@pytest.mark.parametrize(("typed", "is_possible"), [("", 0), ("-500", 1), ("-500.01", 0), ("1,500", 1), ("1501", 0)])
def test_the_reserve_goes_from_nothing_to_all_the_cash(typed: str, is_possible: int) -> None:
    assert (ReserveSheet(standing=STANDING).entered(typed) is not None) == bool(is_possible)


def test_the_tier_that_is_there_is_not_chosen_again() -> None:
    assert TierSheet(standing=STANDING, wanted=RiskTierName.MODERATE).entered("") is None


def test_leaving_is_chosen_by_its_letter_and_enter_stays() -> None:
    assert LeaveSheet().pressed("d") is Leaving.DETACH
    assert LeaveSheet().entered("") is None


def test_the_boxes_keep_to_the_columns_that_they_are_given() -> None:
    for sheet in (BreakerSheet(standing=replace(STANDING, breakers=(LOSS,))), ReserveSheet(standing=STANDING)):
        assert all(len(text) <= 56 for text in texts(sheet.lines(56, "")))


@pytest.mark.parametrize(
    ("asked", "before", "after", "back"),
    [
        (Asked(word=Word.PAUSE), {"trading": "active"}, {"trading": "reducing"}, Asked(word=Word.RESUME)),
        (Asked(word=Word.RESUME), {"trading": "reducing"}, {"trading": "active"}, Asked(word=Word.PAUSE)),
        (Asked(word=Word.RESUME), {"trading": "halted"}, {"trading": "active"}, Asked(word=Word.HALT)),
        (
            Asked(word=Word.RESERVE, arguments={"amount": "1250.50"}),
            {"reserve": "0.00"},
            {"reserve": "1,250.50"},
            Asked(word=Word.RESERVE, arguments={"amount": "-1250.5000"}),
        ),
        (
            Asked(word=Word.BREAKER),
            {},
            {"trading": "reducing", "breaker.b7": "manual"},
            Asked(word=Word.CLEAR, arguments={"breaker": "b7"}),
        ),
        (
            Asked(word=Word.CLEAR, arguments={"breaker": "b7"}),
            {"breaker.b7": "manual"},
            {},
            Asked(word=Word.BREAKER),
        ),
    ],
)
def test_a_word_is_taken_back_by_its_opposite(
    asked: Asked, before: dict[str, str], after: dict[str, str], back: Asked
) -> None:
    found = taking_back.opposite(asked, Answered(done=True, words="", before=before, after=after))
    assert isinstance(found, taking_back.Opposite)
    assert found.asked == back


def test_what_a_pause_has_cancelled_is_said_to_stay_cancelled() -> None:
    answered = Answered(done=True, words="", before={"trading": "active", "planned.AAPL": "12 shares"}, after={})
    found = taking_back.opposite(Asked(word=Word.PAUSE), answered)
    assert isinstance(found, taking_back.Opposite)
    assert found.words == "taking the pause back; what was planned of AAPL stays cancelled"


@pytest.mark.parametrize("word", [Word.CLOSE, Word.CLOSE_ALL, Word.STOP])
def test_what_cannot_be_taken_back_says_so(word: Word) -> None:
    answered = Answered(done=True, words="", after={"closing.AAPL": "d1"})
    assert isinstance(taking_back.opposite(Asked(word=word), answered), str)


def test_a_word_that_changed_nothing_is_not_taken_back() -> None:
    answered = Answered(done=True, words="as it was before")
    assert taking_back.opposite(Asked(word=Word.PAUSE), answered) == "nothing was changed that could be taken back"
