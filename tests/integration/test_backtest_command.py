"""`stonks backtest` from end to end: what it says, what it keeps, and that the same goes in as comes out."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.daily_course import DailyCourse
from engine.model.sessions import Session
from engine.steps import Step
from tests.support import small_market
from tests.support.program import Desk

ESCAPE = "\x1b"


def test_a_run_from_files_completes_and_prints_figures_funnel_and_trades(desk: Desk) -> None:
    ended = desk.run("--name", "a first try")
    assert ended.code == 0
    assert "Backtest 1 “a first try”: completed" in ended.out
    assert "2014-01-02 to 2014-03-28 · moderate · $100,000.00 · slippage 5 bp" in ended.out
    assert "What became of 64 recommendations" in ended.out
    assert "of 68 recommendations 4 are for sessions before or after these" in ended.out
    assert "Best and worst trades" in ended.out
    assert "still held at the end: 3 positions" in ended.out
    assert ended.err == ""


def test_the_same_files_twice_have_the_same_fingerprint_under_different_numbers(desk: Desk) -> None:
    first, second = desk.record(), desk.record()
    assert (first["run_id"], second["run_id"]) == (1, 2)
    assert first["fingerprint"] == second["fingerprint"] != ""


def test_imported_data_give_the_same_fingerprint_as_the_files(desk: Desk) -> None:
    from_files = desk.record()
    for kind in ("bars", "recommendations", "sectors"):
        assert desk.stonks("import", kind, getattr(desk.files, kind)).code == 0
    ended = desk.stonks("backtest", "run", "--json")
    assert ended.code == 0, ended.err
    from_database = json.loads(ended.out)
    assert [i["kind"] for i in from_database["inputs"]] == ["market"]
    assert from_database["fingerprint"] == from_files["fingerprint"]
    assert from_database["funnel"] == from_files["funnel"]


def test_other_prices_have_another_fingerprint(desk: Desk) -> None:
    first = desk.record()
    small_market.write(desk.files.bars.parent, count=50)
    assert desk.record()["fingerprint"] != first["fingerprint"]


def test_json_is_all_of_the_output_and_amounts_in_it_are_exact(desk: Desk) -> None:
    ended = desk.run("--json")
    found = json.loads(ended.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert found["status"] == found["state"] == "completed"
    assert found["initial_capital"] == "100000.0000"
    assert Decimal(found["metrics"]["final_value"]) > 100_000
    assert ended.err == ""


def test_an_infinite_profit_factor_is_valid_json_and_a_sign_to_people(tmp_path: Path, desk: Desk) -> None:
    files = small_market.write(tmp_path, tickers=("RISE",))
    words = ("backtest", "run", *files.options, "--no-chart")
    found = json.loads(desk.stonks(*words, "--json").out, parse_constant=pytest.fail)
    assert found["metrics"]["trades"]["profit_factor"] == "Infinity"
    assert "Profit factor" in desk.stonks(*words).out
    assert "∞" in desk.stonks(*words).out


def test_list_shows_every_run_newest_first(desk: Desk) -> None:
    assert "There is no backtest yet" in desk.stonks("backtest", "list").out
    assert json.loads(desk.stonks("backtest", "list", "--json").out) == []
    desk.run("--name", "older")
    desk.run("--name", "newer", "--capital", "50000")
    heading, newer, older = desk.stonks("backtest", "list").out.splitlines()
    assert heading.split() == [
        *("run", "made", "(UTC)", "state", "from", "to", "capital", "return", "drawdown", "sharpe", "trades", "name")
    ]
    assert newer.split()[0] == "2"
    assert newer.endswith("newer")
    assert "50,000.00" in newer
    assert older.endswith("older")
    assert desk.listed() == {2: "completed", 1: "completed"}


def test_show_prints_what_the_run_printed(desk: Desk) -> None:
    ran = desk.stonks("backtest", "run", *desk.files.options).out
    report = ran[ran.index("Backtest 1") :]
    assert "Equity, $" in report
    assert desk.stonks("backtest", "show").out == report
    assert desk.stonks("backtest", "show", "1").out == report
    assert "Equity" not in desk.stonks("backtest", "show", "--no-chart").out


def test_the_newest_run_is_shown_when_none_is_named(desk: Desk) -> None:
    desk.run("--capital", "50000")
    desk.run()
    assert "Backtest 2:" in desk.stonks("backtest", "show").out
    assert "$50,000.00" in desk.stonks("backtest", "show", "1").out


def test_exported_trades_add_up_to_the_run_s_figures_to_the_unit(desk: Desk) -> None:
    at_once = ("--set", "gradual_entry_tranches=1")  # an entry in parts has an average price, which is rounded
    metrics = desk.record("--commission-per-order", "1", *at_once)["metrics"]
    trades, days = desk.exported("trades"), desk.exported("equity")
    assert len(trades) == metrics["trades"]["trade_count"] > 0
    assert sum(Decimal(t["pnl"]) for t in trades) == Decimal(metrics["trades"]["net_pnl"])
    for t in trades:
        gross = int(t["shares"]) * (Decimal(t["exit_price"]) - Decimal(t["entry_price"]))
        assert Decimal(t["pnl"]) == gross - Decimal(t["costs"])
        assert Decimal(t["costs"]) == 2
    last = days[-1]
    assert Decimal(last["total_value"]) == Decimal(metrics["final_value"])
    assert Decimal(last["total_value"]) == (
        100_000 + Decimal(last["realised_pnl"]) + Decimal(last["unrealised_pnl"]) - Decimal(last["costs"])
    )
    assert len(days) == 60


def test_exported_decisions_are_those_of_the_funnel(desk: Desk) -> None:
    record = desk.record()
    decisions = desk.exported("decisions")
    on_recommendations = [d for d in decisions if d["recommendation_id"]]
    for word, count in record["funnel"].items():
        assert sum((d["reason"] or "act") == word for d in on_recommendations) == count
    assert decisions[0]["decision_id"] == "d1"


@pytest.mark.parametrize("what", ["trades", "decisions", "equity"])
def test_parquet_holds_what_csv_holds(tmp_path: Path, desk: Desk, what: str) -> None:
    desk.run()
    csv_rows, path = desk.exported(what), tmp_path / "out.parquet"
    ended = desk.stonks("backtest", "export", "--what", what, "--to", path)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"{len(csv_rows)} rows of {what} of run 1 written to {path}\n"
    table = pq.read_table(path)
    assert table.column_names == list(csv_rows[0])
    for name, column in zip(table.column_names, table.columns, strict=True):
        assert ["" if v is None else str(v) for v in column.to_pylist()] == [row[name] for row in csv_rows], name


def test_a_table_without_rows_has_its_columns_and_their_types_all_the_same(tmp_path: Path, desk: Desk) -> None:
    desk.run("--set", "enabled=no")
    assert desk.stonks("backtest", "export").out.startswith("ticker,sector,entry_at,")
    desk.stonks("backtest", "export", "--to", tmp_path / "none.parquet")
    schema = pq.read_schema(tmp_path / "none.parquet")
    assert schema.field("pnl").type == pa.decimal128(20, 4)
    assert schema.field("entry_at").type == pa.timestamp("us", tz="UTC")


def test_export_never_writes_over_a_file_unasked(tmp_path: Path, desk: Desk) -> None:
    desk.run()
    path = tmp_path / "out.csv"
    path.write_text("precious")
    ended = desk.stonks("backtest", "export", "--to", path)
    assert ended.code == 2
    assert "is there already" in ended.err
    assert path.read_text() == "precious"
    assert desk.stonks("backtest", "export", "--to", path, "--force").code == 0
    assert path.read_text() == desk.stonks("backtest", "export").out
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *("bars.csv", "data", "out.csv", "recommendations.csv", "sectors.csv")
    ]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("out.txt", 2, "ends in neither .csv nor .parquet"),
        ("data", 2, "is a directory"),
        ("nowhere/out.csv", 1, "No such file or directory"),
    ],
)
def test_export_to_an_impossible_place_is_refused(tmp_path: Path, desk: Desk, name: str, code: int, words: str) -> None:
    desk.run()
    ended = desk.stonks("backtest", "export", "--to", tmp_path / name)
    assert ended.code == code
    assert words in ended.err
    assert name in ended.err


def test_delete_removes_the_run_and_its_number_is_not_given_again_while_later_ones_exist(desk: Desk) -> None:
    desk.run()
    desk.run()
    assert desk.stonks("backtest", "delete", "1").out == "run 1 is deleted\n"
    assert desk.listed() == {2: "completed"}
    assert desk.stonks("backtest", "delete", "1").code == 1
    assert desk.record()["run_id"] == 3


@pytest.mark.parametrize("words", [("show", "7"), ("export", "7"), ("delete", "7")])
def test_a_run_that_is_not_there_is_named(desk: Desk, words: tuple[str, ...]) -> None:
    ended = desk.stonks("backtest", *words)
    assert (ended.code, ended.out) == (1, "")
    assert "there is no run 7" in ended.err
    assert "stonks backtest list" in ended.err


def test_a_profile_then_the_tier_then_set_decide_about_a_setting(tmp_path: Path, desk: Desk) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('max_open_positions = 2\nrisk_tier = "aggressive"\n[tiers.conservative]\nmin_confidence = 0.9\n')
    policy = desk.record("--profile", profile)["policy"]
    assert (policy["max_open_positions"], policy["risk_tier"]) == (2, "aggressive")
    record = desk.record("--profile", profile, "--tier", "conservative", "--set", "max_open_positions=1")
    policy = record["policy"]
    assert (policy["max_open_positions"], policy["risk_tier"]) == (1, "conservative")
    assert policy["tiers.conservative.min_confidence"] == 0.9
    assert record["risk_tier"] == "conservative"


def test_loosened_rules_are_named_in_the_report_and_tightened_ones_are_not(desk: Desk) -> None:
    out = desk.run("--set", "max_open_positions=12", "--set", "tiers.moderate.min_confidence=0.9").out
    assert "! 1 rule looser than the defaults: max_open_positions 12 (default 10)" in out
    assert "min_confidence" not in out
    assert "looser" not in desk.run().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "max_open_position=5"], ["--set", "'max_open_position'", "did you mean 'max_open_positions'?"]),
        (["--set", "nope=5"], ["no setting 'nope'", "--help lists the settings"]),
        (["--set", "base_allocation_pct=1.5"], ["base_allocation_pct is 1.5", "from 0 to 1"]),
        (["--set", "base_allocation_pct=nan"], ["base_allocation_pct is nan"]),
        (["--set", "nonsense"], ["--set nonsense", "KEY=VALUE"]),
        (["--tier", "bold"], ["'bold'", "conservative"]),
        (["--capital", "abc"], ["--capital", "'abc'"]),
        (["--capital", "-5"], ["--capital is -5", "above zero"]),
        (["--capital", "0"], ["--capital is 0", "above zero"]),
        (["--capital", "1e30"], ["--capital"]),
        (["--slippage-bps", "-1"], ["--slippage-bps is -1", "0 or more"]),
        (["--slippage-bps", "nan"], ["--slippage-bps is nan"]),
        (["--commission-pct", "1"], ["--commission-pct is 1", "fraction"]),
        (["--start", "2014-02-30"], ["2014-02-30", "is no date"]),
        (["--start", "2014-03-03", "--end", "2014-02-03"], ["--start 2014-03-03 is after --end 2014-02-03"]),
        (["--start", "2015-01-05"], ["no session from 2015-01-05", "2014-01-02 to 2014-03-28"]),
        (["--start", "2014-02-01", "--end", "2014-02-02"], ["no session from 2014-02-01 to 2014-02-02"]),
    ],
)
def test_what_cannot_be_meant_is_refused_and_leaves_nothing_behind(
    desk: Desk, words: list[str], said: list[str]
) -> None:
    ended = desk.run(*words)
    assert ended.code == 2
    for part in said:
        assert part in ended.err
    assert len(ended.err.splitlines()) == 2
    assert desk.listed() == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("max_open_positions = ", "is not TOML"),
        ("nope = 1", "no setting 'nope'"),
        ("max_open_positions = -1", "max_open_positions is -1"),
        (None, "No such file"),
    ],
)
def test_a_bad_profile_is_named(tmp_path: Path, desk: Desk, content: str | None, said: str) -> None:
    profile = tmp_path / "mine.toml"
    if content is not None:
        profile.write_text(content)
    ended = desk.run("--profile", profile)
    assert ended.code == 2
    assert str(profile) in ended.err
    assert said in ended.err


def test_the_help_lists_every_setting_with_its_default(desk: Desk) -> None:
    out = desk.stonks("backtest", "run", "--help").out
    for name, value in desk.record()["policy"].items():
        if not name.startswith(("tiers.conservative", "tiers.aggressive")):
            assert f"  {name} = {value}\n" in out


def test_files_that_cannot_be_used_are_named(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "empty.csv").touch()
    for name in ("missing.csv", "data", "empty.csv"):
        ended = desk.stonks("backtest", "run", "--bars", tmp_path / name)
        assert ended.code == 2
        assert name in ended.err
    assert desk.listed() == {}


def test_recommendations_without_prices_are_refused(desk: Desk) -> None:
    ended = desk.stonks("backtest", "run", "--recommendations", desk.files.recommendations)
    assert ended.code == 2
    assert "no prices" in ended.err


def test_without_files_and_without_an_import_it_says_what_to_do(desk: Desk) -> None:
    ended = desk.stonks("backtest", "run")
    assert ended.code == 1
    assert "there is no market data" in ended.err
    assert "stonks import bars FILE" in ended.err


def test_an_account_of_600_dollars_completes_and_is_told_what_it_cannot_buy(desk: Desk) -> None:
    ended = desk.run("--capital", "600")
    assert ended.code == 0
    assert "$600.00" in ended.out
    said = " ".join(ended.out.split())
    assert (
        "! This account is too small for 1 ticker: one share always cost more than its largest position (DEAR)" in said
    )
    assert "recommendations came to less than one whole share" in said
    assert desk.shown()["unaffordable"] == ["DEAR"]
    assert {t["ticker"] for t in desk.exported("trades")} == {"CALM", "FALL", "RISE"}


def test_a_run_without_recommendations_says_so_and_draws_no_flat_lines(desk: Desk) -> None:
    ended = desk.stonks("backtest", "run", "--bars", desk.files.bars)
    assert ended.code == 0
    assert "there are no recommendations" in ended.out
    assert "Equity" not in ended.out


def test_recommendations_for_unknown_tickers_only_are_turned_down_one_and_all(desk: Desk) -> None:
    path, lines = desk.files.recommendations, []
    for line in path.read_text().splitlines():
        fields = line.split(",")
        lines.append(",".join([fields[0], fields[1].replace("A", "X").replace("I", "X"), *fields[2:]]))
    path.write_text("\n".join(lines))
    ended = desk.run()
    assert ended.code == 0
    assert "without bars (CXLM, DEXR, FXLL, RXSE): they cannot be acted on" in " ".join(ended.out.split())
    assert "act" not in desk.shown()["funnel"]
    assert desk.exported("trades") == []


def test_one_session_of_prices_is_enough_to_complete(tmp_path: Path, desk: Desk) -> None:
    files = small_market.write(tmp_path, count=1)
    ended = desk.stonks("backtest", "run", "--bars", files.bars, "--recommendations", files.recommendations)
    assert ended.code == 0
    assert "2014-01-02 to 2014-01-02" in ended.out


def test_start_and_end_bound_the_run(desk: Desk) -> None:
    record = desk.record("--start", "2014-02-01", "--end", "2014-03-02")
    assert (record["start_on"], record["end_on"]) == ("2014-02-03", "2014-02-28")
    days = desk.exported("equity")
    assert (days[0]["date"], days[-1]["date"], len(days)) == ("2014-02-03", "2014-02-28", 19)
    assert all("2014-02-03" <= d["at"][:10] <= "2014-02-28" for d in desk.exported("decisions"))


def test_a_run_that_fails_half_way_keeps_what_it_had_come_to(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = desk.record()
    play = DailyCourse.play

    def failing(course: DailyCourse, row: int, session: Session) -> Iterator[Step]:
        if row == 40:
            raise ZeroDivisionError("in the core")
        return play(course, row, session)

    monkeypatch.setattr(DailyCourse, "play", failing)
    ended = desk.run()
    assert ended.code == 1
    assert "Backtest 2: failed" in ended.out
    assert "! it failed: ZeroDivisionError: in the core. What it had come to is below." in ended.out
    assert ended.err == ""
    assert desk.shown("2")["status"] == "failed"
    assert desk.shown("2")["fingerprint"] != whole["fingerprint"]
    assert len(desk.exported("equity", "2")) == 40
    assert desk.exported("equity", "2") == desk.exported("equity", "1")[:40]
    decided = desk.exported("decisions", "2")
    assert decided == desk.exported("decisions", "1")[: len(decided)] != []


def test_a_run_that_failed_is_json_with_exit_code_1(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(course: DailyCourse, row: int, session: Session) -> Iterator[Step]:
        raise ZeroDivisionError("in the core")

    monkeypatch.setattr(DailyCourse, "play", failing)
    ended = desk.run("--json")
    assert ended.code == 1
    assert json.loads(ended.out)["status"] == "failed"


def test_a_damaged_run_is_listed_as_such_and_can_be_deleted(desk: Desk) -> None:
    desk.run()
    desk.run()
    path = desk.data_dir / "runs" / "2.db"
    path.write_bytes(path.read_bytes()[:3000])
    assert desk.listed() == {2: "damaged", 1: "completed"}
    assert "! run 2: " in desk.stonks("backtest", "list").out
    for words in (["show", "2"], ["export", "2"]):
        ended = desk.stonks("backtest", *words)
        assert (ended.code, ended.out) == (1, "")
        assert "is damaged" in ended.err
    assert "Backtest 1:" in desk.stonks("backtest", "show").out
    assert desk.stonks("backtest", "delete", "2").code == 0
    assert desk.listed() == {1: "completed"}


def test_a_data_directory_that_cannot_be_one_is_named(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "a-file").touch()
    for place, code in ((tmp_path / "a-file", 2), (tmp_path / "a-file" / "below", 1), (Path("/proc/nowhere"), 1)):
        ended = desk.run("--data-dir", place)
        assert ended.code == code
        assert str(place) in ended.err


def test_nothing_but_text_goes_to_a_pipe_and_no_line_is_wider_than_the_terminal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for columns in (40, 60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        ran = desk.stonks("backtest", "run", *desk.files.options, "--capital", "600").out
        report = ran[ran.index("Backtest ") :]
        assert ESCAPE not in ran
        assert max(len(line) for line in report.splitlines() if str(desk.data_dir) not in line) <= columns


def test_ways_to_read_files_without_a_file_are_refused_not_ignored(desk: Desk) -> None:
    desk.stonks("import", "bars", desk.files.bars)
    ended = desk.stonks("backtest", "run", "--column", "close=Last", "--splits-adjusted", "yes")
    assert ended.code == 2
    assert "--splits-adjusted, --column: no file is given that could be read so" in ended.err
