"""What every run store promises of closed trades: pages in any order, filtered, counted; in memory, on SQLite."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import NotFound
from engine.model.positions import ClosedTrade
from engine.model.runs import RunBooks
from engine.model.trade_questions import TradeFilter, TradeOrder, TradeWord
from engine.ports import RunStore, TradePage
from storage.in_memory import InMemoryRunStore
from storage.run_repository import SqlRunStore
from tests.support.samples import AT, a_closure, a_record, a_trade

MOMENTS = [AT + timedelta(hours=hours) for hours in range(4)]
TEXTS = ("", "Gap up", "gap DOWN", "100 % sure", "a_b", "Über", "über", "stop / loss")
trades = st.builds(
    a_trade,
    ticker=st.sampled_from(["AAPL", "MSFT", "aapl", "Ä"]),
    decision_id=st.sampled_from(["d1", "d2", "d3"]),
    exit_decision_id=st.sampled_from(["d3", "d4"]),
    sector=st.none() | st.sampled_from(["Tech", "Gap"]),
    quantity=st.integers(1, 3),
    entry_price=st.sampled_from([10_000, 20_000]),
    exit_price=st.sampled_from([10_000, 20_000]),
    entry_at=st.sampled_from(MOMENTS),
    exit_at=st.sampled_from(MOMENTS),
    pnl=st.integers(-2, 2),
    pnl_pct=st.sampled_from([-0.1, 0.0, 0.1]),
    exit_reason=st.sampled_from(["stop_loss", "take_profit", "Gap"]),
    thesis=st.sampled_from(TEXTS),
)
words = st.builds(
    TradeWord,
    text=st.sampled_from(["aap", "GAP", "stop", "%", "_", "/", "über", "nothing like it"]),
    reasons=st.sampled_from([(), ("take_profit",)]),
)
filters = st.builds(
    TradeFilter,
    words=st.lists(words, max_size=2).map(tuple),
    ticker=st.none() | st.sampled_from(["AAPL", "XOM"]),
    reasons=st.sampled_from([(), ("stop_loss",), ("Gap", "take_profit")]),
    since=st.none() | st.sampled_from(MOMENTS),
    until=st.none() | st.sampled_from(MOMENTS),
)


async def finished(store: RunStore, closed: list[ClosedTrade]) -> int:
    run_id = await store.create(a_record())
    await store.finish(a_record(run_id=run_id), RunBooks(trades=tuple(closed)))
    return run_id


@pytest.fixture(params=["in memory", "on SQLite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunStore]:
    if request.param == "in memory":
        yield InMemoryRunStore()
        return
    async with SqlRunStore(tmp_path) as opened:
        yield opened


async def pages(
    store: RunStore, run_id: int, where: TradeFilter, order: TradeOrder, limit: int, *, backwards: bool = False
) -> list[tuple[int, ClosedTrade]]:
    """Return everything that fits, read a page at a time."""
    found: list[tuple[int, ClosedTrade]] = []
    after = None
    while True:
        page = await store.trade_page(run_id, where, order, after=after, limit=limit, backwards=backwards)
        assert len(page.trades) <= limit
        found += zip(page.places, page.trades, strict=True)
        if not page.has_more:
            return found
        assert len(page.trades) == limit
        after = page.places[-1]


@settings(max_examples=20)
@given(closed=st.lists(trades, max_size=7), where=filters, order=st.sampled_from(TradeOrder), data=st.data())
async def test_p45_all_run_stores_answer_alike_of_closed_trades(
    closed: list[ClosedTrade], where: TradeFilter, order: TradeOrder, data: st.DataObject
) -> None:
    limit, after = data.draw(st.integers(2, 4), "limit"), data.draw(st.integers(0, 8), "after")
    wanted = data.draw(st.sampled_from(["d1", "d3", "d9"]), "wanted")
    answers = []
    with ExitStack() as opened:
        sql = SqlRunStore(Path(opened.enter_context(tempfile.TemporaryDirectory())))
        opened.callback(sql.close)
        for store in (InMemoryRunStore(), sql):
            run_id = await finished(store, closed)
            every = await pages(store, run_id, where, order, limit)
            back = await store.trade_page(run_id, where, order, limit=9, backwards=True)
            assert [*zip(back.places, back.trades, strict=True)] == every[::-1]
            page = await store.trade_page(run_id, where, order, after=after, limit=limit)
            up = await store.trade_page(run_id, where, order, after=after, limit=limit, backwards=True)
            of_one = await store.trades(run_id, decision_id=wanted)
            answers.append((every, page, up, of_one, await store.count_trades(run_id, where)))
    assert answers[0] == answers[1]
    fitting = [place for place, t in enumerate(closed, start=1) if where.fits(t)]
    assert sorted(place for place, _ in every) == fitting
    assert answers[0][-1] == len(fitting)


@pytest.mark.parametrize(
    ("order", "places"),
    [
        (TradeOrder.CLOSED, (3, 2, 1)),
        (TradeOrder.TICKER, (3, 1, 2)),
        (TradeOrder.PNL, (2, 3, 1)),
        (TradeOrder.HELD, (3, 2, 1)),
        (TradeOrder.WHY, (3, 1, 2)),
    ],
)
async def test_trades_that_are_alike_come_the_last_one_first(
    store: RunStore, order: TradeOrder, places: tuple[int, ...]
) -> None:
    later = [AT + timedelta(hours=n) for n in range(3)]
    closed = [
        a_trade(ticker="AAPL", pnl=1, exit_reason="stop_loss", exit_at=later[0]),
        a_trade(ticker="MSFT", pnl=7, exit_reason="take_profit", exit_at=later[1]),
        a_trade(ticker="AAPL", pnl=1, exit_reason="stop_loss", exit_at=later[2]),
    ]
    run_id = await finished(store, closed)
    assert (await store.trade_page(run_id, order=order)).places == places


async def test_a_page_has_no_lots_and_the_trades_of_a_decision_have_theirs(store: RunStore) -> None:
    closed = [
        a_trade(decision_id="d1", exit_decision_id="d2", closures=(a_closure(),)),
        a_trade(decision_id="d3", exit_decision_id="d4", closures=(a_closure(), a_closure())),
        a_trade(decision_id="d5", exit_decision_id="d4", closures=(a_closure(),)),
    ]
    run_id = await finished(store, closed)
    assert await store.trades(run_id) == tuple(closed)
    assert await store.trades(run_id, decision_id="d3") == (closed[1],)
    assert await store.trades(run_id, decision_id="d4") == (closed[1], closed[2])
    page = await store.trade_page(run_id)
    assert page == TradePage(trades=tuple(replace(t, closures=()) for t in closed[::-1]), places=(3, 2, 1))


async def test_after_a_place_that_holds_no_trade_comes_nothing(store: RunStore) -> None:
    run_id = await finished(store, [a_trade(), a_trade()])
    assert await store.trade_page(run_id, after=3) == TradePage(trades=(), places=())


async def test_pages_of_a_run_that_is_not_there_are_not_found(store: RunStore) -> None:
    for asked in (store.trade_page(7), store.count_trades(7)):
        with pytest.raises(NotFound, match="no run 7"):
            await asked
