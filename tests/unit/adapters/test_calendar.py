"""The calendar: the sessions of the exchange, with and without a cache."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.adapters import calendar
from engine.adapters.calendar import xnys
from engine.errors import BadInput


def test_the_day_after_thanksgiving_closes_at_one_in_new_york() -> None:
    session = xnys(date(2014, 11, 28), date(2014, 11, 28)).on(date(2014, 11, 28))
    assert session is not None
    assert (session.open_at, session.close_at) == (
        datetime(2014, 11, 28, 14, 30, tzinfo=UTC),
        datetime(2014, 11, 28, 18, 0, tzinfo=UTC),
    )


def test_holidays_and_weekends_are_no_sessions() -> None:
    table = xnys(date(2014, 7, 1), date(2014, 7, 7))
    assert table.on(date(2014, 7, 4)) is None
    assert table.on(date(2014, 7, 5)) is None
    assert table.on(date(2014, 7, 7)) is not None


def test_the_table_reaches_beyond_the_range_so_that_an_expiry_can_be_asked_for() -> None:
    table = xnys(date(2014, 12, 31), date(2014, 12, 31))
    assert table.recommendation_expiry(datetime(2014, 12, 31, 22, 0, tzinfo=UTC)) == datetime(
        2015, 1, 2, 21, 0, tzinfo=UTC
    )
    assert table.sessions[0].on == date(2014, 12, 16)
    assert table.sessions[-1].on == date(2015, 1, 15)


def test_the_cache_answers_the_same_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = xnys(date(2014, 3, 3), date(2014, 4, 3), cache_dir=tmp_path)

    def refuse(*_: object) -> list[calendar.Row]:
        raise AssertionError("the cache was not used")

    monkeypatch.setattr(calendar, "_computed", refuse)
    assert xnys(date(2014, 3, 3), date(2014, 4, 3), cache_dir=tmp_path) == first


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[[1,2]]", b"[]", b"\xff\xfe", b"[[735000,5,4]]", b'[["a",1,2]]', b"7"]
)
def test_a_damaged_cache_is_made_anew(tmp_path: Path, content: bytes) -> None:
    right = xnys(date(2014, 3, 3), date(2014, 4, 3), cache_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert xnys(date(2014, 3, 3), date(2014, 4, 3), cache_dir=tmp_path) == right
    assert len(json.loads(file.read_bytes())) > 200


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert xnys(date(2014, 3, 3), date(2014, 3, 3), cache_dir=tmp_path / "file" / "cache").on(date(2014, 3, 3))


@pytest.mark.parametrize(("start", "end"), [(date(1910, 1, 3), date(2014, 1, 1)), (date(2014, 1, 1), date(3014, 1, 1))])
def test_a_range_beyond_the_calendar_is_refused_with_both_ends(start: date, end: date) -> None:
    with pytest.raises(BadInput, match=f"{start} to {end}"):
        xnys(start, end)
