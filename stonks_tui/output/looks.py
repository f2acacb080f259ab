"""Looks: how does a cell look, and which codes lead from one look to another?"""

from dataclasses import dataclass
from functools import lru_cache

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29"}
"""What ends an attribute. Of others, which are rare, all is reset."""
_UNSEEN_ON_BLANKS = frozenset({"1", "2", "3"})
_OWN_INK, _OWN_GROUND = "39", "49"
_INKS = frozenset(str(code) for code in (*range(30, 38), *range(90, 98)))
_GROUNDS = frozenset(str(code) for code in (*range(40, 48), *range(100, 108)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """A cell's look. There is one object for each: they are compared by identity.

    `codes` are those of attributes, `ink` and `ground` those of its colours, empty for the terminal's own; `link` is
    what opens its hyperlink. Two looks with the same `on_blank` cannot be told apart on a blank.
    """

    codes: tuple[str, ...]
    ink: str
    ground: str
    link: str
    on_blank: str


@lru_cache(4096)
def look(sgr: str, link: str = "") -> Look:
    """Return the look that the codes `sgr` (as `1;38;5;7`) lead to from a plain one."""
    codes, ink, ground = [], "", ""
    parts = sgr.split(";") if sgr else []
    while parts:
        size = (5 if parts[1:2] == ["2"] else 3) if parts[0] in ("38", "48") else 1
        found, parts = ";".join(parts[:size]), parts[size:]
        if found == _OWN_INK or found in _INKS or found[:3] == "38;":
            ink = "" if found == _OWN_INK else found
        elif found == _OWN_GROUND or found in _GROUNDS or found[:3] == "48;":
            ground = "" if found == _OWN_GROUND else found
        else:
            codes.append(found)
    seen = link or not _UNSEEN_ON_BLANKS.issuperset(codes)
    on_blank = f"{';'.join(codes)}|{ink}|{ground}|{link}" if seen else ground
    return Look(codes=tuple(codes), ink=ink, ground=ground, link=link, on_blank=on_blank)


PLAIN = look("")


def look_of(style: Style | None, colours: ColorSystem) -> Look:
    """Return how `style` looks on a terminal of so many `colours`."""
    if style is None:
        return PLAIN
    sgr = style._ansi
    if sgr is None:
        sgr = Strip.render_ansi(style, colours)
    if style._link:
        return look(sgr, f"\x1b]8;id={style._link_id};{style._link}\x1b\\")
    return look(sgr)


@lru_cache(8192)
def change(old: Look, new: Look) -> str:
    """Return the shortest codes that make of the look `old` the look `new`."""
    fresh = ["0", *_all_of(new)] if _all_of(new) else [""]
    codes = min((step for step in (_step(old, new), fresh) if step is not None), key=_length)
    link = "" if old.link == new.link else new.link or "\x1b]8;;\x1b\\"
    return f"{link}\x1b[{';'.join(codes)}m" if codes else link


def _step(old: Look, new: Look) -> list[str] | None:
    """Return the codes from `old` to `new` without a reset, or None when one is needed."""
    gone = [code for code in old.codes if code not in new.codes]
    if any(code not in _OFF for code in gone):
        return None
    ended = list(dict.fromkeys(_OFF[code] for code in gone))
    codes = ended + [code for code in new.codes if code not in old.codes or _OFF.get(code) in ended]
    if old.ink != new.ink:
        codes.append(new.ink or _OWN_INK)
    if old.ground != new.ground:
        codes.append(new.ground or _OWN_GROUND)
    return codes


def _all_of(found: Look) -> list[str]:
    return [*found.codes, *(code for code in (found.ink, found.ground) if code)]


def _length(codes: list[str]) -> int:
    return sum(map(len, codes)) + len(codes)
