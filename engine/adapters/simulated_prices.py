"""Simulated prices: what do bars look like that nobody has traded, but somebody could have?

Each return has three parts that move together or alone: the market's, the sector's and the company's own. The market
goes through regimes; companies have trends of their own that come and go, report four times a year and are hit by
news overnight. Rows are sessions, columns tickers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.adapters.seeded_draws import Draws, Floats, Ints
from engine.adapters.simulated_companies import Company, dividend_row, quarterly

LOWEST, HIGHEST = 8.0, 400.0
_OVERNIGHT, _INTRADAY = 0.5, 0.85  # of a day's deviation: about a quarter of its variance is made overnight
_LARGEST_MOVE = 0.25
_TREND_LASTS = 45  # sessions on average
_OWN_TREND, _SECTOR_TREND = 0.0009, 0.0015  # deviation of the daily drift that lasts so long


BOOM_SECTOR, BOOM_DRIFT = 0, 0.0030  # the first sector leads the recovery, as in 2009, 2019 and 2023


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """How the market as a whole behaves from `row` on: daily `drift` and `deviation` as fractions."""

    name: str
    row: int
    drift: float
    deviation: float


# Name, share of the sessions, daily drift, daily deviation. Two years of the S&P 500 have days of 0.5 % when calm and
# 1.5 to 2 % when they fall (2018, 2020, 2022 are rougher than this).
_COURSE = (
    ("calm", 0.26, 0.0009, 0.0055),
    ("rough", 0.13, 0.0002, 0.0105),
    ("slump", 0.09, -0.0040, 0.0140),
    ("recovery", 0.17, 0.0022, 0.0095),
    ("calm", 0.35, 0.0008, 0.0058),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Prices relative to the first close before the tape, (sessions, tickers), and how they came about.

    `overnight` are the gaps; `news` and `report_jump` say where a gap is a surprise or an answer to a report.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    overnight: Floats
    news: npt.NDArray[np.bool_]
    report_jump: npt.NDArray[np.bool_]
    liveliness: Floats


def regimes(draws: Draws, days: int) -> tuple[Regime, ...]:
    """Return the course of the market over `days` sessions; where one regime ends and the next begins is drawn."""
    found: list[Regime] = []
    share = 0.0
    for name, length, drift, deviation in _COURSE:
        moved = share + draws.between(-0.02, 0.02) if found else 0.0
        found.append(Regime(name=name, row=int(moved * days), drift=drift, deviation=deviation))
        share += length
    return tuple(found)


def boom_rows(course: tuple[Regime, ...]) -> slice:
    """Return the rows in which one sector rises more than the others."""
    recovery = next(i for i, regime in enumerate(course) if regime.name == "recovery")
    return slice(course[recovery].row, course[recovery + 1].row)


def paths(draws: Draws, course: tuple[Regime, ...], company: Company, days: int, sectors: int) -> Paths:
    """Return prices that start at 1."""
    n = len(company.beta)
    drift, deviation = _by_day(course, days)
    sector_deviation = 0.004 + 0.007 * draws.uniform(sectors)
    lively = 0.6 + deviation / 0.014  # rough markets are rough for every single company too

    def moves(scale: float) -> Floats:
        market = _levelled(draws.normal(days), course)[:, None] * deviation[:, None] * company.beta
        sector = (draws.normal(days, sectors) * sector_deviation)[:, company.sector] * company.sector_beta
        own = draws.normal(days, n) * company.own * (0.75 + 0.25 * lively[:, None])
        return (market + sector + own) * scale

    overnight = moves(_OVERNIGHT)
    intraday = moves(_INTRADAY) + drift[:, None] * company.beta
    by_sector = _trend(draws, days, sectors, _SECTOR_TREND)
    by_sector[boom_rows(course), BOOM_SECTOR] = BOOM_DRIFT
    intraday += _trend(draws, days, n, _OWN_TREND) + by_sector[:, company.sector]
    news = draws.uniform(days, n) < 0.003
    overnight += np.where(news, (draws.uniform(days, n) - 0.5) * 0.16, 0.0)
    jump = _report_rows(company, days)
    overnight += np.where(jump, draws.normal(days, n) * 0.035, 0.0)
    overnight -= _paid_out(company, days)
    overnight = np.clip(overnight, -_LARGEST_MOVE, _LARGEST_MOVE)
    intraday = np.clip(intraday, -_LARGEST_MOVE, _LARGEST_MOVE)
    steps = np.empty((2 * days, n))
    steps[0::2], steps[1::2] = 1 + overnight, 1 + intraday
    along: Floats = np.cumprod(steps, axis=0, dtype=np.float64)
    opened: Floats = along[0::2]
    closed: Floats = along[1::2]
    wick = (company.own + deviation[:, None]) * 0.4
    return Paths(
        open=opened,
        close=closed,
        high=np.maximum(opened, closed) * (1 + np.abs(draws.normal(days, n)) * wick),
        low=np.minimum(opened, closed) * (1 - np.abs(draws.normal(days, n)) * wick),
        overnight=overnight,
        news=news & ~jump,
        report_jump=jump,
        liveliness=np.abs(overnight + intraday) / company.own,
    )


def volumes(draws: Draws, path: Paths, cents: Ints) -> Ints:
    """Return shares traded at closes of `cents`: many more on days that move a lot or follow a report."""
    days, n = cents.shape
    usual = (20e8 + 300e8 * draws.uniform(n) * draws.uniform(n)) / (cents.sum(axis=0) // days)
    busy = 0.7 + 0.25 * path.liveliness + np.where(path.report_jump, 1.2, 0.0)
    noise = 0.6 + 0.8 * draws.uniform(days, n)
    lots: Ints = np.rint(usual * busy * noise / 100).astype(np.int64)
    return lots * 100


def _by_day(course: tuple[Regime, ...], days: int) -> tuple[Floats, Floats]:
    drift, deviation = np.empty(days), np.empty(days)
    for regime in course:
        drift[regime.row :], deviation[regime.row :] = regime.drift, regime.deviation
    return drift, deviation


def _levelled(noise: Floats, course: tuple[Regime, ...]) -> Floats:
    """Return the market's noise less its mean in each regime, so that a slump is one whatever the seed."""
    out = noise.copy()
    ends = [regime.row for regime in course[1:]] + [len(noise)]
    for regime, end in zip(course, ends, strict=True):
        part = out[regime.row : end]
        part -= np.cumsum(part)[-1] / len(part)  # a running sum has one order; numpy's own depends on the processor
    return out


def _trend(draws: Draws, days: int, n: int, deviation: float) -> Floats:
    """Return a daily drift for each of `n` that stays the same for a while, then is another."""
    changes = draws.uniform(days, n) < 1 / _TREND_LASTS
    changes[0] = True
    row = np.maximum.accumulate(np.where(changes, np.arange(days)[:, None], 0), axis=0)
    return np.take_along_axis(draws.normal(days, n) * deviation, row, axis=0)


def _report_rows(company: Company, days: int) -> npt.NDArray[np.bool_]:
    """Return the mornings after a report: companies report after the close."""
    jump = np.zeros((days, len(company.beta)), np.bool_)
    for column, first in enumerate(company.reports.tolist()):
        jump[[row + 1 for row in quarterly(first, days - 1)], column] = True
    return jump


def _paid_out(company: Company, days: int) -> Floats:
    """Return what the mornings of an ex-date take off the price."""
    paid = np.zeros((days, len(company.beta)))
    for column, (first, yearly) in enumerate(
        zip(company.reports.tolist(), company.dividend_yield.tolist(), strict=True)
    ):
        paid[list(quarterly(dividend_row(first), days)), column] = yearly / 4
    return paid
