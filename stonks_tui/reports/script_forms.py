"""Script forms: how does a list come out of a command: for people, as one JSON object, or as one a line?"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Plain = Mapping[str, Any]


def add(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `--json` and `--jsonl`; `what` is one of the list, as in `a JSON object a line, one for each position`."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object (docs/scripting.md)")
    form.add_argument("--jsonl", action="store_true", help=f"print a JSON object a line, one for each {what}")


def show(
    args: argparse.Namespace, found: Plain, rows: Sequence[Plain], table: Callable[[Sequence[Plain]], Sequence[str]]
) -> None:
    """Print `found`, of which `rows` are the list, in the form that was asked for; `table` is what people see."""
    if args.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    elif args.jsonl:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        print("\n".join(table(rows)))
