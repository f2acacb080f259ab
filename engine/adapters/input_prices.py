"""Input prices: which prices do a run's files hold, of days, minutes or single quotes, and which tape do they make?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.adapters import calendar, daily_history, intraday_tapes, price_files, quote_files, tape_builder
from engine.adapters.faults import Fault, RefusedRow
from engine.adapters.input_options import InputOptions
from engine.adapters.minute_bars import MinuteRead
from engine.adapters.previews import Preview
from engine.adapters.price_rows import day_of
from engine.errors import BadInput
from engine.model.imports import BarColumns
from engine.model.intraday import Halt, Tape
from engine.model.intraday_columns import MinuteColumns, QuoteColumns
from engine.model.market import Dividend, Security, Split
from engine.model.sessions import SessionTable

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputPrices:
    """Prices as read. `days` are the daily bars, `intraday` what there is within days: None for daily prices alone."""

    days: BarColumns
    intraday: MinuteColumns | QuoteColumns | None
    sessions: SessionTable
    previews: tuple[Preview, ...]
    faults: tuple[Fault, ...]
    refused: tuple[RefusedRow, ...]
    notes: tuple[str, ...] = ()

    def tape(
        self,
        *,
        securities: Sequence[Security],
        splits: Sequence[Split],
        dividends: Sequence[Dividend],
        earnings: Mapping[str, tuple[date, ...]],
        halts: Sequence[Halt],
    ) -> Tape:
        """Return the tape of these prices. Halts are of no use to daily prices alone."""
        daily = tape_builder.build_tape(
            self.days,
            sessions=self.sessions,
            securities=securities,
            splits=splits,
            dividends=dividends,
            earnings=earnings,
        )
        if isinstance(self.intraday, MinuteColumns):
            return intraday_tapes.minute_tape(self.intraday, daily, halts=halts)
        if isinstance(self.intraday, QuoteColumns):
            return intraday_tapes.quote_tape(self.intraday, daily, halts=halts)
        return daily


def read_prices(
    *,
    bars: Sequence[Path],
    quotes: Sequence[Path],
    history: Sequence[Path],
    options: InputOptions,
    cache_dir: Path | None,
    progress: Progress | None,
) -> InputPrices:
    """Return the prices of `bars` (daily ones, or those of minutes) or of `quotes`, with the daily `history` of these.

    Raises BadInput for files that cannot be used, or not together.
    """
    if bars and quotes:
        raise BadInput("bars and quotes are given", hint="give either --bars FILE or --quotes FILE")
    if quotes:
        told = quote_files.read_quotes(quotes, options, cache_dir=cache_dir)
        prices = InputPrices(
            days=told.days,
            intraday=told.quotes,
            sessions=told.sessions,
            previews=told.previews,
            faults=(),
            refused=told.refused,
            notes=told.notes,
        )
    else:
        prices = _of_bars(price_files.read_bars_of_any_length(bars, options, cache_dir=cache_dir, progress=progress))
    if prices.intraday is not None:
        return _with_history(prices, history, options, cache_dir)
    if history:
        raise BadInput(
            f"{bars[0]} holds daily bars, and --history gives daily bars too",
            hint="--history is for minute bars and quotes: give all daily bars as --bars",
        )
    return prices


def _of_bars(read: price_files.BarRead | MinuteRead) -> InputPrices:
    of_minutes = read if isinstance(read, MinuteRead) else None
    return InputPrices(
        days=read.days if isinstance(read, MinuteRead) else read.bars,
        intraday=of_minutes.minutes if of_minutes else None,
        sessions=read.sessions,
        previews=read.previews,
        faults=read.faults,
        refused=read.refused,
        notes=of_minutes.notes if of_minutes else (),
    )


def _with_history(
    prices: InputPrices, history: Sequence[Path], options: InputOptions, cache_dir: Path | None
) -> InputPrices:
    given = price_files.read_bars(history, options, kind="history", cache_dir=cache_dir) if history else None
    both = daily_history.combined(prices.days, given.bars if given else None)
    first, last = day_of(int(both.days.on.min())), day_of(int(both.days.on.max()))
    return InputPrices(
        days=both.days,
        intraday=prices.intraday,
        sessions=calendar.xnys(first, last, cache_dir=cache_dir) if given else prices.sessions,
        previews=(*prices.previews, *(given.previews if given else ())),
        faults=(*prices.faults, *(given.faults if given else ())),
        refused=(*prices.refused, *(given.refused if given else ())),
        notes=(*prices.notes, *both.notes),
    )
