"""Deploy image: can the image be built, what does it say of itself, and what is in it?

buildah builds it, with Debian's own packages underneath where no registry is to be had. Whether anything lives in it is
looked at by `deploy_life`.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import deploy_packages
from tools.deploy_helm import Missing

BASE, TAG = "localhost/stonks-base", "localhost/stonks:check"
_TOOLS = {"buildah": "buildah", "debootstrap": "debootstrap", "unshare": "util-linux", "nsenter": "util-linux"}


@dataclass(slots=True, kw_only=True)
class Image:
    """An image that was built: its files, laid out at `root`, and what it says of itself. Times are in seconds."""

    root: Path
    config: Mapping[str, Any]
    size: str
    base_size: str
    build_seconds: float
    measured: dict[str, str] = field(default_factory=dict)

    @property
    def uid(self) -> int:
        """Who it is: a number, or it would not have been built so far."""
        return int(self.config["User"].split(":")[0])

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        said = dict(entry.split("=", 1) for entry in self.config["Env"])
        return {**said, "STONKS_HTTP_TOKENS_FILE": "/run/secrets/http_tokens"}


@contextmanager
def built(root: Path, room: Path, *, base: str, wheels: Path | None) -> Iterator[Image]:
    """Build the image from the checkout `root` and lay its files out. Raises Missing without a tool or without root."""
    _require_tools()
    base = base or _bootstrapped(room)
    version = _buildah("run", container := _buildah("from", base), "--", "python3", "-V").split()[-1]
    _buildah("rm", container)
    wheels = wheels or deploy_packages.laid(root / "requirements/main.lock", version, room)
    began = time.monotonic()
    _build(root, base, wheels)
    seconds = time.monotonic() - began
    container = _buildah("from", "--pull-never", TAG)
    try:
        yield Image(
            root=Path(_buildah("mount", container)),
            config=json.loads(_buildah("inspect", "--type", "image", TAG))["Docker"]["config"],
            size=_size(TAG),
            base_size=_size(base),
            build_seconds=seconds,
        )
    finally:
        _buildah("rm", container)


def faults(image: Image) -> Iterator[tuple[str, list[str]]]:
    """Yield what was looked at, without running anything of it, and its faults."""
    yield "image, what it says of itself", list(_config_faults(image))
    yield "image, what is in it", list(_file_faults(image))


def table(image: Image) -> str:
    """Return what was measured, as it stands in docs/deployment.md."""
    rows = {
        "the image, unpacked": image.size,
        "of that what it stands on": image.base_size,
        "to build it, packages at hand": f"{image.build_seconds:.1f} s",
        **image.measured,
    }
    return "\n".join(["| what | |", "| --- | ---: |", *(f"| {what} | {value} |" for what, value in rows.items())])


def _config_faults(image: Image) -> Iterator[str]:
    config = image.config
    if config["User"] != "10001:10001":
        yield f"its user is {config['User']}"
    if config.get("StopSignal") != "SIGTERM" or not config.get("Healthcheck"):
        yield "it does not say how it is ended, or whether it is well"
    if "org.opencontainers.image.version" not in config.get("Labels", {}):
        yield "it has no labels"
    if secrets := [entry for entry in config["Env"] if "PASSWORD=" in entry or "TOKENS=" in entry]:
        yield f"it has secrets: {secrets}"


def _file_faults(image: Image) -> Iterator[str]:
    ours = image.root / "opt/stonks"
    if list(ours.glob("bin/pip*")) or list((image.root / "root/.cache").glob("*")) or (image.root / "build").exists():
        yield "what it was built with was left behind"
    if bare := [
        path for path in ours.glob("app/*/*.py") if not list(path.parent.glob(f"__pycache__/{path.stem}.*.pyc"))
    ]:
        yield f"{len(bare)} modules are not compiled, {bare[0]} for one"
    if own := [path for path in ours.rglob("*") if path.lstat().st_uid == image.uid]:
        yield f"its user owns {own[0]}, and {len(own)} in all"
    if strangers := sorted(path.name for path in (ours / "app").iterdir() if path.name not in _PARTS):
        yield f"it has {', '.join(strangers)}"


_PARTS = frozenset({"engine", "storage", "stonks_tui"})


def _require_tools() -> None:
    if lacking := sorted({package for tool, package in _TOOLS.items() if shutil.which(tool) is None}):
        raise Missing(f"{', '.join(lacking)}: not there (apt install {' '.join(lacking)} crun), or say --without-image")
    if os.geteuid():
        raise Missing("an image is laid out and run by root alone here, or say --without-image")


def _bootstrapped(room: Path) -> str:
    """Return an image of Debian with its Python, made unless it is there."""
    if not _buildah("images", "--quiet", "--filter", f"reference={BASE}"):
        files = room / "debian"
        include = "--include=python3,python3-venv,ca-certificates"
        subprocess.run(
            ["debootstrap", "--variant=minbase", include, "bookworm", files], check=True, capture_output=True
        )
        container = _buildah("from", "scratch")
        _buildah("add", "--quiet", container, str(files), "/")
        _buildah("commit", "--quiet", container, BASE)
        _buildah("rm", container)
    return BASE


def _build(root: Path, base: str, wheels: Path) -> None:
    _buildah(
        *(
            "bud",
            "--format",
            "docker",
            "--pull-never",
            "--quiet",
            "--file",
            str(root / "deploy/Dockerfile"),
            "--tag",
            TAG,
        ),
        *("--build-arg", f"BASE={base}", "--build-arg", "PIP_OPTIONS=--no-index --find-links=/wheels"),
        *("--volume", f"{wheels.absolute()}:/wheels:ro", str(root)),
    )


def _size(name: str) -> str:
    (found,) = json.loads(_buildah("images", "--json", "--filter", f"reference={name}"))
    return str(found["size"])


def _buildah(*words: str) -> str:
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "overlay"}
    done = subprocess.run(["buildah", *words], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise Missing(f"buildah {words[0]} failed:\n{done.stderr[-3000:]}")
    return done.stdout.strip()
