"""`stonks import`: read files, say what was understood and what is wrong, and keep it in the market database."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters import event_files, price_files, quote_files, recommendation_files, reference_files, signal_files
from engine.adapters import faults as fault_words
from engine.adapters.faults import Fault, RefusedRow
from engine.adapters.input_options import InputOptions
from engine.adapters.inputs import refused_lines
from engine.adapters.previews import Preview
from engine.adapters.reference_rows import ReferenceRead, T
from engine.model.imports import ImportCounts, ImportSource
from stonks_tui.input_options import add_input_options, input_options
from stonks_tui.progress import ProgressLine

if TYPE_CHECKING:
    from storage.market_data import MarketStore

Put = Callable[["MarketStore", ImportSource], Awaitable[ImportCounts]]
"""Stores what was read, in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Files that were read to the end and may now be stored. `rows` counts what would be."""

    previews: tuple[Preview, ...]
    rows: int
    put: Put
    faults: tuple[Fault, ...] = ()
    refused: tuple[RefusedRow, ...] = ()


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks import`."""
    parser.add_argument("kind", choices=tuple(_READERS), help="what the files hold")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV or Parquet, packed (.gz …) or not")
    parser.add_argument("--dry-run", action="store_true", help="stop after the preview; store nothing")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.add_argument("--faults", type=Path, metavar="FILE.csv", help="write the full list of faults to a file")
    add_input_options(parser)


def run(args: argparse.Namespace) -> int:
    """Import and return the exit code. All files are stored, or none."""
    options = input_options(args)
    with ProgressLine() as progress:
        staged = _READERS[args.kind](args.files, options, args.data_dir / "cache", progress)
    if args.faults:
        fault_words.write_csv(staged.faults, args.faults)
    if not args.json:
        _print_preview(staged)
    counts = None
    if not args.dry_run:
        with ProgressLine() as progress:
            progress.tell(1, 2, f"storing {staged.rows:,} rows")
            counts = asyncio.run(_store(args.data_dir / "market.db", staged))
    _print_outcome(staged, counts, as_json=args.json)
    return 0


async def _store(path: Path, staged: Staged) -> ImportCounts:
    from storage.market_data import MarketStore

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with MarketStore.open(path) as store:
        return await staged.put(store, _source(staged.previews))


def _source(previews: Sequence[Preview]) -> ImportSource:
    """Return the source of what was staged: of several files that are stored as one, all of them together."""
    if len(previews) == 1:
        return previews[0].source
    from hashlib import sha256

    digest = sha256("".join(preview.digest for preview in previews).encode()).hexdigest()
    path = f"{previews[0].path} and {len(previews) - 1} more"
    return ImportSource(path=path, digest=digest, rows=sum(preview.rows for preview in previews))


def _bars(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:
    read = price_files.read_bars(paths, options, cache_dir=cache, progress=progress.tell)
    return Staged(
        previews=read.previews,
        rows=len(read.bars),
        put=lambda store, source: store.put_bars(read.bars, source),
        faults=read.faults,
        refused=read.refused,
    )


def _recommendations(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = recommendation_files.read_recommendations(paths, options)
    fault_words.refuse_rows(read.refused, skip=options.skip_bad)
    return Staged(
        previews=read.previews,
        rows=len(read.table),
        put=lambda store, source: store.put_recommendations(read.table, source),
        refused=read.refused,
    )


def _earnings(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = reference_files.read_earnings(paths, options)
    dates = reference_files.by_ticker(read.rows)
    return _facts(read, options, lambda store, source: store.put_earnings(dates, source))


def _sectors(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = reference_files.read_securities(paths, options)
    return _facts(read, options, lambda store, source: store.put_securities(read.rows, source))


def _splits(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = reference_files.read_splits(paths, options)
    return _facts(read, options, lambda store, source: store.put_splits(read.rows, source))


def _dividends(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = reference_files.read_dividends(paths, options)
    return _facts(read, options, lambda store, source: store.put_dividends(read.rows, source))


def _quotes(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = quote_files.read_quotes(paths, options, cache_dir=cache)
    return Staged(
        previews=read.previews,
        rows=len(read.quotes),
        put=lambda store, source: store.put_quotes(read.quotes, source),
        refused=read.refused,
    )


def _signals(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = signal_files.read_signals(paths, options)
    fault_words.refuse_rows(read.refused, skip=options.skip_bad)
    return Staged(
        previews=read.previews,
        rows=len(read.signals),
        put=lambda store, source: store.put_signals(read.signals, source),
        refused=read.refused,
    )


def _macro_events(paths: Sequence[Path], options: InputOptions, cache: Path, progress: ProgressLine) -> Staged:  # noqa: ARG001
    read = event_files.read_macro_events(paths, options)
    return _facts(read, options, lambda store, source: store.put_macro_events(read.rows, source))


def _facts(read: ReferenceRead[T], options: InputOptions, put: Put) -> Staged:
    fault_words.refuse_rows(read.refused, skip=options.skip_bad)
    return Staged(previews=read.previews, rows=len(read.rows), put=put, refused=read.refused)


_READERS: dict[str, Callable[[Sequence[Path], InputOptions, Path, ProgressLine], Staged]] = {
    "bars": _bars,
    "recommendations": _recommendations,
    "earnings": _earnings,
    "sectors": _sectors,
    "splits": _splits,
    "dividends": _dividends,
    "quotes": _quotes,
    "signals": _signals,
    "macro-events": _macro_events,
}


def _print_preview(staged: Staged) -> None:
    for preview in staged.previews:
        print("\n".join(preview.lines()))
    for line in (*fault_words.summary(staged.faults), *refused_lines(staged.refused, examples=20)):
        print(line)


def _print_outcome(staged: Staged, counts: ImportCounts | None, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_as_json(staged, counts), default=str))
    elif counts is None:
        print(f"dry run: {staged.rows:,} row{'' if staged.rows == 1 else 's'} would be stored, none was")
    elif counts.new == 0 and counts.changed == 0:
        what = "the one row was" if counts.same == 1 else f"all {counts.same:,} rows were"
        print(f"nothing changed: {what} there already" if counts.same else "nothing to store")
    else:
        print(f"stored: {counts.new:,} new, {counts.changed:,} changed, {counts.same:,} there already")


def _as_json(staged: Staged, counts: ImportCounts | None) -> dict[str, object]:
    return {
        "files": [asdict(preview) for preview in staged.previews],
        "rows": staged.rows,
        "faults": [asdict(fault) for fault in staged.faults],
        "refused": [asdict(row) for row in staged.refused],
        "stored": None if counts is None else asdict(counts),
    }
