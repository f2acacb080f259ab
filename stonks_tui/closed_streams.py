"""Closed streams: what becomes of what is said where standard input, output or error was closed (`>&-`)?"""

import os
import sys


def open_empty() -> None:
    """Let closed standard streams be empty ones, of this process and of those that it starts.

    Else a database or a socket would get the number of one, and what is said there would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            os.dup2(opened, number)
            if opened != number:
                os.close(opened)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
