"""Imports: what does an importer hand to a store, and what does the store answer?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only reads runs needs no numpy
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarColumns:
    """Daily bars as columns of equal length, sorted by ticker and date, each (ticker, date) once.

    `ticker` holds indices into `tickers` (which are sorted), `on` the session as days since 1970-01-01. Prices are
    money (ten-thousandths of a dollar), unadjusted unless the import was told otherwise; `volume` counts shares.
    """

    tickers: tuple[str, ...]
    ticker: npt.NDArray[np.int32]
    on: npt.NDArray[np.int32]
    open: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    close: npt.NDArray[np.int64]
    volume: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSource:
    """Where rows came from: `digest` is the SHA-256 of the file's bytes, `rows` how many rows it had."""

    path: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """What storing came to, in rows: those not there before, those there already, those replaced by other values."""

    new: int = 0
    same: int = 0
    changed: int = 0
