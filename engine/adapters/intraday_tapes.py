"""Intraday tapes: how do minute bars or quotes, and the daily bars beside them, become the tape an engine is fed?"""

from collections.abc import Sequence

import numpy as np

from engine.adapters.minute_rows import MICROS, Hours
from engine.errors import BadInput
from engine.model.intraday import Halt, MinuteTape, QuoteTape
from engine.model.intraday_columns import MinuteColumns, QuoteColumns
from engine.model.sessions import SessionTable
from engine.model.tape import DailyTape, Prices


def minute_tape(minutes: MinuteColumns, daily: DailyTape, *, halts: Sequence[Halt] = ()) -> MinuteTape:
    """Return the tape of `minutes`: a row for each minute of each session from the first bar's to the last's.

    `daily` has the sessions and the tickers. Raises BadInput for a bar outside of the sessions.
    """
    hours = _hours_with_prices(minutes.at, daily.sessions)
    session = hours.session_of(minutes.at)
    if not hours.trading(minutes.at, session).all():
        raise BadInput("there are minute bars outside of the exchange's hours")
    lengths = (hours.closes - hours.opens) // MICROS
    starts = np.concatenate([[0], np.cumsum(lengths)])
    at = np.repeat(hours.opens - starts[:-1] * MICROS, lengths) + np.arange(starts[-1]) * MICROS
    place = starts[session] + (minutes.at - hours.opens[session]) // MICROS
    place *= len(daily.tickers)
    place += _codes(minutes.tickers, daily)[minutes.ticker]

    def grid(column: Prices) -> Prices:
        prices = np.zeros(len(at) * len(daily.tickers), np.int64)
        prices[place] = column
        return prices.reshape(len(at), len(daily.tickers))

    return MinuteTape(
        daily=daily,
        at=at,
        open=grid(minutes.open),
        high=grid(minutes.high),
        low=grid(minutes.low),
        close=grid(minutes.close),
        halts=_in_order(halts, daily),
    )


def quote_tape(quotes: QuoteColumns, daily: DailyTape, *, halts: Sequence[Halt] = ()) -> QuoteTape:
    """Return the tape of `quotes`. `daily` has the tickers."""
    return QuoteTape(
        daily=daily,
        at=quotes.at,
        ticker=_codes(quotes.tickers, daily)[quotes.ticker],
        price=quotes.price,
        halts=_in_order(halts, daily),
    )


def _codes(tickers: Sequence[str], daily: DailyTape) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    column = {ticker: i for i, ticker in enumerate(daily.tickers)}
    missing = [ticker for ticker in tickers if ticker not in column]
    if missing:
        raise BadInput(f"there are intraday prices of {missing[0]}, but not one daily bar")
    return np.array([column[ticker] for ticker in tickers], np.int32)


def _hours_with_prices(at: Prices, sessions: SessionTable) -> Hours:
    """Return the hours of the sessions from the first price's to the last's."""
    if not len(at):
        raise BadInput("there are no minute bars to make a tape of")
    every = Hours.of(sessions)
    first, last = every.session_of(np.array([at.min(), at.max()])).tolist()
    few = slice(first, last + 1)
    return Hours(on=every.on[few], opens=every.opens[few], closes=every.closes[few])


def _in_order(halts: Sequence[Halt], daily: DailyTape) -> tuple[Halt, ...]:
    known = set(daily.tickers)
    return tuple(sorted((h for h in halts if h.ticker in known), key=lambda h: (h.at, h.ticker, h.until)))
