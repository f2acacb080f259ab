"""Terminal: what can the one at the other end show?"""

import os
from typing import TextIO


def has_colour(out: TextIO) -> bool:
    """May colour codes be written to `out`? Not to files and pipes, and not when NO_COLOR is set."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
