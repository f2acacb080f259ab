"""The broker's side of the queues: nothing is done twice, nothing said is lost, no message holds up the next."""

from dataclasses import dataclass, replace

import pytest

from engine.adapters.paper_broker import PaperBroker
from engine.broking import wire
from engine.broking.messages import (
    AccountMode,
    Answer,
    Job,
    JobDone,
    JobKind,
    JobRefused,
    OrderTold,
    RefusalReason,
    job_of,
)
from engine.broking.service import BrokerService
from engine.errors import Unavailable
from storage.in_memory_paper import InMemoryPaperMemory
from storage.in_memory_queue import InMemoryQueue
from tests.support.desk import NOON, PlainMarket
from tests.support.paper import a_buy, a_sale, bringing, told
from tests.support.queued_broker import ACCOUNT
from tests.support.tapes import FREE

AT_100 = PlainMarket(prices={"AAA": 1_000_000})


class Failing(InMemoryQueue):
    """A queue that takes nothing in while it is told to fail."""

    fails = False

    async def send(self, *messages: str) -> None:
        """See `Queue.send`."""
        if self.fails:
            raise Unavailable("the queue is full")
        await super().send(*messages)


@dataclass
class Counter:
    """A service, its queues, and the broker behind it."""

    jobs: InMemoryQueue
    answers: Failing
    broker: PaperBroker
    service: BrokerService

    async def say(self, *jobs: Job | str) -> list[Answer]:
        """Return what is answered to `jobs`."""
        await self.jobs.send(*(wire.job_text(job) if isinstance(job, Job) else job for job in jobs))
        await self.service.serve(0)
        return await self.said()

    async def said(self) -> list[Answer]:
        """Return what was said since the last call."""
        messages = await self.answers.take(0)
        await self.answers.done(*messages)
        return [wire.answer_from(message) for message in messages]


def a_counter() -> Counter:
    jobs, answers = InMemoryQueue(), Failing()
    broker = PaperBroker(InMemoryPaperMemory(), FREE)
    service = BrokerService(jobs, answers, broker, account_id=ACCOUNT, mode=AccountMode.PAPER, now=lambda: NOON)
    return Counter(jobs, answers, broker, service)


def a_job(order_id: str = "d1-1-1", *, epoch: int = 1) -> Job:
    return job_of(bringing(a_sale(order_id)), account_id=ACCOUNT, mode=AccountMode.PAPER, epoch=epoch)


async def test_what_nobody_can_read_is_kept_apart_with_its_reason_and_holds_nothing_up() -> None:
    counter = a_counter()
    text = wire.job_text(a_job())
    newer = text.replace('"schema_version":1', '"schema_version":2')
    wrong, schema, order = await counter.say("?", text.replace('"sell"', '"give"'), newer, a_job())
    assert isinstance(wrong, JobRefused)
    assert (wrong.reason, wrong.words) == (RefusalReason.INVALID, 'side is "give": it is one of buy, sell')
    assert isinstance(schema, JobRefused)
    assert schema.reason is RefusalReason.WRONG_SCHEMA
    assert isinstance(order, OrderTold)
    reasons = [refused.reason for refused in await counter.jobs.refused()]
    assert reasons == ["it is no JSON", wrong.words, "schema_version is 2, and 1 is read here"]
    assert await counter.jobs.left() == ()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"mode": AccountMode.LIVE}, RefusalReason.WRONG_MODE),
        ({"account_id": "another"}, RefusalReason.WRONG_ACCOUNT),
        ({"epoch": 4}, RefusalReason.OLDER_EPOCH),
    ],
)
async def test_what_is_not_for_it_is_refused_and_not_executed(wrong: dict[str, object], reason: RefusalReason) -> None:
    counter = a_counter()
    await counter.broker.prices_changed(AT_100, NOON)
    await counter.broker.serve(5)
    (answer,) = await counter.say(replace(a_job(epoch=5), **wrong))  # type: ignore[arg-type]
    assert isinstance(answer, JobRefused)
    assert answer.reason is reason
    assert await counter.broker.positions() == {}
    assert await counter.broker.reports_on("d1-1-1") is None


async def test_another_order_under_a_known_id_is_refused() -> None:
    counter = a_counter()
    await counter.say(a_job())
    other = job_of(bringing(a_sale(quantity=11)), account_id=ACCOUNT, mode=AccountMode.PAPER, epoch=1)
    (answer,) = await counter.say(other)
    assert isinstance(answer, JobRefused)
    assert answer.words == "order d1-1-1 came before, and was another one"


async def test_what_could_not_be_said_is_said_before_anything_else_is_done() -> None:
    counter = a_counter()
    await counter.say(a_job(), a_job("d2-1-1"))
    counter.answers.fails = True
    await counter.broker.prices_changed(AT_100, NOON)
    with pytest.raises(Unavailable):
        await counter.service.tell()
    await counter.jobs.send(wire.job_text(a_job("d3-1-1")))
    with pytest.raises(Unavailable):
        await counter.service.serve(0)
    assert await counter.broker.reports_on("d3-1-1") is None
    counter.answers.fails = False
    await counter.service.take_up()
    said = told(answer.report for answer in await counter.said() if isinstance(answer, OrderTold))
    assert said == [f"d{n}-1-1 #{2 if n < 3 else 1} filled 10 at 100.00" for n in (1, 2, 3)]


async def test_a_service_that_dies_before_it_could_say_something_says_it_when_it_is_back() -> None:
    counter = a_counter()
    await counter.say(a_job())
    counter.answers.fails = True
    await counter.broker.prices_changed(AT_100, NOON)
    with pytest.raises(Unavailable):
        await counter.service.tell()
    counter.answers.fails = False
    memory = counter.broker._memory
    again = PaperBroker(memory, FREE)
    service = BrokerService(
        counter.jobs, counter.answers, again, account_id=ACCOUNT, mode=AccountMode.PAPER, now=lambda: NOON
    )
    await service.take_up()
    said = told(answer.report for answer in await counter.said() if isinstance(answer, OrderTold))
    assert said[-1] == "d1-1-1 #2 filled 10 at 100.00"


async def test_every_kind_of_job_is_answered_under_its_own_id() -> None:
    counter = a_counter()
    common = replace(a_job(), order=None, ticker="", client_order_id="")
    for kind, about in (
        (JobKind.QUERY_POSITIONS, {}),
        (JobKind.QUERY_ORDER, {"client_order_id": "d1-1-1"}),
        (JobKind.CANCEL, {"client_order_id": "d1-1-1"}),
        (JobKind.QUERY_TICKER, {"ticker": "AAA"}),
        (JobKind.SPLIT, {"ticker": "AAA", "ratio": 2}),
    ):
        job = replace(common, kind=kind, job_id=f"ask-{kind}", **about)
        answers = await counter.say(job)
        assert answers[-1].job_id == job.job_id
        assert isinstance(answers[-1], JobDone) == (kind is JobKind.SPLIT)
    (bought,) = await counter.say(
        job_of(bringing(a_buy("d4-1-1"), number=9), account_id=ACCOUNT, mode=AccountMode.PAPER, epoch=1)
    )
    assert bought.job_id == "1-errand-9"
