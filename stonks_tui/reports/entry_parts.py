"""Entry parts: in which tranches was an entry made, and what became of the rest?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.model.notices import Notice, NoticeKind
from engine.model.orders import OrderSide
from engine.model.runs import ExecutedOrder
from engine.model.views import DecisionStory
from stonks_tui.reports.notice_words import cut_short
from stonks_tui.reports.numbers import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A part of an entry that was never bought: `left` says how much, `why` in words."""

    at: datetime
    left: str
    why: str


def tranche(execution: ExecutedOrder) -> int:
    """Return which tranche of its entry an execution belongs to; 1 when its order's id does not say."""
    parts = execution.fill.client_order_id.rsplit("-", 2)
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else 1


def label(execution: ExecutedOrder, executions: Sequence[ExecutedOrder]) -> str:
    """Return `tranche 2`, or nothing where an order was not one of several."""
    buys = [tranche(e) for e in executions if e.fill.side is OrderSide.BUY]
    if execution.fill.side is not OrderSide.BUY or max(buys, default=1) == 1:
        return ""
    return f"tranche {tranche(execution)}"


def rests(notices: Sequence[Notice]) -> Iterator[Rest]:
    """Yield what was cancelled of an entry, and why."""
    for notice in notices:
        if notice.kind is NoticeKind.TRANCHES_CANCELLED:
            left, why = cut_short(notice)
            yield Rest(at=notice.at, left=left, why=why)


def missing(story: DecisionStory, on: date | None = None) -> str:
    """Return how much of what was decided had not been bought by the day `on` (None: ever), or nothing."""
    buys = [e.fill for e in story.executions if e.fill.side is OrderSide.BUY]
    got = sum(f.quantity for f in buys if on is None or f.at.date() <= on)
    if not buys or got >= story.decision.shares:
        return ""
    return f"{got:,} of {plural(story.decision.shares, 'share')} bought"
