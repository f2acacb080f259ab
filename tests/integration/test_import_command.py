"""`stonks import` from end to end: what it says, what it stores, and that it stores nothing by halves."""

import json
import sqlite3
from pathlib import Path

import pytest

from stonks_tui.cli import main

BARS = "Date,Symbol,Open,High,Low,Close,Volume\n" + "".join(
    f"2014-01-{day:02},AAPL,10,10.5,9.5,10,{100 + day}\n" for day in (2, 3, 6, 7, 8, 9)
)
RECOMMENDATIONS = (
    "id,ticker,action,confidence,generated_at\n"
    "r1,AAPL,BUY,0.7,2014-01-03T15:00:00Z\n"
    "r2,AAPL,hold,0.7,2014-01-03T15:00:00Z\n"
    "r3,AAPL,sell,1.7,2014-01-06T15:00:00Z\n"
)


def stonks(data_dir: Path, *words: str) -> int:
    return main(["--data-dir", str(data_dir), "import", *words])


def given(tmp_path: Path, name: str, content: str) -> str:
    path = tmp_path / name
    path.write_text(content)
    return str(path)


def count(data_dir: Path, table: str) -> int:
    with sqlite3.connect(data_dir / "market.db") as db:
        found: int = db.execute(f"select count(*) from {table}").fetchone()[0]  # names of tables in this file only
    db.close()
    return found


def test_the_same_file_twice_changes_nothing_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = given(tmp_path, "bars.csv", BARS)
    assert stonks(tmp_path, "bars", path) == 0
    assert "stored: 6 new, 0 changed, 0 there already" in capsys.readouterr().out
    assert stonks(tmp_path, "bars", path) == 0
    assert "nothing changed: all 6 rows were there already" in capsys.readouterr().out
    assert count(tmp_path, "price_bars") == 6


def test_a_corrected_file_changes_only_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stonks(tmp_path, "bars", given(tmp_path, "bars.csv", BARS))
    capsys.readouterr()
    more = BARS.replace("10.5,9.5,10,106", "10.6,9.5,10,106") + "2014-01-10,AAPL,10,10.5,9.5,10,110\n"
    assert stonks(tmp_path, "bars", given(tmp_path, "bars.csv", more)) == 0
    assert "stored: 1 new, 1 changed, 5 there already" in capsys.readouterr().out


def test_the_preview_says_what_was_understood_and_a_dry_run_stores_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stonks(tmp_path, "bars", given(tmp_path, "bars.csv", BARS), "--dry-run") == 0
    out = capsys.readouterr().out
    assert "bars, 6 rows, 1 ticker, 2014-01-02 to 2014-01-09 (csv)" in out
    assert "ticker ← Symbol" in out
    assert "dry run: 6 rows would be stored, none was" in out
    assert not (tmp_path / "market.db").exists()


def test_a_bad_row_refuses_all_files_unless_it_is_to_be_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = given(tmp_path, "bars.csv", BARS)
    bad = given(tmp_path, "more.csv", "Date,Symbol,Open,High,Low,Close\n2014-01-02,X,1,2,1,nonsense\n")
    assert stonks(tmp_path, "bars", good, bad) == 2
    said = capsys.readouterr().err
    assert "more.csv, row 2" in said
    assert "nonsense" in said
    assert "--skip-bad" in said
    assert not (tmp_path / "market.db").exists()
    assert stonks(tmp_path, "bars", good, bad, "--skip-bad") == 0
    out = capsys.readouterr().out
    assert "refused rows: 1" in out
    assert "6 new" in out


