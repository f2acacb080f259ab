"""Question checks: does it live, answer what it is asked, in order, and say what is held?"""

from engine.broking import wire
from engine.broking.messages import JobKind, JobRefused, PositionsTold, RefusalReason, TickerTold
from stonks_tui.broker_check.findings import NotHeld, require
from stonks_tui.broker_check.play import Play
from stonks_tui.broker_check.played_engine import said_of


async def shows_life(play: Play) -> None:
    """It shows life."""
    require(
        await play.engine.jobs.life() is not None, "nothing shows that anybody takes jobs: the key …:life is missing"
    )


async def answers(play: Play) -> None:
    """A question is answered under the id of its job, with the epoch that was asked in."""
    answer = await play.engine.ask(play.engine.job(JobKind.QUERY_POSITIONS))
    if isinstance(answer, JobRefused):
        require(answer.reason is RefusalReason.UNSUPPORTED, f"query_positions is {said_of(answer)}")
    else:
        require(isinstance(answer, PositionsTold), f"query_positions is answered with {said_of(answer)}")
    epochs = f"asked by the engine of epoch {play.engine.epoch}, it answers in epoch {answer.epoch}"
    require(answer.epoch == play.engine.epoch, epochs)


async def holds_what_was_filled(play: Play) -> None:
    """The shares held have moved by what was reported as filled."""
    purchase = await play.orders.purchase()
    await play.engine.positions()  # can it say at all?
    if play.orders.is_buying():
        play.orders.require_filled(purchase)
    filled = play.orders.filled(purchase.order_id)
    moved = (purchase.after or 0) - (purchase.before or 0)
    require(moved == filled, f"{filled} were reported as bought, and the shares held have moved by {moved}")
    play.orders.require_filled(purchase)


async def knows_orders(play: Play) -> None:
    """Asked about an order it tells all that it has said; of one that never came it says that it is unknown."""
    unknown = play.engine.new_id()
    told = await play.engine.history(unknown)
    require(told is None, f"it knows {unknown}, which never came")
    purchase = await play.orders.purchase()
    history = await play.engine.history(purchase.order_id)
    if history is None:
        raise NotHeld(f"it does not know {purchase.order_id}, which it has told of")
    heard = {report.number: report for report in play.engine.reports(purchase.order_id)}
    for report in history:
        known = heard.setdefault(report.number, report)
        require(known == report, f"seq {report.number} was another when it was said first")
    missing = heard.keys() - {report.number for report in history}
    require(not missing, f"seq {', '.join(map(str, sorted(missing)))} was said, and is missing in order_history")


async def knows_tickers(play: Play) -> None:
    """Asked about a ticker it says whether trading is halted, or that it cannot know."""
    ticker = play.engine.terms.ticker
    answer = await play.engine.ask(play.engine.job(JobKind.QUERY_TICKER, ticker=ticker))
    if isinstance(answer, JobRefused):
        require(answer.reason is RefusalReason.UNSUPPORTED, f"query_ticker is {said_of(answer)}")
        return
    require(isinstance(answer, TickerTold), f"query_ticker is answered with {said_of(answer)}")
    about = answer.report.ticker if isinstance(answer, TickerTold) else ""
    require(about == ticker, f"asked about {ticker}, it tells of {about}")


async def keeps_order(play: Play) -> None:
    """Jobs are done in the order in which they were sent."""
    order = play.orders.buying()
    first = play.engine.job(JobKind.CANCEL, client_order_id=order.client_order_id)
    jobs = (first, order, play.engine.job(JobKind.QUERY_ORDER, client_order_id=order.client_order_id))
    since = len(play.engine.told)
    play.orders.note(order)
    await play.engine.send(*map(wire.job_text, jobs))
    for job in jobs:
        await play.engine.answer_to(job.job_id, since=since, asked=job.kind)
    sent = [job.job_id for job in jobs]
    told = list(dict.fromkeys(answer.job_id for answer in play.engine.told[since:] if answer.job_id in sent))
    require(told == sent, f"three jobs were answered in the order {[sent.index(job_id) + 1 for job_id in told]}")


async def forgets_done(play: Play) -> None:
    """A job that was answered is not among those that were taken and are not done."""
    job = play.engine.job(JobKind.QUERY_POSITIONS)
    await play.engine.ask(job)
    await play.engine.ask(play.engine.job(JobKind.QUERY_POSITIONS))
    left = wire.job_text(job) in await play.engine.jobs.left()
    require(not left, "a job that was answered, as was the next, is still in …:taken")


async def passes_over(play: Play) -> None:
    """A job with fields that nobody knows is done as one without them."""
    text = wire.job_text(play.engine.job(JobKind.QUERY_POSITIONS))
    job_id = wire.job_id_in(text)
    await play.engine.send(text[:-1] + ',"x_colour":"blue","x_more":{"a":[1,null]}}')
    answer = await play.engine.answer_to(job_id, asked="job with two unknown fields")
    is_refused = isinstance(answer, JobRefused) and answer.reason is not RefusalReason.UNSUPPORTED
    require(not is_refused, f"a job with two unknown fields is {said_of(answer)}")


async def is_readable(play: Play) -> None:
    """Everything that was heard in this run can be read."""
    unreadable = play.engine.unreadable
    require(not unreadable, f"{len(unreadable)} of its answers cannot be read: {(unreadable or [''])[0]}")
