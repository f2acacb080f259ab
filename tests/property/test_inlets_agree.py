"""The same rows bring the same arrivals, whether others write them into market.db or into tables in PostgreSQL."""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.incoming import Arrived
from engine.model.intraday import to_micros
from storage.live_sources import MarketInlet
from storage.postgres_sources_tables import PostgresTables
from tests.support.filled_market import MACRO_EVENT, MINUTE_BAR, QUOTE, RECOMMENDATION, SIGNAL, with_history
from tests.support.input_tables import OURS, Looking, Owner, tables_at, wanted
from tests.support.postgres import fresh_url
from tests.support.tapes import FLAT, at, day, tape

MARKET = tape({"AAA": [FLAT], "BBB": [FLAT]})
TABLES = ("recommendations", "intraday_signals", "quotes", "price_bars", "macro_events")


@dataclass(frozen=True)
class Both:
    """Tables in PostgreSQL, who writes into them, and a market.db with the history alone."""

    owner: Owner
    tables: PostgresTables
    market: Path


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with (
        fresh_url(empty=True) as url,
        tables_at(url) as tables,
        tempfile.TemporaryDirectory() as folder,
    ):
        market = Path(folder) / "market.db"
        asyncio.run(with_history(market, MARKET, day(-1)))
        owner = Owner(url)
        owner.execute(OURS)
        yield Both(owner, tables, market)
        owner.close()


minutes = st.integers(-400, 70) | st.sampled_from([-1440 + 1, -1440 * 5])
confidences = st.sampled_from([0.0, 0.5, 1.0, 1.5])
tickers = st.sampled_from(["AAA", "bbb", "CCC", " "])
quotes = st.tuples(tickers, st.integers(-1, 10**9), minutes)
recommendations = st.tuples(
    tickers, st.sampled_from(["buy", "SELL", "hold"]), confidences, minutes, st.none() | st.integers(-60, 6000)
)
signals = st.tuples(
    tickers, st.sampled_from(["intraday", "1d", "week"]), st.sampled_from(["up", "Down", ""]), confidences, minutes
)
events = st.tuples(
    st.sampled_from(["e1", "e2"]), st.sampled_from(["low", "HIGH", "?"]), minutes, st.integers(-60, 90),
    st.sampled_from([None, "aaa bbb", "CCC"]),
)  # fmt: skip
bars = st.tuples(st.sampled_from(["AAA", "BBB"]), st.integers(-5, 70), st.integers(1, 10**9))
steps = st.lists(
    st.fixed_dictionaries(
        {
            "quotes": st.lists(quotes, max_size=4),
            "recommendations": st.lists(recommendations, max_size=3),
            "signals": st.lists(signals, max_size=2),
            "events": st.lists(events, max_size=2),
            "bars": st.lists(bars, max_size=4),
            "passes": st.integers(0, 30),
            "begins": st.booleans(),
        }
    ),
    min_size=1,
    max_size=4,
)


class Writing:
    """Writes the same rows to both."""

    def __init__(self, both: Both, path: Path) -> None:
        self._owner = both.owner
        self._path = path
        self._number = 0
        self._bars: set[tuple[str, int]] = set()

    def write(self, step: dict[str, Any]) -> None:
        """Keep the rows of one step; an event that is there is corrected."""
        moment = partial(at, 0)
        self._add(QUOTE, [(ticker, price, moment(minute)) for ticker, price, minute in step["quotes"]])
        self._add(
            RECOMMENDATION,
            [
                (self._name("r"), ticker, action, "paper_eligible", sure, moment(minute),
                 None if lives is None else moment(lives))
                for ticker, action, sure, minute, lives in step["recommendations"]
            ],
        )  # fmt: skip
        self._add(
            SIGNAL,
            [
                (self._name("s"), ticker, window, way, sure, moment(minute))
                for ticker, window, way, sure, minute in step["signals"]
            ],
        )
        for name, severity, begins, ends, concerned in step["events"]:
            self._do(f"DELETE FROM macro_events WHERE event_id = '{name}'")
            self._add(MACRO_EVENT, [(name, severity, moment(begins), moment(ends), concerned, None, None)])
        new = {(ticker, minute): close for ticker, minute, close in step["bars"] if (ticker, minute) not in self._bars}
        self._bars |= new.keys()
        self._add(MINUTE_BAR, [(ticker, moment(minute), 1, 1, 1, close) for (ticker, minute), close in new.items()])

    def _name(self, letter: str) -> str:
        self._number += 1
        return f"{letter}{self._number}"

    def _add(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            kept = [tuple(to_micros(cell) if hasattr(cell, "tzinfo") else cell for cell in row) for row in rows]
            with closing(sqlite3.connect(self._path)) as raw, raw:
                raw.executemany(statement, kept)
            self._owner.write(statement, kept)

    def _do(self, statement: str) -> None:
        with closing(sqlite3.connect(self._path)) as raw, raw:
            raw.execute(statement)
        self._owner.execute(statement)


def told(arrived: Arrived) -> tuple[Any, ...]:
    """Return what came in, in an order of its own."""
    return (
        *(
            sorted(map(repr, rows))
            for rows in (
                arrived.quotes,
                arrived.recommendations,
                arrived.signals,
                [(e.event_id, e.severity, e.at, e.until, sorted(e.tickers)) for e in arrived.macro_events],
                arrived.refused,
            )
        ),
        arrived.newest_recommendation_at,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_late_rows_corrections_and_bad_rows_come_in_alike(both: Both, steps: list[dict[str, Any]]) -> None:
    both.owner.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY")
    path = both.market.with_name("filled.db")
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(both.market, path)
    ours, theirs, writing = MarketInlet(path), Looking(both.tables), Writing(both, path)
    minute = 0
    for step in steps:
        minute += step["passes"]
        writing.write(step)
        if step["begins"]:
            ours.begin()
            theirs.begin()
        about = wanted(minute, tickers=("AAA", "BBB"))
        expected = asyncio.run(ours.arrived(about))
        assert told(asyncio.run(theirs.arrived(about))) == told(expected)
        assert theirs.failed == []
