"""Micro-trading in lines: the day's count and P&L, figures of a week with their n, the time that is left."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.portfolio import MicroTally, PortfolioSnapshot, PositionMark
from engine.model.views import Alive, RunStory
from engine.policy import TradingPolicy
from stonks_tui.view_models import micro, micro_signals
from stonks_tui.view_models.micro_rules import MicroRules
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import plain, texts
from tests.support.live_turns import a_heartbeat
from tests.support.samples import a_decision, a_mark, a_record, a_snapshot, a_trade

FIRST = date(2024, 3, 1)
ON = MicroRules(policy=TradingPolicy(micro_trading_enabled=True))
OFF = MicroRules(policy=TradingPolicy())


def a_day(number: int, **tally: Any) -> PortfolioSnapshot:
    """Return the day `number` after the first, with that tally of micro trades."""
    on = FIRST + timedelta(days=number)
    return a_snapshot(on=on, at=datetime(on.year, on.month, on.day, 20, tzinfo=UTC), micro=MicroTally(**tally))


def scope(*days: PortfolioSnapshot, marks: tuple[PositionMark, ...] = (), now: datetime | None = None) -> Scope:
    """Return a run at its last day, on which `marks` are held; with `now` an engine lives."""
    alive = Alive(heartbeat=a_heartbeat(1, at=now), seconds=1.0, turn=1) if now is not None else None
    story = RunStory(run_id=0, state="completed", record=a_record(), days=days, profits=(0,) * len(days), alive=alive)
    return Scope(mode="PAPER", story=story, place=len(days) - 1, day=replace(days[-1], positions=marks))


def state(found: Scope, rules: MicroRules = ON) -> str:
    """Return the lines of the first pane."""
    return "\n".join(texts(micro.state(found, rules, 60, 10)))


def test_the_day_brought_what_was_closed_on_it_and_what_is_open() -> None:
    before = a_day(0, trade_count=2, gross_profit=900_000, gross_loss=100_000)
    today = a_day(1, entries_today=3, trade_count=4, gross_profit=1_400_000, gross_loss=300_000)
    at = today.at - timedelta(hours=2)
    held = a_mark(is_micro=True, quantity=10, cost=17_000_000, last_price=1_712_300, opened_at=at)
    shown = state(scope(before, today, marks=(held, a_mark(ticker="BBB"))))
    assert "3 of 10 today" in shown
    assert "▲+42.30 today" in shown
    assert "closed ▲+30.00  open ▲+12.30" in shown
    assert "1 position worth 1,712.30" in shown


def test_the_switch_names_its_key_only_where_it_can_be_turned() -> None:
    assert "● ON  m switches it off" in state(scope(a_day(0), now=a_day(0).at))
    assert "○ OFF  m switches it on" in state(scope(a_day(0), now=a_day(0).at), OFF)
    assert " m " not in state(scope(a_day(0)))


def test_a_full_day_is_said() -> None:
    assert "10 of 10 today  full" in state(scope(a_day(0, entries_today=10)))


def test_a_week_is_the_difference_of_what_was_counted_before_it() -> None:
    days = [
        a_day(0, entries_today=5, trade_count=5, win_count=5, gross_profit=500_000),
        a_day(1, entries_today=1, trade_count=6, win_count=6, gross_profit=600_000),
        a_day(7, entries_today=6, trade_count=12, win_count=9, loss_count=3, gross_profit=900_000, gross_loss=100_000),
    ]
    tally, begun = micro.of_week(scope(*days))
    assert (tally.trade_count, tally.win_count, tally.loss_count, begun) == (7, 4, 3, 7)  # the first day is too old
    assert tally.net_pnl == 300_000
    shown = "\n".join(texts(micro.week(scope(*days), 60, 5)))
    assert "57.1 % n 7" in shown
    assert "4.00 n 7" in shown


def test_figures_of_too_few_trades_are_a_dash() -> None:
    shown = texts(micro.week(scope(a_day(0, trade_count=4, win_count=4, gross_profit=1)), 60, 5))
    assert [text.split() for text in shown[3:]] == [
        ["Win", "rate", "–", "1", "trade", "more"],
        ["Profit", "factor", "–", "1", "trade", "more"],
    ]


def test_the_time_that_is_left_is_the_policys_or_what_the_account_says() -> None:
    now = datetime(2024, 3, 1, 15, 0, tzinfo=UTC)
    marks = tuple(
        a_mark(is_micro=True, ticker=ticker, decision_id=ticker, opened_at=now - timedelta(minutes=held))
        for ticker, held in (("NEW", 10), ("OLD", 112), ("GONE", 130), ("LATE", 5))
    )
    rules = replace(ON, closings={"LATE": now + timedelta(minutes=4)})
    view = micro.opened(scope(a_day(0), marks=marks, now=now), rules)
    left = {row.key: plain(row.cells[1]) for row in view.rows}
    assert left == {"GONE": "over", "LATE": "! 4 min", "OLD": "! 8 min", "NEW": "1:50 h"}
    assert list(left) == ["GONE", "LATE", "OLD", "NEW"]  # the least time first


def test_what_came_of_a_signal_is_said() -> None:
    acts = {"kind": DecisionKind.MICRO, "outcome": TradingDecisionType.ACT, "shares": 12, "is_micro": True}
    closed = a_trade(
        decision_id="d1", is_micro=True, pnl=-20_000, exit_reason="micro_close", exit_at=a_trade().entry_at + _MINUTES
    )
    decisions = [
        a_decision(1, **acts),
        a_decision(2, **acts),
        a_decision(3, **acts),
        a_decision(4, kind=DecisionKind.MICRO, skip_reason="micro_daily_limit"),
    ]
    view = micro_signals.table(decisions, {"d1": closed}, [a_mark(decision_id="d2", is_micro=True)], ())
    assert [plain(row.cells[4]) for row in view.rows] == [
        "▼-2.00 micro trade over, 90 min",
        "▲+15.40 open",
        "buy 12, not filled so far",
        "micro daily limit",
    ]


_MINUTES = timedelta(minutes=90)


def test_why_there_is_no_signal_is_said_with_what_to_do() -> None:
    live, over = scope(a_day(0), now=a_day(0).at), scope(a_day(0))
    assert micro_signals.nothing(live, OFF)[1] == "m switches it on."
    assert "signals.csv" in micro_signals.nothing(live, ON)[1]
    assert "--set micro_trading_enabled=yes" in micro_signals.nothing(over, OFF)[1]
    assert "--signals FILE" in micro_signals.nothing(over, ON)[1]
