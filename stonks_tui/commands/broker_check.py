"""`stonks broker-check`: does a broker service keep what docs/broker-protocol.md asks of it?"""

import argparse
import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model.money import Money
    from stonks_tui.broker_check.findings import Finding
    from stonks_tui.broker_check.kit import Check
    from stonks_tui.broker_check.play import Play
    from stonks_tui.broker_check.played_engine import Terms
    from storage.redis_address import RedisAddress

_EPILOG = """\
It plays the engine of an account: no other engine may speak with that broker meanwhile. It buys --quantity shares
once or a few times, and sells what it has bought. Two messages that nobody can read stay among the dead letters.
Each guarantee has its number in docs/broker-protocol.md.

exit codes:
  0  nothing failed; what was skipped is told with its reason
  1  a guarantee is broken, or nothing could be shown
  2  used wrongly
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks broker-check`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--redis", default="", metavar="URL", help="where the queue is; else $STONKS_REDIS_URL")
    parser.add_argument("--account", required=True, metavar="ID", help="the account whose books the broker has")
    parser.add_argument("--mode", choices=("paper", "live"), default="paper", help="how its orders are meant (paper)")
    parser.add_argument("--ticker", required=True, help="what is bought and sold")
    parser.add_argument("--quantity", type=_count, default=1, metavar="N", help="so many shares at a time (1)")
    parser.add_argument(
        "--price-limit", type=_price, required=True, metavar="DOLLARS", help="the most that is paid for a share"
    )
    parser.add_argument("--wait", type=_seconds, default=10.0, metavar="SECONDS", help="for each answer (10)")
    parser.add_argument(
        "--fill-wait", type=_seconds, default=10.0, metavar="SECONDS", help="for an order to be executed (10)"
    )
    parser.add_argument("--only", action="append", default=[], metavar="CHECK", help="a number or name (repeatable)")
    parser.add_argument("--skip", action="append", default=[], metavar="CHECK", help="a number or name (repeatable)")
    parser.add_argument("--kill-command", default="", metavar="CMD", help="a line of the shell that kills the service")
    parser.add_argument(
        "--restart-command", default="", metavar="CMD", help="one that starts it, or starts it anew, and returns"
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--yes", action="store_true", help="it is meant: do not ask (paper only)")


def run(args: argparse.Namespace) -> int:
    """Print what was found and return the exit code. Raises BadInput, and Unavailable when Redis does not answer."""
    from stonks_tui.broker_check import findings, kit

    checks, address, terms = kit.chosen(args.only, args.skip), _address(args.redis), _terms(args)
    if not _is_meant(args, terms, f"{address}"):
        print("nothing was ordered", file=sys.stderr)
        return 1
    found, left = asyncio.run(_examined(args, address, terms, checks))
    _say_all(found, left, as_json=args.json)
    return 1 if left else findings.exit_code(found)


async def _examined(
    args: argparse.Namespace, address: "RedisAddress", terms: "Terms", checks: "Sequence[Check]"
) -> "tuple[list[Finding], str]":
    from engine.adapters import clock
    from stonks_tui.broker_check import kit, play
    from stonks_tui.broker_check.played_engine import PlayedEngine
    from stonks_tui.broker_check.played_orders import PlayedOrders
    from storage import redis_keys
    from storage.redis_link import RedisLink
    from storage.redis_queue import RedisQueue

    async with RedisLink.open(address) as link:
        jobs, answers = RedisQueue(link, redis_keys.BROKER_ORDERS), RedisQueue(link, redis_keys.BROKER_RESULTS)
        engine = PlayedEngine(jobs, answers, terms, now=clock.now, passed=clock.passed_seconds)
        hands = [play.command(line) if line else None for line in (args.kill_command, args.restart_command)]
        playing = play.Play(engine=engine, orders=PlayedOrders(engine), kill=hands[0], restart=hands[1])
        found: list[Finding] = []
        try:
            async for finding in kit.examine(playing, checks):
                found.append(finding)
                _say(finding, as_json=args.json)
        finally:
            left = await _put_back(playing)
        return found, left


async def _put_back(playing: "Play") -> str:
    """Return what stays behind, in words."""
    from engine.errors import StonksError

    try:
        return await playing.orders.put_back()
    except StonksError as error:
        words = f"what was ordered may still wait or be held, since it could not be put back: {error.message}"
        print(words, file=sys.stderr)
        return words


def _say(finding: "Finding", *, as_json: bool) -> None:
    """Tell a person of each check as soon as it has ended."""
    from stonks_tui.broker_check import report

    if not as_json:
        for line in report.lines(finding):
            print(line, flush=True)


def _say_all(found: "Sequence[Finding]", left: str, *, as_json: bool) -> None:
    from stonks_tui.broker_check import report

    if as_json:
        print(json.dumps(report.as_plain(found, left), indent=1, ensure_ascii=False))
    else:
        print(report.summary(found, left))


def _address(said: str) -> "RedisAddress":
    from stonks_tui import broker_place

    if said:
        broker_place.require_no_password(said, "--redis", broker_place.ENGINE_REDIS_PASSWORD)
    environment = {**os.environ, **({broker_place.ENGINE_REDIS: said} if said else {})}
    return broker_place.required_engine_redis(environment)


def _terms(args: argparse.Namespace) -> "Terms":
    from engine.broking.messages import AccountMode
    from stonks_tui.broker_check.played_engine import Terms

    return Terms(
        account_id=args.account,
        mode=AccountMode(args.mode),
        ticker=args.ticker,
        quantity=args.quantity,
        price_limit=args.price_limit,
        wait=args.wait,
        fill_wait=args.fill_wait,
    )


def _is_meant(args: argparse.Namespace, terms: "Terms", where: str) -> bool:
    """Say what will be traded, and return whether somebody means it: has typed it, or said so beforehand."""
    from engine.broking.messages import AccountMode
    from engine.errors import BadInput
    from engine.model.money import usd

    is_live = terms.mode is AccountMode.LIVE
    warning = (
        f"This plays the engine of the account {terms.account_id} at {where}, in the mode {terms.mode}: it buys "
        f"{terms.quantity} {terms.ticker} at no more than ${usd(terms.price_limit)} each, a few times at worst, and "
        "sells what it has bought. No other engine may speak with that broker meanwhile; afterwards only one with a "
        "higher epoch can. A broker of your own that has no other account is the one to check."
    )
    if args.yes and not is_live:
        return True
    if not sys.stdin.isatty():
        hint = "live orders want a person at a terminal" if is_live else "when it is meant: --yes"
        raise BadInput(warning, hint=hint)
    print(warning, file=sys.stderr)
    type_this = f"trade {terms.account_id} with real money" if is_live else "check"
    return all(_typed(type_this) for _ in range(2 if is_live else 1))


def _typed(type_this: str) -> bool:
    print(f"Type {type_this} to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == type_this


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of shares; 1 or more")
    return int(text)


def _price(text: str) -> "Money":
    from engine.model.money import from_text

    try:
        price = from_text(text)
    except (ValueError, ArithmeticError):
        price = 0
    if not 200 <= price < 10**12:
        raise argparse.ArgumentTypeError(f"{text!r} is no price; in dollars, such as 101.25, and 0.02 or more")
    return price


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; 0.1 to 3600")
    return seconds
