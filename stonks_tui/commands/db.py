"""`stonks db check|backup|restore`: are the account's files sound, a copy of them, and back from it."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stonks_tui.account_restore import Meant
    from storage.restores import Restore


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks db` and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="check|backup|restore")
    check = words.add_parser("check", help="is everything there, undamaged, and does it add up?")
    check.add_argument("folder", nargs="?", type=Path, metavar="PATH", help="a backup (default: the account)")
    check.add_argument("--json", action="store_true", help="print it as JSON")
    backup = words.add_parser("backup", help="copy the account while an engine trades on it")
    backup.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DEST",
        help="a new folder (default: backups/TIME in the data directory)",
    )
    backup.add_argument("--all", action="store_true", help="market data and backtests too; they can be made again")
    backup.add_argument("--keep", type=_count, metavar="N", help="remove all but the last N in the data directory")
    backup.add_argument("--json", action="store_true", help="print what was copied as JSON")
    restore = words.add_parser("restore", help="put a backup in the place of the account")
    restore.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="the backup; none: finish what was begun"
    )
    restore.add_argument("--yes", action="store_true", help="it is meant: do not ask")
    restore.add_argument("--account", default="", metavar="ID", help="it is meant although another account is there")


def run(args: argparse.Namespace) -> int:
    """Do what the word says and return the exit code."""
    return {"check": _check, "backup": _backup, "restore": _restore}[args.word](args)


def _check(args: argparse.Namespace) -> int:
    from stonks_tui import account_check
    from stonks_tui.reports import db_report

    checked = account_check.check(args.folder or args.data_dir)
    if args.json:
        print(json.dumps(db_report.check_as_plain(checked), indent=1, ensure_ascii=False))
    else:
        print("\n".join(db_report.check_lines(checked)))
    return 0 if checked.is_ok else 1


def _backup(args: argparse.Namespace) -> int:
    from engine.adapters import clock
    from stonks_tui.reports import db_report
    from stonks_tui.version import __version__
    from storage import backups

    made = backups.make(args.data_dir, args.folder, at=clock.now(), program_version=__version__, everything=args.all)
    removed = backups.keep_only(args.data_dir, made.manifest.account_id, args.keep) if args.keep else []
    if args.json:
        print(json.dumps(db_report.backup_as_plain(made, removed), indent=1, ensure_ascii=False))
    else:
        print("\n".join(db_report.backup_lines(made, removed)))
    return 0


def _restore(args: argparse.Namespace) -> int:
    from engine.errors import BadInput
    from stonks_tui import account_restore
    from storage import restores

    begun = restores.begun(args.data_dir)
    if begun is not None:
        print(f"a restore of {begun.source} was begun and is finished first", file=sys.stderr)
        _say_done(account_restore.finish(args.data_dir))
        if args.folder is None or args.folder.absolute() == begun.source:
            return 0
    if args.folder is None:
        raise BadInput("no restore was begun that could be finished", hint="stonks db restore FOLDER names the backup")
    done = account_restore.restore(args.data_dir, args.folder, lambda meant: _is_meant(args, meant))
    if done is None:
        print("nothing was done", file=sys.stderr)
        return 1
    _say_done(done)
    return 0


def _say_done(done: "Restore") -> None:
    print(f"restored from {done.source}")
    if done.replaced.exists():
        print(f"what was there before: {done.replaced}")


def _is_meant(args: argparse.Namespace, meant: "Meant") -> bool:
    """Say what is about to happen, and return whether somebody means it: has typed it, or said so beforehand."""
    from engine.errors import BadInput

    manifest = meant.manifest
    warning = (
        f"The account will be as it was on {manifest.made_at:%Y-%m-%d at %H:%M:%S} UTC, after turn "
        f"{manifest.last_turn:,}. What happened since is put aside; a broker on paper forgets it too."
    )
    type_this, said, option = "restore", args.yes, "--yes"
    if meant.is_another:
        warning = f"Another account is there, {meant.there}; this backup is of {manifest.account_id}. {warning}"
        type_this, said = manifest.account_id, args.account == manifest.account_id
        option = f"--account {manifest.account_id}"
    if said:
        return True
    if not sys.stdin.isatty():
        raise BadInput(warning, hint=f"when it is meant: {option}")
    print(warning, file=sys.stderr)
    print(f"Type {type_this} to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == type_this


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of backups; 1 or more")
    return int(text)
