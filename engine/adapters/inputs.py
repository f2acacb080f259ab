"""Inputs: what does a run need, read from files in one go, with everything that was noticed on the way?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.adapters import (
    event_files,
    input_notes,
    input_prices,
    recommendation_files,
    reference_files,
    signal_files,
    tape_builder,
)
from engine.adapters import faults as fault_words
from engine.adapters.faults import Fault, RefusedRow, refuse_rows
from engine.adapters.input_options import InputOptions
from engine.adapters.previews import Preview
from engine.model.imports import BarColumns
from engine.model.intraday import Tape
from engine.model.macro import MacroEvent
from engine.model.market import Split
from engine.model.runs import RunInput
from engine.model.signals import IntradaySignal, in_order
from engine.model.tape import RecommendationTable

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
    """A tape, recommendations, signals and events, the files they came from, and the report."""

    tape: Tape
    recommendations: RecommendationTable
    signals: tuple[IntradaySignal, ...]
    macro_events: tuple[MacroEvent, ...]
    inputs: tuple[RunInput, ...]
    report: InputReport


def load_inputs(
    *,
    bars: Sequence[Path] = (),
    quotes: Sequence[Path] = (),
    history: Sequence[Path] = (),
    recommendations: Sequence[Path] = (),
    signals: Sequence[Path] = (),
    macro_events: Sequence[Path] = (),
    halts: Sequence[Path] = (),
    sectors: Sequence[Path] = (),
    earnings: Sequence[Path] = (),
    splits: Sequence[Path] = (),
    dividends: Sequence[Path] = (),
    options: InputOptions = NO_OPTIONS,
    cache_dir: Path | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Inputs:
    """Return everything that a backtest needs, from files: `bars` of days or of minutes, or `quotes`.

    Bad recommendations and signals are left out and listed (spec section 3); bad rows of the other files are BadInput
    unless `options.skip_bad` is set. `history` has daily bars beside minute bars or quotes. `cache_dir` keeps the
    exchange calendar for the next time.
    """
    prices = input_prices.read_prices(
        bars=bars, quotes=quotes, history=history, options=options, cache_dir=cache_dir, progress=progress
    )
    suggested = recommendation_files.read_recommendations(recommendations, options)
    foreseen = signal_files.read_signals(signals, options)
    events = event_files.read_macro_events(macro_events, options)
    halted = event_files.read_halts(halts, options)
    listed = reference_files.read_securities(sectors, options)
    dates = reference_files.read_earnings(earnings, options)
    splitting = reference_files.read_splits(splits, options)
    paying = reference_files.read_dividends(dividends, options)
    facts = (events, halted, listed, dates, splitting, paying)
    refused_facts = tuple(row for read in facts for row in read.refused)
    refuse_rows(refused_facts, skip=options.skip_bad)
    applied, notes = _splits(prices.days, splitting.rows, options)
    tape = prices.tape(
        securities=listed.rows,
        splits=applied,
        dividends=paying.rows,
        earnings=reference_files.by_ticker(dates.rows),
        halts=halted.rows,
    )
    reads = (suggested, foreseen, *facts)
    previews = (*prices.previews, *(preview for read in reads for preview in read.previews))
    return Inputs(
        tape=tape,
        recommendations=suggested.table,
        signals=in_order(foreseen.signals),
        macro_events=events.rows,
        inputs=tuple(preview.run_input for preview in previews),
        report=InputReport(
            previews=previews,
            faults=prices.faults,
            refused=(*prices.refused, *suggested.refused, *foreseen.refused, *refused_facts),
            notes=(
                *prices.notes,
                *notes,
                *input_notes.strangers(
                    tape, suggested.table, foreseen.signals, events.rows, halted.rows, bool(listed.rows)
                ),
            ),
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
    days: BarColumns, splits: Sequence[Split], options: InputOptions
) -> tuple[tuple[Split, ...], tuple[str, ...]]:
    if not splits:
        return (), ()
    return tape_builder.splits_to_apply(days, splits, adjusted=options.splits_adjusted)
