"""The screen of notifications: a window on what an account told, its channels and events, tests that really leave."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from syrupy.assertion import SnapshotAssertion

from engine.adapters import clock
from engine.model.audit import Word
from engine.notification_settings import NotificationSettings
from stonks_tui import bootstrap, live_account, ui_state
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.screens import notifications
from stonks_tui.screens.notifications import NotificationsScreen
from stonks_tui.steering import Through
from stonks_tui.telling import Telling
from stonks_tui.view_models import acting
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.panel import PanelState
from stonks_tui.widgets.row_table import RowTable
from tests.support import sns_endpoint, told_account
from tests.support.carriers import a_notification
from tests.support.gmail_endpoint import GmailEndpoint, gmail_endpoint
from tests.support.standing_feed import StandingFeed
from tests.support.terminal import Seen, SilentFeed, Stores, shown, up
from tests.support.waiting_engine import waiting
from tests.tui.panel_states import compared

NORMAL, LOADING, EMPTY, STALE, ERROR = PanelState
KEY = "7"


@pytest_asyncio.fixture(scope="module")
async def account(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """The folder of an account with both channels on that has told nobody of anything yet."""
    folder = tmp_path_factory.mktemp("account")
    told_account.make(folder)
    yield folder


def copied(account: Path, folder: Path) -> Path:
    """Return a copy of the account."""
    shutil.copytree(account, folder, ignore=shutil.ignore_patterns("*.sock"))
    return folder


@pytest.fixture
def folder(account: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return copied(account, tmp_path / "a")


@pytest_asyncio.fixture(scope="module")
async def told(account: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A copy of it that has told of much."""
    folder = copied(account, tmp_path_factory.mktemp("told") / "a")
    await told_account.tell(folder, *told_account.notifications())
    yield folder


