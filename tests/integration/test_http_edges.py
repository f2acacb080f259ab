"""Whatever the document allows is answered, on both databases: the least and the most of every parameter."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlencode

import pytest

from engine.errors import Unavailable
from engine.model.audit import Answered, Asked
from storage import copies, postgres_address
from tests.support import http_account
from tests.support.http_account import Http
from tests.support.made_once import made_once
from tests.support.postgres import account_in_postgres

_TEXTS = {
    "date": ("0001-01-01", "9999-12-31"),
    "date-time": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00"),
}
_UNKNOWN = "d-that-nobody-made"


@pytest.fixture(params=["files", "postgres"])
def http(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http]:
    """The interface over an account on which nobody leads."""
    made = made_once(tmp_path_factory, "http-account", http_account.make)
    with account_in_postgres() if request.param == "postgres" else nullcontext() as url, asyncio.Runner() as runner:
        if url:
            copies.to_postgres(made / "data", postgres_address.parse(url))
        asked = Http(made / "data", _nobody, runner)
        yield asked
        runner.run(asked.desk.close())


def _nobody(_: Asked) -> "Any[Answered]":
    raise Unavailable("nobody leads")


def test_every_get_answers_the_ends_of_every_parameter(http: Http) -> None:
    asked = [*_requests(http)]
    broken = {path for path in asked if http.ask("GET", path).status_code >= 500}
    assert broken == {"/ready", "/metrics"}  # nobody leads, and so nobody counts
    assert len(asked) > 40


def _requests(http: Http) -> Iterator[str]:
    """Yield every path that is looked at, with each parameter at each of its ends."""
    for path, operations in http.app.openapi()["paths"].items():
        if "get" not in operations:
            continue
        told = operations["get"].get("parameters", ())
        place = path.format(decision_id=_UNKNOWN, backtest_id=2**31 - 1)
        if path.endswith("/events"):
            place += "?until=0&"
        yield place.rstrip("?&")
        for parameter in told:
            if parameter["in"] == "query":
                for value in _ends(parameter["schema"]):
                    yield f"{place}{'' if '?' in place else '?'}{urlencode({parameter['name']: value})}"


def _ends(schema: Any) -> Iterator[Any]:
    for kind in schema.get("anyOf", [schema]):
        yield from itertools.chain(
            (kind[name] for name in ("minimum", "maximum") if name in kind),
            kind.get("enum", ()),
            _TEXTS.get(kind.get("format", ""), ()),
        )
