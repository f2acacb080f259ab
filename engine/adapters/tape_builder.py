"""Tape builder: how do bars and what is known of their tickers become the one tape that an engine is fed?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from engine.adapters.bar_rows import EPOCH
from engine.errors import BadInput
from engine.model.imports import BarColumns
from engine.model.market import Dividend, Security, Split
from engine.model.sessions import SessionTable
from engine.model.tape import DailyTape

_NOTHING: Mapping[str, tuple[date, ...]] = MappingProxyType({})


def build_tape(
    bars: BarColumns,
    *,
    sessions: SessionTable,
    securities: Sequence[Security] = (),
    splits: Sequence[Split] = (),
    dividends: Sequence[Dividend] = (),
    earnings: Mapping[str, tuple[date, ...]] = _NOTHING,
) -> DailyTape:
    """Return the tape of `bars` over every session from the first bar's to the last's, tickers in order.

    Where there is no bar the prices are 0. A ticker whose bars end before the tape does gets its `last_bar_on`. Raises
    BadInput without bars, and for a bar on a day that is no session.
    """
    if not len(bars):
        raise BadInput("there are no bars to make a tape of")
    first, last = int(bars.on.min()), int(bars.on.max())
    days = np.array([s.on.toordinal() - EPOCH for s in sessions.sessions], np.int32)
    days = days[(days >= first) & (days <= last)]
    row = np.searchsorted(days, bars.on)
    if not len(days) or (days[np.minimum(row, len(days) - 1)] != bars.on).any():
        raise BadInput("there are bars on days that are no sessions of the exchange")
    shape = (len(days), len(bars.tickers))
    return DailyTape(
        tickers=bars.tickers,
        dates=tuple(date.fromordinal(day + EPOCH) for day in days.tolist()),
        open=_matrix(bars.open, shape, row, bars.ticker),
        high=_matrix(bars.high, shape, row, bars.ticker),
        low=_matrix(bars.low, shape, row, bars.ticker),
        close=_matrix(bars.close, shape, row, bars.ticker),
        volume=_matrix(bars.volume, shape, row, bars.ticker),
        sessions=sessions,
        securities=MappingProxyType(_with_ends(bars, securities, last)),
        splits=tuple(sorted(splits, key=lambda s: (s.on, s.ticker))),
        dividends=tuple(sorted(dividends, key=lambda d: (d.ex_on, d.ticker))),
        earnings=MappingProxyType(dict(earnings)),
    )


def splits_to_apply(
    bars: BarColumns, splits: Sequence[Split], *, adjusted: str
) -> tuple[tuple[Split, ...], tuple[str, ...]]:
    """Return the splits whose jump is in the prices, and notes on the others.

    Most free prices are adjusted for splits already: applying one again would halve a position out of nothing.
    `adjusted` is yes (leave all out), no (apply all), or auto: compare each split's open with the close before.
    """
    if adjusted == "yes":
        return (), (f"{len(splits):,} splits left out: the prices are adjusted for them (--splits-adjusted yes)",)
    if adjusted == "no":
        return tuple(splits), ()
    applied: list[Split] = []
    notes: list[str] = []
    for split in splits:
        jump = _jump(bars, split)
        if jump is None or _shows(jump, split.ratio):
            applied.append(split)
        else:
            notes.append(
                f"the split of {split.ticker} on {split.on} (ratio {split.ratio}) is left out: close to open went by "
                f"{jump:.3f}, so the prices are adjusted for it already (--splits-adjusted no applies it)"
            )
    return tuple(applied), tuple(notes)


def _shows(jump: float, ratio: Fraction) -> bool:
    """Is the overnight move, as a factor, nearer to the split's than to none?"""
    return bool(abs(np.log(jump * float(ratio))) < abs(np.log(jump)))


def _jump(bars: BarColumns, split: Split) -> float | None:
    """Return open over the close before at the first bar from `split.on` on, or None when either is not there."""
    if split.ticker not in bars.tickers:
        return None
    mine = np.flatnonzero(bars.ticker == bars.tickers.index(split.ticker))
    i = int(np.searchsorted(bars.on[mine], split.on.toordinal() - EPOCH))
    if not 0 < i < len(mine):
        return None
    return float(bars.open[mine[i]] / bars.close[mine[i - 1]])


def _matrix(
    column: npt.NDArray[np.int64],
    shape: tuple[int, int],
    row: npt.NDArray[np.intp],
    ticker: npt.NDArray[np.int32],
) -> npt.NDArray[np.int64]:
    matrix = np.zeros(shape, np.int64)
    matrix[row, ticker] = column
    return matrix


def _with_ends(bars: BarColumns, securities: Sequence[Security], last: int) -> dict[str, Security]:
    ends = bars.on[np.searchsorted(bars.ticker, np.arange(len(bars.tickers)), side="right") - 1]  # sorted: the last row
    known = {security.ticker: security for security in securities}
    for ticker, end in zip(bars.tickers, ends.tolist(), strict=True):
        if end < last:
            known[ticker] = replace(
                known.get(ticker, Security(ticker=ticker)), last_bar_on=date.fromordinal(end + EPOCH)
            )
    return known