@pytest.fixture(autouse=True)
def here_and_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this terminal has: credentials for text messages alone."""
    for name in ("CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE", "REFRESH_TOKEN", "REFRESH_TOKEN_FILE"):
        monkeypatch.delenv(f"STONKS_GMAIL_{name}", raising=False)
    for name, value in sns_endpoint.environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)


def live(folder: Path, home: Path, **how: object) -> AbstractAsyncContextManager[Seen]:
    """Give the screens over the account in `folder`, whose engine stands as `how` says."""
    feed = StandingFeed(folder, at=told_account.AT, **how)  # type: ignore[arg-type]
    return shown(folder, home, feed=feed, mode="PAPER", run_id=0, size=(80, 24))


@asynccontextmanager
async def attached(folder: Path, *, unlocked: bool = True, mode: str = "PAPER") -> AsyncIterator[Seen]:
    """Give the screen, attached to the engine of the account in `folder`."""
    app = LiveApp(LiveFeed(folder), Through(bootstrap.door_path(folder)), data_dir=folder, mode=mode)
    async with up(app, size=(80, 24)) as seen:
        await seen.press(KEY, *["A"] * unlocked)
        seen.said.clear()
        yield seen


def screen(seen: Seen) -> NotificationsScreen:
    """Return the screen that is up."""
    found = seen.app.screen
    assert isinstance(found, NotificationsScreen)
    return found


def cells(seen: Seen, key: str) -> list[str]:
    """Return what stands in a column of the history."""
    view = screen(seen).table().view
    place = [column.key for column in view.columns].index(key)
    return [plain(row.cells[place]) for row in view.rows]


async def settings(folder: Path) -> NotificationSettings:
    """Return whom the account tells of what."""
    return (await live_account.settings(folder))[0].notifications


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
    account: Path,
    told: Path,
    tmp_path: Path,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: told_account.AT)  # the hour that is counted back
    gives, states = STATES[state]
    async with gives(stores, account, told, tmp_path) as seen:
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


async def test_the_message_is_whole_beside_the_row(told: Path, tmp_path: Path) -> None:
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        assert cells(seen, "status")[:3] == ["○ waiting", "· held back", "✗ failed"]
        assert cells(seen, "retries")[:5] == ["", "", "3", "", "2"]
        await seen.press("j", "j", "enter", "z")
        assert screen(seen).turned().id == "detail"
        for words in (
            "HALTED: nothing leaves, not even a stop",
            "e-mail · trading state changed · critical",
            "✗ failed, sent again 3 times",
            "the refresh token is no longer valid: make a new one",
            "Resume when it is safe to.",
        ):
            assert words in seen.text


async def test_a_filter_is_by_channel_status_and_event_and_is_kept(told: Path, tmp_path: Path) -> None:
    async with live(told, tmp_path) as seen:
        await seen.press(KEY, "slash")
        await seen.type("sms delivered")
        await seen.press("enter")
        assert set(cells(seen, "by")) == {"text"}
        assert len(cells(seen, "by")) == 2
        assert "Notifications · 2 · /sms delivered" in seen.lines[2]
        await seen.press("slash")
        await seen.type(" pigeon")
        await seen.press("enter")
        assert "'pigeon' is nothing that is known of a notification" in "".join(seen.said)
        assert len(cells(seen, "by")) == 2
        assert ui_state.load(tmp_path).list_of("notifications").wanted == "sms delivered"
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        assert len(cells(seen, "by")) == 2
        await seen.press("escape")
        assert len(cells(seen, "by")) == 6
        await seen.press("slash")
        await seen.type("email reserve")
        await seen.press("tab", "enter")
        assert "No notification fits 'email reserve_high_water'." in seen.text


async def test_a_long_history_is_read_a_page_at_a_time_and_new_ones_wait_for_who_reads_further_down(
    folder: Path, tmp_path: Path
) -> None:
    await told_account.tell(folder, *(a_notification(number) for number in range(1, 251)))
    async with live(folder, tmp_path) as seen:
        await seen.press(KEY)
        assert "Notifications · 100+ " in seen.lines[2]
        assert cells(seen, "about")[0] == "Alarm 250"
        await seen.press("G", "G", "G")
        assert "Notifications · 250 " in seen.lines[2]
        assert cells(seen, "about")[-1] == "Alarm 1"
        assert len(set(cells(seen, "about"))) == 250
        row = screen(seen).table().row_key
        await told_account.tell(folder, a_notification(300), a_notification(301))
        await seen.until(lambda: " · 2 new, g" in seen.lines[2])
        assert screen(seen).table().row_key == row
        await seen.press("g")
        assert cells(seen, "about")[:3] == ["Alarm 301", "Alarm 300", "Alarm 250"]
        assert screen(seen).table().position[0] == 1
        await told_account.tell(folder, a_notification(302))
        await seen.until(lambda: cells(seen, "about")[0] == "Alarm 302")  # who is at the top follows
        assert screen(seen).table().position[0] == 1


async def test_numbers_and_addresses_are_masked_until_they_are_asked_for(told: Path, tmp_path: Path) -> None:
    async with live(told, tmp_path) as seen:
        await seen.press(KEY)
        assert "+15***4567" in seen.text
        assert "m***@example.org" in seen.text
        await seen.press("v")
        assert "+15551234567" in seen.text
        await seen.press("1", KEY)
        assert "+15***4567" in seen.text


async def test_a_channel_is_switched_off_and_on_and_the_engine_remembers_who_did(folder: Path) -> None:
    with waiting(folder):
        async with attached(folder) as seen:
            await seen.press("s")
            await seen.until(lambda: "Text   ○ off  s switches it on" in seen.text)
            assert not (await settings(folder)).sms_enabled
            await seen.press("m")
            await seen.until(lambda: "E-mail ○ off  m switches it on" in seen.text)
            await seen.press("t")
            assert "no channel is on" in "".join(seen.said)
            await seen.press("s")
            await seen.until(lambda: "Text   ● on" in seen.text)
        audits = await live_account.reader(folder).audits()
        set_here = [dict(a.asked.arguments) for a in audits if a.asked.word is Word.SET and a.asked.origin == "screens"]
        assert set_here == [{"sms_enabled": "yes"}, {"email_enabled": "no"}, {"sms_enabled": "no"}]
        told_account.told(folder, sms_enabled="no", sns_phone_number="")
        async with attached(folder) as seen:
            assert "→ :set sns_phone_number …, then s" in seen.text
            await seen.press("s")
            assert "sms_enabled needs somebody to send to: set sns_phone_number" in "".join(seen.said)


async def test_an_event_is_told_by_a_channel_or_no_longer(folder: Path) -> None:
    with waiting(folder):
        async with attached(folder) as seen:
            await seen.press("M")
            assert seen.said == [notifications.NO_EVENT]
            await seen.press("tab", "tab", "tab")
            events = seen.app.screen.query_one("#events RowTable", RowTable)
            events.go_to("daily_summary")
            await seen.press("M", "S")
            found = await settings(folder)
            assert "daily_summary" not in found.email_events.split(",")
            assert "weekly_digest" in found.email_events.split(",")
            assert "daily_summary" in found.sms_events.split(",")
            row = next(row for row in events.view.rows if row.key == "daily_summary")
            assert [plain(cell) for cell in row.cells[1:3]] == ["yes", "–"]
            await seen.press("M")
            assert (await settings(folder)).email_events == "all"


@pytest.fixture
def gmail() -> Iterator[GmailEndpoint]:
    """What stands for Google."""
    with gmail_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def engine(folder: Path, gmail: GmailEndpoint) -> Iterator[EngineThread]:
    """An engine that tells people by e-mail, and waits."""
    outside = gmail.environment() | sns_endpoint.environment("http://127.0.0.1:9")
    telling = Telling(notifiers=partial(bootstrap.notifiers, outside), books=bootstrap.live_reader(folder))
    with waiting(folder, telling=telling) as engine:
        told_account.told(folder, sms_enabled="no")
        yield engine


async def test_a_test_leaves_and_what_became_of_it_is_said(
    folder: Path, engine: EngineThread, gmail: GmailEndpoint
) -> None:
    said: list[str] = []

    def has_said(seen: Seen, words: str) -> bool:
        said.extend(seen.said)
        return words in "".join(said)

    async with attached(folder) as seen:
        await seen.press("t")
        await seen.until(lambda: has_said(seen, "E-mail: the provider has taken it (0000000000000001)"))
        assert "a test is on its way by every channel that is on" in "".join(said)
        assert gmail.subjects == ["[stonks paper] This is a test"]
        assert cells(seen, "status") == ["✓ delivered"]
        gmail.answer_with(400, {"error": "invalid_grant"}, path="/token", times=9)
        gmail.answer_with(401, times=9)
        await seen.press("t")
        await seen.until(lambda: has_said(seen, "E-mail: failed: "))
        assert cells(seen, "status") == ["✗ failed", "✓ delivered"]


async def test_a_locked_terminal_a_demo_and_one_without_an_engine_say_so(folder: Path, tmp_path: Path) -> None:
    with waiting(copied(folder, tmp_path / "locked")):
        async with attached(tmp_path / "locked", unlocked=False) as seen:
            for key in "tsm":
                await seen.press(key)
                assert seen.said == [acting.LOCKED]
    async with attached(folder) as seen:
        await seen.press("s")
        assert seen.said == [acting.OFFLINE]
    async with attached(folder, mode="DEMO") as seen:
        assert "Nobody is told of a demo." in seen.text
        await seen.press("t")
        assert seen.said == [notifications.NO_DEMO]
    assert (await settings(folder)).sms_enabled
