"""Framed app: how does what Textual paints reach the terminal?

Through `Frames`, which write what differs. While the terminal still takes what was written before, nothing more is:
the newest frame goes out when there is room. It leans on private names of Textual, of the pinned version alone; with
another one, or with STONKS_PLAIN_OUTPUT set, Textual writes as it always does. tests/tui/test_output_layer.py fails
when a name goes.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, TypeVar

import textual
from rich.color import ColorSystem
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.worker import WorkerFailed

from stonks_tui.output.frames import Frames
from stonks_tui.patient_driver import PatientDriver
from stonks_tui.screen_meter import ScreenMeter

Left = TypeVar("Left")
MADE_FOR = "8.2.8"
"""The version of Textual whose private names this knows."""
PLAIN_VARIABLE = "STONKS_PLAIN_OUTPUT"
_LOOKS_FOR_ROOM_EVERY = 0.02
_CATCHES_UP_EVERY = 0.5
_MINDS_TERMINAL_EVERY = 1.0
"""Seconds: one that was closed tells most programs so by a signal, but not those that ignore it, as under nohup."""


def is_wanted() -> bool:
    """Is what Textual writes to go through frames?"""
    return not os.environ.get(PLAIN_VARIABLE) and is_made_for(Path(textual.__file__).parents[1])


def is_made_for(site: Path) -> bool:
    """Is the Textual that is installed in `site` the one that this was made for? (importlib.metadata takes 20 ms.)"""
    return (site / f"textual-{MADE_FOR}.dist-info").is_dir()


class FramedApp(App[Left]):
    """An app that writes what changed."""

    def __init__(self) -> None:
        super().__init__()
        self._frames = Frames(self.console._color_system or ColorSystem.TRUECOLOR) if is_wanted() else None
        self._waits_for_room = False
        self.meter = ScreenMeter(lambda: self.written, time.monotonic)

    @property
    def fault(self) -> BaseException | None:
        """What broke it, if anything did."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def _fatal_error(self) -> None:
        """See `App._fatal_error`: whoever runs it says what is to be said of its `fault`, in a sentence."""
        self._close_messages_no_wait()

    def get_driver_class(self) -> type[Driver]:
        """See `App.get_driver_class`: a terminal that nobody reads is not waited for."""
        driver = super().get_driver_class()
        return PatientDriver if driver is LinuxDriver else driver

    def on_ready(self) -> None:
        """Be told when the terminal is no longer what was left, or is no more."""
        self.set_interval(_MINDS_TERMINAL_EVERY, self._mind_terminal)
        if isinstance(self._driver, PatientDriver):
            if self._frames is None:
                self.set_interval(_CATCHES_UP_EVERY, self._driver.catch_up)
            else:
                self._driver.on_lost = self.paint_anew

    def paint_anew(self) -> None:
        """Write the next frame whole."""
        if self._frames is not None:
            self._frames.forget()

    async def _mind_terminal(self) -> None:
        self.meter.tick()
        if isinstance(self._driver, PatientDriver) and self._driver.is_gone and not self._exit:
            await self.hung_up()

    async def hung_up(self) -> None:
        """The terminal is gone."""
        self.exit()

    @property
    def written(self) -> int:
        """How many letters went to the terminal so far."""
        return self._driver.written if isinstance(self._driver, PatientDriver) else 0

    def on_resize(self) -> None:
        """Terminals do what they like with what they show when their size changes."""
        self.paint_anew()

    def on_app_focus(self, _: events.AppFocus) -> None:
        """Mend what others wrote over the screen, once the person is back."""
        self.paint_anew()
        self._send()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """See `App._display`."""
        if screen is not self.screen:
            return  # one that is made ready behind it
        if not self._is_framed() or renderable is None or self._batch_count:
            super()._display(screen, renderable)
        elif isinstance(renderable, LayoutUpdate | ChopsUpdate):
            assert self._frames is not None
            self._frames.take(renderable)
            self._send()
            self.post_display_hook()
        else:
            self.paint_anew()
            super()._display(screen, renderable)

    def _is_framed(self) -> bool:
        return (
            self._frames is not None
            and isinstance(self._driver, PatientDriver)
            and self._running
            and not self._closed
            and not self.is_headless
        )

    def _send(self) -> None:
        """Write what changed, now or once the terminal has taken what was written before."""
        driver, frames = self._driver, self._frames
        if not self._is_framed() or not isinstance(driver, PatientDriver) or frames is None or self._waits_for_room:
            return
        if driver.is_busy:
            self._waits_for_room = True
            asyncio.get_running_loop().call_later(_LOOKS_FOR_ROOM_EVERY, self._send_later)
            return
        x, y = self.size.clamp_offset(self.cursor_position)
        changes = frames.changes((x, y))
        if changes:
            driver.write(f"{SYNC_START}{changes}{SYNC_END}" if self._sync_available else changes)

    def _send_later(self) -> None:
        self._waits_for_room = False
        self._send()
