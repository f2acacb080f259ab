"""How an account begins: all of its settings with its first turn, and on record where each came from."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from engine.adapters import peers
from engine.decision.events import PolicySet
from engine.errors import Unavailable
from engine.leadership import lead
from engine.live_ports import LiveStore, Turn
from engine.model.audit import AuditEvent, Word
from engine.notification_settings import NotificationSettings
from engine.replay import replay
from engine.settings import Settings, from_mapping, from_text, text_of
from engine.trader import Trader
from stonks_tui import account_start, config_origins
from stonks_tui.trading import Account
from tests.support import trading_room
from tests.support.tapes import at, buy
from tests.support.trading_room import Room, quoted

TOLD = NotificationSettings(email_enabled=True, gmail_sender="me@example.com", gmail_recipient="you@example.com")
ORIGINS = {
    "capital": "stonks.toml",
    "max_open_positions": "environment",
    "enabled": "command line",
    "gmail_sender": "stonks.toml",
}


@dataclass(kw_only=True)
class Beginning(Room):
    """A room whose account begins by what was said of it."""

    notifications: NotificationSettings = TOLD
    origins: Mapping[str, str] = field(default_factory=lambda: ORIGINS)
    takes_over: bool = False

    @property
    def account(self) -> Account:
        """See `Room`."""
        return replace(
            super().account,
            notifications=self.notifications,
            origins=self.origins,
            takes_over=self.takes_over,
        )

    async def audits(self) -> list[AuditEvent]:
        """Return what was said, oldest first."""
        return list(reversed(await self.reader.audits()))


def beginning(**about: object) -> Beginning:
    """Return a room in which AAA is bought at minute 5, until minute 12."""
    settings = {"policy": trading_room.policy(max_open_positions=8), **about}
    room = Beginning(tape=quoted({"AAA": {0: {0: 100.0}}}), recommendations=[buy("AAA")], **settings)  # type: ignore[arg-type]
    room.ends(at(0, 12))
    return room


async def test_a_new_account_has_its_settings_with_its_first_turn_and_where_each_came_from() -> None:
    room = beginning()
    trader = await room.trade()
    seq, event, effects = room.turns[0]
    assert (seq, event, effects) == (1, PolicySet(at=event.at, policy=room.policy), [])
    (audit,) = await room.audits()
    assert (audit.asked.word, audit.asked.who, audit.at) == (Word.SET, peers.name_of(os.getuid()), event.at)
    assert audit.asked.origin == "stonks.toml and environment and command line"
    assert audit.asked.arguments == {
        "capital": "100000.00",
        "max_open_positions": "8",
        "enabled": "yes",
        "gmail_sender": "me@example.com",
    }
    assert audit.before == {
        "capital": "100000.00",
        "setting.max_open_positions": "10",
        "setting.enabled": "True",
        "setting.gmail_sender": "",
    }
    assert audit.after == {
        **audit.before,
        "setting.max_open_positions": "8",
        "setting.gmail_sender": "me@example.com",
        **{f"origin.{name}": origin for name, origin in ORIGINS.items()},
    }
    assert trader.settings == Settings(policy=room.policy, notifications=TOLD)
    assert from_text(await room.reader.settings()) == trader.settings
    assert len((await room.books()).executions) == 1


async def test_an_account_of_which_nothing_was_said_begins_without_a_word() -> None:
    room = beginning(origins={})
    await room.trade()
    assert await room.audits() == []
    assert not isinstance(room.turns[0][1], PolicySet)


async def test_a_restart_does_not_begin_again() -> None:
    room = beginning()
    await room.trade()
    said = await room.reader.settings()
    room.policy = trading_room.policy(max_open_positions=2)
    room.again()
    room.ends(at(0, 20))
    trader = await room.trade()
    assert len(await room.audits()) == 1
    assert text_of(trader.settings) == said


async def test_the_journal_of_such_an_account_comes_to_the_same_again() -> None:
    room = beginning()
    trader = await room.trade()
    again = await replay(room.store.journal(), room.account.beginning(), Settings().policy)
    assert (again.difference, again.turns, again.policy) == (None, trader.seq, trader.policy)


class _Forgetful:
    """A store that could not keep the first turn: the process died before."""

    def __init__(self, store: LiveStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def commit(self, _: Turn) -> None:
        """See `LiveStore.commit`."""
        raise asyncio.CancelledError


async def test_killed_before_its_first_turn_was_kept_it_begins_at_the_next_start_whole() -> None:
    room = beginning(wrapped=_Forgetful)
    with pytest.raises(asyncio.CancelledError):
        await room.trade()
    assert (await room.reader.last_turn(), await room.reader.settings()) == (0, "")
    room.wrapped = lambda store: store
    room.again()
    room.ends(at(0, 12))
    await room.trade()
    assert len(await room.audits()) == 1
    assert from_text(await room.reader.settings()) == room.account.settings


async def test_what_is_taken_over_at_a_later_start_is_a_word_with_its_origin_and_said_once() -> None:
    room = beginning()
    first = await room.trade()
    room.policy = trading_room.policy(max_open_positions=3, window_end_minutes=7)
    room.notifications = replace(TOLD, email_max_per_hour=5)
    room.origins = {"max_open_positions": "stonks.toml", "email_max_per_hour": "stonks.toml"}
    room.takes_over = True
    room.again()
    room.ends(at(0, 20))
    trader = await room.trade()
    wanted = from_mapping({"max_open_positions": 3, "email_max_per_hour": 5}, first.settings)
    assert trader.settings == wanted
    _, *later = await room.audits()
    assert {audit.asked.origin for audit in later} == {"stonks.toml"}
    changed = {name: text for audit in later for name, text in audit.after.items()}
    assert changed == {"setting.max_open_positions": "3", "setting.email_max_per_hour": "5"}
    origins = {name: str(origin) for name, origin in config_origins.of(await room.reader.audits()).items()}
    assert origins["max_open_positions"].startswith(f"{peers.name_of(os.getuid())} (stonks.toml), ")
    assert origins["enabled"] == "command line"
    assert origins["capital"] == "stonks.toml"


async def test_what_the_account_refuses_at_a_later_start_ends_it_in_words() -> None:
    room = beginning()
    trader = await room.trade()
    room.origins, room.takes_over = {"capital": "stonks.toml"}, True
    with pytest.raises(Unavailable, match="there is no setting 'capital'"):
        await account_start.AccountStart(room.account).keep(trader, at(0, 20))
    assert len(await room.audits()) == 1


async def test_what_another_engine_has_begun_is_not_begun_again_by_who_stood_by() -> None:
    room = beginning(origins={})
    await room.trade()
    leadership = await lead(room.store, "another", room.clock.at, now=lambda: room.clock.at)
    assert leadership
    trader = Trader(
        room.account.state_of(await room.store.load()),
        room.account.settings,
        room.store,
        None,  # type: ignore[arg-type]
        epoch=leadership.epoch,
        kept=await room.store.load(),
    )
    await account_start.AccountStart(beginning().account).keep(trader, at(0, 20))
    assert await room.audits() == []
