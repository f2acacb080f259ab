"""Intraday tapes: the whole grid of minutes, the daily bars beside it, and what is said of both."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adapters.input_options import InputOptions
from engine.adapters.inputs import Inputs, load_inputs
from engine.errors import BadInput
from engine.model.intraday import MinuteTape, QuoteTape, from_micros, to_micros
from engine.model.tape import DailyTape
from tests.unit.adapters import bar_files
from tests.unit.adapters.minute_files import NEW_YORK, MinuteBar, at, flat, minutes, write

DAYS = [date(2014, 2, day) for day in (10, 11, 12, 13, 14, 18, 19, 20, 21, 24, 25, 26, 27, 28)] + [
    date(2014, 3, day) for day in (3, 4, 5, 6, 7)
]


def load(**files: Path | list[Path] | InputOptions) -> Inputs:
    named = {kind: [found] if isinstance(found, Path) else found for kind, found in files.items()}
    return load_inputs(**named)  # type: ignore[arg-type]


def minute_tape(found: Inputs) -> MinuteTape:
    assert isinstance(found.tape, MinuteTape)
    return found.tape


def history(tmp_path: Path, *tickers: str, price: float = 10.0, days: list[date] = DAYS) -> Path:
    bars = [bar_files.flat(ticker, on, price) for ticker in tickers for on in days]
    return bar_files.write_long(bars, tmp_path / "history.csv")


def test_every_minute_of_every_session_has_a_row_over_holidays_clocks_and_early_closes(tmp_path: Path) -> None:
    bars = [*minutes("A", "2014-03-07 10:00", 2), *minutes("A", "2014-03-11 10:00", 2)]
    tape = minute_tape(load(bars=write(bars, tmp_path / "a.csv")))
    assert tape.daily.dates == (date(2014, 3, 7), date(2014, 3, 10), date(2014, 3, 11))
    walls = [from_micros(int(tape.at[row])).astimezone(NEW_YORK).strftime("%d %H:%M") for row in (0, 389, 390, 1169)]
    assert walls == ["07 09:30", "07 15:59", "10 09:30", "11 15:59"]
    assert np.flatnonzero(tape.close[:, 0]).tolist() == [30, 31, 810, 811]
    short = [*minutes("A", "2014-11-26 10:00", 2), *minutes("A", "2014-12-01 10:00", 2)]
    grid = minute_tape(load(bars=write(short, tmp_path / "b.csv")))
    assert [len(grid.rows_of(s)) for s in grid.daily.sessions.sessions if s.on in grid.daily.dates] == [390, 210, 390]


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_tape_that_was_written_as_rows_is_the_same_when_read_again(data: st.DataObject) -> None:
    first = [*minutes("A", "2014-03-06 09:30", 4), *minutes("B", "2014-03-07 15:56", 4)]
    offsets = data.draw(st.lists(st.integers(4, 380), unique=True, max_size=8))
    price = st.integers(1, 10**8).map(lambda units: units / 10_000)
    drawn = [flat("A", at("2014-03-06 09:30") + timedelta(minutes=n), data.draw(price)) for n in offsets]
    with tempfile.TemporaryDirectory() as name:
        tape = minute_tape(load(bars=write([*first, *drawn], Path(name) / "a.csv")))
        rows, columns = np.nonzero(tape.close)
        cells = zip(rows.tolist(), columns.tolist(), strict=True)
        again = [
            MinuteBar(
                tape.daily.tickers[c],
                from_micros(int(tape.at[r])),
                int(tape.open[r, c]) / 10_000,
                int(tape.high[r, c]) / 10_000,
                int(tape.low[r, c]) / 10_000,
                int(tape.close[r, c]) / 10_000,
            )
            for r, c in cells
        ]
        read = minute_tape(load(bars=write(again, Path(name) / "b.csv")))
    assert read.daily.tickers == tape.daily.tickers
    for field in ("at", "open", "high", "low", "close"):
        assert np.array_equal(getattr(read, field), getattr(tape, field)), field


def test_days_come_from_the_history_where_it_has_them_and_from_the_minutes_elsewhere(tmp_path: Path) -> None:
    bars = minutes("A", "2014-03-06 09:30", 5, 10.1) + minutes("A", "2014-03-07 09:30", 5, 10.2)
    path = history(tmp_path, "A", days=DAYS[:-1])
    found = load(bars=write(bars, tmp_path / "a.csv"), history=path)
    daily = minute_tape(found).daily
    assert daily.dates == tuple(DAYS)
    assert daily.close[:, 0].tolist() == [100_000] * (len(DAYS) - 1) + [102_000]
    assert found.report.notes == ()
    assert [(i.kind, i.rows) for i in found.inputs] == [("bars", 10), ("history", len(DAYS) - 1)]


def test_history_of_other_tickers_and_later_days_is_left_out(tmp_path: Path) -> None:
    bars = minutes("A", "2014-03-05 09:30", 5)
    found = load(bars=write(bars, tmp_path / "a.csv"), history=history(tmp_path, "A", "B"))
    assert minute_tape(found).daily.tickers == ("A",)
    assert minute_tape(found).daily.dates[-1] == date(2014, 3, 5)
    assert found.report.notes == ("history of 1 tickers without intraday prices is left out (B)",)


def test_too_short_a_history_is_said(tmp_path: Path) -> None:
    path = write(minutes("A", "2014-03-06 09:30", 5), tmp_path / "a.csv")
    assert "no daily bar is known from before 2014-03-06" in " ".join(load(bars=path).report.notes)
    few = history(tmp_path, "A", days=DAYS[-5:])
    assert "only 3 sessions of daily bars" in " ".join(load(bars=path, history=few).report.notes)


@pytest.mark.parametrize("days", [DAYS, DAYS[:-2]])
def test_history_that_is_adjusted_while_the_minutes_are_not_is_noticed(tmp_path: Path, days: list[date]) -> None:
    bars = minutes("A", "2014-03-06 09:30", 5, 20.0) + minutes("A", "2014-03-07 09:30", 5, 20.0)
    found = load(bars=write(bars, tmp_path / "a.csv"), history=history(tmp_path, "A", days=days))
    assert "history and intraday prices disagree about 1 tickers (A: 10.00 on" in " ".join(found.report.notes)


def test_quotes_become_a_tape_with_their_history(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text("ticker,price,at\nB,10,2014-03-07T15:00:00Z\nA,10.1,2014-03-07T15:00:01Z\n")
    found = load(quotes=path, history=history(tmp_path, "A", "B"))
    assert isinstance(found.tape, QuoteTape)
    assert found.tape.daily.tickers == ("A", "B")
    assert (found.tape.ticker.tolist(), found.tape.price.tolist()) == ([1, 0], [100_000, 101_000])
    assert found.tape.at.tolist() == [to_micros(at("2014-03-07 10:00:00")), to_micros(at("2014-03-07 10:00:01"))]


def test_halts_signals_and_events_come_with_the_tape_and_strangers_are_named(tmp_path: Path) -> None:
    halts, signals, events = (tmp_path / f"{kind}.csv" for kind in ("halts", "signals", "events"))
    halts.write_text("ticker,at,until\nA,2014-03-07T15:00:00Z,2014-03-07T16:00:00Z\nX,2014-03-07,2014-03-07\n")
    signals.write_text(
        "ticker,direction,confidence,generated_at\nA,up,0.5,2014-03-07T16:00:00Z\nA,down,0.5,2014-03-07T15:00:00Z\n"
        "Y,up,0.5,2014-03-07T16:00:00Z\n"
    )
    events.write_text("severity,at,until,tickers,sector\nhigh,2014-03-07,2014-03-07,A;Z,Fishing\n")
    bars = write(minutes("A", "2014-03-07 09:30", 5), tmp_path / "a.csv")
    found = load(bars=bars, history=history(tmp_path, "A"), halts=halts, signals=signals, macro_events=events)
    assert [h.ticker for h in minute_tape(found).halts] == ["A"]
    assert [s.generated_at.hour for s in found.signals] == [15, 16, 16]
    assert [e.tickers for e in found.macro_events] == [frozenset({"A", "Z"})]
    assert found.report.notes == (
        "1 signals concern 1 tickers without bars (Y): they cannot be acted on",
        "1 macro events speak of 1 tickers without bars (Z): nothing comes of that",
        "1 halts concern 1 tickers without bars (X): nothing comes of them",
        "macro events shake sectors that no ticker is in: Fishing",
    )
    assert [i.kind for i in found.inputs] == ["bars", "history", "signals", "macro_events", "halts"]


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    daily = history(tmp_path, "A")
    quotes = tmp_path / "q.csv"
    quotes.write_text("ticker,price,at\nA,10,2014-03-07T15:00:00Z\n")
    with pytest.raises(BadInput, match="bars and quotes are given"):
        load(bars=daily, quotes=quotes)
    with pytest.raises(BadInput, match="holds daily bars, and --history gives daily bars too"):
        load(bars=daily, history=daily)
    minute = write(minutes("A", "2014-03-07 09:30", 5), tmp_path / "m.csv")
    with pytest.raises(BadInput, match="daily bars are wanted here"):
        load(bars=minute, history=minute)
    assert isinstance(load(bars=daily).tape, DailyTape)
