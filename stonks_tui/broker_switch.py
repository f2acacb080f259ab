"""Broker switch: was an account traded with a broker elsewhere than now, so that its positions are not known there?

The engine compares both sides by itself and makes exits only while they differ. This says beforehand what to do.
"""

from pathlib import Path

from engine.errors import StonksError
from stonks_tui import account_place, bootstrap, data_dir, live_account
from stonks_tui.reports.numbers import plural
from storage.database import open_raw

PAPER = "paper.db"


async def words(folder: Path, *, is_queued: bool) -> str:
    """Return what to say of the account in `folder` before it is traded, empty when there is nothing to say."""
    if account_place.place_of(folder).database is not None or not bootstrap.live_path(folder).exists():
        return ""
    try:
        return _left_inside(folder) if is_queued else await _left_elsewhere(folder)
    except StonksError:
        return ""  # whoever opens it says what is wrong


def _left_inside(folder: Path) -> str:
    paper = folder / PAPER
    if not paper.exists():
        return ""
    with open_raw(paper) as raw:
        (held,) = raw.execute("SELECT count(*) FROM paper_positions WHERE shares <> 0").fetchone()
    if not held:
        return ""
    return (
        f"the broker inside the engine has {plural(held, 'position')} of this account in {PAPER}, and the one behind "
        f"the queue may know nothing of them: stop the engine, then stonks broker adopt {folder.absolute()} where the "
        "broker is; until then only exits are made"
    )


async def _left_elsewhere(folder: Path) -> str:
    if (folder / PAPER).exists():
        return ""
    state = await live_account.state(folder)
    if state is None or not state.positions:
        return ""
    return (
        f"{plural(len(state.positions), 'position')} held, and no {PAPER}: the broker's books are elsewhere; "
        f"stonks run{data_dir.option(folder)} --broker queue goes on with them, or put the file of the broker service "
        f"(broker.db) here as {PAPER}; until then only exits are made"
    )
