"""What every live store keeps for others to see, and what it forgets: in memory, on SQLite, on PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import codec
from engine.decision.events import EntriesDue, PricesSeen
from engine.errors import BadInput, BrokenInvariant
from engine.live_ports import Checkpoint, Turn
from engine.model.audit import Asked, Word
from storage.live_books import is_mere_look
from tests.support.desk import PlainMarket
from tests.support.live_stores import STORES, Opened, Opening
from tests.support.live_turns import (
    a_heartbeat,
    a_look,
    a_morning,
    a_turn,
    an_audit,
    an_entry,
    measured,
)
from tests.support.samples import AT


@pytest.fixture(params=STORES)
async def leading(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """A store of which `a` holds the lease, in epoch 1."""
    async with request.param() as opened:
        await opened.store.take_lease("a", AT, 60)
        yield opened


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def deciding(seq: int, **fields: Any) -> Turn:
    return a_turn(seq, **{"errands": ()} | fields)


async def keep(opened: Opened, *turns: Turn) -> None:
    for turn in turns:
        await opened.store.commit(turn)


async def test_the_rules_that_hold_are_the_last_that_were_kept(leading: Opened) -> None:
    await keep(leading, deciding(1, settings="first"), deciding(2), deciding(3, settings="second"), deciding(4))
    kept = await leading.store.load()
    assert kept
    assert (kept.settings, await leading.reader.settings()) == ("second", "second")


async def test_a_checkpoint_has_the_rules_that_held_before_its_turn_and_the_first_one_those_of_its_own(
    leading: Opened,
) -> None:
    await keep(leading, a_morning(1, settings="first"), deciding(2, settings="second"), a_morning(3, settings="third"))
    assert await leading.reader.checkpoint() == Checkpoint(seq=1, at=later(1), state="before 1", settings="first")
    assert await leading.reader.checkpoint(later(3)) == Checkpoint(
        seq=3, at=later(3), state="before 3", settings="second"
    )


@pytest.mark.parametrize(("seconds", "seq"), [(0, None), (2, 2), (3, 2), (4.999, 2), (5, 5), (1000, 5)])
async def test_a_checkpoint_is_found_by_a_moment_at_or_after_it(
    leading: Opened, seconds: float, seq: int | None
) -> None:
    await keep(leading, deciding(1), a_morning(2), deciding(3), deciding(4), a_morning(5))
    found = await leading.reader.checkpoint(later(seconds))
    assert (found and found.seq) == seq


async def test_words_are_read_newest_first_and_no_more_of_them_than_were_asked_for(leading: Opened) -> None:
    await keep(leading, deciding(1, audit=an_audit(1)), deciding(2), deciding(3, audit=an_audit(3)), deciding(4))
    assert await leading.reader.audits() == (an_audit(3), an_audit(1))
    assert await leading.reader.audits(1) == (an_audit(3),)


async def test_a_word_is_kept_whatever_its_arguments_are_called(leading: Opened) -> None:
    odd = {"$float": "not a number", "": "", 'a "quoted" name': "é\u2028\n"}
    audit = an_audit(1, asked=Asked(word=Word.SET, arguments=odd), before=odd, after={}, done=False)
    await keep(leading, deciding(1, audit=audit))
    assert await leading.reader.audits() == (audit,)


async def test_a_heartbeat_takes_the_place_of_the_one_before(leading: Opened) -> None:
    assert await leading.reader.heartbeat() is None
    await leading.store.beat(a_heartbeat(1))
    last = a_heartbeat(2, next_at=None, prices_at=None, troubles=(), cause="manual")
    await leading.store.beat(last)
    beaten = await leading.reader.heartbeat()
    assert beaten
    assert beaten[0] == last


async def test_of_one_moment_the_last_measures_count_and_they_are_read_from_a_moment_on(leading: Opened) -> None:
    for seq in (2, 1, 3):
        await leading.store.measured(measured(seq))
    await leading.store.measured(measured(2, cash=5))
    assert await leading.reader.metrics() == (measured(1), measured(2, cash=5), measured(3))
    assert await leading.reader.metrics(later(2)) == (measured(2, cash=5), measured(3))
    assert await leading.reader.metrics(later(3.5)) == ()


async def test_a_number_that_is_none_and_a_moment_without_a_zone_are_not_kept(leading: Opened) -> None:
    naive = AT.replace(tzinfo=None)
    with pytest.raises(BrokenInvariant, match="no number as its drawdown"):
        await leading.store.measured(measured(1, drawdown=float("nan")))
    with pytest.raises(BrokenInvariant, match="no number as its lag_seconds"):
        await leading.store.beat(a_heartbeat(1, lag_seconds=float("nan")))
    for asked in (
        leading.store.measured(measured(1, at=naive)),
        leading.store.beat(a_heartbeat(1, next_at=naive)),
        leading.store.forget_prices(naive),
    ):
        with pytest.raises(BadInput, match="time zone"):
            await asked
    assert (await leading.reader.heartbeat(), await leading.reader.metrics()) == (None, ())


def test_a_look_of_which_nothing_came_is_told_from_all_other_turns() -> None:
    for of_a_look in (PricesSeen(at=AT, market=PlainMarket()), EntriesDue(at=AT)):
        look = codec.text(codec.event_to_plain(of_a_look))
        assert is_mere_look(an_entry(1, event=look, effects="[]"))
        assert not is_mere_look(an_entry(1, event=look))
    for event in ('{"is":"BarClosed"}', "no JSON", '["PricesSeen"]', ""):
        assert not is_mere_look(an_entry(1, event=event, effects="[]"))


async def seqs(opened: Opened) -> list[int]:
    return [entry.seq for entry in await opened.journal()]


async def test_only_looks_before_a_checkpoint_that_is_old_itself_are_forgotten(leading: Opened) -> None:
    await keep(
        leading, a_morning(1), a_look(2), deciding(3), a_look(4), a_morning(5), a_look(6), a_morning(7), a_look(8)
    )
    assert await leading.store.forget_prices(later(4.5)) == 0  # the last checkpoint that old is the first turn
    assert await leading.store.forget_prices(later(6.5)) == 2
    assert await seqs(leading) == [1, 3, 5, 6, 7, 8]
    assert await leading.store.forget_prices(later(6.5)) == 0


async def test_nothing_after_the_last_checkpoint_is_forgotten_however_old_it_is(leading: Opened) -> None:
    await keep(leading, a_look(1), a_morning(2), a_look(3), a_look(4))
    assert await leading.store.forget_prices(later(1_000_000)) == 1
    assert await seqs(leading) == [2, 3, 4]


async def test_without_a_checkpoint_nothing_is_forgotten(leading: Opened) -> None:
    await keep(leading, a_look(1), a_look(2))
    assert await leading.store.forget_prices(later(1_000_000)) == 0
    assert await seqs(leading) == [1, 2]


async def test_a_checkpoint_after_which_turns_are_missing_is_forgotten_and_a_whole_one_is_not(leading: Opened) -> None:
    await keep(leading, a_morning(1), a_look(2), a_morning(3), deciding(4), a_morning(5), a_look(6))
    assert await leading.store.forget_prices(later(5.5)) == 1
    first = await leading.reader.checkpoint()
    assert first
    assert first.seq == 3  # nothing was forgotten since
    assert await leading.reader.checkpoint(later(2)) is None


async def test_what_was_decided_said_and_set_is_kept_and_the_account_goes_on(leading: Opened) -> None:
    await keep(leading, a_look(1, audit=an_audit(1), settings="rules"), deciding(2), a_morning(3))
    before = await leading.store.load()
    assert await leading.store.forget_prices(later(10)) == 1
    assert await leading.store.load() == before
    assert await leading.reader.audits() == (an_audit(1),)
    assert [d.decision_id for d in (await leading.books()).decisions] == ["d2"]
    await keep(leading, a_look(4))
    assert (await leading.reader.last_turn(), await seqs(leading)) == (4, [2, 3, 4])


@pytest.mark.parametrize("opening", STORES)
@settings(max_examples=20)
@given(
    kinds=st.lists(st.sampled_from([a_look, a_look, a_look, deciding, a_morning]), max_size=25),
    forgotten=st.lists(st.integers(0, 30), min_size=1, max_size=4),
)
async def test_p43_every_checkpoint_that_is_left_has_all_turns_since(
    opening: Opening, kinds: list[Callable[..., Turn]], forgotten: list[int]
) -> None:
    async with opening() as opened:
        await opened.store.take_lease("a", AT, 60)
        await keep(opened, *(kind(seq) for seq, kind in enumerate(kinds, start=1)))
        mornings = [seq for seq, kind in enumerate(kinds, start=1) if kind is a_morning]
        for seconds in forgotten:
            await opened.store.forget_prices(later(seconds))
        left = await seqs(opened)
        for seq in mornings:
            found = await opened.reader.checkpoint(later(seq))
            if found and found.seq == seq:
                assert left[left.index(seq) :] == list(range(seq, len(kinds) + 1))
        if mornings:
            newest = await opened.reader.checkpoint(later(1000))
            assert newest
            assert newest.seq == mornings[-1]
        gone = set(range(1, len(kinds) + 1)) - set(left)
        assert all(kinds[seq - 1] is a_look for seq in gone)
        assert all(seq < max(forgotten) for seq in gone)


async def test_looks_of_which_nothing_came_are_no_event(leading: Opened) -> None:
    await keep(leading, deciding(1), a_look(2), a_look(3))
    assert leading.reader.has_happened(0)
    assert not leading.reader.has_happened(1)
    await keep(leading, deciding(4), a_look(5))
    assert leading.reader.has_happened(3)
    assert not leading.reader.has_happened(4)
