"""Filled market: a `market.db` into which another process writes while an engine reads."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from engine.adapters.bar_rows import EPOCH
from engine.model.imports import BarColumns, ImportSource
from engine.model.intraday import QuoteTape, from_micros, to_micros
from engine.model.recommendation import Recommendation
from engine.model.tape import DailyTape
from storage.market_data import MarketStore
from tests.support.live import JumpingClock

SOURCE = ImportSource(path="history.csv", digest="ab12", rows=1)
_OTHER_PROCESS = """
import json, sqlite3, sys
raw = sqlite3.connect(sys.argv[1])
for line in sys.stdin:
    query, rows = json.loads(line)
    with raw:
        raw.executemany(query, rows)
    print("kept", flush=True)
"""
QUOTE = "INSERT INTO quotes (ticker, price, at) VALUES (?, ?, ?)"
RECOMMENDATION = "INSERT INTO recommendations VALUES (?, ?, ?, ?, ?, ?, ?, '', '')"
SIGNAL = "INSERT INTO intraday_signals VALUES (?, ?, ?, ?, ?, ?)"
MACRO_EVENT = "INSERT INTO macro_events VALUES (?, ?, ?, ?, ?, ?, ?)"
MINUTE_BAR = "INSERT INTO price_bars VALUES (?, '1m', ?, ?, ?, ?, ?, 100)"


class Writer(Protocol):
    """Who writes rows into tables."""

    def write(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """Return when `rows` are kept."""


class OtherProcess:
    """A process of its own that writes what it is told, and says when that is kept."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def write(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """Return when `rows` are kept."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([query, [list(row) for row in rows]]) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "kept\n"


@contextmanager
def other_process(path: Path) -> Iterator[OtherProcess]:
    """Give a process that writes into `path`."""
    command = [sys.executable, "-c", _OTHER_PROCESS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield OtherProcess(process)
        assert process.stdin
        process.stdin.close()


async def with_history(path: Path, tape: DailyTape, last: date) -> None:
    """Keep the bars of `tape` up to `last` in the file `path`, and what it knows of its tickers."""
    async with MarketStore.open(path) as store:
        await store.put_bars(bars_of(tape, last), SOURCE)
        await store.put_securities(sorted(tape.securities.values(), key=lambda s: s.ticker), SOURCE)


def bars_of(tape: DailyTape, last: date) -> BarColumns:
    """Return the bars of `tape` up to `last`."""
    rows = [row for row, on in enumerate(tape.dates) if on <= last]
    place, column = np.nonzero(tape.close[rows].T)[::-1]
    return BarColumns(
        tickers=tape.tickers,
        ticker=column.astype(np.int32),
        on=np.array([tape.dates[row].toordinal() - EPOCH for row in rows], np.int32)[place],
        open=tape.open[place, column],
        high=tape.high[place, column],
        low=tape.low[place, column],
        close=tape.close[place, column],
        volume=tape.volume[place, column],
    )


def row_of(recommendation: Recommendation, **fields: Any) -> tuple[Any, ...]:
    """Return what is written of `recommendation`, with `fields` as somebody else would write them."""
    plain = {
        "recommendation_id": recommendation.recommendation_id,
        "ticker": recommendation.ticker,
        "action": str(recommendation.action),
        "mode": str(recommendation.mode),
        "confidence": recommendation.confidence,
        "generated_at": to_micros(recommendation.generated_at),
        "expires_at": None if recommendation.expires_at is None else to_micros(recommendation.expires_at),
    }
    return tuple((plain | fields).values())


class Killed(Exception):
    """The engine's process is gone, in the middle of whatever it did."""


@dataclass(slots=True)
class FillingClock(JumpingClock):
    """A clock under which rows are written by another process as their time comes: (moment, statement, row)."""

    writer: Writer | None = None
    dies_at: datetime | None = None
    rows: list[tuple[datetime, str, Sequence[Any]]] = field(default_factory=list)

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        assert self.writer
        if self.dies_at is not None and at >= self.dies_at:
            raise Killed
        due = [row for row in self.rows if row[0] <= at]
        self.rows = [row for row in self.rows if row[0] > at]
        for statement in dict.fromkeys(statement for _, statement, _ in due):
            self.writer.write(statement, [row for _, of, row in due if of == statement])
        self.at = max(self.at, at)


def quote_rows(tape: QuoteTape) -> list[tuple[datetime, str, Sequence[Any]]]:
    """Return the quotes of `tape`, each to be written at its moment."""
    tickers = tape.daily.tickers
    told = zip(tape.at.tolist(), tape.ticker.tolist(), tape.price.tolist(), strict=True)
    return [(from_micros(at), QUOTE, (tickers[ticker], price, at)) for at, ticker, price in told]


@dataclass(slots=True)
class AppendingClock(JumpingClock):
    """A clock under which lines are written to files as their time comes: (moment, file, line)."""

    lines: list[tuple[datetime, Path, str]] = field(default_factory=list)

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        due = [line for line in self.lines if line[0] <= at]
        self.lines = [line for line in self.lines if line[0] > at]
        for _, path, line in due:
            with path.open("a") as file:
                file.write(line)
        self.at = max(self.at, at)
