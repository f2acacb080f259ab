"""Messages: what do engine and broker write to each other (docs/broker-protocol.md)?

A job is what the engine sends, an answer what the broker does. `job_id` of an answer names the job that it answers;
it is empty when nobody asked, such as when an order is filled later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from engine.model.live import Errand, ErrandKind, OrderReport, TickerReport
from engine.model.orders import ENTRY_LASTS, Order

SCHEMA_VERSION = 1


class JobKind(StrEnum):
    """What is asked of a broker."""

    ORDER = "order"
    CANCEL = "cancel"
    SPLIT = "split"
    QUERY_ORDER = "query_order"
    QUERY_POSITIONS = "query_positions"
    QUERY_TICKER = "query_ticker"


class AccountMode(StrEnum):
    """Whether orders are meant."""

    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing asked of the broker, by the engine of `epoch` on `account_id`.

    `client_order_id` of an order, a cancellation or a question about an order; `ticker` of an order, a question about
    trading in it, or a split with its `ratio`. An order that comes after `good_until` is not to be executed.
    """

    job_id: str
    kind: JobKind
    account_id: str
    mode: AccountMode
    epoch: int
    created_at: datetime
    client_order_id: str = ""
    ticker: str = ""
    order: Order | None = None
    ratio: Fraction | None = None
    good_until: datetime | None = None


class RefusalReason(StrEnum):
    """Why a broker does not do what a job asks."""

    OLDER_EPOCH = "older_epoch"
    WRONG_SCHEMA = "wrong_schema"
    WRONG_MODE = "wrong_mode"
    WRONG_ACCOUNT = "wrong_account"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTold:
    """A report of an order."""

    report: OrderReport
    job_id: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistory:
    """All reports of an order, in order; None when the broker has never seen it."""

    job_id: str
    client_order_id: str
    reports: tuple[OrderReport, ...] | None
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsTold:
    """The shares held, by ticker; none that are 0."""

    job_id: str
    positions: Mapping[str, int]
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerTold:
    """Whether trading in a ticker is halted."""

    report: TickerReport
    job_id: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDone:
    """A job was done of which nothing else is to be said."""

    job_id: str
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRefused:
    """A job was not done: why, and in words for a person."""

    job_id: str
    reason: RefusalReason
    words: str
    epoch: int = 0


Answer = OrderTold | OrderHistory | PositionsTold | TickerTold | JobDone | JobRefused

_KINDS = {
    ErrandKind.ORDER: JobKind.ORDER,
    ErrandKind.CANCEL: JobKind.CANCEL,
    ErrandKind.STATUS: JobKind.QUERY_TICKER,
    ErrandKind.SPLIT: JobKind.SPLIT,
}


def job_of(errand: Errand, *, account_id: str, mode: AccountMode, epoch: int) -> Job:
    """Return the job that brings `errand`: the same for the same errand and epoch."""
    is_about_order = errand.kind in (ErrandKind.ORDER, ErrandKind.CANCEL)
    ticker = "" if is_about_order else errand.subject
    return Job(
        job_id=f"{epoch}-errand-{errand.errand_id}",
        kind=_KINDS[errand.kind],
        account_id=account_id,
        mode=mode,
        epoch=epoch,
        created_at=errand.order.created_at if errand.order else errand.at,
        client_order_id=errand.subject if is_about_order else "",
        ticker=errand.order.ticker if errand.order else ticker,
        order=errand.order,
        ratio=errand.ratio,
        good_until=errand.order.created_at + ENTRY_LASTS if errand.order and errand.order.is_entry else None,
    )


def errand_of(job: Job, at: datetime) -> Errand | None:
    """Return what a broker at our port is to do at `at` for `job`, None for a question that is answered otherwise."""
    kind = next((errand for errand, asked in _KINDS.items() if asked is job.kind), None)
    if kind is None:
        return None
    return Errand(
        errand_id=0,
        kind=kind,
        subject=job.client_order_id or job.ticker,
        at=job.created_at if kind is ErrandKind.SPLIT else at,  # its moment says which split it is
        order=job.order,
        ratio=job.ratio,
    )
