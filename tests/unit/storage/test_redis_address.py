"""Addresses of Redis: what they say, what is refused, and that no password is shown."""

from pathlib import Path

import pytest

from engine.errors import BadInput
from storage import redis_address


def test_an_address_says_host_port_database_and_user() -> None:
    address = redis_address.parse("redis://trader:s%40crit@redis.example:6380/3")
    assert (address.host, address.port, address.database, address.user) == ("redis.example", 6380, 3, "trader")
    assert (address.password, address.is_tls, address.prefix) == ("s@crit", False, "")
    assert str(address) == "Redis on redis.example:6380"


def test_the_shortest_address_is_a_host() -> None:
    address = redis_address.parse("redis://redis.example")
    assert (address.port, address.database, address.user, address.password) == (6379, 0, "", "")


def test_a_password_from_elsewhere_takes_the_place_of_one_in_the_address() -> None:
    assert redis_address.parse("redis://:old@host", "new").password == "new"


def test_a_socket_is_a_path() -> None:
    address = redis_address.parse("unix:///run/redis.sock?db=2")
    assert (address.socket, address.database, str(address)) == (Path("/run/redis.sock"), 2, "Redis on /run/redis.sock")


def test_options_say_times_prefix_and_files() -> None:
    address = redis_address.parse("rediss://h/0?connect_timeout=1.5&answer_timeout=7&prefix=a:&sslrootcert=/r.pem")
    assert (address.connect_seconds, address.answer_seconds, address.prefix) == (1.5, 7.0, "a:")
    assert (address.ssl_root, address.ssl_mode) == (Path("/r.pem"), "verify-full")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://h/db", "no address of Redis"),
        ("redis://", "lacks host"),
        ("redis://h:port/0", "no host with a port"),
        ("redis://h:70000/0", "no host with a port"),
        ("redis://h/first", "the database of Redis is 'first'"),
        ("redis://h/0?db=-1", "the database of Redis is '-1'"),
        ("redis://h/0?timeout=3", "an option 'timeout'"),
        ("redis://h/0?answer_timeout=soon", "answer_timeout of Redis is 'soon'"),
        ("redis://h/0?answer_timeout=0", "answer_timeout of Redis is 0"),
        ("redis://h/0?answer_timeout=nan", "answer_timeout of Redis is nan"),
        ("redis://h/0?prefix=a b", "prefix of Redis"),
        ("redis://h/0?sslmode=require", "options of TLS"),
        ("rediss://h/0?sslmode=never", "sslmode of Redis is 'never'"),
        ("unix://", "lacks host"),
        ("nonsense", "no address of Redis"),
    ],
)
def test_what_is_no_address_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        redis_address.parse(url)


def test_no_error_tells_the_password() -> None:
    for url in ("redis://u:s3crit@h:port/0", "redis://u:s3crit@/0", "http://u:s3crit@h", "redis://u:s3crit@h/x"):
        with pytest.raises(BadInput) as raised:
            redis_address.parse(url)
        assert "s3crit" not in f"{raised.value!r} {raised.value.hint}"
