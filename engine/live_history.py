"""Live history: which days lie behind a session that is about to begin, and what has fallen due since the last one?

The days become a tape whose last row is the session itself, without a price: indicators are those of the morning.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from engine.decision.events import DividendWentEx, ListingEnded, SplitTookEffect
from engine.model.imports import BarColumns
from engine.model.incoming import DayFacts
from engine.model.market import Split
from engine.model.sessions import Session, SessionTable
from engine.model.tape import DailyTape, Prices
from engine.schedule import FellDue

SESSIONS = 504
"""Indicators look at so many (spec section 2)."""

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Morning:
    """What is known on the morning of a session: the days before it, and what has fallen due since it was last seen.

    `notes` say what of it is old or lacking.
    """

    tape: DailyTape
    fell_due: tuple[FellDue, ...]
    notes: tuple[str, ...]

    def due(self, session: Session, at: datetime | None) -> Iterator[FellDue]:
        """Yield what changes the books before the open, to be noted at the open or `at` a later moment."""
        for event in self.fell_due:
            match event:
                case DividendWentEx():
                    yield DividendWentEx(at=at or session.open_at, dividend=event.dividend)
                case SplitTookEffect():
                    yield SplitTookEffect(at=at or session.open_at, split=event.split)
                case ListingEnded():
                    yield ListingEnded(at=at or session.open_at, ticker=event.ticker, last_bar_on=event.last_bar_on)


def no_bars() -> BarColumns:
    """Return the daily bars of whoever has none."""
    none, few = np.zeros(0, np.int64), np.zeros(0, np.int32)
    return BarColumns(tickers=(), ticker=few, on=few, open=none, high=none, low=none, close=none, volume=none)


def first_day(sessions: SessionTable, session: Session) -> date:
    """Return from which day on daily bars are of use in `session`."""
    before = [s.on for s in sessions.sessions if s.on < session.on]
    return before[-SESSIONS:][0] if before else session.on


def morning(
    facts: DayFacts, sessions: SessionTable, session: Session, *, held: Collection[str], noted_until: date | None
) -> Morning:
    """Return the morning of `session`. What fell due up to `noted_until` has been noted, None: before this day.

    Tickers that are `held` have a column of the tape, whether or not anything else is known of them.
    """
    first = first_day(sessions, session)
    dates = tuple(s.on for s in sessions.sessions if first <= s.on <= session.on)
    tickers = tuple(sorted({*facts.bars.tickers, *(s.ticker for s in facts.securities), *held}))
    opens, high, low, close, volume = _matrices(facts.bars, dates, tickers)
    seen = [s for s in facts.splits if s.ticker in tickers and _is_in_prices(s, dates, tickers, opens, close)]
    tape = DailyTape(
        tickers=tickers,
        dates=dates,
        open=opens,
        high=high,
        low=low,
        close=close,
        volume=volume,
        sessions=sessions,
        securities=MappingProxyType({s.ticker: s for s in facts.securities}),
        splits=tuple(sorted(seen, key=lambda s: (s.on, s.ticker))),
        earnings=MappingProxyType(dict(facts.earnings)),
    )
    after = noted_until or session.on - timedelta(days=1)
    return Morning(tape=tape, fell_due=tuple(_fell_due(facts, after, session)), notes=_notes(tape))


def _matrices(bars: BarColumns, dates: Sequence[date], tickers: Sequence[str]) -> tuple[Prices, ...]:
    """Return open, high, low, close and volume, (sessions, tickers); bars of other days are left out."""
    days = np.array([on.toordinal() - _EPOCH for on in dates], np.int64)
    place = np.searchsorted(days, bars.on)
    good = days[np.minimum(place, len(days) - 1)] == bars.on
    column = {ticker: i for i, ticker in enumerate(tickers)}
    codes = np.array([column[ticker] for ticker in bars.tickers] or [0], np.int64)[bars.ticker]
    return tuple(_matrix(values, place, codes, good, (len(dates), len(tickers))) for values in (
        bars.open, bars.high, bars.low, bars.close, bars.volume,
    ))  # fmt: skip


def _matrix(
    values: npt.NDArray[np.int64],
    place: npt.NDArray[np.intp],
    codes: npt.NDArray[np.int64],
    good: npt.NDArray[np.bool_],
    shape: tuple[int, int],
) -> Prices:
    matrix = np.zeros(shape, np.int64)
    matrix[place[good], codes[good]] = values[good]
    matrix[-1] = 0  # the day itself has only begun
    return matrix


def _is_in_prices(split: Split, dates: Sequence[date], tickers: Sequence[str], opens: Prices, close: Prices) -> bool:
    """Do the bars jump with `split`? Prices that are adjusted for it do not; without a bar after it nobody knows yet.

    The move over the split's night, as a factor, is nearer to the split's than to none.
    """
    column = tickers.index(split.ticker)
    bars = np.flatnonzero(close[:, column])
    i = int(np.searchsorted([dates[row].toordinal() for row in bars.tolist()], split.on.toordinal()))
    if not 0 < i < len(bars):
        return True
    jump = float(opens[bars[i], column] / close[bars[i - 1], column])
    return bool(abs(np.log(jump * float(split.ratio))) < abs(np.log(jump)))


def _fell_due(facts: DayFacts, after: date, session: Session) -> Iterator[FellDue]:
    """Yield what fell due in `(after, session]`, day by day: dividends, splits, ends of listings."""
    at, until = session.open_at, session.on
    found: list[tuple[tuple[date, int, str], FellDue]] = [
        ((dividend.ex_on, 0, dividend.ticker), DividendWentEx(at=at, dividend=dividend)) for dividend in facts.dividends
    ]
    found += [((split.on, 1, split.ticker), SplitTookEffect(at=at, split=split)) for split in facts.splits]
    for security in facts.securities:
        if last := security.last_bar_on:
            ended = ListingEnded(at=at, ticker=security.ticker, last_bar_on=last)
            found.append(((last + timedelta(days=1), 2, security.ticker), ended))
    for (on, _, _), event in sorted(found, key=lambda f: f[0]):
        if after < on <= until:
            yield event


def _notes(tape: DailyTape) -> tuple[str, ...]:
    rows = np.flatnonzero(tape.close.any(axis=1))
    if not len(rows):
        return ("there are no daily bars: without ATR nothing is bought",)
    newest = tape.dates[int(rows[-1])]
    if len(tape.dates) > 1 and newest < tape.dates[-2]:
        late = len(tape.dates) - 2 - int(rows[-1])
        return (f"the newest daily bar is of {newest}, {late} session{'s' if late > 1 else ''} too old",)
    return ()
