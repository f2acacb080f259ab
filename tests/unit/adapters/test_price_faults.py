"""Price faults: each kind is found, named and treated; a real move is left alone."""

from datetime import date
from pathlib import Path

import pytest

from engine.adapters.faults import FAULT_KINDS, FaultKind, summary, write_csv
from engine.adapters.input_options import fault_actions
from engine.adapters.price_files import BarRead
from engine.errors import BadInput
from tests.unit.adapters.bar_files import SESSIONS, Bar, as_rows, flat, read, write_long

QUIET = [flat("A", on, 100 + (i % 3) * 0.2) for i, on in enumerate(SESSIONS)]
AT = 15


def market(tmp_path: Path, *changed: Bar, without: tuple[date, ...] = (), **options: object) -> BarRead:
    """Read a quiet market in which some bars are different ones."""
    days = {bar.on: bar for bar in QUIET} | {bar.on: bar for bar in changed}
    return read(write_long([bar for on, bar in days.items() if on not in without], tmp_path / "a.csv"), **options)


def kinds(found: BarRead) -> list[FaultKind]:
    return [fault.kind for fault in found.faults]


def has(found: BarRead, on: date) -> bool:
    return any(row[1] == (on - date(1970, 1, 1)).days for row in as_rows(found))


def test_a_quiet_market_has_no_faults(tmp_path: Path) -> None:
    found = market(tmp_path)
    assert found.faults == ()
    assert len(found.bars) == len(SESSIONS)


def test_a_row_without_an_open_is_dropped_or_filled(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ticker,date,open,high,low,close,volume\nA,2014-01-02,NaN,11,9,10,5\nA,2014-01-03,10,11,9,10,5\n")
    dropped = read(path)
    assert [(f.kind, f.ticker, f.on, f.row_number, f.done) for f in dropped.faults] == [
        (FaultKind.MISSING_VALUES, "A", date(2014, 1, 2), 2, "bar dropped")
    ]
    assert len(dropped.bars) == 1
    filled = read(path, on_fault={FaultKind.MISSING_VALUES: "fill"})
    assert as_rows(filled)[0] == ("A", 16072, 100_000, 110_000, 90_000, 100_000, 5)


def test_a_row_with_nothing_but_a_close_can_be_filled_but_one_without_cannot(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ticker,date,open,high,low,close,volume\nA,2014-01-02,,,,10,5\nA,2014-01-03,10,11,9,,5\n")
    filled = read(path, on_fault={FaultKind.MISSING_VALUES: "fill"})
    assert as_rows(filled) == [("A", 16072, 100_000, 100_000, 100_000, 100_000, 5)]
    assert [f.done for f in filled.faults] == ["filled from the close", "bar dropped"]


@pytest.mark.parametrize(
    ("close", "action", "there", "high"),
    [(101.3, "repair", True, 1_013_000), (103.0, "repair", False, 0), (103.0, "widen", True, 1_030_000)],
)
def test_a_close_outside_the_range_widens_it_or_drops_the_bar(
    tmp_path: Path, close: float, action: str, there: bool, high: int
) -> None:
    odd = Bar("A", SESSIONS[AT], 100, 101, 99, close)
    found = market(tmp_path, odd, on_fault={FaultKind.CLOSE_OUTSIDE_RANGE: action})
    assert FaultKind.CLOSE_OUTSIDE_RANGE in kinds(found)
    assert has(found, SESSIONS[AT]) is there
    if there:
        assert as_rows(found)[AT][3] == high


def test_an_open_outside_the_range_is_found_too(tmp_path: Path) -> None:
    found = market(tmp_path, Bar("A", SESSIONS[AT], 95, 101, 99, 100))
    assert kinds(found) == [FaultKind.OPEN_OUTSIDE_RANGE]
    assert not has(found, SESSIONS[AT])


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.3, 2.0])
def test_one_days_price_far_from_its_neighbours_is_dropped_unless_it_is_to_be_kept(
    tmp_path: Path, factor: float
) -> None:
    wrong = flat("A", SESSIONS[AT], 100 * factor)
    found = market(tmp_path, wrong)
    assert [(f.kind, f.on, f.done) for f in found.faults] == [(FaultKind.BAD_PRICE, SESSIONS[AT], "bar dropped")]
    assert not has(found, SESSIONS[AT])
    assert has(market(tmp_path, wrong, on_fault={FaultKind.BAD_PRICE: "keep"}), SESSIONS[AT])


