"""Live sources: what is new in `market.db` since the last look?

Others write while we read. What is new is found by index and never by reading a table through: quotes by their number,
which counts up whatever their moment; what has an id by its moment, less the ids that are known. A late row is found
either way.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import BadInput, NotFound, Unavailable
from engine.model.incoming import Arrived, DayFacts, Quote, Refusal, Wanted
from storage import live_sources_rows, market_columns
from storage.database import address_of, check_version, require_file, translated
from storage.live_sources_rows import Row, shown
from storage.market_data import MarketStore
from storage.market_tables import IMPORTS
from storage.moments import from_micros, to_micros
from storage.table_kinds import MARKET_SINCE

BUSY_SECONDS = 1.0
"""How long a look waits for somebody else's transaction."""
MINUTE = 60_000_000
LONG_LIVED = timedelta(days=40)
"""So far back an engine that begins looks for what says itself until when it is good."""

_END = 2**63 - 1  # no moment is later; whatever is not a number sorts after it
T = TypeVar("T")


@dataclass(slots=True)
class _Known:
    """What has been handed over. `file` tells whether it is still the same one; bars count by ticker."""

    file: tuple[int, int] | None = None
    session: date | None = None
    quotes: int = 0
    bars: dict[str, int] = field(default_factory=dict)
    ids: dict[str, set[Any]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    has_begun: bool = False


class MarketInlet:
    """An `Inlet` (engine/live_sources.py) over `market.db`, and its `History`. The file need not be there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _Known()

    def begin(self) -> None:
        """See `Inlet.begin`."""
        self._known = _Known(refused=self._known.refused)

    async def arrived(self, wanted: Wanted) -> Arrived:
        """See `Inlet.arrived`."""
        return await asyncio.to_thread(self._arrived, wanted)

    async def facts(self, first: date, last: date) -> DayFacts:
        """See `History.facts`."""
        with _unavailable():
            await asyncio.to_thread(self._check)
            store = MarketStore(self._path)
            bars = await asyncio.to_thread(market_columns.read_bars, self._path, None, first, last)
            return DayFacts(
                bars=bars,
                securities=await store.load_securities(),
                splits=await store.load_splits(),
                dividends=await store.load_dividends(),
                earnings=await store.load_earnings(),
            )

    def _check(self) -> None:
        with self._open() as raw:
            check_version(self._path, raw, IMPORTS, since=MARKET_SINCE)

    def _arrived(self, wanted: Wanted) -> Arrived:
        with _unavailable(), self._open() as raw:
            raw.execute("BEGIN")
            reading = _Reading(raw, wanted, self._same_file())
            arrived = reading.all()
        self._known = reading.known  # not before everything was read
        return arrived

    def _same_file(self) -> _Known:
        """Return a copy of what is known of this very file: of one that was put in its place nothing is."""
        status = self._path.stat()
        file, known = (status.st_dev, status.st_ino), self._known
        if known.file not in (None, file):
            return _Known(file=file)
        return _Known(
            file=file,
            session=known.session,
            quotes=known.quotes,
            bars=dict(known.bars),
            ids=dict(known.ids),
            refused=set(known.refused),
            has_begun=known.has_begun,
        )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with translated(self._path):
            require_file(self._path)
            name, query = address_of(self._path, writes=False)
            address = name + "?" + "&".join(f"{k}={v}" for k, v in query.items())
            with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as raw:
                raw.row_factory = sqlite3.Row
                raw.text_factory = _text
                raw.execute("PRAGMA query_only = ON")
                yield raw


class _Reading:
    """One look into the file, in one transaction."""

    def __init__(self, raw: sqlite3.Connection, wanted: Wanted, known: _Known) -> None:
        self.known = known
        self._raw = raw
        self._wanted = wanted
        self._refused: list[Refusal] = []
        self._tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def all(self) -> Arrived:
        quotes = [*self._bars(), *self._quotes()]
        arrived = Arrived(
            quotes=quotes,
            recommendations=self._suggestions(
                "recommendations", "recommendation_id", live_sources_rows.recommendation, long_lived=True
            ),
            signals=self._suggestions("intraday_signals", "signal_id", live_sources_rows.signal),
            macro_events=self._macro_events(),
            refused=tuple(self._refused),
            newest_recommendation_at=self._newest(),
        )
        self.known.session = self._wanted.session.on
        self.known.has_begun = True
        return arrived

    def _quotes(self) -> list[Quote]:
        """Return the quotes of the session, and then whatever is new, whatever its moment."""
        if "quotes" not in self._tables:
            return []
        last = self._raw.execute("SELECT coalesce(max(id), 0) FROM quotes").fetchone()[0]
        if self.known.session == self._wanted.session.on and last >= self.known.quotes:
            query, about = "SELECT * FROM quotes WHERE id > ? AND id <= ? ORDER BY id", (self.known.quotes, last)
        else:
            session = self._wanted.session
            query = "SELECT * FROM quotes WHERE at BETWEEN ? AND ? ORDER BY id"
            about = to_micros(session.open_at), to_micros(session.close_at)
        rows = self._raw.execute(query, about).fetchall()
        self.known.quotes = last
        return self._values("quotes", "id", rows, live_sources_rows.quote)

    def _bars(self) -> list[Quote]:
        """Return the closes of the minutes that are over, each as a print at its end."""
        opens = to_micros(self._wanted.session.open_at)
        until = to_micros(min(self._wanted.at, self._wanted.session.close_at)) - MINUTE
        since = {ticker: max(opens, self.known.bars.get(ticker, opens)) for ticker in sorted(self._wanted.tickers)}
        query = """
            SELECT b.ticker, b.start_at, b.close FROM json_each(?) AS asked CROSS JOIN price_bars AS b
            WHERE b.ticker = asked.key AND b.interval = '1m' AND b.start_at BETWEEN asked.value AND ?
        """
        found: list[Quote] = []
        for ticker, start_at, close in self._raw.execute(query, (json.dumps(since), until)):
            self.known.bars[ticker] = start_at + 1
            found.append(Quote(ticker=ticker, price=close, at=from_micros(start_at + MINUTE)))
        return found

    def _suggestions(self, table: str, key: str, value: Callable[[Row], T], *, long_lived: bool = False) -> list[T]:
        if table not in self._tables:
            return []
        since, at = self._wanted.alive_since, self._wanted.at
        ids = self._ids(table, key, since, at)
        if long_lived and not self.known.has_begun:
            ids |= self._long_lived(since, at)
        known = self.known.ids.get(table, set())
        self.known.ids[table] = ids
        query = f"SELECT * FROM {table} WHERE {key} IN (SELECT value FROM json_each(?)) ORDER BY {key}"
        asked = json.dumps([name for name in sorted(map(str, ids - known)) if self._may_be_an_id(table, key, name)])
        return self._values(table, key, self._raw.execute(query, (asked,)), value)

    def _may_be_an_id(self, table: str, key: str, name: str) -> bool:
        """Refuse a row by an id that cannot even be asked for; return whether it can be."""
        try:
            live_sources_rows.words({key: name}, key)
        except ValueError as error:
            self._refuse(table, name, str(error))
            return False
        return True

    def _ids(self, table: str, key: str, since: datetime, at: datetime) -> set[Any]:
        """Return the ids of the rows of `[since, at]`; and of those whose moment is text, by their day."""
        query = f"""
            SELECT {key} FROM {table} WHERE generated_at BETWEEN ? AND ? UNION ALL
            SELECT {key} FROM {table} WHERE generated_at > ?
        """
        text = f"{since - timedelta(days=1):%Y-%m-%d}"
        return {found for (found,) in self._raw.execute(query, (to_micros(since), to_micros(at), text))}

    def _long_lived(self, since: datetime, at: datetime) -> set[Any]:
        query = "SELECT recommendation_id FROM recommendations WHERE generated_at BETWEEN ? AND ? AND expires_at > ?"
        first = to_micros(since - LONG_LIVED)
        return {found for (found,) in self._raw.execute(query, (first, to_micros(since), to_micros(at)))}

    def _macro_events(self) -> list[Any]:
        """Return the events that are new or say something else than before: of those that are not over, or were not."""
        if "macro_events" not in self._tables:
            return []
        known = self.known.ids.get("macro_events", set())
        query = """
            SELECT * FROM macro_events WHERE until > ? UNION ALL
            SELECT * FROM macro_events WHERE event_id IN (SELECT value FROM json_each(?))
        """
        ids = json.dumps(sorted({row[0] for row in known}))
        rows = self._raw.execute(query, (to_micros(self._wanted.at), ids)).fetchall()
        found = {tuple(row): row for row in rows}  # one that is on may be found both ways
        self.known.ids["macro_events"] = set(found)
        new = [row for values, row in found.items() if values not in known]
        return self._values("macro_events", "event_id", new, live_sources_rows.macro_event)

    def _newest(self) -> datetime | None:
        query = "SELECT max(generated_at) FROM recommendations WHERE generated_at <= ?"
        newest = self._raw.execute(query, (to_micros(self._wanted.at),)).fetchone()[0]
        return None if newest is None else from_micros(newest)

    def _values(self, table: str, key: str, rows: Any, value: Callable[[Row], T]) -> list[T]:
        values: list[T] = []
        for row in rows:
            try:
                values.append(value(_named(row)))
            except ValueError as error:
                self._refuse(table, str(row[key]), str(error))
        return values

    def _refuse(self, table: str, row: str, reason: str) -> None:
        row, reason = shown(row), shown(reason)
        if (table, row) not in self.known.refused:
            self.known.refused.add((table, row))
            self._refused.append(Refusal(where=table, row=row, reason=reason))


def _text(cell: bytes) -> str:
    """Return a text that need not be one: SQLite keeps whatever it is given, and a row is refused, not the file."""
    return cell.decode(errors="surrogateescape")


def _named(row: sqlite3.Row) -> Mapping[str, Any]:
    return {name: row[name] for name in row.keys()}  # noqa: SIM118


@contextmanager
def _unavailable() -> Iterator[None]:
    """What is wrong with the file now may be over at the next look."""
    try:
        yield
    except (NotFound, BadInput) as error:
        raise Unavailable(error.message, hint=error.hint) from error
