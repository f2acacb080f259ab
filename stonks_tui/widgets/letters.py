"""Letters: which ASCII character stands for one that a poor font or terminal does not have?"""

from functools import lru_cache
from unicodedata import category, normalize

from stonks_tui.view_models.text import cells

UNKNOWN = "?"

# Heavy and double borders stay apart from thin ones: they say what has focus.
_ALIKE = {
    "-": "─┄┅┈┉╌╍╴╶╸╺╼╾–—―−‐‑‒⁃⎺⎻⎼⎽",
    "|": "│┆┇┊┋╎╏╵╷╹╻╽╿▏▕▎▍▌▐⎸⎹┤├",
    "+": "┌┐└┘┬┴┼╭╮╯╰✓✔",
    "#": "┃║┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬█▉▊▋▇▆▓■▪◼▮",
    "=": "━═▄▅▀≡≈",
    "_": "▁▂▃▔",
    ".": "░…·∙⋅․",
    ":": "▒⋮",
    "*": "●•★✱✳∗◆",
    "o": "○◦◯◇□▫☐",
    "^": "▲△↑⇧▴⏶",
    "v": "▼▽↓⇩▾⏷",
    ">": "›»→▶▷▸⇒►≥⟩❯",
    "<": "‹«←◀◁◂⇐◄≤⟨❮",
    "x": "×✗✘✕☒",
    "/": "╱÷⁄∕",
    "\\": "╲",
    "X": "╳",
    "'": "‘’‛′´ˈ",
    '"': "“”„″",
    "~": "∼˜",
    "%": "‰",
    "!": "⚠❗",
    "i": "ℹ",
    "u": "µμ",
    "d": "Δ",
}
_TABLE = {letter: plain for plain, letters in _ALIKE.items() for letter in letters}
_EMPTY_BRAILLE, _FIRST_HALF_FULL = 0x2800, 4
"""Braille cells of at most so many dots are `.`, fuller ones `*`."""


def as_ascii(text: str) -> str:
    """Return `text` in ASCII, as many columns wide."""
    return text if text.isascii() else "".join(map(_letter, text))


@lru_cache(4096)
def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    columns = cells(letter)
    if columns == 0 or category(letter) in {"Cf", "Mn", "Me"}:
        return " " * columns
    known = _TABLE.get(letter) or _of_block(ord(letter))
    if known is None:
        decomposed = normalize("NFKD", letter).encode("ascii", "ignore").decode()
        known = decomposed if decomposed.isprintable() and decomposed else UNKNOWN
    return (known * columns)[:columns] if len(known) < columns else known[:columns]


def _of_block(code: int) -> str | None:
    """Return what stands for a whole block of letters: braille, boxes and blocks that the table does not name."""
    if 0x2800 <= code <= 0x28FF:
        dots = (code - _EMPTY_BRAILLE).bit_count()
        return " " if not dots else "." if dots <= _FIRST_HALF_FULL else "*"
    if 0x2500 <= code <= 0x257F:
        return "+"
    if 0x2580 <= code <= 0x259F:
        return "#"
    return None
