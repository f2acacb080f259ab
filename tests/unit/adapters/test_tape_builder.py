"""The tape, and everything that a run needs read in one go."""

from datetime import date
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from engine.adapters.input_options import InputOptions
from engine.adapters.inputs import load_inputs
from engine.adapters.tape_builder import build_tape, splits_to_apply
from engine.errors import BadInput
from engine.model.intraday import days_of
from engine.model.market import Security, Split
from tests.unit.adapters.bar_files import SESSIONS, flat, read, write_long

BARS = [*[flat("B", on, 20.0) for on in SESSIONS[:8] if on != SESSIONS[3]], *[flat("A", on, 10.0) for on in SESSIONS]]


def test_rows_are_all_sessions_and_a_missing_bar_is_zero(tmp_path: Path) -> None:
    found = read(write_long(BARS, tmp_path / "a.csv"))
    tape = build_tape(found.bars, sessions=found.sessions)
    assert tape.tickers == ("A", "B")
    assert tape.dates == SESSIONS
    assert tape.close[:, 0].tolist() == [100_000] * len(SESSIONS)
    assert np.flatnonzero(tape.close[:, 1] == 0).tolist() == [3, *range(8, len(SESSIONS))]
    assert tape.open.dtype == tape.volume.dtype == np.int64


def test_a_ticker_that_ends_before_the_tape_is_told_its_last_day(tmp_path: Path) -> None:
    found = read(write_long(BARS, tmp_path / "a.csv"))
    known = [Security(ticker="B", name="Beta", sector="Energy"), Security(ticker="A", sector="Energy")]
    tape = build_tape(found.bars, sessions=found.sessions, securities=known)
    assert tape.securities["B"] == Security(ticker="B", name="Beta", sector="Energy", last_bar_on=SESSIONS[7])
    assert tape.securities["A"].last_bar_on is None


@pytest.mark.parametrize(
    ("after", "adjusted", "applied"),
    [(5.0, "auto", True), (10.0, "auto", False), (10.4, "auto", False), (5.2, "auto", True), (10.0, "no", True),
     (5.0, "yes", False)],
)  # fmt: skip
def test_a_split_that_the_prices_do_not_show_is_left_out_and_said(
    tmp_path: Path, after: float, adjusted: str, applied: bool
) -> None:
    bars = [flat("A", on, 10.0 if on < SESSIONS[9] else after) for on in SESSIONS]
    split = Split(ticker="A", on=SESSIONS[9], ratio=Fraction(2))
    found = read(write_long(bars, tmp_path / "a.csv"))
    kept, notes = splits_to_apply(found.bars, [split], adjusted=adjusted)
    assert kept == ((split,) if applied else ())
    assert bool(notes) is not applied


def test_everything_is_loaded_in_one_go_with_the_digest_of_each_file(tmp_path: Path) -> None:
    bars = write_long(BARS, tmp_path / "bars.csv")
    recommendations, sectors = tmp_path / "r.csv", tmp_path / "s.csv"
    recommendations.write_text(
        "id,ticker,action,confidence,date\n1,A,buy,0.7,2014-01-03\n2,ZZ,buy,0.7,2014-01-03\n3,A,buy,7,2014-01-03\n"
    )
    sectors.write_text("ticker,sector\nA,Energy\n")
    found = load_inputs(bars=[bars], recommendations=[recommendations], sectors=[sectors])
    assert days_of(found.tape).dates == SESSIONS
    assert list(found.recommendations.recommendation_id) == ["1", "2"]
    assert [(i.kind, i.rows) for i in found.inputs] == [("bars", 27), ("recommendations", 3), ("sectors", 1)]
    assert found.inputs[0].digest == sha256(bars.read_bytes()).hexdigest()
    text = "\n".join(found.report.lines())
    assert "not within 0..1" in text
    assert "ZZ" in text
    assert "no sector is known of 1 of 2 tickers (B)" in text
    assert found.report.summary() == "missing_session 1 · early_end 1 · refused rows 1"


def test_bad_rows_of_facts_refuse_the_load_unless_they_are_skipped(tmp_path: Path) -> None:
    bars = write_long(BARS, tmp_path / "bars.csv")
    splits = tmp_path / "splits.csv"
    splits.write_text("ticker,date,ratio\nA,2014-01-08,none\n")
    with pytest.raises(BadInput, match="row 2"):
        load_inputs(bars=[bars], splits=[splits])
    skipped = load_inputs(bars=[bars], splits=[splits], options=InputOptions(skip_bad=True))
    assert days_of(skipped.tape).splits == ()


def test_bars_on_a_day_without_session_make_no_tape(tmp_path: Path) -> None:
    found = read(write_long(BARS, tmp_path / "a.csv"))
    other = read(write_long([flat("A", date(2015, 1, 5), 10.0)], tmp_path / "b.csv"))
    with pytest.raises(BadInput, match="no sessions"):
        build_tape(found.bars, sessions=other.sessions)
