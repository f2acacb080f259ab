"""Frames: what is to be seen, what does the terminal show already, and what must be written to make the two equal?

Textual's updates are painted into cells, each over the last; what was sent is remembered. However many updates came
between, the difference is written once.
"""

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from stonks_tui.output.cells import Piece, Row, pieces, written
from stonks_tui.output.looks import look_of


class Frames:
    """The frame that is wanted, and the one that was sent."""

    def __init__(self, colours: ColorSystem) -> None:
        self._colours = colours
        self._wanted: list[Row] = []
        self._sent: list[Row | None] = []
        self._touched: set[int] = set()
        self._cursor: tuple[int, int] | None = None

    def take(self, update: LayoutUpdate | ChopsUpdate) -> None:
        """Want what `update` brings."""
        if isinstance(update, LayoutUpdate):
            self._take_all(update)
        else:
            self._take_parts(update)

    def forget(self) -> None:
        """Take it that nobody knows what the terminal shows: the next frame is written whole."""
        self._sent = [None] * len(self._wanted)
        self._touched = set(range(len(self._wanted)))

    def changes(self, cursor: tuple[int, int]) -> str:
        """Return what makes the terminal show what is wanted, its cursor at the column and row `cursor`.

        Empty when it does already. From then on that counts as sent.
        """
        found: list[Piece] = []
        for y in sorted(self._touched):
            sent, wanted = self._sent[y], self._wanted[y]
            if sent is None or not sent.is_as(wanted):
                found += pieces(sent, wanted, y)
                self._sent[y] = wanted.copy()
        self._touched.clear()
        changes = written(found) if found else ""
        if found or cursor != self._cursor:
            changes += f"\x1b[{cursor[1] + 1};{cursor[0] + 1}H"
        self._cursor = cursor
        return changes

    def _take_all(self, update: LayoutUpdate) -> None:
        region = update.region
        if len(self._wanted) != region.height or len(self._wanted[0].letters) != region.width:
            self._wanted = [Row(region.width) for _ in range(region.height)]
            self.forget()
        for y, strips in enumerate(update.strips):
            x = 0
            for strip in strips:
                x = self._paint(x, y, strip)

    def _take_parts(self, update: ChopsUpdate) -> None:
        for y, start, end in update.spans:
            for ends, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is not None and x <= end and ends > start and x < end:
                    self._paint(x, y, strip if ends <= end else strip.crop(0, end - x))

    def _paint(self, x: int, y: int, strip: Strip) -> int:
        if y >= len(self._wanted):
            return x
        self._touched.add(y)
        put, colours = self._wanted[y].put, self._colours
        for text, style, _ in strip:
            if text:
                x = put(x, text, look_of(style, colours))
        return x
