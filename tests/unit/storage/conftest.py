"""A database of its own, and a connection of whoever owns the tables in it."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.support.input_tables import writer
from tests.support.postgres import fresh_url


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_url(empty=True) as url:
        yield url


@pytest.fixture
async def owner(url: str) -> AsyncIterator[asyncpg.Connection]:
    async with writer(url) as owner:
        yield owner
