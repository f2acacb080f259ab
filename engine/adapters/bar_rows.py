"""Bar rows: prices on their way from a file to a store: as money, sorted, each with the place it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters.faults import Fault, FaultKind
from engine.model.imports import BarColumns
from engine.model.money import usd

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarRows:
    """Bars as columns. Prices are money, 0 where a cell was empty; `volume` is -1 there.

    `on` counts days since 1970, `micros` is the moment as written. `file` indexes `paths`, `row` is the row's number
    as people count (`RawTable.row_number`).
    """

    tickers: tuple[str, ...]
    paths: tuple[str, ...]
    ticker: npt.NDArray[np.int32]
    on: npt.NDArray[np.int32]
    micros: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    file: npt.NDArray[np.int32]
    row: Ints

    def __len__(self) -> int:
        return len(self.on)

    def take(self, which: Mask | npt.NDArray[np.intp]) -> "BarRows":
        """Return the rows that a mask or a list of positions names."""
        if which.dtype == np.bool_ and which.all():
            return self
        return replace(self, **{name: getattr(self, name)[which] for name in _COLUMNS})

    def day(self, i: int) -> date:
        """Return the date of row `i`."""
        return date.fromordinal(int(self.on[i]) + EPOCH)

    def fault(self, i: int, kind: FaultKind, found: str, done: str) -> Fault:
        """Return a fault of row `i`."""
        return Fault(
            kind=kind,
            ticker=self.tickers[self.ticker[i]],
            on=self.day(i),
            found=found,
            done=done,
            path=self.paths[self.file[i]],
            row_number=int(self.row[i]),
        )

    def shown(self, i: int) -> str:
        """Return row `i`'s prices as people read them."""
        prices = (("open", self.open), ("high", self.high), ("low", self.low), ("close", self.close))
        return ", ".join(f"{name} {usd(int(column[i])) if column[i] else '-'}" for name, column in prices)

    def sorted(self) -> "BarRows":
        """Return the rows by ticker and date; those of one ticker and date stay in the order they came in."""
        key = self.key()
        return self if (np.diff(key) >= 0).all() else self.take(np.argsort(key, kind="stable"))

    def key(self) -> Ints:
        """Return a number for each row that is equal exactly for rows of one ticker and date."""
        return self.ticker.astype(np.int64) * 1_000_000 + self.on

    def after_same_ticker(self) -> Mask:
        """Return where the row before is of the same ticker."""
        mask = np.zeros(len(self), np.bool_)
        mask[1:] = self.ticker[1:] == self.ticker[:-1]
        return mask

    def columns(self) -> BarColumns:
        """Return the rows as a store takes them; tickers without a row are left out."""
        used = np.flatnonzero(np.bincount(self.ticker))
        codes = np.searchsorted(used, np.arange(len(self.tickers))).astype(np.int32)[self.ticker]
        return BarColumns(
            tickers=tuple(self.tickers[i] for i in used),
            ticker=codes,
            on=self.on,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            volume=np.maximum(self.volume, 0),
        )


_COLUMNS = tuple(f.name for f in fields(BarRows) if f.name not in ("tickers", "paths"))


def joined(parts: Sequence[BarRows]) -> BarRows:
    """Return the rows of several files as one set with one list of tickers."""
    if len(parts) == 1:
        return parts[0]
    tickers = tuple(sorted({ticker for part in parts for ticker in part.tickers}))
    index = {ticker: i for i, ticker in enumerate(tickers)}
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in _COLUMNS
        if name not in ("ticker", "file")
    }
    codes = [np.array([index[t] for t in part.tickers] or [0], np.int32)[part.ticker] for part in parts]
    files = [np.full(len(part), i, np.int32) for i, part in enumerate(parts)]
    return BarRows(
        tickers=tickers,
        paths=tuple(part.paths[0] for part in parts),
        ticker=np.concatenate(codes),
        file=np.concatenate(files),
        **columns,
    )
