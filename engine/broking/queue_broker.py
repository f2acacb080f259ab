"""Queue broker: how does an engine speak with a broker that is in another process, behind two queues?

    bring ─▶ jobs ─▶ the broker ─▶ answers ─▶ news, heard at the next chance

A job is brought when it was answered; without an answer it is sent again later, and the broker knows it by its id. An
answer is taken from the queue when it was heard, which is when the next is asked for: so an engine that dies in between
leaves it to the next one. Whatever a queue loses is asked about again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, assert_never

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
    job_of,
)
from engine.broking.queue import Queue, dead_words
from engine.errors import BadInput, LostLease, Unavailable, Unsupported
from engine.model.live import Errand, ErrandKind, OrderReport, Report, TickerReport
from engine.model.market import Market

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries of a queue that does not answer."""
_CANCEL_SECONDS = 0.5
_Now = Callable[[], datetime]
_Told = TypeVar("_Told", OrderHistory, PositionsTold)
_EMPTIED = "the queue lost what was in it: what was on its way is asked about again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an answer is waited for, and how often somebody looks whether the broker lives. In seconds."""

    answer_seconds: float = 2.0
    look_seconds: float = 2.0


class QueueBroker:
    """A `Broker` (engine/live_ports.py) behind `jobs` and `answers`. Open it with `open`."""

    def __init__(
        self, jobs: Queue, answers: Queue, *, account_id: str, mode: AccountMode, now: _Now, patience: Patience
    ) -> None:
        self._jobs, self._answers = jobs, answers
        self._account_id, self._mode = account_id, mode
        self._now, self._patience = now, patience
        self._news = asyncio.Event()
        self._epoch, self._asked_before = 0, 0
        self._said: list[tuple[str, Report]] = []
        self._heard: list[str] = []
        self._undone: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._cut, self._silent, self._emptied = "", "", False
        self._has_lived, self._kept_apart = False, 0
        self._followed: LostLease | None = None
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        jobs: Queue,
        answers: Queue,
        *,
        account_id: str,
        mode: AccountMode,
        now: _Now,
        patience: Patience | None = None,
        spread: Callable[[float], float] = lambda seconds: seconds,
    ) -> AsyncIterator["QueueBroker"]:
        """Give the broker of `account_id`, and read what it says until the end.

        `spread` says how many seconds of a pause are waited, see `LiveEngine`.
        """
        broker = cls(jobs, answers, account_id=account_id, mode=mode, now=now, patience=patience or Patience())
        broker._reading = asyncio.get_running_loop().create_task(broker._read(spread))
        try:
            yield broker
        finally:
            await _end(broker._reading)

    @property
    def news(self) -> asyncio.Event:
        """See `Broker.news`."""
        return self._news

    def remark(self) -> str:
        """Return what is wrong with the queues though the broker answers, in words; nothing of one that is cut."""
        return dead_words(self._kept_apart) if self._kept_apart and not self._cut else ""

    async def serve(self, epoch: int) -> None:
        """See `Broker.serve`. A broker that answers no questions has answered."""
        self._epoch, self._emptied = max(self._epoch, epoch), False
        with suppress(Unsupported):
            await self.positions()

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`."""
        job = job_of(errand, account_id=self._account_id, mode=self._mode, epoch=epoch)
        answer = await self._answered(job)
        if not isinstance(answer, JobRefused):
            return
        if answer.reason is not RefusalReason.UNSUPPORTED or errand.kind in (ErrandKind.ORDER, ErrandKind.CANCEL):
            raise Unavailable(f"the broker refuses {errand.kind} {errand.subject}: {answer.words or answer.reason}")
        if errand.kind is ErrandKind.STATUS:  # nobody knows of a halt: an exit is worth trying
            self._say("", TickerReport(ticker=errand.subject, at=self._now(), is_halted=False))

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`. To ask again is to have heard."""
        self._news.clear()
        self._require_lead()
        if self._heard and not self._cut:
            with suppress(Unavailable):
                await self._done(*self._heard)
                self._heard = []
        said, self._said = self._said, []
        self._heard += [message for message, _ in said if message]
        if not said:
            self._require_line()
        return tuple(report for _, report in said)

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """See `Broker.reports_on`."""
        answer = await self._told(self._question(JobKind.QUERY_ORDER, client_order_id), OrderHistory)
        return answer.reports

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        answer = await self._told(self._question(JobKind.QUERY_POSITIONS), PositionsTold)
        return answer.positions

    async def market_shown(self, market: Market | None) -> None:
        """See `Broker.market_shown`: this one has prices of its own."""

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """See `Broker.prices_changed`: this one has prices of its own."""

    def _question(self, kind: JobKind, client_order_id: str = "") -> Job:
        self._asked_before += 1
        return Job(
            job_id=f"{self._epoch}-question-{self._now():%Y%m%dT%H%M%S%f}-{self._asked_before}",
            kind=kind,
            account_id=self._account_id,
            mode=self._mode,
            epoch=self._epoch,
            created_at=self._now(),
            client_order_id=client_order_id,
        )

    async def _told(self, job: Job, kind: type[_Told]) -> _Told:
        answer = await self._answered(job)
        if isinstance(answer, JobRefused):
            words = f"the broker does not answer {job.kind}: {answer.words or answer.reason}"
            raise Unsupported(words) if answer.reason is RefusalReason.UNSUPPORTED else Unavailable(words)
        if not isinstance(answer, kind):
            raise Unavailable(f"the broker answers {job.kind} with something else")
        return answer

    async def _answered(self, job: Job) -> Answer:
        """Send `job` and return what is answered. Raises Unavailable, and LostLease when another engine leads."""
        self._require_lead()
        self._require_line()
        known_by = [job.job_id, *([f"order {job.client_order_id}"] if job.kind is JobKind.ORDER else [])]
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting |= dict.fromkeys(known_by, answered)
        try:
            async with asyncio.timeout(self._patience.answer_seconds):
                await self._jobs.send_once(wire.job_text(job))
                answer = await answered
        except TimeoutError:
            words = f"the broker has not answered within {self._patience.answer_seconds:g} s"
            raise Unavailable(words, hint="is the broker service (stonks broker) running?") from None
        finally:
            if not answered.cancel() and not answered.cancelled():
                answered.exception()  # it may have come too late to be raised
            for name in known_by:
                self._waiting.pop(name, None)
        if isinstance(answer, JobRefused) and answer.reason is RefusalReason.OLDER_EPOCH:
            raise LostLease(f"an engine of epoch {job.epoch} comes, and the broker has seen {answer.epoch}")
        return answer

    def _require_lead(self) -> None:
        if self._followed is not None:
            raise self._followed

    def _require_line(self) -> None:
        if self._reading is not None and self._reading.done():
            self._reading.result()  # what broke it is for whoever counts on it
        if self._emptied:
            self._emptied = False
            raise Unavailable(_EMPTIED)
        if trouble := self._cut or self._silent:
            raise Unavailable(trouble)

    async def _read(self, spread: Callable[[float], float]) -> None:
        """Take what the broker says as it comes, and see whether it lives, for as long as this is open."""
        loop, pause, looked = asyncio.get_running_loop(), FIRST_PAUSE, float("-inf")
        while True:
            try:
                if loop.time() - looked >= self._patience.look_seconds:
                    await self._look()
                    looked = loop.time()
                for message in await self._answers.take(self._patience.look_seconds):
                    await self._hear(message, is_new=True)
                self._cut, pause = "", FIRST_PAUSE
            except Unavailable as error:
                self._break_off(error)
                await asyncio.sleep(spread(pause))
                pause, looked = min(2 * pause, LONGEST_PAUSE), float("-inf")

    async def _look(self) -> None:
        """See what others took and left, what nobody could use, what the queue lost, and whether the broker lives."""
        for message in await self._answers.left():
            if message not in self._undone:
                await self._hear(message)
        self._kept_apart = await self._jobs.kept_apart() + await self._answers.kept_apart()
        if await self._jobs.was_emptied():
            self._emptied = True
            self._news.set()
        if await self._jobs.life() is not None:
            self._has_lived = True
            self._lives()
        elif self._has_lived and not self._silent:
            self._silent = f"nobody takes orders from the queue since {self._now():%H:%M:%S} UTC"
            self._news.set()

    def _lives(self) -> None:
        if self._silent:
            self._silent = ""
            self._news.set()

    def _break_off(self, error: Unavailable) -> None:
        self._cut = error.message
        self._fail(Unavailable(error.message, hint=error.hint))

    def _fail(self, error: Exception) -> None:
        """Have nobody wait for an answer that cannot come."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)
        self._news.set()

    async def _hear(self, message: str, *, is_new: bool = False) -> None:
        try:
            answer = wire.answer_from(message)
        except BadInput as error:
            await self._answers.refuse(message, error.message)
            return
        if is_new:
            self._lives()
        if self._epoch and answer.epoch > self._epoch:  # it is left to the engine that it is for
            self._followed = LostLease(f"the broker serves an engine of epoch {answer.epoch}, this is {self._epoch}")
            self._fail(self._followed)
            return
        match answer:
            case OrderTold() | TickerTold():
                self._say(message, answer.report)
            case OrderHistory() | PositionsTold() | JobDone() | JobRefused():
                await self._done(message)
            case _:
                assert_never(answer)
        self._resolve(answer)

    def _say(self, message: str, report: Report) -> None:
        self._undone.add(message)
        self._said.append((message, report))
        self._news.set()

    def _resolve(self, answer: Answer) -> None:
        order = f"order {answer.report.client_order_id}" if isinstance(answer, OrderTold) else ""
        for name in (answer.job_id, order):
            waiting = self._waiting.get(name)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)

    async def _done(self, *messages: str) -> None:
        await self._answers.done(*messages)
        self._undone.difference_update(messages)


async def _end(task: "asyncio.Task[None]") -> None:
    """Cancel `task` until it has ended: a client in the middle of an answer may lose that it was cancelled."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_CANCEL_SECONDS)
