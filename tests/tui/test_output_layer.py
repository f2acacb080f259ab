"""The layer between Textual and the terminal: in a running app, with a terminal that is slow, and its switch."""

import asyncio
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from rich.color import ColorSystem
from rich.text import Text
from textual import _ansi_sequences, events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Label, Static

from stonks_tui.output import framed_app
from stonks_tui.output.framed_app import MADE_FOR, PLAIN_VARIABLE, FramedApp
from stonks_tui.output.frames import Frames
from stonks_tui.patient_driver import PatientDriver
from stonks_tui.widgets.row_table import RowTable
from tests.support.emulated_terminal import EmulatedTerminal
from tests.support.pseudo_terminal import PseudoTerminal
from tests.tui.small_app import row, table

SIZE = (60, 16)


class Question(ModalScreen[None]):
    """A dialog that dims what is below it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]
    DEFAULT_CSS = "Question { align: center middle; } Question Label { border: round red; padding: 1 3; }"

    def compose(self) -> ComposeResult:
        yield Label("sell 漢字 all?")


class Doubled(App[None]):
    """An app whose updates go to two terminals: as Textual writes them, and through frames."""

    CSS = "RowTable { width: 2fr; border: round $primary; } Static { width: 1fr; background: $surface; }"

    def __init__(self) -> None:
        super().__init__()
        self.plain, self.framed = EmulatedTerminal(*SIZE), EmulatedTerminal(*SIZE)
        self.frames = Frames(ColorSystem.TRUECOLOR)
        self.is_slow = False
        self.updates, self.letters = 0, 0

    def compose(self) -> ComposeResult:
        yield Input(placeholder="type here")
        with Horizontal():
            yield RowTable(table(*range(60)))
            yield Static("wide 漢字, marks ▲▼ ⣀⣤\n[b]bold[/] [dim]dim[/] [reverse]turned[/]")

    def on_mount(self) -> None:
        self.query_one(RowTable).focus()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if isinstance(renderable, LayoutUpdate | ChopsUpdate) and not self._batch_count:
            self.updates += 1
            self.plain.write(renderable.render_segments(self.console))
            self.frames.take(renderable)
            if not self.is_slow:
                changes = self.frames.changes((0, 0))
                self.letters += len(changes)
                self.framed.write(changes)
        super()._display(screen, renderable)


async def test_a_running_app_looks_through_frames_as_it_looks_without_them() -> None:
    app = Doubled()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        for key in ("j", "j", "G", "pagedown", "tab", "漢", "q", "shift+tab", "g"):
            await pilot.press(key)
            assert app.framed.cells == app.plain.cells, key
        app.notify("a toast over it all", timeout=60)
        await pilot.pause()
        assert app.framed.cells == app.plain.cells
        app.is_slow = True
        app.query_one(RowTable).show(table(*range(5, 30)))
        app.push_screen(Question())
        await pilot.pause()
        app.is_slow = False
        await pilot.press("escape")
        app.refresh()
        await pilot.pause()
        assert app.framed.cells == app.plain.cells
        assert app.updates > 10
        assert "漢字" in "".join(app.framed.lines)


async def test_two_hundred_rows_that_change_write_what_changed() -> None:
    app = Doubled()
    async with app.run_test(size=SIZE) as pilot:
        found = app.query_one(RowTable)
        found.show(table(*range(200)))
        await pilot.pause()
        before, app.letters = app.letters, 0
        found.show(type(found.view)(columns=found.view.columns, rows=tuple(row(n, "▲+7") for n in range(200))))
        await pilot.pause()
        assert 0 < app.letters < before / 4


class Watched:
    """A program at a terminal, and what is seen there."""

    def __init__(self, program: PseudoTerminal) -> None:
        self.program = program
        self._seen = EmulatedTerminal(120, 40)
        self._decode = getincrementaldecoder("utf-8")().decode
        self._read = 0

    def now(self) -> EmulatedTerminal:
        """Return the terminal as it is now."""
        new = bytes(self.program._written[self._read :])
        self._read += len(new)
        self._seen.write(self._decode(new))
        return self._seen

    def shows(self, words: str) -> bool:
        """Are these words to be seen?"""
        return any(words in line for line in self.now().lines)


def test_the_program_at_a_terminal_shows_the_same_with_frames_and_without(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("framed", "plain"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "runs").symlink_to(two / "runs")
    with PseudoTerminal(tmp_path / "framed", "backtest", "open") as first:
        monkeypatch.setenv(PLAIN_VARIABLE, "1")
        with PseudoTerminal(tmp_path / "plain", "backtest", "open") as second:
            framed, plain = Watched(first), Watched(second)
            for keys, words in (("", "COMPLETED"), ("2", "WAVO"), ("3", "Trace ·"), ("j", "Trace ·"), ("?", "Esc")):
                for terminal in (framed, plain):
                    terminal.program.press(keys)
                    until(partial(terminal.shows, words))
            until(lambda: framed.now().cells == plain.now().cells)
            assert first.written < second.written / 2


def test_the_welcome_too_shows_the_same_with_frames_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PseudoTerminal(tmp_path) as first:
        monkeypatch.setenv(PLAIN_VARIABLE, "1")
        with PseudoTerminal(tmp_path) as second:
            framed, plain = Watched(first), Watched(second)
            for keys, words in (("", "Enter go"), ("j", "›"), ("k", "›")):
                for terminal in (framed, plain):
                    terminal.program.press(keys)
                    until(partial(terminal.shows, words))
                until(lambda: framed.now().cells == plain.now().cells)
            assert first.written < second.written


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another process brings about."""
    ends = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.05)


