"""Emulated terminal: what would somebody see who is sent all that?"""

from typing import Any, NamedTuple, cast

import pyte

_GROUPS = {"22": {"1", "2"}, "23": {"3"}, "24": {"4", "21"}, "25": {"5", "6"}, "27": {"7"}, "28": {"8"}, "29": {"9"}}
_UNSEEN = {"1", "2", "3"}


class Worn(NamedTuple):
    """All that was said of the look of letters: codes, and both colours."""

    codes: frozenset[str] = frozenset()
    ink: str = ""
    ground: str = ""

    def on_blank(self) -> "Worn":
        """Return what of it is seen on a blank."""
        return Worn(ground=self.ground) if self.codes <= _UNSEEN else self


class _Screen(pyte.Screen):
    """A screen that remembers every attribute, as `Worn` in place of the letter's foreground."""

    def select_graphic_rendition(self, *codes: int, **_: Any) -> None:
        worn = worn_after(_worn(self.cursor.attrs), [str(code) for code in codes] or ["0"])
        self.cursor.attrs = self.cursor.attrs._replace(fg=cast(Any, worn))


def worn_after(worn: Worn, codes: list[str]) -> Worn:
    """Return what `codes` make of `worn`."""
    while codes:
        code = codes[0]
        size = (5 if codes[1] == "2" else 3) if code in ("38", "48") else 1
        whole, codes = ";".join(codes[:size]), codes[size:]
        if code == "0":
            worn = Worn()
        elif code in _GROUPS:
            worn = worn._replace(codes=worn.codes - _GROUPS[code])
        elif code == "38" or code in _numbers(30, 37) or code in _numbers(90, 97) or code == "39":
            worn = worn._replace(ink="" if code == "39" else whole)
        elif code == "48" or code in _numbers(40, 47) or code in _numbers(100, 107) or code == "49":
            worn = worn._replace(ground="" if code == "49" else whole)
        else:
            worn = worn._replace(codes=worn.codes | {code})
    return worn


def _numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


class EmulatedTerminal:
    """A terminal of some size; letters past the right edge stay there, as Textual has it."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = _Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self.write("\x1b[?7l")

    def write(self, text: str) -> None:
        """Take what a program writes."""
        self._stream.feed(text)

    def resize(self, columns: int, rows: int) -> None:
        """Be of another size; what is shown is kept as far as it fits."""
        self._screen.resize(rows, columns)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def lines(self) -> list[str]:
        """What stands in its rows."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def cells(self) -> list[list[tuple[str, Worn]]]:
        """Letter and look of each cell, as far as they can be seen."""
        screen = self._screen
        return [[_seen(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def _worn(cell: Any) -> Worn:
    return cell.fg if isinstance(cell.fg, Worn) else Worn()


def _seen(cell: Any) -> tuple[str, Worn]:
    worn = _worn(cell)
    return cell.data, worn.on_blank() if cell.data in (" ", "") else worn
