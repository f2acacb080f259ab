"""Cast: how does a terminal come to show one frame after the other? Written down as asciinema does, version 2."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from screenshots.frames import Frame, Look, Row, pieces

_CLEARED = "\x1b[?25l\x1b[0m\x1b[2J"
"""No cursor, no letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A frame that is seen for `seconds`, and what a person should know of it."""

    frame: Frame
    seconds: float
    caption: str


def written(shots: Sequence[Shot], title: str) -> str:
    """Return the cast of `shots`, lines of JSON: a header, then what a terminal is sent when; captions are marks."""
    frame = shots[0].frame
    seconds = round(sum(shot.seconds for shot in shots), 3)
    header = {"version": 2, "width": len(frame[0]), "height": len(frame), "duration": seconds, "title": title}
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *_events(shots)))


def _events(shots: Sequence[Shot]) -> Iterator[tuple[float, str, str]]:
    at, before, caption = 0.0, None, ""
    for shot in shots:
        yield round(at, 3), "o", changes(before, shot.frame)
        if shot.caption != caption:
            yield round(at, 3), "m", shot.caption
        at, before, caption = at + shot.seconds, shot.frame, shot.caption
    yield round(at, 3), "o", ""


def changes(before: Frame | None, after: Frame) -> str:
    """Return what makes a terminal that shows `before` (None: anything) show `after`."""
    if before is None:
        return _CLEARED + "".join(_row(y, 0, row) for y, row in enumerate(after))
    return "".join(_changed(y, *rows) for y, rows in enumerate(zip(before, after, strict=True)))


def _changed(y: int, before: Row, after: Row) -> str:
    other = [x for x, cells in enumerate(zip(before, after, strict=True)) if cells[0] != cells[1]]
    return _row(y, other[0], after[other[0] : other[-1] + 1]) if other else ""


def _row(y: int, x: int, row: Row) -> str:
    return f"\x1b[{y + 1};{x + 1}H" + "".join(f"\x1b[{_codes(p.look)}m{p.text}" for p in pieces(row)) + "\x1b[0m"


def _codes(look: Look) -> str:
    on = (("1", look.is_bold), ("3", look.is_italic), ("4", look.is_underlined))
    shape = [code for code, is_on in on if is_on]
    return ";".join(["0", *shape, f"38;2;{_numbers(look.ink)}", f"48;2;{_numbers(look.ground)}"])


def _numbers(colour: str) -> str:
    return ";".join(str(part) for part in bytes.fromhex(colour[1:]))
