"""The list with a cursor: what it paints, how little it paints, what it says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.message import Message
from textual.pilot import Pilot
from textual.strip import Strip

from stonks_tui.view_models.tables import TableView
from stonks_tui.widgets.row_table import RowTable
from tests.tui.small_app import SmallApp, row, screen, table


class WatchedTable(RowTable):
    """Remembers which lines were painted and what was said."""

    def __init__(self, view: TableView | None = None) -> None:
        super().__init__(view)
        self.lines_painted: list[int] = []
        self.said: list[tuple[str, str | None]] = []

    def render_line(self, y: int) -> Strip:
        self.lines_painted.append(y)
        return super().render_line(y)

    def post_message(self, message: Message) -> bool:
        if isinstance(message, RowTable.Highlighted | RowTable.Opened):
            self.said.append((type(message).__name__, message.key))
        if isinstance(message, RowTable.NearEnd):
            self.said.append(("NearEnd", None))
        return super().post_message(message)

    def forget(self) -> None:
        self.lines_painted.clear()
        self.said.clear()


@asynccontextmanager
async def shown(view: TableView, size: tuple[int, int] = (40, 8)) -> AsyncIterator[tuple[WatchedTable, Pilot[None]]]:
    found = WatchedTable(view)
    async with SmallApp(found).run_test(size=size) as pilot:
        await pilot.pause()
        found.lines_painted.clear()
        yield found, pilot


async def test_the_heading_stays_while_the_rows_scroll() -> None:
    async with shown(table(*range(100))) as (found, pilot):
        assert screen(pilot.app)[:3] == ["  Ticker   P&L  Note", "› T0       ▲+0  note 0", "  T1       ▲+1  note 1"]
        await pilot.press("G")
        assert screen(pilot.app)[0] == "  Ticker   P&L  Note"
        assert screen(pilot.app)[-1] == "› T99     ▲+99  note 99"
        assert found.position == (100, 100)


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ("j j", "T2"),
        ("down down k", "T1"),
        ("j up up", "T0"),
        ("pagedown", "T7"),
        ("pagedown j pageup", "T1"),
        ("G", "T29"),
        ("end home", "T0"),
        ("G g", "T0"),
        ("G j", "T29"),
    ],
)
async def test_letters_and_plain_keys_move_the_cursor(keys: str, key: str) -> None:
    async with shown(table(*range(30))) as (found, pilot):
        await pilot.press(*keys.split())
        assert found.row_key == key
        assert any(text.startswith(f"› {key} ") for text in screen(pilot.app))


async def test_a_move_of_the_cursor_paints_two_lines() -> None:
    async with shown(table(*range(30))) as (found, pilot):
        await pilot.press("j")
        assert found.lines_painted == [1, 2]


async def test_a_changed_row_is_painted_and_no_other() -> None:
    async with shown(table(*range(30))) as (found, pilot):
        view = table(*range(30))
        found.show(replace(view, rows=(*view.rows[:3], row(3, "▼−3"), *view.rows[4:])))
        await pilot.pause()
        assert found.lines_painted == [4]
        assert "▼−3" in screen(pilot.app)[4]


async def test_equal_rows_paint_nothing() -> None:
    async with shown(table(*range(30))) as (found, pilot):
        found.show(table(*range(30)))
        await pilot.pause()
        assert found.lines_painted == []


async def test_a_page_added_below_the_screen_paints_nothing() -> None:
    async with shown(table(*range(30), has_more=True)) as (found, pilot):
        found.show_more([row(n) for n in range(28, 60)], has_more=False)
        await pilot.pause()
        assert found.lines_painted == []
        assert found.position == (1, 60)


async def test_the_cursor_follows_its_row_and_the_screen_does_not_jump() -> None:
    async with shown(table(*range(50))) as (found, pilot):
        await pilot.press(*["j"] * 20)
        before = screen(pilot.app)
        found.forget()
        found.show(table(*range(60, 65), *range(50)))
        await pilot.pause()
        assert screen(pilot.app) == before
        assert found.row_key == "T20"
        assert found.said == []


async def test_a_cursor_whose_row_is_gone_goes_to_the_next_and_says_so() -> None:
    async with shown(table(*range(9))) as (found, pilot):
        await pilot.press("j", "j")
        found.forget()
        found.show(table(0, 1, 3, 4))
        assert found.said == [("Highlighted", "T3")]
        found.show(table(0))
        found.show(table())
        assert found.row_key is None
        assert found.said[1:] == [("Highlighted", "T0"), ("Highlighted", None)]


async def test_another_list_starts_at_its_top() -> None:
    async with shown(table(*range(50))) as (found, pilot):
        await pilot.press("G")
        found.show(table(*range(50)), keep=False)
        await pilot.pause()
        assert found.row_key == "T0"
        assert screen(pilot.app)[1].startswith("› T0")


async def test_enter_and_a_double_click_open_a_row_and_a_click_chooses_it() -> None:
    async with shown(table(*range(30))) as (found, pilot):
        found.said.clear()
        await pilot.press("enter")
        await pilot.click(offset=(4, 3))
        await pilot.double_click(offset=(4, 5))
        assert [said for said in found.said if said[0] == "Opened"] == [("Opened", "T0"), ("Opened", "T4")]
        assert found.row_key == "T4"
        assert ("Highlighted", "T2") in found.said
        await pilot.click(offset=(4, 0))
        assert found.row_key == "T4"


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async with shown(table(*range(30))) as (found, pilot):
        await pilot._post_mouse_events([_wheel()], offset=(4, 4))
        assert found.scroll_offset.y > 0
        assert found.row_key == "T0"


async def test_the_end_is_announced_once_for_each_page() -> None:
    async with shown(table(*range(30), has_more=True)) as (found, pilot):
        found.forget()
        await pilot.press(*["j"] * 10)
        assert ("NearEnd", None) not in found.said
        await pilot.press("G", "k", "G", "g", "G")
        assert found.said.count(("NearEnd", None)) == 1
        found.show_more([row(n) for n in range(30, 60)], has_more=True)
        await pilot.press("G", "k")
        assert found.said.count(("NearEnd", None)) == 2
        found.show_more([row(n) for n in range(60, 90)], has_more=False)
        await pilot.press("G")
        assert found.said.count(("NearEnd", None)) == 2


async def test_columns_go_when_the_terminal_gets_narrow_and_come_back() -> None:
    async with shown(table(*range(30))) as (_, pilot):
        await pilot.resize_terminal(20, 8)
        await pilot.pause()
        assert screen(pilot.app)[:2] == ["  Ticker   P&L", "› T0       ▲+0"]
        await pilot.resize_terminal(40, 8)
        await pilot.pause()
        assert "Note" in screen(pilot.app)[0]


async def test_the_cursor_stays_in_sight_when_the_terminal_gets_low() -> None:
    async with shown(table(*range(30)), size=(40, 20)) as (_, pilot):
        await pilot.press(*["j"] * 15)
        await pilot.resize_terminal(40, 6)
        await pilot.pause()
        assert any(text.startswith("› T15") for text in screen(pilot.app))


async def test_columns_do_not_get_narrower_while_the_list_stays() -> None:
    async with shown(table(*range(30))) as (found, pilot):
        found.show_more([row(1_000_000)], has_more=False)
        wide = screen(pilot.app)[0]
        found.show(table(*range(30)))
        await pilot.pause()
        assert screen(pilot.app)[0] == wide
        found.show(table(*range(30)), keep=False)
        await pilot.pause()
        assert len(screen(pilot.app)[0]) < len(wide)


async def test_an_empty_list_says_why_in_its_middle() -> None:
    async with shown(table(empty=("No positions.", "Press 3 for decisions."))) as (_, pilot):
        assert screen(pilot.app)[:4] == [
            "  Ticker  P&L  Note",
            "",
            " " * 13 + "No positions.",
            " " * 9 + "Press 3 for decisions.",
        ]
        await pilot.press("j", "G", "enter", "pagedown")


async def test_the_mark_stays_and_the_background_gets_dimmer_without_focus() -> None:
    async with shown(table(*range(5))) as (found, pilot):
        before = _background(found, 1)
        pilot.app.set_focus(None)
        await pilot.pause()
        assert screen(pilot.app)[1].startswith("› ")
        assert len({before, _background(found, 1), _background(found, 2)}) == 3


async def test_another_theme_paints_other_colours() -> None:
    async with shown(table(*range(5))) as (found, pilot):
        before = [found.render_line(y) for y in (1, 2)]
        found.lines_painted.clear()
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert {1, 2} <= set(found.lines_painted)
        assert all(found.render_line(y) != old for y, old in zip((1, 2), before, strict=True))


def _background(found: RowTable, y: int) -> object:
    style = next(iter(found.render_line(y))).style
    assert style is not None
    return (style.bgcolor, style.reverse)


def _wheel() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


async def test_the_newest_row_is_followed_until_somebody_has_the_keys() -> None:
    async with shown(table(2, 1, 0)) as (found, pilot):
        pilot.app.set_focus(None)
        await pilot.pause()
        found.show_newest(table(3, 2, 1, 0))
        assert found.row_key == "T3"
        found.focus()
        await pilot.pause()
        await pilot.press("j")
        found.show_newest(table(4, 3, 2, 1, 0))
        assert found.row_key == "T2"
