"""What is tried with the keys of lists: kept filters, matches, columns, decisions beside each other."""

from collections.abc import Awaitable, Callable, Mapping

from stonks_tui.screens.columns_dialog import ColumnsDialog
from stonks_tui.screens.list_screen import ListScreen
from stonks_tui.view_models.kept_lists import PLAIN_LIST
from stonks_tui.view_models.text import plain
from tests.support.terminal import Seen


def listed(seen: Seen) -> ListScreen:
    """Return the screen that is up, which has a list."""
    found = seen.app.screen
    assert isinstance(found, ListScreen)
    return found


def cells(seen: Seen, key: str) -> list[str]:
    """Return what stands in one column, row by row."""
    view = listed(seen).table().view
    place = [column.key for column in view.columns].index(key)
    return [plain(row.cells[place]).split()[0] for row in view.rows]


async def seek(seen: Seen, text: str) -> None:
    """Type a filter in place of the one that is there."""
    await seen.press("slash", "ctrl+u")
    await seen.type(f"/{text}")
    await seen.press("enter")


def _sought(seen: Seen) -> str:
    """Return a ticker that is on some rows, but not on the first."""
    tickers = cells(seen, "ticker")
    return next(ticker for ticker in tickers[2:] if ticker != tickers[0])


async def next_match(seen: Seen, key: str) -> None:
    listed(seen).sought = ""
    await seen.press(key)
    assert seen.said == ["nothing was sought yet; / types what"]
    wanted = _sought(seen)
    await seek(seen, wanted)
    await seen.press("escape", "g", key)
    place = listed(seen).table().position[0] - 1
    assert place == cells(seen, "ticker").index(wanted) > 0


async def previous_match(seen: Seen, key: str) -> None:
    wanted = _sought(seen)
    await seek(seen, wanted)
    await seen.press("escape", "g")
    listed(seen).table().go_to(listed(seen).table().view.rows[-1].key)
    await seen.idle()
    await seen.press(key)
    tickers, place = cells(seen, "ticker"), listed(seen).table().position[0] - 1
    assert tickers[place] == wanted
    await seen.press("g")


async def keep_tab(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert seen.said == ["there is no filter to keep; / types one"]
    wanted = _sought(seen)
    await seek(seen, wanted)
    count = len(cells(seen, "ticker"))
    await seen.press(key)
    assert f"[{wanted} {count}]" in seen.text
    await seen.press("V", "escape")


async def drop_tab(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert seen.said == ["this filter is not kept; ( and ) go through those that are"]
    wanted = _sought(seen)
    await seek(seen, wanted)
    await seen.press("v", key)
    assert listed(seen).left.tabs == ()
    assert f"[{wanted}" not in seen.text
    await seen.press("escape")


async def next_tab(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert seen.said == ["no filter is kept yet; v keeps the one that is on"]
    one = _sought(seen)
    two = next(ticker for ticker in cells(seen, "ticker") if ticker != one)
    for wanted in (one, two):
        await seek(seen, wanted)
        await seen.press("v")
    await seen.press("escape")
    went = []
    for _ in range(3):
        await seen.press(key)
        went.append(listed(seen).wanted)
    assert went == [one, two, ""]
    listed(seen).left = PLAIN_LIST


async def previous_tab(seen: Seen, key: str) -> None:
    wanted = _sought(seen)
    await seek(seen, wanted)
    await seen.press("v", "escape", key)
    assert listed(seen).wanted == wanted
    assert set(cells(seen, "ticker")) == {wanted}
    await seen.press(key)
    assert listed(seen).wanted == ""
    listed(seen).left = PLAIN_LIST


async def columns(seen: Seen, key: str) -> None:
    name = "confidence"
    assert name in [column.key for column in listed(seen).table().view.columns]
    screen = listed(seen)
    await seen.press(key)
    assert isinstance(seen.app.screen, ColumnsDialog)
    place = [column.key for column in screen.columns()].index(name)
    await seen.press(*["j"] * place, "space")
    assert "[ ]  Conf" in seen.text
    await seen.press("escape")
    assert name not in [column.key for column in listed(seen).table().view.columns]
    assert seen.app.kept.list_of(screen.list_name()).hidden == (name,)
    await seen.press(key, *["j"] * place, "space", "escape")
    assert name in [column.key for column in listed(seen).table().view.columns]


async def flip(seen: Seen, key: str) -> None:
    await seek(seen, "low_confidence")
    await seen.press(key)
    assert "What if · " in seen.text
    assert "min_confidence from" in seen.text
    await seen.press(key)
    assert "Trace · " in seen.text
    await seen.press("escape")


async def beside(seen: Seen, key: str) -> None:
    first, second, *_ = (row.key for row in listed(seen).table().view.rows)
    await seen.press(key)
    assert len(seen.said) == 1
    await seen.press("j")
    assert f"Side by side · {first} and {second}" in seen.text
    assert "! decision" in seen.text
    await seen.press(key)
    assert "Side by side" not in seen.text


LIST_TRIES: Mapping[str, Callable[[Seen, str], Awaitable[None]]] = {
    "next_match": next_match,
    "previous_match": previous_match,
    "keep_tab": keep_tab,
    "drop_tab": drop_tab,
    "next_tab": next_tab,
    "previous_tab": previous_tab,
    "columns": columns,
    "flip": flip,
    "beside": beside,
}
