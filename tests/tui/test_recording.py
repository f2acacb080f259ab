"""The recording: the demo shows the same each time, and film and cast show what was on the screen."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from screenshots import cast, film, frames, live_demo, record
from screenshots.cast import Shot
from screenshots.frames import Frame, Look
from tests.support.emulated_terminal import EmulatedTerminal, Worn

pytestmark = pytest.mark.lengthy

SVG = "{http://www.w3.org/2000/svg}"
_STEP = re.compile(r"([\d.]+)%\{transform:translateX\((-?[\d.]+)px\)\}")


def _frame(*rows: str, look: Look | None = None) -> Frame:
    return tuple(tuple((letter, look or Look()) for letter in row) for row in rows)


def _shot(*rows: str, seconds: float = 1.0, caption: str = "", look: Look | None = None) -> Shot:
    return Shot(frame=_frame(*rows, look=look), seconds=seconds, caption=caption)


async def _recorded(folder: Path) -> list[Shot]:
    """Record the first trades of the demo, and a question at its end."""
    with live_demo.held(folder, record.BEGINS_AT) as demo:
        app = demo.app("dark")
        async with app.run_test(size=record.SIZE, notifications=True) as pilot:
            recorder = record.Recorder(demo, app, pilot)
            await recorder.begin()
            await recorder.shoot(1.0, "it trades")
            for at in record.FIRST_LOOKS[:5]:
                await recorder.until(at)
                await recorder.shoot(0.5, "it trades")
            await recorder.press("2", "x")
            await recorder.shoot(2.0, "x: sell it?")
            return recorder.shots


@pytest.fixture(scope="module")
async def shots(tmp_path_factory: pytest.TempPathFactory) -> list[Shot]:
    return await _recorded(tmp_path_factory.mktemp("once"))


async def test_the_same_walk_gives_the_same_bytes(shots: list[Shot], tmp_path: Path) -> None:
    again = await _recorded(tmp_path)
    assert cast.written(again, "again") == cast.written(shots, "again")
    assert film.drawn(again) == film.drawn(shots)


def test_what_is_kept_begins_with_what_is_shown_now(shots: list[Shot]) -> None:
    first = [shot.frame for shot in shots[:-1]]
    befores = [None, *first]
    shown = [cast.changes(before, after) for before, after in zip(befores, first, strict=False)]
    events = [json.loads(line) for line in record.CAST.read_text(encoding="utf-8").splitlines()[1:]]
    kept = [text for _, kind, text in events if kind == "o"][: len(shown)]
    assert kept == shown, "out of date; ./stonks recording makes it anew: look at what changed"


def test_trades_happen_in_it_and_a_question_is_asked(shots: list[Shot]) -> None:
    told = ["\n".join(frames.words(shot.frame)) for shot in shots]
    assert "ACT" not in told[0]
    assert "ACT" in told[-2]
    assert "15 s" in told[-1]


def test_the_cast_brings_a_terminal_to_each_frame(shots: list[Shot]) -> None:
    header, *events = [json.loads(line) for line in cast.written(shots, "walk").splitlines()]
    terminal = EmulatedTerminal(header["width"], header["height"])
    written = [event for event in events if event[1] == "o" and event[2]]
    assert len(written) == len(shots)
    for shot, (_, _, text) in zip(shots, written, strict=True):
        terminal.write(text)
        assert terminal.cells == [[(letter, _worn(letter, look)) for letter, look in row] for row in shot.frame]


def _worn(letter: str, look: Look) -> Worn:
    codes = [code for code, is_on in (("1", look.is_bold), ("3", look.is_italic), ("4", look.is_underlined)) if is_on]
    worn = Worn(codes=frozenset(codes), ink=_code(38, look.ink), ground=_code(48, look.ground))
    return worn.on_blank() if letter == " " else worn


def _code(kind: int, colour: str) -> str:
    return f"{kind};2;" + ";".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))


def test_the_film_shows_every_letter_of_each_frame_in_its_place(shots: list[Shot]) -> None:
    root = ET.fromstring(film.drawn(shots))
    rows = {group.attrib["id"]: group for group in root.iter(f"{SVG}g") if group.get("id", "").startswith("r")}
    shown = [group for group in root.iter(f"{SVG}g") if group.get("class") == "frame"]
    assert len(shown) == len(shots)
    for shot, group in zip(shots, shown, strict=True):
        lines = [[" "] * len(row) for row in shot.frame]
        for use in group.iter(f"{SVG}use"):
            _put(lines[int(use.attrib["y"]) // film.LINE], rows[use.attrib["href"][1:]])
        assert ["".join(line).rstrip() for line in lines] == frames.words(shot.frame)
        assert group.findtext(f"{SVG}text") == shot.caption


def _put(line: list[str], row: ET.Element) -> None:
    for text in row.iter(f"{SVG}text"):
        at = round(float(text.attrib["x"]) / film.CELL)
        letters = text.text or ""
        line[at : at + len(letters)] = letters


def test_each_frame_comes_into_the_window_at_its_time_and_stays_so_long() -> None:
    drawn = film.drawn([_shot("one", seconds=1), _shot("two", seconds=2), _shot("six", seconds=1)])
    steps = [(float(at), round(float(x) / (3 * film.CELL))) for at, x in _STEP.findall(drawn)]
    assert steps == [(0, 0), (25, -1), (75, -2)]
    assert "play 4s step-end infinite" in drawn


def test_a_row_that_is_in_several_frames_is_drawn_once() -> None:
    drawn = film.drawn([_shot("alike", "other"), _shot("alike", "ended")])
    assert drawn.count("alike") == 1
    assert drawn.count('href="#r0"') == 2


def test_where_nothing_moves_the_poster_is_seen() -> None:
    root = ET.fromstring(film.drawn([_shot("one"), _shot("two")], poster=1))
    moved = next(group.attrib["transform"] for group in root.iter(f"{SVG}g") if group.get("id") == "film")
    assert moved == f"translate({-3 * film.CELL:g})"


def test_letters_that_mean_something_to_xml_are_only_letters() -> None:
    drawn = film.drawn([_shot("a<b&c>", caption="<&>")])
    assert [text.text for text in ET.fromstring(drawn).iter(f"{SVG}text")] == ["a<b&c>", "<&>"]


def test_a_cell_that_did_not_change_is_not_written_again() -> None:
    assert cast.changes(_frame("abc", "def"), _frame("abc", "dxf")) == (
        "\x1b[2;2H\x1b[0;38;2;213;217;229;48;2;20;22;27mx\x1b[0m"
    )
    assert cast.changes(_frame("abc"), _frame("abc")) == ""


def test_the_last_frame_of_a_cast_stays_as_long_as_the_others_and_captions_are_marks() -> None:
    shots = [_shot("a", seconds=1.5, caption="first"), _shot("b", seconds=2), _shot("c", seconds=0.5, caption="third")]
    header, *events = [json.loads(line) for line in cast.written(shots, "t").splitlines()]
    assert (header["version"], header["duration"], events[-1]) == (2, 4.0, [4.0, "o", ""])
    assert [(at, words) for at, kind, words in events if kind == "m"] == [(0, "first"), (1.5, ""), (3.5, "third")]


def test_what_is_kept_is_one_recording_that_a_readme_can_show() -> None:
    lines = [json.loads(line) for line in record.CAST.read_text(encoding="utf-8").splitlines()]
    drawn = record.SVG.read_text(encoding="utf-8")
    root = ET.fromstring(drawn)
    terminal = EmulatedTerminal(*record.SIZE)
    for _, kind, text in lines[1:]:
        if kind == "o":
            terminal.write(text)
    shown = [group for group in root.iter(f"{SVG}g") if group.get("class") == "frame"]
    rows = {group.attrib["id"]: group for group in root.iter(f"{SVG}g") if group.get("id", "").startswith("r")}
    last = [[" "] * record.SIZE[0] for _ in range(record.SIZE[1])]
    for use in shown[-1].iter(f"{SVG}use"):
        _put(last[int(use.attrib["y"]) // film.LINE], rows[use.attrib["href"][1:]])
    assert ["".join(line).rstrip() for line in last] == terminal.lines
    assert len(shown) == len(_STEP.findall(drawn)) == sum(line[1] == "o" for line in lines[1:]) - 1
    assert 30 <= lines[0]["duration"] <= 45
    assert len(drawn) < 500_000
    assert not re.search(r"(?:href|src)=\"(?!#)|url\(|<script", drawn)
    assert "REDUCING" in drawn
