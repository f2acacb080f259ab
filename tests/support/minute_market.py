"""Minute market: three sessions of minutes of two tickers, their daily history, and all that can come with them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.support.small_market import sessions

TICKERS = {"CALM": 20.0, "RISE": 40.0}
NEW_YORK = ZoneInfo("America/New_York")
_BEFORE, _MINUTES_OF = 25, 3
DAYS = sessions(_BEFORE + _MINUTES_OF)[_BEFORE:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The minute market's files."""

    bars: Path
    quotes: Path
    history: Path
    recommendations: Path
    signals: Path
    macro_events: Path
    halts: Path

    def options(self, *kinds: str) -> list[str]:
        """Return what names files of these kinds on the command line."""
        return [word for kind in kinds for word in (f"--{kind.replace('_', '-')}", str(getattr(self, kind)))]


def moment(on: date, clock: str) -> str:
    """Return the moment at which New York's clocks show `clock`, as a file has it."""
    return f"{datetime.combine(on, time.fromisoformat(clock), NEW_YORK).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def write(folder: Path) -> Files:
    """Write the market: every ticker is recommended each morning; each is foreseen to rise, later to fall."""
    found = Files(**{kind: folder / f"minute_{kind}.csv" for kind in Files.__dataclass_fields__})
    paths = {ticker: list(_prices(ticker)) for ticker in TICKERS}
    _put(found.bars, "ticker,start_at,open,high,low,close,volume", _bars(paths))
    _put(
        found.quotes, "ticker,price,at", (f"{t},{p:.2f},{at:%Y-%m-%dT%H:%M:%SZ}" for t in TICKERS for at, p in paths[t])
    )
    _put(found.history, "ticker,date,open,high,low,close,volume", _history())
    _put(
        found.recommendations,
        "recommendation_id,ticker,action,confidence,generated_at",
        (f"r-{t}-{on},{t},buy,0.9,{moment(on, '10:00:30')}" for on in DAYS for t in TICKERS),
    )
    _put(
        found.signals,
        "signal_id,ticker,window,direction,confidence,generated_at",
        (f"s-{t}-{way},{t},intraday,{way},0.9,{moment(DAYS[0], at)}" for t in TICKERS
         for way, at in (("up", "09:50:00"), ("down", "10:30:00"))),
    )  # fmt: skip
    _put(found.macro_events, "severity,at,until,name", [f"high,{moment(DAYS[1], '11:00')},{DAYS[1]},a storm"])
    _put(found.halts, "ticker,at,until", [f"CALM,{moment(DAYS[1], '12:00')},{moment(DAYS[1], '12:30')}"])
    return found


def _put(path: Path, header: str, rows: Iterator[str] | list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n")


def _prices(ticker: str) -> Iterator[tuple[datetime, float]]:
    draw, price = random.Random(ticker), TICKERS[ticker]
    for on in DAYS:
        opened = datetime.combine(on, time(9, 30), NEW_YORK).astimezone(UTC)
        for minute in range(390):
            price *= 1 + draw.gauss(0, 0.0008)
            yield opened + timedelta(minutes=minute), price


def _bars(paths: dict[str, list[tuple[datetime, float]]]) -> Iterator[str]:
    for ticker, prices in paths.items():
        for at, price in prices:
            low, high = price - 0.02, price + 0.02
            yield f"{ticker},{at:%Y-%m-%dT%H:%M:%SZ},{price:.2f},{high:.2f},{low:.2f},{price:.2f},100"


def _history() -> Iterator[str]:
    for ticker, price in TICKERS.items():
        for on in sessions(_BEFORE):
            yield f"{ticker},{on},{price:.2f},{price * 1.01:.2f},{price * 0.99:.2f},{price:.2f},10000"
