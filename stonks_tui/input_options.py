"""Input options on the command line: how does a person say what files cannot say for themselves?"""

import argparse

from engine.adapters.faults import FAULT_KINDS
from engine.adapters.input_options import InputOptions, column_choices, fault_actions
from engine.errors import BadInput


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `InputOptions` to a command that reads files. Read them back with `input_options`."""
    group = parser.add_argument_group("reading files")
    group.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="the file's own name of a column, such as close=Last (repeatable)",
    )
    group.add_argument("--date-format", metavar="FORMAT", help="how dates are written, such as %%d/%%m/%%Y")
    group.add_argument("--timezone", metavar="ZONE", help="the zone of moments written without one, or UTC")
    group.add_argument(
        "--confidence-scale", type=float, default=1.0, metavar="N", help="what full confidence is written as (100)"
    )
    group.add_argument("--adjusted", action="store_true", help="scale prices by Adj Close / Close")
    group.add_argument("--closes-only", action="store_true", help="make flat bars where there are only closes")
    group.add_argument(
        "--splits-adjusted",
        choices=("auto", "yes", "no"),
        default="auto",
        help="are the prices adjusted for the splits given? (auto: look at each split's jump)",
    )
    group.add_argument(
        "--bar-time",
        choices=("start", "end"),
        default="start",
        help="does the moment of a minute bar say when the minute begins or ends? (start)",
    )
    group.add_argument("--skip-bad", action="store_true", help="leave out rows that cannot be used, and list them")
    group.add_argument(
        "--on-fault",
        action="append",
        default=[],
        metavar="KIND=ACTION",
        help="decide about a kind of fault (repeatable; the kinds are listed below)",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join([parser.epilog or "", "faults in prices, and what may be done (first: the default):"]
                              + [_fault_line(kind) for kind in FAULT_KINDS]).strip()  # fmt: skip


def _fault_line(kind: str) -> str:
    treatment = next(t for k, t in FAULT_KINDS.items() if k == kind)
    return f"  {kind} = {' | '.join(treatment.actions)}\n      {treatment.meaning}"


def input_options(args: argparse.Namespace) -> InputOptions:
    """Return the options that `add_input_options` put into `args`. Raises BadInput for those that make no sense."""
    if not args.confidence_scale > 0:
        raise BadInput(f"--confidence-scale {args.confidence_scale:g}: it must be above zero")
    return InputOptions(
        date_format=args.date_format,
        timezone=args.timezone,
        confidence_scale=args.confidence_scale,
        adjusted=args.adjusted,
        closes_only=args.closes_only,
        skip_bad=args.skip_bad,
        splits_adjusted=args.splits_adjusted,
        bar_time=args.bar_time,
        on_fault=fault_actions(args.on_fault),
        columns=column_choices(args.column),
    )
