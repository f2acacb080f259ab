"""What every market store promises: in memory, on SQLite."""

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.model.imports import BarColumns, ImportCounts, ImportSource
from engine.model.market import Dividend, Security, Split
from engine.model.recommendation import Recommendation
from engine.model.tape import RecommendationTable
from engine.ports import ImportEntry, ImportKind, MarketStore, MarketSummary
from storage.in_memory_market import InMemoryMarketStore
from storage.market_data import MarketStore as SqlMarketStore
from tests.support import strategies
from tests.support.samples import AT, a_recommendation

SOURCE = ImportSource(path="prices.csv", digest="ab12", rows=3)
Opened = Callable[[], AbstractAsyncContextManager[MarketStore]]


@asynccontextmanager
async def in_memory() -> AsyncIterator[MarketStore]:
    yield InMemoryMarketStore()


@asynccontextmanager
async def on_sqlite() -> AsyncIterator[MarketStore]:
    with tempfile.TemporaryDirectory() as folder:
        async with SqlMarketStore.open(Path(folder) / "market.db") as store:
            yield store


STORES = pytest.mark.parametrize("opened", [in_memory, on_sqlite])


def bars(*rows: tuple[str, int, int]) -> BarColumns:
    """Return bars of (ticker, day, close); the other prices follow from the close."""
    in_order = sorted(rows)
    names = tuple(sorted({ticker for ticker, _, _ in rows}))
    closes = np.array([close for _, _, close in in_order], dtype=np.int64)
    return BarColumns(
        tickers=names,
        ticker=np.array([names.index(ticker) for ticker, _, _ in in_order], dtype=np.int32),
        on=np.array([day for _, day, _ in in_order], dtype=np.int32),
        open=closes - 1,
        high=closes + 2,
        low=closes - 2,
        close=closes,
        volume=closes * 3,
    )


def rows_of(columns: BarColumns) -> list[tuple[Any, ...]]:
    """Return `columns` row by row, with the tickers' names."""
    names = [columns.tickers[i] for i in columns.ticker]
    rest = (columns.on, columns.open, columns.high, columns.low, columns.close, columns.volume)
    return list(zip(names, *(column.tolist() for column in rest), strict=True))


def rows_of_table(table: RecommendationTable) -> list[Recommendation]:
    return [table.row(i) for i in range(len(table))]


def unique(values: st.SearchStrategy[Any], key: Callable[[Any], object]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, max_size=5, unique_by=key)


MARKETS = st.fixed_dictionaries(
    {
        "bars": st.lists(
            st.tuples(strategies.tickers, st.integers(-30_000, 60_000), st.integers(3, 10**12)),
            max_size=8,
            unique_by=lambda row: row[:2],
        ),
        "recommendations": unique(strategies.recommendations, lambda r: r.recommendation_id),
        "securities": unique(strategies.securities, lambda s: s.ticker),
        "earnings": st.dictionaries(
            strategies.tickers, unique(strategies.days, lambda d: d).filter(bool).map(lambda d: tuple(sorted(d)))
        ),
        "splits": unique(strategies.splits, lambda s: (s.ticker, s.on)),
        "dividends": unique(strategies.dividends, lambda d: (d.ticker, d.ex_on)),
    }
)


async def put_all(store: MarketStore, market: Mapping[str, Any]) -> list[ImportCounts]:
    return [
        await store.put_bars(bars(*market["bars"]), SOURCE),
        await store.put_recommendations(RecommendationTable.of(market["recommendations"]), SOURCE),
        await store.put_securities(market["securities"], SOURCE),
        await store.put_earnings(market["earnings"], SOURCE),
        await store.put_splits(market["splits"], SOURCE),
        await store.put_dividends(market["dividends"], SOURCE),
    ]


async def read_all(store: MarketStore) -> tuple[object, ...]:
    return (
        rows_of(await store.load_bars()),
        rows_of_table(await store.load_recommendations()),
        await store.load_securities(),
        await store.load_earnings(),
        await store.load_splits(),
        await store.load_dividends(),
    )


@STORES
@settings(max_examples=9)
@given(market=MARKETS)
async def test_p29_a_market_comes_back_as_it_was_put(opened: Opened, market: Mapping[str, Any]) -> None:
    async with opened() as store:
        counts = await put_all(store, market)
        assert await read_all(store) == (
            sorted(rows_of(bars(*market["bars"]))),
            sorted(market["recommendations"], key=lambda r: (r.generated_at, r.recommendation_id)),
            tuple(sorted(market["securities"], key=lambda s: s.ticker)),
            market["earnings"],
            tuple(sorted(market["splits"], key=lambda s: (s.ticker, s.on))),
            tuple(sorted(market["dividends"], key=lambda d: (d.ticker, d.ex_on))),
        )
        assert [(c.same, c.changed) for c in counts] == [(0, 0)] * 6


@STORES
@settings(max_examples=10)
@given(market=MARKETS)
async def test_putting_the_same_again_changes_nothing(opened: Opened, market: Mapping[str, Any]) -> None:
    async with opened() as store:
        first = await put_all(store, market)
        before = (await read_all(store), await store.content_digest(), await store.summary())
        again = await put_all(store, market)
        assert (await read_all(store), await store.content_digest(), await store.summary()) == before
        assert again == [ImportCounts(same=counts.new) for counts in first]


