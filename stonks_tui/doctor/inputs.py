"""Inputs: can the tables be read from which the account is to hear, and is what they have new enough?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import StonksError
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, ok, warning
from stonks_tui.doctor.market import last_session
from stonks_tui.reports.numbers import plural

if TYPE_CHECKING:
    from storage.postgres_sources_tables import PostgresTables

_NONE = "what comes in is read from no database"
_KINDS = ("quotes", "recommendations", "signals", "macro_events")
_LOOKED_BACK = timedelta(days=14)
T = TypeVar("T")


def said(c: Circumstances) -> Answer:
    """Can be used what [inputs] says?"""
    try:
        inputs = c.inputs
    except StonksError as error:
        return fault(error.message, error.hint or "correct it where it is said")
    if inputs is None:
        return ok(_NONE)
    return ok(f"what comes in is read from {inputs.address}, {plural(len(inputs.tables), 'table')} named")


def tables(c: Circumstances) -> Answer:
    """Does the database answer, and is all there that is to be read?"""
    if c.inputs is None:
        return ok(_NONE)
    from stonks_tui import database_inputs

    try:
        layouts = _asked(c, lambda opened: opened.layouts())
    except StonksError as error:
        return fault(error.message, error.hint or "look into the log of the server")
    if lacks := database_inputs.lacking(layouts, _files(c)):
        return fault("; ".join(lacks), "name what there is under [inputs] in stonks.toml, or have it made")
    return ok(f"it has {database_inputs.described(layouts)}")


def bars_age(c: Circumstances) -> Answer:
    """Is the newest daily bar there of the last session that is over?"""
    if c.inputs is None:
        return ok(_NONE)
    last = last_session(c).on
    try:
        newest = _asked(c, lambda opened: _newest(opened, last))
    except StonksError as error:
        return fault(error.message, error.hint or "see input-tables")
    cure = "is whoever fills the table at work?"
    if newest is None:
        return warning(f"there are no daily bars since {last - _LOOKED_BACK}: without ATR nothing is bought", cure)
    if newest < last:
        late = c.sessions.sessions_between(newest, last)
        return warning(f"the newest daily bar is of {newest}, {plural(late, 'session')} too old", cure)
    return ok(f"the newest daily bar is of {newest}, the last session")


async def _newest(opened: PostgresTables, last: date) -> date | None:
    from storage import postgres_sources
    from storage.moments import from_days

    bars = await postgres_sources.history(opened).bars(last - _LOOKED_BACK, last)
    return from_days(int(bars.on.max())) if len(bars) else None


def _files(c: Circumstances) -> tuple[str, ...]:
    return tuple(kind for kind in _KINDS if c.said.path_of(kind))


def _asked(c: Circumstances, question: Callable[[PostgresTables], Coroutine[Any, Any, T]]) -> T:
    from stonks_tui import database_inputs

    assert c.inputs is not None
    opened = database_inputs.opened(c.inputs, _files(c))
    try:
        return asyncio.run(question(opened))
    finally:
        opened.close()


SECTION = Section(name="inputs", checks={"inputs": said, "input-tables": tables, "input-bars-age": bars_age})
