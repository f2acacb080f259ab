"""Material: where do a run's prices and recommendations come from, files or the market database?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from engine.adapters import calendar, tape_builder
from engine.adapters.input_options import InputOptions
from engine.adapters.inputs import InputReport, load_inputs
from engine.errors import BadInput, NotFound
from engine.model.imports import BarColumns
from engine.model.intraday import days_of
from engine.model.runs import RunInput
from engine.model.tape import DailyTape
from engine.ports import MarketStore
from stonks_tui.backtests import Files, Material, options_of, reading_of
from stonks_tui.bootstrap import cache_path, market_path, open_market
from stonks_tui.interruptions import interruptible
from stonks_tui.progress import ProgressLine

_EPOCH = date(1970, 1, 1)
Step = Callable[[int, int, str], None]
"""Is told how many steps of reading are done, of how many, and what comes now."""


def from_files(files: Files, options: InputOptions, data_dir: Path, *, step: Step) -> Material:
    """Return the material that `files` hold; `step` is told each step. Raises BadInput naming an unusable file."""
    with interruptible():
        read = load_inputs(
            bars=files.bars,
            quotes=files.quotes,
            history=files.history,
            recommendations=files.recommendations,
            signals=files.signals,
            macro_events=files.macro_events,
            halts=files.halts,
            sectors=files.sectors,
            earnings=files.earnings,
            splits=files.splits,
            dividends=files.dividends,
            options=options,
            cache_dir=cache_path(data_dir),
            progress=step,
        )
    return Material(
        tape=read.tape,
        recommendations=read.recommendations,
        signals=read.signals,
        macro_events=read.macro_events,
        inputs=tuple(replace(i, path=str(Path(i.path).resolve())) for i in read.inputs),
        reading=reading_of(options),
        report=tuple(read.report.lines()),
        notes=(*_found(read.report), *read.report.notes, *_about(days_of(read.tape))),
    )


async def from_database(data_dir: Path) -> Material:
    """Return the material that was imported. Raises NotFound when there are no bars."""
    async with open_market(data_dir) as market:
        bars = await market.load_bars()
        if not len(bars.on):
            raise NotFound(f"{market_path(data_dir)} holds no prices", hint="stonks import bars FILE")
        table = await market.load_recommendations()
        tape, notes = await _tape(market, bars, data_dir)
        digest = await market.content_digest()
    source = RunInput(kind="market", path=str(market_path(data_dir)), digest=digest, rows=len(bars.on))
    return Material(tape=tape, recommendations=table, inputs=(source,), notes=(*notes, *_about(tape)))


async def again(inputs: Sequence[RunInput], reading: Mapping[str, str], data_dir: Path) -> Material:
    """Return the material of an earlier run, read again. Raises NotFound when it is gone or no longer the same."""
    if any(i.kind == "market" for i in inputs):
        material = await from_database(data_dir)
    else:
        material = _files_again(inputs, reading, data_dir)
    now = {(i.kind, i.digest) for i in material.inputs}
    changed = [i.path for i in inputs if (i.kind, i.digest) not in now]
    if changed:
        raise NotFound(f"{changed[0]} has changed since the run was made", hint="run it again to see every number")
    return material


def _files_again(inputs: Sequence[RunInput], reading: Mapping[str, str], data_dir: Path) -> Material:
    gone = [i.path for i in inputs if not Path(i.path).exists()]
    if gone:
        raise NotFound(
            f"{gone[0]} is not there any more", hint="the run was made from it: put it back, or run it again"
        )
    files = Files(**{kind: [Path(i.path) for i in inputs if i.kind == kind] for kind in Files.__dataclass_fields__})
    with ProgressLine() as line:
        return from_files(files, options_of(reading), data_dir, step=line.tell)


async def _tape(market: MarketStore, bars: BarColumns, data_dir: Path) -> tuple[DailyTape, tuple[str, ...]]:
    first, last = (_EPOCH + timedelta(days=int(d)) for d in (bars.on.min(), bars.on.max()))
    sessions = calendar.xnys(first, last, cache_dir=cache_path(data_dir))
    splits, notes = tape_builder.splits_to_apply(bars, await market.load_splits(), adjusted="auto")
    tape = tape_builder.build_tape(
        bars,
        sessions=sessions,
        securities=await market.load_securities(),
        splits=splits,
        dividends=await market.load_dividends(),
        earnings=await market.load_earnings(),
    )
    return tape, notes


def _found(report: InputReport) -> tuple[str, ...]:
    return (f"input: {report.summary()}",)


def _about(tape: DailyTape) -> tuple[str, ...]:
    if any(security.sector for security in tape.securities.values()):
        return ()
    return ("no sectors are known: all tickers count as one, limited as a whole (give --sectors FILE)",)


def require_bars(files: Files, options: InputOptions) -> None:
    """Raise BadInput when files of other kinds, or ways to read files, are given without prices."""
    if files.bars or files.quotes:
        return
    if any(getattr(files, kind) for kind in Files.__dataclass_fields__):
        raise BadInput(
            "files are given, but no prices", hint="add --bars FILE (or --quotes FILE), or import everything first"
        )
    if reading := reading_of(options):
        given = ", ".join(f"--{name.rstrip('s') if name == 'columns' else name}".replace("_", "-") for name in reading)
        raise BadInput(
            f"{given}: no file is given that could be read so", hint="give --bars FILE, or say it to stonks import"
        )
