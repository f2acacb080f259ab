"""File readers: what is no table is refused with its name; what is one is read, whoever wrote it."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from engine.errors import BadInput
from tests.unit.adapters.bar_files import SESSIONS, as_rows, flat, read, write_long

BARS = [flat("AAPL", SESSIONS[0], 10.0), flat("AAPL", SESSIONS[1], 10.1)]
HEADER = "ticker,date,open,high,low,close,volume"
GOOD = "A,2014-01-02,10,11,9,10,100"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"  \r\n \n", "is empty"),
        (HEADER.encode() + b"\n", "not one bar"),
        (b"\x00\x01\x02binary\x00" * 40, "binary"),
        (b"PK\x03\x04....", "Excel"),
        (b"PAR1 and then nothing", "damaged Parquet"),
        (gzip.compress(HEADER.encode(), mtime=0)[:-9], "damaged"),
        (b"1,2,3\n4,5,6\n", "no column for date"),
        ((HEADER + ",close\n" + GOOD + ",5\n").encode(), "'close' is there 2 times"),
    ],
)
def test_what_is_no_price_file_is_refused_by_name(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "hostile.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=sentence) as refusal:
        read(path)
    assert str(path) in refusal.value.message


def test_a_missing_file_and_a_directory_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match="is a directory"):
        read(tmp_path)


def test_a_parquet_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    numbers = {name: pa.array([], pa.float64()) for name in ("open", "high", "low", "close")}
    parquet.write_table(
        pa.table({"ticker": pa.array([], pa.string()), "date": pa.array([], pa.date32()), **numbers}), path
    )
    with pytest.raises(BadInput, match="not one bar"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_line_ends_and_separators_make_no_difference(
    tmp_path: Path, encoding: str, line_end: str, separator: str
) -> None:
    expected = as_rows(read(write_long(BARS, tmp_path / "plain.csv")))
    text = (tmp_path / "plain.csv").read_text().replace(",", separator).replace("\n", line_end)
    other = tmp_path / "other.csv"
    other.write_bytes(text.encode(encoding))
    assert as_rows(read(other)) == expected


def test_decimal_commas_and_thousands_are_read(tmp_path: Path) -> None:
    path = tmp_path / "SAP.csv"
    path.write_text("Date;Open;High;Low;Close;Volume\n31.01.2014;1.234,5;1.240;1.230,25;1.235,25;1.000\n")
    assert as_rows(read(path)) == [("SAP", 16101, 12_345_000, 12_400_000, 12_302_500, 12_352_500, 1000)]


def test_quoted_thousands_and_dollar_signs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text('Date,Open,High,Low,Close,Volume\n2014-01-31,"1,234.5",$1240,"$1,230.25",1235.25,"1,000"\n')
    assert as_rows(read(path)) == [("AAPL", 16101, 12_345_000, 12_400_000, 12_302_500, 12_352_500, 1000)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,2014-01-03,x,11,9,10,100", "not a number"),
        ("A,2014-01-03,inf,11,9,10,100", "not a number"),
        ("A,2014-01-03,10,11,9,-10,100", "not above zero"),
        ("A,2014-01-03,10,11,0,10,100", "not above zero"),
        ("A,2014-01-03,10,99999999999999999999,9,10,100", "ten million"),
        ("A,2014-01-03,10,9,11,10,100", "high is below the low"),
        ("A,2014-01-03,10,11,9,10,-1", "volume is negative"),
        ("A,2014-13-03,10,11,9,10,100", "date cannot be read"),
        ("A,,10,11,9,10,100", "date is missing"),
        (" ,2014-01-03,10,11,9,10,100", "ticker is missing"),
        ("A,2014-01-03,10", "3 fields instead of 7"),
    ],
)
def test_a_row_that_cannot_be_used_refuses_the_file_unless_it_is_skipped(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n{row}\nA,2014-01-06,10,11,9,10,100\n")
    with pytest.raises(BadInput, match=reason) as refusal:
        read(path)
    assert "row 3" in refusal.value.message
    assert "--skip-bad" in refusal.value.hint
    found = read(path, skip_bad=True)
    assert [row[1] for row in as_rows(found)] == [16072, 16076]
    assert [(r.row_number, reason in r.reason) for r in found.refused] == [(3, True)]


def test_rows_after_a_short_line_keep_the_number_that_an_editor_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    bad = "A,2014-01-03,x,11,9,10,100"
    path.write_text(f"{HEADER}\nA,1\n{bad}\nA,2\n{bad}\n{GOOD}\n{bad}\n")
    assert [r.row_number for r in read(path, skip_bad=True).refused] == [2, 3, 4, 5, 7]


@pytest.mark.parametrize("ticker", ["NA", "TRUE", "NULL", "NaN", "1"])
def test_a_ticker_that_looks_like_something_else_stays_a_ticker(tmp_path: Path, ticker: str) -> None:
    assert [row[0] for row in as_rows(read(write_long([flat(ticker, SESSIONS[0], 5.0)], tmp_path / "a.csv")))] == [
        ticker.upper()
    ]
