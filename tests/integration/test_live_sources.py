"""A live account that trades from a `market.db` which another process fills while it runs."""

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from engine import codec, engine
from engine.adapters.paper_broker import PaperBroker
from engine.backtester import BacktestConfig, run
from engine.decision.state import State
from engine.engine import LiveEngine
from engine.guard import Guard
from engine.leadership import lead
from engine.live_course import LiveCourse
from engine.live_sources import LiveSources
from engine.model.intraday import to_micros
from engine.model.recommendation import Recommendation
from engine.model.runs import RunBooks
from engine.model.tape import RecommendationTable
from engine.settings import Settings
from engine.trader import Trader
from stonks_tui.live_inputs import LivePaths, live_sources
from storage.live_reader import SqlLiveReader
from storage.live_sources import MarketInlet
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support import live
from tests.support.filled_market import (
    MACRO_EVENT,
    RECOMMENDATION,
    AppendingClock,
    FillingClock,
    Killed,
    Writer,
    other_process,
    quote_rows,
    row_of,
    with_history,
)
from tests.support.input_tables import OURS, Owner, tables_at, write_history
from tests.support.live import JumpingClock
from tests.support.markets import untaxed
from tests.support.postgres import fresh_url
from tests.support.samples import a_record
from tests.support.tapes import FREE, at, buy, day, quotes, rules, sell, session_of

CAPITAL = 1_000_000_000
POLICY = rules()
SHORT = session_of(day(0), short=True)
TAPE = quotes(
    {"AAA": {0: {0: 100, 60: 95.5, 90: 97}}, "BBB": {0: {0: 50, 150: 51}}, "CCC": {0: {0: 20}}}, every=1, early=(0,)
)
LATE = buy("BBB", recommendation_id="late", generated_at=at(0, 10))
KNOWN = buy("AAA", recommendation_id="known")
SALE = sell("BBB", 0, recommendation_id="sale", generated_at=at(0, 100))
AFTER = buy("CCC", recommendation_id="after", generated_at=at(0, 120))
ROWS: list[tuple[datetime, str, Sequence[Any]]] = [
    (SHORT.open_at - timedelta(minutes=1), RECOMMENDATION, row_of(KNOWN)),
    (at(0, 29.5), RECOMMENDATION, row_of(LATE, recommendation_id="too sure", confidence=1.5)),
    (at(0, 29.5), RECOMMENDATION, row_of(LATE, recommendation_id="no zone", generated_at="2024-01-22T14:40:00")),
    (at(0, 39.5), RECOMMENDATION, row_of(LATE)),
    (at(0, 100), RECOMMENDATION, row_of(SALE)),
    (at(0, 120), RECOMMENDATION, row_of(AFTER)),
]


def _sources(path: Path) -> LiveSources:
    inlet = MarketInlet(path)
    return LiveSources(TAPE.daily.sessions, [inlet], inlet)


def _beginning() -> State:
    return State.start(capital=CAPITAL, sessions=TAPE.daily.sessions, tier=POLICY.risk_tier, costs=FREE)


async def _trade(folder: Path, sources: LiveSources, clock: JumpingClock) -> RunBooks:
    """Trade the short session from where the account stands; return its books."""
    path = folder / "stonks.db"
    async with (
        SqlLiveStore(path, a_record(initial_capital=CAPITAL)) as store,
        PaperStore.open(folder / "paper.db") as memory,
    ):
        leadership = await lead(store, "engine", clock.now())
        assert leadership
        kept = await store.load()
        state = State.start(capital=CAPITAL, sessions=TAPE.daily.sessions, tier=POLICY.risk_tier, costs=FREE)
        if kept:
            state = codec.state_from_plain(json.loads(kept.state), sessions=TAPE.daily.sessions, costs=FREE)
        broker = PaperBroker(memory, FREE, max_age_seconds=POLICY.quote_max_age_seconds, entry_seconds=math.inf)
        trader = Trader(state, Settings(policy=POLICY), store, broker, epoch=leadership.epoch, kept=kept, now=clock.now)
        guard = Guard(trader, store, clock, owner="engine", epoch=leadership.epoch)
        engine = LiveEngine(trader, clock, leadership, sources=sources, guard=guard)
        await engine.run(LiveCourse(trader, sources), [(0, SHORT)])
    return await live.books_of(SqlLiveReader(path), trader.state)


def _backtested(*recommendations: Recommendation) -> RunBooks:
    config = BacktestConfig(initial_capital=CAPITAL, policy=POLICY, costs=FREE)
    return run(TAPE, RecommendationTable.of(recommendations), config).books


