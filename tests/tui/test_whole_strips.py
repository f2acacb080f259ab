"""Whole strips: a line of the screen that was cut to all of itself is freed as soon as nobody needs it."""

import sys
from collections.abc import Callable

import pytest
from rich.segment import Segment
from textual.strip import Strip

from stonks_tui import whole_strips

WHOLE: list[Callable[[Strip], object]] = [
    lambda strip: strip.divide([6]),
    lambda strip: strip.divide([6, 9]),
    lambda strip: strip.crop_extend(0, 6, None),
]


@pytest.fixture(autouse=True)
def installed() -> None:
    """As the app does."""
    whole_strips.install()


def strip() -> Strip:
    return Strip([Segment("abc"), Segment("def")])


@pytest.mark.parametrize("cut", WHOLE)
def test_a_strip_that_is_wanted_whole_does_not_refer_to_itself(cut: Callable[[Strip], object]) -> None:
    whole = strip()
    before = sys.getrefcount(whole)
    cut(whole)
    assert sys.getrefcount(whole) == before


def test_what_is_cut_is_what_textual_cuts() -> None:
    for cuts in ([6], [2], [2, 6], [2, 4, 9], [3, 3], [], [9]):
        assert list(strip().divide(cuts)) == list(whole_strips._divide(strip(), cuts)), cuts
    for start, end in ((0, 6), (0, 4), (2, 6), (0, 9), (3, 9)):
        assert strip().crop_extend(start, end, None) == whole_strips._crop_extend(strip(), start, end, None)