@settings(max_examples=12)
@given(
    market=MARKETS,
    later=MARKETS,
    some=st.lists(strategies.tickers, max_size=3),
    start=st.none() | strategies.days,
    end=st.none() | strategies.days,
    since=st.none() | strategies.moments,
    until=st.none() | strategies.moments,
)
async def test_p45_all_market_stores_answer_the_same(
    market: Mapping[str, Any],
    later: Mapping[str, Any],
    some: list[str],
    start: date | None,
    end: date | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    tickers = [*some, *(row[0] for row in market["bars"][:2])]
    answers = []
    for opened in (in_memory, on_sqlite):
        async with opened() as store:
            counts = [await put_all(store, market), await put_all(store, later)]
            some_bars = await store.load_bars(tickers, start, end)
            some_rows = await store.load_recommendations(since, until)
            answers.append(
                (
                    counts,
                    await read_all(store),
                    (some_bars.tickers, rows_of(some_bars), rows_of(await store.load_bars(None, start, end))),
                    rows_of_table(some_rows),
                    await store.imports(),
                    await store.content_digest(),
                    await store.summary(),
                )
            )
    assert answers[0] == answers[1]


@pytest.fixture(params=[in_memory, on_sqlite])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[MarketStore]:
    async with request.param() as opened:
        yield opened


async def test_rows_are_counted_as_new_the_same_and_changed(store: MarketStore) -> None:
    assert await store.put_bars(bars(("A", 1, 100), ("A", 2, 100), ("B", 1, 50)), SOURCE) == ImportCounts(new=3)
    counts = await store.put_bars(bars(("A", 2, 100), ("A", 3, 100), ("B", 1, 51)), SOURCE)
    assert counts == ImportCounts(new=1, same=1, changed=1)
    assert [(t, day, close) for t, day, _, _, _, close, _ in rows_of(await store.load_bars())] == [
        ("A", 1, 100),
        ("A", 2, 100),
        ("A", 3, 100),
        ("B", 1, 51),
    ]


async def test_what_is_no_longer_known_of_a_share_is_forgotten(store: MarketStore) -> None:
    known = Security(ticker="A", name="Alpha", sector="Energy", last_bar_on=date(2024, 3, 1))
    await store.put_securities([known], SOURCE)
    unknown = replace(known, sector=None)
    assert await store.put_securities([unknown], SOURCE) == ImportCounts(changed=1)
    assert await store.load_securities() == (unknown,)


async def test_the_digest_is_another_one_after_each_change_and_only_then(store: MarketStore) -> None:
    digests = [await store.content_digest()]
    for close in (100, 100, 101, 100):
        await store.put_bars(bars(("A", 1, close)), SOURCE)
        digests.append(await store.content_digest())
    assert digests[1] == digests[2]
    assert len({*digests}) == 4


async def test_the_log_names_every_import_with_what_it_came_to(store: MarketStore) -> None:
    await store.put_bars(bars(("A", 1, 100)), SOURCE)
    await store.put_splits([], replace(SOURCE, path="splits.csv", rows=0))
    assert await store.imports() == (
        ImportEntry(kind=ImportKind.BARS, source=SOURCE, counts=ImportCounts(new=1)),
        ImportEntry(kind=ImportKind.SPLITS, source=replace(SOURCE, path="splits.csv", rows=0), counts=ImportCounts()),
    )


async def test_recommendations_are_read_from_a_moment_on_and_up_to_another_one(store: MarketStore) -> None:
    rows = [a_recommendation(n, generated_at=AT + timedelta(hours=n)) for n in range(4)]
    await store.put_recommendations(RecommendationTable.of(rows), SOURCE)
    read = await store.load_recommendations(AT + timedelta(hours=1), AT + timedelta(hours=3))
    assert rows_of_table(read) == rows[1:3]


async def test_an_empty_store_holds_nothing(store: MarketStore) -> None:
    assert await read_all(store) == ([], [], (), {}, (), ())
    assert await store.imports() == ()
    assert await store.summary() == MarketSummary(
        tickers=(),
        bars=0,
        first_bar_on=None,
        last_bar_on=None,
        recommendations=0,
        first_recommendation_at=None,
        last_recommendation_at=None,
        securities=0,
        earnings=0,
        splits=0,
        dividends=0,
    )


TWINS: Sequence[tuple[str, Callable[[MarketStore], Any]]] = [
    ("bars: A 1970-01-02 comes twice", lambda s: s.put_bars(bars(("A", 1, 100), ("A", 1, 101)), SOURCE)),
    (
        "recommendations: r1 comes twice",
        lambda s: s.put_recommendations(RecommendationTable.of([a_recommendation(1)] * 2), SOURCE),
    ),
    ("securities: A comes twice", lambda s: s.put_securities([Security(ticker="A"), Security(ticker="A")], SOURCE)),
    ("earnings: A 2024-03-01 comes twice", lambda s: s.put_earnings({"A": (date(2024, 3, 1),) * 2}, SOURCE)),
    (
        "splits: A 2024-03-01 comes twice",
        lambda s: s.put_splits([Split(ticker="A", on=date(2024, 3, 1), ratio=2)] * 2, SOURCE),  # type: ignore[arg-type]
    ),
    (
        "dividends: A 2024-03-01 comes twice",
        lambda s: s.put_dividends([Dividend(ticker="A", ex_on=date(2024, 3, 1), amount=1)] * 2, SOURCE),
    ),
]


@pytest.mark.parametrize(("words", "put"), TWINS, ids=[words.split(":")[0] for words, _ in TWINS])
async def test_a_key_that_comes_twice_in_one_import_is_refused(
    store: MarketStore, words: str, put: Callable[[MarketStore], Any]
) -> None:
    with pytest.raises(BadInput, match=words):
        await put(store)
    assert await read_all(store) == ([], [], (), {}, (), ())
    assert await store.imports() == ()
