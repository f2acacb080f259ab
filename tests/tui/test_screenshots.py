"""The pictures: they are what is shown now, and no letter moves another."""

import html
import re
from pathlib import Path

import pytest

from screenshots import make, record, svg

_TEXT = re.compile(r'<text class="[^"]*" x="([^"]*)" y="([^"]*)" textLength="([^"]*)" clip-path="[^"]*">(.*?)</text>')
_CELL = 12.2


def _picture(words: str, *, x: float = 0.0) -> str:
    escaped = html.escape(words, quote=False).replace(" ", "&#160;")
    return f'<text class="r1" x="{x:g}" y="20" textLength="{len(words) * _CELL:g}" clip-path="url(#l)">{escaped}</text>'


async def test_the_pictures_that_are_soon_made_are_what_is_shown_now(tmp_path: Path) -> None:
    """`./stonks pictures --check` looks at all of them."""
    taken = await make.live(make.OF_THE_FIRST_MORNING, tmp_path, make.MORNING)
    taken.append((make.WELCOME.name, await make.welcome()))
    old = [name for name, shown in taken if not make.is_kept(name, shown)]
    assert not old, f"out of date; ./stonks pictures {' '.join(old)} makes them anew: look at what changed"


@pytest.mark.parametrize("words", ["⢀⠦⠤   ⢀⣀ ", "▲+3.10 & <b>", "  plain  words", "│⡇ ┆"])
def test_each_letter_stays_in_its_cell(words: str) -> None:
    pieces = _TEXT.findall(svg.tidied(_picture(words, x=24.4)))
    cells = [" "] * len(words)
    for x, _, length, escaped in pieces:
        text = html.unescape(escaped).replace("\xa0", " ")
        place = round((float(x) - 24.4) / _CELL)
        assert float(length) == pytest.approx(len(text) * _CELL)
        assert len({ord(letter) < 0x80 for letter in text}) == 1
        cells[place : place + len(text)] = text
    assert "".join(cells) == words


def test_no_font_is_fetched() -> None:
    assert svg.tidied("<style>@font-face {\n src: url(x);\n }\n .r1 { fill: red }</style>") == (
        "<style>.r1 { fill: red }</style>"
    )


def test_every_picture_that_can_be_made_is_there_and_no_other() -> None:
    assert {path.stem for path in make.FOLDER.glob("*.svg")} == make.NAMES | {record.SVG.stem}


@pytest.mark.parametrize("page", ["README.md", "docs/live.md"])
def test_every_picture_that_is_shown_is_there(page: str) -> None:
    root = make.FOLDER.parent
    for path in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", (root / page).read_text(encoding="utf-8")):
        assert (root / page).parent.joinpath(path).exists(), path


def test_a_picture_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main(["overveiw"]) == 2
    assert "no picture is called overveiw" in capsys.readouterr().err
