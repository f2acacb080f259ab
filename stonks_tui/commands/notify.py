"""`stonks notify [status|test|history]`: by which channels are people told, does it work, and what were they told?"""

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from engine.model.audit import Word
from engine.model.notifications import DeliveryStatus, NotificationChannel, NotificationEvent, NotificationFilter
from stonks_tui import asking

if TYPE_CHECKING:
    from engine.model.notifications import Notification

PATIENCE_SECONDS = 30.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks notify` and their arguments."""
    parser.set_defaults(word="status", json=False, reveal=False)
    words = parser.add_subparsers(dest="word", metavar="status|test|history")
    status = words.add_parser("status", help="the channels: whom they reach, what is missing, what is left this hour")
    status.add_argument("--reveal", action="store_true", help="show numbers and addresses whole")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    test = words.add_parser("test", help="send a test by every channel that is on, and say what became of it")
    test.add_argument(
        "--seconds", type=_seconds, default=PATIENCE_SECONDS, metavar="N", help="wait so long for that (%(default)g)"
    )
    test.add_argument("--json", action="store_true", help="print it as JSON")
    history = words.add_parser("history", help="what people were told, newest first")
    history.add_argument("--limit", type=_count, default=30, metavar="N", help="the last N (%(default)s)")
    for name, kind in (("channel", NotificationChannel), ("event", NotificationEvent), ("status", DeliveryStatus)):
        history.add_argument(f"--{name}", type=kind, choices=tuple(kind), metavar=name.upper(), help="|".join(kind))
    history.add_argument("--full", action="store_true", help="with the words of each")
    history.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """Do it and return the exit code: 1 of a test that did not arrive."""
    return {"status": _status, "test": _test, "history": _history}[args.word or "status"](args)


def _status(args: argparse.Namespace) -> int:
    from stonks_tui import notifying
    from stonks_tui.reports import notify_report

    states = asyncio.run(notifying.states(args.data_dir))
    if args.json:
        _print_json([notify_report.as_plain(state, reveal=args.reveal) for state in states])
        return 0
    for line in notify_report.channel_lines(states, reveal=args.reveal):
        print(line)
    return 0


def _test(args: argparse.Namespace) -> int:
    from engine.adapters.door_socket import NoEngine
    from engine.errors import BadInput
    from stonks_tui import live_account, notifying
    from stonks_tui.reports import notify_report

    settings = asyncio.run(live_account.settings(args.data_dir))[0].notifications
    if not any(map(settings.is_enabled, NotificationChannel)):
        raise BadInput("no channel is on", hint="stonks notify status says how to switch one on")
    try:
        before = asyncio.run(notifying.last_test(args.data_dir))
        answered = asking.ask(args, Word.NOTIFY)
    except NoEngine:
        print("no engine runs: it is sent from here, and no history keeps it", file=sys.stderr)
        found = asyncio.run(notifying.send_from_here(args.data_dir))
    else:
        if not answered.done:
            asking.show(answered, as_json=args.json)
            return 1
        found = asyncio.run(notifying.outcome(args.data_dir, before, args.seconds))
    return _say_what_became(found, as_json=args.json, report=notify_report)


def _say_what_became(found: "tuple[Notification, ...]", *, as_json: bool, report: Any) -> int:
    if as_json:
        _print_json([report.as_plain(notification) for notification in found])
    else:
        for line in report.outcome_lines(found):
            print(line)
    arrived = found and all(n.delivery_status is DeliveryStatus.DELIVERED for n in found)
    return 0 if arrived else 1


def _history(args: argparse.Namespace) -> int:
    from stonks_tui import live_account, terminal
    from stonks_tui.reports import notify_report

    wanted = NotificationFilter(channel=args.channel, event_type=args.event, status=args.status)
    found = asyncio.run(live_account.reader(args.data_dir).notifications(wanted, args.limit))
    if args.json:
        _print_json([notify_report.as_plain(notification) for notification in found])
        return 0
    width = terminal.width(most=200) if sys.stdout.isatty() else 10_000  # a pipe gets every column
    for line in notify_report.history_lines(found, width=width, full=args.full):
        print(line)
    return 0


def _print_json(values: list[dict[str, Any]]) -> None:
    print(json.dumps(values, indent=1, ensure_ascii=False))


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of notifications; 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; 1 to 3600")
    return float(text)
