"""Bar files: small price files for tests, in every layout that an importer meets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from engine.adapters.input_options import InputOptions
from engine.adapters.price_files import BarRead, read_bars

FIELDS = ("Open", "High", "Low", "Close", "Volume")
SESSIONS = (date(2014, 1, 2), date(2014, 1, 3), date(2014, 1, 6), date(2014, 1, 7), date(2014, 1, 8), date(2014, 1, 9),
            date(2014, 1, 10), date(2014, 1, 13), date(2014, 1, 14), date(2014, 1, 15), date(2014, 1, 16),
            date(2014, 1, 17), date(2014, 1, 21), date(2014, 1, 22), date(2014, 1, 23), date(2014, 1, 24),
            date(2014, 1, 27), date(2014, 1, 28), date(2014, 1, 29), date(2014, 1, 30))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in dollars."""

    ticker: str
    on: date
    open: float
    high: float
    low: float
    close: float
    volume: int = 1000

    @property
    def values(self) -> tuple[float, ...]:
        return (self.open, self.high, self.low, self.close, self.volume)


def flat(ticker: str, on: date, price: float, *, volume: int = 1000, spread: float = 0.01) -> Bar:
    """Return a bar that opens and closes at `price`."""
    return Bar(ticker, on, price, price * (1 + spread), price * (1 - spread), price, volume)


def write_long(bars: Sequence[Bar], path: Path, *, header: str = "ticker,date,open,high,low,close,volume") -> Path:
    rows = [f"{b.ticker},{b.on},{','.join(map(str, b.values))}" for b in bars]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def write_parquet(bars: Sequence[Bar], path: Path) -> Path:
    columns: dict[str, list[object]] = {"Symbol": [b.ticker for b in bars], "Date": [b.on for b in bars]}
    columns |= {field: [b.values[i] for b in bars] for i, field in enumerate(FIELDS)}
    parquet.write_table(pa.table(columns), path)
    return path


def write_per_ticker(bars: Sequence[Bar], folder: Path) -> list[Path]:
    paths = []
    for ticker in sorted({b.ticker for b in bars}):
        path = folder / f"{ticker}.csv"
        rows = [f"{b.on},{','.join(map(str, b.values))}" for b in bars if b.ticker == ticker]
        path.write_text("\n".join(["Date,Open,High,Low,Close,Volume", *rows]) + "\n")
        paths.append(path)
    return paths


def write_wide(bars: Sequence[Bar], path: Path, *, ticker_first: bool) -> Path:
    """Write what `yfinance.download(...).to_csv()` writes, in either order of its two header rows."""
    tickers = sorted({b.ticker for b in bars})
    by_key = {(b.ticker, b.on): b for b in bars}
    pairs = [(t, f) for t in tickers for f in FIELDS] if ticker_first else [(t, f) for f in FIELDS for t in tickers]
    fields_row = ",".join(["Price", *(f for _, f in pairs)])
    tickers_row = ",".join(["Ticker", *(t for t, _ in pairs)])
    head = [tickers_row, fields_row] if ticker_first else [fields_row, tickers_row]
    lines = [*head, "Date" + "," * len(pairs)]
    for on in sorted({b.on for b in bars}):
        cells = [str(by_key[t, on].values[FIELDS.index(f)]) if (t, on) in by_key else "" for t, f in pairs]
        lines.append(",".join([str(on), *cells]))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_flattened(bars: Sequence[Bar], path: Path, *, shape: str) -> Path:
    tickers = sorted({b.ticker for b in bars})
    by_key = {(b.ticker, b.on): b for b in bars}
    pairs = [(t, f) for t in tickers for f in FIELDS]
    names = [shape.format(ticker=t, field=f) for t, f in pairs]
    lines = [",".join(["Date", *(f'"{name}"' for name in names)])]
    for on in sorted({b.on for b in bars}):
        cells = [str(by_key[t, on].values[FIELDS.index(f)]) if (t, on) in by_key else "" for t, f in pairs]
        lines.append(",".join([str(on), *cells]))
    path.write_text("\n".join(lines) + "\n")
    return path


def read(paths: Path | Sequence[Path], **options: object) -> BarRead:
    """Read with `options`; the exchange calendar is computed once for all tests."""
    several = [paths] if isinstance(paths, Path) else list(paths)
    return read_bars(several, InputOptions(**options))  # type: ignore[arg-type]


def as_rows(found: BarRead) -> list[tuple[str, int, int, int, int, int, int]]:
    """Return the bars that were read as comparable rows."""
    bars = found.bars
    columns = (bars.on, bars.open, bars.high, bars.low, bars.close, bars.volume)
    names = [bars.tickers[i] for i in bars.ticker.tolist()]
    return list(zip(names, *(column.tolist() for column in columns), strict=True))
