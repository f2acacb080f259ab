"""Keys: each one of the table of commands does what its help says, on every screen that offers it."""

import csv
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import patch

import pytest
import textual

from engine.model.trade_questions import EVERY_TRADE, TradeOrder
from engine.model.views import EVERY_DECISION
from stonks_tui.screens.backtest import BacktestScreen
from stonks_tui.screens.dialogs import TextDialog
from stonks_tui.screens.list_screen import ListScreen
from stonks_tui.screens.run_form import RunFormDialog
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.version import __version__
from stonks_tui.view_models.command import DEMO, ENGINE, LISTS
from stonks_tui.view_models.commands import COMMANDS, LIST_SCREENS, SCREENS, of_screen
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.prompt import Prompt
from stonks_tui.widgets.row_table import RowTable
from tests.support.terminal import DAYS, Seen, shown
from tests.tui.list_tries import LIST_TRIES
from tests.tui.setting_tries import SETTING_TRIES
from tests.tui.told_tries import TOLD_TRIES, nobody_is_told

Try = Callable[[Seen, str], Awaitable[None]]
LAST = DAYS - 1


def screen(seen: Seen) -> RunScreen:
    found = seen.app.screen
    assert isinstance(found, RunScreen)
    return found


def listed(seen: Seen) -> ListScreen:
    found = seen.app.screen
    assert isinstance(found, ListScreen)
    return found


def table(seen: Seen) -> RowTable:
    return screen(seen).query_one(RowTable)


def tickers(seen: Seen) -> list[str]:
    view = table(seen).view
    place = [column.key for column in view.columns].index("ticker")
    return [plain(row.cells[place]).split()[0] for row in view.rows]


def place(seen: Seen) -> int:
    assert seen.app.scope is not None
    return seen.app.scope.place


def turned(seen: Seen) -> str:
    return screen(seen).turned().id or ""


async def _goes_to(seen: Seen, key: str, name: str) -> None:
    await seen.press(key)
    assert name == screen(seen).NAME
    number = [s.name for s in SCREENS].index(name) + 1
    assert f"[{number} {SCREENS[number - 1].short}]" in seen.lines[1]


def _screen_command(name: str) -> Try:
    async def go(seen: Seen, key: str) -> None:
        await _goes_to(seen, key, name)

    return go


async def last_screen(seen: Seen, key: str) -> None:
    here = screen(seen).NAME
    other = "decisions" if here != "decisions" else "positions"
    await seen.press("3" if other == "decisions" else "2", key)
    assert here == screen(seen).NAME
    await seen.press(key)
    assert other == screen(seen).NAME


async def back(seen: Seen, key: str) -> None:
    first = turned(seen)
    await seen.press("tab", "z")
    assert screen(seen).has_class("-zoomed")
    assert turned(seen) != first
    await seen.press(key)
    assert not screen(seen).has_class("-zoomed")
    assert turned(seen) != first
    await seen.press(key)
    assert turned(seen) == first


async def next_pane(seen: Seen, key: str) -> None:
    names = [panel.id for panel in screen(seen).panels()]
    went = []
    for _ in names:
        await seen.press(key)
        went.append(turned(seen))
        assert screen(seen).turned().content.has_focus
    assert went == [*names[1:], names[0]]


async def previous_pane(seen: Seen, key: str) -> None:
    names = [panel.id for panel in screen(seen).panels()]
    went = []
    for _ in names:
        await seen.press(key)
        went.append(turned(seen))
    assert went == names[::-1]


async def zoom(seen: Seen, key: str) -> None:
    panels = screen(seen).panels()
    before = [panel.size for panel in panels]
    for one in panels:
        await seen.press(key)
        assert [p.id for p in panels if p.size.area] == [one.id] == [turned(seen)]
        assert one.outer_size == (80, 24 - 3)
        await seen.press(key)
        assert [panel.size for panel in panels] == before
        await seen.press("tab")


def _steps(start: int, *wanted: int) -> Try:
    async def go(seen: Seen, key: str) -> None:
        seen.app.go_to_day(start)
        await seen.idle()
        for to in wanted:
            await seen.press(key)
            assert place(seen) == to
            assert seen.app.scope is not None
            assert seen.app.scope.has_positions
            day = seen.app.scope.days[to].on
            where = "end" if to == LAST else f"day {to + 1} of {DAYS}"
            assert seen.lines[0].endswith(f"{day} {where}")

    return go


