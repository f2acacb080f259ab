"""Minute bars: recognised by themselves, within the exchange's hours, refused when they last anything but a minute."""

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from engine.adapters.price_files import BarRead
from engine.errors import BadInput
from tests.unit.adapters import bar_files
from tests.unit.adapters.minute_files import (
    NEW_YORK,
    MinuteBar,
    as_rows,
    at,
    flat,
    minutes,
    read,
    read_any,
    write,
)

PRICES = st.integers(min_value=100, max_value=5_000_000).map(lambda units: units / 10_000)
OPENS = [at(f"2014-{day} 09:30") for day in ("03-06", "03-07", "03-10", "07-03", "11-28")]  # a summer, two early closes


@st.composite
def markets(draw: st.DrawFn) -> list[MinuteBar]:
    """Return minute bars of a few tickers within a few sessions; each ticker has several in each of its sessions."""
    bars = []
    for ticker in draw(st.lists(st.sampled_from(["AAPL", "BRK.B", "NA", "T"]), min_size=1, unique=True)):
        for opened in draw(st.lists(st.sampled_from(OPENS), min_size=1, max_size=3, unique=True)):
            for offset in draw(st.sets(st.integers(0, 209), max_size=4)) | {100, 101}:
                low, first, last, high = sorted(draw(st.tuples(PRICES, PRICES, PRICES, PRICES)))
                start = opened + timedelta(minutes=offset)
                bars.append(MinuteBar(ticker, start, first, high, low, last, draw(st.integers(1, 10**9))))
    return bars


def expected(bars: list[MinuteBar]) -> list[tuple[object, ...]]:
    units = [tuple(round(p * 10_000) for p in (b.open, b.high, b.low, b.close)) for b in bars]
    rows = [(b.ticker, b.at, *u, b.volume) for b, u in zip(bars, units, strict=True)]
    return sorted(rows)


@settings(max_examples=25, deadline=None)
@given(bars=markets(), shuffle=st.randoms())
def test_the_same_minutes_are_read_from_every_layout_in_any_order(
    bars: list[MinuteBar], shuffle: random.Random
) -> None:
    shuffle.shuffle(bars)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = expected(bars)
        assert as_rows(read(write(bars, folder / "utc.csv"))) == wanted
        naive = write(bars, folder / "naive.csv", style="%Y-%m-%d %H:%M:%S")
        assert as_rows(read(naive, timezone="UTC")) == wanted
        epochs = folder / "epochs.csv"
        epochs.write_text(
            "symbol,ts,o,h,l,c,v\n" + "".join(f"{b.ticker},{int(b.at.timestamp())},{b.prices}\n" for b in bars)
        )
        assert as_rows(read(epochs)) == wanted
        beside = folder / "beside.csv"
        walls = [(b, b.at.astimezone(NEW_YORK)) for b in bars]
        beside.write_text(
            "Symbol,Date,Time,Open,High,Low,Close,Volume\n"
            + "".join(f"{b.ticker},{w:%m/%d/%Y},{w:%H:%M},{b.prices}\n" for b, w in walls)
        )
        assert as_rows(read(beside, timezone="America/New_York", date_format="%m/%d/%Y")) == wanted
        apart = []
        for ticker in sorted({b.ticker for b in bars}):
            apart.append(folder / f"{ticker}.csv")
            rows = [f"{b.at:%Y-%m-%dT%H:%M:%SZ},{b.prices}\n" for b in bars if b.ticker == ticker]
            apart[-1].write_text("Datetime,Open,High,Low,Close,Volume\n" + "".join(rows))
        assert as_rows(read(apart)) == wanted
        table = pa.table(
            {
                "ticker": pa.array([b.ticker for b in bars]).dictionary_encode(),
                "ts": pa.array([b.at.replace(tzinfo=None) for b in bars], pa.timestamp("ns")),
                **{f: [getattr(b, f) for b in bars] for f in ("open", "high", "low", "close", "volume")},
            }
        )
        parquet.write_table(table, folder / "a.parquet")
        assert as_rows(read(folder / "a.parquet", timezone="UTC")) == wanted


