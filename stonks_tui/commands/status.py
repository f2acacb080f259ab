"""`stonks status`: does an engine run, what does it wait for, and how does the account stand?"""

import argparse
import asyncio
import json
from typing import TYPE_CHECKING, Any

from stonks_tui import remote

if TYPE_CHECKING:
    from stonks_tui.engine_status import EngineStatus

_EPILOG = """\
exit codes:
  0  an engine runs and is well, or stands by
  1  no engine runs: nobody watches what is held
  2  used wrongly
  3  an engine runs with troubles, or does not answer
  4  nobody is at the address of the engine or of the database
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks status`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    remote.add_option(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON (docs/scripting.md)")


def run(args: argparse.Namespace) -> int:
    """Print how it stands and return the exit code, which says it too."""
    from engine.adapters import clock
    from stonks_tui import account_place
    from stonks_tui.reports import status_report

    found, told = asyncio.run(_read(args))
    if args.json:
        print(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        for line in status_report.lines(found, clock.now(), where=account_place.option(args.data_dir)):
            print(line)
    return found.exit_code


async def _read(args: argparse.Namespace) -> "tuple[EngineStatus, dict[str, Any]]":
    """Return the status, and the same for programs if they ask."""
    from engine.adapters import clock
    from stonks_tui import account_answers, engine_status, remote_status

    if (engine := remote.chosen(args)) is not None:
        plain = await asyncio.to_thread(engine.get, "/status")
        found = remote_status.of(plain, clock.now())
        return found, remote_status.told(plain, found)
    found = await account_answers.reached(args.data_dir, engine_status.read(args.data_dir))
    told = await account_answers.status(args.data_dir, found, clock.now()) if args.json else {}
    return found, told
