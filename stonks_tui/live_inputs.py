"""Live inputs: which files and tables does a live account hear from?"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters import tail_inlet
from engine.adapters.input_options import InputOptions
from engine.adapters.tail_inlet import TailInlet
from engine.live_course import Account, LiveCourse
from engine.live_sources import History, Inlet, LiveSources, NoHistory
from engine.model.sessions import SessionTable
from storage.live_sources import MarketInlet

if TYPE_CHECKING:
    from storage.postgres_sources_tables import PostgresTables


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePaths:
    """Where things come in: `market_db` or `tables` may have all of them; each of the others is a file, or a folder.

    With `tables` nothing is read from `market_db`. Without either nobody knows earlier days, and nothing is bought.
    `options` say how files are written.
    """

    tables: "PostgresTables | None" = None
    market_db: Path | None = None
    quotes: Path | None = None
    recommendations: Path | None = None
    signals: Path | None = None
    macro_events: Path | None = None
    options: InputOptions = field(default_factory=InputOptions)


def live_sources(paths: LivePaths, sessions: SessionTable) -> LiveSources:
    """Return what comes in by `paths`. `sessions` reach back as far as indicators look, and a few weeks ahead."""
    known, history = _known(paths)
    tails = (
        (paths.quotes, tail_inlet.quotes),
        (paths.recommendations, tail_inlet.recommendations),
        (paths.signals, tail_inlet.signals),
        (paths.macro_events, tail_inlet.macro_events),
    )
    return LiveSources(
        sessions, [*known, *(TailInlet(path, read, paths.options) for path, read in tails if path)], history
    )


def _known(paths: LivePaths) -> tuple[Sequence[Inlet], History]:
    if paths.tables is not None:
        from storage import postgres_sources  # the driver is not needed for files

        history = postgres_sources.history(paths.tables)
        return [*postgres_sources.inlets(paths.tables), history], history
    if paths.market_db is None:
        return [], NoHistory()
    market = MarketInlet(paths.market_db)
    return [market], market


@asynccontextmanager
async def heeded(sources: LiveSources, tables: "PostgresTables | None") -> AsyncIterator[None]:
    """Have `sources` know at once when whoever fills `tables` says that rows have come; nobody can say it of files."""
    if tables is None:
        yield
        return
    async with tables.noticed() as news:
        sources.news = news
        try:
            yield
        finally:
            sources.news = None


def live_course(sources: LiveSources, account: Account) -> LiveCourse:
    """Return the course for `account`, which trades from `sources`."""
    return LiveCourse(account, sources)
