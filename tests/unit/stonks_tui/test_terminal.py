"""What the other end can show: colour, a width, a progress line."""

import io

import pytest

from stonks_tui import terminal
from stonks_tui.progress import ProgressLine


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False)],
)
def test_colour_is_for_terminals_that_want_it(
    environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal.has_colour(Terminal()) is coloured
    assert not terminal.has_colour(io.StringIO())


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("500", 120), ("10", 40)])
def test_a_width_is_the_terminal_s_within_reason(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal.width() == width


def test_progress_is_one_line_that_is_wiped_at_the_end() -> None:
    out = Terminal()
    with ProgressLine(out) as line:
        line.tell(1, 4, "reading")
    assert "1/4 reading" in out.getvalue()
    assert "\n" not in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


def test_progress_says_nothing_to_a_pipe() -> None:
    out = io.StringIO()
    with ProgressLine(out) as line:
        line.tell(1, 4, "reading")
    assert out.getvalue() == ""
