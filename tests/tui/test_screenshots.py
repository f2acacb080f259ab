"""The pictures: made of the live demo they are the same each time, and no letter moves another."""

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from screenshots import live_demo, make, record, svg

MORNING = datetime(2023, 5, 23, 14, 0, tzinfo=UTC)
"""Half an hour after the first open of the demo."""
_TEXT = re.compile(r'<text class="[^"]*" x="([^"]*)" y="([^"]*)" textLength="([^"]*)" clip-path="[^"]*">(.*?)</text>')
_CELL = 12.2


def _picture(words: str, *, x: float = 0.0) -> str:
    escaped = html.escape(words, quote=False).replace(" ", "&#160;")
    return f'<text class="r1" x="{x:g}" y="20" textLength="{len(words) * _CELL:g}" clip-path="url(#l)">{escaped}</text>'


async def _taken(folder: Path) -> str:
    with live_demo.held(folder, MORNING) as demo:
        app = demo.app("dark")
        async with app.run_test(size=make.WIDE, notifications=False) as pilot:
            await make.settled(pilot)
            return svg.tidied(app.export_screenshot(title="stonks"))


async def test_the_same_moment_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = [await _taken(tmp_path / name) for name in ("first", "second")]
    assert first == second
    shown = html.unescape(re.sub(r"<[^>]*>", "", first)).replace("\xa0", " ")
    assert "RUNNING" in shown
    assert "2023-05-23 14:00 UTC" in shown


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