# A terminal that is slow


class SlowFile:
    """A terminal that takes one thing at a time, when it is let."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.may_take = threading.Semaphore(0)

    def write(self, text: str) -> None:
        self.may_take.acquire()
        self.taken.append(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        return 2


@pytest_asyncio.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple["Numbers", PatientDriver, SlowFile]]:
    """An app whose driver writes to a slow terminal, without the rest of a terminal."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    app = Numbers()
    file = SlowFile()
    driver = PatientDriver(app)
    driver.on_lost = app.paint_anew
    driver._outlet._file = file  # type: ignore[assignment]
    driver._writer_thread = WriterThread(driver._outlet)  # type: ignore[arg-type]
    driver._writer_thread.start()
    yield app, driver, file
    for _ in range(100):
        file.may_take.release()
    driver.close()


class Numbers(FramedApp[None]):
    """Shows a number."""

    def compose(self) -> ComposeResult:
        yield Static("0", id="number")

    def _is_framed(self) -> bool:
        return isinstance(self._driver, PatientDriver)


async def all_taken(app: Numbers, driver: PatientDriver, file: SlowFile) -> str:
    """Let the terminal take everything, also what waits for room; return it."""
    for _ in range(1000):
        if not (driver.is_busy or app._waits_for_room):
            break
        file.may_take.release()
        await asyncio.sleep(0.01)
    found = "".join(file.taken)
    file.taken.clear()
    return found


async def test_frames_that_a_slow_terminal_has_no_room_for_are_left_out_and_the_newest_comes(
    slow: tuple[Numbers, PatientDriver, SlowFile],
) -> None:
    app, driver, file = slow
    async with app.run_test(size=(20, 3)) as pilot:
        headless, app._driver = app._driver, driver
        app.refresh()
        for number in range(1, 30):
            app.query_one("#number", Static).update(f"number {number}")
            await pilot.pause()
        assert driver._writer_thread is not None
        assert driver._writer_thread._queue.qsize() <= 1
        written = await all_taken(app, driver, file)
        terminal = EmulatedTerminal(20, 3)
        terminal.write(written)
        assert terminal.lines[0] == "number 29"
        assert written.count("number") == 1
        app._driver = headless


