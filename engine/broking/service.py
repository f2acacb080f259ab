"""Service: how does a broker serve the queue of an engine, job by job, and never do anything twice?

    taken ─▶ read ─▶ right schema, account, mode, epoch? ─▶ done ─▶ answered ─▶ forgotten by the queue
               └─▶ dead letter        └─▶ refused, in words

A job that was taken by a process that died is taken up again first: the broker knows every order by its id, and what it
said of it is said again. What happens to an order later is said when it happens.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from engine.broking import wire
from engine.broking.messages import (
    AccountMode,
    Answer,
    Job,
    JobDone,
    JobKind,
    JobRefused,
    OrderHistory,
    OrderTold,
    PositionsTold,
    RefusalReason,
    TickerTold,
    errand_of,
)
from engine.broking.queue import Queue
from engine.broking.wire import WrongSchema
from engine.errors import BadInput, BrokenInvariant, LostLease
from engine.live_ports import Broker
from engine.model.live import OrderReport, Report

_log = logging.getLogger("stonks")
_REPORTS_AT_ONCE = 500


class BrokerService:
    """Serves `jobs` with `broker` (engine/live_ports.py), for one account in one mode, and says all in `answers`.

    It is one of its kind: two of them would take each other's jobs. Every method raises Unavailable when a queue or
    the broker's memory does not answer; to go on is to call `take_up` again.
    """

    def __init__(
        self,
        jobs: Queue,
        answers: Queue,
        broker: Broker,
        *,
        account_id: str,
        mode: AccountMode,
        now: Callable[[], datetime],
    ) -> None:
        self._jobs, self._answers, self._broker = jobs, answers, broker
        self._account_id, self._mode = account_id, mode
        self._now = now
        self._epoch = 0
        self._unsaid: list[str] = []
        self.refused = 0
        self.done = 0

    @property
    def epoch(self) -> int:
        """The highest epoch of which a job was done."""
        return self._epoch

    async def take_up(self) -> None:
        """Do what was taken before and is not done, and say what was not said for sure."""
        for message in await self._jobs.left():
            await self._do(message)
        await self.tell()

    async def serve(self, seconds: float) -> int:
        """Do what waits; wait for at most so long while nothing does. Return how many jobs there were."""
        messages = await self._jobs.take(seconds)
        for message in messages:
            await self._do(message)
        return len(messages)

    async def tell(self) -> None:
        """Say what has happened to orders since."""
        await self._send()
        while reports := await self._broker.reports():
            for start in range(0, len(reports), _REPORTS_AT_ONCE):
                self._unsaid += [
                    wire.answer_text(self._told(report, "")) for report in reports[start : start + _REPORTS_AT_ONCE]
                ]
                await self._send()

    async def _do(self, message: str) -> None:
        """Do a job, answer it, and only then have the queue forget it.

        Nothing is done while something is unsaid: a broker takes it that what it was asked for again was heard.
        """
        await self._send()
        try:
            job = wire.job_from(message)
        except BadInput as error:
            await self._refuse(message, error)
            return
        try:
            answers = await self._answers_to(job)
        except LostLease as error:
            answers = [self._no(job, RefusalReason.OLDER_EPOCH, error.message)]
        except BrokenInvariant as error:
            answers = [self._no(job, RefusalReason.INVALID, error.message)]
        self._unsaid += [wire.answer_text(answer) for answer in answers]
        await self._send()
        await self._jobs.done(message)
        self.done += 1

    async def _refuse(self, message: str, error: BadInput) -> None:
        """Keep apart what cannot be read; whoever can be told is told."""
        self.refused += 1
        _log.warning("a job is refused and kept apart: %s", error.message)
        if job_id := wire.job_id_in(message):
            reason = RefusalReason.WRONG_SCHEMA if isinstance(error, WrongSchema) else RefusalReason.INVALID
            refusal = JobRefused(job_id=job_id, reason=reason, words=error.message, epoch=self._epoch)
            self._unsaid.append(wire.answer_text(refusal))
            await self._send()
        await self._jobs.refuse(message, error.message)

    async def _answers_to(self, job: Job) -> Sequence[Answer]:
        if job.account_id != self._account_id:
            return [self._no(job, RefusalReason.WRONG_ACCOUNT, f"this broker has the books of {self._account_id}")]
        if job.mode is not self._mode:
            return [self._no(job, RefusalReason.WRONG_MODE, f"this broker trades {self._mode}, the job is {job.mode}")]
        if job.epoch != self._epoch:
            await self._broker.serve(job.epoch)
            self._epoch = job.epoch
        match job.kind:
            case JobKind.QUERY_POSITIONS:
                positions = await self._broker.positions()
                return [PositionsTold(job_id=job.job_id, positions=positions, epoch=self._epoch)]
            case JobKind.QUERY_ORDER:
                return [await self._history(job)]
            case JobKind.ORDER | JobKind.CANCEL:
                return await self._ordered(job)
            case JobKind.QUERY_TICKER | JobKind.SPLIT:
                return await self._brought(job)
            case _:
                assert_never(job.kind)

    async def _history(self, job: Job) -> Answer:
        reports = await self._broker.reports_on(job.client_order_id)
        return OrderHistory(
            job_id=job.job_id,
            client_order_id=job.client_order_id,
            reports=None if reports is None else tuple(reports),
            epoch=self._epoch,
        )

    async def _ordered(self, job: Job) -> Sequence[Answer]:
        """Return all that is to be said of an order now: the last word of it answers the job."""
        is_late = job.kind is JobKind.ORDER and job.good_until is not None and job.good_until <= self._now()
        if is_late and await self._broker.reports_on(job.client_order_id) is None:
            job = replace(job, kind=JobKind.CANCEL, order=None)  # too late to be an order
        said = await self._bring(job)
        of_it = [r for r in said if isinstance(r, OrderReport) and r.client_order_id == job.client_order_id]
        others = [report for report in said if report not in of_it]
        new = of_it or await self._broker.reports_on(job.client_order_id) or ()  # it came before: all is said again
        told: list[Answer] = [self._told(report, "") for report in others]
        told += [self._told(report, job.job_id) for report in new]
        return told or [JobDone(job_id=job.job_id, epoch=self._epoch)]

    async def _brought(self, job: Job) -> Sequence[Answer]:
        told = [self._told(report, "") for report in await self._bring(job)]
        if job.kind is JobKind.QUERY_TICKER:
            last = next((one for one in reversed(told) if isinstance(one, TickerTold)), None)
            if last is not None:
                told.remove(last)
                return [*told, TickerTold(report=last.report, job_id=job.job_id, epoch=self._epoch)]
        return [*told, JobDone(job_id=job.job_id, epoch=self._epoch)]

    async def _bring(self, job: Job) -> Sequence[Report]:
        errand = errand_of(job, self._now())
        assert errand
        await self._broker.bring(errand, job.epoch)
        return await self._broker.reports()

    def _told(self, report: Report, job_id: str) -> OrderTold | TickerTold:
        if isinstance(report, OrderReport):
            return OrderTold(report=report, job_id=job_id, epoch=self._epoch)
        return TickerTold(report=report, job_id=job_id, epoch=self._epoch)

    def _no(self, job: Job, reason: RefusalReason, words: str) -> Answer:
        self.refused += 1
        _log.warning("job %s is refused: %s", job.job_id, words)
        is_older = reason is RefusalReason.OLDER_EPOCH  # who was just started knows only that there was a higher one
        epoch = max(self._epoch, job.epoch + 1) if is_older else self._epoch
        return JobRefused(job_id=job.job_id, reason=reason, words=words, epoch=epoch)

    async def _send(self) -> None:
        """Send what is not sent yet. What may have been sent twice is known by its numbers."""
        if self._unsaid:
            await self._answers.send(*self._unsaid)
            self._unsaid = []
