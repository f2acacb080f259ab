"""Daily history: which daily bars go with an intraday tape: those of a file of their own, or those its prices make?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.adapters.price_rows import day_of
from engine.model.imports import BarColumns
from engine.model.money import usd

_ATR_BARS = 15
_FAR = np.log(1.02)  # a closing auction is not further than this from the last minute's price
_VERY_FAR = np.log(1.35)  # from one session to the next
_COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Daily bars for an intraday tape, and what is to be said of them."""

    days: BarColumns
    notes: tuple[str, ...]


def combined(made: BarColumns, given: BarColumns | None) -> History:
    """Return the daily bars of the tickers of `made`, up to its last day: the `given` ones where there are any.

    `made` are the bars that intraday prices make of their own days.
    """
    if given is None:
        return History(days=made, notes=_short(made, made))
    mine = _restricted(given, made)
    keys, made_keys = _keys(mine), _keys(made)
    own = ~np.isin(made_keys, keys)
    order = np.argsort(np.concatenate([keys, made_keys[own]]), kind="stable")

    def merged(name: str) -> npt.NDArray[np.int64]:
        column: npt.NDArray[np.int64] = np.concatenate([getattr(mine, name), getattr(made, name)[own]])[order]
        return column

    days = BarColumns(
        tickers=made.tickers,
        ticker=np.concatenate([mine.ticker, made.ticker[own]])[order],
        on=np.concatenate([mine.on, made.on[own]])[order],
        **{name: merged(name) for name in _COLUMNS},
    )
    return History(days=days, notes=(*_strangers(given, made), *_short(days, made), *_disagreeing(mine, made)))


def _restricted(given: BarColumns, made: BarColumns) -> BarColumns:
    index = {ticker: i for i, ticker in enumerate(made.tickers)}
    codes = np.array([index.get(ticker, -1) for ticker in given.tickers], np.int32)[given.ticker]
    keep = (codes >= 0) & (given.on <= made.on.max())
    return BarColumns(
        tickers=made.tickers,
        ticker=codes[keep],
        on=given.on[keep],
        **{name: getattr(given, name)[keep] for name in _COLUMNS},
    )


def _keys(bars: BarColumns) -> npt.NDArray[np.int64]:
    return bars.ticker.astype(np.int64) * 1_000_000 + bars.on


def _strangers(given: BarColumns, made: BarColumns) -> tuple[str, ...]:
    left_out = [ticker for ticker in given.tickers if ticker not in set(made.tickers)]
    if not left_out:
        return ()
    names = f"{', '.join(left_out[:5])}{', …' if len(left_out) > 5 else ''}"
    return (f"history of {len(left_out):,} tickers without intraday prices is left out ({names})",)


def _short(days: BarColumns, made: BarColumns) -> tuple[str, ...]:
    before = len(np.unique(days.on[days.on < made.on.min()]))
    if before >= _ATR_BARS:
        return ()
    known = "no daily bar is" if not before else f"only {before} session{'s' if before > 1 else ''} of daily bars are"
    since = day_of(int(made.on.min()))
    so = "so nothing can be bought in the first sessions (--history FILE gives daily bars)"
    return (f"{known} known from before {since}: ATR needs {_ATR_BARS} of them, {so}",)


def _disagreeing(mine: BarColumns, made: BarColumns) -> tuple[str, ...]:
    """Name the tickers whose daily and intraday prices cannot both be right, such as when one kind is adjusted."""
    odd = [found for code in range(len(made.tickers)) if (found := _disagreement(mine, made, code))]
    if not odd:
        return ()
    return (f"history and intraday prices disagree about {len(odd):,} tickers ({odd[0]}): is one kind adjusted?",)


def _disagreement(mine: BarColumns, made: BarColumns, code: int) -> str:
    """Return how the prices of a ticker differ: most closes of the same days, or else the first open from the last
    close before; nothing when they agree."""
    given, own = mine.ticker == code, made.ticker == code
    days, at, there = np.intersect1d(mine.on[given], made.on[own], return_indices=True)
    if len(days):
        closes, others = mine.close[given][at], made.close[own][there]
        far = np.abs(np.log(others / closes)) > _FAR
        i = int(np.argmax(far))
        return _words(made.tickers[code], closes[i], days[i], others[i], days[i]) if 2 * far.sum() > len(far) else ""
    if not given.any():
        return ""
    close, opened = mine.close[given][-1], made.open[own][0]
    far_apart = abs(np.log(opened / close)) > _VERY_FAR
    return _words(made.tickers[code], close, mine.on[given][-1], opened, made.on[own][0]) if far_apart else ""


def _words(ticker: str, close: int, on: int, other: int, other_on: int) -> str:
    return f"{ticker}: {usd(int(close))} on {day_of(on)}, but {usd(int(other))} on {day_of(other_on)}"
