"""Small market: four tickers over 60 real sessions as CSV files, for tests that run the program as its users do."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

SHUT = frozenset({date(2014, 1, 20), date(2014, 2, 17)})
FIRST, SESSIONS = date(2014, 1, 2), 60
TICKERS = {
    # ticker: sector, first price, drift a day, noise a day
    "CALM": ("Utilities", 20.0, 0.0002, 0.004),
    "DEAR": ("Technology", 900.0, 0.002, 0.010),
    "FALL": ("Energy", 55.0, -0.006, 0.012),
    "RISE": ("Health", 40.0, 0.006, 0.006),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The small market's files."""

    bars: Path
    recommendations: Path
    sectors: Path

    @property
    def options(self) -> list[str]:
        """What names them on the command line."""
        return [
            *("--bars", str(self.bars)),
            *("--recommendations", str(self.recommendations)),
            *("--sectors", str(self.sectors)),
        ]


def sessions(count: int = SESSIONS) -> list[date]:
    """Return the first `count` sessions of the exchange from 2 January 2014 on (good until Easter)."""
    days = (FIRST + timedelta(days=i) for i in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5 and day not in SHUT][:count]


def write(folder: Path, *, count: int = SESSIONS, tickers: tuple[str, ...] = tuple(TICKERS)) -> Files:
    """Write the market of `count` sessions to `folder`: a buy of every ticker each third day, a sell each 17th."""
    files = Files(
        bars=folder / "bars.csv", recommendations=folder / "recommendations.csv", sectors=folder / "sectors.csv"
    )
    files.bars.write_text("date,ticker,open,high,low,close,volume\n" + "".join(_bars(count, tickers)))
    files.recommendations.write_text(
        "recommendation_id,ticker,action,mode,confidence,generated_at,source,thesis\n"
        + "".join(_recommendations(count, tickers))
    )
    files.sectors.write_text("ticker,name,sector\n" + "".join(f"{t},{t} Inc,{TICKERS[t][0]}\n" for t in tickers))
    return files


def _bars(count: int, tickers: tuple[str, ...]) -> Iterator[str]:
    for ticker in tickers:
        _, price, drift, noise = TICKERS[ticker]
        draw = random.Random(ticker)
        for on in sessions(count):
            opens = price * (1 + draw.uniform(-noise, noise) / 2)
            price = opens * (1 + drift + draw.uniform(-noise, noise))
            high = max(opens, price) * (1 + draw.uniform(0, noise))
            low = min(opens, price) * (1 - draw.uniform(0, noise))
            prices = ",".join(f"{p:.2f}" for p in (opens, high + 0.01, low - 0.01, price))
            yield f"{on},{ticker},{prices},{draw.randint(1, 9)}00000\n"


def _recommendations(count: int, tickers: tuple[str, ...]) -> Iterator[str]:
    for number, on in enumerate(sessions(count)[14:]):
        for ticker in tickers:
            if number % 17 == 16:
                yield f"S-{ticker}-{number},{ticker},sell,paper_eligible,0.80,{on}T22:00:00Z,sage,enough\n"
            elif number % 3 == 0:
                sure = 0.60 if number % 4 == 3 else 0.70 + number % 5 / 20
                yield f"B-{ticker}-{number},{ticker},buy,paper_eligible,{sure:.2f},{on}T22:00:00Z,sage,looks good\n"
