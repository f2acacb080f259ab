"""Wire: how do jobs and answers read as JSON?

Money is dollars in a text with four decimals, a moment ISO 8601 in UTC with a Z. What is not known is left out or null;
names that nobody knows are passed over, so that a newer sender can say more.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, assert_never

from engine.broking.fields import Fields
from engine.broking.messages import (
    SCHEMA_VERSION,
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
)
from engine.errors import BadInput
from engine.model.live import OrderReport, TickerReport
from engine.model.money import Money, to_decimal
from engine.model.orders import Order, OrderSide, OrderState, OrderTag, OrderType, TimeInForce

MOST_LETTERS = 1_000_000
"""A longer message is refused unread."""


class WrongSchema(BadInput):
    """A message of another version of the schema."""


def job_text(job: Job) -> str:
    """Return `job` as JSON: the same text for the same job."""
    said: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "job_id": job.job_id,
        "kind": job.kind,
        "account_id": job.account_id,
        "mode": job.mode,
        "epoch": job.epoch,
        "created_at": _moment_text(job.created_at),
        "client_order_id": job.client_order_id or None,
        "ticker": job.ticker or None,
        "ratio": str(job.ratio) if job.ratio is not None else None,
        "good_until": _moment_text(job.good_until) if job.good_until else None,
    }
    return _text(said | (_order_said(job.order) if job.order else {}))


def job_from(text: str) -> Job:
    """Return the job that `text` says.

    Raises BadInput, WrongSchema of another version, with the reason in words.
    """
    fields = _read(text)
    kind = fields.word("kind", JobKind)
    order = _order(fields) if kind is JobKind.ORDER else None
    is_of_order = kind in (JobKind.ORDER, JobKind.CANCEL, JobKind.QUERY_ORDER)
    is_of_ticker = kind in (JobKind.QUERY_TICKER, JobKind.SPLIT)
    return Job(
        job_id=fields.text("job_id"),
        kind=kind,
        account_id=fields.text("account_id"),
        mode=fields.word("mode", AccountMode),
        epoch=fields.count("epoch"),
        created_at=fields.moment("created_at"),
        client_order_id=fields.text("client_order_id") if is_of_order else "",
        ticker=order.ticker if order else fields.text("ticker") if is_of_ticker else "",
        order=order,
        ratio=fields.ratio("ratio") if kind is JobKind.SPLIT else None,
        good_until=fields.optional("good_until", fields.moment),
    )


def job_id_in(text: str) -> str:
    """Return the id of the job that `text` says, whatever else is wrong with it; empty when it has none."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    found = said.get("job_id") if isinstance(said, dict) else None
    return found if isinstance(found, str) else ""


def answer_text(answer: Answer) -> str:
    """Return `answer` as JSON."""
    head = {"schema_version": SCHEMA_VERSION, "job_id": answer.job_id or None, "epoch": answer.epoch}
    match answer:
        case OrderTold(report=report):
            return _text(head | {"kind": "order"} | _report_said(report))
        case OrderHistory(reports=reports):
            said = None if reports is None else [_report_said(report) for report in reports]
            about = {"kind": "order_history", "client_order_id": answer.client_order_id}
            return _text(head | about | {"known": reports is not None, "reports": said})
        case PositionsTold(positions=positions):
            return _text(head | {"kind": "positions", "positions": dict(sorted(positions.items()))})
        case TickerTold(report=told):
            about_it = {"ticker": told.ticker, "at": _moment_text(told.at), "is_halted": told.is_halted}
            return _text(head | {"kind": "ticker"} | about_it)
        case JobDone():
            return _text(head | {"kind": "done"})
        case JobRefused(reason=reason, words=words):
            return _text(head | {"kind": "refused", "reason": reason, "words": words})
        case _:
            assert_never(answer)


def answer_from(text: str) -> Answer:
    """Return the answer that `text` says. Raises as `job_from`."""
    fields = _read(text)
    kind = fields.text("kind")
    if kind not in _ANSWERS:
        raise BadInput(f"kind is '{kind}': it is one of {', '.join(_ANSWERS)}")
    return _ANSWERS[kind](fields, fields.optional("job_id", fields.text) or "", fields.count("epoch"))


def _told(fields: Fields, job_id: str, epoch: int) -> Answer:
    return OrderTold(report=_report(fields), job_id=job_id, epoch=epoch)


