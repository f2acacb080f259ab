"""In memory: what is a market store without files? Forgets with the process; answers as `market_data` does."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

import numpy as np

from engine.model.imports import BarColumns, ImportCounts, ImportSource
from engine.model.market import Dividend, Security, Split
from engine.model.recommendation import Recommendation
from engine.model.tape import RecommendationTable
from engine.ports import ImportEntry, ImportKind, MarketSummary
from storage import digests
from storage.moments import from_days, to_days
from storage.soundness import refuse_twin_bars, refuse_twin_rows

_Key = TypeVar("_Key", bound=Hashable)
_Sortable = TypeVar("_Sortable", str, tuple[str, date])
_Value = TypeVar("_Value")
_Bar = tuple[int, int, int, int, int]


class InMemoryMarketStore:
    """A `MarketStore` (engine/ports.py) for tests, and for backtests on files that nobody imported."""

    def __init__(self) -> None:
        self._bars: dict[tuple[str, int], _Bar] = {}
        self._recommendations: dict[str, Recommendation] = {}
        self._securities: dict[str, Security] = {}
        self._earnings: dict[tuple[str, date], None] = {}
        self._splits: dict[tuple[str, date], Split] = {}
        self._dividends: dict[tuple[str, date], Dividend] = {}
        self._imports: list[ImportEntry] = []
        self._digest = digests.EMPTY

    async def put_bars(self, bars: BarColumns, source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_bars`."""
        refuse_twin_bars(bars)
        prices = (bars.open, bars.high, bars.low, bars.close, bars.volume)
        keys = [(bars.tickers[t], d) for t, d in zip(bars.ticker.tolist(), bars.on.tolist(), strict=True)]
        values: list[_Bar] = list(zip(*(p.tolist() for p in prices), strict=True))
        return self._put(self._bars, keys, values, ImportKind.BARS, digests.of_bars(bars), source)

    async def put_recommendations(self, table: RecommendationTable, source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_recommendations`."""
        rows = [table.row(i) for i in range(len(table))]
        ids = [r.recommendation_id for r in rows]
        return self._put(
            self._recommendations, ids, rows, ImportKind.RECOMMENDATIONS, digests.of_recommendations(table), source
        )

    async def put_securities(self, securities: Sequence[Security], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_securities`."""
        tickers = [s.ticker for s in securities]
        return self._put(
            self._securities,
            tickers,
            securities,
            ImportKind.SECURITIES,
            digests.of_values(ImportKind.SECURITIES, securities),
            source,
        )

    async def put_earnings(self, earnings: Mapping[str, tuple[date, ...]], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_earnings`."""
        keys = [(ticker, on) for ticker, dates in earnings.items() for on in dates]
        return self._put(
            self._earnings,
            keys,
            [None] * len(keys),
            ImportKind.EARNINGS,
            digests.of_values(ImportKind.EARNINGS, keys),
            source,
        )

    async def put_splits(self, splits: Sequence[Split], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_splits`."""
        keys = [(s.ticker, s.on) for s in splits]
        return self._put(
            self._splits, keys, splits, ImportKind.SPLITS, digests.of_values(ImportKind.SPLITS, splits), source
        )

    async def put_dividends(self, dividends: Sequence[Dividend], source: ImportSource) -> ImportCounts:
        """See `MarketStore.put_dividends`."""
        keys = [(d.ticker, d.ex_on) for d in dividends]
        return self._put(
            self._dividends,
            keys,
            dividends,
            ImportKind.DIVIDENDS,
            digests.of_values(ImportKind.DIVIDENDS, dividends),
            source,
        )

    async def load_bars(
        self, tickers: Sequence[str] | None = None, start: date | None = None, end: date | None = None
    ) -> BarColumns:
        """See `MarketStore.load_bars`."""
        first = to_days(start or date.min)
        last = to_days(end or date.max)
        wanted = None if tickers is None else frozenset(tickers)
        keys = sorted(k for k in self._bars if (wanted is None or k[0] in wanted) and first <= k[1] <= last)
        names = tuple(sorted({ticker for ticker, _ in keys}))
        index = {name: i for i, name in enumerate(names)}
        prices = np.array([self._bars[k] for k in keys], dtype=np.int64).reshape(len(keys), 5).T
        return BarColumns(
            tickers=names,
            ticker=np.array([index[ticker] for ticker, _ in keys], dtype=np.int32),
            on=np.array([day for _, day in keys], dtype=np.int32),
            open=prices[0],
            high=prices[1],
            low=prices[2],
            close=prices[3],
            volume=prices[4],
        )

    async def load_recommendations(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> RecommendationTable:
        """See `MarketStore.load_recommendations`."""
        rows = [
            r
            for r in self._recommendations.values()
            if (start is None or r.generated_at >= start) and (end is None or r.generated_at < end)
        ]
        return RecommendationTable.of(sorted(rows, key=lambda r: (r.generated_at, r.recommendation_id)))

    async def load_securities(self) -> tuple[Security, ...]:
        """See `MarketStore.load_securities`."""
        return _sorted_values(self._securities)

    async def load_earnings(self) -> dict[str, tuple[date, ...]]:
        """See `MarketStore.load_earnings`."""
        dates: dict[str, tuple[date, ...]] = {}
        for ticker, on in sorted(self._earnings):
            dates[ticker] = (*dates.get(ticker, ()), on)
        return dates

    async def load_splits(self) -> tuple[Split, ...]:
        """See `MarketStore.load_splits`."""
        return _sorted_values(self._splits)

    async def load_dividends(self) -> tuple[Dividend, ...]:
        """See `MarketStore.load_dividends`."""
        return _sorted_values(self._dividends)

    async def imports(self) -> tuple[ImportEntry, ...]:
        """See `MarketStore.imports`."""
        return tuple(self._imports)

    async def content_digest(self) -> str:
        """See `MarketStore.content_digest`."""
        return self._digest

    async def summary(self) -> MarketSummary:
        """See `MarketStore.summary`."""
        days = [day for _, day in self._bars]
        moments = [r.generated_at for r in self._recommendations.values()]
        return MarketSummary(
            tickers=tuple(sorted({ticker for ticker, _ in self._bars})),
            bars=len(days),
            first_bar_on=from_days(min(days)) if days else None,
            last_bar_on=from_days(max(days)) if days else None,
            recommendations=len(moments),
            first_recommendation_at=min(moments, default=None),
            last_recommendation_at=max(moments, default=None),
            securities=len(self._securities),
            earnings=len(self._earnings),
            splits=len(self._splits),
            dividends=len(self._dividends),
        )

    def _put(
        self,
        kept: dict[_Key, _Value],
        keys: Sequence[_Key],
        values: Sequence[_Value],
        kind: ImportKind,
        digest: str,
        source: ImportSource,
    ) -> ImportCounts:
        refuse_twin_rows(keys, kind)
        same = sum(1 for k, v in zip(keys, values, strict=True) if k in kept and kept[k] == v)
        known = sum(1 for k in keys if k in kept)
        counts = ImportCounts(new=len(keys) - known, same=same, changed=known - same)
        if counts.new or counts.changed:
            kept.update(zip(keys, values, strict=True))
            self._digest = digests.link(self._digest, digest)
        self._imports.append(ImportEntry(kind=kind, source=source, counts=counts))
        return counts


def _sorted_values(kept: Mapping[_Sortable, _Value]) -> tuple[_Value, ...]:
    return tuple(kept[key] for key in sorted(kept))