def _same(books: RunBooks, others: RunBooks) -> bool:
    """Do both tell of the same trading? What the engine notices of itself is told of one only."""
    plain = [
        (tuple(b.decisions), b.executions, [untaxed(t) for t in b.trades], b.snapshots, b.stop_changes)
        for b in (books, others)
    ]
    return plain[0] == plain[1]


async def _desk(folder: Path, writer: Writer) -> FillingClock:
    begins = SHORT.open_at - timedelta(minutes=5)
    return FillingClock(begins, writer=writer, rows=sorted([*ROWS, *quote_rows(TAPE)], key=lambda row: row[0]))


async def test_what_another_process_writes_is_traded_as_the_backtester_trades_it(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await with_history(path, TAPE.daily, day(-1))
    sources = _sources(path)
    with other_process(path) as writer:
        books = await _trade(tmp_path, sources, await _desk(tmp_path, writer))
    tested = _backtested(KNOWN, replace(LATE, generated_at=at(0, 39.5)), SALE, AFTER)
    assert [(d.recommendation_id, d.outcome, d.at) for d in books.decisions if d.recommendation_id] == [
        ("known", "act", at(0, 15)),
        ("late", "act", at(0, 40)),
        ("sale", "act", at(0, 101)),
        ("after", "act", at(0, 121)),
    ]
    assert "stop_loss" in [d.cause for d in books.decisions]
    assert _same(books, tested)
    assert [refusal.words for refusal in sources.refused] == [
        "recommendations, row no zone: generated_at has no time zone",
        "recommendations, row too sure: the confidence is not within 0..1",
    ]
    assert sources.newest_recommendation_at() == AFTER.generated_at


@pytest.mark.lengthy
async def test_what_others_write_into_postgresql_is_traded_as_the_backtester_trades_it(tmp_path: Path) -> None:
    with fresh_url(empty=True) as url, tables_at(url) as tables:
        owner = Owner(url)
        owner.execute(OURS)
        write_history(owner, TAPE.daily, day(-1))
        sources = live_sources(LivePaths(tables=tables), TAPE.daily.sessions)
        clock = await _desk(tmp_path, owner)
        clock.rows = [row for row in clock.rows if "no zone" not in row[2]]  # there every moment has one
        books = await _trade(tmp_path, sources, clock)
        owner.close()
    assert [d.recommendation_id for d in books.decisions if d.recommendation_id] == ["known", "late", "sale", "after"]
    assert _same(books, _backtested(KNOWN, replace(LATE, generated_at=at(0, 39.5)), SALE, AFTER))
    assert [refusal.words for refusal in sources.refused] == [
        "recommendations, row too sure: the confidence is not within 0..1",
    ]


@pytest.mark.lengthy
async def test_an_engine_that_was_killed_at_noon_offers_what_is_undecided_again_and_nothing_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "market.db"
    await with_history(path, TAPE.daily, day(-1))
    with other_process(path) as writer:
        clock = await _desk(tmp_path, writer)
        clock.dies_at = at(0, 10)  # the buy is known and waits for the window
        with pytest.raises(Killed):
            await _trade(tmp_path, _sources(path), clock)
        clock.dies_at = at(0, 45)
        with pytest.raises(Killed):
            await _trade(tmp_path, _sources(path), clock)
        clock.dies_at = None
        books = await _trade(tmp_path, _sources(path), clock)
    decided = [d.recommendation_id for d in books.decisions if d.recommendation_id]
    assert decided == ["known", "late", "sale", "after"]
    tested = _backtested(KNOWN, replace(LATE, generated_at=at(0, 39.5)), SALE, AFTER)
    assert _same(books, tested)


@pytest.mark.lengthy
async def test_files_that_grow_are_traded_as_the_backtester_trades_them(tmp_path: Path) -> None:
    market, prices, suggested = (tmp_path / name for name in ("market.db", "quotes.csv", "suggested.csv"))
    await with_history(market, TAPE.daily, day(-1))
    prices.write_text("ticker,price,at\n")
    suggested.write_text("id,ticker,action,mode,confidence,generated_at\n")
    lines = [
        (moment, prices, f"{ticker},{price / 10_000},{moment.isoformat()}\n")
        for moment, _, (ticker, price, _) in quote_rows(TAPE)
    ]
    for moment, recommendation in ((at(0, -1), KNOWN), (at(0, 39.5), LATE), (at(0, 100), SALE), (at(0, 120), AFTER)):
        row = row_of(recommendation, generated_at=recommendation.generated_at.isoformat())
        lines.append((moment, suggested, ",".join(map(str, row[:6])) + "\n"))
    lines.append((at(0, 39.5), suggested, "too sure,BBB,buy,paper_eligible,1.5,2024-01-22T14:40:00Z\n"))
    lines.sort(key=lambda line: line[0])
    paths = LivePaths(market_db=market, quotes=prices, recommendations=suggested)
    sources = live_sources(paths, TAPE.daily.sessions)
    books = await _trade(tmp_path, sources, AppendingClock(SHORT.open_at - timedelta(minutes=5), lines=lines))
    assert _same(books, _backtested(KNOWN, replace(LATE, generated_at=at(0, 39.5)), SALE, AFTER))
    (refused,) = sources.refused
    assert refused.words.startswith(f"{suggested}, row 4: the confidence is not within 0..1")


class BeatingClock(FillingClock):
    """A clock on which ten seconds pass in each heart-beat of an engine that waits."""

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        here = min(at, self.at + timedelta(seconds=10))
        await super().until(here)
        if here < at:
            await asyncio.Event().wait()


class NoticingClock(BeatingClock):
    """One on which somebody gives notice, at `noticed_at`, that something has come."""

    news: asyncio.Event
    noticed_at: datetime

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        if self.at >= self.noticed_at and not self.news.is_set():
            self.noticed_at = datetime.max.replace(tzinfo=UTC)
            self.news.set()
        await super().until(at)


@pytest.mark.parametrize("is_noticed", [True, False])
async def test_what_somebody_gives_notice_of_is_judged_at_once_and_anything_else_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_noticed: bool
) -> None:
    monkeypatch.setattr(engine, "BEAT_SECONDS", 0.01)
    path = tmp_path / "market.db"
    await with_history(path, TAPE.daily, day(-1))
    rows = [
        (at(0, 30.2), RECOMMENDATION, row_of(buy("AAA", generated_at=at(0, 30.1)))),
        *(row for row in quote_rows(TAPE) if row[0] < at(0, 33)),
    ]
    with other_process(path) as writer:
        clock = NoticingClock(
            SHORT.open_at - timedelta(seconds=30), writer=writer, rows=sorted(rows, key=itemgetter(0))
        )
        sources = _sources(path)
        clock.news = sources.news = asyncio.Event()
        clock.noticed_at = at(0, 30.2) if is_noticed else at(0, 600)
        clock.dies_at = at(0, 33)
        with pytest.raises(Killed):
            await _trade(tmp_path, sources, clock)
    turns = [
        (entry.at, json.loads(entry.event)["is"]) async for entry in SqlLiveReader(tmp_path / "stonks.db").journal()
    ]
    judged = [moment for moment, kind in turns if kind == "RecommendationReceived"]
    assert judged == [at(0, 30.5) if is_noticed else at(0, 31)]  # in the beat in which the notice is given
    looks = [moment for moment, kind in turns if kind == "PricesSeen" and moment >= at(0, 30)]
    assert looks[:3] == [at(0, 30), *judged, looks[2]]
    assert looks[2] - looks[1] == timedelta(minutes=1), "there are no more looks than usual after that"


