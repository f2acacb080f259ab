"""Closed trades of an account that trades: new ones wait behind a count while somebody reads further down."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.decision.effects import RecordTrade
from engine.model.views import Alive, RunStory
from engine.ports import RunStore
from stonks_tui import bootstrap
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.positions import PositionsScreen
from storage.live_store import SqlLiveStore
from tests.support import many_trades
from tests.support.live_turns import ACCOUNT, a_heartbeat, a_look
from tests.support.samples import AT, a_snapshot
from tests.support.terminal import Seen, shown
from tests.tui.list_tries import seek

FIRST = 250


class AccountFeed(RunFeed):
    """The account's books as they are now, and the day that a core with so many closed trades would tell of."""

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        listing = await self._asked(lambda store: store.listing(run_id))
        count = await self._asked(lambda store: store.count_trades(run_id))
        alive = Alive(heartbeat=a_heartbeat(1, at=AT, troubles=()), seconds=0.0, turn=count)
        day = a_snapshot(trade_count=count, positions=())
        return RunStory(run_id=run_id, state="running", record=listing.record, days=(day,), profits=(0,), alive=alive)

    def open_store(self) -> RunStore:
        """See `RunFeed.open_store`."""
        return bootstrap.records(self.data_dir)


class Account:
    """An account in a file, in which trades are closed."""

    def __init__(self, store: SqlLiveStore) -> None:
        self._store = store
        self._turn = 0
        self.count = 0

    async def close(self, count: int) -> None:
        """Keep a turn in which so many trades were closed."""
        made = many_trades.trades(count, start=self.count + 1)
        self._turn, self.count = self._turn + 1, self.count + count
        await self._store.commit(a_look(self._turn, records=tuple(RecordTrade(trade=t) for t in made)))


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[Account]:
    async with SqlLiveStore(bootstrap.live_path(tmp_path), ACCOUNT) as store:
        await store.take_lease("a", AT, 60)
        account = Account(store)
        await account.close(FIRST)
        yield account


def screen(seen: Seen) -> PositionsScreen:
    found = seen.app.screen
    assert isinstance(found, PositionsScreen)
    return found


def keys(seen: Seen) -> list[str]:
    return [row.key for row in screen(seen).table().view.rows]


async def follow(seen: Seen) -> None:
    """Look at what has become of the account, as its app does again and again."""
    scope = seen.app.scope
    assert scope is not None
    seen.app.look_at(scope.follow(await seen.app.feed.story(0), None))
    await seen.idle()


async def test_new_trades_wait_behind_a_count_while_the_cursor_is_further_down(
    account: Account, tmp_path: Path
) -> None:
    async with shown(tmp_path, tmp_path, screen="positions", feed=AccountFeed(tmp_path), run_id=0) as seen:
        await seen.press("h", "j", "j", "j")
        before = seen.lines[3:20]
        await account.close(2)
        await follow(seen)
        assert f"Closed trades · {FIRST} · 2 new, g" in seen.lines[2]
        assert seen.lines[3:20] == before
        assert screen(seen).table().row_key == str(FIRST - 3)
        await account.close(1)
        await follow(seen)
        assert "3 new, g" in seen.lines[2]
        await seen.press("g")
        assert keys(seen)[:4] == [str(FIRST + 3), str(FIRST + 2), str(FIRST + 1), str(FIRST)]
        assert screen(seen).table().position[0] == 1
        assert f"Closed trades · {FIRST + 3} ━" in seen.lines[2]


async def test_at_the_top_new_trades_are_followed(account: Account, tmp_path: Path) -> None:
    async with shown(tmp_path, tmp_path, screen="positions", feed=AccountFeed(tmp_path), run_id=0) as seen:
        await seen.press("h")
        await account.close(1)
        await follow(seen)
        assert screen(seen).table().row_key == keys(seen)[0] == str(FIRST + 1)
        assert f"Closed trades · {FIRST + 1} ━" in seen.lines[2]


async def test_only_what_fits_waits_and_tabs_are_counted_anew(account: Account, tmp_path: Path) -> None:
    async with shown(tmp_path, tmp_path, screen="positions", feed=AccountFeed(tmp_path), run_id=0) as seen:
        await seen.press("h")
        await seek(seen, "reason:target")
        fitting = FIRST // 3 + 1
        await seen.press("v", "j", "j")
        assert f"[reason:target {fitting}]" in seen.text
        await account.close(6)
        await follow(seen)
        assert f"Closed trades · {fitting} · 2 new, g" in seen.lines[2]
        assert f"[reason:target {fitting + 2}]" in seen.text
        assert f" all {FIRST + 6} " in seen.text


async def test_in_another_order_too_the_cursor_stays_where_it_is(account: Account, tmp_path: Path) -> None:
    async with shown(tmp_path, tmp_path, screen="positions", feed=AccountFeed(tmp_path), run_id=0) as seen:
        await seen.press("h", "s", "s", "j", "j")
        rows, chosen = keys(seen), screen(seen).table().row_key
        await account.close(5)
        await follow(seen)
        assert (keys(seen), screen(seen).table().row_key) == (rows, chosen)
        assert "5 new, g" in seen.lines[2]