@pytest.mark.parametrize("clock", ["09:31", "9:31", "09:31:00", "931", "0931", "93100", "9:31 AM", "09:31:00 am"])
def test_a_time_beside_the_date_is_read_in_many_spellings(tmp_path: Path, clock: str) -> None:
    path = tmp_path / "A.csv"
    later = clock.replace("31", "32")
    rows = [f"2014-03-06,{text},10,10,10,10" for text in (clock, later)]
    path.write_text("\n".join(["Date,Time,Open,High,Low,Close", *rows]) + "\n")
    found = read(path, timezone="America/New_York")
    assert [bar[1] for bar in as_rows(found)] == [at("2014-03-06 09:31"), at("2014-03-06 09:32")]


def test_a_time_that_is_none_refuses_its_row(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    rows = [f"2014-03-06,{text},10,10,10,10" for text in ("09:31", "09:32", "soon")]
    path.write_text("\n".join(["Date,Time,Open,High,Low,Close", *rows]) + "\n")
    with pytest.raises(BadInput, match="row 4: the date cannot be read"):
        read(path, timezone="America/New_York")


def test_a_wide_table_of_minutes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(
        "Price,Open,Open,High,High,Low,Low,Close,Close\nTicker,A,B,A,B,A,B,A,B\nDatetime,,,,,,,,\n"
        "2014-03-06 14:30:00+00:00,1,2,1,2,1,2,1,2\n2014-03-06 14:31:00+00:00,3,,3,,3,,3,\n"
        "2014-03-06 14:32:00+00:00,3,4,3,4,3,4,3,4\n"
    )
    assert [(row[0], row[1].minute, row[2]) for row in as_rows(read(path))] == [
        *(("A", 30, 10_000), ("A", 31, 30_000), ("A", 32, 30_000)),
        *(("B", 30, 20_000), ("B", 32, 40_000)),
    ]


def test_one_bar_a_day_at_the_close_is_daily_and_several_are_minutes(tmp_path: Path) -> None:
    days = [flat("A", at(f"2014-0{month}-{day} 16:00")) for month in (3, 7) for day in ("06", "07", "10")]
    days = [b for b in days if b.at.weekday() < 5]
    assert isinstance(read_any(write(days, tmp_path / "days.csv")), BarRead)
    assert len(read(write(minutes("A", "2014-03-06 09:30", 3), tmp_path / "minutes.csv")).minutes) == 3


def test_a_few_repeated_days_do_not_make_minutes_of_daily_bars(tmp_path: Path) -> None:
    days = [flat("A", at(f"2014-03-{day:02} 16:00")) for day in (3, 4, 5, 6, 7)]
    with pytest.raises(BadInput, match="several bars on 2014-03-07"):
        read_any(write([*days, flat("A", at("2014-03-07 15:59"))], tmp_path / "a.csv"))


def test_daily_and_minute_files_together_are_told_apart(tmp_path: Path) -> None:
    daily = bar_files.write_long([bar_files.flat("A", on, 10.0) for on in bar_files.SESSIONS], tmp_path / "days.csv")
    minute = write(minutes("A", "2014-03-06 09:30", 5), tmp_path / "minutes.csv")
    with pytest.raises(BadInput, match=r"days\.csv holds daily bars, .*minutes\.csv bars of minutes") as refusal:
        read_any([daily, minute])
    assert "--history" in refusal.value.hint


def test_a_ticker_that_trades_once_a_day_goes_with_the_minutes_of_the_others(tmp_path: Path) -> None:
    busy = write(minutes("B", "2014-03-06 09:30", 30), tmp_path / "B.csv")
    starts = [f"2014-03-{day:02} 1{n}:0{n}" for n, day in enumerate((3, 4, 5, 6, 7))]
    seldom = write([flat("S", at(start)) for start in starts], tmp_path / "S.csv")
    assert len(read([busy, seldom]).minutes) == 35


def test_rows_before_the_open_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*minutes("A", "2014-03-06 09:27", 6), flat("A", at("2014-03-08 12:00"))]  # a Saturday
    found = read(write(rows, tmp_path / "a.csv"))
    assert [row[1] for row in as_rows(found)] == [at(f"2014-03-06 09:3{n}") for n in range(3)]
    assert found.notes[0].startswith("4 minute bars outside of the exchange's hours")
    assert len(found.notes) == 1


