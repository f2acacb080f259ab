"""Deploy packages: which wheels does an image with another Python need, and where are they?

Its build has no network: what it installs is laid beside it, by the hashes of the lock.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement


def entries(lock: str, version: str) -> Iterator[str]:
    """Yield the entries of the text `lock` that Python `version` (3.11.2) takes, with hashes and without conditions."""
    short = ".".join(version.split(".")[:2])
    for block in lock.replace("\\\n", " ").splitlines():
        said, *hashes = block.split("--hash=")
        if not said.strip():
            continue
        wanted = Requirement(said)
        where = {"python_version": short, "python_full_version": version}
        if wanted.marker is None or wanted.marker.evaluate(where):
            yield " ".join([f"{wanted.name}{wanted.specifier}", *(f"--hash={found.strip()}" for found in hashes)])


def laid(lock: Path, version: str, room: Path) -> Path:
    """Download what `lock` asks for into `room` and return where it is. Raises CalledProcessError."""
    wanted, wheels = room / "wanted.txt", room / "wheels"
    wanted.write_text("\n".join(entries(lock.read_text(encoding="utf-8"), version)))
    subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
            ),
            *("--only-binary", ":all:", "--python-version", version, "--require-hashes"),
            *("--dest", wheels, "--requirement", wanted),
        ],
        check=True,
    )
    return wheels
