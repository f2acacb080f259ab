"""An address of a database: what it says, what is wrong with it, and that it never says its password."""

from pathlib import Path

import pytest

from engine.errors import BadInput
from storage import postgres_address
from storage.postgres_address import PostgresAddress


def test_an_address_says_where_and_how() -> None:
    found = postgres_address.parse(
        "postgresql://us%40er:pass%3Aword@one:6543,two/books?sslmode=verify-full&sslrootcert=/ca.pem&schema=mine"
        "&connect_timeout=1.5&statement_timeout=4&idle_in_transaction_timeout=2&pool_size=2"
    )
    assert found == PostgresAddress(
        hosts=(("one", 6543), ("two", 5432)),
        database="books",
        user="us@er",
        password="pass:word",
        schema="mine",
        ssl_mode="verify-full",
        ssl_root=Path("/ca.pem"),
        connect_seconds=1.5,
        answer_seconds=4,
        stuck_seconds=2,
        connections=2,
    )
    assert str(found) == "the database books on one:6543, two"


def test_a_password_from_elsewhere_takes_the_place_of_its_own() -> None:
    assert postgres_address.parse("postgres://a:b@h/d", "c").password == "c"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://a@h/d", "no address of PostgreSQL"),
        ("postgresql://h/d", "lacks user"),
        ("postgresql://a@h", "lacks database"),
        ("postgresql://a@/d", "lacks host"),
        ("postgresql://a@h:none/d", "no host with a port"),
        ("postgresql://a@h/d?colour=red", "an option 'colour'"),
        ("postgresql://a@h/d?pool_size=0", "pool_size"),
        ("postgresql://a@h/d?pool_size=many", "pool_size"),
        ("postgresql://a@h/d?sslmode=perhaps", "sslmode"),
        ("postgresql://a@h/d?schema=My-Schema", "schema"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(url: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        postgres_address.parse(url)


def test_it_never_says_its_password() -> None:
    url = "postgresql://anna:s3cret@h,i:7/d?sslmode=require"
    found = postgres_address.parse(url)
    with pytest.raises(BadInput) as bad:
        postgres_address.parse(url.replace("sslmode", "s3cure"))
    for text in (repr(found), str(found), str(bad.value), bad.value.hint):
        assert "s3cret" not in text
