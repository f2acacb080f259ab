"""The screens of a live account: what the engine has kept is shown, also of this day, and keys reach its door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from engine.errors import Unavailable
from engine.model.audit import Answered, Asked, Word
from engine.model.views import RunStory
from engine.trader import Trader
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.view_models.command import DEMO, ENGINE
from stonks_tui.view_models.commands import COMMANDS
from tests.support import live_account
from tests.support.terminal import Seen, up


class Listener:
    """Somebody at the engine's end, who answers as told."""

    def __init__(self) -> None:
        self.heard: list[tuple[Word, dict[str, str]]] = []
        self.is_there = True

    async def ask(self, asked: Asked) -> Answered:
        """See `Steering.ask`."""
        if not self.is_there:
            raise Unavailable("no engine runs", hint="stonks run starts one")
        self.heard.append((asked.word, dict(asked.arguments)))
        return Answered(done=True, words=f"did {asked.word}")


class BeatingFeed(LiveFeed):
    """The account as if its engine had beaten a second ago."""

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        found = await super().story(run_id)
        assert found.alive is not None
        beat = replace(found.alive.heartbeat, doing="waiting")
        return replace(found, alive=replace(found.alive, heartbeat=beat, seconds=1.0))


class Metronome:
    """A clock that notes what is asked of it."""

    def __init__(self) -> None:
        self.frozen = False
        self.looks = 0
        self.day_seconds = 20.0

    def is_frozen(self) -> bool:
        """See `Pace.is_frozen`."""
        return self.frozen

    def freeze(self) -> None:
        """See `Pace.freeze`."""
        self.frozen = True

    def go_on(self) -> None:
        """See `Pace.go_on`."""
        self.frozen = False

    def one_look(self) -> None:
        """See `Pace.one_look`."""
        self.frozen = True
        self.looks += 1

    def set_day_seconds(self, seconds: float) -> None:
        """See `Pace.set_day_seconds`."""
        self.day_seconds = seconds


@pytest_asyncio.fixture(scope="module")
async def left(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Path, Trader]]:
    """The folder of an account that stopped on its second day, and what its engine knew."""
    folder = tmp_path_factory.mktemp("account")
    yield folder, await live_account.make(folder)


@asynccontextmanager
async def shown(
    folder: Path,
    tmp_path: Path,
    listener: Listener,
    *,
    pace: Metronome | None = None,
    size: tuple[int, int] = (120, 40),
    feed: LiveFeed | None = None,
) -> AsyncIterator[Seen]:
    """Give the screens, attached to the account in `folder`."""
    mode = "DEMO" if pace else "PAPER"
    app = LiveApp(feed or LiveFeed(folder), listener, pace=pace, data_dir=tmp_path, mode=mode)
    async with up(app, size=size) as seen:
        yield seen


async def test_the_day_that_goes_on_is_shown_as_it_stands(left: tuple[Path, Trader], tmp_path: Path) -> None:
    folder, trader = left
    async with shown(folder, tmp_path, Listener()) as seen:
        scope = seen.app.scope
        assert scope is not None
        assert scope.snapshot is not None
        assert scope.snapshot.on == live_account.WORLD.played[1].on
        assert scope.snapshot.total_value == trader.state.total_value()
        assert [p.ticker for p in scope.snapshot.positions] == list(trader.state.positions)
        assert len(scope.days) == 2
        assert "OFFLINE" in seen.lines[0]  # it was told to stop
        await seen.press("3")
        assert trader.state.decisions_made > 20
        assert f"· {trader.state.decisions_made}" in seen.text


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_every_screen_fits(left: tuple[Path, Trader], tmp_path: Path, size: tuple[int, int]) -> None:
    async with shown(left[0], tmp_path, Listener(), pace=Metronome(), size=size) as seen:
        for key in "12345678":
            await seen.press(key)
            assert len(seen.lines) == size[1]
            assert all(len(line) <= size[0] for line in seen.lines)
            assert "DEMO" in seen.lines[0]


