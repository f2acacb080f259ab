"""What every run store promises: in memory, on SQLite."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInput, BrokenInvariant, NotFound
from engine.model.decision_log import DecisionLog, TurnedDown
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.orders import OrderTag
from engine.model.portfolio import RiskTierName
from engine.model.runs import RunBooks, RunRecord, RunStatus
from engine.model.tape import RecommendationTable
from engine.model.views import DecisionFilter
from engine.ports import RunState, RunStore
from storage.in_memory import InMemoryRunStore
from storage.run_repository import SqlRunStore
from tests.support import strategies
from tests.support.samples import AT, a_decision, a_notice, a_recommendation, a_record, a_snapshot, a_trace, metrics


@contextmanager
def in_memory() -> Iterator[RunStore]:
    yield InMemoryRunStore()


@contextmanager
def on_sqlite() -> Iterator[RunStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = SqlRunStore(Path(folder) / "runs")
        yield store
        store.close()


STORES = pytest.mark.parametrize("opened", [in_memory, on_sqlite])
Opened = Callable[[], AbstractContextManager[RunStore]]


@pytest.fixture(params=[in_memory, on_sqlite])
def store(request: pytest.FixtureRequest) -> Iterator[RunStore]:
    with request.param() as opened:
        yield opened


async def finished(store: RunStore, books: RunBooks, record: RunRecord | None = None) -> int:
    record = record or a_record()
    run_id = await store.create(record)
    await store.finish(replace(record, run_id=run_id), books)
    return run_id


async def read_books(store: RunStore, run_id: int) -> RunBooks:
    return RunBooks(
        decisions=(await store.decisions(run_id, limit=1000, with_traces=True)).decisions,
        executions=await store.executions(run_id),
        trades=await store.trades(run_id),
        snapshots=await store.snapshots(run_id),
        stop_changes=await store.stop_changes(run_id),
        reserve_entries=await store.reserve_entries(run_id),
        tier_changes=await store.tier_changes(run_id),
        breakers=await store.breakers(run_id),
        flows=await store.flows(run_id),
        notices=await store.notices(run_id),
        splits=await store.splits(run_id),
        open_lots=await store.open_lots(run_id),
    )


def none_or_one_of(values: set[str]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([*sorted(values), "nothing like it"])


def none_or_moment(values: set[datetime]) -> st.SearchStrategy[datetime | None]:
    return st.none() | st.sampled_from([*sorted(values), AT])


@STORES
@settings(max_examples=12)
@given(record=strategies.run_records, books=strategies.run_books())
async def test_p29_a_run_comes_back_as_it_was_written(opened: Opened, record: RunRecord, books: RunBooks) -> None:
    with opened() as store:
        run_id = await finished(store, books, record)
        assert await store.get(run_id) == replace(record, run_id=run_id)
        assert await read_books(store, run_id) == books


@STORES
@settings(max_examples=12)
@given(record=strategies.run_records)
async def test_p29_a_run_that_is_only_begun_comes_back_as_running(opened: Opened, record: RunRecord) -> None:
    with opened() as store:
        run_id = await store.create(record)
        assert await store.get(run_id) == replace(record, run_id=run_id, status=RunStatus.RUNNING)
        assert await read_books(store, run_id) == RunBooks()


@settings(max_examples=9)
@given(books=strategies.run_books(), data=st.data())
async def test_p45_all_run_stores_answer_the_same(books: RunBooks, data: st.DataObject) -> None:
    ticker = data.draw(none_or_one_of({d.ticker for d in books.decisions}), "ticker")
    reason = data.draw(none_or_one_of({d.skip_reason for d in books.decisions if d.skip_reason is not None}), "reason")
    outcome = data.draw(st.none() | st.sampled_from(TradingDecisionType), "outcome")
    where = DecisionFilter(
        ticker=ticker,
        reason=reason,
        outcome=outcome,
        kind=data.draw(st.none() | st.sampled_from(DecisionKind), "kind"),
        since=data.draw(none_or_moment({d.at for d in books.decisions}), "since"),
        until=data.draw(none_or_moment({d.at for d in books.decisions}), "until"),
        confidence_from=data.draw(st.none() | st.floats(0, 1), "confidence_from"),
        confidence_to=data.draw(st.none() | st.floats(0, 1), "confidence_to"),
    )
    on = data.draw(st.sampled_from([AT.date(), *(s.on for s in books.snapshots)]), "on") + timedelta(
        days=data.draw(st.integers(-1, 1), "days off")
    )
    after = data.draw(st.none() | st.integers(0, 7), "after")
    limit = data.draw(st.integers(1, 7), "limit")
    ids = {word for d in books.decisions for word in (d.decision_id, d.recommendation_id or "", d.cause)}
    wanted = data.draw(st.sampled_from([*sorted(ids), "nothing like it"]), "wanted")
    cause = data.draw(
        none_or_one_of({c.decision_id for c in books.stop_changes} | {e.decision_id for e in books.executions}), "cause"
    )
    subject = data.draw(none_or_one_of({n.reference_id for n in books.notices}), "subject")
    answers = []
    for opened in (in_memory, on_sqlite):
        with opened() as store:
            run_id = await finished(store, books)
            page = await store.decisions(run_id, where, after=after, limit=limit)
            newest = await store.decisions(run_id, where, after=after, limit=limit, newest_first=True)
            count = await store.count_decisions(run_id, where)
            day = await store.snapshot(run_id, on)
            days = await store.snapshots(run_id, with_positions=False)
            one = await store.decision(run_id, wanted)
            stops = await store.stop_changes(run_id, decision_id=cause)
            fills = await store.executions(run_id, decision_id=cause)
            told = await store.notices(run_id, reference_id=subject)
            answers.append((page, newest, count, day, days, one, stops, fills, told, await store.list()))
    assert answers[0] == answers[1]


async def test_ids_rise_by_one_and_the_newest_run_is_listed_first(store: RunStore) -> None:
    assert await store.list() == ()
    assert [await store.create(a_record()) for _ in range(3)] == [1, 2, 3]
    assert [listing.run_id for listing in await store.list()] == [3, 2, 1]


async def test_a_run_is_running_until_it_is_finished(store: RunStore) -> None:
    run_id = await store.create(a_record())
    assert (await store.listing(run_id)).state is RunState.RUNNING
    await store.finish(a_record(run_id=run_id, status=RunStatus.FAILED, error="no bars"), RunBooks())
    listing = await store.listing(run_id)
    assert listing.state is RunState.FAILED
    assert listing.record is not None
    assert listing.record.error == "no bars"


async def test_a_run_is_finished_once(store: RunStore) -> None:
    run_id = await finished(store, RunBooks())
    with pytest.raises(BrokenInvariant, match="finished already"):
        await store.finish(a_record(run_id=run_id), RunBooks())


async def test_what_is_not_there_is_not_found(store: RunStore) -> None:
    for asked in (store.get(7), store.listing(7), store.trades(7), store.decisions(7), store.delete(7)):
        with pytest.raises(NotFound, match="no run 7"):
            await asked
    with pytest.raises(NotFound, match="no run 7"):
        await store.finish(a_record(run_id=7), RunBooks())


async def test_a_deleted_run_is_gone_and_the_others_stay(store: RunStore) -> None:
    for _ in range(2):
        await finished(store, RunBooks())
    await store.delete(1)
    assert [listing.run_id for listing in await store.list()] == [2]


async def test_a_run_that_is_being_worked_on_is_not_deleted(store: RunStore) -> None:
    run_id = await store.create(a_record())
    with pytest.raises(BadInput, match="being worked on"):
        await store.delete(run_id)


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_follow_each_other_without_a_hole_or_a_twin(store: RunStore, newest_first: bool) -> None:
    decisions = tuple(a_decision(i, ticker="AAPL" if i % 3 else "MSFT") for i in range(1, 24))
    run_id = await finished(store, RunBooks(decisions=decisions))
    seen: list[Decision] = []
    after = None
    while True:
        page = await store.decisions(
            run_id, DecisionFilter(ticker="AAPL"), after=after, limit=5, newest_first=newest_first
        )
        seen += page.decisions
        after = page.next
        if after is None:
            break
    expected = [d for d in decisions if d.ticker == "AAPL"]
    assert seen == (expected[::-1] if newest_first else expected)


async def test_a_day_is_found_by_its_date_or_is_the_last_one_before(store: RunStore) -> None:
    days = tuple(a_snapshot(on=date(2024, 3, n)) for n in (1, 4, 5))
    run_id = await finished(store, RunBooks(snapshots=days))
    found = [await store.snapshot(run_id, date(2024, 3, n)) for n in range(1, 7)]
    assert found == [days[0], days[0], days[0], days[1], days[2], days[2]]
    assert await store.snapshot(run_id, date(2024, 2, 29)) is None


async def test_decisions_are_found_by_their_time(store: RunStore) -> None:
    decisions = tuple(a_decision(n, at=AT + timedelta(minutes=n // 3)) for n in range(40))
    run_id = await finished(store, RunBooks(decisions=decisions))
    since, until = AT + timedelta(minutes=2), AT + timedelta(minutes=5)
    where = DecisionFilter(since=since, until=until)
    expected = tuple(d for d in decisions if since <= d.at < until)
    assert len(expected) == 9
    assert (await store.decisions(run_id, where)).decisions == expected
    assert await store.count_decisions(run_id, where) == 9
    assert await store.count_decisions(run_id) == 40


async def test_decisions_out_of_the_order_of_time_are_refused(store: RunStore) -> None:
    decisions = (a_decision(1), a_decision(2, at=AT - timedelta(seconds=1)))
    with pytest.raises(BrokenInvariant, match="decision 2 was made before the one that it follows"):
        await finished(store, RunBooks(decisions=decisions))


async def test_a_full_last_page_has_no_next(store: RunStore) -> None:
    run_id = await finished(store, RunBooks(decisions=(a_decision(1), a_decision(2))))
    assert (await store.decisions(run_id, limit=2)).next is None
    assert (await store.decisions(run_id, limit=1)).next == 1


async def test_decisions_that_were_kept_as_columns_come_back_as_decisions(store: RunStore) -> None:
    rows = [a_recommendation(number) for number in range(3)]
    block = TurnedDown(
        table=RecommendationTable.of(rows),
        at=AT,
        id_prefix="d",
        first_number=2,
        risk_tier=RiskTierName.MODERATE,
        heat=0.01,
        active_pool=1_000_000,
        reserve=5,
        rows=[2, 0],
        skip_reasons=["heat", "sector"],
        failed_values=[0.04, None],
        failed_limits=[0.03, None],
        prices=[1_000_000, None],
    )
    log = DecisionLog([a_decision(1)])
    log.append(block)
    run_id = await finished(store, RunBooks(decisions=log))
    assert (await store.decisions(run_id)).decisions == tuple(log)


async def test_a_decision_is_found_by_its_id_and_by_its_recommendation(store: RunStore) -> None:
    decision = a_decision(1, recommendation_id="rec-1", trace=a_trace())
    run_id = await finished(store, RunBooks(decisions=(decision, a_decision(2))))
    assert await store.decision(run_id, "d1") == decision
    assert await store.decision(run_id, "rec-1") == decision
    assert await store.decision(run_id, "rec-9") is None


async def test_an_id_that_is_also_anothers_recommendation_means_the_decision(store: RunStore) -> None:
    decisions = (a_decision(1, recommendation_id="d2"), a_decision(2))
    run_id = await finished(store, RunBooks(decisions=decisions))
    assert await store.decision(run_id, "d2") == decisions[1]


async def test_a_decision_on_a_signal_is_found_by_the_signal(store: RunStore) -> None:
    signal = a_decision(2, recommendation_id=None, cause="signal-1", kind=DecisionKind.MICRO, is_micro=True)
    run_id = await finished(store, RunBooks(decisions=(a_decision(1, cause="signal-1"), signal)))
    assert await store.decision(run_id, "signal-1") == signal


async def test_a_reason_that_many_decisions_share_finds_none_of_them(store: RunStore) -> None:
    exits = [a_decision(n, recommendation_id=None, cause=tag.value) for n, tag in enumerate(OrderTag)]
    run_id = await finished(store, RunBooks(decisions=exits))
    assert [await store.decision(run_id, tag.value) for tag in OrderTag] == [None] * len(OrderTag)


async def test_notices_are_found_by_what_they_are_about(store: RunStore) -> None:
    notices = (a_notice(), a_notice(reference_id="d2"), a_notice(note="later"))
    run_id = await finished(store, RunBooks(notices=notices))
    assert await store.notices(run_id) == notices
    assert await store.notices(run_id, reference_id="d1") == (notices[0], notices[2])
    assert await store.notices(run_id, reference_id="d3") == ()


async def test_micro_trades_that_never_lost_keep_their_infinite_profit_factor(store: RunStore) -> None:
    figures = metrics(micro={"trade_count": 1, "win_count": 1, "profit_factor": float("inf"), "gross_profit": 5})
    run_id = await finished(store, RunBooks(), a_record(metrics=figures))
    assert (await store.get(run_id)).metrics == figures


CONTRADICTIONS = {
    "d1 comes twice": RunBooks(decisions=(a_decision(1), a_decision(1))),
    "rec comes twice": RunBooks(
        decisions=(a_decision(1, recommendation_id="rec"), a_decision(2, recommendation_id="rec"))
    ),
    "2024-03-01 comes twice": RunBooks(snapshots=(a_snapshot(), a_snapshot())),
    "notice 1 has no number as its limit": RunBooks(notices=(a_notice(limit=float("nan")),)),
    "decision 2 has no number as its heat": RunBooks(decisions=(a_decision(1), a_decision(2, heat=float("nan")))),
}


@pytest.mark.parametrize("words", CONTRADICTIONS)
async def test_contradicting_books_are_refused_and_the_run_stays_as_it_was(store: RunStore, words: str) -> None:
    run_id = await store.create(a_record())
    with pytest.raises(BrokenInvariant, match=words):
        await store.finish(a_record(run_id=run_id), CONTRADICTIONS[words])
    assert (await store.get(run_id)).status is RunStatus.RUNNING
    assert await read_books(store, run_id) == RunBooks()
