"""Terminal: what can the one at the other end show?"""

import os
import shutil
from typing import TextIO


def has_colour(out: TextIO) -> bool:
    """May colour codes be written to `out`? Not to files and pipes, and not when NO_COLOR is set."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width(*, most: int = 120) -> int:
    """Return how wide a line may be: the terminal's columns, 80 without one, never below 40."""
    return max(40, min(most, shutil.get_terminal_size((80, 24)).columns))
