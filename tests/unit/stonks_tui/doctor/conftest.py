"""Installations to be looked at: one in which nothing is wrong, and one whose account holds something."""

import asyncio
from pathlib import Path

import pytest

from tests.support import installation


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which nothing is wrong, to be copied."""
    folder = tmp_path_factory.mktemp("healthy")
    asyncio.run(installation.make(folder))
    return folder


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whose account holds something."""
    folder = tmp_path_factory.mktemp("held")
    asyncio.run(installation.make(folder, holds=True))
    return folder


@pytest.fixture
def folder(healthy: Path, tmp_path: Path) -> Path:
    """A copy of the healthy one."""
    return installation.copied(healthy, tmp_path)
