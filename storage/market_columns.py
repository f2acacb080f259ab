"""Market columns: how do bars and recommendations lie in their tables, and how are very many read at once?"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Column, func, select
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from engine.model.imports import BarColumns, ImportCounts, ImportSource
from engine.model.macro import MacroEvent
from engine.model.market import Dividend, Security, Split
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationTable
from engine.ports import ImportEntry, MarketSummary
from storage import bulk
from storage.answering import Connection
from storage.collector import collector_at_rest
from storage.columns import Columns
from storage.database import open_raw
from storage.market_tables import (
    DAILY,
    DIVIDENDS,
    EARNINGS_CALENDAR,
    IMPORTS,
    INTRADAY_SIGNALS,
    PRICE_BARS,
    RECOMMENDATIONS,
    SECURITIES,
    SPLITS,
)
from storage.moments import MICROS_PER_DAY, to_days, to_micros
from storage.row_map import RowMap

_DIALECT = sqlite_dialect()
_FIRST, _LAST = -(2**63), 2**63 - 1
_PRICES = ("open", "high", "low", "close", "volume")
SECURITY_ROWS: RowMap[Security] = RowMap(
    table=SECURITIES,
    kind=Security,
    fields={"ticker": "ticker", "name": "name", "sector": "sector", "last_bar_on": "last_bar_on"},
)
SPLIT_ROWS: RowMap[Split] = RowMap(table=SPLITS, kind=Split, fields={"ticker": "ticker", "on": "on", "ratio": "ratio"})
DIVIDEND_ROWS: RowMap[Dividend] = RowMap(
    table=DIVIDENDS, kind=Dividend, fields={"ticker": "ticker", "ex_on": "ex_on", "amount": "amount"}
)
SIGNAL_ROWS: RowMap[IntradaySignal] = RowMap(
    table=INTRADAY_SIGNALS, kind=IntradaySignal, fields={column.name: column.name for column in INTRADAY_SIGNALS.c}
)
IMPORT_ROWS: RowMap[ImportEntry] = RowMap(
    table=IMPORTS,
    kind=ImportEntry,
    nested={"source": ImportSource, "counts": ImportCounts},
    fields={
        "kind": "kind",
        "file_name": "source.path",
        "file_digest": "source.digest",
        "file_rows": "source.rows",
        "new_count": "counts.new",
        "same_count": "counts.same",
        "changed_count": "counts.changed",
    },
)


def of_bars(bars: BarColumns) -> Columns:
    """Return the columns of `price_bars` that keep `bars`."""
    names = np.array(bars.tickers, dtype=object)
    return {
        "ticker": names[bars.ticker].tolist() if len(bars) else [],
        "interval": [DAILY] * len(bars),
        "start_at": bulk.Stored((bars.on.astype(np.int64) * MICROS_PER_DAY).tolist()),
        **{name: getattr(bars, name).tolist() for name in _PRICES},
    }


def read_bars(path: Path, tickers: Sequence[str] | None, start: date | None, end: date | None) -> BarColumns:
    """Return the daily bars that `MarketStore.load_bars` describes. Blocks: call it in a thread."""
    which, values = "interval = ?", [DAILY]  # type: str, list[str | int]
    if start is not None or end is not None:
        which += " AND start_at BETWEEN ? AND ?"
        values += [to_days(start or date.min) * MICROS_PER_DAY, to_days(end or date.max) * MICROS_PER_DAY]
    if tickers is not None:
        which += " AND ticker IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(list(tickers)))
    per_ticker = f"SELECT ticker, count(*) FROM price_bars WHERE {which} GROUP BY ticker ORDER BY ticker"
    # In the order of the key, so that nothing is sorted.
    numbers = f"SELECT start_at, {', '.join(_PRICES)} FROM price_bars WHERE {which} ORDER BY ticker, interval, start_at"
    with open_raw(path) as raw, collector_at_rest():
        raw.execute("BEGIN")
        counts = raw.execute(per_ticker, values).fetchall()
        cells = chain.from_iterable(raw.execute(numbers, values))
        rows = np.fromiter(cells, dtype=np.int64, count=6 * sum(n for _, n in counts)).reshape(-1, 6)
    start_at, opens, highs, lows, closes, volumes = (np.ascontiguousarray(column) for column in rows.T)
    return BarColumns(
        tickers=tuple(ticker for ticker, _ in counts),
        ticker=np.repeat(np.arange(len(counts), dtype=np.int32), [n for _, n in counts]),
        on=(start_at // MICROS_PER_DAY).astype(np.int32),
        open=opens,
        high=highs,
        low=lows,
        close=closes,
        volume=volumes,
    )


def of_recommendations(table: RecommendationTable) -> Columns:
    """Return the columns of `recommendations` that keep `table`."""
    count = len(table)
    return {
        "recommendation_id": table.recommendation_id,
        "ticker": table.ticker,
        "action": table.action,
        "mode": table.mode,
        "confidence": table.confidence,
        "generated_at": table.generated_at,
        "expires_at": table.expires_at or [None] * count,
        "source": table.source or [""] * count,
        "thesis": table.thesis or [""] * count,
    }


def of_macro_events(events: Sequence[MacroEvent]) -> Columns:
    """Return the columns of `macro_events` that keep `events`."""
    return {
        "event_id": [e.event_id for e in events],
        "severity": [e.severity for e in events],
        "at": [e.at for e in events],
        "until": [e.until for e in events],
        "tickers": [" ".join(sorted(e.tickers)) or None for e in events],
        "sector": [e.sector for e in events],
        "name": [e.name or None for e in events],
    }


def read_recommendations(path: Path, start: datetime | None, end: datetime | None) -> RecommendationTable:
    """Return what `MarketStore.load_recommendations` describes. Blocks: call it in a thread."""
    names = [c.name for c in RECOMMENDATIONS.c]
    first = _FIRST if start is None else to_micros(start)
    last = _LAST if end is None else to_micros(end)
    query = f"""
        SELECT {", ".join(names)} FROM recommendations WHERE generated_at >= ? AND generated_at < ?
        ORDER BY generated_at, recommendation_id
    """
    with open_raw(path) as raw, collector_at_rest():
        rows = raw.execute(query, (first, last)).fetchall()
        columns = dict(zip(names, zip(*rows, strict=True), strict=False))  # no rows, no columns
        return RecommendationTable(**{c.name: _converted(c, columns.get(c.name, ())) for c in RECOMMENDATIONS.c})


async def summary(connection: Connection) -> MarketSummary:
    """Return what the tables hold."""
    at = RECOMMENDATIONS.c.generated_at
    start_at = PRICE_BARS.c.start_at
    by_ticker = select(PRICE_BARS.c.ticker, func.count(), func.min(start_at), func.max(start_at))
    daily = by_ticker.where(PRICE_BARS.c.interval == DAILY).group_by(PRICE_BARS.c.ticker).order_by(PRICE_BARS.c.ticker)
    bars = (await connection.execute(daily)).all()
    recommendations = (await connection.execute(select(func.count(), func.min(at), func.max(at)))).one()
    small = [
        (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for table in (SECURITIES, EARNINGS_CALENDAR, SPLITS, DIVIDENDS)
    ]
    return MarketSummary(
        tickers=tuple(ticker for ticker, _, _, _ in bars),
        bars=sum(count for _, count, _, _ in bars),
        first_bar_on=min((first.date() for _, _, first, _ in bars), default=None),
        last_bar_on=max((last.date() for _, _, _, last in bars), default=None),
        recommendations=recommendations[0],
        first_recommendation_at=recommendations[1],
        last_recommendation_at=recommendations[2],
        securities=small[0],
        earnings=small[1],
        splits=small[2],
        dividends=small[3],
    )


def _converted(column: Column[Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    convert = column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
    return tuple(map(convert, values)) if convert else values
