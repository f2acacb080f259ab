"""`stonks db check|backup|restore|upgrade|copy`: is an account sound, a copy of it, back from it, elsewhere, newer."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stonks_tui.account_restore import Meant
    from storage.postgres_address import PostgresAddress
    from storage.restores import Restore


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks db` and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="check|backup|restore|upgrade|copy")
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
    _configure_more(words)


def _configure_more(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    upgrade = words.add_parser("upgrade", help="make the tables of the account, or what they lack in this version")
    upgrade.add_argument("--to", default="", metavar="VERSION", help="another version than this program's")
    upgrade.add_argument("--down", action="store_true", help="to an earlier version, for an earlier program")
    copy = words.add_parser("copy", help="take the account from its files into a database, or back")
    for name, whence in (("source", "where it is"), ("target", "where it is to be, and none is yet")):
        copy.add_argument(
            name, metavar=name.upper(), help=f"{whence}: a folder, or postgresql://USER@HOST/DATABASE without password"
        )
    copy.add_argument("--json", action="store_true", help="print how many rows of which table as JSON")


def run(args: argparse.Namespace) -> int:
    """Do what the word says and return the exit code."""
    words = {"check": _check, "backup": _backup, "restore": _restore, "upgrade": _upgrade, "copy": _copy}
    return words[args.word](args)


def _database(args: argparse.Namespace) -> "PostgresAddress | None":
    from stonks_tui import account_place

    return account_place.place_of(args.data_dir).database


def _has_broker(args: argparse.Namespace) -> bool:
    """Are the broker's books of the account with it, and not with a broker behind the queue?"""
    from engine.errors import BadInput
    from stonks_tui import configuration

    try:
        return not configuration.read(args.data_dir).is_queued
    except BadInput:  # what is said otherwise is no matter here
        return True


def _check(args: argparse.Namespace) -> int:
    from stonks_tui import account_check
    from stonks_tui.reports import db_report

    database = None if args.folder else _database(args)
    if database:
        checked = account_check.check_database(database)
    else:
        checked = account_check.check(args.folder or args.data_dir, has_broker=bool(args.folder) or _has_broker(args))
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

    made = backups.make(
        args.data_dir,
        args.folder,
        at=clock.now(),
        program_version=__version__,
        everything=args.all,
        database=_database(args),
        has_broker=_has_broker(args),
    )
    removed = backups.keep_only(args.data_dir, made.manifest.account_id, args.keep) if args.keep else []
    if args.json:
        print(json.dumps(db_report.backup_as_plain(made, removed), indent=1, ensure_ascii=False))
    else:
        print("\n".join(db_report.backup_lines(made, removed)))
    return 0


def _upgrade(args: argparse.Namespace) -> int:
    from stonks_tui import account_place, account_upgrade
    from stonks_tui.reports import db_report

    for done in account_upgrade.upgrade(account_place.place_of(args.data_dir), args.to, down=args.down):
        print(db_report.upgrade_line(done))
    return 0


def _copy(args: argparse.Namespace) -> int:
    from stonks_tui import account_copy
    from stonks_tui.reports import db_report

    source, target = account_copy.place_of(args.source), account_copy.place_of(args.target)
    copied = account_copy.copy(source, target)
    if args.json:
        print(json.dumps(db_report.copied_as_plain(copied), indent=1, ensure_ascii=False))
    else:
        print("\n".join(db_report.copied_lines(copied, str(target))))
    return 0


def _restore(args: argparse.Namespace) -> int:
    from engine.errors import BadInput
    from stonks_tui import account_restore
    from storage import restores

    if (database := _database(args)) is not None:
        return _restore_database(args, database)
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


def _restore_database(args: argparse.Namespace, address: "PostgresAddress") -> int:
    from engine.errors import BadInput
    from stonks_tui import database_restore

    if args.folder is None:
        raise BadInput("no backup is named", hint="stonks db restore FOLDER names it; in a database none is half done")
    done = database_restore.restore(address, args.folder, lambda meant: _is_meant(args, meant))
    if done is None:
        print("nothing was done", file=sys.stderr)
        return 1
    print(f"restored from {done.source} into {address}")
    for schema in (address.schema, address.broker_schema) if done.replaced else ():
        print(f"what was there before: the schema {schema}_{done.replaced}")
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
