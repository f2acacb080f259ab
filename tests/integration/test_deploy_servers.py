"""What deploy/ says of PostgreSQL and Redis, on real servers: users, their rights, and two services that trade on them.

The services are those of compose.yaml, with its commands and variables; only where things are is another place.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml  # type: ignore[import-untyped]
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support import redis_server
from tests.support.postgres_server import PostgresServer, free_port

pytestmark = pytest.mark.lengthy

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SECRETS = {
    "engine_database_password": "it's an engine's",
    "broker_database_password": "a broker's",
    "engine_redis_password": "engine-to-redis",
    "broker_redis_password": "broker-to-redis",
    "http_tokens": f"read test {'0' * 64}\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The servers of the compose file on this machine, and a folder with what its containers have."""

    room: Path
    database: int
    queue: int
    psql: Path

    def sql(self, user: str, database: str, words: str) -> "subprocess.CompletedProcess[str]":
        """Return what psql says to `words`."""
        where = f"postgresql://{user}@127.0.0.1:{self.database}/{database}"
        return subprocess.run([self.psql, "-XAtc", words, where], capture_output=True, text=True, check=False)

    def redis(self, user: str, password: str) -> redis.Redis:
        """Return a client of that user."""
        return redis.Redis(
            port=self.queue, username=user, password=password, decode_responses=True, retry=Retry(NoBackoff(), 0)
        )

    def here(self, text: str) -> str:
        """Return a word of the compose file as it is on this machine."""
        places = {
            "@postgres/": f"@127.0.0.1:{self.database}/",
            "@redis:6379/": f"@127.0.0.1:{self.queue}/",
            "/run/secrets/": f"{self.room}/secrets/",
            "/inputs/": f"{self.room}/inputs/",
        }
        for there, here in places.items():
            text = text.replace(there, here)
        return text

    def start(self, service: str, *command: str, port: int = 0) -> "subprocess.Popen[bytes]":
        """Start a service of the compose file, or another `command` with its variables."""
        said = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"][service]
        words = [self.here(str(word)).replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in said["command"]]
        environment = {name: self.here(value) for name, value in said["environment"].items()}
        (self.room / service).mkdir(exist_ok=True)
        with self.log(service).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "stonks_tui.cli", *(command or words)],
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(ROOT),
                    "HOME": str(self.room),
                    "STONKS_DATA_DIR": str(self.room / service),
                    **environment,
                },
                stdout=log,
                stderr=log,
            )

    def log(self, service: str) -> Path:
        """Return the file with what a service said."""
        return self.room / f"{service}.log"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Both servers, with the users that deploy/ makes."""
    room = tmp_path_factory.mktemp("deployed")
    for folder in ("secrets", "redis", "inputs/quotes", "inputs/recommendations", "bin"):
        (room / folder).mkdir(parents=True)
    for name, text in SECRETS.items():
        (room / "secrets" / name).write_text(text)
    database = PostgresServer().start()
    queue = free_port()
    process = _redis(room, queue)
    try:
        made = _roles(database, room)
        assert made.returncode == 0, made.stderr
        yield Machine(room=room, database=database.port, queue=queue, psql=database.bin / "psql")
    finally:
        process.kill()
        process.wait()
        database.close()


def _redis(room: Path, port: int) -> "subprocess.Popen[bytes]":
    program = redis_server.valkey()
    assert program is not None
    (room / "bin/redis-server").symlink_to(program)
    places = {"SECRETS": room / "secrets", "HERE": DEPLOY / "redis", "ROOM": room / "redis", "DATA": room / "redis"}
    process = subprocess.Popen(
        ["sh", DEPLOY / "redis/start.sh", "--port", str(port), "--bind", "127.0.0.1"],
        env={"PATH": f"{room}/bin:{os.environ['PATH']}", **{name: str(at) for name, at in places.items()}},
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + 30
    with redis.Redis(port=port, username="health", password="none") as client:
        while time.monotonic() < until:
            try:
                client.ping()
                return process
            except redis.ConnectionError:
                time.sleep(0.02)
    process.kill()
    raise TimeoutError("redis")


def _roles(database: PostgresServer, room: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [database.bin / "psql", "-X", "--file", DEPLOY / "postgres/roles.sql", database.url()],
        env={"PATH": os.environ["PATH"], "SECRETS": str(room / "secrets")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_engine_and_broker_have_a_database_each_and_see_nothing_of_the_others(machine: Machine) -> None:
    assert machine.sql("stonks_engine", "trading", "CREATE SCHEMA x; DROP SCHEMA x").returncode == 0
    assert machine.sql("stonks_broker", "broker", "CREATE SCHEMA x; DROP SCHEMA x").returncode == 0
    for user, database in (("stonks_engine", "broker"), ("stonks_broker", "trading"), ("stonks_engine", "postgres")):
        refused = machine.sql(user, database, "SELECT 1")
        assert refused.returncode
        assert "permission denied" in refused.stderr


def test_passwords_are_those_of_the_files_and_none_is_kept_as_it_is(machine: Machine) -> None:
    kept = machine.sql("postgres", "postgres", "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'stonks%'").stdout
    assert kept.count("SCRAM-SHA-256$") == 2
    users = (machine.room / "redis/users.acl").read_text()
    assert not any(secret in kept + users for secret in SECRETS.values())
    assert (machine.room / "redis/users.acl").stat().st_mode & 0o077 == 0


def test_redis_lets_in_whom_it_knows_to_what_is_theirs(machine: Machine) -> None:
    with machine.redis("engine", "engine-to-redis") as engine, machine.redis("broker", "broker-to-redis") as broker:
        engine.set("stonks:trading:circuit_breaker:daily_loss", "1")
        assert engine.delete("stonks:trading:circuit_breaker:daily_loss") == 1
        with pytest.raises(redis.exceptions.NoPermissionError):
            broker.set("stonks:trading:circuit_breaker:daily_loss", "1")
        with pytest.raises(redis.exceptions.NoPermissionError):
            engine.flushall()
    for user, password in (("engine", "broker-to-redis"), ("default", "engine-to-redis")):
        with machine.redis(user, password) as stranger, pytest.raises(redis.exceptions.AuthenticationError):
            stranger.ping()


def test_the_services_of_the_compose_file_come_up_together_and_end_when_they_are_told(machine: Machine) -> None:
    (machine.room / "inputs/quotes/a.csv").write_text("ticker,price,at\nABC,10,2026-03-02T15:00:00Z\n")
    for once in ("upgrade", "broker-upgrade"):
        assert machine.start(once).wait(60) == 0, machine.log(once).read_text()
    _an_operator_may_look_and_not_write(machine)
    port = free_port()
    services = {"engine": machine.start("engine", port=port), "broker": machine.start("broker")}
    try:
        assert _answer(port, "/ready", machine, services)["role"] == "leading"
        assert machine.start("broker", "broker", "status").wait(60) in (0, 3), machine.log("broker").read_text()
        for name, process in services.items():
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, machine.log(name).read_text()
    finally:
        for process in services.values():
            process.kill()
            process.wait()


def _an_operator_may_look_and_not_write(machine: Machine) -> None:
    where = f"postgresql://postgres@127.0.0.1:{machine.database}/trading"
    made = [str(machine.psql), "-X", "--quiet", "--file", str(DEPLOY / "postgres/operator.sql"), where]
    done = subprocess.run(made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert machine.sql("ops", "trading", "SELECT count(*) FROM stonks.engine_commands").stdout == "0\n"
    assert "permission denied" in machine.sql("ops", "trading", "DELETE FROM stonks.engine_state").stderr
    assert "permission denied" in machine.sql("ops", "broker", "SELECT 1").stderr


def _answer(port: int, path: str, machine: Machine, services: "dict[str, subprocess.Popen[bytes]]") -> dict[str, Any]:
    """Return what is answered with 200, once it is; a service that ends meanwhile says why."""
    until, said = time.monotonic() + 60, ""
    while time.monotonic() < until:
        for name, process in services.items():
            assert process.poll() is None, machine.log(name).read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            said = error.read().decode()
            error.close()
        except OSError as error:
            said = str(error)
        time.sleep(0.1)
    raise TimeoutError(said)


def test_the_folder_of_secrets_is_never_committed() -> None:
    if (git := shutil.which("git")) is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    for folder in ("secrets", "inputs"):
        ignored = subprocess.run([git, "check-ignore", "-q", f"deploy/{folder}/x"], cwd=ROOT, check=False)
        assert ignored.returncode == 0
