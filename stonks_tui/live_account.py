"""Live account: what does its file say, whether or not an engine runs on it?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from engine import codec
from engine.decision.state import State
from engine.errors import NotFound
from engine.model.costs import CostModel
from engine.model.runs import LIVE_RUN, RunRecord
from engine.model.sessions import SessionTable
from engine.settings import Settings, from_text
from stonks_tui import account_place, bootstrap

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader


def is_there(folder: Path) -> bool:
    """Is there an account in `folder`?"""
    return bootstrap.has_account(folder)


def reader(folder: Path) -> "SqlLiveReader":
    """Return what reads the account in `folder`. Raises NotFound when there is none."""
    if not is_there(folder):
        hint = f"stonks run{account_place.option(folder)} begins one"
        raise NotFound(f"there is no account in {account_place.place_of(folder)}", hint=hint)
    return bootstrap.live_reader(folder)


async def settings(folder: Path) -> tuple[Settings, bool]:
    """Return the settings of the account in `folder`, True; the defaults, False, when there is none."""
    kept = await reader(folder).settings() if is_there(folder) else ""
    return (from_text(kept), True) if kept else (Settings(), False)


def costs_of(record: RunRecord) -> CostModel:
    """Return what trading costs in the account of `record`."""
    return CostModel(**{name: float(value) for name, value in record.costs.items()})


async def state(folder: Path) -> State | None:
    """Return what the core knew after the last turn, None before any. It knows no sessions: decide nothing with it."""
    live = reader(folder)
    kept = await live.state()
    if kept is None:
        return None
    costs = costs_of(await live.get(LIVE_RUN))
    return codec.state_from_plain(json.loads(kept), sessions=SessionTable.of(()), costs=costs)
