"""`stonks tax`: gains and losses for tax, wash sales and open lots, of a run or of a list of transactions."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput, NotFound

if TYPE_CHECKING:
    from engine.model.tax import TaxEvent
    from stonks_tui.reports.tax_report import TaxStatement

_EPILOG = """\
FILE has a row for each purchase and sale, with the columns
  date      the trade date
  ticker
  side      buy, sell, or split
  quantity  shares; of a split, how many one becomes (4, 3:2, 1:10)
  amount    dollars paid with all costs, or received after them; nothing for a split
  order_id  (may be missing) rows of one order are one purchase
  id        (may be missing) names the row in reports
The names that brokers use are understood; --column tells others. It must begin with the first purchase of what was
ever sold. If one row cannot be used, nothing is computed. docs/tax.md has the rules and what is not covered.
"""


_PLANNED = timedelta(days=366)
"""Trades may be planned so far ahead; a later day is a slip of the pen."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks tax`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--transactions", type=Path, metavar="FILE", help="a list of transactions, CSV or Parquet")
    source.add_argument(
        "--run", type=int, metavar="RUN", help="a backtest (default: the live account, else the newest backtest)"
    )
    parser.add_argument("--year", type=_year, metavar="YEAR", help="only what was sold in this year")
    parser.add_argument(
        "--as-of",
        type=_day,
        metavar="DATE",
        help="as it stood at the end of this day (default: today, or the last day of the run or of planned trades)",
    )
    parser.add_argument("--json", action="store_true", help="print everything, exact, as JSON")
    form = parser.add_argument_group("Form 8949")
    form.add_argument("--export", type=Path, metavar="FILE.csv", help="write a year's sales in the columns of the form")
    form.add_argument(
        "--form-1099b",
        choices=("reported", "not-reported", "none"),
        default="reported",
        help="did a Form 1099-B report the basis, only the sales, or was there none? Decides the box (reported)",
    )
    form.add_argument("--force", action="store_true", help="write over a file that is there")
    files = parser.add_argument_group("reading FILE")
    files.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="the file's own name of a column, such as amount=Consideration (repeatable)",
    )
    files.add_argument("--date-format", metavar="FORMAT", help="how dates are written, such as %%d/%%m/%%Y")


def run(args: argparse.Namespace) -> int:
    """Work out the books; print them, or write the form, and return the exit code."""
    from stonks_tui.bootstrap import collector_at_rest

    if args.export is not None:
        from stonks_tui.reports.export import require_writable

        require_writable(args.export, force=args.force)
    with collector_at_rest():
        statement = _of_file(args) if args.transactions else asyncio.run(_of_run(args))
        if args.export is not None:
            _export(args, statement)
        if args.json or args.export is None:
            _print(args, statement)
    return 0


def _of_file(args: argparse.Namespace) -> "TaxStatement":
    from engine.adapters import clock
    from engine.adapters.date_columns import NEW_YORK
    from engine.adapters.input_options import InputOptions, column_choices
    from engine.adapters.transaction_files import read_transactions
    from stonks_tui.reports.numbers import plural

    today = clock.now().astimezone(NEW_YORK).date()
    options = InputOptions(columns=column_choices(args.column), date_format=args.date_format)
    read = read_transactions(args.transactions, options, latest=max(today + _PLANNED, args.as_of or today))
    source, *notes = read.preview.lines()
    as_of = args.as_of or max(today, read.events[-1].on)
    if planned := sum(today < event.on <= as_of for event in read.events):
        notes.append(f"! {plural(planned, 'transaction')} after today, {today}, taken as if made")
    return _statement(args, read.events, as_of, source, [note.strip() for note in notes])


async def _of_run(args: argparse.Namespace) -> "TaxStatement":
    from stonks_tui import bootstrap, tax_events
    from stonks_tui.run_choice import account_or_run

    store = bootstrap.records(args.data_dir)
    run_id = await account_or_run(store, args.run)
    events, last_day = await tax_events.of_run(store, run_id)
    what = f"backtest {run_id}, which ends on" if run_id else "the live account, until"
    return _statement(args, events, args.as_of or last_day, f"{what} {last_day}", [])


def _statement(
    args: argparse.Namespace, events: "Sequence[TaxEvent]", as_of: date, source: str, notes: list[str]
) -> "TaxStatement":
    from engine.accounting.wash_sales import settle
    from stonks_tui.reports.numbers import plural
    from stonks_tui.reports.tax_report import TaxStatement

    until_then = [event for event in events if event.on <= as_of]
    if later := len(events) - len(until_then):
        notes.append(f"! {plural(later, 'transaction')} after {as_of} left out")
    books = settle(until_then, as_of=as_of)
    return TaxStatement(source=source, as_of=as_of, books=books, year=args.year, notes=tuple(notes))


def _export(args: argparse.Namespace, statement: "TaxStatement") -> None:
    from stonks_tui.reports import export, form_8949, tax_report
    from stonks_tui.reports.numbers import plural

    years = statement.years_with_sales
    if args.year is None and len(years) > 1:
        listed = ", ".join(map(str, years))
        raise BadInput(f"there are sales in {listed}: one file holds one year", hint="choose it: --year " + listed[-4:])
    dispositions = statement.dispositions
    if not dispositions:
        raise NotFound(tax_report.nothing_sold(statement).removesuffix("."), hint="so there is nothing to write")
    export.write_file(form_8949.table(dispositions, args.form_1099b), args.export)
    year = dispositions[0].sold_on.year
    print(f"{plural(len(dispositions), 'line')} of {year} written to {args.export}", file=sys.stderr)
    if pending := [d for d in dispositions if d.pending]:
        until = max(d.window_ends_on for d in pending)
        change = f"{plural(len(pending), 'line')} may still change: a purchase up to the end of {until} would put off"
        print(f"{change} a loss", file=sys.stderr)
    if not args.json:
        for note in statement.notes:
            print(note, file=sys.stderr)


def _print(args: argparse.Namespace, statement: "TaxStatement") -> None:
    from stonks_tui import terminal
    from stonks_tui.reports import tax_json, tax_report

    if args.json:
        lines = tax_json.lines(statement)
    else:
        width = terminal.width(most=160) if sys.stdout.isatty() else 10_000  # a pipe gets every column
        lines = tax_report.lines(statement, width=width)
    for line in lines:
        print(line)


def _year(text: str) -> int:
    if len(text) != 4 or not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a year; write it like 2024")
    return int(text)


def _day(text: str) -> date:
    from stonks_tui.run_options import day_of

    try:
        return day_of(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(f"{error.message}; {error.hint}") from None