def test_an_early_close_ends_the_session(tmp_path: Path) -> None:
    found = read(write(minutes("A", "2014-07-03 12:58", 4), tmp_path / "a.csv"))
    assert [row[1] for row in as_rows(found)] == [at("2014-07-03 12:58"), at("2014-07-03 12:59")]


def test_the_open_is_half_past_nine_in_new_york_on_both_sides_of_the_change_of_clocks(tmp_path: Path) -> None:
    rows = [*minutes("A", "2014-03-07 09:29", 2), *minutes("A", "2014-03-10 09:29", 2)]
    path = write(rows, tmp_path / "a.csv")
    assert [row[1].isoformat() for row in as_rows(read(path))] == [
        "2014-03-07T14:30:00+00:00",
        "2014-03-10T13:30:00+00:00",
    ]


def test_a_file_that_says_when_minutes_end_is_noticed_and_can_be_told(tmp_path: Path) -> None:
    ends = [flat("A", at("2014-03-06 09:30") + timedelta(minutes=n + 1), 10 + n) for n in range(390)]
    path = write(ends, tmp_path / "a.csv")
    assert "--bar-time end" in " ".join(read(path).notes)
    told = read(path, bar_time="end")
    assert as_rows(told)[0][1:3] == (at("2014-03-06 09:30"), 100_000)
    assert (len(told.minutes), told.notes) == (390, ())


@pytest.mark.parametrize("step", [2, 5, 15, 60])
def test_bars_of_several_minutes_are_refused_by_their_length(tmp_path: Path, step: int) -> None:
    rows = minutes("A", "2014-03-06 09:30", 6, step=step) + minutes("A", "2014-03-07 09:30", 6, step=step)
    with pytest.raises(BadInput, match=f"these are bars of {step} minutes"):
        read(write(rows, tmp_path / "a.csv"))


def test_a_ticker_that_seldom_trades_is_not_taken_for_longer_bars(tmp_path: Path) -> None:
    rows = [flat("A", at(f"2014-03-06 {clock}")) for clock in ("09:30", "09:34", "09:36", "09:42", "09:50", "10:10")]
    assert len(read(write(rows, tmp_path / "a.csv")).minutes) == 6


def test_bars_of_seconds_are_refused_and_stamps_late_in_a_minute_are_not(tmp_path: Path) -> None:
    seconds = [flat("A", at("2014-03-06 09:30") + timedelta(seconds=10 * n)) for n in range(12)]
    with pytest.raises(BadInput, match="bars of less than a minute"):
        read(write(seconds, tmp_path / "a.csv"))
    late = [flat("A", at("2014-03-06 09:30:59") + timedelta(minutes=n)) for n in range(3)]
    assert [row[1] for row in as_rows(read(write(late, tmp_path / "b.csv")))] == [
        at(f"2014-03-06 09:3{n}") for n in range(3)
    ]


