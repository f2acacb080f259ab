"""Minute files: small files of minute bars for tests, in the layouts that an importer meets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.adapters.input_options import InputOptions
from engine.adapters.minute_bars import MinuteRead
from engine.adapters.price_files import BarRead, read_bars_of_any_length

NEW_YORK = ZoneInfo("America/New_York")
HEADER = "ticker,start_at,open,high,low,close,volume"


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """One bar of a minute that begins at `at`, in dollars."""

    ticker: str
    at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int = 100

    @property
    def prices(self) -> str:
        return f"{self.open},{self.high},{self.low},{self.close},{self.volume}"


def at(text: str) -> datetime:
    """Return the moment that New York's clocks show as `text`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def flat(ticker: str, when: datetime, price: float = 10.0, *, volume: int = 100) -> MinuteBar:
    """Return a bar that stays at `price`."""
    return MinuteBar(ticker, when, price, price, price, price, volume)


def minutes(ticker: str, first: str, count: int, price: float = 10.0, *, step: int = 1) -> list[MinuteBar]:
    """Return `count` bars from New York's `first` on, `step` minutes apart."""
    return [flat(ticker, at(first) + timedelta(minutes=step * n), price) for n in range(count)]


def write(bars: Sequence[MinuteBar], path: Path, *, header: str = HEADER, style: str = "%Y-%m-%dT%H:%M:%SZ") -> Path:
    """Write long rows; moments in UTC as `style` says."""
    rows = [f"{b.ticker},{b.at.strftime(style)},{b.prices}" for b in bars]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def read_any(paths: Path | Sequence[Path], **options: object) -> BarRead | MinuteRead:
    several = [paths] if isinstance(paths, Path) else list(paths)
    return read_bars_of_any_length(several, InputOptions(**options))  # type: ignore[arg-type]


def read(paths: Path | Sequence[Path], **options: object) -> MinuteRead:
    """Read what must be recognised as bars of minutes."""
    found = read_any(paths, **options)
    assert isinstance(found, MinuteRead)
    return found


def as_rows(found: MinuteRead) -> list[tuple[str, datetime, int, int, int, int, int]]:
    """Return the bars that were read as comparable rows."""
    bars = found.minutes
    names = [bars.tickers[i] for i in bars.ticker.tolist()]
    moments = [datetime.fromtimestamp(micros / 1e6, UTC) for micros in bars.at.tolist()]
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    return list(zip(names, moments, *(column.tolist() for column in columns), strict=True))
