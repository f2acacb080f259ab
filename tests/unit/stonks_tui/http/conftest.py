"""The account behind the interface: made once, copied for each test that steers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import http_account
from tests.support.http_account import Http
from tests.support.made_once import made_once


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an account that holds something."""
    return made_once(tmp_path_factory, "http-account", http_account.make)


@pytest.fixture(scope="module")
def http(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http]:
    """The interface without tokens; the tests of a module share its account."""
    with (
        http_account.opened(made, tmp_path_factory.mktemp("http")) as (data_dir, engine),
        http_account.interface(data_dir, engine) as asked,
    ):
        yield asked


@pytest.fixture(scope="module")
def locked(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http]:
    """The interface with a token that may look and one that may steer."""
    with (
        http_account.opened(made, tmp_path_factory.mktemp("http-locked")) as (data_dir, engine),
        http_account.interface(data_dir, engine, tokens=http_account.tokens()) as asked,
    ):
        yield asked
