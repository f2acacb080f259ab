"""Simulated market: two years of an exchange that does not exist, with recommendations, from one seed.

For demonstrations, tests and examples: nothing here says anything about real markets, and its recommenders know some
of the future (`simulated_recommendations`). The same seed gives the same bytes on every machine and version:
`seeded_draws` says what that rests on.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from engine.adapters import simulated_companies, simulated_prices, simulated_recommendations
from engine.adapters.seeded_draws import Draws, Floats
from engine.adapters.simulated_prices import HIGHEST, LOWEST, Company, Ints, Paths, Regime
from engine.errors import BadInput
from engine.model.market import Dividend, Security, Split
from engine.model.money import UNITS_PER_CENT, usd
from engine.model.sessions import SessionTable
from engine.model.tape import DailyTape, RecommendationTable

FEWEST_DAYS = 160  # one of everything has to fit in
_GAPS_NAMED = 6


class PlantedKind(StrEnum):
    """What was put into the market on purpose."""

    REGIME = "regime"
    SPLIT = "split"
    HALT = "halt"
    LATE_LISTING = "late_listing"
    VANISHED = "vanished"
    GAP = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One thing to look for, in words; no ticker: it concerns the whole market."""

    kind: PlantedKind
    on: date
    ticker: str = ""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedMarket:
    """A tape, recommendations for it, and what there is to find, by date."""

    seed: int
    tape: DailyTape
    recommendations: RecommendationTable
    planted: tuple[Planted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Events:
    """Where the once-only things happen: columns and rows."""

    split: int
    split_row: int
    split_ratio: int
    halted: int
    halt_rows: range
    late: int
    late_row: int
    gone: int
    gone_row: int


def make(
    seed: int = 7, *, sessions: SessionTable, start: date, days: int = 504, tickers: int = 36
) -> SimulatedMarket:
    """Return the market of `seed`: `days` sessions from `start` on, 11 to 44 `tickers`.

    Prices are in whole cents and unadjusted. Raises BadInput when `sessions` does not hold the days and the one after
    them (a recommendation lives that long).
    """
    dates = _dates(sessions, start, days)
    listing = simulated_companies.listing(tickers)
    draws = Draws(seed, 0)
    course = simulated_prices.regimes(draws, days)
    pays = tuple(s.sector in simulated_companies.DIVIDEND_PAYERS for s in listing.securities)
    company = simulated_prices.companies(draws, listing.sector_index, pays)
    path = simulated_prices.paths(draws, course, company, days, len(simulated_companies.SECTORS))
    events = _events(draws, path, days)
    scale = np.ones((days, tickers))
    scale[: events.split_row, events.split] = events.split_ratio
    level = _level(draws, path, events)
    cents = [np.rint(p * level * scale * 100).astype(np.int64) for p in (path.open, path.high, path.low, path.close)]
    listed = np.ones((days, tickers), np.bool_)
    listed[: events.late_row, events.late] = False
    listed[events.halt_rows.start : events.halt_rows.stop, events.halted] = False
    listed[events.gone_row :, events.gone] = False
    volume = np.rint(simulated_prices.volumes(draws, path, cents[3]) / scale).astype(np.int64)
    opened, high, low, close = (np.where(listed, c * UNITS_PER_CENT, 0) for c in cents)
    tape = DailyTape(
        tickers=listing.tickers,
        dates=dates,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=np.where(listed, volume, 0),
        sessions=sessions,
        securities=MappingProxyType(_securities(listing.securities, events, dates)),
        splits=(_split(listing.tickers, events, dates),),
        dividends=_dividends(listing.tickers, company, close, dates),
        earnings=MappingProxyType(_earnings(listing.tickers, company, sessions, dates, events)),
    )
    return SimulatedMarket(
        seed=seed,
        tape=tape,
        recommendations=simulated_recommendations.make(tape, Draws(seed, 1), seed),
        planted=_planted(tape, course, path, events),
    )


def _dates(sessions: SessionTable, start: date, days: int) -> tuple[date, ...]:
    if days < FEWEST_DAYS:
        raise BadInput(f"a simulated market has at least {FEWEST_DAYS} sessions, and {days} were asked for")
    dates = tuple(s.on for s in sessions.sessions if s.on >= start)
    reaches = bool(sessions.sessions) and sessions.sessions[0].on <= start
    if not reaches or len(dates) <= days:
        raise BadInput(f"the session table does not hold {days} sessions from {start} on and the one after them")
    return dates[:days]


def _events(draws: Draws, path: Paths, days: int) -> _Events:
    """The ticker that rose most is split, as companies do; the others are drawn."""
    split_row = int(days * draws.between(0.80, 0.90))
    rise = path.close[split_row - 1] / path.close[split_row - simulated_prices.QUARTER]
    split = int(np.argmax(rise))
    halted, late, gone = [c for c in draws.shuffled(path.close.shape[1]) if c != split][:3]
    halt = int(days * draws.between(0.62, 0.72))
    return _Events(
        split=split,
        split_row=split_row,
        split_ratio=2 if draws.between(0, 1) < 0.5 else 4,
        halted=halted,
        halt_rows=range(halt, halt + 3),
        late=late,
        late_row=int(days * draws.between(0.25, 0.35)),
        gone=gone,
        gone_row=int(days * draws.between(0.70, 0.78)),
    )


def _level(draws: Draws, path: Paths, events: _Events) -> Floats:
    """Return each ticker's dollars per unit of path, so that every price is from $8 to $400."""
    n = path.close.shape[1]
    start = 14 + 220 * draws.uniform(n) * draws.uniform(n)
    before = draws.between(190, 260) if events.split_ratio == 2 else draws.between(280, 350)
    start[events.split] = before / events.split_ratio / path.close[events.split_row - 1, events.split]
    top, bottom = path.high.max(axis=0), path.low.min(axis=0)
    top[events.split] = max(
        float(path.high[: events.split_row, events.split].max()) * events.split_ratio, float(top[events.split])
    )
    return np.clip(start, (LOWEST + 0.5) / bottom, (HIGHEST - 5) / top)


def _split(tickers: tuple[str, ...], events: _Events, dates: tuple[date, ...]) -> Split:
    return Split(ticker=tickers[events.split], on=dates[events.split_row], ratio=Fraction(events.split_ratio))


def _securities(listed: tuple[Security, ...], events: _Events, dates: tuple[date, ...]) -> dict[str, Security]:
    by_ticker = {s.ticker: s for s in listed}
    gone = listed[events.gone]
    by_ticker[gone.ticker] = replace(gone, last_bar_on=dates[events.gone_row - 1])
    return by_ticker


def _dividends(
    tickers: tuple[str, ...], company: Company, close: Ints, dates: tuple[date, ...]
) -> tuple[Dividend, ...]:
    """A quarter of the yearly yield on the last close, in whole cents; who has no bar on the day pays nothing."""
    found: list[Dividend] = []
    for column, yearly in enumerate(company.dividend_yield.tolist()):
        first = simulated_prices.dividend_row(int(company.reports[column]))
        for row in simulated_prices.quarterly(first, len(dates)) if yearly else ():
            cents = round(int(close[row - 1, column]) * yearly / 4 / UNITS_PER_CENT)
            if cents and close[row, column]:
                found.append(Dividend(ticker=tickers[column], ex_on=dates[row], amount=cents * UNITS_PER_CENT))
    return tuple(sorted(found, key=lambda d: (d.ex_on, d.ticker)))


def _earnings(
    tickers: tuple[str, ...], company: Company, sessions: SessionTable, dates: tuple[date, ...], events: _Events
) -> dict[str, tuple[date, ...]]:
    """The dates on which companies report, after the close; those announced for after the tape too."""
    calendar = tuple(s.on for s in sessions.sessions if s.on >= dates[0])
    found: dict[str, tuple[date, ...]] = {}
    for column, first in enumerate(company.reports.tolist()):
        begin = events.late_row if column == events.late else 0
        end = events.gone_row if column == events.gone else len(calendar)
        found[tickers[column]] = tuple(calendar[r] for r in simulated_prices.quarterly(first, end) if r >= begin)
    return found


def _planted(tape: DailyTape, course: tuple[Regime, ...], path: Paths, events: _Events) -> tuple[Planted, ...]:
    dates, tickers = tape.dates, tape.tickers
    halt_on, back_on = dates[events.halt_rows.start], dates[events.halt_rows.stop]
    before, after = (usd(int(tape.close[r, events.split])) for r in (events.split_row - 1, events.split_row))
    once = (
        Planted(
            kind=PlantedKind.SPLIT,
            on=dates[events.split_row],
            ticker=tickers[events.split],
            words=f"{tickers[events.split]} is split {events.split_ratio}:1; it closed at {before} the day before and "
            f"at {after} on this one",
        ),
        Planted(
            kind=PlantedKind.HALT,
            on=halt_on,
            ticker=tickers[events.halted],
            words=f"{tickers[events.halted]} is halted for {len(events.halt_rows)} sessions, trading again on {back_on}",
        ),
        Planted(
            kind=PlantedKind.LATE_LISTING,
            on=dates[events.late_row],
            ticker=tickers[events.late],
            words=f"{tickers[events.late]} is traded for the first time",
        ),
        Planted(
            kind=PlantedKind.VANISHED,
            on=dates[events.gone_row - 1],
            ticker=tickers[events.gone],
            words=f"{tickers[events.gone]} is traded for the last time",
        ),
    )
    found = (*_regimes(course, dates), *once, *_gaps(tape, path))
    return tuple(sorted(found, key=lambda p: (p.on, p.kind, p.ticker)))


def _regimes(course: tuple[Regime, ...], dates: tuple[date, ...]) -> list[Planted]:
    return [
        Planted(
            kind=PlantedKind.REGIME,
            on=dates[r.row],
            words=f"{r.name}: the market drifts by {r.drift * 100:+.2f} % a day and moves by {r.deviation * 100:.1f} %",
        )
        for r in course
    ]


def _gaps(tape: DailyTape, path: Paths) -> list[Planted]:
    """Name the largest overnight moves."""
    traded = (tape.close > 0) & np.roll(tape.close > 0, 1, axis=0)
    traded[0] = False
    size = np.where(traded, np.abs(path.overnight), 0.0)
    largest = np.argsort(-size, axis=None, kind="stable")[:_GAPS_NAMED]
    found = []
    for row, column in zip(*np.unravel_index(largest, size.shape), strict=True):
        why = "after its report" if path.report_jump[row, column] else "on news"
        words = f"{tape.tickers[column]} opens {path.overnight[row, column] * 100:+.1f} % from the last close {why}"
        found.append(Planted(kind=PlantedKind.GAP, on=tape.dates[row], ticker=tape.tickers[column], words=words))
    return found