def _history(fields: Fields, job_id: str, epoch: int) -> Answer:
    of, known = fields.text("client_order_id"), fields.flag("known")
    reports = tuple(_report(Fields(said, client_order_id=of)) for said in fields.rows("reports")) if known else None
    return OrderHistory(job_id=job_id, client_order_id=of, reports=reports, epoch=epoch)


def _positions(fields: Fields, job_id: str, epoch: int) -> Answer:
    positions = {ticker: shares for ticker, shares in fields.counts("positions").items() if shares}
    return PositionsTold(job_id=job_id, positions=positions, epoch=epoch)


def _ticker(fields: Fields, job_id: str, epoch: int) -> Answer:
    report = TickerReport(ticker=fields.text("ticker"), at=fields.moment("at"), is_halted=fields.flag("is_halted"))
    return TickerTold(report=report, job_id=job_id, epoch=epoch)


def _done(fields: Fields, job_id: str, epoch: int) -> Answer:
    del fields
    return JobDone(job_id=job_id, epoch=epoch)


def _refused(fields: Fields, job_id: str, epoch: int) -> Answer:
    words = fields.optional("words", fields.text) or ""
    return JobRefused(job_id=job_id, reason=fields.word("reason", RefusalReason), words=words, epoch=epoch)


_ANSWERS: Mapping[str, Callable[[Fields, str, int], Answer]] = {
    "order": _told,
    "order_history": _history,
    "positions": _positions,
    "ticker": _ticker,
    "done": _done,
    "refused": _refused,
}


def _order_said(order: Order) -> dict[str, Any]:
    return {
        "trading_decision_id": order.decision_id,
        "recommendation_id": order.recommendation_id,
        "side": order.side,
        "quantity": order.quantity,
        "order_type": order.order_type,
        "limit_price": _money_text(order.limit_price),
        "time_in_force": order.time_in_force,
        "tag": order.tag,
        "tranche": order.tranche,
        "tranche_count": order.tranche_count,
        "attempt": order.attempt,
        "trigger_price": _money_text(order.trigger_price),
    }


def _order(fields: Fields) -> Order:
    order_type = fields.word("order_type", OrderType)
    return Order(
        client_order_id=fields.text("client_order_id"),
        decision_id=fields.text("trading_decision_id"),
        recommendation_id=fields.optional("recommendation_id", fields.text),
        ticker=fields.text("ticker"),
        side=fields.word("side", OrderSide),
        quantity=fields.count("quantity", least=1),
        order_type=order_type,
        limit_price=fields.money("limit_price") if order_type is OrderType.LIMIT else None,
        time_in_force=fields.word("time_in_force", TimeInForce),
        tag=fields.word("tag", OrderTag),
        created_at=fields.moment("created_at"),
        tranche=fields.count("tranche", least=1),
        tranche_count=fields.count("tranche_count", least=1),
        attempt=fields.count("attempt", least=1),
        trigger_price=fields.optional("trigger_price", fields.money),
    )


def _report_said(report: OrderReport) -> dict[str, Any]:
    return {
        "client_order_id": report.client_order_id,
        "seq": report.number,
        "state": report.state,
        "at": _moment_text(report.at),
        "filled": report.filled,
        "quantity": report.quantity,
        "price": _money_text(report.price) if report.quantity else None,
        "commission": _money_text(report.commission),
        "reason": report.reason,
    }


def _report(fields: Fields) -> OrderReport:
    quantity, filled = fields.count("quantity"), fields.count("filled")
    if quantity > filled:
        raise BadInput(f"quantity is {quantity}, and filled, which it is a part of, {filled}")
    return OrderReport(
        client_order_id=fields.text("client_order_id"),
        number=fields.count("seq", least=1),
        state=fields.word("state", OrderState),
        at=fields.moment("at"),
        filled=filled,
        quantity=quantity,
        price=fields.money("price") if quantity else 0,
        commission=fields.optional("commission", fields.money) or 0,
        reason=fields.optional("reason", fields.words) or "",
    )


def _text(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _money_text(amount: Money | None) -> str | None:
    return None if amount is None else str(to_decimal(amount))


def _moment_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(text: str) -> Fields:
    if len(text) > MOST_LETTERS:
        raise BadInput(f"it is longer than {MOST_LETTERS:,} letters")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("it is no JSON") from None
    if not isinstance(said, dict):
        raise BadInput("it is no JSON object")
    if (version := said.get("schema_version")) != SCHEMA_VERSION or isinstance(version, bool):
        raise WrongSchema(f"schema_version is {json.dumps(version)[:40]}, and {SCHEMA_VERSION} is read here")
    return Fields(said)
