"""Painted lines: cut to the width, repainted only where they changed, scrolled by keys."""

from textual.strip import Strip

from stonks_tui.view_models.text import Line, Mood, line
from stonks_tui.widgets.lines import Lines
from tests.tui.small_app import SmallApp, screen


class WatchedLines(Lines):
    """Remembers which lines were painted."""

    painted_lines: list[int]

    def render_line(self, y: int) -> Strip:
        self.__dict__.setdefault("painted_lines", []).append(y)
        return super().render_line(y)


def numbered(count: int, **changed: str) -> list[Line]:
    return [line(changed.get(f"n{n}", f"line {n}")) for n in range(count)]


async def test_a_long_line_is_cut_with_an_ellipsis() -> None:
    async with SmallApp(Lines([line(("a long", Mood.GAIN), " line")])).run_test(size=(8, 3)) as pilot:
        assert screen(pilot.app)[0] == "a long …"


async def test_only_lines_that_changed_are_painted() -> None:
    found = WatchedLines(numbered(5))
    async with SmallApp(found).run_test(size=(20, 6)) as pilot:
        await pilot.pause()
        found.painted_lines.clear()
        found.show(numbered(5, n2="other"))
        await pilot.pause()
        assert found.painted_lines == [2]
        found.show(numbered(6, n2="other"))
        await pilot.pause()
        assert found.painted_lines == [2, 5]
        assert screen(pilot.app) == ["line 0", "line 1", "other", "line 3", "line 4", "line 5"]


async def test_keys_scroll_what_is_longer_than_the_screen() -> None:
    async with SmallApp(Lines(numbered(20), can_focus=True)).run_test(size=(20, 5)) as pilot:
        await pilot.press("tab")
        seen = []
        for key in ("j", "k", "pagedown", "pageup", "G", "g", "down"):
            await pilot.press(key)
            seen.append(screen(pilot.app)[0].split("  ")[0])
        assert seen == ["line 1", "line 0", "line 4", "line 0", "line 15", "line 0", "line 1"]


async def test_marks_at_the_right_say_that_there_is_more() -> None:
    async with SmallApp(Lines(numbered(20), can_focus=True)).run_test(size=(20, 5)) as pilot:
        await pilot.press("tab")
        assert [text[-1:] for text in screen(pilot.app)] == ["0", "1", "2", "3", "▼"]
        await pilot.press("j")
        assert [text[-1:] for text in screen(pilot.app)] == ["▲", "2", "3", "4", "▼"]
        await pilot.press("G")
        assert [text[-1:] for text in screen(pilot.app)] == ["▲", "6", "7", "8", "9"]


async def test_lines_that_become_few_are_all_in_sight() -> None:
    found = Lines(numbered(20), can_focus=True)
    async with SmallApp(found).run_test(size=(20, 5)) as pilot:
        await pilot.press("tab", "G")
        found.show(numbered(3))
        await pilot.pause()
        assert screen(pilot.app) == ["line 0", "line 1", "line 2", "", ""]


async def test_lines_cannot_have_focus_unless_asked_to() -> None:
    async with SmallApp(Lines(numbered(20))).run_test(size=(20, 5)) as pilot:
        await pilot.press("tab", "j")
        assert screen(pilot.app)[0] == "line 0"


async def test_a_height_that_follows_the_content_does() -> None:
    found = Lines(numbered(2))
    found.styles.height = "auto"
    async with SmallApp(found).run_test(size=(20, 9)) as pilot:
        assert found.size.height == 2
        found.show(numbered(4))
        await pilot.pause()
        assert found.size.height == 4
