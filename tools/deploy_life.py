"""Deploy life: does what the image is for live in it, as its user, on files that cannot be written, to a quick end?

Everything runs in namespaces of its own (`deploy_room`), without a network.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tools.deploy_helm import Missing
from tools.deploy_image import Image

TOKEN = "of-nobody"
"""The engine in the image listens to others, and does not without tokens; what is asked here needs none."""
_FIRST = """stonks import bars /run/secrets/bars.csv >/dev/null
: >/data/begun
exec "$0" "$@"
"""
"""An engine begins when it has prices: they are there first, and then the process is what the image says."""
BARS = "date,ticker,open,high,low,close,volume\n" + "".join(
    f"2026-03-{day:02},ABC,10,11,9,10,1000\n" for day in range(2, 32) if day % 7 not in (0, 1)
)
READY_SECONDS, END_SECONDS = 60.0, 10.0
_ASK = """import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(f"http://127.0.0.1:8000{sys.argv[1]}", timeout=4).read().decode())
except urllib.error.HTTPError as answer:
    print(answer.read().decode())
except OSError as error:
    sys.exit(str(error))
"""


def faults(image: Image) -> Iterator[tuple[str, list[str]]]:
    """Yield what was looked at and its faults; what was measured is noted at the image."""
    yield "image, its user and its root", list(_user_faults(image))
    yield "image, a command", list(_command_faults(image))
    yield "image, an engine to /ready and to its end", list(_engine_faults(image))


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
    process = _started(image, ["sh", "-ec", _FIRST, *image.config["Entrypoint"], *image.config["Cmd"]])
    try:
        inside = _inside(process)
        _until(lambda: Path(f"/proc/{inside}/root/data/begun").exists(), process)
        began = time.monotonic()
        if not _until(lambda: _is_ready(_ask(image, "/ready", inside)), process):
            told = _ask(image, "/ready", inside)
            yield f"/ready: {told.stdout}{told.stderr}"
        image.measured["from exec to /ready"] = f"{time.monotonic() - began:.2f} s"
        image.measured["memory of the engine then"] = _memory(inside)
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


def _ask(image: Image, path: str, inside: int) -> "subprocess.CompletedProcess[str]":
    return _run(image, ["python", "-P", "-S", "-c", _ASK, path], into=inside)


def _is_ready(told: "subprocess.CompletedProcess[str]") -> bool:
    """Is all well but that nobody sends prices? In a session of the exchange they are due."""
    if told.returncode:
        return False
    ill = {name: part["words"] for name, part in json.loads(told.stdout)["parts"].items() if not part["ok"]}
    return ill in ({}, {"data": "no price has come yet"})


def _until(done: Callable[[], bool], process: "subprocess.Popen[str]") -> bool:
    """Wait until `done` and return whether it is. Raises Missing when the process ends meanwhile."""
    until = time.monotonic() + READY_SECONDS
    while not (is_done := done()) and time.monotonic() < until:
        if process.poll() is not None:
            raise Missing(f"it ended with {process.returncode}: {_said(process)}")
        time.sleep(0.2)  # whoever asks all the time takes the time of whom it asks
    return is_done


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
        "secrets": {"http_tokens": f"read check {hashlib.sha256(TOKEN.encode()).hexdigest()}\n", "bars.csv": BARS},
    }
    apart = ["--mount", "--pid", "--net"]
    way = ["nsenter", "--target", str(into), *apart] if into else ["unshare", *apart, "--fork", "--kill-child"]
    return [*way, sys.executable, str(Path(__file__).with_name("deploy_room.py")), json.dumps(wanted)]


def _inside(process: "subprocess.Popen[str]") -> int:
    """Return the process that is number 1 in there, once it is what was asked for."""
    for _ in range(200):
        with suppress(OSError, LookupError):
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
