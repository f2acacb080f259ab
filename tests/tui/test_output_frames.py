"""Frames: whatever is painted, left out and forgotten, the terminal shows in the end what Textual would have shown."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from stonks_tui.output.cells import Row
from stonks_tui.output.frames import Frames
from stonks_tui.output.looks import PLAIN, change, look
from tests.support.emulated_terminal import EmulatedTerminal, Worn, worn_after

CONSOLE = Console(color_system="truecolor", force_terminal=True)
COLOURS = [None, Color.from_rgb(1, 2, 3), Color.from_rgb(200, 0, 9), Color.from_ansi(3), Color.parse("default")]
FLAGS = ("bold", "dim", "italic", "underline", "reverse", "strike", "blink", "underline2", "overline")
STYLES = st.one_of(
    st.none(),
    st.builds(
        lambda ink, ground, flags: Style(color=ink, bgcolor=ground) + Style.parse(" ".join(sorted(flags)) or "none"),
        st.sampled_from(COLOURS),
        st.sampled_from(COLOURS),
        st.sets(st.sampled_from(FLAGS), max_size=2),
    ),
)
LETTERS = st.sampled_from(["a", "b", "▲", "⣀", "─", " ", "  ", "     ", "漢", "é", "🙂", "e\N{COMBINING ACUTE ACCENT}"])
SIZES = st.tuples(st.integers(4, 40), st.integers(1, 5))


@st.composite
def strips(draw: st.DrawFn, columns: int) -> Strip:
    """A strip of exactly so many columns."""
    pieces = draw(st.lists(st.tuples(LETTERS, STYLES), max_size=8))
    return Strip([Segment(text, style) for text, style in pieces]).adjust_cell_length(columns)


@dataclass
class Shown:
    """What is painted, as Textual has it: each row in two chops, parted at a column."""

    columns: int
    at: int
    rows: list[list[Strip]]

    def all(self) -> LayoutUpdate:
        return LayoutUpdate(list(self.rows), Region(0, 0, self.columns, len(self.rows)))

    def part(self, y: int, which: int, strip: Strip) -> ChopsUpdate:
        """Paint one chop anew, and return the update that says so."""
        self.rows[y][which] = strip
        starts, ends = [0, self.at], [self.at, self.columns]
        chops: list[dict[int, Strip | None]] = [dict.fromkeys(starts) for _ in self.rows]
        chops[y][starts[which]] = strip
        return ChopsUpdate(chops, [(y, starts[which], ends[which])], [ends for _ in self.rows])


@st.composite
def shown(draw: st.DrawFn) -> Shown:
    """A whole screen."""
    columns, rows = draw(SIZES)
    at = draw(st.integers(1, columns - 1))
    return Shown(columns, at, [[draw(strips(at)), draw(strips(columns - at))] for _ in range(rows)])


@given(data=st.data())
def test_after_frames_drops_and_resizes_the_terminal_shows_what_textual_would_have_shown(data: st.DataObject) -> None:
    seen, frames = data.draw(shown()), Frames(ColorSystem.TRUECOLOR)
    terminal = EmulatedTerminal(seen.columns, len(seen.rows))
    frames.take(seen.all())
    steps = st.sampled_from(["part", "part", "part", "all", "resize", "send", "send", "garbage"])
    for step in data.draw(st.lists(steps, max_size=12)):
        match step:
            case "part":
                y, which = data.draw(st.integers(0, len(seen.rows) - 1)), data.draw(st.integers(0, 1))
                size = seen.columns - seen.at if which else seen.at
                frames.take(seen.part(y, which, data.draw(strips(size))))
            case "all":
                frames.take(seen.all())
            case "resize":
                seen = data.draw(shown())
                terminal.resize(seen.columns, len(seen.rows))
                frames.forget()
                frames.take(seen.all())
            case "garbage":
                terminal.write("\x1b[1;1Hwhat somebody else wrote\x1b[0m")
                frames.forget()
            case "send":
                terminal.write(frames.changes((0, 0)))
    terminal.write(frames.changes((1, 0)))
    reference = EmulatedTerminal(seen.columns, len(seen.rows))
    reference.write(seen.all().render_segments(CONSOLE))
    assert terminal.cells == reference.cells
    assert terminal.cursor == (1, 0)
    assert frames.changes((1, 0)) == ""


SGR = st.lists(
    st.sampled_from([*"12345789", "21", "53", "31", "97", "38;2;1;2;3", "38;5;9", "39", "44", "48;2;1;2;3", "49"]),
    max_size=4,
    unique=True,
).map(";".join)


@given(SGR, SGR)
def test_a_change_of_look_comes_to_the_same_as_the_codes_in_full(old: str, new: str) -> None:
    was, wanted = (worn_after(Worn(), sgr.split(";") if sgr else []) for sgr in (old, new))
    codes = change(look(old), look(new))
    assert len(codes) <= len(f"\x1b[0;{new}m")
    if codes:
        was = worn_after(was, (codes.removeprefix("\x1b[").removesuffix("m") or "0").split(";"))
    assert was == wanted


def row_of(*pieces: tuple[str, Style | None]) -> LayoutUpdate:
    strip = Strip([Segment(text, style) for text, style in pieces])
    return LayoutUpdate([[strip]], Region(0, 0, strip.cell_length, 1))


def after(first: Any, second: Any) -> str:
    """What is written for `second` when `first` is on the screen."""
    frames = Frames(ColorSystem.TRUECOLOR)
    frames.take(first)
    frames.changes((0, 0))
    frames.take(second)
    return frames.changes((0, 0))


def test_one_letter_that_changed_is_all_that_is_written() -> None:
    loss = Style(color="#ff0000")
    written = after(row_of(("price 187.21", loss)), row_of(("price 187.24", loss)))
    assert written == "\x1b[1;12H\x1b[38;2;255;0;0m4\x1b[m\x1b[1;1H"


def test_a_frame_that_looks_the_same_writes_nothing() -> None:
    assert after(row_of(("ab", None), ("   ", Style(color="red"))), row_of(("ab   ", Style(bold=False)))) == ""


def test_letters_between_two_changes_are_written_again_where_a_step_is_no_shorter() -> None:
    near, far = after(row_of(("1abc1", None)), row_of(("2abc2", None))), "abcdefghijkl"
    assert near == "\x1b[1H2abc2\x1b[1;1H"
    assert after(row_of((f"1{far}1", None)), row_of((f"2{far}2", None))) == "\x1b[1H2\x1b[12C2\x1b[1;1H"


@pytest.mark.parametrize(("first", "second"), [("漢ab", "漢ac"), ("abcd", "漢cd"), ("漢cd", "abcd")])
def test_a_row_with_wide_letters_is_written_whole(first: str, second: str) -> None:
    assert after(row_of((first, None)), row_of((second, None))) == f"\x1b[1H{second}\x1b[1;1H"


def test_a_letter_that_is_half_overwritten_leaves_a_blank() -> None:
    row = Row(5)
    row.put(0, "漢字a", PLAIN)
    row.put(1, "xy", PLAIN)
    assert row.letters == [" ", "x", "y", " ", "a"]


def test_of_a_strip_that_is_longer_than_what_changed_no_more_is_taken() -> None:
    frames = Frames(ColorSystem.TRUECOLOR)
    frames.take(row_of(("abcdef", None)))
    frames.changes((0, 0))
    strip = Strip([Segment("ABCDEF")])
    frames.take(ChopsUpdate([{0: strip}], [(0, 0, 2)], [[6]]))
    assert frames.changes((0, 0)) == "\x1b[1HAB\x1b[1;1H"


def test_one_colour_after_the_other_is_written_where_that_is_shorter() -> None:
    red, green = Style(color="#ff0000"), Style(color="#00ff00")
    gap = ("123456", None)
    first = row_of(*[piece for n in range(4) for piece in ((f"{n}", red), gap, (f"{n}", green), gap)])
    second = row_of(*[piece for n in range(4) for piece in ((f"{n + 1}", red), gap, (f"{n + 1}", green), gap)])
    written = after(first, second)
    assert written.count("\x1b[38;2;255;0;0m") == written.count("\x1b[38;2;0;255;0m") == 1
    few = after(row_of(("1", red), ("2", green)), row_of(("3", red), ("4", green)))
    assert few == "\x1b[1H\x1b[38;2;255;0;0m3\x1b[38;2;0;255;0m4\x1b[m\x1b[1;1H"


def test_a_link_is_opened_and_closed() -> None:
    link = Style(link="https://example.org")
    written = after(row_of(("ab", None)), row_of(("a", None), ("b", link)))
    assert written == f"\x1b[1;2H\x1b]8;id={link._link_id};https://example.org\x1b\\b\x1b]8;;\x1b\\\x1b[1;1H"


def test_a_cursor_that_moved_is_moved_and_nothing_else() -> None:
    frames = Frames(ColorSystem.TRUECOLOR)
    frames.take(row_of(("abc", None)))
    frames.changes((0, 0))
    assert frames.changes((2, 0)) == "\x1b[1;3H"
    assert frames.changes((2, 0)) == ""
