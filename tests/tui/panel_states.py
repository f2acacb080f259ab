"""Panel states: a screen at each size in one state, as letters, and without colours or letters beyond ASCII."""

from collections.abc import Collection

from rich.segment import Segment
from syrupy.assertion import SnapshotAssertion
from textual.color import Color

from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.widgets.output_filters import Ascii, NoColour
from stonks_tui.widgets.panel import PanelState
from tests.support.terminal import SIZES, Seen


async def compared(seen: Seen, key: str, states: Collection[PanelState], snapshot: SnapshotAssertion) -> None:
    """Compare the screen behind `key` at each size; each pane is in one of `states`, some in the first of them."""
    await seen.press(key)
    for size in SIZES:
        await seen.resize(*size)
        screen = seen.app.screen
        assert isinstance(screen, RunScreen)
        found = {panel.state for panel in screen.panels()}
        assert found <= set(states)
        assert next(iter(states)) in found
        assert all(len(text) <= size[0] for text in seen.lines)
        assert seen.text == snapshot(name=f"{size[0]}x{size[1]}")
        painted = _bare(seen)
        assert "".join(segment.text for segment in painted).isascii()
        assert not [s for s in painted if s.style and (s.style.color or s.style.bgcolor)]


def _bare(seen: Seen) -> list[Segment]:
    """Return what is painted with NO_COLOR and --ascii."""
    strips, background = seen.app.screen._compositor.render_strips(), Color.parse("#14161b")
    painted = [segment for strip in strips for segment in strip]
    assert any(segment.style and segment.style.color for segment in painted)  # there is something to take away
    return Ascii().apply(NoColour().apply(painted, background), background)
