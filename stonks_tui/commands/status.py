"""`stonks status`: does an engine run, what does it wait for, and how does the account stand?"""

import argparse
import asyncio
import json

_EPILOG = """\
exit codes:
  0  an engine runs and is well, or stands by
  1  no engine runs: nobody watches what is held
  2  used wrongly
  3  an engine runs with troubles, or does not answer
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks status`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """Print how it stands and return the exit code, which says it too."""
    from engine.adapters import clock
    from stonks_tui import data_dir, engine_status
    from stonks_tui.reports import status_report

    found = asyncio.run(engine_status.read(args.data_dir))
    if args.json:
        print(json.dumps(status_report.as_plain(found), indent=1, ensure_ascii=False))
    else:
        for line in status_report.lines(found, clock.now(), where=data_dir.option(args.data_dir)):
            print(line)
    return found.exit_code
