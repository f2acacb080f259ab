"""Price files: the same bars are read from every layout, format and spelling."""

import gzip
import lzma
import tempfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from engine.errors import BadInput
from tests.unit.adapters.bar_files import (
    SESSIONS,
    Bar,
    as_rows,
    flat,
    read,
    write_flattened,
    write_long,
    write_parquet,
    write_per_ticker,
    write_wide,
)

PRICES = st.integers(min_value=100, max_value=5_000_000).map(lambda units: units / 10_000)


@st.composite
def markets(draw: st.DrawFn) -> list[Bar]:
    """Return bars of a few tickers over a few sessions, some of them missing."""
    tickers = draw(st.lists(st.sampled_from(["AAPL", "BRK.B", "T", "NA", "TRUE", "X-Y"]), min_size=2, unique=True))
    bars = []
    for ticker in tickers:
        for on in draw(st.lists(st.sampled_from(SESSIONS), min_size=1, max_size=5, unique=True)):
            low, opened, close, high = sorted(draw(st.tuples(PRICES, PRICES, PRICES, PRICES)))
            bars.append(Bar(ticker, on, opened, high, low, close, draw(st.integers(1, 10**10))))
    return bars


@settings(max_examples=25, deadline=None)
@given(bars=markets())
def test_the_same_bars_are_read_from_every_layout(bars: list[Bar]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keep = {"on_fault": {"bad_price": "keep"}}
        long = write_long(bars, folder / "long.csv")
        packed = folder / "long.csv.gz"
        packed.write_bytes(gzip.compress(long.read_bytes()))
        expected = as_rows(read(long, **keep))
        assert len(expected) == len(bars)
        assert as_rows(read(packed, **keep)) == expected
        assert as_rows(read(write_parquet(bars, folder / "long.parquet"), **keep)) == expected
        assert as_rows(read(write_per_ticker(bars, folder), **keep)) == expected
        for ticker_first in (True, False):
            wide = write_wide(bars, folder / "wide.csv", ticker_first=ticker_first)
            assert as_rows(read(wide, **keep)) == expected
        for shape in ("{field}_{ticker}", "{ticker}.{field}", "('{field}', '{ticker}')"):
            flattened = write_flattened(bars, folder / "flat.csv", shape=shape)
            assert as_rows(read(flattened, **keep)) == expected


BARS = [flat("AAPL", SESSIONS[0], 10.0), flat("AAPL", SESSIONS[1], 10.1)]


@pytest.mark.parametrize(
    "header",
    [
        "Symbol,Datetime,Open,High,Low,Close,Volume",
        "tic,TIMESTAMP,o,h,l,c,vol",
        "<TICKER>,<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
        "Name,Trade Date,Open Price,High_Price,low price,Close/Last,Share Volume",
    ],
)
def test_common_spellings_of_columns_are_recognised(tmp_path: Path, header: str) -> None:
    plain = as_rows(read(write_long(BARS, tmp_path / "a.csv")))
    assert as_rows(read(write_long(BARS, tmp_path / "b.csv", header=header))) == plain


@pytest.mark.parametrize(
    ("written", "how"),
    [
        (["2014-01-13", "2014-01-14"], "dates"),
        (["20140113", "20140114"], "dates"),
        (["01/13/2014", "1/14/2014"], "month first"),
        (["13/01/2014", "14/01/2014"], "day first"),
        (["13.01.2014", "14.01.2014"], "day first"),
        (["13-Jan-2014", "14-Jan-2014"], "dates"),
        (["Jan 13 2014", "Jan 14 2014"], "dates"),
        (["2014-01-13 00:00:00+00:00", "2014-01-14 00:00:00+00:00"], "midnight UTC"),
        (["2014-01-13T05:00:00Z", "2014-01-14T05:00:00Z"], "New York date"),
        (["2014-01-13 16:00:00-05:00", "2014-01-14 16:00:00-05:00"], "New York date"),
        (["2014-01-13 16:00:00", "2014-01-14 16:00:00"], "as written"),
        (["1389571200", "1389657600"], "seconds"),
        (["1389571200000", "1389657600000"], "milliseconds"),
        (["1389571200000000", "1389657600000000"], "microseconds"),
        (["1389571200000000000", "1389657600000000000"], "nanoseconds"),
        (["1389646800", "1389733200"], "New York date"),
    ],
)
def test_each_way_to_write_a_day_means_its_session(tmp_path: Path, written: list[str], how: str) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text("Date,Open,High,Low,Close\n" + "".join(f"{d},10,11,9,10\n" for d in written))
    found = read(path)
    assert [row[1] for row in as_rows(found)] == [16083, 16084]
    assert how in " ".join(found.previews[0].notes)


def test_dates_that_could_be_read_both_ways_are_said_to_be_assumed_and_can_be_decided(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text("Date,Open,High,Low,Close\n03/04/2014,10,11,9,10\n")
    assumed = read(path)
    assert "ASSUMED" in assumed.previews[0].notes[0]
    assert assumed.previews[0].first == date(2014, 3, 4)
    assert read(path, date_format="%d/%m/%Y").previews[0].first == date(2014, 4, 3)


def test_a_ticker_from_a_files_name_is_said_in_the_preview(tmp_path: Path) -> None:
    (path,) = write_per_ticker(BARS, tmp_path)
    assert "AAPL, from the file's name" in read(path).previews[0].layout


def test_a_file_without_any_ticker_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Open,High,Low,Close\n2014-01-02,10,11,9,10\n")
    with pytest.raises(BadInput, match="no ticker"):
        read(path)


def test_closes_alone_are_refused_until_somebody_asks_for_flat_bars(tmp_path: Path) -> None:
    path = tmp_path / "closes.csv"
    path.write_text("Date,AAPL,MSFT\n2014-01-02,10.5,20\n2014-01-03,10.25,\n")
    with pytest.raises(BadInput, match="only closes") as refusal:
        read(path)
    assert "--closes-only" in refusal.value.hint
    assert as_rows(read(path, closes_only=True)) == [
        ("AAPL", 16072, 105_000, 105_000, 105_000, 105_000, 0),
        ("AAPL", 16073, 102_500, 102_500, 102_500, 102_500, 0),
        ("MSFT", 16072, 200_000, 200_000, 200_000, 200_000, 0),
    ]


def test_opens_highs_and_lows_under_strange_names_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("Symbol,Date,Open Px,High Px,Low Px,Last\nAAPL,2014-01-02,10,11,9,10\n")
    with pytest.raises(
        BadInput, match="no columns for open, high, low; the file has: Symbol, Date, Open Px"
    ) as refusal:
        read(path)
    assert "--column open=" in refusal.value.hint


def test_prices_stay_as_traded_unless_adjusted_ones_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text("Date,Open,High,Low,Close,Adj Close,Volume\n2014-01-02,10,12,8,10,5,100\n")
    assert as_rows(read(path)) == [("AAPL", 16072, 100_000, 120_000, 80_000, 100_000, 100)]
    assert as_rows(read(path, adjusted=True)) == [("AAPL", 16072, 50_000, 60_000, 40_000, 50_000, 100)]


def test_a_column_can_be_named_by_hand(tmp_path: Path) -> None:
    path = write_long(BARS, tmp_path / "a.csv", header="ticker,date,open,high,low,settle,volume")
    with pytest.raises(BadInput, match="close") as refusal:
        read(path)
    assert "--column" in refusal.value.hint
    assert len(read(path, columns={"close": "settle"}).bars) == 2


def test_intraday_bars_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text("Date,Open,High,Low,Close\n2014-01-02T14:30:00Z,1,1,1,1\n2014-01-02T14:31:00Z,1,1,1,1\n")
    with pytest.raises(BadInput, match="intraday"):
        read(path)


def test_a_dictionary_column_and_nanoseconds_are_read_from_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "ticker": pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int32()), pa.array(["B", "A"])),
            "ts": pa.array([1388620800000000000] * 2, pa.timestamp("ns")),
            **{name: pa.array([10.0, 20.0]) for name in ("open", "high", "low", "close")},
        }
    )
    parquet.write_table(table, path)
    assert [(row[0], row[1], row[2]) for row in as_rows(read(path))] == [("A", 16072, 100_000), ("B", 16072, 200_000)]


def test_an_xz_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    long = write_long(BARS, tmp_path / "a.csv")
    packed = tmp_path / "a.data"
    packed.write_bytes(lzma.compress(long.read_bytes()))
    assert as_rows(read(packed)) == as_rows(read(long))
