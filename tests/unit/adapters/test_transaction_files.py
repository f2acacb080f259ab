"""Transaction files: every row counts, to the last digit, or none does."""

import gzip
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.adapters.input_options import InputOptions
from engine.adapters.transaction_cells import plain_number
from engine.adapters.transaction_files import TransactionRead, read_transactions
from engine.errors import BadInput
from engine.model.market import Split
from engine.model.orders import OrderSide
from engine.model.tax import TaxEvent, TaxTrade

TODAY = date(2024, 6, 30)
HEAD = "date,ticker,side,quantity,amount"


def read(tmp_path: Path, *lines: str, options: InputOptions | None = None, name: str = "t.csv") -> TransactionRead:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return read_transactions(path, options or InputOptions(), latest=TODAY)


def events(tmp_path: Path, *lines: str) -> tuple[TaxEvent, ...]:
    return read(tmp_path, HEAD, *lines).events


def refused(tmp_path: Path, *lines: str) -> str:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, *lines)
    return f"{caught.value.message}\n{caught.value.hint}"


def trade(row: int, on: str, side: str, quantity: int | str, cents: int, **more: str) -> TaxTrade:
    return TaxTrade(
        **{"trade_id": f"row {row}", "ticker": "XYZ", **more},
        on=date.fromisoformat(on),
        side=OrderSide(side),
        quantity=Fraction(quantity) if isinstance(quantity, str) else quantity,
        amount=cents * 100,
    )


def test_a_file_becomes_its_trades_named_by_their_lines(tmp_path: Path) -> None:
    assert events(tmp_path, "2024-01-02,xyz,Buy,100,1000", "2024-01-03,XYZ,SELL,60,590.5") == (
        trade(2, "2024-01-02", "buy", 100, 100_000),
        trade(3, "2024-01-03", "sell", 60, 59_050),
    )


def test_the_words_of_brokers_are_understood(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'Trade Date,Settlement Date,Action,Symbol,Description,Qty,Price,"Fees & Comm",Net Amount,Order Number',
        '01/16/2024,01/18/2024,Sold,BRK.B,BERKSHIRE,"1,000",$1.00,$0.05,"$1,234.5678",A-2',
        "01/03/2024,01/05/2024,You bought,BRK.B,BERKSHIRE,1000.500,$1.00,$0.05,$ 999.50,A-1",
    )
    bought, sold = found.events
    assert isinstance(bought, TaxTrade)
    assert isinstance(sold, TaxTrade)
    assert (bought.on, bought.quantity, bought.amount) == (date(2024, 1, 3), Fraction(2001, 2), 9_995_000)
    assert (sold.on, sold.quantity, sold.amount, sold.order_id) == (date(2024, 1, 16), 1000, 12_345_678, "A-2")
    assert any("NOT USED: 'Fees & Comm'" in note for note in found.preview.notes)


def test_two_rows_that_are_alike_are_two_trades(tmp_path: Path) -> None:
    twice = ["2024-01-02,XYZ,buy,1,10"] * 2
    assert len(events(tmp_path, *twice)) == 2


def test_rows_are_sorted_by_date_and_of_one_day_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = ["2024-01-04,XYZ,buy,4,1", "2024-01-02,XYZ,buy,1,1", "2024-01-04,XYZ,sell,5,1", "2024-01-03,XYZ,buy,2,1"]
    assert [getattr(e, "quantity", 0) for e in events(tmp_path, *rows)] == [1, 2, 4, 5]


def test_a_file_with_its_newest_day_first_is_read_from_its_end(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD, "2024-01-04,XYZ,sell,5,1", "2024-01-04,XYZ,buy,4,1", "2024-01-02,XYZ,buy,1,1")
    assert [getattr(e, "trade_id", "") for e in found.events] == ["row 4", "row 3", "row 2"]
    assert any("newest day comes first" in note for note in found.preview.notes)


def test_a_time_of_day_decides_within_a_day(tmp_path: Path) -> None:
    found = events(
        tmp_path,
        "2024-01-02T15:30:00,XYZ,sell,3,1",
        "2024-01-02T09:30:00,XYZ,buy,3,1",
        "2024-01-03T09:30:00,XYZ,buy,1,1",
    )
    assert [getattr(e, "trade_id", "") for e in found] == ["row 3", "row 2", "row 4"]


