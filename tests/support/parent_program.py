"""A program that has children of its own: how is it run for a test, and ended with all of them?"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def parent_program(module: str) -> Iterator[subprocess.Popen[str]]:
    """Give the running `module`, which is spoken with line by line; it and its children live no longer than this."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def state_of(pid: int) -> str:
    """Return the letter that the system has for what the process does: `T` when it stands still."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
