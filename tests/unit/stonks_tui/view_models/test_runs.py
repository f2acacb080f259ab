"""The history of runs, one of them in detail, and marked ones side by side."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from engine.accounting import comparison
from engine.model.runs import DataGap, GapKind, RunBooks, RunInput, RunRecord
from engine.policy import TradingPolicy
from engine.policy_mapping import as_mapping
from engine.ports import RunListing, RunState
from stonks_tui.view_models import runs
from stonks_tui.view_models.tables import layout
from stonks_tui.view_models.text import plain, texts, width
from tests.support import strategies
from tests.support.figures import some_metrics
from tests.support.samples import a_record, a_snapshot


def a_listing(run_id: int = 7, **fields: object) -> RunListing:
    return RunListing(run_id=run_id, state=RunState.COMPLETED, record=a_record(run_id=run_id, **fields))


DAMAGED = RunListing(run_id=8, state=RunState.DAMAGED, record=None, problem="its file is cut short")


def test_no_runs_at_all_say_how_to_make_one() -> None:
    assert runs.table([], frozenset(), None).empty == ("There is no backtest yet.", "n makes one.")


def test_marked_and_opened_runs_have_signs() -> None:
    view = runs.table([a_listing(3), a_listing(2), a_listing(1)], frozenset({3, 2}), 2)
    assert [(row.key, plain(row.cells[0])) for row in view.rows] == [("3", "* "), ("2", "*>"), ("1", "  ")]


def test_a_damaged_run_says_what_is_wrong_with_it() -> None:
    view = runs.table([DAMAGED], frozenset(), None)
    found = " ".join(map(plain, view.rows[0].cells))
    assert "damaged" in found
    assert "its file is cut short" in found


def test_sixty_columns_hold_the_figures_that_matter() -> None:
    view = runs.table([a_listing(name="careful", metrics=some_metrics()), DAMAGED], frozenset(), None)
    shown = layout(view, 60)
    assert width(shown.heading(view)) <= 60
    assert plain(shown.heading(view)).split() == ["Run", "State", "Return", "Worst", "Trades", "Name"]


def test_detail_tells_what_went_in_and_what_came_of_it() -> None:
    policy = as_mapping(TradingPolicy(max_open_positions=20, base_allocation_pct=0.04))
    gap = DataGap(kind=GapKind.MISSING_BAR, on=date(2024, 1, 5), ticker="A")
    listing = a_listing(
        inputs=(RunInput(kind="bars", path="/files/prices.csv", digest="ab", rows=5_000),),
        policy=policy,
        funnel={"heat": 1, "act": 3},
        gaps=(gap, gap),
        notes=("input: all is well",),
        fingerprint="0123456789abcdef0123",
        error="the disk was full",
    )
    found = texts(runs.detail(listing, 80))
    for said in (
        "Run 7 completed",
        "! the disk was full",
        "slippage 5 bp",
        "  bars /files/prices.csv  5,000 rows",
        "  max_open_positions 20 (default 10)  looser",
        "  base_allocation_pct 0.04 (default 0.05)",
        "What became of 4 recommendations",
        "  3  75.0 %  taken: bought or sold",
        "! 2 bars missing",
        "· input: all is well",
        "  engine 1.50 s, 3 recommendations/s",
        "  fingerprint 0123456789abcdef",
    ):
        assert said in found, found


def test_a_long_path_loses_its_folders_and_not_its_name() -> None:
    source = RunInput(kind="bars", path="/a/very/long/way/to/the/folder/of/prices.csv", digest="", rows=1)
    assert "  bars …/prices.csv  1 row" in texts(runs.detail(a_listing(inputs=(source,)), 40))


def test_settings_of_another_version_are_said_to_be_unknown() -> None:
    found = texts(runs.detail(a_listing(policy={"moon_phase": 3}), 80))
    assert "! unknown to this version: there is no setting 'moon_phase'" in found


def test_a_comparison_has_headings_that_stand_out() -> None:
    runs_compared = [comparison.Run(record=a_record(run_id=i, initial_capital=i * 10_000)) for i in (1, 2)]
    found = runs.comparison(comparison.compare(runs_compared), 80)
    assert "Key figures" in texts(found)
    assert {span.mood.value for text in found if plain(text) == "Key figures" for span in text} == {"strong"}
    assert any(plain(text).startswith("! the runs began with different capital") for text in found)


listings = st.builds(
    RunListing,
    run_id=st.integers(1, 10**6),
    state=st.sampled_from(RunState),
    record=st.none() | strategies.run_records,
    problem=strategies.texts,
)


@given(entries=st.lists(listings, max_size=3), columns=st.integers(60, 200))
def test_any_list_of_runs_can_be_shown(entries: list[RunListing], columns: int) -> None:
    view = runs.table(entries, frozenset(entry.run_id for entry in entries[:1]), None)
    shown = layout(view, columns)
    for row in view.rows:
        assert len(row.cells) == len(view.columns)
        shown.row(view, row)


@given(listing=listings, columns=st.integers(1, 140))
def test_any_run_can_be_shown_in_detail(listing: RunListing, columns: int) -> None:
    assert all(width(text) <= columns for text in runs.detail(listing, columns))


@given(
    made=st.lists(st.tuples(strategies.run_records, strategies.run_books()), min_size=1, max_size=3),
    columns=st.integers(1, 140),
)
def test_any_runs_can_be_compared(made: list[tuple[RunRecord, RunBooks]], columns: int) -> None:
    given_runs = [comparison.Run(record=r, snapshots=b.snapshots, trades=b.trades) for r, b in made]
    assert all(width(text) <= columns for text in runs.comparison(comparison.compare(given_runs), columns))


def test_a_comparison_of_runs_that_part_names_the_day() -> None:
    day = a_snapshot()
    other = a_snapshot(total_value=2_000_000_000)
    two = [comparison.Run(record=a_record(run_id=i), snapshots=(s,)) for i, s in ((1, day), (2, other))]
    assert "part on 2024-03-01" in " ".join(texts(runs.comparison(comparison.compare(two), 80)))
