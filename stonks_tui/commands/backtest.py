"""`stonks backtest run|list|show|compare|export|delete`: try the engine on the past, and look at what came of it."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import BadInput
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.runs import RunRecord
from engine.ports import RunState
from stonks_tui import data_dir, open_app, terminal
from stonks_tui.bootstrap import open_runs
from stonks_tui.open_app import add_screen_options
from stonks_tui.run_choice import chosen, to_compare, with_books


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks backtest` and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="run|open|list|show|compare|export|delete")
    _configure_run(words.add_parser("run", help="run the engine over past prices and recommendations"))
    opened = words.add_parser("open", help="look at a run on the screens")
    opened.add_argument("run", type=int, nargs="?", metavar="RUN", help="its number (default: the newest)")
    add_screen_options(opened)
    listing = words.add_parser("list", help="list the runs there are, newest first")
    listing.add_argument("--json", action="store_true", help="print it as JSON")
    show = words.add_parser("show", help="show what came of a run")
    show.add_argument("run", type=int, nargs="?", metavar="RUN", help="its number (default: the newest)")
    _add_output_options(show)
    compare = words.add_parser("compare", help="show how runs differ: what went in, what came out, where they part")
    compare.add_argument("runs", type=int, nargs="+", metavar="RUN", help="2 to 5 of them; the first is the measure")
    compare.add_argument("--json", action="store_true", help="print it as JSON")
    _configure_export(words.add_parser("export", help="write trades, decisions or equity to a file"))
    delete = words.add_parser("delete", help="remove a run with everything in it")
    delete.add_argument("run", type=int, metavar="RUN")


def _configure_run(parser: argparse.ArgumentParser) -> None:
    from stonks_tui.input_options import add_input_options
    from stonks_tui.progress import add_progress_option
    from stonks_tui.run_options import add_run_options

    files = parser.add_argument_group("data (without --bars or --quotes: what was imported)")
    for kind, about in (
        ("bars", "prices, daily bars or minute bars, CSV or Parquet"),
        ("quotes", "prices as they were seen, instead of bars"),
        ("history", "daily bars beside minute bars or quotes"),
        ("recommendations", "recommendations"),
        ("signals", "intraday signals"),
        ("macro_events", "what shakes the market, from and until when"),
        ("halts", "trading halts, from and until when"),
        ("sectors", "sector of each ticker"),
        ("earnings", "earnings dates"),
        ("splits", "splits"),
        ("dividends", "dividends"),
    ):
        files.add_argument(f"--{kind.replace('_', '-')}", type=Path, nargs="+", default=[], metavar="FILE", help=about)
    add_run_options(parser)
    parser.add_argument("--name", default="", help="a name to find the run by")
    parser.add_argument(
        "--traces", choices=("auto", "all", "none"), default="auto", help="keep each decision's trace (auto: if few)"
    )
    _add_output_options(parser)
    add_progress_option(parser)
    add_input_options(parser)


def _configure_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=int, nargs="?", metavar="RUN", help="its number (default: the newest)")
    parser.add_argument(
        "--what",
        choices=("trades", "decisions", "equity", "notices"),
        default="trades",
        help="what to write (trades)",
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help=".csv or .parquet (default: CSV on standard output)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--no-chart", action="store_true", help="leave out the drawings")


def run(args: argparse.Namespace) -> int:
    """Do what the word says and return the exit code."""
    if args.word == "open":
        return _open(args)
    words = {"run": _run, "list": _list, "show": _show, "compare": _compare, "export": _export, "delete": _delete}
    return asyncio.run(words[args.word](args))


def _open(args: argparse.Namespace) -> int:
    if not open_app.has_terminal():
        raise BadInput("the screens need a terminal", hint="without one: stonks backtest show")
    return open_app.show(args, args.data_dir, mode="BACKTEST", run_id=args.run, screen="overview")


async def _run(args: argparse.Namespace) -> int:
    from stonks_tui import backtests, material, progress, run_options
    from stonks_tui.input_options import input_options
    from stonks_tui.run_events import Reading

    files = backtests.Files(**{kind: getattr(args, kind) for kind in backtests.Files.__dataclass_fields__})
    start_on, end_on = run_options.days(args)
    request = backtests.Request(
        policy=run_options.policy(args),
        costs=run_options.costs(args),
        capital=run_options.capital(args),
        start_on=start_on,
        end_on=end_on,
        traces=args.traces,
        name=args.name,
        stop_checks=args.stop_checks,
    )
    options = input_options(args)
    material.require_bars(files, options)
    with progress.teller(args.progress) as teller:
        teller.tell(Reading(what=progress.PRICES_AND_RECOMMENDATIONS))
        if files.bars or files.quotes:
            worked_on = material.from_files(files, options, args.data_dir, step=teller.step)
        else:
            worked_on = await material.from_database(args.data_dir)
    for_programs = args.progress == "json"
    if not args.json and not for_programs:
        for line in worked_on.report:
            print(line)
        if worked_on.report:
            print()
    with progress.teller(args.progress) as teller:
        async with open_runs(args.data_dir) as store:
            record, books = await backtests.run(store, worked_on, request, teller)
    if not for_programs:
        _print(args, record, books.snapshots, books.trades)
    return backtests.exit_code(record.status)


async def _list(args: argparse.Namespace) -> int:
    from stonks_tui.reports import json_report, run_list

    async with open_runs(args.data_dir) as store:
        listings = await store.list()
    if args.json:
        print(json.dumps([json_report.listing(entry) for entry in listings], indent=1))
    else:
        width = terminal.width(most=160) if sys.stdout.isatty() else 10_000  # a pipe gets every column
        for line in run_list.lines(listings, width=width):
            print(line)
    return 0


async def _show(args: argparse.Namespace) -> int:
    async with open_runs(args.data_dir) as store:
        entry = await chosen(store, args.run)
        record = entry.record or await store.get(entry.run_id)  # a damaged one says there what is wrong with it
        snapshots, trades = await store.snapshots(record.run_id), await store.trades(record.run_id)
    _print(args, record, snapshots, trades, state=entry.state)
    return 0


async def _compare(args: argparse.Namespace) -> int:
    from engine.accounting import comparison
    from stonks_tui.reports import comparison_report, json_report

    async with open_runs(args.data_dir) as store:
        runs = [
            comparison.Run(
                record=await store.get(run_id),
                snapshots=await store.snapshots(run_id),
                trades=await store.trades(run_id),
            )
            for run_id in await to_compare(store, args.runs)
        ]
    compared = comparison.compare(runs)
    if args.json:
        print(json.dumps(json_report.comparison(compared), indent=1))
        return 0
    for line in comparison_report.lines(compared, width=terminal.width()):
        print(line)
    return 0


async def _export(args: argparse.Namespace) -> int:
    from stonks_tui.reports import export
    from stonks_tui.reports.numbers import plural

    if args.to is not None:
        export.require_writable(args.to, force=args.force)
    async with open_runs(args.data_dir) as store:
        run_id = await with_books(store, args.run)
        table = await export.table(store, run_id, args.what)
    if args.to is None:
        export.write_csv(table, sys.stdout)
    else:
        export.write_file(table, args.to)
        print(f"{plural(len(table.rows), 'row')} of {args.what} of run {run_id} written to {args.to}", file=sys.stderr)
    return 0


async def _delete(args: argparse.Namespace) -> int:
    async with open_runs(args.data_dir) as store:
        await store.delete(args.run)
    print(f"run {args.run} is deleted")
    return 0


def _print(
    args: argparse.Namespace,
    record: RunRecord,
    snapshots: Sequence[PortfolioSnapshot],
    trades: Sequence[ClosedTrade],
    *,
    state: RunState | None = None,
) -> None:
    from stonks_tui.reports import json_report, run_report

    if args.json:
        print(json.dumps(json_report.run(record, state), indent=1))
        return
    for line in run_report.lines(
        record,
        snapshots,
        trades,
        state=state,
        width=terminal.width(),
        options=data_dir.option(args.data_dir),
        colour=terminal.has_colour(sys.stdout),
        chart=not args.no_chart,
    ):
        print(line)