def test_a_wrong_close_that_the_low_was_fitted_to_is_found(tmp_path: Path) -> None:
    found = market(tmp_path, Bar("A", SESSIONS[AT], 100, 101, 50, 50))
    assert kinds(found) == [FaultKind.BAD_PRICE]


def test_a_crash_that_stays_and_a_rally_within_two_sessions_are_real(tmp_path: Path) -> None:
    crash = [Bar("A", on, 70, 72, 60, 65, 9000) for on in SESSIONS[AT:]]
    assert FaultKind.BAD_PRICE not in kinds(market(tmp_path, *crash))
    fall = Bar("A", SESSIONS[AT], 100, 100, 74, 75, 9000)
    for opened in (76, 85):
        rise = Bar("A", SESSIONS[AT + 1], opened, 101, 75, 100, 9000)
        assert market(tmp_path, fall, rise).faults == ()


def test_a_calm_day_some_per_cent_apart_is_named_and_kept(tmp_path: Path) -> None:
    odd = flat("A", SESSIONS[AT], 105.0)
    found = market(tmp_path, odd)
    assert [(f.kind, f.on, f.done) for f in found.faults] == [(FaultKind.DISPLACED_BAR, SESSIONS[AT], "kept")]
    assert has(found, SESSIONS[AT])
    assert not has(market(tmp_path, odd, on_fault={FaultKind.DISPLACED_BAR: "drop"}), SESSIONS[AT])


@pytest.mark.parametrize(
    ("factor", "ratio"), [(1 / 2, "near 2:1"), (1 / 3, "near 3:1"), (2 / 3, "near 1.5:1"), (10, "near 1:10")]
)
def test_a_jump_to_a_usual_ratio_that_stays_is_a_suspected_split_and_nothing_is_altered(
    tmp_path: Path, factor: float, ratio: str
) -> None:
    found = market(tmp_path, *[flat("A", on, 100 * factor, volume=5000, spread=0.1) for on in SESSIONS[AT:]])
    assert [(f.kind, f.on) for f in found.faults] == [(FaultKind.SUSPECTED_SPLIT, SESSIONS[AT])]
    assert ratio in found.faults[0].found
    assert "--splits" in found.faults[0].done
    assert as_rows(found)[AT][5] == round(100 * factor * 10_000)


def test_a_small_spin_off_is_suspected_by_its_calm(tmp_path: Path) -> None:
    found = market(tmp_path, *[flat("A", on, 88.0) for on in SESSIONS[AT:]])
    assert kinds(found) == [FaultKind.SUSPECTED_SPLIT]


@pytest.mark.parametrize("price", [80.0, 120.0])
def test_bad_or_good_news_on_large_volume_in_a_hectic_session_is_no_split(tmp_path: Path, price: float) -> None:
    after = [flat("A", on, price) for on in SESSIONS[AT + 1 :]]
    news = Bar("A", SESSIONS[AT], price, price * 1.04, price * 0.96, price, 12_000)
    assert market(tmp_path, news, *after).faults == ()


def test_a_calm_session_after_bad_news_is_no_split_when_everybody_trades(tmp_path: Path) -> None:
    after = [flat("A", on, 88.0) for on in SESSIONS[AT + 1 :]]
    for volume, expected in ((1_500, [FaultKind.SUSPECTED_SPLIT]), (5_000, [])):
        assert kinds(market(tmp_path, flat("A", SESSIONS[AT], 88.0, volume=volume, spread=0.0125), *after)) == expected


def test_a_bar_without_volume_is_kept_and_named(tmp_path: Path) -> None:
    found = market(tmp_path, flat("A", SESSIONS[AT], 100.0, volume=0))
    assert [(f.kind, f.done) for f in found.faults] == [(FaultKind.ZERO_VOLUME, "kept")]
    assert has(found, SESSIONS[AT])


