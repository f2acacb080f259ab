"""Summaries: when a day or a week is summed up, and what is said of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.adapters.calendar import xnys
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.notifications import Message, NotificationEvent, Urgency
from engine.model.portfolio import PortfolioSnapshot, PositionMark, RiskTierName, TradingState
from engine.notification_settings import NotificationSettings
from engine.telling.notifications import addressed
from engine.telling.summaries import Due, Period, due, message
from engine.telling.words import NEW_YORK
from tests.support.carriers import BOTH_ON
from tests.support.samples import AT, a_snapshot, a_trade

SESSIONS = xnys(date(2026, 3, 1), date(2026, 12, 31))
DAILY, WEEKLY = NotificationEvent.DAILY_SUMMARY, NotificationEvent.WEEKLY_DIGEST
DOLLAR = 10_000


def new_york(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=NEW_YORK).astimezone(UTC)


def keys(at: datetime, **settings: str) -> list[str]:
    return [found.key for found in due(at, SESSIONS, NotificationSettings(**settings))]  # type: ignore[arg-type]


def test_a_day_is_summed_up_from_half_past_four_on_and_for_fifteen_hours() -> None:
    key = ["daily_summary 2026-11-24"]  # a Tuesday
    assert keys(new_york(11, 24, 16, 29, 59)) == []
    assert keys(new_york(11, 24, 16, 30)) == key
    assert keys(new_york(11, 24, 18)) == key
    assert keys(new_york(11, 25, 7, 29, 59)) == key
    assert keys(new_york(11, 25, 7, 30)) == []


def test_a_day_on_which_the_exchange_was_shut_is_not_summed_up() -> None:
    assert keys(new_york(11, 26, 18)) == []  # Thanksgiving
    assert keys(new_york(11, 28, 18)) == ["weekly_digest 2026-11-27"]  # a Saturday
    assert keys(new_york(11, 29, 18)) == ["weekly_digest 2026-11-27"]


def test_a_day_that_ends_early_is_summed_up_at_the_same_time() -> None:
    assert keys(new_york(11, 27, 13, 30)) == []
    assert keys(new_york(11, 27, 16, 30)) == ["daily_summary 2026-11-27"]
    early = {"daily_summary_time": "13:00"}
    assert keys(new_york(11, 27, 13, 4, 59), **early) == []
    assert keys(new_york(11, 27, 13, 5), **early) == ["daily_summary 2026-11-27"]


def test_no_day_is_summed_up_before_it_is_over() -> None:
    early = {"daily_summary_time": "09:00"}
    assert keys(new_york(11, 24, 9), **early) == []
    assert keys(new_york(11, 24, 16, 4, 59), **early) == []
    assert keys(new_york(11, 24, 16, 5), **early) == ["daily_summary 2026-11-24"]


def test_the_time_is_new_yorks_in_summer_and_in_winter() -> None:
    assert keys(datetime(2026, 3, 6, 21, 29, tzinfo=UTC)) == []
    assert keys(datetime(2026, 3, 6, 21, 30, tzinfo=UTC)) == ["daily_summary 2026-03-06"]
    assert keys(datetime(2026, 3, 9, 20, 29, tzinfo=UTC)) == []  # the clocks were put forward on Sunday
    assert keys(datetime(2026, 3, 9, 20, 30, tzinfo=UTC)) == ["daily_summary 2026-03-09"]
    assert keys(datetime(2026, 10, 30, 20, 30, tzinfo=UTC)) == ["daily_summary 2026-10-30"]
    assert keys(datetime(2026, 11, 2, 20, 30, tzinfo=UTC)) == []
    assert keys(datetime(2026, 11, 2, 21, 30, tzinfo=UTC)) == ["daily_summary 2026-11-02"]


def test_a_week_is_summed_up_on_friday_at_five_and_until_monday_morning() -> None:
    key = "weekly_digest 2026-11-20"
    assert key not in keys(new_york(11, 20, 16, 59, 59))
    assert keys(new_york(11, 20, 17)) == ["daily_summary 2026-11-20", key]
    assert keys(new_york(11, 22, 12)) == [key]
    assert keys(new_york(11, 23, 4, 59)) == [key]
    assert keys(new_york(11, 23, 5)) == []


def test_a_week_whose_friday_is_a_holiday_ends_on_thursday_and_is_summed_up_on_friday() -> None:
    assert keys(new_york(4, 2, 17, 30)) == ["daily_summary 2026-04-02"]  # the day before Good Friday
    (found,) = due(new_york(4, 3, 17), SESSIONS, NotificationSettings())
    assert found.key == "weekly_digest 2026-04-02"
    assert [session.on.day for session in found.sessions] == [30, 31, 1, 2]


def test_the_sessions_of_a_week_are_those_of_monday_to_friday() -> None:
    week = [d for d in due(new_york(11, 27, 17), SESSIONS, NotificationSettings()) if d.event is WEEKLY]
    assert [session.on.day for session in week[0].sessions] == [23, 24, 25, 27]


def test_a_week_is_not_summed_up_before_its_last_day_is() -> None:
    early = {"weekly_digest_time": "09:00"}
    assert keys(new_york(11, 20, 10), **early) == []
    assert "weekly_digest 2026-11-20" in keys(new_york(11, 20, 16, 5), **early)


def test_without_a_time_nothing_is_summed_up() -> None:
    assert keys(new_york(11, 20, 18), daily_summary_time="") == ["weekly_digest 2026-11-20"]
    assert keys(new_york(11, 20, 18), weekly_digest_time="") == ["daily_summary 2026-11-20"]
    assert keys(new_york(11, 20, 18), daily_summary_time="", weekly_digest_time="") == []


def test_an_account_that_does_not_know_the_calendar_any_more_sums_up_nothing() -> None:
    assert list(due(datetime(2039, 1, 7, 22, tzinfo=UTC), SESSIONS, NotificationSettings())) == []


def test_at_no_moment_more_is_due_than_a_day_and_a_week() -> None:
    for minutes in range(0, 60 * 24 * 14, 29):
        found = keys(new_york(11, 20, 0) + timedelta(minutes=minutes))
        assert len(found) == len({key.split()[0] for key in found})


def of_days(*ons: date, event: NotificationEvent = DAILY) -> Due:
    sessions = [SESSIONS.on(on) for on in ons]
    return Due(event=event, at=AT, sessions=tuple(session for session in sessions if session))


def a_day(day: int, **fields: Any) -> PortfolioSnapshot:
    return a_snapshot(on=date(2026, 11, day), **fields)


def period(days: Sequence[PortfolioSnapshot], **fields: Any) -> Period:
    plain: dict[str, Any] = {"before": None, "days": days, "trades": (), "breakers": (), "acted": 0, "skipped": 0}
    return Period(**plain | fields)


def a_mark(ticker: str, **fields: Any) -> PositionMark:
    plain: dict[str, Any] = {
        "ticker": ticker,
        "quantity": 17,
        "entry_price": 100 * DOLLAR,
        "last_price": 103 * DOLLAR,
        "cost": 1700 * DOLLAR,
        "stop": 96 * DOLLAR,
        "target": 108 * DOLLAR,
        "trailing_stop_active": False,
        "sector": "tech",
        "signal_confidence": 0.7,
        "opened_at": AT,
        "decision_id": "d1",
        "is_micro": False,
    }
    return PositionMark(**plain | fields)


TUESDAY = a_day(24, total_value=100_000 * DOLLAR)
WEDNESDAY = a_day(
    25,
    total_value=100_123 * DOLLAR,
    active_pool=100_000 * DOLLAR,
    reserve=123 * DOLLAR,
    daily_pnl=123 * DOLLAR,
    daily_return=0.00123,
    cumulative_return=0.00123,
    current_drawdown=0.01,
    max_drawdown=0.02,
    heat=0.015,
    trade_count=4,
    win_rate=0.75,
    positions=(a_mark("MSFT"),),
)


def test_a_day_is_told_in_figures() -> None:
    won = a_trade(pnl=200 * DOLLAR, pnl_pct=0.05)
    lost = a_trade(ticker="XOM", pnl=-77 * DOLLAR, pnl_pct=-0.02, exit_reason="stop_loss")
    told = message(of_days(WEDNESDAY.on), period([WEDNESDAY], before=TUESDAY, trades=[won, lost], acted=3, skipped=12))
    assert told.title == "Wednesday 25 November: +$123.00 (+0.12 %), total $100,123.00"
    assert told.happened == "2 trades closed (1 won, 1 lost); 3 of 15 recommendations to buy taken."
    assert (told.event, told.urgency, told.kind) == (DAILY, Urgency.DIGEST, "daily_summary")
    assert told.facts == (
        "Total value: $100,123.00 (before: $100,000.00)",
        "Active pool: $100,000.00; reserve $123.00",
        "Since the beginning: +0.12 %",
        "Drawdown: 1.00 % (most 2.00 %); heat 1.50 %",
        "Trades so far: 4, won 75.00 %",
        "Tier: moderate; trading: active",
        "",
        "Closed: 2",
        "  AAPL +$200.00 (+5.00 %), take profit",
        "  XOM -$77.00 (-2.00 %), stop loss",
        "",
        "Held: 1",
        "  MSFT 17 at $103.00, +$51.00, stop $96.00",
    )


def test_of_an_account_without_trades_little_is_told() -> None:
    told = message(of_days(TUESDAY.on), period([TUESDAY]))
    assert told.title == "Tuesday 24 November: +$0.00 (+0.00 %), total $100,000.00"
    assert told.happened == "0 trades closed (0 won, 0 lost); 0 of 0 recommendations to buy taken."
    assert told.facts[0] == "Total value: $100,000.00"
    assert "Trades so far: 0, won none yet" in told.facts
    assert not [fact for fact in told.facts if fact.startswith(("Closed", "Held", "Breakers", "  "))]


def test_what_has_changed_and_what_stopped_entries_is_told() -> None:
    breakers = [
        BreakerEvent(breaker_id="b1", at=AT, trigger=CircuitBreakerTriggerType.DAILY_LOSS, threshold=0.02, actual=0.03),
        BreakerEvent(
            breaker_id="b2",
            at=AT,
            trigger=CircuitBreakerTriggerType.SINGLE_POSITION,
            threshold=0.1,
            actual=0.11,
            ticker="XOM",
        ),
    ]
    last = a_day(25, risk_tier=RiskTierName.CONSERVATIVE, trading_state=TradingState.REDUCING, daily_pnl=-5 * DOLLAR)
    told = message(of_days(last.on), period([last], before=TUESDAY, breakers=breakers, acted=1))
    assert "Tier: conservative (was moderate); trading: exits only" in told.facts
    assert "Breakers: daily loss, single position XOM" in told.facts
    assert "-$5.00" in told.title
    assert told.happened.endswith("1 of 1 recommendation to buy taken.")


def test_a_week_adds_up_what_was_made_and_compounds_what_was_returned() -> None:
    days = [
        a_day(23, daily_pnl=100 * DOLLAR, daily_return=0.10),
        a_day(24, daily_pnl=-50 * DOLLAR, daily_return=-0.10),
        a_day(25, daily_pnl=7 * DOLLAR, daily_return=0.0, total_value=57 * DOLLAR),
    ]
    told = message(of_days(date(2026, 11, 23), date(2026, 11, 25), event=WEEKLY), period(days))
    assert told.title == "Week of 23 November: +$57.00 (-1.00 %), total $57.00"
    assert told.kind == "weekly_digest"


def test_of_many_trades_and_positions_the_first_ten_are_listed() -> None:
    last = a_day(25, positions=tuple(a_mark(f"T{n}") for n in range(13)))
    told = message(of_days(last.on), period([last], trades=[a_trade(ticker=f"C{n}") for n in range(11)]))
    assert [fact for fact in told.facts if fact.startswith("  and")] == ["  and 1 more", "  and 3 more"]
    assert (
        sum(fact.startswith("  C") for fact in told.facts) == sum(fact.startswith("  T") for fact in told.facts) == 10
    )


def said_by_sms(told: Message) -> str:
    return next(iter(addressed(told, BOTH_ON, AT, key="k", account="paper"))).message


def test_a_text_message_has_the_figures_that_count() -> None:
    told = message(of_days(WEDNESDAY.on), period([WEDNESDAY], acted=3, skipped=12))
    assert said_by_sms(told) == (
        "stonks paper, Fri 09:45 NY: Wednesday 25 November: +$123.00 (+0.12 %), total $100,123.00. "
        "0 trades closed (0 won, 0 lost); 3 of 15 recommendations to buy taken."
    )