async def test_a_severe_event_is_not_left_to_the_next_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BEAT_SECONDS", 0.01)
    path = tmp_path / "market.db"
    await with_history(path, TAPE.daily, day(-1))
    known, shock = at(0, 30.2), (to_micros(at(0, 30.1)), to_micros(at(0, 90)))
    rows = [
        (SHORT.open_at - timedelta(minutes=1), RECOMMENDATION, row_of(KNOWN)),
        (known, MACRO_EVENT, ("shock", "high", *shock, None, None, "A bank fails")),
        *(row for row in quote_rows(TAPE) if row[0] < at(0, 33)),
    ]
    with other_process(path) as writer:
        clock = BeatingClock(
            SHORT.open_at - timedelta(seconds=30), writer=writer, rows=sorted(rows, key=lambda r: r[0])
        )
        clock.dies_at = at(0, 33)
        with pytest.raises(Killed):
            await _trade(tmp_path, _sources(path), clock)
    turns = [
        (entry.at, json.loads(entry.event)["is"]) async for entry in SqlLiveReader(tmp_path / "stonks.db").journal()
    ]
    told = [moment for moment, kind in turns if kind == "MacroEventReceived"]
    assert told == [at(0, 30) + timedelta(seconds=20)]  # a beat after it became known
    looks = [moment for moment, kind in turns if kind == "PricesSeen" and moment >= at(0, 29)]
    assert looks[:4] == [at(0, 29), at(0, 30), told[0], told[0] + timedelta(seconds=15)]