async def test_entries_are_stopped_at_once_also_from_a_terminal_that_only_looks_on(
    left: tuple[Path, Trader], tmp_path: Path
) -> None:
    listener = Listener()
    async with shown(left[0], tmp_path, listener) as seen:
        await seen.press("p")
        assert listener.heard == [(Word.PAUSE, {})]
        assert seen.said == ["did pause"]


async def test_what_makes_more_of_the_risk_is_asked_about_and_needs_an_unlocked_terminal(
    left: tuple[Path, Trader], tmp_path: Path
) -> None:
    listener = Listener()
    async with shown(left[0], tmp_path, listener, feed=BeatingFeed(left[0])) as seen:
        await seen.command("halt")
        assert "only looks on" in seen.said[0]
        await seen.press("A")
        await seen.command("tier aggressive")
        await seen.press("enter")
        assert listener.heard == []
        await seen.command("tier aggressive")
        await seen.press("y")
        assert listener.heard == [(Word.TIER, {"name": "aggressive"})]
        await seen.command("halt")
        await seen.type("hal")
        await seen.press("enter")
        assert len(listener.heard) == 1
        await seen.command("halt")
        await seen.type("halt")
        await seen.press("enter")
        assert listener.heard[1:] == [(Word.HALT, {})]
        await seen.command("tier conservative")
        assert listener.heard[2:] == [(Word.TIER, {"name": "conservative"})]
        await seen.press("A")
        await seen.command("halt")
        assert "only looks on" in "".join(seen.said)
        assert len(listener.heard) == 3


async def test_an_engine_that_is_not_there_is_said_to_be_missing(left: tuple[Path, Trader], tmp_path: Path) -> None:
    listener = Listener()
    listener.is_there = False
    async with shown(left[0], tmp_path, listener) as seen:
        await seen.press("p")
        assert seen.said == ["no engine runs; stonks run starts one"]


async def test_the_clock_of_a_demo_is_frozen_let_go_looked_by_look_and_set(
    left: tuple[Path, Trader], tmp_path: Path
) -> None:
    pace = Metronome()
    async with shown(left[0], tmp_path, Listener(), pace=pace) as seen:
        await seen.press("f")
        assert pace.is_frozen()
        assert "FROZEN" in seen.lines[0]
        await seen.press("f")
        assert not pace.is_frozen()
        assert "FROZEN" not in seen.lines[0]
        await seen.press("l")
        assert (pace.is_frozen(), pace.looks) == (True, 1)
        await seen.command("speed 5")
        assert pace.day_seconds == 5
        await seen.command("speed slow")
        assert "'slow' is no number of seconds" in seen.said[-1]


async def test_without_a_demo_its_keys_say_so(left: tuple[Path, Trader], tmp_path: Path) -> None:
    async with shown(left[0], tmp_path, Listener()) as seen:
        await seen.press("f")
        assert "only a demo" in seen.said[0]


async def test_the_footer_and_the_help_name_the_keys_of_an_engine(left: tuple[Path, Trader], tmp_path: Path) -> None:
    async with shown(left[0], tmp_path, Listener(), pace=Metronome()) as seen:
        assert "p stop entries" in seen.lines[-1]
        assert "f freeze" in seen.lines[-1]
        await seen.press("question_mark")
        helps = {command.help for command in COMMANDS if command.place in (ENGINE, DEMO)}
        assert {words for words in helps if words in seen.text} == helps


async def test_somebody_who_reads_further_down_is_not_thrown_back(left: tuple[Path, Trader], tmp_path: Path) -> None:
    async with shown(left[0], tmp_path, Listener()) as seen:
        await seen.press("3", "j", "j")
        before = seen.lines[2:12]
        seen.app._seen = ()  # type: ignore[attr-defined]  # as if something had happened
        seen.app.follow()  # type: ignore[attr-defined]
        await seen.idle()
        assert seen.lines[2:12] == before
