"""SVG: what is done to a picture of the app before it is kept, so that it looks alike wherever it is looked at?"""

import html
import re
from collections.abc import Iterator

_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_TEXT = re.compile(
    r'<text class="([^"]*)" x="([^"]*)" y="([^"]*)" textLength="([^"]*)" clip-path="([^"]*)">(.*?)</text>'
)
_ALIKE = re.compile(r"[\x20-\x7e\xa0]+|[^\x20-\x7e\xa0]+")
"""Letters that come from one font: bars, arrows and braille dots often come from another."""


def tidied(svg: str) -> str:
    """Return `svg` without the fonts that it would fetch, each letter in the cell where the terminal has it."""
    return _TEXT.sub(_in_pieces, _FONTS.sub("", svg))


def alike(words: str) -> Iterator[tuple[int, str]]:
    """Yield the pieces of `words` whose letters come from one font, and where each begins; blanks around them go."""
    for piece in _ALIKE.finditer(words):
        text = piece[0].strip(" \xa0")
        if text:
            yield piece.start() + piece[0].index(text), text


def _in_pieces(found: "re.Match[str]") -> str:
    """Letters of several fonts are of several widths: what stands in one piece would move what comes after it."""
    kind, x, y, length, clip, escaped = found.groups()
    words = html.unescape(escaped)
    cell = float(length) / len(words)
    pieces = []
    for piece in _ALIKE.finditer(words):
        if piece[0].strip(" \xa0"):
            at, wide = float(x) + piece.start() * cell, len(piece[0]) * cell
            text = html.escape(piece[0], quote=False).replace("\xa0", "&#160;").replace(" ", "&#160;")
            pieces.append(
                f'<text class="{kind}" x="{at:.10g}" y="{y}" textLength="{wide:.10g}" clip-path="{clip}">{text}</text>'
            )
    return "".join(pieces)
