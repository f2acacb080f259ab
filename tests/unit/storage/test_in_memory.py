"""The stores without files."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_stores_in_memory_need_no_sqlalchemy() -> None:
    code = (
        "import sys, storage.in_memory, storage.in_memory_market;"
        "print([name for name in ('sqlalchemy', 'sqlite3', 'pandas') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
