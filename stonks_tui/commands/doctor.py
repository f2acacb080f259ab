"""`stonks doctor`: what is wrong with this installation and its account, and what is to be done about it?"""

import argparse
import json
import os
import sys

_EPILOG = """\
Nothing is changed, and it may be called while an engine trades.

  + ok    - good to know    ! a warning    x a fault

exit codes:
  0  nothing is wrong
  1  a fault: something keeps the engine from its work, or puts at risk what it has
  2  used wrongly
  3  a warning, no fault: the engine does less than it could
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks doctor`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--only", action="append", default=[], metavar="SECTION", help="one section (repeatable)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument("--ascii", action="store_true", help="marks of ASCII only")


def run(args: argparse.Namespace) -> int:
    """Print what was found and return the exit code, which says it too."""
    from storage.collector import collector_at_rest

    with collector_at_rest():  # most of the time goes into loading modules, none of which is garbage
        return _examine(args)


def _examine(args: argparse.Namespace) -> int:
    from engine.adapters import clock
    from stonks_tui.doctor import circumstances, examination, findings, terminal
    from stonks_tui.reports import doctor_report

    looked_at = circumstances.Circumstances(
        folder=args.data_dir,
        now=clock.now(),
        environment=os.environ,
        terminal=circumstances.terminal_of(sys.stdout),
    )
    found = tuple(examination.examine(looked_at, examination.chosen(args.only)))
    if args.json:
        print(json.dumps(doctor_report.as_plain(found), indent=1, ensure_ascii=False))
    else:
        ascii_only = args.ascii or not terminal.speaks_unicode(looked_at.terminal.encoding)
        for line in doctor_report.lines(found, ascii_only=ascii_only):
            print(line)
    return findings.exit_code(found)
