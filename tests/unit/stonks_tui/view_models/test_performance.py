"""Charts and figures of a run under one time cursor."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.portfolio import MicroTally, PortfolioSnapshot
from engine.model.views import Alive, RunStory, daily_profits
from stonks_tui.view_models import performance, performance_windows
from stonks_tui.view_models.performance_windows import Window
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import texts, width
from tests.support import strategies
from tests.support.figures import some_metrics
from tests.support.live_turns import a_heartbeat, measured
from tests.support.samples import a_record, a_snapshot

FIRST = date(2021, 1, 4)
START = 1_000_000_000


def a_scope(days: list[PortfolioSnapshot], place: int = -1, **record: object) -> Scope:
    profits = daily_profits(START, days, ())
    story = RunStory(run_id=1, state="completed", record=a_record(**record), days=tuple(days), profits=profits)
    return Scope(mode="BACKTEST", story=story, place=range(len(days))[place] if days else 0)


def some_days(count: int, **fields: object) -> list[PortfolioSnapshot]:
    return [
        a_snapshot(on=FIRST + timedelta(days=i), total_value=START + (i + 1) * 10_000, **fields) for i in range(count)
    ]


def figure(scope: Scope, label: str) -> str:
    found = [text for text in texts(performance.figures(scope, 80, 99)) if text.startswith(label)]
    assert found, f"no figure {label}"
    return " ".join(found[-1].split())


def test_windows_grow_and_begin_again() -> None:
    scope = a_scope(some_days(3))
    assert [w.next(scope) for w in Window] == [Window.WEEK, Window.MONTH, Window.YEAR, Window.ALL, Window.WEEK]
    assert performance_windows.title(Window.YEAR, scope) == "7d 30d [1y] all"


def live_scope(*points: tuple[int, int, float]) -> Scope:
    """Return an account whose last day goes on: minutes after 14:00, the day's P&L in dollars, drawdown."""
    scope = a_scope(some_days(3))
    on = scope.days[-1].on
    lately = tuple(
        measured(0, at=datetime(on.year, on.month, on.day, 14, m, tzinfo=UTC), daily_pnl=pnl * 10_000, drawdown=fell)
        for m, pnl, fell in points
    )
    alive = Alive(heartbeat=a_heartbeat(1), seconds=0.0, turn=1, lately=lately)
    return replace(scope, story=replace(scope.story, alive=alive))


def test_the_day_that_goes_on_is_shown_within_itself() -> None:
    scope = live_scope((0, 5, 0.0), (5, -3, 0.02), (10, 7, 0.0))
    today = performance_windows.within_today(scope)
    equity, drawdown = performance.equity_of_today(scope, today), performance.drawdown_of_today(today)
    assert (list(equity.values), equity.baseline) == ([7.0, -1.0, 9.0], 2.0)  # two days made a dollar each
    assert list(drawdown.values) == [0.0, -0.02, 0.0]
    assert (equity.first_label, equity.last_label) == ("14:00", "14:10")
    assert [w.next(scope) for w in Window] == [Window.WEEK, Window.MONTH, Window.YEAR, Window.ALL, Window.DAY]


def test_of_a_day_that_is_over_or_has_only_begun_nothing_is_shown_within_it() -> None:
    scope = live_scope((0, 5, 0.0), (5, -3, 0.02))
    assert not performance_windows.within_today(scope.at(0))
    assert not performance_windows.within_today(live_scope((0, 5, 0.0)))


def test_the_window_of_the_last_day_ends_with_the_run() -> None:
    assert performance_windows.within(a_scope(some_days(100)), Window.MONTH) == range(70, 100)


def test_a_step_of_the_cursor_leaves_the_window_where_it_is() -> None:
    days = some_days(100)
    shown = {performance_windows.within(a_scope(days, place), Window.MONTH) for place in range(70, 100)}
    assert shown == {range(70, 100)}
    assert performance_windows.within(a_scope(days, 69), Window.MONTH) == range(40, 70)


def test_the_first_window_is_as_long_as_the_others() -> None:
    assert performance_windows.within(a_scope(some_days(100), 3), Window.MONTH) == range(30)


def test_a_window_longer_than_the_run_shows_all_of_it() -> None:
    assert performance_windows.within(a_scope(some_days(10), 3), Window.YEAR) == range(10)


@given(
    offsets=st.sets(st.integers(0, 3000), min_size=1, max_size=60).map(sorted),
    window=st.sampled_from(Window),
    data=st.data(),
)
def test_every_window_contains_the_cursor_and_is_no_longer_than_it_says(
    offsets: list[int], window: Window, data: st.DataObject
) -> None:
    days = [a_snapshot(on=FIRST + timedelta(days=offset)) for offset in offsets]
    place = data.draw(st.integers(0, len(days) - 1))
    places = performance_windows.within(a_scope(days, place), window)
    assert place in places
    assert window.days is None or (days[places[-1]].on - days[places[0]].on).days < window.days


