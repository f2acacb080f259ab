"""`stonks tax` from end to end: what an accountant sees, what is written, and what is refused."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from engine.adapters import clock
from tests.support.program import ROOT, Desk

PUBLISHED = """\
date,ticker,side,quantity,amount
2009-09-24,XYZ,buy,100,5000
2009-12-18,XYZ,buy,50,2750
2009-12-28,XYZ,buy,25,1125
2010-01-07,XYZ,sell,100,4000
"""
"""Publication 550 (2009), more or less stock bought than sold, example 1; 26 CFR 1.1091-1(h), example 2."""

DECEMBER = """\
date,ticker,side,quantity,amount
2023-09-21,XYZ,buy,100,5000
2023-12-21,XYZ,sell,50,2000
2023-12-28,XYZ,buy,25,1125
"""

BROKER = """\
"Trade Date","Settled","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"
"12/19/2024","12/20/2024","Sell","NVDA","NVIDIA CORP","40","$130.00","$0.15","$5,199.85"
"12/06/2024","12/09/2024","Buy","NVDA","NVIDIA CORP","40","$142.50","","-$5,700.00"
"12/06/2024","12/09/2024","Sell","VTI","VANGUARD TOTAL MARKET","12.5","$301.00","$0.10","$3,762.40"
"11/04/2024","11/05/2024","Buy","VTI","VANGUARD TOTAL MARKET","2.25","$284.00","","-$639.00"
"09/30/2024","09/30/2024","Reinvest Shares","VTI","VANGUARD TOTAL MARKET","0.2531","$282.10","","-$71.40"
"06/10/2024","06/10/2024","Split","NVDA","NVIDIA CORP 10 FOR 1","10","","",""
"03/08/2024","03/12/2024","Sell","TSLA","TESLA INC","20","$175.00","$0.12","$3,499.88"
"02/20/2024","02/22/2024","Buy","TSLA","TESLA INC","10","$193.00","","-$1,930.00"
"02/01/2024","02/05/2024","Buy","NVDA","NVIDIA CORP","8","$615.00","","-$4,920.00"
"01/30/2024","02/01/2024","Buy","TSLA","TESLA INC","20","$191.00","","-$3,820.00"
"11/15/2022","11/17/2022","Buy","VTI","VANGUARD TOTAL MARKET","12.5","$198.00","","-$2,475.00"
"""

Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(content: str) -> Path:
        path = tmp_path / "transactions.csv"
        path.write_text(content)
        return path

    return write


def exported(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_published_example_comes_out_as_published(desk: Desk, written: Written) -> None:
    ended = desk.stonks("tax", "--transactions", written(PUBLISHED))
    assert (ended.code, ended.err) == (0, "")
    out = " ".join(ended.out.split())
    assert "short-term 1 4,000.00 5,000.00 -1,000.00 750.00 -250.00" in out
    assert "2010-01-07 XYZ 50 500.00 row 5 2009-12-18 row 3" in out
    assert "2010-01-07 XYZ 25 250.00 row 5 2009-12-28 row 4" in out
    assert "XYZ 2009-12-18 2009-09-24 50 2,750.00 500.00 3,250.00 65.00" in out
    assert "XYZ 2009-12-28 2009-09-24 25 1,125.00 250.00 1,375.00 55.00" in out
    assert "Pending" not in out


def test_a_loss_is_pending_as_long_as_its_window_is_open(desk: Desk, written: Written) -> None:
    words = ("tax", "--transactions", written(DECEMBER), "--as-of")
    assert "2023-12-21 XYZ 25 250.00 row 3 2024-01-20" in " ".join(desk.stonks(*words, "2024-01-15").out.split())
    before = desk.stonks(*words, "2023-12-27").out
    assert "! 1 transaction after 2023-12-27 left out" in before
    assert "2023-12-21  XYZ         50  500.00  row 3  2024-01-20" in before


def test_the_export_read_back_adds_up_to_what_counts(desk: Desk, written: Written, tmp_path: Path) -> None:
    to = tmp_path / "f8949.csv"
    words = ("tax", "--transactions", written(BROKER), "--year", "2024")
    ended = desk.stonks(*words, "--export", to, "--form-1099b", "none")
    assert (ended.code, ended.out) == (0, "")
    assert f"3 lines of 2024 written to {to}" in ended.err
    lines = exported(to)
    found = json.loads(desk.stonks(*words, "--json").out)
    total = found["years"][0]["total"]
    for column, name in (("(d) Proceeds", "proceeds"), ("(e) Cost or other basis", "basis"),
                         ("(g) Amount of adjustment", "disallowed"), ("(h) Gain or (loss)", "recognised")):  # fmt: skip
        assert sum(Decimal(line[column] or 0) for line in lines) == Decimal(total[name])
    assert [(line["Part"], line["Box"]) for line in lines] == [("I", "C")] * 2 + [("II", "F")]
    assert [line["(a) Description of property"] for line in lines] == ["20 sh. TSLA", "40 sh. NVDA", "12.5 sh. VTI"]


def test_an_export_goes_over_no_file_and_of_no_two_years(desk: Desk, written: Written, tmp_path: Path) -> None:
    to = tmp_path / "f.csv"
    words = ("tax", "--transactions", written(DECEMBER + "2024-05-01,XYZ,sell,1,70\n"), "--export", to)
    ended = desk.stonks(*words)
    assert (ended.code, to.exists()) == (2, False)
    assert "there are sales in 2023, 2024: one file holds one year" in ended.err
    assert desk.stonks(*words, "--year", "2023").code == 0
    assert "is there already" in desk.stonks(*words, "--year", "2024").err
    assert exported(to)[0]["(c) Date sold or disposed of"] == "12/21/2023"
    assert desk.stonks(*words, "--year", "2024", "--force").code == 0
    assert [line["(c) Date sold or disposed of"] for line in exported(to)] == ["05/01/2024"]


def test_an_export_says_which_lines_may_still_change(desk: Desk, written: Written, tmp_path: Path) -> None:
    to = tmp_path / "f.csv"
    ended = desk.stonks("tax", "--transactions", written(DECEMBER), "--as-of", "2024-01-15", "--export", to)
    assert "1 line may still change: a purchase up to the end of 2024-01-20 would put off a loss" in ended.err
    assert exported(to)[0]["Pending"] == "25 sh. until 01/20/2024"


def test_a_year_without_sales_is_said_and_not_exported(desk: Desk, written: Written, tmp_path: Path) -> None:
    words = ("tax", "--transactions", written(DECEMBER), "--year", "2021")
    ended = desk.stonks(*words)
    assert ended.code == 0
    assert "Nothing was sold in 2021; there are sales in 2023." in ended.out
    ended = desk.stonks(*words, "--export", tmp_path / "f.csv")
    assert ended.code == 1
    assert "Nothing was sold in 2021" in ended.err
    assert not (tmp_path / "f.csv").exists()


def test_json_is_one_value_with_everything(desk: Desk, written: Written) -> None:
    ended = desk.stonks("tax", "--transactions", written(BROKER), "--json", "--as-of", "2024-12-31")
    assert ended.code == 0
    found = json.loads(ended.out)
    assert [year["year"] for year in found["years"]] == [2024]
    assert {lot["ticker"] for lot in found["open_lots"]} == {"NVDA", "TSLA", "VTI"}
    assert any("NOT USED: 'Fees & Comm'" in note for note in found["notes"])
    nvidia = [d for d in found["dispositions"] if d["ticker"] == "NVDA"]
    assert [(d["quantity"], d["basis"], d["gain"]) for d in nvidia] == [("40", "2460.00", "2739.85")]


def test_a_file_of_mistakes_is_refused_row_by_row_and_nothing_is_computed(
    desk: Desk, written: Written, tmp_path: Path
) -> None:
    mistakes = DECEMBER + "2024-13-01,XYZ,buy,1,1\n2024-01-02,,buy,-1,1\n2024-01-02,XYZ,sell,1,1,234\n"
    ended = desk.stonks("tax", "--transactions", written(mistakes), "--export", tmp_path / "f.csv")
    assert (ended.code, ended.out, (tmp_path / "f.csv").exists()) == (2, "", False)
    assert "row 5: the date '2024-13-01' cannot be read" in ended.err
    assert "row 6: the ticker is empty; a quantity" not in ended.err
    assert "row 6: the ticker is empty" in ended.err
    assert "row 7: the line has 6 fields instead of 5" in ended.err
    assert "3 rows cannot be used, so nothing was computed" in ended.err


def test_a_sale_of_what_is_not_held_is_refused(desk: Desk, written: Written) -> None:
    ended = desk.stonks("tax", "--transactions", written(DECEMBER + "2024-01-02,XYZ,sell,76,1\n"))
    assert ended.code == 2
    assert "row 5: 76 XYZ are sold on 2024-01-02, but 75 are held then" in ended.err
    assert "the list must begin with the first purchase" in ended.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("date,ticker,side,quantity,amount\n", "holds no transactions"),
        ("date,ticker,side,quantity,price\n2024-01-02,XYZ,buy,1,1\n", "no column for amount; the file has: date,"),
        ("PK\x03\x04...", "a ZIP archive or an Excel workbook"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(desk: Desk, written: Written, content: str, said: str) -> None:
    ended = desk.stonks("tax", "--transactions", written(content))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_file_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    ended = desk.stonks("tax", "--transactions", tmp_path / "gone.csv")
    assert (ended.code, f"there is no file {tmp_path / 'gone.csv'}" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--year", "24"), "'24' is not a year"),
        (("--as-of", "yesterday"), "yesterday"),
        (("--run", "1"), "not allowed with"),
        (("--export", "f.txt"), "ends in neither .csv nor .parquet"),
        (("--column", "amount"), "write OURS=NAME-IN-FILE"),
        (("--column", "amount=Total"), "there is no column 'Total'"),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, written: Written, words: tuple[str, ...], said: str) -> None:
    ended = desk.stonks("tax", "--transactions", written(DECEMBER), *words)
    assert ended.code == 2
    assert said in ended.err


def test_a_run_s_tax_agrees_with_its_trades(desk: Desk) -> None:
    desk.run()
    ended = desk.stonks("tax", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert found["source"].startswith("backtest 1, which ends on ")
    recognised = sum(Decimal(year["total"]["recognised"]) for year in found["years"])
    carried = sum(Decimal(lot["carried"]) for lot in found["open_lots"])
    assert carried > 0
    assert recognised - carried == sum(Decimal(trade["pnl"]) for trade in desk.exported("trades"))
    assert desk.stonks("tax").out.startswith(f"Tax as of {found['as_of']}, from backtest 1, which ends on")


def test_the_newest_run_is_meant_unless_another_is_named_and_there_must_be_one(desk: Desk) -> None:
    ended = desk.stonks("tax")
    assert (ended.code, "there is no finished backtest" in ended.err) == (1, True)
    desk.run()
    desk.run()
    assert "from backtest 2," in desk.stonks("tax").out
    assert "from backtest 1," in desk.stonks("tax", "--run", "1").out
    assert desk.stonks("tax", "--run", "7").code == 1


def test_a_list_comes_through_the_command_as_it_is_installed(written: Written, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "stonks_tui.cli", "--data-dir", tmp_path / "none", "tax",
         "--transactions", written(DECEMBER)],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "-250.00" in ended.stdout
    assert not (tmp_path / "none").exists()


def test_trades_that_are_planned_are_taken_as_if_made_and_said_to_be(desk: Desk, written: Written) -> None:
    soon = clock.now().date() + timedelta(days=20)
    lines = f"2023-01-03,XYZ,buy,10,1000\n{soon},XYZ,sell,10,900\n"
    ended = desk.stonks("tax", "--transactions", written(f"date,ticker,side,quantity,amount\n{lines}"))
    assert ended.code == 0
    assert "! 1 transaction after today," in ended.out
    assert f"{soon} XYZ 10 100.00 row 3 {soon + timedelta(days=30)}" in " ".join(ended.out.split())


def test_a_day_that_is_years_away_is_a_slip_of_the_pen(desk: Desk, written: Written) -> None:
    far = clock.now().date() + timedelta(days=400)
    ended = desk.stonks("tax", "--transactions", written(f"date,ticker,side,quantity,amount\n{far},XYZ,buy,10,1000\n"))
    assert ended.code == 2
    assert "is still to come" in ended.err
