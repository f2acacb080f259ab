"""The engine's side of the queues: what is answered, what is lost, and what is said when nobody answers."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.adapters.paper_broker import PaperBroker
from engine.broking import wire
from engine.broking.messages import AccountMode, Answer, Job, JobDone, JobKind, OrderTold, RefusalReason
from engine.broking.queue_broker import Patience
from engine.broking.service import BrokerService
from engine.errors import LostLease, Unavailable, Unsupported
from engine.model.live import OrderReport
from engine.model.orders import OrderState
from storage.in_memory_paper import InMemoryPaperMemory
from storage.in_memory_queue import InMemoryQueue
from tests.support.desk import NOON, PlainMarket
from tests.support.paper import a_buy, a_sale, asking, bringing, cancelling, everything, told
from tests.support.queued_broker import Queued, queued
from tests.support.tapes import FREE

AT_100 = PlainMarket(prices={"AAA": 1_000_000})
HASTY = Patience(answer_seconds=0.05, look_seconds=0.01)


async def on_paper(memory: InMemoryPaperMemory | None = None) -> PaperBroker:
    broker = PaperBroker(memory or InMemoryPaperMemory(), FREE)
    await broker.prices_changed(AT_100, NOON)
    return broker


async def shows(is_so: Callable[[], bool]) -> None:
    """Wait until it is so: the broker looks by itself."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - nobody is told of a look
            await asyncio.sleep(0.01)


async def until(broker: Queued, reports: int) -> list[str]:
    """Return what the broker says until it has said so much."""
    said: list[str] = []
    async with asyncio.timeout(10):
        while len(said) < reports:
            await broker.news.wait()
            said += await everything(broker)
    return said


# What is asked and answered


async def test_an_order_goes_round_and_its_answer_is_forgotten_once_it_was_heard() -> None:
    async with queued(await on_paper()) as broker:
        await broker.serve(1)
        await broker.bring(bringing(a_buy()), 1)
        assert await everything(broker) == ["d1-1-1 #1 filled 10 at 100.00"]
        assert len(await broker.answers.left()) == 1, "an engine that dies now leaves it to the next"
        assert await everything(broker) == []
        assert (await broker.answers.left(), await broker.jobs.left()) == ((), ())
        assert await broker.positions() == {"AAA": 10}
        assert told(await broker.reports_on("d1-1-1")) == ["d1-1-1 #1 filled 10 at 100.00"]
        assert await broker.reports_on("d2-1-1") is None


async def test_what_happens_to_an_order_later_is_news() -> None:
    paper = PaperBroker(InMemoryPaperMemory(), FREE)
    async with queued(paper) as broker:
        await broker.bring(bringing(a_sale()), 1)
        assert await everything(broker) == ["d1-1-1 #1 accepted"]
        assert not broker.news.is_set()
        await broker.prices_changed(AT_100, NOON)
        assert await until(broker, 1) == ["d1-1-1 #2 filled 10 at 100.00"]


async def test_an_order_is_called_back_also_before_it_came_and_a_ticker_is_asked_about() -> None:
    async with queued(PaperBroker(InMemoryPaperMemory(), FREE)) as broker:
        await broker.serve(1)
        await broker.bring(bringing(a_sale()), 1)
        await broker.bring(cancelling("d1-1-1"), 1)
        await broker.bring(cancelling("d2-1-1", number=3), 1)
        await broker.bring(bringing(a_sale("d2-1-1"), number=4), 1)
        await broker.bring(asking("AAA", number=5), 1)
        said = ["d1-1-1 #1 accepted", "d1-1-1 #2 cancelled cancelled", "d2-1-1 #1 cancelled cancelled"]
        assert await until(broker, 5) == [*said, "d2-1-1 #1 cancelled cancelled", "AAA trades"]
        await broker.prices_changed(AT_100, NOON)
        assert await broker.positions() == {}


async def test_an_order_that_comes_again_is_executed_once_and_all_is_said_again() -> None:
    async with queued(await on_paper()) as broker:
        await broker.serve(1)
        for _ in range(3):
            await broker.bring(bringing(a_buy()), 1)
        assert set(await until(broker, 3)) == {"d1-1-1 #1 filled 10 at 100.00"}
        assert await broker.positions() == {"AAA": 10}


async def test_an_entry_that_comes_too_late_is_not_executed_and_an_exit_is() -> None:
    async with queued(await on_paper()) as broker:
        broker.at = NOON + timedelta(hours=1)
        stale = replace(bringing(a_buy()), at=broker.at)
        await broker.bring(stale, 1)
        await broker.bring(replace(bringing(a_sale("d2-1-1"), number=2), at=broker.at), 1)
        assert await until(broker, 2) == ["d1-1-1 #1 cancelled cancelled", "d2-1-1 #1 filled 10 at 100.00"]


