"""The screen of notifications in each state, at each size; what the other screens say of it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from engine.adapters import clock
from stonks_tui.widgets.panel import PanelState
from tests.support import told_account
from tests.support.terminal import Seen, SilentFeed, Stores, shown
from tests.tui.panel_states import compared
from tests.tui.told_screen import KEY, live

pytestmark = pytest.mark.usefixtures("text_credentials")
NORMAL, LOADING, EMPTY, STALE, ERROR = PanelState


Gives = Callable[[Stores, Path, Path, Path], AbstractAsyncContextManager[Seen]]
STATES: dict[str, tuple[Gives, tuple[PanelState, ...]]] = {
    "loading": (lambda s, _, __, h: shown(s.none, h, feed=SilentFeed(s.none), reads=False), (LOADING,)),
    "nothing open": (lambda s, _, __, h: shown(s.none, h), (EMPTY,)),
    "a backtest": (lambda s, _, __, h: shown(s.two, h), (EMPTY,)),
    "nobody was told": (lambda _, a, __, h: live(a, h), (EMPTY, NORMAL)),
    "stale": (lambda _, __, t, h: live(t, h, seconds=17.4), (STALE,)),
    "error": (lambda _, __, t, h: live(t, h, broken=True), (ERROR,)),
    "normal": (lambda _, __, t, h: live(t, h, untold=2), (NORMAL,)),
}
"""How each state comes about, and in which states the panes then are."""


@pytest.mark.parametrize("state", STATES)
async def test_each_state_at_each_size(
    state: str,
    stores: Stores,
    quiet: Path,
    told: Path,
    tmp_path: Path,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: told_account.AT)  # the hour that is counted back
    gives, states = STATES[state]
    async with gives(stores, quiet, told, tmp_path) as seen:
        await compared(seen, KEY, states, snapshot)


async def test_the_line_of_screens_counts_what_could_not_be_told_and_the_dot_leads_there(
    told: Path, tmp_path: Path
) -> None:
    async with live(told, tmp_path, untold=2) as seen:
        assert " 7 Notify(2) " in seen.lines[1]
        await seen.press("4")
        assert " 7 Notify(2) " in seen.lines[1]
        for _ in range(9):
            await seen.press("full_stop")
            if seen.app.screen.name == "notifications":
                break
        assert "[7 Notify(2)]" in seen.lines[1]
        assert "2 notifications of the last day could not be sent\n7 says why" in "".join(seen.said)
