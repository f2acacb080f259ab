"""`stonks broker [serve|status|dead|adopt|upgrade]`: a broker on paper in its own process, behind a queue in Redis."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from stonks_tui.asking import Danger
    from stonks_tui.broker_dead import DeadLetter
    from storage.redis_address import RedisAddress

WORDS = ("serve", "status", "dead", "adopt", "upgrade")
_EPILOG = """\
It has settings of its own: [broker] in the file of --config, and the variables
STONKS_BROKER_… (docs/broker.md). None of the engine's is read.

exit codes:
  0  serve: it was told to end; status: a broker lives; dead: there is none, or it is done
  1  it could not begin, or not go on; status: nobody takes orders; dead: some are there
  2  used wrongly, books of another account, or another broker serves the queue
  3  status: a broker lives, with troubles
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks broker` and their arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("word", nargs="?", choices=WORDS, default="serve", help="(serve)")
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="adopt: the account's data directory")
    parser.add_argument("--config", type=Path, metavar="FILE", help="a file with [broker] ($STONKS_BROKER_CONFIG)")
    parser.add_argument("--redis", metavar="URL", help="where the queue is ($STONKS_BROKER_REDIS_URL)")
    served = parser.add_argument_group("serve; --database URL keeps its books in PostgreSQL in place of broker.db")
    served.add_argument("--account", metavar="ID", help="whose broker it is (its books, or the first job, say it)")
    served.add_argument("--quotes", type=Path, metavar="FILE|DIR", help="prices: ticker, price, at")
    served.add_argument("--market", type=Path, metavar="FILE", help="prices in tables (market.db in --data-dir)")
    served.add_argument("--inputs", type=Path, metavar="FILE", help="tables in PostgreSQL, as [inputs] there says")
    _add_behaviour(parser)
    log = parser.add_argument_group("the log")
    log.add_argument("--log-level", choices=("debug", "info", "warning"), help="(info)")
    log.add_argument("--log-format", choices=("text", "json"), help="how it reads (text)")
    log.add_argument("--log-file", type=Path, metavar="FILE", help="where it goes (standard error)")
    dead = parser.add_argument_group("dead: the messages that nobody could use")
    dead.add_argument("--again", type=int, metavar="N", help="have number N looked at once more")
    dead.add_argument("--drop", type=int, metavar="N", help="forget number N")
    dead.add_argument("--yes", action="store_true", help="it is meant: do not ask")
    upgrade = parser.add_argument_group("upgrade: the tables of its books, while no service runs")
    upgrade.add_argument("--to", default="", metavar="VERSION", help="another version than this program's")
    upgrade.add_argument("--down", action="store_true", help="to an earlier version, for an earlier program")
    parser.add_argument("--json", action="store_true", help="print status, dead letters or the answer as JSON")


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    paper = parser.add_argument_group("how the broker on paper executes")
    for name, words in (
        ("slippage-bps", "what a fill is worse than the price (5)"),
        ("commission-per-order", "dollars (0)"),
        ("commission-per-share", "dollars (0)"),
        ("commission-pct", "a fraction of what is traded (0)"),
        ("max-price-age-seconds", "nothing is executed at an older price (120)"),
        ("parts", "each order is filled in so many (1)"),
        ("rejected-pct", "a fraction of all orders (0)"),
        ("latency-seconds", "what is said comes so much later (0)"),
        ("seed", "which orders are rejected (0)"),
    ):
        paper.add_argument(f"--{name}", metavar="N", help=words)
    paper.add_argument("--fills", choices=("yes", "no"), help="are orders that wait ever filled? (yes)")
    paper.add_argument("--day-orders-expire", choices=("yes", "no"), help="do they end with their day? (no)")


def run(args: argparse.Namespace) -> int:
    """Do what the word says and return the exit code."""
    from engine.errors import BadInput

    if args.folder is not None and args.word != "adopt":
        raise BadInput(f"stonks broker {args.word} takes no folder", hint="stonks broker adopt FOLDER does")
    words = {"serve": _serve, "status": _status, "dead": _dead, "adopt": _adopt, "upgrade": _upgrade}
    return words[args.word](args)


def _serve(args: argparse.Namespace) -> int:
    from stonks_tui import broker_plan, broker_process, broker_settings, engine_log
    from stonks_tui.engine_log import LogFormat

    settings = broker_settings.read(args, os.environ)
    plan = broker_plan.make(args.data_dir, settings, os.environ)
    fmt = cast(LogFormat, settings.text("log_format"))
    with engine_log.configure(settings.text("log_level"), fmt, settings.path("log_file")):
        broker_process.run(plan)
    return 0


def _redis(args: argparse.Namespace) -> "RedisAddress":
    from stonks_tui import broker_place, broker_settings

    return broker_place.broker_redis(os.environ, broker_settings.read(args, os.environ).text("redis"))


def _status(args: argparse.Namespace) -> int:
    from stonks_tui import broker_status

    found = asyncio.run(broker_status.read(_redis(args)))
    if args.json:
        print(json.dumps(found.as_plain(), indent=1, ensure_ascii=False))
    else:
        print(found.words)
        for trouble in found.troubles:
            print(f"! {trouble}")
    return 1 if found.life is None else 3 if found.troubles else 0


def _dead(args: argparse.Namespace) -> int:
    from engine.errors import BadInput

    if args.again is not None and args.drop is not None:
        raise BadInput("--again and --drop are two things", hint="say one of them")
    address = _redis(args)
    if (number := args.again or args.drop) is not None:
        return asyncio.run(_done(args, address, number))
    return asyncio.run(_listed(args, address))


async def _listed(args: argparse.Namespace, address: "RedisAddress") -> int:
    from stonks_tui import broker_dead
    from stonks_tui.reports import dead_letters
    from storage.redis_link import RedisLink

    async with RedisLink.open(address) as link:
        found = await broker_dead.letters(link)
    if args.json:
        print(json.dumps([dead_letters.as_plain(dead) for dead in found], indent=1, ensure_ascii=False))
    else:
        for line in dead_letters.lines(found):
            print(line)
    return 1 if found else 0


async def _done(args: argparse.Namespace, address: "RedisAddress", number: int) -> int:
    from stonks_tui import asking, broker_dead
    from storage.redis_link import RedisLink

    async with RedisLink.open(address) as link:
        dead = await broker_dead.letter(link, number)
        if not args.yes and not asking.is_meant(_danger(dead, again=args.again is not None)):
            print("nothing was done", file=sys.stderr)
            return 1
        await (broker_dead.send_again if args.again is not None else broker_dead.drop)(link, dead)
    words = "is looked at again" if args.again is not None else "is forgotten"
    print(json.dumps({"number": number, "done": True}) if args.json else f"dead letter {number} {words}")
    return 0


def _danger(dead: "DeadLetter", *, again: bool) -> "Danger":
    from stonks_tui.asking import Danger
    from stonks_tui.reports import dead_letters

    does = "has it looked at once more" if again else "forgets it for ever"
    warning = f"{dead_letters.line(dead)}\nThis {does}."
    return Danger(warning=warning, type_this="again" if again else "drop")


def _adopt(args: argparse.Namespace) -> int:
    from engine.errors import BadInput
    from stonks_tui import broker_adopting, broker_plan, broker_settings

    if args.folder is None:
        raise BadInput("it is not said whose books", hint="stonks broker adopt FOLDER, where paper.db is")
    books = broker_plan.books(args.data_dir, broker_settings.read(args, os.environ), os.environ)
    if books.database is not None:
        raise BadInput(
            "only a file is adopted", hint="an account in a database has its broker's books there: name the same schema"
        )
    account, orders = broker_adopting.adopt(args.folder, books.path)
    said = {"account": account, "orders": orders, "books": str(books.path)}
    print(json.dumps(said) if args.json else f"{books.path} has the books of the account {account}, {orders:,} orders")
    return 0


def _upgrade(args: argparse.Namespace) -> int:
    from stonks_tui import broker_plan, broker_settings, broker_upgrade
    from stonks_tui.reports import db_report

    books = broker_plan.books(args.data_dir, broker_settings.read(args, os.environ), os.environ)
    done = broker_upgrade.upgrade(books, args.to, down=args.down)
    said = {"where": done.where, "before": done.before, "after": done.after}
    print(json.dumps(said) if args.json else db_report.upgrade_line(done))
    return 0
