"""Crash checks: is what a service was about to do done by the next one, and does it know what the last one knew?"""

from engine.broking import wire
from engine.broking.messages import JobKind, JobRefused, OrderTold, RefusalReason
from stonks_tui.broker_check.findings import NotHeld, NotShown, require
from stonks_tui.broker_check.play import Hand, Play
from stonks_tui.broker_check.played_engine import said_of

_TAKES_SECONDS = 1.0


async def takes_up(play: Play) -> None:
    """What a service had taken when it was killed is done by the next one."""
    kill, restart = _hand(play.kill, "--kill-command"), _hand(play.restart, "--restart-command")
    order = play.orders.buying()
    play.orders.note(order)
    await kill()
    try:
        await play.engine.send(wire.job_text(order))
        await play.engine.jobs.take(_TAKES_SECONDS)  # as the service does that dies before it is done
        is_taken = wire.job_text(order) in await play.engine.jobs.left()
    finally:
        await restart()
    if not is_taken:
        raise NotShown("somebody has done the job: --kill-command has not ended the service")
    answer = await play.engine.answer_to(order.job_id, asked="order that a killed service had taken")
    require(isinstance(answer, OrderTold), f"it is answered with {said_of(answer)}")


async def remembers(play: Play) -> None:
    """A service that was started anew knows the orders and the epoch that the last one knew."""
    restart = _hand(play.restart, "--restart-command")
    purchase = await play.orders.purchase()
    before = await play.engine.history(purchase.order_id)
    if before is None:
        raise NotHeld(f"it does not know {purchase.order_id}, which it has told of")
    if play.kill is not None:
        await play.kill()
    await restart()
    older = play.engine.job(JobKind.QUERY_POSITIONS, epoch=play.engine.epoch - 1)
    answer = await play.engine.ask(older)
    is_refused = isinstance(answer, JobRefused) and answer.reason is RefusalReason.OLDER_EPOCH
    require(is_refused, f"the next service answers an older epoch with {said_of(answer)}")
    epochs = f"it refuses epoch {older.epoch} as an older one, and says that it follows {answer.epoch}"
    require(answer.epoch > older.epoch, epochs)
    after = await play.engine.history(purchase.order_id)
    if after is None:
        raise NotHeld(f"the next service does not know {purchase.order_id}")
    require(after[: len(before)] == before, f"the next service tells another story of {purchase.order_id}")


def _hand(hand: Hand | None, option: str) -> Hand:
    if hand is None:
        raise NotShown(f"{option} was not given")
    return hand
