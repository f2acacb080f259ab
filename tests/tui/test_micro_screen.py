"""The screen of micro-trading: what a real engine traded on signals, its switch, what is read when."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from engine.model.audit import Word
from stonks_tui import bootstrap, live_account
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.screens import micro
from stonks_tui.steering import Through
from stonks_tui.view_models import acting
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.panel import PanelState
from stonks_tui.widgets.row_table import RowTable
from tests.support import micro_account
from tests.support.standing_feed import StandingFeed
from tests.support.terminal import Seen, SilentFeed, Stores, shown, up
from tests.support.waiting_engine import waiting
from tests.tui.panel_states import compared

NORMAL, LOADING, EMPTY, STALE, ERROR = PanelState
AT = datetime(2024, 1, 23, 14, 49, 30, tzinfo=UTC)
KEY = "6"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an account that trades signals, in the middle of its second day."""
    folder = tmp_path_factory.mktemp("account")
    with waiting(folder, world=micro_account.world()):
        pass
    return folder


@pytest.fixture
def folder(account: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copy = tmp_path / "a"
    shutil.copytree(account, copy, ignore=shutil.ignore_patterns("*.sock"))
    return copy


@pytest.fixture
def engine(folder: Path) -> Iterator[EngineThread]:
    """An engine that waits to be told something."""
    with waiting(folder, world=micro_account.world()) as engine:
        yield engine


@asynccontextmanager
async def attached(folder: Path, *, unlocked: bool = True) -> AsyncIterator[Seen]:
    """Give the screen, attached to the engine of the account in `folder`."""
    app = LiveApp(LiveFeed(folder), Through(bootstrap.door_path(folder)), data_dir=folder, mode="PAPER")
    async with up(app, size=(80, 24)) as seen:
        await seen.press(KEY, *["A"] * unlocked)
        seen.said.clear()
        yield seen


def live(account: Path, home: Path, **how: object) -> AbstractAsyncContextManager[Seen]:
    """Give the screens over the account, whose engine stands as `how` says."""
    feed = StandingFeed(account, at=AT, **how)  # type: ignore[arg-type]
    return shown(account, home, feed=feed, mode="PAPER", run_id=0, size=(80, 24))


def rows(seen: Seen, pane: str) -> list[list[str]]:
    """Return what stands in the rows of a pane's list."""
    view = seen.app.screen.query_one(f"#{pane} RowTable", RowTable).view
    return [[plain(cell).strip() for cell in row.cells] for row in view.rows]


Gives = Callable[[Stores, Path, Path], AbstractAsyncContextManager[Seen]]
STATES: dict[str, tuple[Gives, tuple[PanelState, ...]]] = {
    "loading": (lambda s, _, h: shown(s.none, h, feed=SilentFeed(s.none), reads=False), (LOADING,)),
    "nothing open": (lambda s, _, h: shown(s.none, h), (EMPTY,)),
    "a run without signals": (lambda s, _, h: shown(s.two, h), (EMPTY, NORMAL)),
    "stale": (lambda _, a, h: live(a, h, seconds=17.4), (STALE,)),
    "error": (lambda _, a, h: live(a, h, broken=True), (ERROR, NORMAL)),
    "normal": (lambda _, a, h: live(a, h), (NORMAL,)),
}
"""How each state comes about, and in which states the panes then are."""


@pytest.mark.parametrize("state", STATES)
async def test_each_state_at_each_size(
    state: str, stores: Stores, account: Path, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    gives, states = STATES[state]
    async with gives(stores, account, tmp_path) as seen:
        await compared(seen, KEY, states, snapshot)


async def test_a_day_that_is_over_has_its_own_count_and_signals(account: Path, tmp_path: Path) -> None:
    async with live(account, tmp_path) as seen:
        await seen.press(KEY)
        assert "2 of 5 today" in seen.text
        assert [row[2] for row in rows(seen, "signals")] == ["CCC", "DDD", "BBB", "BBB", "DDD", "CCC", "BBB"]
        await seen.press("left_square_bracket")
        assert "4 of 5 today" in seen.text
        assert [row[2] for row in rows(seen, "signals")] == ["BBB", "DDD", "CCC", "BBB"]
        assert "No micro position is open." in seen.text
        await seen.press("m")
        assert seen.said == [micro.NOT_NOW]


async def test_what_came_of_each_signal_is_what_its_trade_brought(account: Path, tmp_path: Path) -> None:
    async with live(account, tmp_path) as seen:
        await seen.press(KEY)
        came = [row[4] for row in rows(seen, "signals")]
        trades = [t for t in await bootstrap.records(account).trades(0) if t.is_micro]
        closed = [text for text in came if "micro trade over" in text or "stop" in text or "target" in text]
        assert len(closed) == len(trades) == 5
        assert came[0].endswith(" open")
        assert came[1] == "low confidence"
        assert [row[0] for row in rows(seen, "open")] == ["CCC"]
        assert rows(seen, "open")[0][1:3] == ["! 4 min", "14:53"]  # as the account says: eight minutes from 14:45


@pytest.mark.parametrize("pane", ["open", "signals"])
async def test_enter_opens_the_decision(pane: str, account: Path, tmp_path: Path) -> None:
    async with live(account, tmp_path) as seen:
        await seen.press(KEY)
        key = seen.app.screen.query_one(f"#{pane} RowTable", RowTable).row_key
        while seen.app.screen.focused is not seen.app.screen.query_one(f"#{pane} RowTable"):
            await seen.press("tab")
        await seen.press("enter")
        assert seen.app.screen.name == "decisions"
        assert seen.app.screen.query_one(RowTable).row_key == key


async def test_it_is_switched_off_at_once_and_on_when_a_person_means_it(folder: Path, engine: EngineThread) -> None:
    async with attached(folder) as seen:
        assert "● ON  m switches it off" in seen.text
        await seen.press("m")
        assert "micro_trading_enabled is no" in "".join(seen.said)
        await seen.until(lambda: "○ OFF  m switches it on" in seen.text)
        await seen.press("m")
        assert "micro_trading_enabled  no → yes" in seen.text
        assert not (await live_account.settings(folder))[0].policy.micro_trading_enabled
        await seen.press("enter")
        assert seen.said[-1] == "nothing was done"
        await seen.press("m", "y")
        assert (await live_account.settings(folder))[0].policy.micro_trading_enabled
        await seen.until(lambda: "● ON" in seen.text)
        audits = await live_account.reader(folder).audits()
        assert [(a.asked.word, dict(a.asked.arguments), a.asked.origin) for a in audits] == [
            (Word.SET, {"micro_trading_enabled": wanted}, "screens") for wanted in ("yes", "no")
        ]


async def test_a_locked_terminal_and_one_without_an_engine_say_so(folder: Path) -> None:
    with waiting(folder, world=micro_account.world()) as engine:
        async with attached(folder, unlocked=False) as seen:
            await seen.press("m")
            assert seen.said == [acting.LOCKED]
            await seen.press("A")
            engine.stop()
            await seen.until(lambda: "OFFLINE" in seen.lines[0])
            seen.said.clear()
            await seen.press("m")
            assert seen.said == [acting.OFFLINE]
            assert (await live_account.settings(folder))[0].policy.micro_trading_enabled
