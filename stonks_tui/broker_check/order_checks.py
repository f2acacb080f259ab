"""Order checks: is every order executed once or not at all, and is everything said of it?"""

from collections.abc import Sequence
from datetime import timedelta

from engine.broking import wire
from engine.broking.messages import JobRefused, OrderTold, RefusalReason
from engine.model.live import OrderReport
from engine.model.money import Money
from engine.model.orders import TRANSITIONS, OrderState
from stonks_tui.broker_check.findings import NotHeld, NotShown, require
from stonks_tui.broker_check.play import Play
from stonks_tui.broker_check.played_engine import said_of
from stonks_tui.broker_check.played_orders import is_ended, same_again

_LONG_AGO = timedelta(hours=1)


async def is_answered(play: Play) -> None:
    """An order is answered, under the id of its job, with a report of it."""
    purchase = await play.orders.purchase()
    answer = await play.engine.answer_to(purchase.job.job_id)
    require(isinstance(answer, OrderTold), f"an order is answered with {said_of(answer)}, not with a report of it")
    strange = [one.client_order_id for one in _reports_of_job(play, purchase.job.job_id)]
    require(set(strange) == {purchase.order_id}, f"{purchase.order_id} is answered with reports of {strange}")


async def counts_reports(play: Play) -> None:
    """The reports of the purchase are numbered from 1 without a hole, and a number says the same each time."""
    first: dict[int, OrderReport] = {}
    for report in await _reports(play):
        known = first.setdefault(report.number, report)
        require(known == report, f"seq {report.number} was {_short(known)}, and is {_short(report)} now")
    require(list(first) == list(range(1, len(first) + 1)), f"seq goes {', '.join(map(str, first))}")


async def adds_up(play: Play) -> None:
    """What is filled is the sum of the parts, never falls, and is no more than was ordered."""
    purchase = await play.orders.purchase()
    ordered = purchase.job.order.quantity if purchase.job.order else 0
    filled = 0
    for report in _once(await _reports(play)):
        filled += report.quantity
        parts = f"seq {report.number} says filled {report.filled}, and the parts up to it are {filled}"
        require(report.filled == filled, parts)
        require(report.filled <= ordered, f"seq {report.number} says filled {report.filled} of {ordered}")
        whole = (report.state is OrderState.FILLED) == (report.filled == ordered)
        require(whole, f"seq {report.number} is {report.state} with {report.filled} of {ordered} filled")
        require(bool(report.price) == bool(report.quantity), f"seq {report.number} has a price without a part")


async def follows_states(play: Play) -> None:
    """The states of the purchase follow each other as the table has them."""
    state = OrderState.SUBMITTED
    for report in _once(await _reports(play)):
        require(report.state in TRANSITIONS[state], f"seq {report.number} is {report.state}, after {state}")
        state = report.state


async def executes_once(play: Play) -> None:
    """The same job again is no second execution, and everything is said again."""
    purchase = await play.orders.purchase()
    held, known = await _held(play), {report.number for report in play.engine.reports(purchase.order_id)}
    since = len(play.engine.told)
    await play.engine.send(wire.job_text(purchase.job))
    await play.engine.answer_to(purchase.job.job_id, since=since, asked="order that came twice")
    await _require_said_again(play, purchase.order_id, known, since)
    await _require_held(play, held)
    play.orders.require_filled(purchase)


async def refuses_another(play: Play) -> None:
    """Another order under a known id is refused as invalid, and the first stays as it was."""
    purchase = await play.orders.purchase()
    before, held = await _history(play, purchase.order_id), await _held(play)
    another = same_again(purchase.job, quantity=play.engine.terms.quantity + 1)
    answer = await play.engine.ask(same_again(another, created_at=play.engine.now()))
    is_refused = isinstance(answer, JobRefused) and answer.reason is RefusalReason.INVALID
    require(is_refused, f"{purchase.order_id} with another quantity is answered with {said_of(answer)}")
    after = await _history(play, purchase.order_id)
    require(after[: len(before)] == before, "what is said of the first order has changed")
    await _require_held(play, held)


async def cancels(play: Play) -> None:
    """A working order that is called back ends."""
    orders = play.orders
    job = orders.buying(limit_price=_half(play))
    answer = await orders.place(job)
    if isinstance(answer, JobRefused):
        raise NotHeld(f"an order is {said_of(answer)}")
    if any(is_ended(report.state) for report in play.engine.reports(job.client_order_id)):
        raise NotShown("an entry at half the price does not stand here: it has ended by itself")
    answer = await orders.cancel(job.client_order_id)
    require(not isinstance(answer, JobRefused), f"a cancellation is {said_of(answer)}")
    last = await orders.end_of(job.client_order_id)
    if last is None:
        raise NotHeld("the order has not ended within the wait after it was called back")
    require(last.state in (OrderState.CANCELLED, OrderState.FILLED), f"it has ended as {last.state}")


