"""Charts of characters: exact sizes, no spike lost, the cursor where its day is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stonks_tui.view_models.bar_chart import bars, gauge
from stonks_tui.view_models.chart_frame import ChartSeries, frame, ticks
from stonks_tui.view_models.line_chart import draw
from stonks_tui.view_models.text import Line, Mood, plain, texts, width

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.lists(NUMBERS | st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1e308, -1e308, 100_000.0]), max_size=60)
SIZES = st.tuples(st.integers(1, 60), st.integers(1, 12))


def series(*values: float, **others: object) -> ChartSeries:
    return ChartSeries(values=values, written="{:g}".format, first_label="first", last_label="last", **others)  # type: ignore[arg-type]


def dots(lines: tuple[Line, ...]) -> list[bool]:
    """Which lines have a part of the curve?"""
    return [any("\u2801" <= letter <= "\u28ff" for letter in plain(spans)) for spans in lines]


@given(VALUES, SIZES, st.booleans(), NUMBERS | st.none())
def test_every_chart_is_exactly_as_large_as_asked(
    values: list[float], size: tuple[int, int], has_cursor: bool, baseline: float | None
) -> None:
    columns, rows = size
    cursor = len(values) // 2 if has_cursor and values else None
    shown = series(*values, baseline=baseline, label_of="day {}".format)
    for lines in (
        draw(shown, columns=columns, rows=rows, cursor=cursor),
        bars(shown, columns=columns, rows=rows, cursor=cursor),
    ):
        assert len(lines) == rows
        assert {width(spans) for spans in lines} == {columns}


@given(st.lists(NUMBERS, min_size=2, max_size=400).filter(lambda v: min(v) < max(v)), SIZES)
def test_the_highest_value_is_on_the_top_row_and_the_lowest_on_the_bottom_one(
    values: list[float], size: tuple[int, int]
) -> None:
    columns, rows = size
    lines = draw(series(*values), columns=columns, rows=rows)
    plot = frame(series(*values), columns=columns, rows=rows).plot_rows
    assert dots(lines)[0]
    assert dots(lines)[plot - 1]


@given(st.integers(1, 3_000), SIZES)
def test_a_column_found_for_an_index_leads_back_to_that_column(count: int, size: tuple[int, int]) -> None:
    laid = frame(series(*range(count)), columns=size[0], rows=size[1])
    for index in {0, count // 3, count // 2, count - 1}:
        column = laid.column_of(index)
        assert laid.axis <= column < size[0]
        assert laid.column_of(laid.place_of(column)) == column


def test_one_spike_among_ten_thousand_values_is_seen() -> None:
    values = [0.0] * 10_000
    values[6_789] = 1.0
    lines = draw(series(*values), columns=40, rows=6)
    laid = frame(series(*values), columns=40, rows=6)
    assert plain(lines[0])[laid.column_of(6_789)] != " "
    assert all(dots(lines)[: laid.plot_rows])


def test_a_curve_has_no_gap_where_it_jumps() -> None:
    lines = draw(series(0, 0, 0, 100, 100, 100), columns=10, rows=3)
    assert texts(lines) == ["     ⢸⠉⠉⠉⠉", "    ⢀⠇", "⣀⣀⣀⣀⡸"]


def test_labels_are_round_numbers_on_the_rows_of_their_values() -> None:
    lines = texts(draw(series(80.3, 119.7), columns=40, rows=9))
    labelled = {row: text.split("┤")[0].strip() for row, text in enumerate(lines) if "┤" in text}
    assert labelled == {2: "110", 4: "100", 5: "90"}


def test_ten_columns_are_too_few_for_labels() -> None:
    assert all("│" not in text and "┤" not in text for text in texts(draw(series(1, 2, 3), columns=10, rows=5)))
    assert any("┤" in text for text in texts(draw(series(1, 2, 3), columns=30, rows=5)))


def test_a_series_that_never_moves_is_one_line_in_the_middle() -> None:
    assert dots(draw(series(7, 7, 7), columns=30, rows=6)) == [False, False, True, False, False, False]


def test_no_values_draw_nothing() -> None:
    assert texts(draw(series(), columns=30, rows=3)) == ["", "", ""]


def test_the_baseline_is_dotted_where_the_curve_is_not() -> None:
    lines = draw(series(0, 100, 0, 100, baseline=50), columns=40, rows=6)
    assert [text.count("┄") > 0 for text in texts(lines)].count(True) == 1
    assert not any("┄" in text for text in texts(draw(series(0, 100, baseline=101), columns=40, rows=6)))


def test_the_cursor_stands_in_its_column_and_says_its_day() -> None:
    shown = series(*range(100), label_of="day {}".format)
    column = frame(shown, columns=60, rows=8).column_of(50)
    lines = texts(draw(shown, columns=60, rows=8, cursor=50))
    assert lines[0][column] == "┆"
    assert lines[-1].index("▲ day 50") == column
    assert "first" in lines[-1]
    assert "last" in lines[-1]


def test_a_cursor_at_the_end_says_its_day_before_the_mark() -> None:
    shown = series(*range(100), label_of="day {}".format)
    assert texts(draw(shown, columns=60, rows=8, cursor=99))[-1].endswith("day 99 ▲")


def test_gains_go_up_and_losses_down_in_one_scale() -> None:
    lines = bars(series(2, -1), columns=10, rows=3)
    assert texts(lines) == ["█████", "█████", "     █████"]
    assert {span.mood for spans in lines for span in spans if span.text.strip()} == {Mood.GAIN, Mood.LOSS}


def test_bars_keep_the_best_and_the_worst_of_each_column() -> None:
    values = [0.0] * 1_000
    values[500], values[501] = 1.0, -1.0
    shown = series(*values)
    column = frame(shown, columns=10, rows=2).column_of(500)
    assert [plain(spans)[column] for spans in bars(shown, columns=10, rows=2)] == ["█", "█"]


def test_a_small_loss_is_not_drawn_as_large_as_a_large_gain() -> None:
    assert texts(bars(series(10, -0.1), columns=4, rows=3)) == ["██", "██", "  ▔▔"]


def test_both_charts_have_their_days_in_the_same_columns_when_their_labels_are_as_wide() -> None:
    first = frame(series(*range(50)), columns=70, rows=8, label_columns=9)
    second = frame(series(*(v * 1e6 for v in range(50))), columns=70, rows=5, label_columns=9)
    assert [first.column_of(i) for i in range(50)] == [second.column_of(i) for i in range(50)]


@given(NUMBERS, NUMBERS, st.integers(1, 20))
def test_ticks_are_few_and_within_their_range(one: float, other: float, most: int) -> None:
    low, high = min(one, other), max(one, other)
    found = ticks(low, high, most)
    slack = (high / 2 - low / 2) * 1e-6 + math.ulp(max(abs(low), abs(high))) * 4
    assert len(found) <= most
    assert all(low - slack <= tick <= high + slack for tick in found)


@given(NUMBERS, st.integers(0, 60), st.none() | NUMBERS.filter(lambda f: abs(f) < 1e6))
def test_a_gauge_is_exactly_as_wide_as_asked(fraction: float, columns: int, limit: float | None) -> None:
    assert width(gauge(fraction, columns, limit)) == columns


@pytest.mark.parametrize(
    ("fraction", "limit", "drawn"),
    [
        (0.0, None, "▕░░░░░░░░░░▏"),
        (0.001, None, "▕▏░░░░░░░░░▏"),
        (0.55, None, "▕█████▌░░░░▏"),
        (0.999, None, "▕█████████▉▏"),
        (1.0, None, "▕██████████▏"),
        (3.0, 0.8, "▕████████│█▏"),
        (0.3, 0.6, "▕███░░░│░░░▏"),
    ],
)
def test_a_gauge_shows_the_least_something_and_full_only_when_it_is(
    fraction: float, limit: float | None, drawn: str
) -> None:
    assert plain(gauge(fraction, 12, limit)) == drawn


def test_a_gauge_warns_near_its_limit_and_says_when_it_is_passed() -> None:
    moods = [gauge(fraction, 12, 0.6)[1].mood for fraction in (0.5, 0.55, 0.61)]
    assert moods == [Mood.ACCENT, Mood.WARN, Mood.LOSS]
