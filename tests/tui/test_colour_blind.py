"""Colours: who sees no green or no red tells gain from loss, reads both, and never needs either."""

import pytest
from textual.app import App
from textual.color import Color

from stonks_tui.view_models import frame
from stonks_tui.view_models.text import Mood
from stonks_tui.widgets import styles, themes
from tools.colour_blind import DEUTERANOPIA, PROTANOPIA, Rgb, contrast, distance, seen_with

AT_A_GLANCE = 20.0
READABLE = 4.5
"""The contrast that WCAG 2.1 asks for of text."""
NAMES = [theme.name for theme in themes.THEMES]


async def worn(theme: str) -> tuple[Rgb, Rgb, Rgb]:
    """Return gain, loss and the background as the app paints them in a theme."""
    app: App[None] = App()
    app.register_theme(next(t for t in themes.THEMES if t.name == theme))
    async with app.run_test() as pilot:
        app.theme = theme
        await pilot.pause()
        moods, known = styles.palette(app).moods, app.theme_variables
    inks = [colour for mood in (Mood.GAIN, Mood.LOSS) if (colour := moods[mood].color) is not None]
    found = [*map(Color.from_rich_color, inks), Color.parse(known["background"])]
    gain, loss, ground = ((c.r / 255, c.g / 255, c.b / 255) for c in found)
    return gain, loss, ground


@pytest.mark.parametrize("lack", [DEUTERANOPIA, PROTANOPIA], ids=["no green cones", "no red cones"])
@pytest.mark.parametrize("theme", NAMES)
async def test_gain_and_loss_are_told_apart_and_read(theme: str, lack: tuple[Rgb, ...]) -> None:
    gain, loss, ground = [seen_with(lack, colour) for colour in await worn(theme)]
    assert distance(gain, loss) >= AT_A_GLANCE
    assert contrast(gain, ground) >= READABLE
    assert contrast(loss, ground) >= READABLE


@pytest.mark.parametrize("theme", NAMES)
async def test_whoever_sees_all_colours_reads_both_too(theme: str) -> None:
    gain, loss, ground = await worn(theme)
    assert distance(gain, loss) >= AT_A_GLANCE
    assert min(contrast(gain, ground), contrast(loss, ground)) >= READABLE


def test_what_is_simulated_is_what_was_published() -> None:
    """Pure red and green become one hue; grey stays as it is."""
    red, green = seen_with(DEUTERANOPIA, (1.0, 0.0, 0.0)), seen_with(DEUTERANOPIA, (0.0, 1.0, 0.0))
    assert red == pytest.approx((0.642, 0.566, 0.0), abs=0.003)
    assert green == pytest.approx((0.936, 0.839, 0.229), abs=0.003)
    assert seen_with(PROTANOPIA, (0.5, 0.5, 0.5)) == pytest.approx((0.5, 0.5, 0.5), abs=0.001)
    assert contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(21.0)
    assert distance((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(100.0, abs=0.01)


@pytest.mark.parametrize(("amount", "sign"), [(12_345, "▲+"), (-12_345, "▼-")])
def test_signs_say_it_without_colours(amount: int, sign: str) -> None:
    assert frame.change(amount).text.startswith(sign)
    assert frame.signed(amount / 1e6).text.startswith(sign)
