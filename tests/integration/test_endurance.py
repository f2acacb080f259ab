"""Endurance: two days of the soak (`benchmarks/soak.py`), with every fault that it knows."""

import asyncio
from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.soak import NotRight, Soak
from engine.decision.state import State

pytestmark = pytest.mark.lengthy

SHORTLY = (0.2, 1.1)


@pytest.mark.timeout(60)
def test_an_account_comes_right_through_two_days_in_which_everything_fails_now_and_then(tmp_path: Path) -> None:
    soaked = Soak(tmp_path, days=2, seed=7, held_seconds=SHORTLY, quiet=True)
    asyncio.run(soaked.run())
    assert len(soaked.rss) == 2
    for fault in ("database held", "disk full", "broker silent", "feed without prices", "ticker without prices"):
        assert soaked.faults[fault] > 0, fault


@pytest.mark.timeout(60)
def test_the_soak_finds_shares_that_the_books_do_not_know(tmp_path: Path) -> None:
    class Given(Soak):
        async def _require_shares(self, state: State) -> None:
            async with self._memory.transaction() as book:
                await book.move_shares("ZZZ", 5)
            await super()._require_shares(state)

    soaked = Given(tmp_path, days=1, seed=7, held_seconds=(0.0, 0.01), quiet=True)
    with pytest.raises(NotRight, match=r"^0 ZZZ here, 5 at the broker$"):
        asyncio.run(soaked.run())


def test_growth_is_counted_from_the_fifth_day(tmp_path: Path) -> None:
    soaked = Soak(tmp_path, days=1, seed=7)
    soaked.rss = [50, 70, 80, 90, 100, 101, 104]
    assert soaked.growth() == pytest.approx(0.04)
    soaked.rss = soaked.rss[: soak.FIRST_DAY]
    assert soaked.growth() is None