def test_a_moment_counts_on_its_day_in_new_york(tmp_path: Path) -> None:
    assert events(tmp_path, "2024-01-03T01:00:00Z,XYZ,buy,1,1")[0].on == date(2024, 1, 2)


def test_a_split_is_how_many_shares_one_becomes_and_goes_before_the_trades_of_its_day(tmp_path: Path) -> None:
    found = events(
        tmp_path,
        "2024-01-02,XYZ,buy,9,90",
        "2024-01-03,XYZ,sell,3,90",
        "2024-01-03,XYZ,split,1:3,",
        "2024-01-04,XYZ,Split,4,0",
    )
    assert found[1] == Split(ticker="XYZ", on=date(2024, 1, 3), ratio=Fraction(1, 3))
    assert found[3] == Split(ticker="XYZ", on=date(2024, 1, 4), ratio=Fraction(4))


def test_numbers_are_exact_where_floats_are_not(tmp_path: Path) -> None:
    bought = events(tmp_path, "2024-01-02,XYZ,buy,0.1234567890123456789,90071992547409.9301")[0]
    assert isinstance(bought, TaxTrade)
    assert bought.quantity == Fraction(1234567890123456789, 10**19)
    assert bought.amount == 900_719_925_474_099_301


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = {
        "date": pa.array([datetime(2024, 1, 2), datetime(2024, 1, 3), datetime(2024, 1, 4)], pa.timestamp("ns")),  # noqa: DTZ001
        "ticker": pa.array(["XYZ"] * 3).dictionary_encode(),
        "side": ["buy", "split", "sell"],
        "quantity": pa.array(np.array([0.1, 2, 0.15], np.float32)),
        "amount": pa.array([1234.56, float("nan"), 0.07], pa.float64()),
    }
    pq.write_table(pa.table(table), path)
    found = read_transactions(path, InputOptions(), latest=TODAY).events
    assert found == (
        trade(1, "2024-01-02", "buy", "1/10", 123_456),
        Split(ticker="XYZ", on=date(2024, 1, 3), ratio=Fraction(2)),
        trade(3, "2024-01-04", "sell", "3/20", 7),
    )
    exact = {
        "date": [date(2024, 1, 2)], "ticker": ["XYZ"], "side": ["buy"],
        "quantity": pa.array([3]), "amount": pa.array([Decimal("10.0001")], pa.decimal128(20, 4)),
    }  # fmt: skip
    pq.write_table(pa.table(exact), path)
    bought = read_transactions(path, InputOptions(), latest=TODAY).events[0]
    assert isinstance(bought, TaxTrade)
    assert (bought.quantity, bought.amount) == (3, 100_001)


def test_packed_files_other_separators_and_decimal_commas_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"date;ticker;side;quantity;amount\n02.01.2024;XYZ;buy;1.000;1.234,50\n"))
    assert read_transactions(path, InputOptions(), latest=TODAY).events == (
        trade(2, "2024-01-02", "buy", 1000, 123_450),
    )


def test_a_decimal_comma_far_down_the_file_counts_for_all_of_it(tmp_path: Path) -> None:
    rows = ["2024-01-02;XYZ;buy;1;10"] * 30
    found = read(tmp_path, HEAD.replace(",", ";"), *rows, "2024-01-02;XYZ;buy;1,234;10,5").events
    assert getattr(found[-1], "quantity", 0) == Fraction(1234, 1000)


def test_an_order_and_ids_of_its_own_are_kept(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD},order_id,id", "2024-01-02,XYZ,buy,1,1,o1,f1", "2024-01-02,XYZ,buy,1,1,o1,").events
    assert found == (
        trade(2, "2024-01-02", "buy", 1, 100, order_id="o1", trade_id="f1"),
        trade(3, "2024-01-02", "buy", 1, 100, order_id="o1"),
    )


def test_a_minus_before_what_goes_out_is_understood_when_all_rows_have_it(tmp_path: Path) -> None:
    rows = ["2024-01-02,XYZ,buy,2,-10.00", "2024-01-03,XYZ,buy,1,(5)", "2024-01-04,XYZ,sell,-3,$20"]
    found = read(tmp_path, HEAD, *rows)
    assert found.events == (
        trade(2, "2024-01-02", "buy", 2, 1000),
        trade(3, "2024-01-03", "buy", 1, 500),
        trade(4, "2024-01-04", "sell", 3, 2000),
    )
    assert "the minus before the amount of purchases was read as: this went out" in found.preview.notes
    said = refused(tmp_path, HEAD, *rows, "2024-01-05,XYZ,buy,1,5")
    assert "row 5: the amount of purchases has a minus in 2 rows and none in 1" in said


