"""Reference files: sectors, earnings dates, splits and dividends: what is known of the tickers beside their prices?"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Generic, TypeVar

from engine.adapters import column_names, date_columns
from engine.adapters.bar_rows import EPOCH
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import RawTable, names_of, open_file, read_table
from engine.adapters.input_options import InputOptions
from engine.adapters.previews import Preview
from engine.model import money
from engine.model.market import Dividend, Security, Split

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceRead(Generic[T]):
    """What reading reference files came to: the values, a preview a file, and the rows that were refused."""

    rows: tuple[T, ...]
    previews: tuple[Preview, ...]
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningsDate:
    """`ticker` reports on `on`."""

    ticker: str
    on: date


Row = Mapping[str, Any]
"""One row under our names: texts trimmed, `date` as a date; None where there is nothing."""


def read_securities(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[Security]:
    """Return names and sectors. A ticker twice with different sectors is refused the second time."""
    return _read(paths, options, "sectors", column_names.SECTORS, ("ticker", "sector"), _security, lambda s: s.ticker)


def read_earnings(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[EarningsDate]:
    """Return earnings dates, each once."""
    return _read(paths, options, "earnings", column_names.EARNINGS, ("ticker", "date"), _earnings, lambda e: e)


def read_splits(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[Split]:
    """Return splits, one a ticker and date. Ratios are read as 4, 0.5, 4:1, 4-for-1 and 1/10."""
    needed = ("ticker", "date", "ratio")
    return _read(paths, options, "splits", column_names.SPLITS, needed, _split, lambda s: (s.ticker, s.on))


def read_dividends(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[Dividend]:
    """Return dividends, one a ticker and ex date."""
    needed = ("ticker", "date", "amount")
    return _read(paths, options, "dividends", column_names.DIVIDENDS, needed, _dividend, lambda d: (d.ticker, d.ex_on))


def by_ticker(dates: Sequence[EarningsDate]) -> dict[str, tuple[date, ...]]:
    """Return each ticker's earnings dates in order."""
    found: dict[str, set[date]] = {}
    for each in dates:
        found.setdefault(each.ticker, set()).add(each.on)
    return {ticker: tuple(sorted(found[ticker])) for ticker in sorted(found)}


def _read(
    paths: Sequence[Path],
    options: InputOptions,
    kind: str,
    aliases: column_names.Aliases,
    needed: tuple[str, ...],
    make: Callable[[Row], T],
    key: Callable[[T], object],
) -> ReferenceRead[T]:
    kept: dict[object, T] = {}
    previews: list[Preview] = []
    refused: list[RefusedRow] = []
    for path in paths:
        table, found, rows, how = _rows(path, options, aliases, needed)
        fresh: list[str] = []
        for i, row in enumerate(rows):
            try:
                value = make(row)
                if kept.setdefault(key(value), value) != value:
                    raise ValueError("it contradicts a row before it")
                fresh.append(str(row["ticker"]))
            except ValueError as error:
                reason = f"{error} ({', '.join(f'{k} {v}' for k, v in row.items())})"
                refused.append(RefusedRow(path=str(path), row_number=table.row_number(i), reason=reason))
        refused += [RefusedRow(path=str(path), row_number=n, reason=f"the line {why}") for n, why in table.malformed]
        previews.append(_preview(kind, table, found, rows, len(set(fresh)), how))
    return ReferenceRead(rows=tuple(kept.values()), previews=tuple(previews), refused=tuple(refused))


def _rows(
    path: Path, options: InputOptions, aliases: column_names.Aliases, needed: tuple[str, ...]
) -> tuple[RawTable, dict[str, int], list[Row], str]:
    file = open_file(path)
    names = names_of(file)
    found = column_names.assign(names, aliases, chosen=options.columns, where=file.name)
    column_names.require(found, needed, names, where=file.name)
    table = read_table(file, texts=frozenset(names[i] for ours, i in found.items() if ours != "date"))
    columns = {ours: _texts(table.columns[i]) for ours, i in found.items() if ours != "date"}
    how = ""
    if "date" in found:
        when = date_columns.moments(table.columns[found["date"]], date_format=options.date_format)
        days, mapped = date_columns.session_days(when)
        absent = when.empty | when.bad
        how = ", ".join(note for note in (when.how, mapped) if note)
        columns["date"] = [
            None if gone else date.fromordinal(day + EPOCH)
            for day, gone in zip(days.tolist(), absent.tolist(), strict=True)
        ]
    return table, found, [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)], how


def _texts(column: Any) -> list[Any]:
    return [None if cell is None or str(cell).strip() == "" else str(cell).strip() for cell in column.to_pylist()]


def _preview(
    kind: str, table: RawTable, found: Mapping[str, int], rows: Sequence[Row], tickers: int, how: str
) -> Preview:
    dates = [row["date"] for row in rows if row.get("date")]
    return Preview(
        kind=kind,
        path=str(table.file.path),
        digest=table.file.digest,
        format=table.file.described,
        rows=table.rows + len(table.malformed),
        columns={ours: table.names[i] for ours, i in found.items()},
        tickers=tickers,
        first=min(dates, default=None),
        last=max(dates, default=None),
        notes=(how,) if how else (),
    )


def _ticker(row: Row) -> str:
    if not row["ticker"]:
        raise ValueError("the ticker is empty")
    return str(row["ticker"]).upper()


def _day(row: Row) -> date:
    if row["date"] is None:
        raise ValueError("the date is missing or cannot be read")
    found: date = row["date"]
    return found


def _security(row: Row) -> Security:
    return Security(ticker=_ticker(row), name=row.get("name") or "", sector=row["sector"])


def _earnings(row: Row) -> EarningsDate:
    return EarningsDate(ticker=_ticker(row), on=_day(row))


def _split(row: Row) -> Split:
    return Split(ticker=_ticker(row), on=_day(row), ratio=ratio_of(row["ratio"] or ""))


def _dividend(row: Row) -> Dividend:
    text = re.sub(r"^[$€£]\s*", "", row["amount"] or "")
    try:
        amount = money.quantise(float(text))
    except (ValueError, OverflowError):
        raise ValueError("the amount is not a number") from None
    if amount <= 0:
        raise ValueError("the amount is not above zero")
    return Dividend(ticker=_ticker(row), ex_on=_day(row), amount=amount)


def ratio_of(text: str) -> Fraction:
    """Return how many new shares an old one becomes: `4:1`, `4-for-1`, `4/1` and `4` are 4. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)(?:\s*(?::|/|-?\s*for\s*-?|\s+)\s*(\d+(?:\.\d+)?))?\s*", text.casefold())
    if not match:
        raise ValueError("the ratio cannot be read: write it like 4, 4:1 or 1/10")
    old = Fraction(match[2] or "1")
    if old == 0 or Fraction(match[1]) == 0:
        raise ValueError("the ratio is zero")
    exact = Fraction(match[1]) / old
    ratio = exact.limit_denominator(1000)  # 0.333333 was meant as a third
    if abs(ratio / exact - 1) > Fraction(1, 10_000):
        ratio = exact
    if ratio == 1:
        raise ValueError("a ratio of 1 is no split")
    return ratio
