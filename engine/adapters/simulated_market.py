"""Simulated market: two years of an exchange that does not exist, with recommendations, from one seed.

For demonstrations, tests and examples: nothing here says anything about real markets, and its recommenders know some
of the future (`simulated_recommendations`). The same seed gives the same bytes on every machine and version:
`seeded_draws` says what that rests on.
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from engine.adapters import (
    simulated_companies,
    simulated_events,
    simulated_macro,
    simulated_plantings,
    simulated_prices,
    simulated_recommendations,
)
from engine.adapters.seeded_draws import Draws, Ints
from engine.adapters.simulated_companies import Company
from engine.adapters.simulated_events import Events
from engine.adapters.simulated_plantings import Planted
from engine.errors import BadInput
from engine.model.macro import MacroEvent
from engine.model.market import Dividend, Security, Split
from engine.model.money import UNITS_PER_CENT
from engine.model.sessions import SessionTable
from engine.model.tape import DailyTape, RecommendationTable

FEWEST_DAYS = 160  # one of everything has to fit in


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedMarket:
    """A tape, recommendations for it, what shakes it, and what there is to find, by date."""

    seed: int
    tape: DailyTape
    recommendations: RecommendationTable
    macro_events: tuple[MacroEvent, ...]
    planted: tuple[Planted, ...]


def make(seed: int = 7, *, sessions: SessionTable, start: date, days: int = 504, tickers: int = 36) -> SimulatedMarket:
    """Return the market of `seed`: `days` sessions from `start` on, 11 to 44 `tickers`.

    Prices are in whole cents and unadjusted. Raises BadInput when `sessions` does not hold the days and the one after
    them (a recommendation lives that long).
    """
    dates = _dates(sessions, start, days)
    listing = simulated_companies.listing(tickers)
    draws = Draws(seed, 0)
    course = simulated_prices.regimes(draws, days)
    company = simulated_companies.characters(draws, listing)
    path = simulated_prices.paths(draws, course, company, days, len(simulated_companies.SECTORS))
    events = simulated_events.drawn(draws, path, days)
    scale = np.ones((days, tickers))
    scale[: events.split_row, events.split] = events.split_ratio
    level = simulated_events.level(draws, path, events)
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
    shaken = simulated_macro.events(course, tuple(s for s in sessions.sessions if s.on >= start)[:days])
    return SimulatedMarket(
        seed=seed,
        tape=tape,
        recommendations=simulated_recommendations.make(
            tape, Draws(seed, 1), seed, liked=simulated_events.liked(course, company, events, days)
        ),
        macro_events=shaken,
        planted=simulated_plantings.planted(tape, course, path, events, shaken),
    )


def _dates(sessions: SessionTable, start: date, days: int) -> tuple[date, ...]:
    if days < FEWEST_DAYS:
        raise BadInput(f"a simulated market has at least {FEWEST_DAYS} sessions, and {days} were asked for")
    dates = tuple(s.on for s in sessions.sessions if s.on >= start)
    reaches = bool(sessions.sessions) and sessions.sessions[0].on <= start
    if not reaches or len(dates) <= days:
        raise BadInput(f"the session table does not hold {days} sessions from {start} on and the one after them")
    return dates[:days]


def _split(tickers: tuple[str, ...], events: Events, dates: tuple[date, ...]) -> Split:
    return Split(ticker=tickers[events.split], on=dates[events.split_row], ratio=Fraction(events.split_ratio))


def _securities(listed: tuple[Security, ...], events: Events, dates: tuple[date, ...]) -> dict[str, Security]:
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
        first = simulated_companies.dividend_row(int(company.reports[column]))
        for row in simulated_companies.quarterly(first, len(dates)) if yearly else ():
            cents = round(int(close[row - 1, column]) * yearly / 4 / UNITS_PER_CENT)
            if cents and close[row, column]:
                found.append(Dividend(ticker=tickers[column], ex_on=dates[row], amount=cents * UNITS_PER_CENT))
    return tuple(sorted(found, key=lambda d: (d.ex_on, d.ticker)))


def _earnings(
    tickers: tuple[str, ...], company: Company, sessions: SessionTable, dates: tuple[date, ...], events: Events
) -> dict[str, tuple[date, ...]]:
    """The dates on which companies report, after the close; those announced for after the tape too."""
    calendar = tuple(s.on for s in sessions.sessions if s.on >= dates[0])
    found: dict[str, tuple[date, ...]] = {}
    for column, first in enumerate(company.reports.tolist()):
        begin = events.late_row if column == events.late else 0
        end = events.gone_row if column == events.gone else len(calendar)
        found[tickers[column]] = tuple(calendar[r] for r in simulated_companies.quarterly(first, end) if r >= begin)
    return found