def test_the_latest_day_is_in(tmp_path: Path) -> None:
    assert len(events(tmp_path, "2024-06-30,XYZ,buy,1,1")) == 1


def test_nothing_for_something_is_a_trade_too(tmp_path: Path) -> None:
    assert events(tmp_path, "2024-01-02,XYZ,buy,1,0", "2024-01-03,XYZ,sell,1,0.00")[1] == trade(
        3, "2024-01-03", "sell", 1, 0
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",XYZ,buy,1,1", "the date is missing"),
        ("2024-13-02,XYZ,buy,1,1", "the date '2024-13-02' cannot be read"),
        ("2024-07-01,XYZ,buy,1,1", "2024-07-01 is after 2024-06-30"),
        ("0204-01-02,XYZ,buy,1,1", "0204-01-02 is too long ago"),
        ("2024-01-02,,buy,1,1", "the ticker is empty"),
        ("2024-01-02,XYZ240119C00150000,buy,1,1", "XYZ240119C00150000 looks like an option"),
        ("2024-01-02,XYZ 01/19/2024 150.00 C,buy,1,1", "XYZ 01/19/2024 150.00 C looks like an option"),
        ("2024-01-02,XYZ,dividend,1,1", "the side 'dividend' is neither buy, sell nor split"),
        ("2024-01-02,XYZ,Stock Split,300,", "the side 'Stock Split' is neither"),
        ("2024-01-02,XYZ,sell short,1,1", "the side 'sell short' is neither"),
        ("2024-01-02,XYZ,,1,1", "the side is missing"),
        ("2024-01-02,XYZ,buy,,1", "the quantity is missing"),
        ("2024-01-02,XYZ,buy,0,1", "the quantity is zero"),
        ("2024-01-02,XYZ,buy,-1,1", "a purchase of -1 shares"),
        ("2024-01-02,XYZ,buy,1/3,1", "the quantity '1/3' is not a number"),
        ("2024-01-02,XYZ,buy,ten,1", "the quantity 'ten' is not a number"),
        ("2024-01-02,XYZ,buy,²,1", "the quantity '²' is not a number"),
        ("2024-01-02,XYZ,buy,1,", "the amount is missing"),
        ("2024-01-02,XYZ,buy,1,nan", "the amount is missing"),
        ("2024-01-02,XYZ,buy,1,inf", "the amount 'inf' is not a number"),
        ("2024-01-02,XYZ,buy,1,1.00001", "the amount '1.00001' has more than 4 decimal places"),
        ("2024-01-02,XYZ,buy,1,€5", "the amount '€5' is not a number"),
        ('2024-01-02,XYZ,buy,1,"12,50"', "the amount '12,50' is not a number"),
        ('2024-01-02,XYZ,buy,1,"1.234,50"', "the amount '1.234,50' is not a number"),
        ("2024-01-02,XYZ,sell,1,-1", "the amount of a sale is below zero"),
        ("2024-01-02,XYZ,split,1,", "the quantity of a split is how many shares one becomes: a ratio of 1 is no split"),
        ("2024-01-02,XYZ,split,2,5.00", "a split with an amount of 5.00"),
        ("2024-01-02,XYZ,buy,1,1,234.00", "the line has 6 fields instead of 5"),
        ("2024-01-02,XYZ,buy,1", "the line has 4 fields instead of 5"),
        ("Total,,,,100", "the date 'Total' cannot be read"),
    ],
)
def test_a_row_that_cannot_be_used_refuses_the_file_and_is_named(tmp_path: Path, row: str, reason: str) -> None:
    said = refused(tmp_path, HEAD, "2024-01-01,XYZ,buy,5,5", row)
    assert f"row 3: {reason}" in said
    assert "1 row cannot be used, so nothing was computed" in said


def test_everything_wrong_with_a_row_is_said_at_once(tmp_path: Path) -> None:
    assert "row 2: the side 'x' is neither buy, sell nor split; the quantity is zero" in refused(
        tmp_path, HEAD, "2024-01-01,XYZ,x,0,5"
    )


