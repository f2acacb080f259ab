"""Slim: what is in the packages of the image that nothing of ours ever opens? `python slim.py ENVIRONMENT` removes it.

Tests and headers of libraries, the parts of Arrow that speak with services, and Amazon's descriptions of services other
than those that send text messages and say who we are. Standard library alone: it runs while the image is built.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

KEPT_SERVICES = frozenset({"sns", "sts", "sso", "sso-oidc", "signin"})
"""Of Amazon: text messages, and the ways to credentials."""
FOLDERS = (
    *("numpy/**/tests", "pandas/tests", "pyarrow/tests", "exchange_calendars/tests"),
    *("pyarrow/include", "pyarrow/src", "numpy/_core/include", "numpy/f2py"),
)
FILES = (
    *("pyarrow/*flight*", "pyarrow/_s3fs*", "pyarrow/libarrow_s3*"),
    *("pyarrow/libarrow_python*.so", "pyarrow/libarrow_python*.so.*.*.*"),  # the same once more, for linkers
    *("pyarrow/*.pyx", "pyarrow/*.pxd", "pyarrow/includes/*"),
    *("sqlalchemy/**/*.pyx", "asyncpg/**/*.pyx", "asyncpg/**/*.c", "**/*.pyi"),
)


def unused(packages: Path) -> Iterator[Path]:
    """Yield the folders and files below `packages` (a site-packages) that can go."""
    for pattern in (*FOLDERS, *FILES):
        yield from packages.glob(pattern)
    for service in packages.glob("botocore/data/*/"):
        if service.is_dir() and service.name not in KEPT_SERVICES:
            yield service


def remove(found: Path) -> None:
    """Remove a folder with all that is in it, or a file; what has gone with its folder is no fault."""
    if found.is_dir() and not found.is_symlink():
        shutil.rmtree(found)
    else:
        found.unlink(missing_ok=True)


def main(environment: Path) -> int:
    """Remove what can go and return the exit code: 1 when there was nothing, so that no rule goes stale unseen."""
    found = [path for packages in environment.glob("lib/python3.*/site-packages") for path in unused(packages)]
    for path in found:
        remove(path)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