async def leaves_ended(play: Play) -> None:
    """To call back what has ended changes nothing."""
    job = play.orders.buying(limit_price=_half(play))
    for answer in (await play.orders.place(job), await play.orders.cancel(job.client_order_id)):
        require(not isinstance(answer, JobRefused), f"an order that is called back is {said_of(answer)}")
    if await play.orders.end_of(job.client_order_id) is None:
        raise NotShown("the order has not ended within the wait")
    before = await _history(play, job.client_order_id)
    answer = await play.orders.cancel(job.client_order_id)
    require(not isinstance(answer, JobRefused), f"a cancellation is {said_of(answer)}")
    require(await _history(play, job.client_order_id) == before, "more is said of an order that had ended")


async def keeps_cancelled(play: Play) -> None:
    """An order that was called back before it came is never executed."""
    job, held = play.orders.buying(), await _held(play)
    answer = await play.orders.cancel(job.client_order_id)
    require(
        isinstance(answer, OrderTold) and answer.report.state is OrderState.CANCELLED,
        f"a cancellation of an order that never came is answered with {said_of(answer)}, not with cancelled",
    )
    answer = await play.orders.place(job)
    is_cancelled = isinstance(answer, OrderTold) and answer.report.state is OrderState.CANCELLED
    require(is_cancelled, f"then the order comes, and is answered with {said_of(answer)}, not with cancelled")
    await play.orders.require_nothing_came_of(job.client_order_id)
    await _require_held(play, held)


async def leaves_late(play: Play) -> None:
    """An order that comes after `good_until` is ended at once."""
    long_ago, held = play.engine.now() - _LONG_AGO, await _held(play)
    job = play.orders.buying(good_until=long_ago)
    answer = await play.orders.place(job)
    is_ended_so = isinstance(answer, OrderTold) and is_ended(answer.report.state) and not answer.report.filled
    require(is_ended_so, f"an order that is an hour late is answered with {said_of(answer)}")
    await play.orders.require_nothing_came_of(job.client_order_id)
    await _require_held(play, held)


async def says_again(play: Play) -> None:
    """What was said of an order and lost is said again to whoever asks, and when the job comes again."""
    job = play.orders.buying(limit_price=_half(play))
    play.orders.note(job)
    await play.engine.send(wire.job_text(job))
    await play.engine.lose_until_answered(job.job_id)  # as by a flush of the answers
    said = {report.number for report in await _history(play, job.client_order_id)}
    require(bool(said), "it knows the order, and has nothing to say of it")
    since = len(play.engine.told)
    await play.engine.send(wire.job_text(job))
    await _require_said_again(play, job.client_order_id, said, since)


async def _reports(play: Play) -> Sequence[OrderReport]:
    return play.engine.reports((await play.orders.purchase()).order_id)


async def _history(play: Play, order_id: str) -> Sequence[OrderReport]:
    history = await play.engine.history(order_id)
    if history is None:
        raise NotHeld(f"it says that it does not know {order_id}, of which it has told")
    return history


async def _held(play: Play) -> int | None:
    """Return the shares held, None when nobody can say, or when the purchase may still change them."""
    if play.orders.is_buying():
        return None
    try:
        return await play.engine.shares()
    except NotShown:
        return None


async def _require_held(play: Play, before: int | None) -> None:
    now = await _held(play)
    require(None in (before, now) or before == now, f"{before} shares were held before, and now it is {now}")


async def _require_said_again(play: Play, order_id: str, known: set[int], since: int) -> None:
    def are_all() -> bool | None:
        return known <= {report.number for report in play.engine.reports(order_id, since=since)} or None

    if not await play.engine.hear_until(are_all):
        missing = known - {report.number for report in play.engine.reports(order_id, since=since)}
        raise NotHeld(f"seq {_listed(missing)} was not said again")


def _reports_of_job(play: Play, job_id: str) -> list[OrderReport]:
    return [one.report for one in play.engine.told if isinstance(one, OrderTold) and one.job_id == job_id]


def _once(reports: Sequence[OrderReport]) -> list[OrderReport]:
    return list({report.number: report for report in reports}.values())


def _half(play: Play) -> Money:
    return max(100, play.engine.terms.price_limit // 200 * 100)


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _short(report: OrderReport) -> str:
    return f"{report.state} filled {report.filled}"
