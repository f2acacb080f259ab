"""What needs a person on a day: alarms first, why nothing is bought, then the rest as it happened."""

from dataclasses import replace
from datetime import timedelta

from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.notices import Notice, NoticeKind
from engine.model.portfolio import TradingState
from engine.model.views import RunStory
from stonks_tui.view_models import overview
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import texts
from tests.support.samples import AT, a_notice, a_record, a_snapshot

CLOSE = AT.replace(hour=21, minute=0)
BEFORE = CLOSE - timedelta(days=1)
DAILY_LOSS = BreakerEvent(
    breaker_id="b1",
    at=AT,
    trigger=CircuitBreakerTriggerType.DAILY_LOSS,
    threshold=0.02,
    actual=0.021,
    cooldown_expires=CLOSE + timedelta(days=3),
)


def a_scope(
    *notices: Notice, state: TradingState = TradingState.ACTIVE, breakers: tuple[BreakerEvent, ...] = ()
) -> Scope:
    days = (
        a_snapshot(on=BEFORE.date(), at=BEFORE),
        a_snapshot(at=CLOSE, trading_state=state),
    )
    story = RunStory(
        run_id=1,
        state="completed",
        record=a_record(notes=("a note of the run",)),
        days=days,
        profits=(0, 0),
        notices=notices,
        breakers=breakers,
    )
    return Scope(mode="BACKTEST", story=story, place=1)


def told(scope: Scope) -> list[str]:
    return texts(overview.needs_you(scope))


def test_alarms_come_first_and_news_last_before_the_notes_of_the_run() -> None:
    large = a_notice(kind=NoticeKind.LARGE_TRADE_PNL, value=612.5, limit=500.0)
    halted = a_notice(kind=NoticeKind.TICKER_HALTED, at=AT + timedelta(minutes=5))
    found = told(a_scope(large, a_notice(), halted))
    assert [text[:7] for text in found[:3]] == ["! 14:50", "! 14:45", "· 14:45"]
    assert "halted by the exchange" in found[0]
    assert found[1] == "! 14:45 AAPL entry cut short: 2 of 3 tranches, 6 shares left out, stop"
    assert found[3] == "· a note of the run"


def test_only_what_happened_since_the_close_before_is_told() -> None:
    assert told(a_scope(a_notice(at=BEFORE), a_notice(at=CLOSE + timedelta(seconds=1)))) == ["· a note of the run"]
    over_night = a_notice(kind=NoticeKind.MACRO_EVENT_OVER, at=BEFORE + timedelta(hours=2), note="Rate decision")
    assert told(a_scope(over_night))[0] == "· 02-29 23:00 event is over: Rate decision"


def test_only_what_asks_for_a_person_is_counted() -> None:
    large = a_notice(kind=NoticeKind.LARGE_TRADE_PNL, value=612.5, limit=500.0)
    assert overview.needs_count(a_scope(large, a_notice())) == 1


def test_a_feed_that_failed_on_an_earlier_day_stays_until_it_is_back() -> None:
    failed = a_notice(kind=NoticeKind.FEED_FAILURE, at=AT - timedelta(days=1), value=0.0, ticker="")
    back = a_notice(kind=NoticeKind.FEED_RECOVERED, at=AT - timedelta(hours=20), value=60.0, ticker="")
    down = told(a_scope(failed, state=TradingState.REDUCING))
    assert down[0] == "! 02-29 14:45 price feed failed: no price at all any more"
    assert down[1] == "! entries are put off: price feed failed"
    assert told(a_scope(failed, back))[0] == "· a note of the run"


def test_a_feed_that_came_back_and_failed_again_today_is_told_of_once() -> None:
    failed = a_notice(kind=NoticeKind.FEED_FAILURE, at=AT - timedelta(days=2), value=0.0, ticker="")
    back = a_notice(kind=NoticeKind.FEED_RECOVERED, at=AT - timedelta(days=2), value=60.0, ticker="")
    again = a_notice(kind=NoticeKind.FEED_FAILURE, value=0.0, ticker="")
    assert [text[:7] for text in told(a_scope(failed, back, again))] == ["! 14:45", "· a not"]


def test_the_breaker_of_one_ticker_is_not_why_nothing_is_bought() -> None:
    one = replace(DAILY_LOSS, trigger=CircuitBreakerTriggerType.SINGLE_POSITION, ticker="XOM")
    found = told(a_scope(state=TradingState.REDUCING, breakers=(one, DAILY_LOSS)))
    assert found[0] == "! entries are put off: breaker daily loss until 03-04 21:00"


def test_entries_that_are_put_off_say_what_has_to_end_first() -> None:
    reducing = TradingState.REDUCING
    assert told(a_scope(state=reducing, breakers=(DAILY_LOSS,)))[0] == (
        "! entries are put off: breaker daily loss until 03-04 21:00"
    )
    assert told(a_scope(state=reducing))[0] == "! entries are put off: a person has stopped them"
    assert told(a_scope(state=TradingState.HALTED))[0] == "! nothing is bought or sold: a person has halted trading"


def test_a_high_water_reserve_is_told_with_its_mark() -> None:
    high = a_notice(kind=NoticeKind.RESERVE_HIGH_WATER, ticker="", value=0.312, limit=0.3)
    assert told(a_scope(high))[0] == "! 14:45 reserve is 31.2 % of the total: above 30.0 % none is put aside"


def test_a_severe_event_stays_until_it_is_over() -> None:
    begun = a_notice(kind=NoticeKind.MACRO_EVENT, at=AT - timedelta(days=2), reference_id="e1", note="Rate decision")
    over = a_notice(kind=NoticeKind.MACRO_EVENT_OVER, at=CLOSE, reference_id="e1", note="Rate decision")
    assert told(a_scope(begun))[0] == "! 02-28 14:45 severe event: Rate decision"
    assert told(a_scope(begun, over))[0] == "· 21:00 event is over: Rate decision"
