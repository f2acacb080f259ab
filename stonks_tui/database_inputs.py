"""Database inputs: can all be read from which an account is to hear, and what lacks?"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

from engine.errors import BadInput, Unavailable
from stonks_tui.config_inputs import Inputs
from stonks_tui.live_inputs import LivePaths
from storage.postgres_sources_layout import Layouts
from storage.postgres_sources_names import KINDS
from storage.postgres_sources_tables import PostgresTables


def added(paths: LivePaths, inputs: Inputs, *, goes_on: bool) -> LivePaths:
    """Return `paths` with the tables of `inputs` in place of market.db.

    Raises BadInput naming all that lacks; if `goes_on`, and of a database that does not answer, it is said on standard
    error: an engine that begins all the same looks again each time that it needs something.
    """
    files = files_of(paths)
    tables = opened(inputs, files)
    try:
        lacks = lacking(asyncio.run(tables.layouts()), files)
    except Unavailable as error:
        print(f"stonks: {error.message}: it begins all the same, and asks again", file=sys.stderr)
        lacks = []
    if lacks and not goes_on:
        tables.close()
        where = inputs.path or inputs.address
        raise BadInput(f"not all can be read that is to come in ({where}):" + "".join(f"\n  {one}" for one in lacks))
    for words in lacks:
        print(f"stonks: {words}", file=sys.stderr)
    return replace(paths, market_db=None, tables=tables)


def opened(inputs: Inputs, files: Sequence[str]) -> PostgresTables:
    """Return the tables of `inputs`; the kinds in `files` come by file as well."""
    return PostgresTables(inputs.address, inputs.tables, elsewhere=frozenset(files))


def files_of(paths: LivePaths) -> tuple[str, ...]:
    """Return the kinds of which a file is named."""
    return tuple(kind for kind in ("quotes", "recommendations", "signals", "macro_events") if getattr(paths, kind))


def lacking(layouts: Layouts, files: Sequence[str]) -> list[str]:
    """Return a sentence for each thing that lacks, with what to do about it."""
    lacks = [f"{problem.words} ({problem.hint})" for problem in layouts.problems]
    troubled = {problem.kind for problem in layouts.problems}
    prices = {"quotes", "minute_bars"}
    if not prices & (layouts.found.keys() | troubled | set(files)):
        lacks.append(
            "there is no table of prices within the day: neither quotes nor minute bars "
            "([inputs.quotes] or [inputs.minute_bars] names one, --quotes a file)"
        )
    return lacks


def described(layouts: Layouts) -> str:
    """Return which kinds are read, and from where."""
    read = [
        f"{kind.replace('_', ' ')} from {layouts.found[kind].table.table}" for kind in KINDS if kind in layouts.found
    ]
    return ", ".join(read) or "nothing is read"