def test_moments_without_a_zone_are_refused_until_it_is_told(tmp_path: Path) -> None:
    path = write(minutes("A", "2014-03-06 09:30", 3), tmp_path / "a.csv", style="%Y-%m-%d %H:%M:%S")
    with pytest.raises(BadInput, match="3 minute bars have no time zone") as refusal:
        read(path)
    assert "--timezone" in refusal.value.hint
    assert "read as UTC" in read(path, timezone="UTC").previews[0].notes
    with pytest.raises(BadInput, match="not one bar is within the exchange's hours"):
        read(path, timezone="Asia/Tokyo")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("11,9,10,10,1", "the high is below the low"),
        ("10,10,10,ten,1", "a price or the volume is not a number"),
        ("10,10,-1,10,1", "a price is not above zero"),
        ("10,10,10,10,-5", "the volume is negative"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_number(tmp_path: Path, cells: str, reason: str) -> None:
    path = write(minutes("A", "2014-03-06 09:30", 3), tmp_path / "a.csv")
    path.write_text(path.read_text() + f"A,2014-03-06T15:00:00Z,{cells}\n")
    with pytest.raises(BadInput, match=f"row 5: {reason}"):
        read(path)
    found = read(path, skip_bad=True)
    assert (len(found.minutes), [row.row_number for row in found.refused]) == (3, [5])


def test_the_same_minute_twice_is_dropped_when_alike_and_refused_when_not(tmp_path: Path) -> None:
    rows = minutes("A", "2014-03-06 09:30", 3)
    found = read(write([*rows, rows[1]], tmp_path / "a.csv"))
    assert [(f.kind.value, f.found) for f in found.faults] == [("duplicate", "09:31 the same as row 3")]
    assert len(found.minutes) == 3
    other = write([*rows, flat("A", rows[1].at, 11.0)], tmp_path / "b.csv")
    with pytest.raises(BadInput, match="conflicting_duplicate: A 2014-03-06: 09:31 "):
        read(other)
    assert as_rows(read(other, on_fault={"conflicting_duplicate": "last"}))[1][2] == 110_000


def test_a_close_outside_the_range_is_treated_as_in_daily_bars(tmp_path: Path) -> None:
    rows = [*minutes("A", "2014-03-06 09:30", 3), MinuteBar("A", at("2014-03-06 09:33"), 10, 10.5, 9.5, 10.51)]
    found = read(write(rows, tmp_path / "a.csv"))
    assert [(f.kind.value, f.done) for f in found.faults] == [("close_outside_range", "range widened")]
    assert as_rows(found)[3][3] == 105_100


def test_rows_without_any_price_are_minutes_without_a_trade(tmp_path: Path) -> None:
    path = write(minutes("A", "2014-03-06 09:30", 3), tmp_path / "a.csv")
    path.write_text(path.read_text() + "A,2014-03-06T14:33:00Z,,,,,\n")
    found = read(path)
    assert (len(found.minutes), found.faults) == (3, ())


def test_bars_without_volume_are_one_fault_a_ticker(tmp_path: Path) -> None:
    still = [flat("A", at(f"2014-03-06 10:0{n}"), volume=0) for n in range(5)]
    path = write([*minutes("A", "2014-03-06 09:30", 3), *still], tmp_path / "a.csv")
    found = read(path)
    assert [(f.kind.value, f.found) for f in found.faults] == [("zero_volume", "10:00 and 4 more: nothing was traded")]
    assert len(found.minutes) == 8
    assert len(read(path, on_fault={"zero_volume": "drop"}).minutes) == 3


def test_minutes_make_the_daily_bar_of_their_day(tmp_path: Path) -> None:
    rows = [
        MinuteBar("A", at("2014-03-06 09:31"), 10, 12, 9, 11, 100),
        MinuteBar("A", at("2014-03-06 09:30"), 10.5, 11, 10, 10.25, 50),
        MinuteBar("A", at("2014-03-06 15:59"), 11, 11.5, 8, 8.5, 25),
        MinuteBar("A", at("2014-03-07 11:00"), 8, 9, 7, 8.75, 5),
        MinuteBar("A", at("2014-03-07 11:01"), 8.75, 9, 8, 8.8, 5),
    ]
    days = read(write(rows, tmp_path / "a.csv")).days
    columns = (days.on, days.open, days.high, days.low, days.close, days.volume)
    epoch = date(1970, 1, 1).toordinal()
    assert [column.tolist() for column in columns] == [
        [date(2014, 3, 6).toordinal() - epoch, date(2014, 3, 7).toordinal() - epoch],
        [105_000, 80_000],
        [120_000, 90_000],
        [80_000, 70_000],
        [85_000, 88_000],
        [175, 10],
    ]


def test_a_session_without_any_minute_is_named(tmp_path: Path) -> None:
    rows = [*minutes("A", "2014-03-05 09:30", 3), *minutes("A", "2014-03-07 09:30", 3)]
    found = read(write(rows, tmp_path / "a.csv"))
    assert [(f.kind.value, f.on) for f in found.faults] == [("missing_session", date(2014, 3, 6))]
