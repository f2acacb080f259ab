"""What every live store promises: in memory, on SQLite, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decision import effects
from engine.errors import BadInput, BrokenInvariant, LostLease, NotFound, StonksError
from engine.live_ports import Kept, LiveStore, Turn
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.decision_log import TurnedDown
from engine.model.live import Errand, ErrandKind, JournalEntry, Lease
from engine.model.orders import OrderTag
from engine.model.portfolio import RiskTierName
from engine.model.runs import RunBooks
from engine.model.tape import RecommendationTable
from storage.live_queries import JOURNAL_PAGE
from tests.support import strategies
from tests.support.live_stores import STORES, Opened, Opening, ReadBack
from tests.support.live_turns import (
    ACCOUNT,
    a_heartbeat,
    a_look,
    a_morning,
    a_turn,
    an_audit,
    an_entry,
    an_errand,
    an_order,
    measured,
)
from tests.support.samples import (
    AT,
    a_closure,
    a_decision,
    a_notice,
    a_recommendation,
    a_snapshot,
    a_stop_change,
    a_trade,
    an_execution,
)

RECORDS: dict[str, Callable[[Any], effects.Record]] = {
    "decisions": lambda kept: effects.RecordDecision(decision=kept),
    "trades": lambda kept: effects.RecordTrade(trade=kept),
    "snapshots": lambda kept: effects.RecordSnapshot(snapshot=kept),
    "stop_changes": lambda kept: effects.RecordStopChange(change=kept),
    "reserve_entries": lambda kept: effects.RecordReserveEntry(entry=kept),
    "tier_changes": lambda kept: effects.RecordTierChange(change=kept),
    "breakers": lambda kept: effects.RecordBreaker(event=kept),
    "flows": lambda kept: effects.RecordCashFlow(flow=kept),
    "notices": lambda kept: effects.RecordNotice(notice=kept),
    "splits": lambda kept: effects.RecordSplit(split=kept),
}


ON_ALL = pytest.mark.parametrize("opening", STORES)


@pytest.fixture(params=STORES)
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    async with request.param() as found:
        yield found


@pytest.fixture
async def leading(opened: Opened) -> Opened:
    """A store of which `a` holds the lease, in epoch 1."""
    await opened.store.take_lease("a", AT, 60)
    return opened


NOTHING: tuple[None, list[JournalEntry], RunBooks, ReadBack] = (
    None,
    [],
    RunBooks(),
    ReadBack(last_turn=0, state=None, settings="", heartbeat=None, metrics=(), audits=(), checkpoints=(), journal=()),
)


def spread(draw: st.DrawFn, count: int, turns: int) -> list[int]:
    """Return for each of `count` things the turn in which it comes, in order."""
    return sorted(draw(st.lists(st.integers(0, turns - 1), min_size=count, max_size=count)))


@st.composite
def lives(draw: st.DrawFn) -> tuple[tuple[Turn, ...], RunBooks]:
    """Some turns of an account, and the books that come of them."""
    books = replace(draw(strategies.run_books()), open_lots=())
    count = max(draw(st.integers(1, 4)), len(books.executions))
    records: list[list[effects.Record]] = [[] for _ in range(count)]
    for book, record in RECORDS.items():
        kept = getattr(books, book)
        for turn, value in zip(spread(draw, len(kept), count), kept, strict=True):
            records[turn].append(record(value))
    kinds = draw(st.lists(st.tuples(st.sampled_from(ErrandKind), strategies.texts, strategies.moments), max_size=4))
    errands: list[list[Errand]] = [[] for _ in range(count)]
    places = zip(spread(draw, len(kinds), count), kinds, strict=True)
    for number, (turn, (kind, subject, at)) in enumerate(places, start=1):
        order = draw(strategies.orders) if kind is ErrandKind.ORDER else None
        ratio = draw(strategies.ratios) if kind is ErrandKind.SPLIT else None
        errands[turn].append(Errand(errand_id=number, kind=kind, subject=subject, at=at, order=order, ratio=ratio))
    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    turns = tuple(
        Turn(
            entry=JournalEntry(
                seq=turn + 1,
                at=draw(strategies.moments),
                event=draw(texts),
                answers=draw(texts),
                effects=draw(texts),
            ),
            state=draw(texts),
            epoch=1,
            records=tuple(draw(st.permutations(records[turn]))) if turn else tuple(records[turn]),
            execution=books.executions[turn] if turn < len(books.executions) else None,
            errands=tuple(errands[turn]),
            audit=draw(st.none() | strategies.audits),
            settings=draw(st.just("") | texts),
            checkpoint=draw(st.just("") | texts),
        )
        for turn in range(count)
    )
    return turns, expected(turns)


def expected(turns: tuple[Turn, ...]) -> RunBooks:
    """Return what is in the books after `turns`: of a breaker the last that is said, where the first was."""
    found: dict[str, list[Any]] = {book: [] for book in RECORDS}
    kinds = {type(record(None)): book for book, record in RECORDS.items()}
    for record in (record for turn in turns for record in turn.records):
        field = fields(record)[0]
        found[kinds[type(record)]].append(getattr(record, field.name))
    found["breakers"] = list({breaker.breaker_id: breaker for breaker in found["breakers"]}.values())
    found["snapshots"].sort(key=lambda day: day.on)
    executions = tuple(turn.execution for turn in turns if turn.execution)
    return RunBooks(executions=executions, **{book: tuple(values) for book, values in found.items()})


@ON_ALL
@settings(max_examples=10)
@given(life=lives())
async def test_p29_what_turns_kept_comes_back_as_it_was(
    opening: Opening, life: tuple[tuple[Turn, ...], RunBooks]
) -> None:
    turns, books = life
    async with opening() as opened:
        await opened.store.take_lease("a", AT, 60)
        for turn in turns:
            await opened.store.commit(turn)
        errands = tuple(errand for turn in turns for errand in turn.errands)
        settings = next((turn.settings for turn in reversed(turns) if turn.settings), "")
        kept = Kept(seq=len(turns), state=turns[-1].state, waiting=errands, errands=len(errands), settings=settings)
        *found, read = await opened.everything()
        assert found == [kept, [turn.entry for turn in turns], books]
        assert (read.last_turn, read.state, read.settings) == (kept.seq, kept.state, kept.settings)
        assert read.audits == tuple(turn.audit for turn in reversed(turns) if turn.audit)
        assert read.journal == tuple(turn.entry for turn in turns)


async def test_an_account_that_never_had_a_turn_has_nothing_kept(leading: Opened) -> None:
    assert await leading.everything() == NOTHING
    assert await leading.store.decided(["rec-of-1"]) == frozenset()


async def test_the_account_reads_like_a_run_that_goes_on(opened: Opened) -> None:
    assert await opened.reader.get(0) == ACCOUNT
    with pytest.raises(NotFound, match="no run 7"):
        await opened.reader.get(7)


@pytest.mark.parametrize(
    "text", ["", '{"a": 1.0}', '{"a":1.00}', "[1, 2]\n", '{"b":1,"a":"é\u2028\\u00e9"}', "\x01", "no JSON"]
)
async def test_journal_and_state_are_kept_byte_for_byte(leading: Opened, text: str) -> None:
    entry = an_entry(1, event=text, answers=text, effects=text)
    await leading.store.commit(a_turn(1, entry=entry, state=text))
    assert await leading.journal() == [entry]
    kept = await leading.store.load()
    assert kept
    assert kept.state.encode() == text.encode()


async def test_a_turn_of_which_nobody_could_say_that_it_was_kept_is_kept_once(leading: Opened) -> None:
    for seq in (1, 2):
        await leading.store.commit(a_turn(seq))
    before = await leading.everything()
    await leading.store.commit(a_turn(2))
    assert await leading.everything() == before
    await leading.store.commit(a_turn(3))


async def test_looks_are_kept_with_the_turn_after_them(leading: Opened) -> None:
    turn = a_turn(3, errands=(an_errand(1),), looks=(a_look(1).entry, a_look(2).entry))
    await leading.store.commit(turn)
    assert await leading.journal() == [*turn.looks, turn.entry]
    before = await leading.everything()
    await leading.store.commit(turn)
    assert await leading.everything() == before
    kept = await leading.store.load()
    assert kept
    assert (kept.seq, kept.state, kept.waiting) == (3, turn.state, turn.errands)


@pytest.mark.parametrize("kept", [1, 2])
async def test_looks_of_which_nobody_could_say_that_they_were_kept_are_kept_once(leading: Opened, kept: int) -> None:
    looks = [a_look(seq) for seq in (1, 2, 3)]
    await leading.store.commit(replace(looks[kept - 1], looks=tuple(look.entry for look in looks[: kept - 1])))
    turn = a_turn(4, errands=(an_errand(1),), looks=tuple(look.entry for look in looks))
    await leading.store.commit(turn)
    assert await leading.journal() == [*turn.looks, turn.entry]


async def test_the_journal_is_read_from_any_turn_on_and_over_pages(leading: Opened) -> None:
    count = 2 * JOURNAL_PAGE + 1
    for seq in range(1, count + 1):
        await leading.store.commit(a_turn(seq, records=(), errands=()))
    for after in (0, 1, JOURNAL_PAGE, 2 * JOURNAL_PAGE, count, count + 1):
        assert [entry.seq for entry in await leading.journal(after)] == list(range(after + 1, count + 1))


async def test_turns_that_come_while_the_journal_is_read_are_read_too(leading: Opened) -> None:
    await leading.store.commit(a_turn(1))
    read = []
    async for entry in leading.store.journal():
        read.append(entry.seq)
        if entry.seq < 5:
            await leading.store.commit(a_turn(entry.seq + 1))
    assert read == [1, 2, 3, 4, 5]


def a_full_turn(seq: int, **fields: Any) -> Turn:
    """Return the turn `seq` with one record of every kind, which a refusal must not keep."""
    records = (
        effects.RecordDecision(decision=a_decision(100 * seq)),
        effects.RecordTrade(trade=a_trade(closures=(a_closure(), a_closure(lot_id="lot2")))),
        effects.RecordSnapshot(snapshot=a_snapshot(on=AT.date() + timedelta(days=seq))),
        effects.RecordStopChange(change=a_stop_change("d1")),
        effects.RecordBreaker(event=a_breaker()),
        effects.RecordBreaker(event=a_breaker(breaker_id="b1", resolved_at=AT + timedelta(hours=1))),
        effects.RecordNotice(notice=a_notice()),
    )
    more = fields.pop("more", ())
    kept = {"execution": an_execution("d1"), "audit": an_audit(seq), "settings": "new", "checkpoint": f"before {seq}"}
    return a_turn(seq, **{"records": (*records, *more), **kept, **fields})


def a_breaker(**fields: Any) -> BreakerEvent:
    plain: dict[str, Any] = {
        "breaker_id": "b1",
        "at": AT,
        "trigger": CircuitBreakerTriggerType.DAILY_LOSS,
        "threshold": 0.02,
        "actual": 0.03,
    }
    return BreakerEvent(**plain | fields)


def turned_down() -> effects.RecordTurnedDown:
    return effects.RecordTurnedDown(
        block=TurnedDown(
            table=RecommendationTable.of([a_recommendation(1)]),
            at=AT,
            id_prefix="d",
            first_number=2,
            risk_tier=RiskTierName.MODERATE,
            heat=0.01,
            active_pool=1_000_000,
            reserve=5,
            rows=[0],
            skip_reasons=["heat"],
            failed_values=[None],
            failed_limits=[None],
            prices=[None],
        )
    )


def decided(number: int, **fields: Any) -> effects.RecordDecision:
    return effects.RecordDecision(decision=a_decision(number, **fields))


REFUSED: dict[str, tuple[Turn, type[StonksError]]] = {
    "another turn in the place of the last": (a_full_turn(2, entry=an_entry(2, event="another")), BrokenInvariant),
    "an earlier turn again": (a_full_turn(1), BrokenInvariant),
    "a turn after a hole": (a_full_turn(4), BrokenInvariant),
    "a hole after a look": (a_full_turn(5, looks=(a_look(3).entry,)), BrokenInvariant),
    "a hole before a look": (a_full_turn(5, looks=(a_look(4).entry,)), BrokenInvariant),
    "a look of which something came": (a_full_turn(4, looks=(an_entry(3),)), BrokenInvariant),
    "another look in the place of the last": (
        a_full_turn(4, looks=(a_look(2).entry, a_look(3).entry)),
        BrokenInvariant,
    ),
    "looks of an older epoch": (a_full_turn(4, epoch=0, looks=(a_look(3).entry,)), LostLease),
    "an older epoch": (a_full_turn(3, epoch=0), LostLease),
    "an epoch that nobody has": (a_full_turn(3, epoch=2), LostLease),
    "decisions in columns": (a_full_turn(3, more=(turned_down(),)), BrokenInvariant),
    "a number that is none": (a_full_turn(3, more=(decided(9, failed_value=float("nan")),)), BrokenInvariant),
    "a second decision of one id": (a_full_turn(3, more=(decided(1, recommendation_id="other"),)), BrokenInvariant),
    "a second decision on one recommendation": (
        a_full_turn(3, more=(decided(9, recommendation_id="rec-of-1"),)),
        BrokenInvariant,
    ),
    "two decisions on one recommendation": (
        a_full_turn(3, more=(decided(8, recommendation_id="r"), decided(9, recommendation_id="r"))),
        BrokenInvariant,
    ),
    "a second snapshot of one day": (
        a_full_turn(3, more=(effects.RecordSnapshot(snapshot=a_snapshot(on=AT.date() + timedelta(days=3))),)),
        BrokenInvariant,
    ),
    "an errand that was there": (a_full_turn(3, errands=(an_errand(2),)), BrokenInvariant),
    "a hole in the errands": (a_full_turn(3, errands=(an_errand(3), an_errand(5))), BrokenInvariant),
}


@pytest.mark.parametrize("refused", REFUSED)
async def test_nothing_is_kept_of_a_turn_that_is_refused_and_the_next_one_is_kept(
    leading: Opened, refused: str
) -> None:
    for seq in (1, 2):
        await leading.store.commit(a_turn(seq))
    await leading.store.brought(1)
    before = await leading.everything()
    turn, error = REFUSED[refused]
    with pytest.raises(error):
        await leading.store.commit(turn)
    assert await leading.everything() == before
    assert await leading.store.decided(["rec-of-300", "rec-of-1", "r"]) == {"rec-of-1"}
    await leading.store.commit(a_full_turn(3))
    kept, journal, books, _ = await leading.everything()
    assert (kept and kept.seq, len(journal)) == (3, 3)
    assert books.decisions[-1] == a_decision(300)
    assert books.trades == (a_trade(closures=(a_closure(), a_closure(lot_id="lot2"))),)


async def test_many_decisions_may_have_no_recommendation(leading: Opened) -> None:
    decisions = [decided(n, recommendation_id=None, cause="stop_loss") for n in range(1, 4)]
    await leading.store.commit(a_turn(1, records=tuple(decisions)))
    assert [d.decision_id for d in (await leading.books()).decisions] == ["d1", "d2", "d3"]


async def test_trades_of_several_turns_keep_their_own_lots(leading: Opened) -> None:
    trades = [
        a_trade(ticker=ticker, closures=tuple(a_closure(lot_id=f"{ticker}{n}") for n in range(count)))
        for ticker, count in (("AAA", 2), ("BBB", 0), ("CCC", 1))
    ]
    for seq, trade in enumerate(trades, start=1):
        await leading.store.commit(a_turn(seq, records=(effects.RecordTrade(trade=trade),)))
    assert (await leading.books()).trades == tuple(trades)


async def test_a_breaker_that_ended_takes_the_place_of_what_was_kept_of_it(leading: Opened) -> None:
    tripped = [a_breaker(breaker_id="b1"), a_breaker(breaker_id="b2")]
    ended = a_breaker(breaker_id="b1", resolved_at=AT + timedelta(hours=6))
    later = a_breaker(breaker_id="b3")
    for seq, events in enumerate((tripped, [ended, later]), start=1):
        records = tuple(effects.RecordBreaker(event=event) for event in events)
        await leading.store.commit(a_turn(seq, records=records))
    assert (await leading.books()).breakers == (ended, tripped[1], later)


async def test_errands_wait_until_they_were_brought_in_their_order_and_with_their_orders(leading: Opened) -> None:
    cancel = an_errand(3, kind=ErrandKind.CANCEL, subject="d1-1-1", order=None)
    limit, market = an_order(1), an_order(2, limit_price=None, tag=OrderTag.STOP_LOSS, attempt=2, trigger_price=7)
    errands = (an_errand(1, limit), an_errand(2, market), replace(cancel, order=None))
    await leading.store.commit(a_turn(1, errands=errands[:1]))
    await leading.store.commit(a_turn(2, errands=errands[1:]))
    assert await waiting(leading) == errands
    await leading.store.brought(2)
    assert await waiting(leading) == (errands[0], errands[2])
    for errand_id in (2, 1, 3):
        await leading.store.brought(errand_id)
    assert await waiting(leading) == ()
    kept = await leading.store.load()
    assert kept
    assert kept.errands == 3
    await leading.store.commit(a_turn(3, errands=(an_errand(4),)))
    assert await waiting(leading) == (an_errand(4),)


async def waiting(opened: Opened) -> tuple[Errand, ...]:
    kept = await opened.store.load()
    return kept.waiting if kept else ()


async def test_an_errand_that_was_never_kept_cannot_have_been_brought(leading: Opened) -> None:
    await leading.store.commit(a_turn(1))
    with pytest.raises(BrokenInvariant, match="no errand 2"):
        await leading.store.brought(2)


async def test_recommendations_and_signals_that_have_a_decision_are_told_from_those_that_have_none(
    leading: Opened,
) -> None:
    records = (
        decided(1),
        decided(2, recommendation_id=None, cause="signal-2"),
        decided(3, recommendation_id="rec-3", cause="stop_loss"),
    )
    await leading.store.commit(a_turn(1, records=records))
    asked = ["rec-of-1", "signal-2", "rec-3", "rec-of-3", "stop_loss", "d1", *(f"other-{n}" for n in range(2000))]
    assert await leading.store.decided(asked) == {"rec-of-1", "signal-2", "rec-3"}
    assert await leading.store.decided([]) == frozenset()


def later(seconds: float) -> Any:
    return AT + timedelta(seconds=seconds)


async def test_the_first_lease_is_of_epoch_1_and_lasts_as_long_as_was_asked(opened: Opened) -> None:
    lease = await opened.store.take_lease("a", AT, 30)
    assert lease == Lease(owner="a", epoch=1, expires_at=later(30))


async def test_ones_own_lease_lasts_longer_in_the_same_epoch_and_is_never_made_shorter(opened: Opened) -> None:
    await opened.store.take_lease("a", AT, 30)
    assert await opened.store.take_lease("a", later(20), 30) == Lease(owner="a", epoch=1, expires_at=later(50))
    assert await opened.store.take_lease("a", later(21), 1) == Lease(owner="a", epoch=1, expires_at=later(50))
    assert await opened.store.take_lease("b", later(40), 30) is None


async def test_another_gets_the_lease_once_it_has_ended_in_a_higher_epoch(opened: Opened) -> None:
    await opened.store.take_lease("a", AT, 30)
    assert await opened.store.take_lease("b", later(29.999999), 30) is None
    assert await opened.store.take_lease("b", later(30), 30) == Lease(owner="b", epoch=2, expires_at=later(60))
    assert await opened.store.take_lease("a", later(31), 30) is None
    assert await opened.store.take_lease("a", later(60), 30) == Lease(owner="a", epoch=3, expires_at=later(90))


async def test_a_lease_that_ended_without_another_taking_it_goes_on_in_its_epoch(opened: Opened) -> None:
    await opened.store.take_lease("a", AT, 30)
    assert await opened.store.take_lease("a", later(1000), 30) == Lease(owner="a", epoch=1, expires_at=later(1030))


async def test_a_released_lease_is_free_at_once_and_its_epoch_is_over(leading: Opened) -> None:
    await leading.store.release_lease("b")
    assert await leading.store.take_lease("b", AT, 30) is None
    await leading.store.commit(a_turn(1))
    await leading.store.release_lease("a")
    with pytest.raises(LostLease, match="released"):
        await leading.store.commit(a_turn(2))
    assert await leading.store.take_lease("b", AT, 30) == Lease(owner="b", epoch=2, expires_at=later(30))


async def test_whoever_takes_again_what_it_released_does_so_in_a_new_epoch(leading: Opened) -> None:
    await leading.store.release_lease("a")
    assert await leading.store.take_lease("a", AT, 30) == Lease(owner="a", epoch=2, expires_at=later(30))


async def test_releasing_a_lease_that_nobody_has_does_nothing(opened: Opened) -> None:
    await opened.store.release_lease("a")
    assert await opened.store.take_lease("a", AT, 30) == Lease(owner="a", epoch=1, expires_at=later(30))


async def test_a_lease_is_not_taken_at_a_naive_time(opened: Opened) -> None:
    with pytest.raises(BadInput, match="time zone"):
        await opened.store.take_lease("a", AT.replace(tzinfo=None), 30)


async def test_p44_an_engine_that_lost_its_lease_keeps_nothing_and_the_new_one_goes_on(leading: Opened) -> None:
    await leading.store.commit(a_turn(1))
    await leading.store.take_lease("b", later(60), 60)
    before = await leading.everything()
    with pytest.raises(LostLease, match="b trades under epoch 2"):
        await leading.store.commit(a_turn(2))
    assert await leading.everything() == before
    await leading.store.commit(a_turn(2, epoch=2))


async def test_a_lease_that_ended_is_good_until_another_takes_it(leading: Opened) -> None:
    """Nobody else can have written. So a stop is not held up by a renewal that comes late."""
    await leading.store.commit(a_turn(1, entry=an_entry(1, at=later(1000))))


async def test_without_a_lease_nothing_is_kept(opened: Opened) -> None:
    with pytest.raises(LostLease, match="no lease"):
        await opened.store.commit(a_turn(1))
    assert await opened.everything() == NOTHING


async def test_commits_at_the_same_time_are_kept_one_after_the_other(leading: Opened) -> None:
    await asyncio.gather(*(leading.store.commit(a_turn(seq)) for seq in range(1, 21)))
    kept, journal, books, _ = await leading.everything()
    assert (kept and kept.seq, [entry.seq for entry in journal]) == (20, list(range(1, 21)))
    assert len(books.decisions) == 20


Step = tuple[str, tuple[Any, ...]]
OWNERS = st.sampled_from(["a", "b", "c"])
KINDS = st.sampled_from(["deciding", "look", "look", "with looks", "morning", "word"])
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("commit"), st.tuples(st.integers(-1, 3), st.integers(-1, 1), st.integers(0, 8), KINDS)),
    st.tuples(st.just("beat"), st.tuples(st.builds(a_heartbeat, st.integers(0, 9)))),
    st.tuples(st.just("measured"), st.tuples(st.builds(measured, st.integers(0, 9)))),
    st.tuples(st.just("forget_prices"), st.tuples(st.integers(0, 30).map(later))),
    st.tuples(st.just("brought"), st.tuples(st.integers(0, 6))),
    st.tuples(st.just("take_lease"), st.tuples(OWNERS, st.integers(0, 100), st.integers(1, 50))),
    st.tuples(st.just("release_lease"), st.tuples(OWNERS)),
    st.tuples(st.just("decided"), st.tuples(st.lists(st.sampled_from([f"rec-of-{n}" for n in range(9)])))),
)


@settings(max_examples=10)
@given(steps=st.lists(STEPS, max_size=25))
async def test_p45_all_live_stores_answer_the_same(steps: list[Step]) -> None:
    told = []
    for opening in STORES:
        async with opening() as opened:
            await opened.store.take_lease("a", AT, 20)
            told.append([await answer(opened, step) for step in steps] + [await opened.everything()])
    assert told[0] == told[1]


async def answer(opened: Opened, step: Step) -> object:
    """Return what the store says to `step`: most commits are of the next turn, and under the epoch that leads."""
    word, about = step
    store = opened.store
    try:
        match word, about:
            case "commit", (seqs_off, epochs_off, number, kind):
                kept = await store.load()
                seq = (kept.seq if kept else 0) + 1 + (seqs_off if seqs_off < 0 else seqs_off // 3)
                errand = an_errand((kept.errands if kept else 0) + 1)
                epoch = await leading_epoch(store) + epochs_off
                match kind:
                    case "look":
                        await store.commit(a_look(seq, epoch=epoch))
                    case "with looks":
                        looks = tuple(a_look(seq + more).entry for more in range(2))
                        await store.commit(a_look(seq + 2, epoch=epoch, looks=looks))
                    case "morning":
                        await store.commit(a_morning(seq, epoch=epoch))
                    case "word":
                        await store.commit(a_look(seq, epoch=epoch, audit=an_audit(seq), settings=f"since {seq}"))
                    case _:
                        await store.commit(a_turn(seq, epoch=epoch, records=(decided(number),), errands=(errand,)))
                return None
            case "take_lease", (owner, seconds, lasts):
                return await store.take_lease(owner, later(seconds), lasts)
            case _:
                return await getattr(store, word)(*about)
    except StonksError as error:
        return type(error)


async def leading_epoch(store: LiveStore) -> int:
    """Return the epoch that leads, or a new one: long ago, only its owner is given the lease."""
    leases = [await store.take_lease(owner, AT - timedelta(days=1), 0) for owner in ("a", "b", "c")]
    return max(lease.epoch for lease in leases if lease)