def test_the_same_bar_twice_is_taken_once(tmp_path: Path) -> None:
    found = read(write_long([*QUIET, QUIET[3]], tmp_path / "a.csv"))
    assert kinds(found) == [FaultKind.DUPLICATE]
    assert len(found.bars) == len(QUIET)


def test_two_different_bars_of_one_day_are_refused_until_somebody_decides(tmp_path: Path) -> None:
    path = write_long([*QUIET, flat("A", SESSIONS[3], 100.5)], tmp_path / "a.csv")
    with pytest.raises(BadInput, match="conflicting_duplicate") as refusal:
        read(path)
    assert "first|last" in refusal.value.hint
    first = read(path, on_fault={FaultKind.CONFLICTING_DUPLICATE: "first"})
    last = read(path, on_fault={FaultKind.CONFLICTING_DUPLICATE: "last"})
    assert kinds(first) == kinds(last) == [FaultKind.CONFLICTING_DUPLICATE]
    assert as_rows(first)[3][5] == 1_000_000
    assert as_rows(last)[3][5] == 1_005_000
    assert len(first.bars) == len(last.bars) == len(QUIET)


@pytest.mark.parametrize("on", [date(2014, 1, 4), date(2014, 1, 20)])
def test_a_bar_on_a_weekend_or_holiday_is_dropped(tmp_path: Path, on: date) -> None:
    found = read(write_long([*QUIET, flat("A", on, 100.0)], tmp_path / "a.csv"))
    assert [(f.kind, f.on) for f in found.faults] == [(FaultKind.NOT_A_SESSION, on)]
    assert len(found.bars) == len(QUIET)


def test_missing_sessions_are_named_as_ranges(tmp_path: Path) -> None:
    found = market(tmp_path, without=SESSIONS[4:7] + SESSIONS[9:10])
    assert [(f.kind, f.on, f.row_number) for f in found.faults] == [
        (FaultKind.MISSING_SESSION, SESSIONS[4], None),
        (FaultKind.MISSING_SESSION, SESSIONS[9], None),
    ]
    assert "3 sessions" in found.faults[0].found


def test_tickers_that_begin_late_or_end_early_are_noted(tmp_path: Path) -> None:
    young = [flat("B", on, 50.0) for on in SESSIONS[5:]]
    gone = [flat("C", on, 50.0) for on in SESSIONS[:7]]
    found = read(write_long([*QUIET, *young, *gone], tmp_path / "a.csv"))
    assert [(f.kind, f.ticker, f.on) for f in found.faults] == [
        (FaultKind.LATE_START, "B", SESSIONS[5]),
        (FaultKind.EARLY_END, "C", SESSIONS[6]),
    ]


@pytest.mark.parametrize("kind", [FaultKind.ZERO_VOLUME, FaultKind.MISSING_SESSION])
def test_any_kind_of_fault_can_be_refused(tmp_path: Path, kind: FaultKind) -> None:
    with pytest.raises(BadInput, match=kind):
        market(tmp_path, flat("A", SESSIONS[2], 100.0, volume=0), without=(SESSIONS[9],), on_fault={kind: "refuse"})


def test_the_full_list_goes_to_a_file_and_the_summary_stays_short(tmp_path: Path) -> None:
    found = market(tmp_path, *[flat("A", on, 100.0, volume=0) for on in SESSIONS[:8]])
    write_csv(found.faults, tmp_path / "faults.csv")
    assert len((tmp_path / "faults.csv").read_text().splitlines()) == 9
    assert summary(found.faults)[0].startswith("zero_volume: 8")
    assert summary(found.faults)[-1] == "  … and 5 more"


def test_a_kind_or_action_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert fault_actions(["bad_price=keep"]) == {FaultKind.BAD_PRICE: "keep"}
    with pytest.raises(BadInput, match="no such kind"):
        fault_actions(["bad=keep"])
    with pytest.raises(BadInput, match="no such action") as refusal:
        fault_actions(["bad_price=burn"])
    assert "drop" in refusal.value.hint


def test_every_kind_of_fault_says_what_it_means_and_can_be_refused() -> None:
    assert set(FAULT_KINDS) == set(FaultKind)
    assert all("refuse" in treatment.actions and treatment.meaning for treatment in FAULT_KINDS.values())
