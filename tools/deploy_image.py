"""Deploy image: can the image be built, and does an engine live in it as it would in a strict cluster?

buildah builds it, with Debian's own packages underneath where no registry is to be had. What runs in it runs in
namespaces of its own (`deploy_room`): as the image's user, on files that cannot be written, without a network.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import deploy_packages
from tools.deploy_helm import Missing

Look = Callable[[], Iterator[tuple[str, list[str]]]]
BASE, TAG = "localhost/stonks-base", "localhost/stonks:check"
TOKEN = "of-nobody"
"""The engine in the image listens to others, and does not without tokens; what is asked here needs none."""
READY_SECONDS, END_SECONDS = 60.0, 10.0
_TOOLS = {"buildah": "buildah", "debootstrap": "debootstrap", "unshare": "util-linux", "nsenter": "util-linux"}
_ASK = """import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(f"http://127.0.0.1:8000{sys.argv[1]}", timeout=4).read().decode())
except urllib.error.HTTPError as answer:
    sys.exit(answer.read().decode())
except OSError as error:
    sys.exit(str(error))
"""


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
    """Yield what was looked at and its faults."""
    yield "image, what it says of itself", list(_config_faults(image))
    yield "image, what is in it", list(_file_faults(image))
    yield "image, its user and its root", list(_user_faults(image))
    yield "image, a command", list(_command_faults(image))
    yield "image, an engine to /ready and to its end", list(_engine_faults(image))


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


def _user_faults(image: Image) -> Iterator[str]:
    script = (
        "id -u; for at in / /opt/stonks /etc; do touch $at/x 2>/dev/null && echo may write $at; done; touch /data/x"
    )
    said = _run(image, ["sh", "-c", f"{script} /tmp/x && grep CapEff /proc/self/status"]).stdout.split()
    if said != [str(image.uid), "CapEff:", "0" * 16]:
        yield f"asked who it is and what it may, it says {said}"


def _command_faults(image: Image) -> Iterator[str]:
    began = time.monotonic()
    done = _run(image, [*image.config["Entrypoint"], "--version"])
    image.measured["stonks --version"] = f"{time.monotonic() - began:.2f} s"
    if done.returncode or not done.stdout.startswith("stonks "):
        yield f"stonks --version: {done.stdout}{done.stderr}"
    imports = "import boto3, pyarrow.parquet, pyarrow.csv, pyarrow.compute, pandas, numpy, asyncpg, redis, uvicorn"
    done = _run(image, ["python", "-P", "-c", f"{imports}; boto3.client('sns', region_name='us-east-1')"])
    if done.returncode:
        yield f"a package lacks something: {done.stderr}"


def _engine_faults(image: Image) -> Iterator[str]:
    began = time.monotonic()
    process = _started(image, [*image.config["Entrypoint"], *image.config["Cmd"]])
    try:
        inside = _inside(process)
        answer = _until_ready(image, process, inside)
        image.measured["from exec to /ready"] = f"{time.monotonic() - began:.2f} s"
        image.measured["memory of the engine then"] = _memory(inside)
        if answer.returncode:
            yield f"/ready: {answer.stdout}{answer.stderr[-1500:]}"
        health = _run(image, image.config["Healthcheck"]["Test"][1:], into=inside)
        if health.returncode:
            yield f"its health check fails: {health.stderr[-500:]}"
        began = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(inside, signal.SIGTERM)
        code = process.wait(END_SECONDS)
        image.measured["from SIGTERM to the end"] = f"{time.monotonic() - began:.2f} s"
        if code:
            yield f"it ended with {code}: {_said(process)}"
    except (subprocess.TimeoutExpired, Missing) as error:
        yield f"{error}"
    finally:
        process.kill()
        process.wait()


def _until_ready(image: Image, process: "subprocess.Popen[str]", inside: int) -> "subprocess.CompletedProcess[str]":
    until = time.monotonic() + READY_SECONDS
    while True:
        answer = _run(image, ["python", "-P", "-S", "-c", _ASK, "/ready"], into=inside)
        if not answer.returncode or time.monotonic() > until:
            return answer
        if process.poll() is not None:
            raise Missing(f"it ended with {process.returncode}: {_said(process)}")
        time.sleep(0.1)


def _started(image: Image, command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(_room(image, command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _run(image: Image, command: list[str], *, into: int = 0) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(_room(image, command, into=into), capture_output=True, text=True, check=False, timeout=60)


def _room(image: Image, command: list[str], *, into: int = 0) -> list[str]:
    wanted = {
        "root": str(image.root),
        "uid": image.uid,
        "command": command,
        "environment": image.environment,
        "lay": not into,
        "secrets": {"http_tokens": f"read check {hashlib.sha256(TOKEN.encode()).hexdigest()}\n"},
    }
    apart = ["--mount", "--pid", "--net"]
    way = ["nsenter", "--target", str(into), *apart] if into else ["unshare", *apart, "--fork", "--kill-child"]
    return [*way, sys.executable, str(Path(__file__).with_name("deploy_room.py")), json.dumps(wanted)]


def _inside(process: "subprocess.Popen[str]") -> int:
    """Return the process that is number 1 in there, once it is what was asked for."""
    for _ in range(200):
        with suppress(OSError, ValueError):
            found = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
            if b"deploy_room" not in Path(f"/proc/{found}/cmdline").read_bytes():
                return found
        time.sleep(0.05)
    raise Missing(f"nothing runs in there: {_said(process)}")


def _memory(process: int) -> str:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (resident,) = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return f"{int(resident) // 1024} MiB"


def _said(process: "subprocess.Popen[str]") -> str:
    process.kill()
    return (process.stdout.read() if process.stdout else "")[-2000:]


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