async def test_what_is_no_frame_goes_out_as_it_is(slow: tuple[Numbers, PatientDriver, SlowFile]) -> None:
    app, driver, file = slow
    async with app.run_test(size=(20, 3)):
        headless, app._driver = app._driver, driver
        app.copy_to_clipboard("AAPL")
        app.bell()
        driver.write("\x1b]22;text\x07")
        assert "\x1b]52;c;QUFQTA==\a" in await all_taken(app, driver, file)
        app._driver = headless


async def test_the_whole_frame_is_written_after_the_other_screen_was_up_a_resize_or_an_absence(
    slow: tuple[Numbers, PatientDriver, SlowFile],
) -> None:
    app, driver, file = slow
    async with app.run_test(size=(20, 3)) as pilot:
        headless, app._driver = app._driver, driver

        async def written_for(number: int) -> str:
            app.query_one("#number", Static).update(f"number {number}")
            await pilot.pause()
            for _ in range(1000):  # a busy machine paints it after the pause
                if written := await all_taken(app, driver, file):
                    return written
                await asyncio.sleep(0.01)
            raise AssertionError(f"nothing was written for {number}")

        await written_for(1)
        assert "number" not in await written_for(2)
        driver.write("\x1b[?1049l")
        driver.write("\x1b[?1049h")
        assert "number 3" in await written_for(3)
        assert "number" not in await written_for(4)
        app._display(app.screen, Text("what Textual writes besides"))
        assert "number 9" in await written_for(9)
        app.on_resize()
        assert "number 5" in await written_for(5)
        app.on_app_focus(events.AppFocus())
        assert "number 5" in await all_taken(app, driver, file)
        app._driver = headless


async def test_what_found_no_place_in_the_queue_has_the_whole_frame_written_again(
    slow: tuple[Numbers, PatientDriver, SlowFile],
) -> None:
    app, driver, file = slow
    async with app.run_test(size=(20, 3)) as pilot:
        headless, app._driver = app._driver, driver
        app.query_one("#number", Static).update("number 1")
        await pilot.pause()
        assert "number 1" in await all_taken(app, driver, file)
        for _ in range(40):
            driver.write("\x07")
        app.query_one("#number", Static).update("number 2")
        await pilot.pause()
        assert "number 2" in await all_taken(app, driver, file)
        app._driver = headless


# The switch, and the private names


def test_a_variable_turns_the_layer_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Numbers()._frames is not None
    monkeypatch.setenv(PLAIN_VARIABLE, "1")
    assert Numbers()._frames is None


def test_with_another_textual_the_layer_is_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "textual-8.2.9.dist-info").mkdir()
    assert not framed_app.is_made_for(tmp_path)
    monkeypatch.setattr(framed_app, "MADE_FOR", "8.2.9")
    assert framed_app.is_made_for(tmp_path)
    assert Numbers()._frames is None


def test_the_version_that_is_pinned_is_the_one_it_was_made_for() -> None:
    pinned = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"textual=={MADE_FOR}"' in pinned


async def test_the_private_names_that_it_leans_on_are_there() -> None:
    app = Numbers()
    async with app.run_test():
        for name in ("_display", "_batch_count", "_running", "_closed", "_sync_available", "post_display_hook"):
            assert hasattr(app, name), name
        update = app.screen._compositor.render_update(full=True)
        assert isinstance(update, LayoutUpdate)
        assert update.region.size == app.size
        app.screen.query_one(Static).update("1")
        app.screen._compositor.update_widgets({app.screen.query_one(Static)})
        part = app.screen._compositor.render_update()
        assert isinstance(part, ChopsUpdate)
        assert part.spans
        assert len(part.chops) == len(part.chop_ends) == app.size.height
    assert (_ansi_sequences.SYNC_START, _ansi_sequences.SYNC_END) == ("\x1b[?2026h", "\x1b[?2026l")
    assert "_file" in LinuxDriver.__init__.__code__.co_names
    assert WriterThread.run.__code__.co_names[:2] == ("_file", "write")
