"""Themes: which colours? Gain and loss always carry a sign or an arrow too, so that colours only help.

Both are chosen so that somebody without green or red cones tells them apart too (tests/tui/test_colour_blind.py).
"""

from textual.theme import Theme

from stonks_tui.view_models.theme_names import ANSI, DEFAULT, NAMES

THEMES = (
    Theme(
        name="dark",
        primary="#7aa2f7",
        secondary="#9ece6a",
        accent="#7dcfff",
        foreground="#d5d9e5",
        background="#14161b",
        surface="#1b1e26",
        panel="#242833",
        success="#7fd18a",
        warning="#e6b450",
        error="#f2777a",
        dark=True,
        variables={"text-success": "#7ce0a8", "text-error": "#ff6b6b"},
    ),
    Theme(
        name="light",
        primary="#1d4ed8",
        secondary="#047857",
        accent="#0369a1",
        foreground="#1c2230",
        background="#fbfbf8",
        surface="#f1f1ec",
        panel="#e4e4dd",
        success="#0f7a3d",
        warning="#9a5b00",
        error="#b3261e",
        dark=False,
        variables={"text-success": "#006b5e", "text-error": "#b3261e"},
    ),
    Theme(
        name="blue-orange",
        primary="#5aa9ff",
        secondary="#5aa9ff",
        accent="#c4a5ff",
        foreground="#dcdfe6",
        background="#14161b",
        surface="#1b1e26",
        panel="#242833",
        success="#5aa9ff",
        warning="#e8d36a",
        error="#ff9a3c",
        dark=True,
    ),
    Theme(
        name="high-contrast",
        primary="#ffffff",
        secondary="#ffffff",
        accent="#00ffff",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#303030",
        success="#00ff66",
        warning="#ffff00",
        error="#ff6666",
        dark=True,
        variables={"text-success": "#00ff66", "text-error": "#ff6666"},
    ),
)
"""Ours, by the names of `view_models/theme_names.py`. Textual's `ansi-dark` joins them as `ansi`."""


def textual_name(name: str) -> str:
    """Return what Textual calls the theme; a name that nobody knows is the default."""
    if name == ANSI:
        return "ansi-dark"
    return name if name in NAMES else DEFAULT