# When nobody answers


async def test_a_broker_that_does_not_answer_is_asked_again_and_what_waits_is_not_sent_twice() -> None:
    async with queued(await on_paper(), patience=HASTY, is_served=False) as broker:
        for _ in range(3):
            with pytest.raises(Unavailable, match=r"the broker has not answered within 0\.05 s"):
                await broker.bring(bringing(a_buy()), 1)
        assert await broker.jobs.waiting() == 1
        await broker.service.serve(0)
        assert await until(broker, 1) == ["d1-1-1 #1 filled 10 at 100.00"]


async def test_a_broker_that_has_shown_life_and_shows_none_is_not_even_asked() -> None:
    async with queued(await on_paper(), patience=HASTY, is_served=False) as broker:
        jobs = broker.jobs
        await jobs.show_life("a broker", 0.1)
        await broker.news.wait()
        with pytest.raises(Unavailable, match="nobody takes orders from the queue since 17:00:00 UTC"):
            await broker.reports()
        with pytest.raises(Unavailable, match="nobody takes orders"):
            await broker.bring(bringing(a_buy()), 1)
        assert await jobs.waiting() == 0
        await jobs.show_life("a broker", 60)
        await broker.news.wait()
        assert await broker.reports() == ()


class Fading(InMemoryQueue):
    """One whose taker was alive once, and has shown no life since."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def life(self) -> str | None:
        """See `Queue.life`."""
        self.asked += 1
        return "a broker" if self.asked == 1 else None


class Broken(InMemoryQueue):
    """One that fails at the first try to take from it."""

    is_broken = True

    async def take(self, seconds: float) -> Sequence[str]:
        """See `Queue.take`."""
        if self.is_broken:
            self.is_broken = False
            raise Unavailable("it is broken")
        return await super().take(seconds)


async def test_an_answer_that_is_heard_proves_life_without_another_look() -> None:
    jobs, answers = Fading(), Broken()
    rare = Patience(look_seconds=600)  # and when a queue is back
    async with queued(await on_paper(), patience=rare, queues=(jobs, answers), is_served=False) as broker:

        async def is_heard() -> bool:
            with suppress(Unavailable):
                await broker.reports()
                return jobs.asked == 2
            return False

        await shows(lambda: jobs.asked == 2)
        assert not await is_heard()
        await answers.send(wire.answer_text(JobDone(job_id="1-errand-1", epoch=0)))
        async with asyncio.timeout(10):
            await broker.news.wait()
        assert await is_heard()


async def test_messages_that_nobody_can_use_are_counted_on_both_sides_until_they_are_gone() -> None:
    async with queued(await on_paper(), patience=HASTY) as broker:
        await broker.positions()
        assert broker.remark() == ""
        await broker.jobs.send("no JSON")
        await broker.answers.send("no JSON either")
        both = "2 messages that nobody can use lie in the queue: stonks broker dead shows them"
        await shows(lambda: broker.remark() == both)
        broker.answers.empty()
        one = "1 message that nobody can use lies in the queue: stonks broker dead shows it"
        await shows(lambda: broker.remark() == one)


async def test_a_queue_that_was_emptied_says_so_once_and_what_was_on_its_way_is_brought_again() -> None:
    async with queued(await on_paper(), patience=HASTY) as broker:
        await broker.serve(1)
        await broker.bring(bringing(a_buy()), 1)
        await everything(broker)
        broker.jobs.empty()
        broker.answers.empty()
        await broker.news.wait()
        with pytest.raises(Unavailable, match="the queue lost what was in it"):
            await broker.reports()
        assert await broker.reports() == ()
        await broker.bring(bringing(a_buy()), 1)
        assert await until(broker, 1) == ["d1-1-1 #1 filled 10 at 100.00"]
        assert await broker.positions() == {"AAA": 10}


# When it is another's turn


async def test_what_an_engine_left_when_it_died_is_heard_by_the_next() -> None:
    queues, paper = (InMemoryQueue(), InMemoryQueue()), await on_paper()
    async with queued(paper, queues=queues) as first:
        await first.bring(bringing(a_buy()), 1)
        assert await everything(first) == ["d1-1-1 #1 filled 10 at 100.00"]
    async with queued(paper, queues=queues) as second:
        assert await until(second, 1) == ["d1-1-1 #1 filled 10 at 100.00"]


async def test_what_a_service_had_taken_when_it_died_is_done_by_the_next_and_once() -> None:
    queues, memory = (InMemoryQueue(), InMemoryQueue()), InMemoryPaperMemory()
    async with queued(await on_paper(memory), queues=queues, patience=HASTY, is_served=False) as engine:
        for errand in (bringing(a_buy()), bringing(a_buy("d2-1-1"), number=2)):
            with pytest.raises(Unavailable):
                await engine.bring(errand, 1)
    first, _ = await engine.jobs.take(0)
    await (await on_paper(memory)).bring(bringing(a_buy()), 1)  # done, and neither said nor forgotten by the queue
    async with queued(await on_paper(memory), queues=queues) as again:
        assert set(await until(again, 2)) == {f"d{n}-1-1 #1 filled 10 at 100.00" for n in (1, 2)}
        await again.jobs.send(first)
        assert await until(again, 1) == ["d1-1-1 #1 filled 10 at 100.00"]
        await again.serve(1)
        assert await again.positions() == {"AAA": 20}
        assert await again.jobs.left() == ()


async def test_an_engine_that_is_followed_hears_nothing_that_is_meant_for_the_next() -> None:
    queues, paper = (InMemoryQueue(), InMemoryQueue()), await on_paper()
    async with queued(paper, queues=queues, patience=HASTY) as zombie:
        await zombie.serve(1)
        report = OrderReport(client_order_id="d9-1-1", number=1, state=OrderState.ACCEPTED, at=NOON)
        await zombie.answers.send(wire.answer_text(OrderTold(report=report, epoch=2)))
        await zombie.news.wait()
        for asked in (zombie.reports, zombie.positions, lambda: zombie.bring(bringing(a_buy()), 1)):
            with pytest.raises(LostLease, match="serves an engine of epoch 2"):
                await asked()
        async with queued(paper, queues=queues) as leader:
            assert await until(leader, 1) == ["d9-1-1 #1 accepted"]


async def test_an_older_epoch_is_refused_whatever_it_asks() -> None:
    async with queued(await on_paper()) as broker:
        await broker.serve(7)
        with pytest.raises(LostLease, match="an engine of epoch 6 comes, and the broker has seen 7"):
            await broker.bring(bringing(a_buy()), 6)
        assert await broker.positions() == {}


# When the broker says no


class Unable(BrokerService):
    """A service of a broker that knows only what it was ordered to do."""

    async def _answers_to(self, job: Job) -> Sequence[Answer]:
        if job.kind in (JobKind.QUERY_ORDER, JobKind.QUERY_POSITIONS, JobKind.QUERY_TICKER):
            return [self._no(job, RefusalReason.UNSUPPORTED, "")]
        return await super()._answers_to(job)


async def test_a_broker_that_cannot_answer_questions_serves_and_says_that_it_cannot() -> None:
    async with queued(await on_paper(), service=Unable) as broker:
        await broker.serve(1)
        for asked in (broker.positions, lambda: broker.reports_on("d1-1-1")):
            with pytest.raises(Unsupported, match="the broker does not answer query_"):
                await asked()
        await broker.bring(asking("AAA"), 1)
        assert await until(broker, 1) == ["AAA trades"], "of no halt is known: an exit is worth trying"


async def test_another_mode_or_account_is_refused_in_words_and_nothing_is_executed() -> None:
    async with queued(await on_paper(), mode=AccountMode.LIVE) as broker:
        with pytest.raises(Unavailable, match="the broker refuses order d1-1-1: this broker trades live"):
            await broker.bring(bringing(a_buy()), 1)
        assert await everything(broker) == []


class Unthinkable(InMemoryQueue):
    """A queue that fails as no queue should."""

    async def take(self, seconds: float) -> Sequence[str]:
        """See `Queue.take`."""
        del seconds
        raise RuntimeError("nobody thought of this")


async def test_what_breaks_the_reading_of_answers_is_raised_where_they_are_wanted() -> None:
    async with queued(await on_paper(), queues=(InMemoryQueue(), Unthinkable())) as broker:
        for _ in range(5):
            await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="nobody thought of this"):
            await broker.reports()


async def test_an_answer_that_nobody_can_read_is_kept_apart() -> None:
    async with queued(await on_paper()) as broker:
        await broker.answers.send("{}", "no JSON")
        await broker.bring(bringing(a_buy()), 1)
        assert [(one.message, one.reason[:14]) for one in await broker.answers.refused()] == [
            ("{}", "schema_version"),
            ("no JSON", "it is no JSON"),
        ]