def test_of_many_bad_rows_the_first_are_named_and_the_others_counted(tmp_path: Path) -> None:
    said = refused(tmp_path, HEAD, *["2024-01-01,XYZ,buy,1,1", "oops", "2024-01-01,XYZ,hold,1,1"] * 4)
    assert [f"row {n}:" in said for n in (3, 4, 6, 7, 9, 10)] == [True] * 5 + [False]
    assert "… and 3 more" in said
    assert "8 rows cannot be used" in said


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    lines = [f"\n{HEAD},note", "", '2024-01-01,XYZ,buy,1,1,"two', 'lines"', "2024-01-02,XYZ,buy,1,1,", ",,,,,", "oops"]
    assert "row 8: the line has 1 fields" in refused(tmp_path, *lines)
    assert [getattr(e, "trade_id", "") for e in read(tmp_path, *lines[:-1]).events] == ["row 4", "row 6"]


@pytest.mark.parametrize("note", ['"never closed', '"closed" too early'])
def test_a_quotation_mark_swallows_no_rows(tmp_path: Path, note: str) -> None:
    said = refused(tmp_path, f"{HEAD},note", f"2024-01-01,XYZ,buy,1,1,{note}", "2024-01-02,XYZ,buy,1,1,")
    assert "row 2: cannot be read" in said


def test_more_sold_than_held_names_the_row_and_what_is_held(tmp_path: Path) -> None:
    said = refused(
        tmp_path,
        HEAD,
        "2024-01-02,XYZ,buy,10,1",
        "2024-01-03,XYZ,split,1/2,",
        "2024-01-04,XYZ,sell,5.5,1",
        "2024-01-04,ABC,sell,1,1",
    )
    assert "row 4: 5.5 XYZ are sold on 2024-01-04, but 5 are held then" in said
    assert "row 5: 1 ABC are sold on 2024-01-04, but 0 are held then" in said


def test_an_id_is_there_once(tmp_path: Path) -> None:
    said = refused(tmp_path, f"{HEAD},id", "2024-01-02,XYZ,buy,1,1,a", "2024-01-02,ABC,buy,1,1,a")
    assert "row 3: the id 'a' is that of row 2" in said


def test_an_order_is_of_one_ticker_and_one_side(tmp_path: Path) -> None:
    said = refused(tmp_path, f"{HEAD},order", "2024-01-02,XYZ,buy,1,1,7", "2024-01-02,ABC,buy,1,1,7")
    assert "row 3: the order '7' is to buy XYZ in row 2" in said
    assert len(read(tmp_path, f"{HEAD},order", "2024-01-02,XYZ,buy,1,1,-", "2024-01-02,ABC,buy,1,1,-").events) == 2


def test_only_dollars_are_dollars(tmp_path: Path) -> None:
    assert len(read(tmp_path, f"{HEAD},currency", "2024-01-02,XYZ,buy,1,1,USD").events) == 1
    assert "the currency is CAD" in refused(tmp_path, f"{HEAD},currency", "2024-01-02,XYZ,buy,1,1,CAD")


def test_a_column_that_is_not_there_is_named_and_can_be_pointed_out(tmp_path: Path) -> None:
    lines = ["date,ticker,side,quantity,consideration", "2024-01-02,XYZ,buy,1,10"]
    assert "no column for amount" in refused(tmp_path, *lines)
    found = read(tmp_path, *lines, options=InputOptions(columns={"amount": "consideration"}))
    assert found.events == (trade(2, "2024-01-02", "buy", 1, 1000),)


def test_an_assumed_order_of_day_and_month_is_said_and_can_be_decided(tmp_path: Path) -> None:
    lines = [HEAD, "01/02/2024,XYZ,buy,1,10"]
    assert "ASSUMED" in read(tmp_path, *lines).preview.notes[0]
    assert read(tmp_path, *lines, options=InputOptions(date_format="%d/%m/%Y")).events[0].on == date(2024, 2, 1)


def test_a_heading_alone_is_no_list(tmp_path: Path) -> None:
    assert "holds no transactions" in refused(tmp_path, HEAD)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("1,234.50", "1234.50"), (".5", ".5"), ("5.", "5."), ("−3", "-3"), ("(1,000)", "-1000"), ("1e+05", "1e+05"),
     ("1,23", None), ("1 2", None), ("", None), (".", None), ("-", None), ("1_000", None), ("1e400", None)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, meant: str | None) -> None:
    assert plain_number(text) == meant
