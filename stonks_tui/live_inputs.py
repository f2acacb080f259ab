"""Live inputs: which files does a live account hear from?"""

from dataclasses import dataclass, field
from pathlib import Path

from engine.adapters import tail_inlet
from engine.adapters.input_options import InputOptions
from engine.adapters.tail_inlet import TailInlet
from engine.live_course import Account, LiveCourse
from engine.live_sources import Inlet, LiveSources, NoHistory
from engine.model.sessions import SessionTable
from storage.live_sources import MarketInlet


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePaths:
    """Where things come in: `market_db` may have all of them; each of the others is a file, or a folder of files.

    Without `market_db` nobody knows earlier days, and nothing is bought. `options` say how files are written.
    """

    market_db: Path | None = None
    quotes: Path | None = None
    recommendations: Path | None = None
    signals: Path | None = None
    macro_events: Path | None = None
    options: InputOptions = field(default_factory=InputOptions)


def live_sources(paths: LivePaths, sessions: SessionTable) -> LiveSources:
    """Return what comes in by `paths`. `sessions` reach back as far as indicators look, and a few weeks ahead."""
    market = MarketInlet(paths.market_db) if paths.market_db else None
    tails = (
        (paths.quotes, tail_inlet.quotes),
        (paths.recommendations, tail_inlet.recommendations),
        (paths.signals, tail_inlet.signals),
        (paths.macro_events, tail_inlet.macro_events),
    )
    inlets: list[Inlet] = [TailInlet(path, read, paths.options) for path, read in tails if path]
    return LiveSources(sessions, [market, *inlets] if market else inlets, market or NoHistory())


def live_course(sources: LiveSources, account: Account) -> LiveCourse:
    """Return the course for `account`, which trades from `sources`."""
    return LiveCourse(account, sources)
