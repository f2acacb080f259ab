"""Input notes: what of the files does not go together, though each of them can be read?"""

from collections.abc import Iterable, Iterator, Sequence

from engine.model.intraday import Halt, Tape, days_of
from engine.model.macro import MacroEvent
from engine.model.signals import IntradaySignal
from engine.model.tape import DailyTape, RecommendationTable


def strangers(
    tape: Tape,
    table: RecommendationTable,
    signals: Sequence[IntradaySignal],
    events: Sequence[MacroEvent],
    halts: Sequence[Halt],
    sectors_given: bool,
) -> tuple[str, ...]:
    """Name the tickers without bars that other files speak of, those without a sector, and halts that say nothing."""
    days = days_of(tape)
    have = frozenset(days.tickers)
    return (
        *_unknown("recommendations concern", table.ticker, have, "they cannot be acted on"),
        *_unknown("signals concern", (s.ticker for s in signals), have, "they cannot be acted on"),
        *_unknown("macro events speak of", (t for e in events for t in e.tickers), have, "nothing comes of that"),
        *_unknown("halts concern", (h.ticker for h in halts), have, "nothing comes of them"),
        *_sectors(days, events, sectors_given),
        *_timeless(tape, halts),
    )


def _unknown(what: str, tickers: Iterable[str], have: frozenset[str], so: str) -> Iterator[str]:
    unknown = [ticker for ticker in tickers if ticker not in have]
    if unknown:
        names = sorted(set(unknown))
        listed = f"{', '.join(names[:5])}{', …' if len(names) > 5 else ''}"
        yield f"{len(unknown):,} {what} {len(names):,} tickers without bars ({listed}): {so}"


def _timeless(tape: Tape, halts: Sequence[Halt]) -> Iterator[str]:
    if halts and isinstance(tape, DailyTape):
        why = "a daily tape has no time inside a day (give minute bars or quotes)"
        yield f"{len(halts):,} halts are left out: {why}"


def _sectors(days: DailyTape, events: Sequence[MacroEvent], given: bool) -> Iterator[str]:
    known = {ticker: s.sector for ticker in days.tickers if (s := days.securities.get(ticker)) and s.sector}
    bare = [ticker for ticker in days.tickers if ticker not in known]
    if given and bare:
        listed = f"{', '.join(bare[:8])}{', …' if len(bare) > 8 else ''}"
        yield f"no sector is known of {len(bare):,} of {len(days.tickers):,} tickers ({listed})"
    nobody = sorted({e.sector for e in events if e.sector and e.sector not in known.values()})
    if nobody:
        yield f"macro events shake sectors that no ticker is in: {', '.join(nobody[:5])}"
