"""Price files: which bars do these files hold, daily ones or those of minutes, and what was wrong with them?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.adapters import calendar
from engine.adapters.arrow_arrays import give_memory_back
from engine.adapters.bar_lengths import BarLength
from engine.adapters.bar_rows import joined
from engine.adapters.faults import Fault, RefusedRow, refuse_rows
from engine.adapters.input_options import InputOptions
from engine.adapters.minute_bars import MinuteRead, minutes_of
from engine.adapters.previews import Preview
from engine.adapters.price_faults import treat
from engine.adapters.price_rows import PricePart, day_of, read_part
from engine.errors import BadInput
from engine.model.imports import BarColumns
from engine.model.sessions import SessionTable

Progress = Callable[[int, int, str], None]
"""Told how much is done, of how much, and what comes now."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarRead:
    """What reading files of daily prices came to: the bars, a preview a file, and all that was wrong."""

    bars: BarColumns
    previews: tuple[Preview, ...]
    faults: tuple[Fault, ...]
    refused: tuple[RefusedRow, ...]
    sessions: SessionTable


def read_bars(
    paths: Sequence[Path],
    options: InputOptions,
    *,
    kind: str = "bars",
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> BarRead:
    """Return the daily bars of `paths`. `cache_dir` keeps the exchange calendar for the next time.

    `kind` is what the files are called in previews. Raises BadInput when a file cannot be understood, when a row cannot
    be read (unless `options.skip_bad`), and for faults that are to be refused.
    """
    tell = progress or _silent
    parts = _parts(paths, options, kind, tell)
    found = _days_of(parts, options, cache_dir)
    tell(len(paths) + 1, len(paths) + 1, "")
    return found


def read_bars_of_any_length(
    paths: Sequence[Path],
    options: InputOptions,
    *,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> BarRead | MinuteRead:
    """Return the bars of `paths`, daily ones or those of minutes: several bars a ticker and day are minutes.

    Raises BadInput as `read_bars` does, and when some files hold the one and some the other.
    """
    tell = progress or _silent
    parts = _parts(paths, options, "bars", tell)
    of_minutes = any(part.length is BarLength.MINUTES for part in parts)
    if of_minutes:
        _refuse_mixture(parts)
    found = minutes_of(parts, options, cache_dir) if of_minutes else _days_of(parts, options, cache_dir)
    tell(len(paths) + 1, len(paths) + 1, "")
    return found


def _parts(paths: Sequence[Path], options: InputOptions, kind: str, tell: Progress) -> list[PricePart]:
    parts: list[PricePart] = []
    for n, path in enumerate(paths):
        tell(n, len(paths) + 1, path.name)
        parts.append(read_part(path, options, kind=kind))
    give_memory_back()
    refuse_rows([row for part in parts for row in part.refused], skip=options.skip_bad)
    if not any(len(part.rows) for part in parts):
        raise BadInput(f"{', '.join(str(p) for p in paths[:3])}: there is not one bar in it")
    tell(len(paths), len(paths) + 1, "looking for faults")
    return parts


def _days_of(parts: Sequence[PricePart], options: InputOptions, cache_dir: Path | None) -> BarRead:
    rows = joined([part.rows for part in parts])
    sessions = calendar.xnys(day_of(int(rows.on.min())), day_of(int(rows.on.max())), cache_dir=cache_dir)
    treated, faults = treat(rows, sessions, options)
    if not len(treated):
        raise BadInput(
            f"{', '.join(part.preview.path for part in parts[:3])}: no bar is left once its faults are dealt with",
            hint=f"the first: {faults[0].found} → {faults[0].done}" if faults else "",
        )
    return BarRead(
        bars=treated.columns(),
        previews=tuple(part.preview for part in parts),
        faults=faults,
        refused=tuple(row for part in parts for row in part.refused),
        sessions=sessions,
    )


def _refuse_mixture(parts: Sequence[PricePart]) -> None:
    first = {part.length: part.preview.path for part in reversed(parts)}
    if BarLength.DAYS in first:
        raise BadInput(
            f"{first[BarLength.DAYS]} holds daily bars, {first[BarLength.MINUTES]} bars of minutes",
            hint="give the bars of minutes as --bars and the daily ones as --history",
        )


def _silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""
