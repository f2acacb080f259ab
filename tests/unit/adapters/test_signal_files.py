"""Signal files: spellings, ids and windows; bad rows are refused one by one, as recommendations are."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.adapters.input_options import InputOptions
from engine.adapters.signal_files import SignalRead, read_signals
from engine.errors import BadInput
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow

HEADER = "signal_id,ticker,window,direction,confidence,generated_at"
GOOD = "s1,AAPL,intraday,up,0.8,2014-03-03T15:00:00Z"
AT = datetime(2014, 3, 3, 15, 0, tzinfo=UTC)


def read(path: Path, **options: object) -> SignalRead:
    return read_signals([path], InputOptions(**options))  # type: ignore[arg-type]


def written(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "signals.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_row_is_read_as_it_was_meant(tmp_path: Path) -> None:
    assert read(written(tmp_path, GOOD)).signals == (
        IntradaySignal(
            signal_id="s1",
            ticker="AAPL",
            window=SignalWindow.INTRADAY,
            direction=SignalDirection.UP,
            confidence=0.8,
            generated_at=AT,
        ),
    )


def test_directions_are_read_in_many_words_and_all_others_are_counted(tmp_path: Path) -> None:
    words = ["UP", "Buy", "long", "bullish", "1", "down", "SELL", "short", "Bearish", "-1", "flat", "", "flat"]
    found = read(written(tmp_path, *[f"s{i},A,1d,{w},0.5,2014-03-03T15:00:00Z" for i, w in enumerate(words)]))
    directions = [signal.direction for signal in found.signals]
    assert directions == [SignalDirection.UP] * 5 + [SignalDirection.DOWN] * 5
    assert (dict(found.ignored), found.refused) == ({"flat": 2, "": 1}, ())
    assert "neither up nor down: flat 2" in " ".join(found.previews[0].notes)


def test_windows_other_than_the_two_are_left_out_and_counted(tmp_path: Path) -> None:
    words = ["Intraday", "1d", "1 day", "daily", "5d", "1w"]
    found = read(written(tmp_path, *[f"s{i},A,{w},up,0.5,2014-03-03T15:00:00Z" for i, w in enumerate(words)]))
    assert [s.window for s in found.signals] == [SignalWindow.INTRADAY] + [SignalWindow.ONE_DAY] * 3
    assert dict(found.ignored) == {"5d": 1, "1w": 1}


def test_without_a_window_column_every_signal_is_intraday_and_that_is_said(tmp_path: Path) -> None:
    found = read(written(tmp_path, "s1,A,up,0.8,2014-03-03T15:00:00Z", header=HEADER.replace("window,", "")))
    assert [s.window for s in found.signals] == [SignalWindow.INTRADAY]
    assert "no window column: every signal is taken as intraday" in found.previews[0].notes


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("s2,AAPL,intraday,up,NaN,2014-03-03T15:00:00Z", "confidence is missing"),
        ("s2,AAPL,intraday,up,1.2,2014-03-03T15:00:00Z", "not within 0..1"),
        ("s2,,intraday,up,0.5,2014-03-03T15:00:00Z", "ticker is empty"),
        (",AAPL,intraday,up,0.5,2014-03-03T15:00:00Z", "id is empty"),
        ("s2,AAPL,intraday,up,0.5,", "generated_at is missing"),
        ("s2,AAPL,intraday,up,0.5,yesterday", "cannot be read"),
        ("s2,AAPL,intraday,up,0.5,2014-03-03T15:00:00", "no time zone"),
        ("s1,MSFT,1d,down,0.5,2014-03-03T15:00:00Z", "was there before"),
        ("s2,AAPL,up", "3 fields instead of 6"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_the_others_go_on(tmp_path: Path, row: str, reason: str) -> None:
    found = read(written(tmp_path, GOOD, row, "s8,T,1d,down,1,2014-03-04T15:00:00Z"))
    assert [s.signal_id for s in found.signals] == ["s1", "s8"]
    assert [(r.row_number, reason in r.reason) for r in found.refused] == [(3, True)]


def test_missing_ids_are_made_the_same_way_each_time(tmp_path: Path) -> None:
    header = HEADER.replace("signal_id,", "")
    rows = [f"A,{window},{way},0.5,2014-03-03T15:00:00Z" for window in ("intraday", "1d") for way in ("up", "down")]
    first = read(written(tmp_path, *rows, header=header)).signals
    again = read(written(tmp_path, *reversed(rows), header=header)).signals
    assert len({s.signal_id for s in first}) == 4
    assert sorted(s.signal_id for s in first) == sorted(s.signal_id for s in again)


def test_percentages_are_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("0.8", "80"))
    with pytest.raises(BadInput, match="confidences"):
        read(path)
    assert [s.confidence for s in read(path, confidence_scale=100.0).signals] == [0.8]
