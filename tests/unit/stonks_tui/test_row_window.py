"""Where a list stands when its rows change, and how wide its columns are."""

from hypothesis import given
from hypothesis import strategies as st

from stonks_tui.view_models.column_widths import WidestCells
from stonks_tui.view_models.row_window import RowWindow
from stonks_tui.view_models.tables import Column, Row, TableView, layout
from stonks_tui.view_models.text import line

COLUMNS = (Column(key="a", heading="A"), Column(key="b", heading="Much", right=True, priority=2))


def rows(keys: str) -> tuple[Row, ...]:
    return tuple(Row(key=key, cells=(line(key), line("1"))) for key in keys)


def carried(window: RowWindow, old: str, new: str, height: int = 3) -> tuple[str, str]:
    """Return the row under the cursor and the first one in sight."""
    found = window.carried(rows(old), {key: place for place, key in enumerate(new)}, height=height)
    return new[found.cursor], new[found.top]


def test_the_cursor_stays_on_its_row_when_rows_come_above() -> None:
    assert carried(RowWindow(cursor=3, top=2), "abcdefgh", "XYabcdefgh") == ("d", "c")


def test_a_list_at_its_top_stays_at_its_top() -> None:
    assert carried(RowWindow(cursor=0, top=0), "abcdefgh", "Xabcdefgh") == ("a", "X")


def test_a_row_that_is_gone_leaves_the_cursor_at_its_place() -> None:
    assert carried(RowWindow(cursor=3, top=2), "abcdefgh", "abcefgh") == ("e", "c")


def test_the_first_row_in_sight_that_is_still_there_keeps_its_line() -> None:
    assert carried(RowWindow(cursor=4, top=2), "abcdefgh", "Xabdefgh") == ("e", "b")


def test_a_cursor_that_was_out_of_sight_does_not_pull_the_list_to_it() -> None:
    assert carried(RowWindow(cursor=0, top=4), "abcdefgh", "Xabcdefgh") == ("a", "e")


def test_the_list_moves_no_further_than_is_needed_to_see_the_cursor() -> None:
    window = RowWindow(cursor=2, top=2)
    assert window.at(1, count=9, height=3) == RowWindow(cursor=1, top=1)
    assert window.at(4, count=9, height=3) == RowWindow(cursor=4, top=2)
    assert window.at(5, count=9, height=3) == RowWindow(cursor=5, top=3)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(-5, 40), st.integers(0, 30), st.integers(1, 10))
def test_a_cursor_is_always_in_sight_after_a_move(cursor: int, top: int, to: int, count: int, height: int) -> None:
    window = RowWindow(cursor=cursor, top=top).at(to, count=count, height=height)
    assert window.sees(window.cursor, height)
    assert 0 <= window.cursor <= max(0, count - 1)
    assert window.top <= max(0, count - height)


@given(st.lists(st.tuples(st.text(max_size=9), st.sampled_from(["1", "▲22", "漢字", "e\u0301", "−1,234.50"]))))
def test_widest_cells_lay_out_as_all_the_rows_do(found: list[tuple[str, str]]) -> None:
    listed = tuple(Row(key=str(n), cells=(line(a), line(b))) for n, (a, b) in enumerate(found))
    widest = WidestCells(COLUMNS)
    widest.add(listed)
    assert widest.layout(30) == layout(TableView(columns=COLUMNS, rows=listed), 30)


def test_columns_only_grow_as_pages_come() -> None:
    widest = WidestCells(COLUMNS)
    widest.add([Row(key="1", cells=(line("long text"), line("1")))])
    widest.add([Row(key="2", cells=(line("short"), line("1,000,000")))])
    assert widest.layout(40).widths == (9, 9)
