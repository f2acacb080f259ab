"""Film: a picture that moves, by CSS alone: frames lie beside each other, and one after the other is in the window.

Nobody has to click and nothing is fetched, so it moves in a README too. A row that is in several frames is drawn once.
"""

import html
from collections.abc import Iterator, Sequence
from itertools import accumulate

from screenshots.cast import Shot
from screenshots.frames import GROUND, Look, Row, pieces
from screenshots.svg import alike

CELL, LINE = 8.4, 17
"""Width and height of a cell; letters are 14 high."""
_ASCENT = 13
_EDGE, _BELOW = 10, 30
_STYLE = (
    "text{font:14px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}"
    ".b{font-weight:bold}.i{font-style:italic}.u{text-decoration:underline}"
)


def drawn(shots: Sequence[Shot], poster: int = 0) -> str:
    """Return the SVG of `shots`. Where nothing moves, the frame `poster` is seen."""
    book = _Rows()
    wide, high = len(shots[0].frame[0]) * CELL, len(shots[0].frame) * LINE
    film = "".join(_frame(book, shot, number * wide, high) for number, shot in enumerate(shots))
    size = f"{wide + 2 * _EDGE:g} {high + _EDGE + _BELOW:g}"
    inner = f'x="{_EDGE}" y="{_EDGE}" width="{wide:g}" height="{high + _BELOW - _EDGE:g}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" xml:space="preserve">',
            f"<style>{_STYLE}{book.inks}{_keyframes(shots, wide)}</style>",
            f"<defs>{book.drawn}</defs>",
            f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
            f'<svg {inner}><g id="film" transform="translate({-poster * wide:g})">{film}</g></svg>',
            "</svg>\n",
        )
    )


def _keyframes(shots: Sequence[Shot], wide: float) -> str:
    begins = accumulate((shot.seconds for shot in shots), initial=0.0)
    whole = sum(shot.seconds for shot in shots)
    steps = "".join(
        f"{at / whole:.4%}{{transform:translateX({-number * wide:g}px)}}"
        for number, at in zip(range(len(shots)), begins, strict=False)
    )
    moves = f"#film{{animation:play {whole:g}s step-end infinite}}"
    return f"@keyframes play{{{steps}}}@media (prefers-reduced-motion:no-preference){{{moves}}}"


def _frame(book: "_Rows", shot: Shot, x: float, high: float) -> str:
    rows = "".join(_use(book.name(row), y) for y, row in enumerate(shot.frame))
    caption = html.escape(shot.caption, quote=False)
    below = f'<text x="{CELL:g}" y="{high + 17:g}" fill="#7dcfff">{caption}</text>'
    return f'<g class="frame" transform="translate({x:g})">{rows}{below}</g>\n'


def _use(name: str, y: int) -> str:
    return f'<use href="#{name}" y="{y * LINE + _ASCENT}"/>' if name else ""


class _Rows:
    """Every row that was asked for, once, and every colour of letters."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._inks: dict[str, str] = {}

    def name(self, row: Row) -> str:
        """Return the name under which `row` is drawn, empty when there is nothing to draw."""
        shapes = "".join(self._shapes(row))
        return self._names.setdefault(shapes, f"r{len(self._names)}") if shapes else ""

    @property
    def drawn(self) -> str:
        """All rows."""
        return "\n".join(f'<g id="{name}">{shapes}</g>' for shapes, name in self._names.items())

    @property
    def inks(self) -> str:
        """The colours as CSS."""
        return "".join(f".{name}{{fill:{ink}}}" for ink, name in self._inks.items())

    def _shapes(self, row: Row) -> Iterator[str]:
        for piece in pieces(row):
            if piece.look.ground != GROUND:
                wide = len(piece.text) * CELL
                place = f'x="{piece.at * CELL:g}" y="{-_ASCENT}" width="{wide:g}" height="{LINE}"'
                yield f'<rect {place} fill="{piece.look.ground}"/>'
        for piece in pieces(row):
            for at, text in alike(piece.text):
                length = f' textLength="{len(text) * CELL:g}"' if len(text) > 1 else ""
                kind, x = self._class(piece.look), (piece.at + at) * CELL
                yield f'<text class="{kind}" x="{x:g}"{length}>{html.escape(text, quote=False)}</text>'

    def _class(self, look: Look) -> str:
        ink = self._inks.setdefault(look.ink, f"c{len(self._inks)}")
        shape = (("b", look.is_bold), ("i", look.is_italic), ("u", look.is_underlined))
        return " ".join([ink, *(name for name, is_so in shape if is_so)])
