"""Property 43: the journal decided on again gives the same, byte for byte, also when the rules change along the way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.decision.events import PolicySet
from engine.model.live import JournalEntry
from engine.policy_mapping import from_mapping
from engine.replay import Replayed, replay
from engine.trader import Trader
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.markets import IntradayWorld, intraday_worlds

Doctored = Callable[[list[JournalEntry]], Sequence[JournalEntry]]


@st.composite
def _worlds_with_new_rules(draw: st.DrawFn) -> IntradayWorld:
    """A world in which a person forbids entries some way into it, or allows more of them."""
    world = draw(intraday_worlds())
    first = world.played[0]
    at = first.open_at + timedelta(minutes=draw(st.integers(1, 50)))
    setting = draw(st.sampled_from(("enabled=no", "max_open_positions=1", "base_allocation_pct=0.01")))
    rules = PolicySet(at=at, policy=from_mapping(dict([setting.split("=")]), world.policy))
    said = sorted((*world.interventions, rules), key=lambda word: word.at)
    return replace(world, interventions=tuple(said))


async def _played(world: IntradayWorld) -> tuple[Trader, list[JournalEntry]]:
    store = InMemoryLiveStore(live.account_of(world))
    trader = await live.play(world, store, InMemoryPaperMemory())
    return trader, [entry async for entry in store.journal()]


async def _each(entries: Sequence[JournalEntry]) -> AsyncIterator[JournalEntry]:
    for entry in entries:
        yield entry


@settings(max_examples=14)
@given(world=_worlds_with_new_rules())
def test_p43_rules_that_change_along_the_way_hold_from_the_next_turn_on(world: IntradayWorld) -> None:
    async def compare() -> None:
        trader, journal = await _played(world)
        state = live.beginning(world)
        again = await replay(_each(journal), state, world.policy)
        event(f"orders: {min(3, again.orders)}")
        assert again.difference is None
        assert again.turns == len(journal)
        assert again.decisions == trader.state.decisions_made
        assert again.policy == trader.policy
        assert live.state_text(state) == live.state_text(trader.state)

    asyncio.run(compare())


@settings(max_examples=6)
@given(world=_worlds_with_new_rules(), data=st.data())
def test_p43_a_replay_that_begins_in_the_middle_comes_to_the_same(world: IntradayWorld, data: st.DataObject) -> None:
    async def compare() -> None:
        trader, journal = await _played(world)
        middle = data.draw(st.integers(1, len(journal)))
        state = live.beginning(world)
        before = await replay(_each(journal), state, world.policy, until=middle)
        after = await replay(_each(journal[middle:]), state, before.policy)
        assert before.turns == middle
        assert before.turns + after.turns == len(journal)
        assert live.state_text(state) == live.state_text(trader.state)

    asyncio.run(compare())


@settings(max_examples=6)
@given(world=intraday_worlds(), data=st.data())
def test_a_turn_that_was_kept_otherwise_is_named(world: IntradayWorld, data: st.DataObject) -> None:
    place = 0

    def doctor(journal: list[JournalEntry]) -> Sequence[JournalEntry]:
        nonlocal place
        place = data.draw(st.integers(0, len(journal) - 1))
        journal[place] = replace(journal[place], effects='[{"is":"Nothing"}]')
        return journal

    found = _replayed(world, doctor)
    assert found.difference
    assert found.difference.seq == place + 1
    assert found.difference.kept == '[{"is":"Nothing"}]'
    assert found.turns == place


@settings(max_examples=5)
@given(world=intraday_worlds())
def test_a_turn_that_can_no_longer_be_read_is_a_difference_that_says_so(world: IntradayWorld) -> None:
    found = _replayed(world, lambda journal: [replace(journal[0], event='{"is":"FromTheFuture"}'), *journal[1:]])
    assert found.difference
    assert found.difference.now.startswith("nothing: ")
    assert found.turns == 0


@settings(max_examples=5)
@given(world=intraday_worlds())
def test_turns_that_are_not_in_the_journal_end_the_replay(world: IntradayWorld) -> None:
    found = _replayed(world, lambda journal: [*journal[:2], *journal[4:]])
    assert found.difference is None
    assert found.gap
    assert (found.gap.after, found.gap.seq) == (2, 5)
    assert found.turns == 2


def _replayed(world: IntradayWorld, doctor: Doctored) -> Replayed:
    async def play() -> Replayed:
        _, journal = await _played(world)
        return await replay(_each(doctor(journal)), live.beginning(world), world.policy)

    return asyncio.run(play())
