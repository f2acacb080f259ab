"""Intraday tapes: the prices of a market within its days, as columns.

Prices are money (int64, ten-thousandths of a dollar), moments microseconds since 1970 (int64, UTC). What lies outside
of the exchange's sessions is not on a tape: that is the importer's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import BadInput
from engine.model.sessions import Session
from engine.model.tape import DailyTape, Prices

if TYPE_CHECKING:  # whoever only reads runs needs no numpy
    import numpy as np
    import numpy.typing as npt

Moments: TypeAlias = "npt.NDArray[np.int64]"
MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """Return an aware moment as microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the moment that `to_micros` was given, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


class StopChecks(StrEnum):
    """How a run looks at stops within a day: as the live engine does, every few minutes, or inside every minute bar."""

    LIVE = "live"
    INTRABAR = "intrabar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """The exchange has stopped trading in `ticker` from `at` until `until`. A broker that is asked says so."""

    ticker: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinuteTape:
    """Minute bars of the tickers of `daily` (columns): one row for each minute of each session from `first` on.

    `daily` has the daily bars, those of earlier days too (the indicators need 15 of them): they may come from a file of
    their own or be made from the minutes. `at` is the start of each minute; a session of 390 minutes has 390 rows, an
    early close fewer, none is left out. 0 means that there is no bar.
    """

    daily: DailyTape
    at: Moments
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    halts: tuple[Halt, ...] = ()

    def __post_init__(self) -> None:
        wanted = (len(self.at), len(self.daily.tickers))
        if any(prices.shape != wanted for prices in (self.open, self.high, self.low, self.close)):
            raise BadInput(f"a minute tape of {wanted[0]} minutes and {wanted[1]} tickers has columns of another shape")

    def rows_of(self, session: Session) -> range:
        """Return the rows of `session`: empty when the tape has none of its minutes."""
        first, end = self.at.searchsorted([to_micros(session.open_at), to_micros(session.close_at)])
        return range(int(first), int(end))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuoteTape:
    """Last prices as they were seen: `ticker` (a column of `daily`) traded at `price` at `at`, in the order of time.

    `daily` as for a minute tape.
    """

    daily: DailyTape
    at: Moments
    ticker: npt.NDArray[np.int32]
    price: Prices
    halts: tuple[Halt, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.at) == len(self.ticker) == len(self.price):
            raise BadInput("the columns of a quote tape are not of one length")

    def rows_of(self, session: Session) -> range:
        """Return the quotes of `session`, the closing print included: empty when the tape has none of them."""
        first = self.at.searchsorted(to_micros(session.open_at), side="left")
        end = self.at.searchsorted(to_micros(session.close_at), side="right")
        return range(int(first), int(end))


Tape: TypeAlias = DailyTape | MinuteTape | QuoteTape


def days_of(tape: Tape) -> DailyTape:
    """Return the daily bars of any tape."""
    return tape if isinstance(tape, DailyTape) else tape.daily
