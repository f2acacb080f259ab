"""PostgreSQL source days: what do somebody else's tables know of the days before a session?

Bars are many, so they come as one piece and are read as columns; a row that cannot be read is refused with its reason.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from engine.model.imports import BarColumns
from engine.model.incoming import Arrived, DayFacts, Refusal, Wanted
from engine.model.market import Dividend, Security, Split
from storage import postgres_sources_bars
from storage.live_sources_rows import Row, shown
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_moments import between, day
from storage.postgres_sources_prices import of_interval
from storage.postgres_sources_rows import Reader, price, ratio, selected
from storage.postgres_sources_tables import PostgresTables, Question

_AHEAD = timedelta(days=800)
"""So far ahead of a session facts are of use."""
T = TypeVar("T")


class PostgresDays:
    """A `History` (engine/live_sources.py) over tables. As an `Inlet` it hands over what of them was refused."""

    def __init__(self, tables: PostgresTables) -> None:
        self._tables = tables
        self._refused: list[Refusal] = []
        self._known: set[tuple[str, str]] = set()

    def begin(self) -> None:
        """See `Inlet.begin`."""

    async def arrived(self, wanted: Wanted) -> Arrived:
        """See `Inlet.arrived`."""
        del wanted
        refused, self._refused = self._refused, []
        return Arrived(refused=refused)

    async def facts(self, first: date, last: date) -> DayFacts:
        """See `History.facts`."""
        securities = await self._values("securities", None, last, _security)
        earnings = await self._values("earnings", ("earnings_date", first, last + _AHEAD), last, _earnings)
        splits = await self._values("splits", ("on", first, last + _AHEAD), last, _split)
        dividends = await self._values("dividends", ("ex_on", first, last + _AHEAD), last, _dividend)
        return DayFacts(
            bars=await self.bars(first, last),
            securities=_unique(securities, lambda s: s.ticker),
            splits=_unique(splits, lambda s: (s.ticker, s.on)),
            dividends=_unique(dividends, lambda d: (d.ticker, d.ex_on)),
            earnings=_by_ticker(earnings),
        )

    async def bars(self, first: date, last: date) -> BarColumns:
        """Return the daily bars from `first` to `last`. Raises Unavailable."""

        def ask(layout: Layout) -> Question:
            within = _within(layout, "start_at", first, last)
            where = f"{within} AND {of_interval(layout)}"
            rows = f"SELECT {selected(layout)} FROM {layout.source} WHERE {where}"
            return Question(sql=rows)

        answer = await self._tables.copied("daily_bars", ask, last)
        if answer is None:
            return postgres_sources_bars.none()
        layout, data = answer
        bars, refused = await asyncio.to_thread(postgres_sources_bars.read, layout, data, first, last)
        self._refuse(refused)
        return bars

    async def _values(
        self, kind: str, during: tuple[str, date, date] | None, on: date, value: Callable[[Layout, Row], T]
    ) -> list[T]:
        """Return the values of a table; `during` names a day of it, and between which days it is to lie."""

        def ask(layout: Layout) -> Question:
            where = f" WHERE {_within(layout, *during)}" if during else ""
            return Question(sql=f"SELECT {selected(layout)} FROM {layout.source}{where}")

        answer = await self._tables.rows(kind, ask, on)
        if answer is None:
            return []
        layout, rows = answer
        found, refused = await asyncio.to_thread(lambda: _read(layout, rows, value))
        self._refuse(refused)
        return found

    def _refuse(self, refused: Sequence[Refusal]) -> None:
        for refusal in refused:
            if (refusal.where, refusal.row) not in self._known:
                self._known.add((refusal.where, refusal.row))
                self._refused.append(refusal)


def _within(layout: Layout, ours: str, first: date, last: date) -> str:
    """Return the condition that a day lies in `[first, last]`; the values are our own."""
    begins = datetime.combine(first, time(), UTC)
    ends = datetime.combine(last, time.max, UTC)
    low, high = (f"'{at.isoformat()}'::timestamptz" for at in (begins, ends))
    return between(layout.column(ours), layout.keeps(ours), low, high)


def _read(layout: Layout, rows: Sequence[Any], value: Callable[[Layout, Row], T]) -> tuple[list[T], list[Refusal]]:
    reader = Reader(layout=layout)
    found: list[T] = []
    refused: list[Refusal] = []
    for cells in rows:
        try:
            found.append(value(layout, reader.row(cells)))
        except (ValueError, OverflowError) as error:
            name = " ".join(str(cell) for cell in cells if cell is not None)[:80]
            refused.append(Refusal(where=layout.table.table, row=shown(name), reason=shown(error)))
    return found, refused


def _security(layout: Layout, row: Row) -> Security:
    ended = None if row["last_bar_on"] is None else _day(layout, row, "last_bar_on")
    return Security(ticker=_ticker(row), name=row["name"] or "", sector=row["sector"] or None, last_bar_on=ended)


def _earnings(layout: Layout, row: Row) -> tuple[str, date]:
    return _ticker(row), _day(layout, row, "earnings_date")


def _split(layout: Layout, row: Row) -> Split:
    return Split(ticker=_ticker(row), on=_day(layout, row, "on"), ratio=ratio(row["ratio"] or ""))


def _dividend(layout: Layout, row: Row) -> Dividend:
    return Dividend(ticker=_ticker(row), ex_on=_day(layout, row, "ex_on"), amount=price(row["amount"], "the amount"))


def _ticker(row: Row) -> str:
    ticker = (row["ticker"] or "").strip().upper()
    if not ticker:
        raise ValueError("the ticker is empty")
    return str(ticker)


def _day(layout: Layout, row: Row, ours: str) -> date:
    try:
        return day(row[ours] or "", layout.keeps(ours))
    except (ValueError, OverflowError):
        raise ValueError(f"{ours} is missing or cannot be read") from None


def _unique(values: Sequence[T], key: Callable[[T], Any]) -> tuple[T, ...]:
    """Return `values` in the order of their keys; of several with one key the first."""
    first: dict[Any, T] = {}
    for value in values:
        first.setdefault(key(value), value)
    return tuple(first[name] for name in sorted(first))


def _by_ticker(dates: Sequence[tuple[str, date]]) -> dict[str, tuple[date, ...]]:
    found: dict[str, set[date]] = {}
    for ticker, on in dates:
        found.setdefault(ticker, set()).add(on)
    return {ticker: tuple(sorted(found[ticker])) for ticker in sorted(found)}
