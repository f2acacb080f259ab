"""Whatever a run came to, and however small the terminal is: every view says something, and no line is too wide."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.notices import Notice
from engine.model.portfolio import PortfolioSnapshot
from engine.model.runs import RunStatus
from engine.model.verdict import SKIP_REASONS
from engine.model.views import DecisionFilter, DecisionStory, RunStory, daily_profits
from engine.ports import RunListing, RunState
from stonks_tui.run_events import Begun, Ended, Keeping, Progressed, Reading, Refused
from stonks_tui.view_models import (
    bar_chart,
    decision_filter,
    decisions,
    diagnostics,
    exports,
    frame,
    key_help,
    line_chart,
    overview,
    performance,
    performance_windows,
    position_detail,
    positions,
    run_again,
    run_form,
    run_progress,
    runs,
    tables,
)
from stonks_tui.view_models.commands import SCREENS
from stonks_tui.view_models.performance_windows import Window
from stonks_tui.view_models.run_form import FIELDS, Form
from stonks_tui.view_models.run_progress import RunProgress
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.sorting import Order
from stonks_tui.view_models.tables import TableView
from stonks_tui.view_models.text import Line, width
from stonks_tui.view_models.trade_window import TradeWindow
from tests.support import strategies as some

sizes = st.tuples(st.integers(1, 200), st.integers(1, 60))
states = st.sampled_from([state.value for state in RunState])


def _of(day: PortfolioSnapshot) -> st.SearchStrategy[Notice]:
    """A notice of that day, at midnight: only then is it shown."""
    at = datetime.combine(day.on, time(), tzinfo=UTC)
    return some.notices.map(lambda notice: replace(notice, at=at))


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """A run as of one of its days, perhaps with the positions of the day, perhaps without any days."""
    record = draw(st.none() | some.run_records)
    unsorted = draw(st.lists(some.snapshots, max_size=3, unique_by=lambda s: s.on)) if record is not None else []
    days = tuple(sorted(unsorted, key=lambda s: s.on))
    flows = draw(st.lists(some.flows, max_size=2)) if days else []
    story = RunStory(
        run_id=draw(st.integers(1, 10**6)),
        state=draw(states),
        problem=draw(some.texts),
        record=record,
        days=tuple(replace(day, positions=()) for day in days),
        profits=daily_profits(record.initial_capital, days, flows) if record is not None else (),
        breakers=tuple(draw(st.lists(some.breakers, max_size=2))),
        notices=tuple(draw(st.lists(some.notices | st.sampled_from(days).flatmap(_of), max_size=3))) if days else (),
    )
    scope = Scope(mode="BACKTEST", story=story).at(draw(st.integers(0, 3)))
    has_positions = draw(st.booleans())
    if scope.days and has_positions:
        return replace(scope, day=days[scope.place])
    return scope


stories = st.builds(
    DecisionStory,
    decision=some.decisions,
    executions=st.lists(some.executions, max_size=2).map(tuple),
    stops=st.lists(some.stop_changes, max_size=2).map(tuple),
    trades=st.lists(some.trades, max_size=2).map(tuple),
    notices=st.lists(some.notices, max_size=3).map(tuple),
)
listings = st.builds(
    RunListing,
    run_id=st.integers(1, 10**6),
    state=st.sampled_from(RunState),
    record=st.none() | some.run_records,
    problem=some.texts,
)
forms = st.builds(
    Form,
    values=st.dictionaries(
        st.sampled_from([field.name for field in FIELDS]), some.texts | st.text(max_size=9), max_size=9
    ),
    reading=st.lists(some.texts, max_size=2).map(tuple),
    costs=st.lists(some.texts, max_size=2).map(tuple),
)
events = st.one_of(
    st.builds(Reading, what=some.texts),
    st.builds(Begun, run_id=st.integers(1, 9), sessions=st.integers(0, 999), start=some.days, end=some.days),
    st.builds(
        Progressed,
        on=some.days,
        done=st.integers(0, 999),
        total=st.integers(0, 999),
        decisions=st.integers(0, 10**6),
        equity=some.money,
        seconds=st.floats(0, 10**6),
    ),
    st.builds(Keeping, decisions=st.integers(0, 10**6)),
    st.builds(Ended, run_id=st.integers(1, 9), status=st.sampled_from(RunStatus), error=some.texts),
    st.builds(Refused, message=some.texts, hint=some.texts, exit_code=st.integers(-9, 130)),
)


def fit(lines: "tuple[Line, ...]", columns: int, rows: int | None = None) -> None:
    """Check that no line is too wide, and that there are not too many where these are bounded."""
    assert max(map(width, lines), default=0) <= columns, [line for line in lines if width(line) > columns]
    assert rows is None or len(lines) <= rows


def fits_table(view: TableView, columns: int) -> None:
    """Check that only the columns that never go may be too wide, and that a file can be made of it."""
    laid = tables.layout(view, columns)
    lines = [laid.heading(view), *(laid.row(view, row) for row in view.rows)]
    assert len({width(line) for line in lines}) == 1
    has_room = any(view.columns[place].priority for place in laid.places)
    assert not has_room or width(lines[0]) <= columns
    assert len(exports.csv_text(view).splitlines()) >= 1 + len(view.rows)


@given(scopes(), sizes, some.texts)
def test_the_frame_and_the_overview(scope: Scope, size: tuple[int, int], news: str) -> None:
    columns, rows = size
    for looked in (scope, None):
        fit((frame.status(looked, columns, news=news),), columns)
        fit(frame.essentials(looked, columns, rows), columns, rows)
    for screen in SCREENS:
        fit((frame.tabs(screen.name, columns), frame.footer(screen.name, columns, lambda _: None)), columns)
        fit((frame.footer(screen.name, columns, lambda _: "no"),), columns)
        assert key_help.lines(screen.name)
    fit(overview.risk(scope, columns, rows), columns, rows)
    fit(overview.capital(scope, columns, rows), columns, rows)
    fit(overview.needs_lines(scope, columns), columns)
    assert overview.needs_count(scope) <= len(overview.needs_you(scope))
    if (series := overview.equity(scope)) is not None:
        fit(line_chart.draw(series, columns=columns, rows=rows, cursor=scope.place), columns, rows)
    assert diagnostics.lines({}, {}, {}, scope)


@given(scopes(), sizes, st.sampled_from(Window))
def test_the_performance(scope: Scope, size: tuple[int, int], window: Window) -> None:
    columns, rows = size
    places = performance_windows.within(scope, window)
    if scope.days:
        assert scope.place in places
    for series in (performance.equity(scope, places), performance.returns(scope, places)):
        if series is not None:
            cursor = scope.place - places.start
            for draw in (line_chart.draw, bar_chart.bars):
                for labels in (None, 9):
                    fit(draw(series, columns=columns, rows=rows, cursor=cursor, label_columns=labels), columns, rows)
    if (series := performance.drawdown(scope, places)) is not None:
        fit(line_chart.draw(series, columns=columns, rows=rows, cursor=None), columns, rows)
    fit(performance.figures(scope, columns, rows), columns)


@given(
    scopes(),
    sizes,
    st.lists(some.trades, max_size=4),
    st.sampled_from([*positions.HELD_COLUMNS, *positions.TRADE_COLUMNS]),
    some.texts,
    stories,
    st.lists(some.tax_lots, max_size=3),
)
def test_the_positions_and_trades(scope, size, closed, column, wanted, story, lots) -> None:  # type: ignore[no-untyped-def]
    columns, rows = size
    for text in ("", wanted):
        fits_table(positions.held(scope, Order(column.key), text), columns)
        window = TradeWindow(trades=tuple(closed), places=tuple(range(1, len(closed) + 1)))
        fits_table(positions.trades(window, text), columns)
    fit(positions.sectors(scope, columns, rows), columns, rows)
    for mark in scope.snapshot.positions if scope.snapshot else ():
        for behind in (None, story):
            fit(position_detail.detail(mark, behind, lots, scope.snapshot.on, columns), columns)
    for trade in closed:
        for behind in (None, story):
            fit(position_detail.trade_detail(trade, behind, columns), columns)


@given(st.lists(some.decisions, max_size=4), stories, sizes)
def test_the_decisions(made, story, size) -> None:  # type: ignore[no-untyped-def]
    columns, _ = size
    fits_table(decisions.table(made, has_more=False, empty=()), columns)
    fit(decisions.trace(story, columns), columns)


@settings(max_examples=50)
@given(st.lists(listings, max_size=2), sizes)
def test_the_runs(found: list[RunListing], size: tuple[int, int]) -> None:
    columns, _ = size
    ids = frozenset(entry.run_id for entry in found[:2])
    fits_table(runs.table(found, ids, found[0].run_id if found else None), columns)
    for entry in found:
        fit(runs.detail(entry, columns), columns)
        if entry.record is not None:
            form = run_again.from_record(entry.record)
            run_form.check(form)
            assert run_form.command_line(form, Path("here")).startswith("stonks ")


@given(st.lists(events, max_size=8), sizes, st.floats(0, 10**6))
def test_a_run_that_is_made(told, size, seconds) -> None:  # type: ignore[no-untyped-def]
    columns, rows = size
    progress = RunProgress()
    for event in told:
        progress = progress.after(event, seconds=seconds)
        fit(run_progress.lines(progress, columns, rows), columns)
        run_progress.curve(progress)
        assert run_progress.farewell(progress)
        run_progress.headline(progress)


@given(forms)
def test_the_form(form: Form) -> None:
    for folder in (None, Path("demo")):
        assert set(run_form.check(form, folder)) <= {field.name for field in FIELDS}
    run_form.paths(form)
    assert run_form.arguments(form, Path("demo"))


@given(st.text(max_size=40) | some.texts)
def test_any_text_is_a_filter_or_a_problem(text: str) -> None:
    parsed = decision_filter.parse(text)
    assert isinstance(parsed.where, DecisionFilter)
    assert decision_filter.parse(decision_filter.words(parsed.where)).where == parsed.where


words = {"act", "skip", *(kind.value for kind in DecisionKind), *SKIP_REASONS.values()}
starts = st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(lambda on: datetime(on.year, on.month, on.day, tzinfo=UTC))
filters = st.builds(
    DecisionFilter,
    ticker=st.none() | some.tickers.filter(lambda ticker: str(ticker).casefold() not in words),
    outcome=st.none() | st.sampled_from(TradingDecisionType),
    kind=st.none() | st.sampled_from(DecisionKind),
    reason=st.none() | st.sampled_from(sorted(SKIP_REASONS.values())),
    since=st.none() | starts,
    until=st.none() | starts.map(lambda at: at + timedelta(days=1)),
    confidence_from=st.none() | st.integers(0, 1000).map(lambda n: n / 1000),
    confidence_to=st.none() | st.integers(0, 1000).map(lambda n: n / 1000),
)


def _can_fit(where: DecisionFilter) -> bool:
    low, high = where.confidence_from, where.confidence_to
    is_span = where.since is None or where.until is None or where.since < where.until
    is_range = low is None or high is None or low <= high
    return is_span and is_range and not (where.outcome is TradingDecisionType.ACT and where.reason)


@given(filters)
def test_the_words_of_a_filter_mean_the_filter_unless_nothing_can_ever_fit_it(where: DecisionFilter) -> None:
    parsed = decision_filter.parse(decision_filter.words(where))
    assert bool(parsed.problem) is not _can_fit(where)
    assert parsed.problem or parsed.where == where
