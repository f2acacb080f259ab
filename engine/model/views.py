"""Views: what do screens, reports and HTTP ask for, beyond a whole book?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.live import STOPPED, Heartbeat, LiveMetrics
from engine.model.money import Money
from engine.model.notices import Notice
from engine.model.orders import OrderTag
from engine.model.portfolio import EXTERNAL_FLOWS, CashFlow, PortfolioSnapshot
from engine.model.positions import ClosedTrade, StopChange
from engine.model.runs import ExecutedOrder, RunRecord

LOST_SECONDS = 30.0
"""An engine of which nothing was heard for so long is taken to be gone: its heart beats every ten."""
STALE_SECONDS = 15.0
"""One of which nothing was heard for so long has missed a beat: what is shown of it is old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions? Those to which everything that is given applies.

    `reason` is a skip reason; `since` is included, `until` is not; confidences are fractions, both ends included.
    """

    ticker: str | None = None
    outcome: TradingDecisionType | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    confidence_from: float | None = None
    confidence_to: float | None = None
    kind: DecisionKind | None = None

    def fits(self, decision: Decision) -> bool:
        """Does the filter let `decision` through?"""
        return (
            (self.ticker is None or decision.ticker == self.ticker)
            and (self.outcome is None or decision.outcome is self.outcome)
            and (self.kind is None or decision.kind is self.kind)
            and (self.reason is None or decision.skip_reason == self.reason)
            and (self.since is None or decision.at >= self.since)
            and (self.until is None or decision.at < self.until)
            and self._is_confidence(decision.confidence)
        )

    def _is_confidence(self, confidence: float | None) -> bool:
        if self.confidence_from is None and self.confidence_to is None:
            return True
        low = 0.0 if self.confidence_from is None else self.confidence_from
        high = 1.0 if self.confidence_to is None else self.confidence_to
        return confidence is not None and low <= confidence <= high


EVERY_DECISION = DecisionFilter()
"""Lets everything through."""


def is_cause(word: str) -> bool:
    """May `word` be asked for as the cause of one decision: a signal's id, not a reason that many decisions share?"""
    return word not in {tag.value for tag in OrderTag}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """What is known of the engine of a live account: its last heartbeat, and how many seconds ago that was.

    `turn` is the last turn that was kept, `happened` the one after which only prices were seen, `lately` the account
    every few minutes of the last days. `untold` are the notifications of a day that could not be sent; `stopped_at` is
    when a person stopped what is still stopped, `market_left` how long the exchange will be open until the last
    engine-wide breaker ends. `standbys` are the engines that stand by, as HOST:PID, and since when; only a database
    knows of them.
    """

    heartbeat: Heartbeat
    seconds: float
    turn: int
    happened: int = 0
    lately: tuple[LiveMetrics, ...] = ()
    untold: int = 0
    stopped_at: datetime | None = None
    market_left: timedelta | None = None
    standbys: tuple[tuple[str, datetime], ...] = ()

    @property
    def is_lost(self) -> bool:
        """Has nothing been heard of it for so long that nobody watches what is held?"""
        return self.heartbeat.doing == STOPPED or self.seconds > LOST_SECONDS

    @property
    def is_stale(self) -> bool:
        """Has it missed a beat, and may yet come back?"""
        return not self.is_lost and self.seconds > STALE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStory:
    """A run from its first day to its last. `days` are without their positions; `profits` are of each day.

    `breakers` are all that tripped, `notices` all that was told. A run that is not finished, or cannot be read, has no
    days; an unreadable one no record either. A live account has its engine, `alive` or not, and its last day may be one
    that still goes on.
    """

    run_id: int
    state: str
    problem: str = ""
    record: RunRecord | None = None
    days: tuple[PortfolioSnapshot, ...] = ()
    profits: tuple[Money, ...] = ()
    breakers: tuple[BreakerEvent, ...] = ()
    notices: tuple[Notice, ...] = ()
    alive: Alive | None = None

    def breakers_on(self, at: datetime) -> tuple[BreakerEvent, ...]:
        """Return the breakers that were on at `at`, in the order in which they tripped."""
        return tuple(b for b in self.breakers if b.at <= at and (b.resolved_at is None or b.resolved_at > at))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStory:
    """A decision and what it led to. `stops` and `trades` are those of the position that it opened or closed.

    `notices` are what a person was told of the decision, such as tranches that were cancelled.
    """

    decision: Decision
    executions: tuple[ExecutedOrder, ...] = ()
    stops: tuple[StopChange, ...] = ()
    trades: tuple[ClosedTrade, ...] = ()
    notices: tuple[Notice, ...] = ()


def daily_profits(initial: Money, days: Sequence[PortfolioSnapshot], flows: Sequence[CashFlow]) -> tuple[Money, ...]:
    """Return what each day brought: the change of total value less what was paid in or out since the day before."""
    profits: list[Money] = []
    before, external = initial, [f for f in flows if f.kind in EXTERNAL_FLOWS]
    since: datetime | None = None
    for day in days:
        paid = sum(f.amount for f in external if f.at <= day.at and (since is None or f.at > since))
        profits.append(day.total_value - before - paid)
        before, since = day.total_value, day.at
    return tuple(profits)


def running_profits(profits: Sequence[Money]) -> tuple[Money, ...]:
    """Return what all days up to and with each one brought."""
    return tuple(accumulate(profits))


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorShare:
    """What one sector takes of the active pool. The sector of shares without one is empty."""

    sector: str
    value: Money
    share: float


def sector_shares(day: PortfolioSnapshot) -> tuple[SectorShare, ...]:
    """Return the sectors held at the close of `day`, the largest first."""
    values: Counter[str] = Counter()
    for position in day.positions:
        values[position.sector or ""] += position.market_value
    pool = day.active_pool
    return tuple(
        SectorShare(sector=sector, value=value, share=value / pool if pool > 0 else 0.0)
        for sector, value in sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    )
