"""Quote files: at which prices were shares seen to trade, and when? A row a price, within the exchange's hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.adapters import calendar, column_names, number_columns, suggestion_rows
from engine.adapters.faults import RefusedRow, refuse_rows
from engine.adapters.file_readers import RawFile
from engine.adapters.input_options import InputOptions
from engine.adapters.instants import Instants, instants
from engine.adapters.long_prices import tickers_of
from engine.adapters.minute_rows import Hours
from engine.adapters.previews import Preview
from engine.adapters.price_rows import MOST_DOLLARS, day_of
from engine.adapters.suggestion_rows import NO_ZONE, NUL
from engine.errors import BadInput
from engine.model.imports import BarColumns
from engine.model.intraday_columns import QuoteColumns
from engine.model.sessions import SessionTable

_DAY = 86_400_000_000
_NEEDED = ("ticker", "price", "at")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuoteRead:
    """What reading quote files came to: the quotes, the daily bars they make, and all that was wrong."""

    quotes: QuoteColumns
    days: BarColumns
    previews: tuple[Preview, ...]
    refused: tuple[RefusedRow, ...]
    sessions: SessionTable
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    tickers: tuple[str, ...]
    ticker: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    price: npt.NDArray[np.int64]
    refused: list[RefusedRow]
    preview: Preview


def read_quotes(paths: Sequence[Path], options: InputOptions, *, cache_dir: Path | None = None) -> QuoteRead:
    """Return the quotes of `paths` in the order of time; the same quote twice counts once.

    Raises BadInput when a file cannot be understood, and for rows that cannot be used, unless `options.skip_bad`.
    """
    parts = [_read_one(path, options) for path in paths]
    refused = tuple(row for part in parts for row in part.refused)
    refuse_rows(refused, skip=options.skip_bad)
    quotes = _joined(parts)
    if not len(quotes):
        raise BadInput(f"{', '.join(str(p) for p in paths[:3])}: there is not one quote in it")
    sessions = calendar.xnys(day_of(quotes.at[0] // _DAY), day_of(quotes.at[-1] // _DAY), cache_dir=cache_dir)
    hours = Hours.of(sessions)
    session = hours.session_of(quotes.at)
    inside = hours.trading(quotes.at, session, close_too=True)
    if not inside.any():
        raise BadInput(
            f"{', '.join(str(p) for p in paths[:3])}: not one quote is within the exchange's hours",
            hint="--timezone says in which zone the moments were written; is it the right one?",
        )
    again = _again(quotes) & inside
    kept = _taken(quotes, inside & ~again)
    outside = int((~inside).sum())
    notes = (
        f"{outside:,} quotes outside of the exchange's hours were left out" if outside else "",
        f"{int(again.sum()):,} quotes that were there before (same ticker, price and moment) were left out"
        if again.any()
        else "",
    )
    return QuoteRead(
        quotes=kept,
        days=days_of(kept, hours),
        previews=tuple(part.preview for part in parts),
        refused=refused,
        sessions=sessions,
        notes=tuple(note for note in notes if note),
    )


def quotes_in(source: Path | RawFile, options: InputOptions) -> tuple[QuoteColumns, tuple[RefusedRow, ...]]:
    """Return the quotes of one file in the order of time, of whatever hours, and the rows that cannot be used."""
    part = _read_one(source, options)
    return _joined([part]), tuple(part.refused)


def days_of(quotes: QuoteColumns, hours: Hours) -> BarColumns:
    """Return the daily bars that quotes make: first, highest, lowest and last price; nobody knows the volume."""
    on = hours.on[hours.session_of(quotes.at)]
    order = np.lexsort((on, quotes.ticker))  # stable: the order of time stays
    ticker, on, price = quotes.ticker[order], on[order], quotes.price[order]
    first = np.flatnonzero(np.append(True, (ticker[1:] != ticker[:-1]) | (on[1:] != on[:-1])))
    last = np.append(first[1:], len(price)) - 1
    return BarColumns(
        tickers=quotes.tickers,
        ticker=ticker[first],
        on=on[first],
        open=price[first],
        high=np.maximum.reduceat(price, first),
        low=np.minimum.reduceat(price, first),
        close=price[last],
        volume=np.zeros(len(first), np.int64),
    )


def _read_one(path: Path | RawFile, options: InputOptions) -> _Part:
    table, found = suggestion_rows.table_of(path, column_names.QUOTES, _NEEDED, ("ticker",), options)
    cells = {name: table.columns[i] for name, i in found.items()}
    tickers, ticker = tickers_of(cells["ticker"])
    prices, unread = number_columns.numbers(cells["price"], decimal_comma=table.decimal_comma)
    at = instants(cells["at"], options, what="at", where=table.file.name)
    with np.errstate(invalid="ignore"):
        reasons, why = suggestion_rows.refusals(_conditions(tickers, ticker, prices, unread, at))
    good = why == 0
    bad = [
        RefusedRow(path=table.file.name, row_number=table.row_number(i), reason=reasons[why[i]])
        for i in np.flatnonzero(~good).tolist()
    ]
    bad += [RefusedRow(path=table.file.name, row_number=n, reason=f"the line {text}") for n, text in table.malformed]
    return _Part(
        tickers=tickers,
        ticker=ticker[good],
        at=at.micros[good],
        price=number_columns.to_money(prices[good]),
        refused=sorted(bad, key=lambda row: row.row_number),
        preview=suggestion_rows.preview("quotes", table, found, list(tickers), at.micros[good], (at.how,)),
    )


def _conditions(
    tickers: Sequence[str],
    ticker: npt.NDArray[np.int32],
    prices: number_columns.Floats,
    unread: number_columns.Mask,
    at: Instants,
) -> dict[str, npt.NDArray[np.bool_]]:
    return {
        NUL: np.append(suggestion_rows.with_nul(tickers), False)[ticker],
        "the ticker is missing": ticker < 0,
        "the price is missing or not a number": unread | ~np.isfinite(prices),
        "the price is not above zero": prices < 0.00005,  # below half of the smallest unit of money
        "the price is beyond ten million dollars": prices > MOST_DOLLARS,
        "at is missing": at.empty,
        "at cannot be read": at.bad,
        "at has no time of day": at.dates,
        f"at {NO_ZONE}": at.naive,
    }


def _joined(parts: Sequence[_Part]) -> QuoteColumns:
    """Return the quotes of all files in the order of time; those of one moment stay as they were."""
    tickers = tuple(sorted({part.tickers[i] for part in parts for i in np.unique(part.ticker).tolist()}))
    index = {ticker: i for i, ticker in enumerate(tickers)}
    codes = [np.array([index.get(t, -1) for t in part.tickers] or [0], np.int32)[part.ticker] for part in parts]
    at = np.concatenate([part.at for part in parts])
    joined = QuoteColumns(
        tickers=tickers, ticker=np.concatenate(codes), at=at, price=np.concatenate([part.price for part in parts])
    )
    return joined if (np.diff(at) >= 0).all() else _taken(joined, np.argsort(at, kind="stable"))


def _taken(quotes: QuoteColumns, which: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> QuoteColumns:
    """Return the quotes that a mask or a list of positions names; tickers without one are left out."""
    ticker = quotes.ticker[which]
    used = np.flatnonzero(np.bincount(ticker))
    codes = np.searchsorted(used, np.arange(len(quotes.tickers))).astype(np.int32)
    return QuoteColumns(
        tickers=tuple(quotes.tickers[i] for i in used.tolist()),
        ticker=codes[ticker],
        at=quotes.at[which],
        price=quotes.price[which],
    )


def _again(quotes: QuoteColumns) -> npt.NDArray[np.bool_]:
    """Return where the same quote was there before: a second print may confirm a first one, a copy must not."""
    order = np.lexsort((quotes.price, quotes.ticker, quotes.at))
    columns = (quotes.at[order], quotes.ticker[order], quotes.price[order])
    again = np.zeros(len(quotes), np.bool_)
    again[order[1:]] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    return again
