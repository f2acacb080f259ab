"""Refusal checks: does it leave alone what is not for it, say why, and go on with the next?"""

import json

from engine.broking import wire
from engine.broking.messages import AccountMode, Answer, Job, JobKind, JobRefused, RefusalReason
from stonks_tui.broker_check.findings import NotShown, require
from stonks_tui.broker_check.play import Play
from stonks_tui.broker_check.played_engine import said_of

_POISON = '{"schema_version":1,"kind":"order",'


async def follows_epochs(play: Play) -> None:
    """A newer epoch is followed, and the one before refused from then on, whatever it asks."""
    engine = play.engine
    older, engine.epoch = engine.epoch, engine.epoch + 1
    answer = await engine.ask(engine.job(JobKind.QUERY_POSITIONS))
    is_followed = not isinstance(answer, JobRefused) or answer.reason is RefusalReason.UNSUPPORTED
    require(is_followed, f"a higher epoch is {said_of(answer)}")
    order = play.orders.buying(epoch=older)
    for job in (order, engine.job(JobKind.QUERY_POSITIONS, epoch=older)):
        answer = await _placed(play, job)
        _require_refused(answer, RefusalReason.OLDER_EPOCH, f"a {job.kind} of epoch {older}, after {engine.epoch},")
        require(answer.epoch >= engine.epoch, f"the refusal says epoch {answer.epoch}, and {engine.epoch} was seen")
    await _require_unknown(play, order)


async def refuses_mode(play: Play) -> None:
    """An order that is meant otherwise is refused."""
    other = AccountMode.PAPER if play.engine.terms.mode is AccountMode.LIVE else AccountMode.LIVE
    await _require_left_alone(play, play.orders.buying(mode=other), RefusalReason.WRONG_MODE)


async def refuses_account(play: Play) -> None:
    """An order of another account is refused."""
    job = play.orders.buying(account_id=play.engine.new_id())
    await _require_left_alone(play, job, RefusalReason.WRONG_ACCOUNT)


async def refuses_schema(play: Play) -> None:
    """An order in another version of the schema is refused, and kept apart."""
    job = play.orders.buying()
    text = json.dumps(json.loads(wire.job_text(job)) | {"schema_version": 999}, separators=(",", ":"))
    await play.engine.send(text)
    answer = await play.engine.answer_to(job.job_id, asked="order with schema_version 999")
    _require_refused(answer, RefusalReason.WRONG_SCHEMA, "an order with schema_version 999")
    await _require_unknown(play, job)
    await _require_kept_apart(play, text)


async def keeps_poison_apart(play: Play) -> None:
    """A message that nobody can read does not hold up the next job, and is kept apart with the reason."""
    poison = f"{_POISON}{play.engine.new_id()}"
    job = play.engine.job(JobKind.QUERY_POSITIONS)
    await play.engine.send(poison, wire.job_text(job))
    await play.engine.answer_to(job.job_id, asked="job behind an unreadable message")
    await _require_kept_apart(play, poison)


async def _placed(play: Play, job: Job) -> Answer:
    return await (play.orders.place(job) if job.kind is JobKind.ORDER else play.engine.ask(job))


async def _require_left_alone(play: Play, job: Job, reason: RefusalReason) -> None:
    _require_refused(await play.orders.place(job), reason, f"an order for {job.mode} {job.account_id}")
    await _require_unknown(play, job)


def _require_refused(answer: Answer, reason: RefusalReason, what: str) -> None:
    is_refused = isinstance(answer, JobRefused) and answer.reason is reason
    require(is_refused, f"{what} is answered with {said_of(answer)}, not refused as {reason}")


async def _require_unknown(play: Play, job: Job) -> None:
    """An order that was refused is one that never came."""
    try:
        known = await play.engine.history(job.client_order_id)
    except NotShown:
        return
    require(known is None, "it was refused, and is known all the same")


async def _require_kept_apart(play: Play, message: str) -> None:
    refused = [one for one in await play.engine.jobs.refused() if one.message == message]
    require(bool(refused), "the message is not in …:refused")
    require(bool(refused[-1].reason), "the message is in …:refused without a reason")
