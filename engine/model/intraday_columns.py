"""Intraday columns: what does an importer of minute bars or of quotes hand to a store, and to whoever builds a tape?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only reads runs needs no numpy
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinuteColumns:
    """Minute bars as columns of equal length, sorted by ticker and moment, each (ticker, moment) once.

    `ticker` holds indices into `tickers` (which are sorted), `at` the start of the minute as microseconds since 1970
    (UTC), within a session of the exchange. Prices are money, `volume` counts shares.
    """

    tickers: tuple[str, ...]
    ticker: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    open: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    close: npt.NDArray[np.int64]
    volume: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuoteColumns:
    """Last prices as columns of equal length, in the order of time: `ticker` indexes `tickers` (which are sorted).

    `at` counts microseconds since 1970 (UTC), within a session of the exchange, its close included; `price` is money.
    """

    tickers: tuple[str, ...]
    ticker: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    price: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.at)