async def needs_you(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert screen(seen).NAME == "overview"
    assert turned(seen) == "needs"
    assert screen(seen).turned().content.has_focus


async def command_line(seen: Seen, key: str) -> None:
    here = screen(seen).NAME
    await seen.press(key)
    prompt = screen(seen).query_one(Prompt)
    assert seen.app.focused is prompt
    assert seen.lines[-1] == ":"
    await seen.press(*"q2d")
    assert seen.lines[-1] == ":q2d"
    assert here == screen(seen).NAME
    await seen.press("escape")
    assert seen.app.focused is not prompt
    assert "? help" in seen.lines[-1]
    assert screen(seen).turned().content.has_focus


async def diagnostics(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert isinstance(seen.app.screen, TextDialog)
    text = "\n".join(plain(text) for text in seen.app.screen._text.lines)
    for words in (textual.__version__, __version__, str(seen.app.data_dir), "2, completed", "80x24"):
        assert f"  {words}\n" in text or f"  {words}/" in text
    await seen.press("escape")
    assert isinstance(seen.app.screen, RunScreen)


async def show_help(seen: Seen, key: str) -> None:
    here = screen(seen).NAME
    await seen.press(key)
    assert isinstance(seen.app.screen, TextDialog)
    text = "\n".join(plain(text) for text in seen.app.screen._text.lines)
    helps = {text.strip().partition("  ")[2].lstrip().partition("  ")[0] for text in text.splitlines()}
    assert {command.help for command in of_screen(here)} <= helps
    for closing in ("question_mark", "q", "enter", "escape"):
        await seen.press(closing)
        assert here == screen(seen).NAME
        if closing != "escape":
            await seen.press(key)


async def leave(seen: Seen, key: str) -> None:
    ended: list[object] = []
    with patch.object(seen.app, "exit", ended.append):
        await seen.press(key)
    assert ended == [0]


async def filter_(seen: Seen, key: str) -> None:
    one = tickers(seen)[0]
    await seen.press(key)
    assert seen.lines[-1] == "/"
    await seen.type(one.casefold())
    await seen.press("enter")
    assert set(tickers(seen)) == {one}
    assert f"/{one.casefold()}" in seen.lines[2]
    await seen.press("escape")
    assert len(set(tickers(seen))) > 1
    assert f"/{one.casefold()}" not in seen.lines[2]


async def sort(seen: Seen, key: str) -> None:
    if screen(seen).NAME == "decisions":
        before = tickers(seen)
        await seen.press(key)
        assert seen.said == ["decisions stay in the order of time; / chooses among them"]
        assert tickers(seen) == before
        return
    own = tickers(seen)
    for column in listed(seen).columns():
        await seen.press(key)
        assert f"by {column.heading}" in seen.lines[2]
        if column.key == "ticker":
            assert tickers(seen) == sorted(own) != own
    await seen.press(key)
    assert tickers(seen) == own


async def copy(seen: Seen, key: str) -> None:
    await seen.press("j", key)
    cells = seen.app.clipboard.split("\t")
    row = table(seen).view.rows[1]
    assert cells == [plain(cell).strip() for cell in row.cells]
    assert seen.said == ["the row is copied"]


async def export(seen: Seen, key: str) -> None:
    await seen.press(key)
    path = seen.app.data_dir / "exports" / f"run-2-{screen(seen).NAME}.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    read = tickers(seen)
    assert [row["ticker"] for row in rows][: len(read)] == read
    assert len(rows) == (await screen(seen).feed.count_decisions(2, EVERY_DECISION) if len(read) == 200 else len(read))
    assert list(rows[0]) == [column.key for column in listed(seen).columns()]
    (said,) = seen.said
    assert said == f"{len(rows):,} rows are in {path}"


async def trades(seen: Seen, key: str) -> None:
    held = tickers(seen)
    closed = (await screen(seen).feed.trade_page(2, EVERY_TRADE, TradeOrder.CLOSED, limit=1000)).trades
    assert 50 < len(closed) < 200
    await seen.press(key)
    assert f"Closed trades · {len(closed)}" in seen.lines[2]
    assert tickers(seen) == [t.ticker for t in closed]
    assert [plain(row.cells[0]) for row in table(seen).view.rows] == sorted(
        (plain(row.cells[0]) for row in table(seen).view.rows), reverse=True
    )
    await seen.press(key)
    assert tickers(seen) == held


async def opening(seen: Seen, key: str) -> None:
    await seen.press("j")
    wanted, ticker = table(seen).row_key, tickers(seen)[1]
    await seen.press(key)
    assert screen(seen).NAME == "decisions"
    assert table(seen).row_key == wanted
    assert f"Trace · {ticker} {wanted}" in seen.text
    assert f"ACT {ticker} entry  {wanted}" in seen.text


async def acts_only(seen: Seen, key: str) -> None:
    def outcomes() -> set[str]:
        return {plain(row.cells[1]).strip() for row in table(seen).view.rows}

    assert outcomes() == {"ACT", "SKIP"}
    await seen.press(key)
    assert outcomes() == {"ACT"}
    await seen.press(key)
    assert outcomes() == {"ACT", "SKIP"}


async def window(seen: Seen, key: str) -> None:
    titles = []
    for _ in range(4):
        await seen.press(key)
        titles.append(str(screen(seen).query_one("#equity").border_title).replace("\\", ""))
    windows = ("[7d] 30d 1y all", "7d [30d] 1y all", "7d 30d [1y] all", "7d 30d 1y [all]")
    assert titles == [f"P&L · {words}" for words in windows]


async def equity_window(seen: Seen, key: str) -> None:
    titles = []
    for _ in range(4):
        await seen.press(key)
        titles.append(str(screen(seen).query_one("#equity").border_title))
    shown = [title[title.index("[") + 1 : title.index("]")] for title in titles]
    assert shown == ["1d", "7d", "30d", "all"]


async def day_decisions(seen: Seen, key: str) -> None:
    await seen.press("left_square_bracket", "left_square_bracket")
    assert seen.app.scope is not None
    day = seen.app.scope.days[LAST - 2].on
    await seen.press(key)
    assert screen(seen).NAME == "decisions"
    assert f"/on:{day}" in seen.lines[2]
    assert {plain(row.cells[0])[:8] for row in table(seen).view.rows} == {f"{day:%y-%m-%d}"}


async def new_run(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert isinstance(seen.app.screen, RunFormDialog)
    await seen.press("escape")
    assert screen(seen).NAME == "backtest"


async def again(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert isinstance(seen.app.screen, RunFormDialog)
    assert seen.app.screen.form.value("data") == "demo 7"
    assert seen.app.screen.form.value("tier") == "aggressive"
    await seen.press("escape", "j", key)
    assert isinstance(seen.app.screen, RunFormDialog)
    assert seen.app.screen.form.value("tier") == "moderate"
    await seen.press("escape")


async def mark(seen: Seen, key: str) -> None:
    found = screen(seen)
    assert isinstance(found, BacktestScreen)
    await seen.press(key)
    assert found.marked == {2}
    assert table(seen).row_key == "1"
    assert "1 marked" in seen.lines[2]
    assert "*>" in seen.lines[4]
    await seen.press("k", key)
    assert found.marked == frozenset()


async def compare(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert seen.said == ["m marks the runs to compare, from two to 5; marked: 0"]
    await seen.press("m", "m", key)
    assert "Comparison · 1 and 2" in seen.text
    assert "bolder" in seen.text
    assert turned(seen) == "detail"


async def cancel_run(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert seen.said == ["no run is being made"]  # tests/tui/test_launch.py cancels one


TRIES: dict[str, Try] = {
    **LIST_TRIES,
    **SETTING_TRIES,
    **TOLD_TRIES,
    **{f"screen_{s.name}": _screen_command(s.name) for s in SCREENS},
    "last_screen": last_screen,
    "back": back,
    "next_pane": next_pane,
    "previous_pane": previous_pane,
    "zoom": zoom,
    "previous_day": _steps(50, 49),
    "next_day": _steps(LAST - 1, LAST, LAST),
    "previous_month": _steps(30, 9, 0),
    "next_month": _steps(130, 151, LAST),
    "first_day": _steps(100, 0),
    "last_day": _steps(100, LAST),
    "needs_you": needs_you,
    "command_line": command_line,
    "diagnostics": diagnostics,
    "help": show_help,
    "quit": leave,
    "filter": filter_,
    "sort": sort,
    "copy": copy,
    "export": export,
    "trades": trades,
    "opening": opening,
    "acts_only": acts_only,
    "window": window,
    "equity_window": equity_window,
    "day_decisions": day_decisions,
    "new_run": new_run,
    "again": again,
    "mark": mark,
    "compare": compare,
    "cancel_run": cancel_run,
}


def test_every_command_with_a_key_is_tried_here() -> None:
    elsewhere = {ENGINE, DEMO}  # test_live_app
    assert set(TRIES) == {command.name for command in COMMANDS if command.keys and command.place not in elsewhere}


async def anew(seen: Seen, where: str) -> None:
    """Look at `where` on the last day, with nothing left of what was tried before."""
    while not isinstance(seen.app.screen, RunScreen):
        await seen.press("escape")
    filtered = [seen.app.get_screen(name, ListScreen) for name in LIST_SCREENS]
    was_filtered = any(found.wanted for found in filtered)
    for found in filtered:
        found.wanted = ""
    seen.app.get_screen("backtest", BacktestScreen).marked = frozenset()
    if where != screen(seen).NAME:
        await seen.press(str([s.name for s in SCREENS].index(where) + 1))
    here = screen(seen)
    here.remove_class("-zoomed")
    if seen.app.scope is not None and not seen.app.scope.is_last:
        seen.app.go_to_day(LAST)
    elif was_filtered:
        here.show(seen.app.scope)
    await seen.press("escape", *("g" for _ in here.query(RowTable)))
    seen.said.clear()


@pytest.mark.parametrize("where", [s.name for s in SCREENS])
async def test_each_key_does_what_its_help_says(
    where: str, two: Path, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    async with shown(two, tmp_path, size=(80, 24), screen=where) as seen:
        for command in of_screen(where):
            for key in command.keys:
                with subtests.test(command.name, key=key):
                    await anew(seen, where)
                    is_of_nobody = where == "notifications" and command.place == LISTS
                    await (nobody_is_told if is_of_nobody else TRIES[command.name])(seen, key)
