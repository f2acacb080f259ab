"""Inputs: what does a run need, read from files in one go, with everything that was noticed on the way?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.adapters import faults as fault_words
from engine.adapters import price_files, recommendation_files, reference_files, tape_builder
from engine.adapters.faults import Fault, RefusedRow, refuse_rows
from engine.adapters.input_options import InputOptions
from engine.adapters.previews import Preview
from engine.model.market import Split
from engine.model.runs import RunInput
from engine.model.tape import DailyTape, RecommendationTable

NO_OPTIONS = InputOptions()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputReport:
    """What was understood, what was wrong and what was decided. `notes` concern the files together."""

    previews: tuple[Preview, ...]
    faults: tuple[Fault, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    notes: tuple[str, ...] = ()

    def lines(self, *, examples: int = 3) -> list[str]:
        """Return the report as lines for people; long lists are cut after `examples`."""
        out = [line for preview in self.previews for line in preview.lines()]
        out += fault_words.summary(self.faults, examples=examples)
        out += refused_lines(self.refused, examples=examples)
        return out + list(self.notes)

    def summary(self) -> str:
        """Return one line: how many faults and refused rows of which kind."""
        kinds = [kind for kind in fault_words.FaultKind if any(f.kind is kind for f in self.faults)]
        parts = [f"{kind} {sum(f.kind is kind for f in self.faults):,}" for kind in kinds]
        if self.refused:
            parts.append(f"refused rows {len(self.refused):,}")
        return " · ".join(parts) or "no faults found"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """A tape, recommendations, the files they came from, and the report."""

    tape: DailyTape
    recommendations: RecommendationTable
    inputs: tuple[RunInput, ...]
    report: InputReport


def load_inputs(
    *,
    bars: Sequence[Path],
    recommendations: Sequence[Path] = (),
    sectors: Sequence[Path] = (),
    earnings: Sequence[Path] = (),
    splits: Sequence[Path] = (),
    dividends: Sequence[Path] = (),
    options: InputOptions = NO_OPTIONS,
    cache_dir: Path | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Inputs:
    """Return everything that a backtest needs, from files.

    Bad recommendations are left out and listed (spec section 3); bad rows of the other files are BadInput unless
    `options.skip_bad` is set. `cache_dir` keeps the exchange calendar for the next time.
    """
    prices = price_files.read_bars(bars, options, cache_dir=cache_dir, progress=progress)
    suggested = recommendation_files.read_recommendations(recommendations, options)
    listed = reference_files.read_securities(sectors, options)
    dates = reference_files.read_earnings(earnings, options)
    splitting = reference_files.read_splits(splits, options)
    paying = reference_files.read_dividends(dividends, options)
    refused_facts = (*listed.refused, *dates.refused, *splitting.refused, *paying.refused)
    refuse_rows(refused_facts, skip=options.skip_bad)
    applied, notes = _splits(prices, splitting.rows, options)
    tape = tape_builder.build_tape(
        prices.bars,
        sessions=prices.sessions,
        securities=listed.rows,
        splits=applied,
        dividends=paying.rows,
        earnings=reference_files.by_ticker(dates.rows),
    )
    reads = (suggested, listed, dates, splitting, paying)
    previews = (*prices.previews, *(preview for read in reads for preview in read.previews))
    return Inputs(
        tape=tape,
        recommendations=suggested.table,
        inputs=tuple(preview.run_input for preview in previews),
        report=InputReport(
            previews=previews,
            faults=prices.faults,
            refused=(*prices.refused, *suggested.refused, *refused_facts),
            notes=(*notes, *_strangers(tape, suggested.table, bool(listed.rows))),
        ),
    )


def refused_lines(refused: Sequence[RefusedRow], *, examples: int = 3) -> list[str]:
    """Return refused rows as lines for people."""
    if not refused:
        return []
    out = [f"refused rows: {len(refused):,}"]
    out += [f"  {row.path}, row {row.row_number}: {row.reason}" for row in refused[:examples]]
    return out + ([f"  … and {len(refused) - examples:,} more"] if len(refused) > examples else [])


def _splits(
    prices: price_files.BarRead, splits: Sequence[Split], options: InputOptions
) -> tuple[tuple[Split, ...], tuple[str, ...]]:
    if not splits:
        return (), ()
    return tape_builder.splits_to_apply(prices.bars, splits, adjusted=options.splits_adjusted)


def _strangers(tape: DailyTape, table: RecommendationTable, sectors_given: bool) -> tuple[str, ...]:
    """Name the tickers that are suggested without having bars, and those without a sector where sectors are given."""
    notes: list[str] = []
    have = set(tape.tickers)
    unknown = [ticker for ticker in table.ticker if ticker not in have]
    if unknown:
        names = sorted(set(unknown))
        notes.append(
            f"{len(unknown):,} recommendations concern {len(names):,} tickers without bars "
            f"({', '.join(names[:5])}{', …' if len(names) > 5 else ''}): they cannot be acted on"
        )
    bare = [t for t in tape.tickers if t not in tape.securities or tape.securities[t].sector is None]
    if sectors_given and bare:
        listed = f"{', '.join(bare[:8])}{', …' if len(bare) > 8 else ''}"
        notes.append(f"no sector is known of {len(bare):,} of {len(tape.tickers):,} tickers ({listed})")
    return tuple(notes)