def test_recommendations_are_all_or_nothing_and_others_than_buy_and_sell_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = given(tmp_path, "recs.csv", RECOMMENDATIONS)
    assert stonks(tmp_path, "recommendations", path) == 2
    assert "row 4" in capsys.readouterr().err
    assert stonks(tmp_path, "recommendations", path, "--skip-bad") == 0
    out = capsys.readouterr().out
    assert "hold 1" in out
    assert "stored: 1 new" in out
    assert count(tmp_path, "recommendations") == 1


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("sectors", "Symbol,Security,GICS Sector\nAAPL,Apple,Information Technology\n"),
        ("earnings", "ticker,date\nAAPL,2014-01-27\n"),
        ("splits", "ticker,date,ratio\nAAPL,2014-06-09,7:1\n"),
        ("dividends", "ticker,ex_date,amount\nAAPL,2014-02-06,3.05\n"),
    ],
)
def test_facts_are_stored_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, content: str) -> None:
    path = given(tmp_path, "facts.csv", content)
    assert stonks(tmp_path, kind, path) == 0
    assert "stored: 1 new" in capsys.readouterr().out
    assert stonks(tmp_path, kind, path) == 0
    assert "nothing changed: the one row was there already" in capsys.readouterr().out


def test_json_holds_files_faults_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = BARS + "2014-01-11,AAPL,10,10.5,9.5,10,110\n"
    assert stonks(tmp_path, "bars", given(tmp_path, "bars.csv", content), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stored"] == {"new": 6, "same": 0, "changed": 0}
    assert found["files"][0]["rows"] == 7
    assert [(f["kind"], f["ticker"], f["on"], f["row_number"]) for f in found["faults"]] == [
        ("not_a_session", "AAPL", "2014-01-11", 8)
    ]


def test_all_faults_go_to_a_file_that_is_asked_for(tmp_path: Path) -> None:
    content = BARS + "2014-01-11,AAPL,10,10.5,9.5,10,110\n"
    listed = tmp_path / "faults.csv"
    assert stonks(tmp_path, "bars", given(tmp_path, "b.csv", content), "--dry-run", "--faults", str(listed)) == 0
    assert "not_a_session,AAPL,2014-01-11" in listed.read_text()


def test_help_lists_every_kind_of_fault_and_its_actions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stonks(tmp_path, "--help") == 0
    out = capsys.readouterr().out
    assert "conflicting_duplicate = refuse | first | last" in out
    assert "bad_price = drop | keep | refuse" in out


QUOTES = "ticker,price,at\nAAPL,10,2014-01-03T15:00:00Z\nAAPL,10.5,2014-01-03T15:01:00Z\n"
SIGNALS = "signal_id,ticker,direction,confidence,generated_at\ns1,AAPL,up,0.7,2014-01-03T15:00:00Z\n"
EVENTS = (
    "event_id,severity,at,until,tickers\n"
    "e1,high,2014-01-03T15:00:00Z,2014-01-03T16:00:00Z,MSFT;AAPL\ne2,low,2014-01-03T15:00:00Z,2014-01-03T16:00:00Z,\n"
)


@pytest.mark.parametrize(
    ("kind", "content", "table", "rows"),
    [
        ("quotes", QUOTES, "quotes", 2),
        ("signals", SIGNALS, "intraday_signals", 1),
        ("macro-events", EVENTS, "macro_events", 2),
    ],
)
@pytest.mark.parametrize("is_old", [False, True], ids=["new", "made before these tables"])
def test_what_a_live_account_hears_is_kept_once_also_in_a_file_that_has_no_place_for_it(
    kind: str, content: str, table: str, rows: int, is_old: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stonks(tmp_path, "bars", given(tmp_path, "bars.csv", BARS))
    if is_old:
        with sqlite3.connect(tmp_path / "market.db") as db:
            db.execute(f"DROP TABLE {table}")
            db.execute("UPDATE alembic_version SET version_num = '0003'")
        db.close()
    path = given(tmp_path, f"{kind}.csv", content)
    assert stonks(tmp_path, kind, path) == 0
    assert f"stored: {rows} new, 0 changed, 0 there already" in capsys.readouterr().out
    assert stonks(tmp_path, kind, path) == 0
    assert "there already" in capsys.readouterr().out
    assert count(tmp_path, table) == rows


def test_a_bad_signal_is_refused_by_its_line_and_stores_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = given(tmp_path, "signals.csv", SIGNALS + "s2,AAPL,up,1.7,2014-01-03T15:00:00Z\n")
    assert stonks(tmp_path, "signals", path) == 2
    assert "row 3" in capsys.readouterr().err
    assert not (tmp_path / "market.db").exists()
