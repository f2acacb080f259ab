"""Recommendation files: spellings, zones, scales, ids; bad rows are refused one by one."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from engine.adapters.input_options import InputOptions
from engine.adapters.recommendation_files import RecommendationRead, read_recommendations
from engine.errors import BadInput
from engine.model.recommendation import Action, Mode

HEADER = "id,ticker,action,mode,confidence,generated_at"
GOOD = "r1,AAPL,buy,live_eligible,0.8,2014-03-03T15:00:00Z"
AT = datetime(2014, 3, 3, 15, 0, tzinfo=UTC)


def read(path: Path, **options: object) -> RecommendationRead:
    return read_recommendations([path], InputOptions(**options))  # type: ignore[arg-type]


def written(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "recommendations.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_row_is_read_as_it_was_meant(tmp_path: Path) -> None:
    header = HEADER + ",source,thesis,expires_at"
    row = read(written(tmp_path, GOOD + ",model,cheap,2014-03-05T21:00:00Z", header=header)).table.row(0)
    assert (row.recommendation_id, row.ticker, row.action, row.mode) == ("r1", "AAPL", Action.BUY, Mode.LIVE_ELIGIBLE)
    assert (row.confidence, row.generated_at, row.source, row.thesis) == (0.8, AT, "model", "cheap")
    assert row.expires_at == datetime(2014, 3, 5, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "header",
    ["uuid,symbol,side,mode,score,timestamp", "Recommendation ID,Ticker,Signal,Mode,Probability,Generated At"],
)
def test_common_spellings_of_columns_are_recognised(tmp_path: Path, header: str) -> None:
    assert len(read(written(tmp_path, GOOD, header=header)).table) == 1


def test_buy_and_sell_are_read_in_many_words_and_all_others_are_counted(tmp_path: Path) -> None:
    words = ["BUY", "Strong Buy", "long", "1", "sell", "EXIT", "-1", "hold", "HOLD", "short", ""]
    found = read(written(tmp_path, *[f"r{i},AAPL,{w},,0.5,2014-03-03T15:00:00Z" for i, w in enumerate(words)]))
    assert list(found.table.action) == [Action.BUY] * 4 + [Action.SELL] * 3
    assert dict(found.ignored) == {"hold": 1, "HOLD": 1, "short": 1, "": 1}
    assert found.refused == ()


def test_a_missing_mode_is_taken_as_paper_eligible_and_said(tmp_path: Path) -> None:
    found = read(written(tmp_path, "r1,AAPL,buy,0.8,2014-03-03T15:00:00Z", header=HEADER.replace("mode,", "")))
    assert list(found.table.mode) == [Mode.PAPER_ELIGIBLE]
    assert any("paper_eligible" in note for note in found.previews[0].notes)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("r2,AAPL,buy,,NaN,2014-03-03T15:00:00Z", "confidence is missing"),
        ("r2,AAPL,buy,,high,2014-03-03T15:00:00Z", "confidence is missing or not a number"),
        ("r2,AAPL,buy,,1.2,2014-03-03T15:00:00Z", "not within 0..1"),
        ("r2,AAPL,buy,,-0.1,2014-03-03T15:00:00Z", "not within 0..1"),
        ("r2,,buy,,0.5,2014-03-03T15:00:00Z", "ticker is empty"),
        (",AAPL,buy,,0.5,2014-03-03T15:00:00Z", "id is empty"),
        ("r2,AAPL,buy,,0.5,", "generated_at is missing"),
        ("r2,AAPL,buy,,0.5,yesterday", "cannot be read"),
        ("r2,AAPL,buy,,0.5,2014-03-03T15:00:00", "no time zone"),
        ("r1,MSFT,sell,,0.5,2014-03-03T15:00:00Z", "was there before"),
        ("r2,AAPL,buy", "3 fields instead of 6"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_the_others_go_on(tmp_path: Path, row: str, reason: str) -> None:
    found = read(
        written(tmp_path, GOOD, "r9,T,sell,,0.4,2014-03-03T15:00:00Z", row, "r8,T,buy,,1,2014-03-04T15:00:00Z")
    )
    assert list(found.table.recommendation_id) == ["r1", "r9", "r8"]
    assert [(r.row_number, reason in r.reason) for r in found.refused] == [(4, True)]


def test_ids_are_unique_over_all_files(tmp_path: Path) -> None:
    one, two = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text(f"{HEADER}\n{GOOD}\n")
    two.write_text(f"{HEADER}\n{GOOD}\n")
    found = read_recommendations([one, two], InputOptions())
    assert len(found.table) == 1
    assert [r.path for r in found.refused] == [str(two)]


def test_missing_ids_are_made_the_same_way_each_time(tmp_path: Path) -> None:
    header = HEADER.replace("id,", "", 1)
    rows = ["AAPL,buy,,0.5,2014-03-03T15:00:00Z", "AAPL,sell,,0.5,2014-03-03T15:00:00Z"]
    first = read(written(tmp_path, *rows, header=header))
    again = read(written(tmp_path, *reversed(rows), header=header))
    assert len(set(first.table.recommendation_id)) == 2
    assert sorted(first.table.recommendation_id) == sorted(again.table.recommendation_id)
    assert any("derived" in note for note in first.previews[0].notes)


@pytest.mark.parametrize("cells", [("85", "40"), ("85%", "40%"), ("100", "1")])
def test_percentages_are_not_guessed(tmp_path: Path, cells: tuple[str, str]) -> None:
    path = written(tmp_path, *[f"r{i},A,buy,,{c},2014-03-03T15:00:00Z" for i, c in enumerate((*cells, cells[0]))])
    with pytest.raises(BadInput, match="confidences") as refusal:
        read(path)
    assert "--confidence-scale 100" in refusal.value.hint
    scaled = read(path, confidence_scale=100.0)
    assert list(scaled.table.confidence)[:2] == [float(c.rstrip("%")) / 100 for c in cells]


def test_times_without_a_zone_are_refused_until_it_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("Z", ""), "r2,T,buy,,0.5,2014-07-03T15:00:00")
    with pytest.raises(BadInput, match="no time zone") as refusal:
        read(path)
    assert "--timezone" in refusal.value.hint
    told = read(path, timezone="America/New_York").table.generated_at
    assert list(told) == [datetime(2014, 3, 3, 20, 0, tzinfo=UTC), datetime(2014, 7, 3, 19, 0, tzinfo=UTC)]
    assert next(iter(read(path, timezone="UTC").table.generated_at)) == AT
    with pytest.raises(BadInput, match="no such time zone"):
        read(path, timezone="Mars/Olympus")


def test_a_date_alone_means_after_that_days_close(tmp_path: Path) -> None:
    found = read(written(tmp_path, "r1,A,buy,,0.5,2014-03-03", "r2,A,buy,,0.5,2014-07-03"))
    assert list(found.table.generated_at) == [
        datetime(2014, 3, 3, 21, 0, tzinfo=UTC),
        datetime(2014, 7, 3, 20, 0, tzinfo=UTC),
    ]
    assert any("after that day's close" in note for note in found.previews[0].notes)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_moments_of_every_unit_are_the_same_moment(tmp_path: Path, unit: str) -> None:
    path = tmp_path / "r.parquet"
    moment = pa.array([AT], pa.timestamp("us", tz="UTC")).cast(pa.timestamp(unit, tz="UTC"))
    parquet.write_table(pa.table({"ticker": ["A"], "side": ["buy"], "confidence": [0.5], "generated_at": moment}), path)
    assert list(read(path).table.generated_at) == [AT]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no column for confidence"):
        read(written(tmp_path, "r1,A,buy,,2014-03-03", header="id,ticker,action,mode,generated_at"))


def test_a_file_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    assert len(read(written(tmp_path)).table) == 0
