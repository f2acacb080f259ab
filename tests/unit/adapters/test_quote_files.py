"""Quote files: prices in the order of time, within the exchange's hours, each once."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adapters.input_options import InputOptions
from engine.adapters.quote_files import QuoteRead, read_quotes
from engine.errors import BadInput
from tests.unit.adapters.minute_files import at

OPEN = at("2014-03-07 09:30")


def written(path: Path, *rows: str, header: str = "ticker,price,at") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def read(*paths: Path, **options: object) -> QuoteRead:
    return read_quotes(list(paths), InputOptions(**options))  # type: ignore[arg-type]


def as_rows(found: QuoteRead) -> list[tuple[str, int, int]]:
    quotes = found.quotes
    names = [quotes.tickers[i] for i in quotes.ticker.tolist()]
    return list(zip(names, quotes.price.tolist(), quotes.at.tolist(), strict=True))


def micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def row(ticker: str, price: float, moment: datetime) -> str:
    return f"{ticker},{price},{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


@settings(max_examples=25, deadline=None)
@given(
    quotes=st.lists(
        st.tuples(
            st.sampled_from(["AAPL", "NA", "T"]),
            st.integers(1, 10**9),
            st.integers(0, 390 * 60_000_000).map(lambda n: OPEN + timedelta(microseconds=n)),
        ),
        min_size=1,
        unique_by=lambda q: (q[2], q[0], q[1]),
    ),
    cut=st.integers(0, 20),
)
def test_quotes_come_out_in_the_order_of_time_whatever_their_order_and_files(
    quotes: list[tuple[str, int, datetime]], cut: int
) -> None:
    rows = [row(ticker, units / 10_000, moment) for ticker, units, moment in quotes]
    with tempfile.TemporaryDirectory() as folder:
        parts = [part for part in (rows[:cut], rows[cut:]) if part]
        paths = [written(Path(folder) / f"{n}.csv", *part) for n, part in enumerate(parts)]
        found = as_rows(read(*paths))
    assert found == sorted(((t, u, micros(m)) for t, u, m in quotes), key=lambda q: q[2])


def test_quotes_of_one_moment_stay_as_they_were_written(tmp_path: Path) -> None:
    prices = [10 + n * 7 % 100 / 100 for n in range(100)]
    rows = [row("A", 50, OPEN + timedelta(seconds=1)), *[row("A", price, OPEN) for price in prices]]
    found = as_rows(read(written(tmp_path / "q.csv", *rows)))
    assert [q[1] for q in found] == [round(price * 10_000) for price in prices] + [500_000]


def test_the_closing_print_counts_and_what_is_outside_is_left_out_and_counted(tmp_path: Path) -> None:
    close = at("2014-03-07 16:00")
    moments = [OPEN - timedelta(seconds=1), OPEN, close, close + timedelta(microseconds=1)]
    found = read(written(tmp_path / "q.csv", *[row("A", 10, moment) for moment in moments]))
    assert [q[2] for q in as_rows(found)] == [micros(OPEN), micros(close)]
    assert found.notes == ("2 quotes outside of the exchange's hours were left out",)


def test_a_quote_that_was_there_before_counts_once(tmp_path: Path) -> None:
    rows = [row("A", 10, OPEN), row("A", 11, OPEN), row("A", 10, OPEN), row("B", 10, OPEN)]
    found = read(written(tmp_path / "q.csv", *rows))
    assert [q[:2] for q in as_rows(found)] == [("A", 100_000), ("A", 110_000), ("B", 100_000)]
    assert "1 quotes that were there before" in found.notes[0]


def test_quotes_make_the_daily_bar_of_their_day(tmp_path: Path) -> None:
    rows = [row("A", price, OPEN + timedelta(hours=n)) for n, price in enumerate((10, 12, 8, 9))]
    days = read(written(tmp_path / "q.csv", *rows, row("A", 7, at("2014-03-10 09:30")))).days
    columns = (days.open, days.high, days.low, days.close)
    assert [column.tolist() for column in columns] == [
        *([100_000, 70_000], [120_000, 70_000]),
        *([80_000, 70_000], [90_000, 70_000]),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("A,ten,2014-03-07T15:00:00Z", "price is missing or not a number"),
        ("A,,2014-03-07T15:00:00Z", "price is missing or not a number"),
        ("A,0,2014-03-07T15:00:00Z", "price is not above zero"),
        (",10,2014-03-07T15:00:00Z", "ticker is missing"),
        ("A,10,soon", "at cannot be read"),
        ("A,10,2014-03-07", "at has no time of day"),
        ("A,10,2014-03-07T15:00:00", "at has no time zone"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_number(tmp_path: Path, bad: str, reason: str) -> None:
    path = written(tmp_path / "q.csv", row("A", 10, OPEN), bad, row("A", 11, OPEN))
    with pytest.raises(BadInput, match=f"row 3: the {reason}|row 3: {reason}"):
        read(path)
    assert [q[1] for q in as_rows(read(path, skip_bad=True))] == [100_000, 110_000]


def test_quotes_outside_of_all_hours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not one quote is within"):
        read(written(tmp_path / "q.csv", row("A", 10, at("2014-03-07 20:00"))))
