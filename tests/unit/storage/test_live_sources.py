"""What is new in `market.db` since the last look, while others write into it."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Unavailable
from engine.model.incoming import Arrived, Wanted
from engine.model.intraday import to_micros
from engine.model.macro import Severity
from storage import live_sources
from storage.live_sources import MarketInlet
from storage.market_tables import LIVE_SOURCE_TABLES
from tests.support.filled_market import (
    MACRO_EVENT,
    MINUTE_BAR,
    QUOTE,
    RECOMMENDATION,
    SIGNAL,
    row_of,
    with_history,
)
from tests.support.tapes import FLAT, at, buy, day, session_of, tape

MARKET = tape({"AAA": [FLAT], "BBB": [FLAT]})


def wanted(minute: float, number: int = 0) -> Wanted:
    session = session_of(day(number))
    return Wanted(at=at(number, minute), session=session, alive_since=at(number - 1, 0), tickers=frozenset({"AAA"}))


def write(path: Path, statement: str, *rows: Sequence[Any]) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.executemany(statement, rows)


def quote(ticker: str, price: object, minute: float, number: int = 0) -> tuple[Any, ...]:
    return ticker, price, to_micros(at(number, minute))


def said(arrived: Arrived) -> list[str]:
    """Return what is new as lines."""
    return [
        *(f"{q.ticker} {q.price} {q.at:%H:%M}" for q in arrived.quotes),
        *(r.recommendation_id for r in arrived.recommendations),
        *(s.signal_id for s in arrived.signals),
        *(f"{e.event_id} until {e.until:%H:%M}" for e in arrived.macro_events),
        *(r.words for r in arrived.refused),
    ]


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    path = tmp_path / "market.db"
    await with_history(path, MARKET, day(-1))
    return path


async def test_quotes_are_told_once_and_a_late_one_is_found_too(path: Path) -> None:
    inlet = MarketInlet(path)
    write(path, QUOTE, quote("AAA", 100, 5), quote("AAA", 90, -30), quote("AAA", 80, 5, -1))
    assert said(await inlet.arrived(wanted(6))) == ["AAA 100 14:35"]
    assert said(await inlet.arrived(wanted(7))) == []
    write(path, QUOTE, quote("BBB", 7, 1), quote("AAA", 101, 7))
    assert said(await inlet.arrived(wanted(8))) == ["BBB 7 14:31", "AAA 101 14:37"]


async def test_another_session_begins_with_its_own_quotes(path: Path) -> None:
    inlet = MarketInlet(path)
    write(path, QUOTE, quote("AAA", 100, 5), quote("AAA", 200, 0, 1))
    await inlet.arrived(wanted(6))
    assert said(await inlet.arrived(wanted(1, 1))) == ["AAA 200 14:30"]


async def test_quotes_whose_numbers_begin_anew_are_not_missed(path: Path) -> None:
    inlet = MarketInlet(path)
    write(path, QUOTE, quote("AAA", 100, 5), quote("AAA", 101, 6))
    await inlet.arrived(wanted(7))
    write(path, "DELETE FROM quotes WHERE id > ?", (0,))
    write(path, QUOTE, quote("AAA", 102, 8))
    assert said(await inlet.arrived(wanted(9))) == ["AAA 102 14:38"]


async def test_a_minute_counts_with_its_close_once_it_is_over(path: Path) -> None:
    inlet = MarketInlet(path)
    for minute, close in ((-1, 90), (0, 100), (1, 101)):
        write(path, MINUTE_BAR, ("AAA", to_micros(at(0, minute)), 95, 110, 90, close))
    write(path, MINUTE_BAR, ("BBB", to_micros(at(0, 0)), 5, 5, 5, 5))  # not asked for
    assert said(await inlet.arrived(wanted(1.5))) == ["AAA 100 14:31"]
    assert said(await inlet.arrived(wanted(2))) == ["AAA 101 14:32"]
    assert said(await inlet.arrived(wanted(3))) == []


async def test_recommendations_are_those_that_live_and_late_ones_are_found(path: Path) -> None:
    inlet = MarketInlet(path)
    old, alive = (buy("AAA", recommendation_id=name, generated_at=at(n, 1)) for name, n in (("old", -2), ("r1", -1)))
    good_for_long = buy("AAA", recommendation_id="long", generated_at=at(-5, 1), expires_at=at(2, 0))
    write(path, RECOMMENDATION, row_of(old), row_of(alive), row_of(good_for_long))
    assert said(await inlet.arrived(wanted(1))) == ["long", "r1"]
    same = replace(alive, recommendation_id="r2"), replace(alive, recommendation_id="r3", generated_at=at(-1, 200))
    write(path, RECOMMENDATION, *map(row_of, same))
    assert said(await inlet.arrived(wanted(2))) == ["r2", "r3"]
    assert said(await inlet.arrived(wanted(3))) == []
    inlet.begin()
    assert said(await inlet.arrived(wanted(4))) == ["long", "r1", "r2", "r3"]


async def test_what_is_dated_ahead_is_told_when_it_is_time(path: Path) -> None:
    inlet = MarketInlet(path)
    write(path, RECOMMENDATION, row_of(buy("AAA", recommendation_id="ahead", generated_at=at(0, 30))))
    assert said(await inlet.arrived(wanted(29))) == []
    assert said(await inlet.arrived(wanted(30))) == ["ahead"]


async def test_the_newest_recommendation_is_told_however_old_it_is(path: Path) -> None:
    inlet = MarketInlet(path)
    assert (await inlet.arrived(wanted(1))).newest_recommendation_at is None
    write(path, RECOMMENDATION, row_of(buy("AAA", generated_at=at(-9, 5))), row_of(buy("BBB", generated_at=at(0, 9))))
    assert (await inlet.arrived(wanted(2))).newest_recommendation_at == at(-9, 5)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"confidence": 1.01}, "the confidence is not within 0..1"),
        ({"confidence": "sure"}, "the confidence is missing or not a number"),
        ({"recommendation_id": " "}, "the recommendation id is empty"),
        ({"action": "hold"}, "the action is neither buy nor sell"),
        ({"ticker": ""}, "the ticker is empty"),
        ({"generated_at": f"{at(0, 1):%Y-%m-%d %H:%M:%S}"}, "generated_at has no time zone"),
        ({"expires_at": "soon"}, "expires_at is missing or cannot be read"),
    ],
)
async def test_a_bad_recommendation_is_refused_once_and_the_others_go_on(
    path: Path, fields: dict[str, Any], reason: str
) -> None:
    inlet = MarketInlet(path)
    good = buy("AAA", recommendation_id="good", generated_at=at(0, 1))
    write(path, RECOMMENDATION, row_of(good), row_of(good, **{"recommendation_id": "bad"} | fields))
    name = fields.get("recommendation_id", "bad")
    assert said(await inlet.arrived(wanted(2))) == ["good", f"recommendations, row {name}: {reason}"]
    assert said(await inlet.arrived(wanted(3))) == []
    inlet.begin()
    assert said(await inlet.arrived(wanted(4))) == ["good"]


async def test_moments_as_text_with_their_zone_and_words_in_any_case_are_understood(path: Path) -> None:
    row = row_of(buy("aaa", recommendation_id="r"), generated_at="2024-01-22T09:35:00-05:00", action="Buy", mode="?")
    write(path, RECOMMENDATION, row)
    (found,) = (await MarketInlet(path).arrived(wanted(6))).recommendations
    assert (found.ticker, found.action, found.mode, found.generated_at) == ("AAA", "buy", "other", at(0, 5))


async def test_bad_quotes_are_refused_and_the_others_go_on(path: Path) -> None:
    rows = quote("AAA", 100.5, 1), quote("AAA", 0, 1), quote("", 5, 1), quote("AAA", 100, 1)
    write(path, QUOTE, *rows)
    inlet = MarketInlet(path)
    assert said(await inlet.arrived(wanted(2))) == [
        "AAA 100 14:31",
        "quotes, row 1: the price is no whole number of ten-thousandths of a dollar",
        "quotes, row 2: the price is not above zero",
        "quotes, row 3: the ticker is empty",
    ]


async def test_signals_of_the_day_are_told_once_and_bad_ones_refused(path: Path) -> None:
    inlet = MarketInlet(path)
    rows = [(name, "AAA", "intraday", way, 0.7, to_micros(at(0, 1))) for name, way in (("s1", "UP"), ("s2", "left"))]
    write(path, SIGNAL, *rows, ("s0", "AAA", "1d", "down", 0.7, to_micros(at(-2, 1))))
    refused = "intraday_signals, row s2: the direction is neither up nor down"
    assert said(await inlet.arrived(wanted(2))) == ["s1", refused]
    write(path, SIGNAL, ("s3", "AAA", "1d", "down", 1, to_micros(at(0, 0.5))))
    assert said(await inlet.arrived(wanted(3))) == ["s3"]


async def test_an_event_is_told_again_when_it_says_something_else(path: Path) -> None:
    inlet = MarketInlet(path)
    begins, ends = to_micros(at(0, 1)), to_micros(at(0, 61))
    write(path, MACRO_EVENT, ("e", "high", begins, ends, "aaa bbb", None, "rates"))
    write(path, MACRO_EVENT, ("over", "high", begins - 9, begins - 1, None, None, None))
    arrived = await inlet.arrived(wanted(2))
    assert said(arrived) == ["e until 15:31"]
    (event,) = arrived.macro_events
    assert (event.severity, event.tickers, event.name) == (Severity.HIGH, frozenset({"AAA", "BBB"}), "rates")
    assert said(await inlet.arrived(wanted(3))) == []
    write(path, "UPDATE macro_events SET until = ? WHERE event_id = 'e'", (to_micros(at(0, 3)),))
    assert said(await inlet.arrived(wanted(4))) == ["e until 14:33"]
    assert said(await inlet.arrived(wanted(5))) == []


async def test_a_file_made_before_these_tables_reads_as_empty(path: Path) -> None:
    for table in LIVE_SOURCE_TABLES:
        write(path, f"DROP TABLE {table.name}", ())
    write(path, "UPDATE alembic_version SET version_num = '0003'", ())
    inlet = MarketInlet(path)
    write(path, RECOMMENDATION, row_of(buy("AAA", recommendation_id="r")))
    assert said(await inlet.arrived(wanted(1))) == ["r"]
    assert (await inlet.facts(day(-15), day(-1))).bars.tickers == ("AAA", "BBB")


async def test_a_file_that_is_gone_or_held_is_unavailable_and_nothing_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_sources, "BUSY_SECONDS", 0.01)
    inlet = MarketInlet(path)
    await inlet.arrived(wanted(1))
    write(path, QUOTE, quote("AAA", 100, 2))
    away = path.with_name("away.db")
    shutil.move(path, away)
    with pytest.raises(Unavailable, match=r"there is no file .*market\.db"):
        await inlet.arrived(wanted(3))
    with pytest.raises(Unavailable, match=r"there is no file .*market\.db"):
        await inlet.facts(day(-15), day(-1))
    shutil.move(away, path)
    write(path, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unavailable, match="is being written by another process"):
            await inlet.arrived(wanted(4))
        other.execute("ROLLBACK")
    assert said(await inlet.arrived(wanted(5))) == ["AAA 100 14:32"]


async def test_a_file_put_in_its_place_is_read_from_its_beginning(path: Path, tmp_path: Path) -> None:
    inlet = MarketInlet(path)
    write(path, QUOTE, quote("AAA", 100, 2), quote("AAA", 101, 3))
    await inlet.arrived(wanted(4))
    other = tmp_path / "other.db"
    await with_history(other, MARKET, day(-1))
    write(other, QUOTE, quote("AAA", 200, 4), quote("AAA", 201, 5), quote("AAA", 202, 6))
    other.replace(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert said(await inlet.arrived(wanted(7))) == ["AAA 200 14:34", "AAA 201 14:35", "AAA 202 14:36"]


async def test_bars_of_the_days_come_with_what_falls_due(path: Path) -> None:
    facts = await MarketInlet(path).facts(day(-3), day(-2))
    assert len(facts.bars) == 4
    assert [security.ticker for security in facts.securities] == ["AAA", "BBB"]


def _plans(path: Path, questions: Callable[[MarketInlet], None]) -> list[str]:
    asked: list[str] = []
    real = sqlite3.connect

    def traced(*about: Any, **more: Any) -> sqlite3.Connection:
        raw: sqlite3.Connection = real(*about, **more)
        raw.set_trace_callback(asked.append)
        return raw

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", traced)
        questions(MarketInlet(path))
    with closing(real(path)) as raw:
        rows = [row for query in asked if "SELECT" in query for row in raw.execute(f"EXPLAIN QUERY PLAN {query}")]
    return [row[3] for row in rows]


def test_no_look_reads_a_table_through(path: Path) -> None:
    def looks(inlet: MarketInlet) -> None:
        for minute in (1, 2):
            inlet._arrived(wanted(minute))

    tables = ("quotes", "recommendations", "intraday_signals", "macro_events", "price_bars", "b")
    plans = _plans(path, looks)
    assert any(plan.startswith("SEARCH quotes USING INDEX ix_quotes_at") for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in tables] == []


async def test_a_look_at_a_large_table_is_quick(path: Path) -> None:
    write(path, QUOTE, *(quote("AAA", 100 + i, i / 100, -1) for i in range(30_000)))
    inlet = MarketInlet(path)
    await inlet.arrived(wanted(1))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    real = sqlite3.connect

    def counted(*about: Any, **more: Any) -> sqlite3.Connection:
        raw: sqlite3.Connection = real(*about, **more)
        raw.set_progress_handler(count, 1_000)
        return raw

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", counted)
        await inlet.arrived(wanted(2))
    assert steps < 5
