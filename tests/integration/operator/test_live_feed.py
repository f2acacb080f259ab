"""Live feed: what is read again of an account that somebody looks at, and what is not?"""

import asyncio
from pathlib import Path

import pytest

from engine.model.audit import Word
from engine.model.portfolio import TradingState
from stonks_tui import live_story
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_feed import LiveFeed
from tests.support.shell import Shell


async def test_the_account_is_read_again_when_a_turn_has_come_and_not_before(
    folder: Path, engine: EngineThread, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    del engine
    reads, read = [], live_story.whole

    async def counted(*about: object) -> object:
        reads.append(about)
        return await read(*about)  # type: ignore[arg-type]

    monkeypatch.setattr(live_story, "whole", counted)
    feed = LiveFeed(folder)
    first = await feed.story(0)
    looks = [await feed.story(0) for _ in range(5)]
    assert len(reads) == 1
    assert all(look.days == first.days and look.breakers == first.breakers for look in looks)
    assert first.alive
    assert looks[-1].alive
    assert looks[-1].alive.seconds >= first.alive.seconds

    assert (await asyncio.to_thread(shell.stonks, Word.PAUSE.value)).code == 0
    after = await feed.story(0)
    assert len(reads) == 2
    assert after.alive
    assert after.alive.turn == first.alive.turn + 1
    assert (await LiveFeed(folder).story(0)).days == after.days
    assert after.days[-1].trading_state is TradingState.REDUCING
