"""No colour code and no letter that the terminal must not get: neither in a pty, nor through Textual's private door."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor

from stonks_tui.widgets.output_filters import Ascii, NoColour, install
from stonks_tui.widgets.row_table import RowTable
from tests.tui.small_app import SmallApp, screen, table

ROOT = Path(__file__).parents[2]
DARK = Color.parse("#1e1e1e")
PROGRAM = """
import sys
from textual.app import App
from textual.widgets import Button, Footer, Header, Input, Log, Select
from stonks_tui.widgets.output_filters import install
from stonks_tui.widgets.row_table import RowTable
from tests.tui.small_app import table

class Mixed(App):
    CSS = "RowTable { height: 8; border: round $primary; } RowTable:focus { border: heavy $accent; }"
    def compose(self):
        found = RowTable(table(*range(50)))
        found.border_title = "Tïtle"
        yield from (Header(), found, Button("gö"), Select([("ä", 1)]), Input("é"), Log(), Footer())
    def on_mount(self):
        self.query_one(RowTable).focus()
        self.query_one(Log).write("x\\n" * 50)
        self.notify("hé")
        self.set_timer(1.0, self.exit)

app = Mixed()
app.theme = sys.argv[3]
install(app, colour=sys.argv[1] == "colour", ascii_only=sys.argv[2] == "ascii")
app.run()
"""


def bare(style: Style, background: Color = DARK) -> Style:
    (found,) = NoColour().apply([Segment("x", style)], background)
    assert found.style is not None
    return found.style


def test_colours_go_and_everything_else_stays() -> None:
    found = bare(Style(color="red", bgcolor="#202020", bold=True, dim=True, underline=True, meta={"@click": "go"}))
    assert (found.color, found.bgcolor) == (None, None)
    assert (found.bold, found.dim, found.underline, found.reverse) == (True, True, True, None)
    assert found.meta == {"@click": "go"}


def test_what_its_background_alone_told_apart_is_reversed() -> None:
    assert bare(Style(bgcolor="#0178d4")).reverse
    assert bare(Style(bgcolor="blue"), Color.parse("ansi_default")).reverse
    assert not bare(Style(bgcolor="#2a2a2a")).reverse
    assert not bare(Style(bgcolor="#0178d4"), Color.parse("#0178d4")).reverse


def test_a_scrollbar_is_its_grip_only() -> None:
    assert bare(Style(color="#0178d4", reverse=True, meta={"@mouse.down": "grab"})).reverse
    assert not bare(Style(bgcolor="#ffffff", meta={"@mouse.down": "scroll_down"})).reverse


def test_ascii_keeps_the_width_and_the_style() -> None:
    (found,) = Ascii().apply([Segment("▲漢 é", Style(bold=True))], DARK)
    assert found == Segment("^?? e", Style(bold=True))


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "dracula", "solarized-light", "ansi-dark"])
async def test_without_colours_the_cursor_is_reversed_with_focus_and_marked_without(theme: str) -> None:
    app = SmallApp(RowTable(table(*range(5))))
    app.theme = theme
    install(app, colour=False, ascii_only=False)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        assert [_is_reversed(app, y) for y in range(4)] == [False, True, False, False]
        app.set_focus(None)
        await pilot.pause()
        assert not any(_is_reversed(app, y) for y in range(4))
        assert screen(app)[1].startswith("› ")


class Crosses(LineFilter):
    """Writes x for every letter."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [Segment("x" * len(text), style) for text, style, _ in segments]


async def test_textual_still_applies_its_private_filters_to_all_it_paints() -> None:
    app = SmallApp(RowTable(table(*range(5))))
    app.widget.styles.border = ("round", "red")
    assert isinstance(app._filters, list)
    app._filters[:] = [Crosses()]
    async with app.run_test(size=(20, 6)):
        assert screen(app) == ["x" * 20] * 6


def test_textuals_own_greys_go_when_there_must_be_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app: App[None] = App()
    assert any(isinstance(found, Monochrome | NoColor) for found in app._filters)
    install(app, colour=False, ascii_only=True)
    assert [type(found) for found in app._filters] == [NoColour, Ascii]


@pytest.mark.parametrize("theme", ["textual-dark", "ansi-light"])
def test_without_colours_no_colour_code_reaches_the_terminal(theme: str) -> None:
    written = in_terminal("none", "any", theme, NO_COLOR="1")
    assert colour_codes(written) == set()
    assert b"\x1b[7m" in written
    assert "┏".encode() in written


def test_with_colours_they_do() -> None:
    assert {b"38", b"48"} <= colour_codes(in_terminal("colour", "any", "textual-dark"))


def test_in_ascii_no_byte_above_127_reaches_the_terminal() -> None:
    written = in_terminal("colour", "ascii", "textual-dark")
    assert written.isascii()
    assert b"Title" in written
    assert b"=====" in written


def colour_codes(written: bytes) -> set[bytes]:
    """Return the numbers of the sequences that set a colour."""
    numbers = {n for codes in re.findall(rb"\x1b\[([0-9;:]*)m", written) for n in re.split(b"[;:]", codes)}
    return {n for n in numbers if re.fullmatch(rb"[34]\d|9\d|10\d", n)}


def in_terminal(*arguments: str, **environment: str) -> bytes:
    """Return all that the program writes to a terminal of its own."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 80, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR" and not k.startswith("TEXTUAL")}
    set_here = {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    with subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, env=clean | set_here | environment, start_new_session=True
    ) as process:
        os.close(its)
        written = _all_from(ours, process, until=time.monotonic() + 30)
    os.close(ours)
    assert process.returncode == 0, written.decode(errors="replace")
    assert b"\x1b[?1049l" in written
    return written


def _all_from(terminal: int, process: subprocess.Popen[bytes], *, until: float) -> bytes:
    written = b""
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                written += os.read(terminal, 65_536)
            except OSError:  # the other end is closed
                return written
        elif process.poll() is not None:
            return written
    process.kill()
    return written


def _is_reversed(app: App[None], y: int) -> bool:
    segments = list(app.screen._compositor.render_strips()[y])
    return any(segment.style is not None and bool(segment.style.reverse) for segment in segments)
