"""The simulated live market: what is planted in its first days really happens to the account."""

import hashlib
import re
from datetime import date, timedelta
from fractions import Fraction
from itertools import takewhile

import numpy as np
import pytest

from engine import backtester
from engine.adapters import simulated_live
from engine.adapters.calendar import xnys
from engine.adapters.simulated_live import SimulatedLive
from engine.adapters.simulated_plantings import PlantedKind
from engine.errors import BadInput
from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.notices import NoticeKind
from engine.model.positions import ClosedTrade, StopRule
from engine.model.runs import RunStatus
from engine.model.sessions import SessionTable
from engine.model.signals import SignalDirection
from engine.policy import TradingPolicy

START = date(2021, 1, 4)
SEED_7 = "10bcc1023b10ceb5ea0463618629c9eec3e4966aea919d8e4a040f8d6b986772"
CAPITAL = 1_000_000_000


@pytest.fixture(scope="module")
def sessions() -> SessionTable:
    return xnys(START, date(2023, 8, 30))


@pytest.fixture(scope="module")
def live(sessions: SessionTable) -> SimulatedLive:
    return simulated_live.make(7, sessions=sessions, start=START)


def played(live: SimulatedLive, days: int, *, micro: bool) -> backtester.BacktestResult:
    """Play the first days with the policy that everybody has."""
    config = backtester.BacktestConfig(
        initial_capital=CAPITAL,
        policy=TradingPolicy(micro_trading_enabled=micro),
        end_on=live.tape.daily.dates[live.first_row + days - 1],
    )
    return backtester.run(live.tape, live.recommendations, config, signals=live.signals, macro_events=live.macro_events)


def longest_losing_streak(trades: tuple[ClosedTrade, ...]) -> int:
    ends = range(len(trades))
    return max((sum(1 for _ in takewhile(lambda t: t.pnl < 0, trades[i:])) for i in ends), default=0)


def require_the_script(live: SimulatedLive, books: backtester.BacktestResult) -> None:
    """Everything that was planted is in the books of the first three days."""
    assert books.status is RunStatus.COMPLETED, books.error
    b, days = books.books, live.tape.daily.dates[live.first_row :]
    kinds = [notice.kind for notice in b.notices]
    assert kinds.count(NoticeKind.MACRO_EVENT) == kinds.count(NoticeKind.MACRO_EVENT_OVER) == 1
    assert StopRule.EVENT in {change.rule for change in b.stop_changes}

    breakers = [e for e in b.breakers if e.trigger is CircuitBreakerTriggerType.VOLATILITY]
    assert [(e.at.date(), e.resolved_at is not None) for e in breakers] == [(days[1], True)]
    stopped = [t for t in b.trades if t.exit_reason == "stop_loss" and t.exit_at.date() == days[1]]
    assert len(stopped) >= 5
    assert longest_losing_streak(b.trades) >= 4
    assert "not_active" in {str(d.skip_reason) for d in b.decisions}

    (split,) = b.splits
    assert (split.at.date(), split.ratio) == (days[2], Fraction(2))
    assert split.shares_after == 2 * split.shares_before > 0

    assert StopRule.EARNINGS in {change.rule for change in b.stop_changes}
    assert "earnings" in {str(d.skip_reason) for d in b.decisions}

    assert any(t.exit_reason == "take_profit" and t.pnl > 0 for t in b.trades)
    assert b.reserve_entries
    assert b.snapshots[2].total_value > b.snapshots[1].total_value


@pytest.mark.parametrize("micro", [False, True])
def test_what_is_planted_in_the_first_three_days_happens_to_the_account(live: SimulatedLive, micro: bool) -> None:
    require_the_script(live, played(live, 3, micro=micro))


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_it_happens_whatever_the_seed(sessions: SessionTable, seed: int) -> None:
    live = simulated_live.make(seed, sessions=sessions, start=START, days=5)
    require_the_script(live, played(live, 3, micro=True))


def test_who_reports_on_the_third_day_is_held_and_jumps_beyond_its_target(live: SimulatedLive) -> None:
    found = played(live, 4, micro=True)
    (reporter,) = [p.ticker for p in live.planted if p.kind is PlantedKind.GAP and p.on == found.end_on]
    trade = next(t for t in found.books.trades if t.ticker == reporter)
    assert (trade.exit_reason, trade.exit_at.date()) == ("take_profit", found.end_on)


def test_every_planting_has_words_and_they_come_in_order(live: SimulatedLive) -> None:
    assert [p.on for p in live.planted] == sorted(p.on for p in live.planted)
    kinds = {p.kind for p in live.planted}
    assert {PlantedKind.MACRO_EVENT, PlantedKind.SELL_OFF, PlantedKind.BID, PlantedKind.SPLIT} < kinds
    words = "\n".join(p.words for p in live.planted)
    assert re.search(r"12:30 to 13:30 New York", words)
    assert re.search(r"between 10:15 and 10:40 New York: \w+, \w+, \w+, \w+, \w+ fall through", words)
    (split,) = [p for p in live.planted if p.kind is PlantedKind.SPLIT]
    assert split.ticker in {s.ticker for s in live.tape.daily.splits if s.on == split.on}


def test_recommendations_come_in_the_evening_and_within_the_day_and_never_before(live: SimulatedLive) -> None:
    sessions, table = live.tape.daily.sessions, live.recommendations
    first = sessions.on(live.tape.daily.dates[live.first_row - 1])
    assert first
    during = [sessions.containing(at) is not None for at in table.generated_at]
    assert 0.3 < np.mean(during) < 0.7
    assert min(table.generated_at) >= first.close_at
    assert list(table.generated_at) == sorted(table.generated_at)
    assert len(set(table.recommendation_id)) == len(table)
    assert set(table.source or ()) >= {"trend", "reversal", "breakout", "rumour"}
    assert all(table.thesis or ())


def test_signals_fall_within_the_days_and_go_both_ways(live: SimulatedLive) -> None:
    sessions = live.tape.daily.sessions
    assert len(live.signals) > 5 * 60
    assert all(sessions.containing(s.generated_at) for s in live.signals)
    assert {s.direction for s in live.signals} == set(SignalDirection)
    assert all(0.5 < s.confidence <= 0.95 for s in live.signals)


def test_the_same_seed_is_the_same_market_and_another_is_another(sessions: SessionTable) -> None:
    one, again, other = (simulated_live.make(s, sessions=sessions, start=START, days=5) for s in (1, 1, 2))
    assert digest(one) == digest(again) != digest(other)


def test_seed_7_gives_these_bytes_on_every_machine(live: SimulatedLive) -> None:
    assert digest(live) == SEED_7


def digest(live: SimulatedLive) -> str:
    found = hashlib.sha256()
    for matrix in (live.tape.open, live.tape.high, live.tape.low, live.tape.close, live.tape.daily.close):
        found.update(np.ascontiguousarray(matrix, dtype="<i8").tobytes())
    rows = [live.recommendations.row(i) for i in range(len(live.recommendations))]
    found.update(repr((rows, live.signals, live.macro_events, live.planted)).encode())
    return found.hexdigest()


@pytest.mark.parametrize("days", [4, 251])
def test_too_few_or_too_many_days_are_refused(sessions: SessionTable, days: int) -> None:
    with pytest.raises(BadInput, match="5 to 250 days"):
        simulated_live.make(7, sessions=sessions, start=START, days=days)


def test_a_calendar_that_is_too_short_is_refused() -> None:
    with pytest.raises(BadInput, match="does not hold"):
        simulated_live.make(7, sessions=xnys(START, START + timedelta(days=200)), start=START)
