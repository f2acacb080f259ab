"""Theme names: which colours can be asked for? Known without the screens being loaded."""

DEFAULT = "dark"
ANSI = "ansi"
"""The colours of the terminal itself."""
NAMES = (DEFAULT, "light", "blue-orange", "high-contrast", ANSI)
