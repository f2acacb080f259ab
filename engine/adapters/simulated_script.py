"""Simulated script: what happens in the first three days of a market that is watched live, and to whom?

A person who watches sees in a minute what others wait years for: a severe event, a forced seller who takes stops with
him, a bid, reports, a split. Who it happens to is chosen among what the sources of the market like on the evening
before, so that it happens to something that is held.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from engine.adapters.seeded_draws import Draws, Floats
from engine.adapters.simulated_minutes import Shape
from engine.adapters.simulated_patterns import Patterns
from engine.errors import BadInput
from engine.model.market import Split
from engine.model.money import UNITS_PER_CENT
from engine.model.tape import DailyTape

SCRIPTED_DAYS = 3
EVENT_MINUTES = (180, 240)
"""When the severe event of the first day begins and when it ends, in minutes after the open."""
FALL_MINUTES = (45, 70)
"""When the forced seller of the second day sells."""
BID_MINUTE = 240
SPLIT_RATIO = 2
JUMP, DROP = 0.065, -0.085
"""How the two who report open on the next morning."""
_FALLERS = 5
_QUIET_NIGHT = 0.001
_RANGE_LOOKED_AT = 14
_CALMEST, _WILDEST = 0.009, 0.026
_NO_REPORT_WITHIN = 9
_SOURCES = ("trend", "breakout", "reversal", "rumour")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Whom it happens to, as columns: the `fallers` on the second day, the others as they are called.

    `late` reports on the evening of the second day and should not be bought before, `reporter` on that of the third.
    `ranges` are the daily true ranges of all tickers, as fractions of the price.
    """

    fallers: tuple[int, ...]
    split: int
    bid: int
    reporter: int
    late: int
    ranges: Floats

    @property
    def held(self) -> tuple[int, ...]:
        """Those that are to be held from the first day on."""
        return (*self.fallers, self.split, self.bid, self.reporter)


def cast(tape: DailyTape, first: int, draws: Draws) -> Cast:
    """Return whom it happens to from row `first` on. Raises BadInput when too few tickers are fit for it."""
    ranges = _true_ranges(tape, first)
    chosen = _of_many_sectors(tape, _fit(tape, first, ranges, draws))
    wanted = _FALLERS + 4
    if len(chosen) < wanted:
        raise BadInput(f"{len(chosen)} tickers are fit for the script, and it needs {wanted}", hint="take another seed")
    chosen = chosen[:wanted]
    payers = {d.ticker for d in tape.dividends}
    by_price = sorted(chosen, key=lambda c: (tape.tickers[c] in payers, -int(tape.close[first - 1, c])))
    split = by_price[0]
    bid, reporter, late, *fallers = (c for c in chosen if c != split)
    return Cast(fallers=tuple(fallers), split=split, bid=bid, reporter=reporter, late=late, ranges=ranges)


def _of_many_sectors(tape: DailyTape, columns: Sequence[int]) -> list[int]:
    """Return `columns`, first one of each sector, then the second ones."""
    seen: Counter[str | None] = Counter()
    ranked: list[tuple[int, int, int]] = []
    for place, column in enumerate(columns):
        sector = tape.securities[tape.tickers[column]].sector
        ranked.append((seen[sector], place, column))
        seen[sector] += 1
    return [column for _, _, column in sorted(ranked)]


def _fit(tape: DailyTape, first: int, ranges: Floats, draws: Draws) -> list[int]:
    """Return the columns that trade, move neither too little nor too much, and report at another time.

    Those that some source likes come first.
    """
    near = set(tape.dates[first - 1 : first + _NO_REPORT_WITHIN])
    liked = likes(Patterns(tape), first - 1)
    fit = [
        column
        for column in draws.shuffled(len(tape.tickers))
        if _CALMEST <= ranges[column] <= _WILDEST
        and (tape.close[first - _RANGE_LOOKED_AT - 1 :, column] > 0).all()
        and near.isdisjoint(tape.earnings.get(tape.tickers[column], ()))
    ]
    return sorted(fit, key=lambda column: column not in liked)


def likes(patterns: Patterns, row: int) -> dict[int, str]:
    """Return each column that a source sees its pattern in at the close of `row`, with the source."""
    found: dict[int, str] = {}
    for source in _SOURCES:
        for column in np.flatnonzero(patterns.buys(source)[row]).tolist():
            found.setdefault(column, source)
    return found


def _true_ranges(tape: DailyTape, first: int) -> Floats:
    rows = slice(first - _RANGE_LOOKED_AT, first)
    before = tape.close[first - _RANGE_LOOKED_AT - 1 : first - 1]
    widths = np.maximum(tape.high[rows], before) - np.minimum(tape.low[rows], before)
    last = tape.close[first - 1]
    return np.where(last > 0, np.cumsum(widths, axis=0)[-1] / _RANGE_LOOKED_AT / np.where(last > 0, last, 1), 0.0)


