"""One real server of each line that is spoken with, for each process that runs tests, with the users that docs name."""

import atexit
from functools import cache

import pytest

from storage import redis_keys
from tests.support.redis_server import NAMED, NamedServer, RedisServer, old_redis, valkey

PASSWORD = "pw-Tr0ub4dor"
USERS = ENGINE, BROKER = "engine", "broker"
LINES = ("valkey", "redis 6.2", *(["named"] if NAMED else []))
_PATIENT: dict[str, object] = {"answer_timeout": 30, "connect_timeout": 30}
"""A machine that is busy with other tests is slow, and that is nobody's fault here."""
_MAY = {ENGINE: redis_keys.ENGINE_ACL, BROKER: redis_keys.BROKER_ACL}


@cache
def server_of(line: str) -> RedisServer | NamedServer:
    """Return the server of `line`; it ends with this process. Skips the test where the wheel is not to be had."""
    if line == "named":
        named = NamedServer(NAMED)
        let_in(named)
        return named
    program = valkey() if line == "valkey" else old_redis()
    if program is None:
        pytest.skip(f"{line} is not installed here")
    server = RedisServer(program).start()
    atexit.register(server.close)
    let_in(server)
    return server


def let_in(server: RedisServer | NamedServer) -> None:
    """Make the two users, who may what is written in `redis_keys` and nothing else."""
    for user, may in _MAY.items():
        server.ask("ACL", "SETUSER", user, "reset", "on", f">{PASSWORD}", *may.split())


def url_of(line: str, user: str = ENGINE, /, **options: object) -> str:
    """Return where the server of `line` is, as `user` asks it."""
    return server_of(line).url(f"{user}:{PASSWORD}@", **_PATIENT | options)