def test_the_curve_is_the_profit_since_the_start_against_what_was_there_before_the_window() -> None:
    found = performance.equity(a_scope(some_days(100)), range(70, 100))
    assert found is not None
    assert (found.values[0], found.values[-1], found.baseline) == (71.0, 100.0, 70.0)
    assert (found.first_label, found.last_label) == ("2021-03-15", "2021-04-13")
    assert found.label_of is not None
    assert found.label_of(1) == "2021-03-16"


def test_the_curve_of_a_whole_run_begins_at_nothing_won() -> None:
    found = performance.equity(a_scope(some_days(3)), range(3))
    assert found is not None
    assert found.baseline == 0.0


def test_drawdown_is_drawn_downward() -> None:
    found = performance.drawdown(a_scope(some_days(2, current_drawdown=0.1)), range(2))
    assert found is not None
    assert list(found.values) == [-0.1, -0.1]


def test_a_run_without_days_has_nothing_to_draw_and_no_figures() -> None:
    scope = a_scope([])
    places = performance_windows.within(scope, Window.MONTH)
    assert performance.equity(scope, places) is None
    assert performance.returns(scope, places) is None
    assert performance.drawdown(scope, places) is None
    assert performance.figures(scope, 80, 20) == ()


@pytest.mark.parametrize(("trades", "said"), [(4, "Win rate – 1 trade more"), (1, "Win rate – 4 trades more")])
def test_a_win_rate_of_few_trades_is_not_shown(trades: int, said: str) -> None:
    assert figure(a_scope(some_days(1, trade_count=trades, win_rate=1.0)), "Win rate") == said


def test_a_win_rate_is_shown_with_its_n() -> None:
    assert figure(a_scope(some_days(1, trade_count=5, win_rate=0.6)), "Win rate") == "Win rate 60.0 % n 5"


def test_a_sharpe_ratio_needs_twenty_days_and_is_over_thirty() -> None:
    days = some_days(50, sharpe_ratio=1.234)
    assert figure(a_scope(days, 18), "Sharpe") == "Sharpe 30 days – 1 day more"
    assert figure(a_scope(days, 19), "Sharpe") == "Sharpe 30 days 1.23 n 20"
    assert figure(a_scope(days, 40), "Sharpe") == "Sharpe 30 days 1.23 n 30"


def test_the_figures_of_the_whole_run_are_those_of_its_last_day() -> None:
    scope = a_scope(some_days(3), metrics=some_metrics())
    assert figure(scope, "Profit factor") == "Profit factor 2.50 n 6"
    assert figure(scope, "Average win") == "Average win 1.25 n 4"
    assert "Whole run" not in texts(performance.figures(scope.at(1), 80, 99))


def test_a_profit_factor_of_few_trades_is_not_shown() -> None:
    scope = a_scope(some_days(3), metrics=some_metrics(trade_count=2))
    assert figure(scope, "Profit factor") == "Profit factor – 3 trades more"


def test_figures_stand_beside_each_other_where_the_lines_are_few() -> None:
    found = texts(performance.figures(a_scope(some_days(1)), 80, 6))
    assert len(found) == 6
    assert "Return" in found[0]
    assert "Costs" not in found[0]
    assert "P&L of the day" in found[2]
    assert "Heat" in found[2]


def test_figures_of_a_narrow_panel_are_whole() -> None:
    scope = a_scope(some_days(3, realised_pnl=200_000_000), metrics=some_metrics())
    assert not [text for text in texts(performance.figures(scope, 40, 30)) if "…" in text]


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """Any run at any of its days."""
    books = draw(strategies.run_books())
    record = draw(strategies.run_records)
    profits = daily_profits(record.initial_capital, books.snapshots, books.flows)
    story = RunStory(run_id=1, state="completed", record=record, days=books.snapshots, profits=profits)
    place = draw(st.integers(0, max(len(books.snapshots) - 1, 0)))
    day = draw(st.sampled_from((None, *books.snapshots)))
    return replace(Scope(mode="BACKTEST", story=story, place=place), day=day)


@given(scope=scopes(), window=st.sampled_from(Window), columns=st.integers(1, 140), rows=st.integers(0, 40))
def test_any_run_can_be_shown(scope: Scope, window: Window, columns: int, rows: int) -> None:
    places = performance_windows.within(scope, window)
    for drawn in (performance.equity, performance.returns, performance.drawdown):
        found = drawn(scope, places)
        assert (found is None) == (not scope.days)
    lines = performance.figures(scope, columns, rows)
    assert len(lines) <= rows
    assert all(width(text) <= columns for text in lines)


def test_micro_trades_are_counted_apart_and_only_where_there_are_any() -> None:
    micro = MicroTally(
        entries_today=2, trade_count=6, win_count=4, loss_count=1, gross_profit=90_000, gross_loss=20_000
    )
    scope = a_scope(some_days(3, micro=micro))
    assert figure(scope, "Micro trades") == "Micro trades 6 2 begun today"
    assert figure(scope, "won / lost") == "won / lost 4 / 1"
    assert figure(scope, "Win rate") == "Win rate 66.7 % n 6"
    assert figure(scope, "P&L ") == "P&L ▲+7.00 after costs"
    assert not any("Micro" in text for text in texts(performance.figures(a_scope(some_days(3)), 80, 99)))
