"""Event files: macro events and halts, from and until when; rows that cannot be are refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.adapters.event_files import read_halts, read_macro_events
from engine.adapters.input_options import InputOptions
from engine.model.intraday import Halt
from engine.model.macro import MacroEvent, Severity

FROM, TO = datetime(2014, 3, 3, 15, tzinfo=UTC), datetime(2014, 3, 3, 17, tzinfo=UTC)


def written(tmp_path: Path, *rows: str) -> list[Path]:
    path = tmp_path / "events.csv"
    path.write_text("\n".join(rows) + "\n")
    return [path]


def test_an_event_is_read_with_its_tickers_sector_and_name(tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        "event_id,severity,at,until,tickers,sector,name",
        "e1,High,2014-03-03T15:00:00Z,2014-03-03T17:00:00Z,aapl; T|BRK.B,Energy,A storm",
        "e2,low,2014-03-03T15:00:00Z,2014-03-03T17:00:00Z,,,",
    )
    found = read_macro_events(paths, InputOptions())
    assert found.rows == (
        MacroEvent(
            event_id="e1",
            severity=Severity.HIGH,
            at=FROM,
            until=TO,
            tickers=frozenset({"AAPL", "T", "BRK.B"}),
            sector="Energy",
            name="A storm",
        ),
        MacroEvent(event_id="e2", severity=Severity.LOW, at=FROM, until=TO),
    )
    assert (found.previews[0].kind, found.previews[0].first) == ("macro_events", FROM.date())


def test_missing_ids_are_made_the_same_way_each_time(tmp_path: Path) -> None:
    rows = [f"high,2014-03-0{day}T15:00:00Z,2014-03-0{day}T17:00:00Z" for day in (3, 4)]
    first = read_macro_events(written(tmp_path, "impact,start,end", *rows), InputOptions()).rows
    again = read_macro_events(written(tmp_path, "impact,start,end", *reversed(rows)), InputOptions()).rows
    assert len({e.event_id for e in first}) == 2
    assert {e.event_id for e in first} == {e.event_id for e in again}


def test_dates_alone_are_whole_days_in_new_york(tmp_path: Path) -> None:
    (event,) = read_macro_events(
        written(tmp_path, "severity,at,until", "medium,2014-03-03,2014-03-04"), InputOptions()
    ).rows
    assert (event.at, event.until) == (datetime(2014, 3, 3, 5, tzinfo=UTC), datetime(2014, 3, 5, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("e2,fierce,2014-03-03T15:00:00Z,2014-03-03T17:00:00Z", "neither low, medium nor high"),
        ("e2,high,2014-03-03T15:00:00Z,2014-03-03T14:00:00Z", "ends before it begins"),
        ("e2,high,2014-03-03T15:00:00Z,", "until is missing"),
        ("e2,high,2014-03-03T15:00:00,2014-03-03T17:00:00Z", "at has no time zone"),
        (",high,2014-03-03T15:00:00Z,2014-03-03T17:00:00Z", "event id is empty"),
        ("e1,low,2014-03-03T15:00:00Z,2014-03-03T17:00:00Z", "contradicts a row before it"),
    ],
)
def test_a_bad_event_is_refused_with_its_number(tmp_path: Path, row: str, reason: str) -> None:
    good = "e1,high,2014-03-03T15:00:00Z,2014-03-03T17:00:00Z"
    found = read_macro_events(written(tmp_path, "event_id,severity,at,until", good, row), InputOptions())
    assert [e.event_id for e in found.rows] == ["e1"]
    assert [(r.row_number, reason in r.reason) for r in found.refused] == [(3, True)]


def test_a_halt_is_read_and_one_that_ends_at_once_is_refused(tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        "Symbol,Halt Time,Resumption Time",
        "aapl,2014-03-03 10:00,2014-03-03 12:00",
        "aapl,2014-03-03 10:00,2014-03-03 10:00",
    )
    found = read_halts(paths, InputOptions(timezone="America/New_York"))
    assert found.rows == (Halt(ticker="AAPL", at=FROM, until=TO),)
    assert [(r.row_number, "ends before" in r.reason) for r in found.refused] == [(3, True)]
