"""Reference files: sectors, earnings dates, splits and dividends: what is known of the tickers beside their prices?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

from engine.adapters import column_names
from engine.adapters.input_options import InputOptions
from engine.adapters.reference_rows import ReferenceRead, Row, day_of, read, ticker_of
from engine.model import money
from engine.model.market import Dividend, Security, Split


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningsDate:
    """`ticker` reports on `on`."""

    ticker: str
    on: date


def read_securities(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[Security]:
    """Return names and sectors. A ticker twice with different sectors is refused the second time."""
    return read(paths, options, "sectors", column_names.SECTORS, ("ticker", "sector"), _security, lambda s: s.ticker)


def read_earnings(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[EarningsDate]:
    """Return earnings dates, each once."""
    return read(paths, options, "earnings", column_names.EARNINGS, ("ticker", "date"), _earnings, lambda e: e)


def read_splits(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[Split]:
    """Return splits, one a ticker and date. Ratios are read as 4, 0.5, 4:1, 4-for-1 and 1/10."""
    needed = ("ticker", "date", "ratio")
    return read(paths, options, "splits", column_names.SPLITS, needed, _split, lambda s: (s.ticker, s.on))


def read_dividends(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[Dividend]:
    """Return dividends, one a ticker and ex date."""
    needed = ("ticker", "date", "amount")
    return read(paths, options, "dividends", column_names.DIVIDENDS, needed, _dividend, lambda d: (d.ticker, d.ex_on))


def by_ticker(dates: Sequence[EarningsDate]) -> dict[str, tuple[date, ...]]:
    """Return each ticker's earnings dates in order."""
    found: dict[str, set[date]] = {}
    for each in dates:
        found.setdefault(each.ticker, set()).add(each.on)
    return {ticker: tuple(sorted(found[ticker])) for ticker in sorted(found)}


def _security(row: Row) -> Security:
    return Security(ticker=ticker_of(row), name=row.get("name") or "", sector=row["sector"])


def _earnings(row: Row) -> EarningsDate:
    return EarningsDate(ticker=ticker_of(row), on=day_of(row))


def _split(row: Row) -> Split:
    return Split(ticker=ticker_of(row), on=day_of(row), ratio=ratio_of(row["ratio"] or ""))


def _dividend(row: Row) -> Dividend:
    text = re.sub(r"^[$€£]\s*", "", row["amount"] or "")
    try:
        amount = money.quantise(float(text))
    except (ValueError, OverflowError):
        raise ValueError("the amount is not a number") from None
    if amount <= 0:
        raise ValueError("the amount is not above zero")
    return Dividend(ticker=ticker_of(row), ex_on=day_of(row), amount=amount)


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
