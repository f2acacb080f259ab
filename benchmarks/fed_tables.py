"""Fed tables: the inputs of an engine in PostgreSQL, whole days as sessions, and somebody who fills them.

Its users measure on the machine's one clock what becomes of each row.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.latency import POLICY
from engine.adapters import clock
from engine.adapters.system_clock import SystemClock
from engine.decision.events import Event, RecommendationReceived
from engine.model.sessions import Session, SessionTable
from stonks_tui.live_inputs import LivePaths, heeded, live_course, live_sources
from stonks_tui.trading import Account, World
from storage.postgres_sources_tables import PostgresTables
from tests.support.input_tables import OURS, Owner
from tests.support.tapes import FREE

TICKERS = tuple(f"T{n:03}" for n in range(20))
DAYS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where everything is, and the day on which it happens."""

    database: str
    folder: str
    today: str
    redis: str = ""

    def sessions(self) -> SessionTable:
        """Return sessions of whole days, so that it is always one."""
        last = date.fromisoformat(self.today)
        days = [last + timedelta(days=n) for n in range(-DAYS, 10)]
        return SessionTable.of(_whole_day(on) for on in days)


def _whole_day(on: date) -> Session:
    opens = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return Session(on=on, open_at=opens, close_at=opens + timedelta(hours=24) - timedelta(seconds=1))


class Marks:
    """When what was reached, by the machine's clock; written down at the end."""

    def __init__(self, path: Path, stages: Sequence[str]) -> None:
        self._path = path
        self.at: dict[str, dict[str, float]] = {stage: {} for stage in stages}
        self.looked, self.read = 0.0, 0.0

    def reached(self, stage: str, what: str, at: float | None = None) -> None:
        """Note that `what` is at `stage`, the first time."""
        self.at[stage].setdefault(what, time.monotonic() if at is None else at)

    def heard(self, event: Event) -> None:
        """Note of the turn of a recommendation, just kept, when the engine began to look, had read, and kept it."""
        if isinstance(event, RecommendationReceived):
            told = event.recommendation.recommendation_id
            for stage, at in (("noticed", self.looked), ("read", self.read), ("judged", time.monotonic())):
                self.reached(stage, told, at)

    def write(self) -> None:
        """Write all of it down."""
        self._path.write_text(json.dumps(self.at))


def traded(place: Place, tables: PostgresTables, marks: Marks) -> tuple[Account, World]:
    """Return a rich account, and a world that is what comes into `tables`; `marks` are told when it is looked."""
    sessions = place.sessions()
    sources = live_sources(LivePaths(tables=tables), sessions)
    refresh = sources.refresh

    async def refreshed(at: datetime, session: Session) -> None:
        looked = time.monotonic()
        await refresh(at, session)
        marks.looked, marks.read = looked, time.monotonic()

    sources.refresh = refreshed  # type: ignore[method-assign]
    account = Account(capital=10**11, policy=POLICY, costs=FREE, sessions=sessions, start_on=sessions.sessions[0].on)
    world = World(
        clock=SystemClock(),
        course=lambda trader: live_course(sources, trader),
        days=tuple(enumerate(s for s in sessions.sessions if s.close_at > SystemClock().now())),
        sources=sources,
        heeding=lambda: heeded(sources, tables),
    )
    return account, world


class Feeder:
    """Somebody who fills the tables: prices all the time, recommendations when they are asked for."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.rows: dict[str, float] = {}
        """When the COMMIT of each recommendation was answered."""
        self._priced = 0.0

    def price(self) -> None:
        """Keep a price of every ticker, if the last ones are a while ago."""
        if time.monotonic() - self._priced > 5:
            self._priced, at = time.monotonic(), clock.now()
            rows = [(ticker, 50 + number / 10, at) for number, ticker in enumerate(TICKERS)]
            self._owner.execute("INSERT INTO quotes (ticker, price, at) VALUES ($1, $2::float8::numeric, $3)", rows)

    def recommend(self, numbers: Sequence[int]) -> None:
        """Keep the recommendations `numbers`, and give notice: every ticker is bought and sold in turn."""
        at = clock.now()
        words = ", ".join(
            f"('r{n}', '{TICKERS[n % len(TICKERS)]}', '{'sell' if n // len(TICKERS) % 2 else 'buy'}', "
            f"'paper_eligible', 0.9, '{at.isoformat()}', NULL, '', '')"
            for n in numbers
        )
        self._owner.execute(f"INSERT INTO recommendations VALUES {words}; NOTIFY stonks_arrivals")
        now = time.monotonic()
        self.rows |= {f"r{n}": now for n in numbers}


def history(owner: Owner, place: Place) -> None:
    """Make the tables, with daily bars of every ticker."""
    owner.execute(OURS)
    owner.execute("CREATE INDEX ON recommendations (generated_at); CREATE INDEX ON quotes (at)")
    days = [s.on for s in place.sessions().sessions if s.on < date.fromisoformat(place.today)]
    rows = [
        (ticker, datetime(on.year, on.month, on.day, tzinfo=UTC), 50 + number / 10)
        for number, ticker in enumerate(TICKERS)
        for on in days
    ]
    price = "SELECT $3::float8::numeric AS p"
    owner.execute(f"INSERT INTO price_bars SELECT $1, '1d', $2, p, p * 1.01, p * 0.99, p, 1000 FROM ({price}) x", rows)
    owner.execute("INSERT INTO securities VALUES ($1, $1, $2)", [(t, f"S{n % 10}") for n, t in enumerate(TICKERS)])
