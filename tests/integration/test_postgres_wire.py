"""Who may listen on the way to a database, and who is let in: certificates, passwords, and that none is told."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import BadInput, StonksError, Unavailable
from storage import postgres_address
from storage.postgres import Postgres
from tests.support import certificates
from tests.support.postgres_server import PostgresServer
from tests.support.tls_front import tls_front

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "pw-Tr0ub4dor"


@dataclass(frozen=True)
class Wire:
    """A server that lets people in by password and over TLS alone; `root` vouches for it, `stranger` does not."""

    port: int
    root: Path
    stranger: Path

    def url(self, host: str = "localhost", /, **options: object) -> str:
        """Return the address of the server, without a password."""
        said = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://trader@{host}:{self.port}/postgres?{said}"


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    made = certificates.made(tmp_path_factory.mktemp("wire"))
    server = PostgresServer().start()
    try:
        _run(server, f"CREATE USER trader PASSWORD '{PASSWORD}'")
        server.put("pg_hba.conf", b"host all all all scram-sha-256\n")
        server.stop()
        server.start()
        with tls_front(server.port, made.server) as port:
            yield Wire(port, made.root, made.stranger)
    finally:
        server.close()


def _run(server: PostgresServer, *words: str) -> None:
    program = (
        "import asyncio, asyncpg, sys\n"
        "async def main():\n"
        "    c = await asyncpg.connect(sys.argv[1], ssl=False)\n"
        "    for word in sys.argv[2:]: await c.execute(word)\n"
        "    await c.close()\n"
        "asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", program, server.url(), *words], check=True)


async def answer(url: str, password: str = PASSWORD) -> object:
    """Return what the server there answers."""
    database = Postgres(postgres_address.parse(url, password))
    try:
        async with database.reading() as talk:
            return (await talk.execute(text("SELECT current_user"))).scalar()
    finally:
        database.close()


@pytest.mark.parametrize("mode", ["prefer", "require", "verify-ca", "verify-full"])
async def test_the_wire_is_encrypted_and_who_is_vouched_for_is_believed(wire: Wire, mode: str) -> None:
    options = {"sslrootcert": wire.root} if mode.startswith("verify") else {}
    assert await answer(wire.url(sslmode=mode, **options)) == "trader"


@pytest.mark.parametrize(
    ("mode", "host", "root", "words"),
    [
        ("verify-full", "localhost", "stranger", "a certificate that cannot be trusted"),
        ("verify-ca", "localhost", "stranger", "a certificate that cannot be trusted"),
        ("require", "localhost", "stranger", "a certificate that cannot be trusted"),
        ("verify-full", "127.0.0.1", "root", "IP address mismatch"),  # the certificate has another name
        ("verify-full", "localhost", "", "a certificate that cannot be trusted"),  # nobody known here vouches for it
        ("disable", "localhost", "", "does not answer"),
    ],
)
async def test_nobody_else_is_spoken_to(wire: Wire, mode: str, host: str, root: str, words: str) -> None:
    options = {"sslrootcert": getattr(wire, root)} if root else {}
    with pytest.raises(Unavailable, match=words) as refused:
        await answer(wire.url(host, sslmode=mode, **options))
    assert PASSWORD not in f"{refused.value} {refused.value.hint}"


async def test_a_wrong_password_is_said_to_be_wrong_and_is_not_repeated(wire: Wire) -> None:
    with pytest.raises(Unavailable, match="refuses the user or the password") as refused:
        await answer(wire.url(sslmode="require"), "pw-Wr0ngOne")
    assert "Wr0ngOne" not in f"{refused.value} {refused.value.hint}"


async def test_certificates_that_are_none_are_said(wire: Wire, tmp_path: Path) -> None:
    for options in ({"sslrootcert": tmp_path / "none.pem"}, {"sslcert": wire.root, "sslkey": tmp_path / "none.key"}):
        with pytest.raises(BadInput, match="certificates"):
            await answer(wire.url(sslmode="verify-full", **options))


def stonks(*words: str, **environment: object) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("STONKS_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "stonks_tui.cli", *words],
        env={**plain, "PYTHONPATH": str(ROOT), **{name: str(value) for name, value in environment.items()}},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_password_comes_from_a_file_and_none_is_told(wire: Wire, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    url = wire.url(sslmode="verify-full", sslrootcert=wire.root)
    said = stonks(
        *("status", "--data-dir", str(tmp_path)), STONKS_DATABASE_URL=url, STONKS_DATABASE_PASSWORD_FILE=secret
    )
    assert "there is no account in the database postgres on localhost" in said.stderr
    wrong = stonks(
        *("--debug", "status", "--data-dir", str(tmp_path)),
        STONKS_DATABASE_URL=url.replace("trader@", "trader:pw-Wr0ngOne@"),
    )
    assert "refuses the user or the password" in wrong.stderr
    told = stonks("status", "--database", url.replace("trader@", f"trader:{PASSWORD}@"))
    assert told.returncode == 2
    for ran in (said, wrong, told):
        assert PASSWORD not in ran.stdout + ran.stderr
        assert "Wr0ngOne" not in ran.stdout + ran.stderr


async def test_nobody_is_let_in_without_one(wire: Wire) -> None:
    with pytest.raises(StonksError):
        await answer(wire.url(sslmode="require"), "")
