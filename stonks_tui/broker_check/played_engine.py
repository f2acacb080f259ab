"""Played engine: how does somebody who checks a broker speak with it, and what did it say to whom?

An engine that knows no broker but what comes out of the queue. Unlike a real one it may send what is wrong, and it
remembers every answer in the order of its coming.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from engine.broking import wire
from engine.broking.messages import (
    AccountMode,
    Answer,
    Job,
    JobKind,
    JobRefused,
    OrderHistory,
    OrderTold,
    PositionsTold,
    RefusalReason,
)
from engine.broking.queue import Queue
from engine.errors import BadInput
from engine.model.live import OrderReport
from engine.model.money import Money
from stonks_tui.broker_check.findings import NotHeld, NotShown

LOOK_SECONDS = 0.5
"""So long one look into the queue lasts at most."""
_HIGHEST_EPOCH = 2**52
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a broker is checked with. `price_limit` is the most that is paid for a share.

    An answer is waited for `wait` seconds, an execution `fill_wait`.
    """

    account_id: str
    mode: AccountMode
    ticker: str
    quantity: int
    price_limit: Money
    wait: float
    fill_wait: float


class PlayedEngine:
    """Sends jobs and hears answers. Every method raises Unavailable when a queue does not answer.

    `passed` counts seconds, `now` is the time of day that jobs are made at.
    """

    def __init__(
        self,
        jobs: Queue,
        answers: Queue,
        terms: Terms,
        *,
        now: Callable[[], datetime],
        passed: Callable[[], float],
    ) -> None:
        self.jobs, self.terms, self.now = jobs, terms, now
        self._answers, self._passed = answers, passed
        self._run, self._made = f"{now():%Y%m%dT%H%M%S%f}", 0
        self.epoch = 1
        self.told: list[Answer] = []
        self.unreadable: list[str] = []
        self.exchange: list[str] = []

    def new_id(self) -> str:
        """Return an id that nobody has used: of a job, or the first part of an order's."""
        self._made += 1
        return f"check-{self._run}-{self._made}"

    def job(self, kind: JobKind, **fields: Any) -> Job:
        """Return a new job of this engine, other than usual in what `fields` name."""
        usual: dict[str, Any] = {
            "job_id": self.new_id(),
            "account_id": self.terms.account_id,
            "mode": self.terms.mode,
            "epoch": self.epoch,
            "created_at": self.now(),
        }
        return Job(kind=kind, **usual | fields)

    async def meet(self) -> None:
        """Find an epoch that the broker follows: the first one above those it has seen, as far as it says which.

        Raises NotHeld when it does not answer, or follows none.
        """
        while self.epoch < _HIGHEST_EPOCH:
            answer = await self.ask(self.job(JobKind.QUERY_POSITIONS))
            if not _is_refused(answer, RefusalReason.OLDER_EPOCH):
                return
            self.epoch = max(2 * self.epoch, answer.epoch + 1)
        raise NotHeld(f"it refuses every epoch up to {self.epoch} as an older one")

    async def send(self, *messages: str) -> None:
        """Send texts as they are, whatever is wrong with them."""
        self.exchange += [f"-> {message}" for message in messages]
        await self.jobs.send(*messages)

    async def ask(self, job: Job) -> Answer:
        """Send `job` and return the first answer to it. Raises NotHeld when none comes."""
        since = len(self.told)
        await self.send(wire.job_text(job))
        return await self.answer_to(job.job_id, since=since, asked=job.kind)

    async def answer_to(self, job_id: str, *, since: int = 0, asked: str = "job") -> Answer:
        """Return the first answer to a job, of those told after the first `since`. Raises NotHeld when none comes."""

        def found() -> Answer | None:
            return next((answer for answer in self.told[since:] if answer.job_id == job_id), None)

        answer: Answer | None = await self.hear_until(found)
        if answer is None:
            raise NotHeld(f"no answer under the job_id of the {asked} within {self.terms.wait:g} s: {job_id}")
        return answer

    async def lose_until_answered(self, job_id: str) -> None:
        """Hear what comes until a job is answered, and forget all of it. Raises NotHeld when no answer comes."""
        since = len(self.told)
        try:
            await self.answer_to(job_id, since=since)
        finally:
            del self.told[since:]

    async def hear_until(self, found: Callable[[], _T | None], seconds: float | None = None) -> _T | None:
        """Hear answers until `found` finds something, and return that; None when it has found nothing in time.

        `seconds` are those that an answer is waited for, unless others are given.
        """
        ends = self._passed() + (self.terms.wait if seconds is None else seconds)
        while (thing := found()) is None and (left := ends - self._passed()) > 0:
            messages = await self._answers.take(min(LOOK_SECONDS, left))
            for message in messages:
                self._hear(message)
            await self._answers.done(*messages)
        return thing

    async def positions(self) -> Mapping[str, int]:
        """Return what the broker says is held. Raises NotHeld for another answer, NotShown when it cannot say."""
        return (await self._told(self.job(JobKind.QUERY_POSITIONS), PositionsTold)).positions

    async def shares(self) -> int:
        """Return how many shares of the ticker the broker says are held. Raises as `positions`."""
        return (await self.positions()).get(self.terms.ticker, 0)

    async def history(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """Return all that the broker says it has said of an order, None of one that it does not know."""
        question = self.job(JobKind.QUERY_ORDER, client_order_id=client_order_id)
        answer = await self._told(question, OrderHistory)
        if answer.client_order_id != client_order_id:
            raise NotHeld(f"asked about {client_order_id}, it tells of {answer.client_order_id}")
        return answer.reports

    def reports(self, client_order_id: str, *, since: int = 0) -> list[OrderReport]:
        """Return the reports of an order as they came, of what was told after the first `since`."""
        told = (answer.report for answer in self.told[since:] if isinstance(answer, OrderTold))
        return [report for report in told if report.client_order_id == client_order_id]

    async def _told(self, job: Job, kind: type[_T]) -> _T:
        answer = await self.ask(job)
        if _is_refused(answer, RefusalReason.UNSUPPORTED):
            raise NotShown(f"this broker cannot answer {job.kind} (unsupported)")
        if not isinstance(answer, kind):
            raise NotHeld(f"{job.kind} is answered with {said_of(answer)}")
        return answer

    def _hear(self, message: str) -> None:
        self.exchange.append(f"<- {message}")
        try:
            self.told.append(wire.answer_from(message))
        except BadInput as error:
            self.unreadable.append(f"{error.message}, in {message[:200]}")


def said_of(answer: Answer) -> str:
    """Return an answer in a few words."""
    said = json.loads(wire.answer_text(answer))
    words = [str(said[name]) for name in ("kind", "reason", "state", "words") if said.get(name)]
    return " ".join(words)


def _is_refused(answer: Answer, reason: RefusalReason) -> bool:
    return isinstance(answer, JobRefused) and answer.reason is reason
