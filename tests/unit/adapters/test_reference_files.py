"""Reference files: sectors, earnings, splits and dividends."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from engine.adapters.input_options import InputOptions
from engine.adapters.reference_files import (
    by_ticker,
    ratio_of,
    read_dividends,
    read_earnings,
    read_securities,
    read_splits,
)
from engine.errors import BadInput
from engine.model.market import Dividend, Security, Split

OPTIONS = InputOptions()


def written(tmp_path: Path, *lines: str) -> list[Path]:
    path = tmp_path / "facts.csv"
    path.write_text("\n".join(lines) + "\n")
    return [path]


def test_sectors_are_read_under_the_names_of_the_index_providers_list(tmp_path: Path) -> None:
    found = read_securities(written(tmp_path, "Symbol,Security,GICS Sector", "mmm,3M,Industrials", "X,,"), OPTIONS)
    assert found.rows == (
        Security(ticker="MMM", name="3M", sector="Industrials"),
        Security(ticker="X", name="", sector=None),
    )


def test_a_ticker_with_two_sectors_is_refused_the_second_time(tmp_path: Path) -> None:
    found = read_securities(written(tmp_path, "ticker,sector", "A,Energy", "A,Energy", "A,Utilities"), OPTIONS)
    assert [s.sector for s in found.rows] == ["Energy"]
    assert [r.row_number for r in found.refused] == [4]


def test_earnings_come_in_order_and_once(tmp_path: Path) -> None:
    lines = ["Symbol,Earnings Date", "A,2014-05-01", "A,2014-02-01", "A,2014-05-01", "B,2014-03-01"]
    found = read_earnings(written(tmp_path, *lines), OPTIONS)
    assert by_ticker(found.rows) == {"A": (date(2014, 2, 1), date(2014, 5, 1)), "B": (date(2014, 3, 1),)}


@pytest.mark.parametrize(
    ("text", "ratio"),
    [("4", 4), ("4.0", 4), ("0.5", "1/2"), ("4:1", 4), ("4-for-1", 4), ("4 for 1", 4), ("1/10", "1/10"), ("3:2", "3/2"),
     ("0.333333", "1/3"), ("1.0275", "411/400"), ("1398:1000", "699/500")],
)  # fmt: skip
def test_ratios_are_read_as_people_write_them(text: str, ratio: int | str) -> None:
    assert ratio_of(text) == Fraction(ratio)


@pytest.mark.parametrize("text", ["", "0", "1", "1:0", "-2", "two", "2:1:1", "nan"])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ratio"):
        ratio_of(text)


def test_splits_and_dividends_are_read_with_their_bad_rows_refused(tmp_path: Path) -> None:
    splits = read_splits(written(tmp_path, "ticker,date,ratio", "AAPL,06/09/2014,7:1", "X,nonsense,2"), OPTIONS)
    assert splits.rows == (Split(ticker="AAPL", on=date(2014, 6, 9), ratio=Fraction(7)),)
    assert [r.row_number for r in splits.refused] == [3]
    paid = read_dividends(written(tmp_path, "Ticker,Ex Date,Amount", "A,2014-06-09,$0.4725", "A,2014-09-09,0"), OPTIONS)
    assert paid.rows == (Dividend(ticker="A", ex_on=date(2014, 6, 9), amount=4725),)
    assert "above zero" in paid.refused[0].reason


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="ratio"):
        read_splits(written(tmp_path, "ticker,date", "A,2014-01-02"), OPTIONS)
