"""Bounded run: `python -m stonks_tui.http.bounded_run BYTES ARGUMENTS`: stonks, with so much memory and no more."""

import os
import resource
import sys


def main() -> int:
    """Run `stonks ARGUMENTS`; what wants more memory than BYTES ends as out of memory."""
    most = int(sys.argv[1])
    for thread_pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[thread_pool] = "1"
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    from stonks_tui.cli import main as stonks

    return stonks(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
