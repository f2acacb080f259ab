"""Asking: how does the command line put a person's word to the running engine, and make sure that it is meant?

What lowers the risk is done at once. What raises it, or cannot be taken back, has to be typed, or be said with --yes.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import BadInput
from engine.model.audit import Answered, Asked, Word
from stonks_tui import remote

DONE, NOT_DONE = 0, 1
ORIGIN = "cli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """Why somebody is to think twice, in a sentence, and what they have to type when they still mean it."""

    warning: str
    type_this: str


def add_options(parser: argparse.ArgumentParser, *, dangerous: bool, note: bool = False, by_url: bool = False) -> None:
    """Add what every word to the engine takes; `by_url` if it may be said to an engine's HTTP interface too."""
    if by_url:
        remote.add_option(parser)
    if note:
        parser.add_argument("--note", default="", metavar="TEXT", help="why; it is kept with the word")
    if dangerous:
        parser.add_argument("--yes", action="store_true", help="it is meant: do not ask")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def put(
    args: argparse.Namespace,
    word: Word,
    arguments: dict[str, str],
    danger: Danger | None = None,
    *,
    origin: str = ORIGIN,
) -> int:
    """Have the engine on `args.data_dir` do it, unless there is `danger` and nobody means it; return the exit code.

    `origin` is where it was said. Raises BadInput when it is dangerous and there is nobody to ask, Unavailable when no
    engine runs.
    """
    if danger is not None and not args.yes and not _is_meant(args, danger):
        print("nothing was done", file=sys.stderr)
        return NOT_DONE
    answered = ask(args, word, arguments, origin=origin)
    show(answered, as_json=args.json)
    return DONE if answered.done else NOT_DONE


def ask(
    args: argparse.Namespace, word: Word, arguments: dict[str, str] | None = None, *, origin: str = ORIGIN
) -> Answered:
    """Return what the engine that is meant answers. Raises NotReached without one, Unavailable when it is silent."""
    import asyncio

    from engine.errors import NoEngine
    from stonks_tui import account_place, ways

    # a setting may be empty; an option that nobody gave is
    said = {name: text for name, text in (arguments or {}).items() if text or word is Word.SET}
    if (engine := remote.chosen(args)) is not None:
        return engine.ask(Asked(word=word, arguments=said, origin=origin))
    try:
        return asyncio.run(ways.ask(args.data_dir, Asked(word=word, arguments=said, origin=origin)))
    except NoEngine as nobody:
        hint = f"stonks run{account_place.option(args.data_dir)} starts one"
        raise NoEngine(nobody.message, hint=hint) from None


def show(answered: Answered, *, as_json: bool) -> None:
    """Print what was answered, and what it changed; a refusal on standard error."""
    from stonks_tui.reports import answer_report

    if as_json:
        print(json.dumps(answer_report.as_plain(answered), indent=1, ensure_ascii=False))
        return
    for line in answer_report.lines(answered):
        print(line, file=sys.stdout if answered.done else sys.stderr)


def loosening(looser: Sequence[str]) -> Danger | None:
    """Return the danger of what is `looser`, None when nothing is."""
    if not looser:
        return None
    return Danger(warning="This lets the engine risk more: " + "; ".join(looser), type_this="loosen")


def is_meant(danger: Danger) -> bool:
    """Have it typed. Raises BadInput when there is nobody to ask."""
    _require_somebody(danger)
    return _typed(danger)


def _is_meant(args: argparse.Namespace, danger: Danger) -> bool:
    _require_somebody(danger)
    ask(args, Word.STATUS)  # nobody is asked about what cannot be done
    return _typed(danger)


def _require_somebody(danger: Danger) -> None:
    if not sys.stdin.isatty():
        raise BadInput(danger.warning, hint="when it is meant: --yes")


def _typed(danger: Danger) -> bool:
    print(danger.warning, file=sys.stderr)
    print(f"Type {danger.type_this} to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == danger.type_this
