"""Simulated minutes: days that come out as the daily tape has them, by ways that look like prices."""

from datetime import date

import numpy as np
import pytest

from engine.adapters import simulated_market, simulated_minutes
from engine.adapters.calendar import xnys
from engine.adapters.seeded_draws import Draws
from engine.adapters.simulated_minutes import Shape
from engine.errors import BadInput
from engine.model.intraday import MinuteTape
from engine.model.tape import DailyTape

START = date(2021, 1, 4)
DAYS = 30
SHAPED = (215, 3)
SHAPE = Shape(minutes=(0, 100, 130, 390), ratios=(1.0, 1.01, 0.95, 0.97))


@pytest.fixture(scope="module")
def daily() -> DailyTape:
    return simulated_market.make(3, sessions=xnys(START, date(2022, 3, 1)), start=START, days=240).tape


@pytest.fixture(scope="module")
def tape(daily: DailyTape) -> MinuteTape:
    return simulated_minutes.make(daily, DAYS, Draws(3, 12), {})


def day(tape: MinuteTape, back: int) -> tuple[int, slice]:
    """Return the row and the minutes of the day that is `back` days before the last."""
    row = len(tape.daily.dates) - 1 - back
    session = tape.daily.sessions.on(tape.daily.dates[row])
    assert session
    rows = tape.rows_of(session)
    return row, slice(rows.start, rows.stop)


def test_every_day_keeps_its_open_high_low_and_close_exactly(tape: MinuteTape) -> None:
    for back in range(DAYS):
        row, part = day(tape, back)
        assert (tape.open[part][0] == tape.daily.open[row]).all()
        assert (tape.high[part].max(axis=0) == tape.daily.high[row]).all()
        assert (tape.low[part].min(axis=0) == tape.daily.low[row]).all()
        assert (tape.close[part][-1] == tape.daily.close[row]).all()


def test_minutes_are_sound_bars_in_whole_cents(tape: MinuteTape) -> None:
    assert (tape.low <= np.minimum(tape.open, tape.close)).all()
    assert (tape.high >= np.maximum(tape.open, tape.close)).all()
    for prices in (tape.open, tape.high, tape.low, tape.close):
        assert (prices % 100 == 0).all()


def test_an_early_close_has_fewer_minutes_and_a_whole_day(tape: MinuteTape) -> None:
    lengths = {part.stop - part.start for _, part in (day(tape, back) for back in range(DAYS))}
    assert lengths == {210, 390}


def test_a_ticker_without_a_bar_has_no_minutes(tape: MinuteTape) -> None:
    gone = tape.daily.close[-1] == 0
    assert gone.any()
    assert not tape.close[:, gone].any()
    assert tape.close[:, ~gone].all()


def test_prices_go_up_and_down_all_day_and_there_are_no_straight_lines(tape: MinuteTape) -> None:
    widths = (tape.daily.high - tape.daily.low)[-DAYS:]
    fine = (tape.close[-1] > 0) & (widths.min(axis=0) > 4_000)  # a cheap share moves by a cent or not at all
    assert fine.sum() > 5
    moves = np.sign(tape.close[:, fine] - tape.open[:, fine])
    for column in range(moves.shape[1]):
        signs = moves[:, column][moves[:, column] != 0]
        assert len(signs) > 0.8 * len(moves)
        turns = np.flatnonzero(np.diff(signs) != 0)
        assert len(turns) > 0.35 * len(signs)
        assert np.diff(turns).max() < 25


def test_more_happens_near_the_open_and_the_close_than_at_noon(tape: MinuteTape) -> None:
    traded = tape.close[-1] > 0
    whole = [part for _, part in (day(tape, b) for b in range(DAYS)) if part.stop - part.start == 390]
    size = np.mean([np.abs(tape.close[p] / np.maximum(tape.open[p], 1) - 1)[:, traded].mean(axis=1) for p in whole], 0)
    edges, noon = (size[:40].mean() + size[-40:].mean()) / 2, size[160:230].mean()
    assert 1.3 < edges / noon < 3


def test_a_day_with_stations_goes_through_them(daily: DailyTape) -> None:
    row, column = SHAPED
    opened = int(daily.open[row, column])
    at = [round(opened / 100 * ratio) * 100 for ratio in SHAPE.ratios]
    for matrix, value in ((daily.high, max(at)), (daily.low, min(at)), (daily.close, at[-1])):
        matrix[row, column] = value
    shaped = simulated_minutes.make(daily, DAYS, Draws(3, 12), {SHAPED: SHAPE})
    _, part = day(shaped, len(daily.dates) - 1 - row)
    path = shaped.close[part][:, column]
    assert [path[m - 1] for m in SHAPE.minutes[1:]] == at[1:]
    assert (path.max(), path.min()) == (max(at), min(at))


def test_the_same_draws_give_the_same_minutes(daily: DailyTape) -> None:
    one, again, other = (simulated_minutes.make(daily, 5, Draws(seed, 12), {}) for seed in (1, 1, 2))
    assert (one.close == again.close).all()
    assert (one.close != other.close).any()


@pytest.mark.parametrize("days", [0, 241])
def test_days_that_are_not_there_are_refused(daily: DailyTape, days: int) -> None:
    with pytest.raises(BadInput, match=f"{days} of 240 days"):
        simulated_minutes.make(daily, days, Draws(3, 12), {})