def shapes(tape: DailyTape, first: int, who: Cast, draws: Draws) -> dict[tuple[int, int], Shape]:
    """Return the days that are told by their stations, by row and column: all tickers share the event and the end."""
    n = len(tape.tickers)
    leans, ends = draws.uniform(n), draws.uniform(n)
    found: dict[tuple[int, int], Shape] = {}
    traded = [c for c in range(n) if (tape.close[first - 1 : first + SCRIPTED_DAYS, c] > 0).all()]
    for column in traded:
        width = float(who.ranges[column])
        lean, end = float(leans[column]), float(ends[column])
        settled = 0.1 if column in who.held else 1.2 * (lean - 0.5)
        found[first, column] = _shaken(width, settled, end)
        found[first + 2, column] = _recovering(width, 0.4 + 0.8 * end, lean)
    for n_th, column in enumerate(who.fallers):
        width = float(who.ranges[column])
        found[first + 1, column] = _sold_off(width, FALL_MINUTES[1] - 3 * n_th, float(leans[column]))
        found[first + 2, column] = _recovering(width, 1.2, float(leans[column]))
    found[first + 1, who.split] = _calm(float(who.ranges[who.split]), 0.3)
    found[first + 1, who.reporter] = _calm(float(who.ranges[who.reporter]), 0.4)
    found[first + 1, who.bid] = _bid(float(who.ranges[who.bid]))
    return found


def _of(width: float, stations: Sequence[tuple[int, float]]) -> Shape:
    return Shape(minutes=tuple(m for m, _ in stations), ratios=tuple(1 + width * level for _, level in stations))


def _shaken(width: float, settled: float, end: float) -> Shape:
    """Quiet, then the event, from which the market has not recovered when it is over."""
    begin, over = EVENT_MINUTES
    return _of(
        width,
        (
            (0, 0.0),
            (20, -0.1),
            (45, 0.12),
            (begin + 2, 0.4 * settled + 0.1),
            (begin + 22 + int(12 * end), 0.4 * settled - 0.45),
            (over + 15, 0.5 * settled - 0.2),
            (390, settled),
        ),
    )


def _recovering(width: float, end: float, lean: float) -> Shape:
    return _of(width, ((0, 0.0), (15 + int(30 * lean), -0.2), (150 + int(90 * lean), 0.7 * end), (390, end)))


def _calm(width: float, end: float) -> Shape:
    return _of(width, ((0, 0.0), (70, -0.3), (260, end + 0.1), (390, end)))


def _sold_off(width: float, bottom: int, lean: float) -> Shape:
    """Fall by three ranges in a quarter of an hour: further than any stop lies."""
    begin = FALL_MINUTES[0] - 8 + int(8 * lean)
    return _of(width, ((0, 0.0), (begin, -0.1), (bottom, -3.2), (180, -2.3), (300, -2.7), (390, -2.2)))


def _bid(width: float) -> Shape:
    """Jump by more than any target is away."""
    return _of(width, ((0, 0.0), (60, -0.2), (BID_MINUTE - 6, 0.1), (BID_MINUTE, 5.0), (330, 5.4), (390, 5.2)))


def retold(
    tape: DailyTape, first: int, who: Cast, told: Mapping[tuple[int, int], Shape], gaps: Mapping[tuple[int, int], float]
) -> DailyTape:
    """Return `tape` with the days `told`, opening by `gaps` (fractions, by row and column) where it says so.

    What is not told keeps its returns. One ticker is split and two report when the script says so.
    """
    opened, high, low, close = (m.copy() for m in (tape.open, tape.high, tape.low, tape.close))
    volume = tape.volume.copy()
    split_row = first + 2
    for column in range(len(tape.tickers)):
        for row in range(first, len(tape.dates)):
            if not (tape.close[row, column] and tape.close[row - 1, column]):
                continue
            overnight = gaps.get((row, column))
            ratio = tape.open[row, column] / tape.close[row - 1, column] if overnight is None else 1 + overnight
            if (row, column) == (split_row, who.split):
                ratio /= SPLIT_RATIO
            start = int(close[row - 1, column]) * float(ratio)
            cents = _cents(start)
            shape = told.get((row, column))
            if shape is not None:
                at = [int(np.rint(cents * r)) for r in shape.ratios]
                bar = [cents, max(at), min(at), at[-1]]
            else:
                rise = start / int(tape.open[row, column])
                bar = [cents, *(_cents(int(m[row, column]) * rise) for m in (tape.high, tape.low, tape.close))]
            opened[row, column], high[row, column], low[row, column], close[row, column] = (
                c * UNITS_PER_CENT for c in bar
            )
    volume[split_row:, who.split] *= SPLIT_RATIO
    ticker = tape.tickers
    split = Split(ticker=ticker[who.split], on=tape.dates[split_row], ratio=Fraction(SPLIT_RATIO))
    earnings = {
        **tape.earnings,
        ticker[who.late]: _reports(tape, who.late, first + 1),
        ticker[who.reporter]: _reports(tape, who.reporter, first + 2),
    }
    return replace(
        tape,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        splits=(*tape.splits, split),
        earnings=MappingProxyType(earnings),
    )


def gaps(first: int, who: Cast, draws: Draws) -> dict[tuple[int, int], float]:
    """Return the nights that the script tells: quiet ones for who is to be held, the answers to reports."""
    nights = [(first + day, column) for day in range(SCRIPTED_DAYS) for column in (*who.held, who.late)]
    quiet = dict(zip(nights, (draws.normal(len(nights)) * _QUIET_NIGHT).tolist(), strict=True))
    return quiet | {(first + 2, who.late): DROP, (first + 3, who.reporter): JUMP}


def _cents(money: float) -> int:
    return int(np.rint(money / UNITS_PER_CENT))


def _reports(tape: DailyTape, column: int, row: int) -> tuple[date, ...]:
    """Return the dates on which the company reports, the one nearest to `row` put there."""
    on = tape.dates[row]
    dates = list(tape.earnings.get(tape.tickers[column], ()))
    if dates:
        dates.remove(min(dates, key=lambda d: abs((d - on).days)))
    return tuple(sorted([*dates, on]))
