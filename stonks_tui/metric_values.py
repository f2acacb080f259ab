"""Metric values: which number stands under which name and labels, once everything was asked?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.money import dollars
from engine.model.notices import NoticeKind
from engine.model.notifications import DeliveryStatus, NotificationChannel
from engine.model.orders import OrderSide, OrderState
from engine.model.portfolio import RiskTierName, TradingState
from stonks_tui import metric_names as names
from stonks_tui.engine_figures import EngineFigures
from stonks_tui.metric_names import METRICS, Metric
from stonks_tui.version import __version__

if TYPE_CHECKING:
    from stonks_tui.broker_status import BrokerStatus

Values = Mapping[tuple[str, ...], float]
Samples = Mapping[str, Values]
"""By the name of the metric, then by the values of its labels."""

TROUBLES = (
    NoticeKind.STORE_FAILED,
    NoticeKind.BROKER_SILENT,
    NoticeKind.BROKER_CANNOT_ANSWER,
    NoticeKind.SOURCES_LOST,
    NoticeKind.RECONCILIATION_DIFFERENCE,
    NoticeKind.PROTECTION_BREACH,
    NoticeKind.LOOP_LAGGED,
)
"""What the guard takes for a trouble as long as it lasts."""
_WORKING = (OrderState.SUBMITTED, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.UNKNOWN)
_SIDES: Values = {(side.value,): 0.0 for side in OrderSide}
_FROM_THE_START: Mapping[str, Values] = {
    **{m.name: {(): 0.0} for m in (names.ENDED, names.CANCELS, names.TURNS)},
    **{m.name: _SIDES for m in (names.FILLS, names.FILLED_SHARES, names.FILLED_DOLLARS)},
    names.TRADES.name: {(result,): 0.0 for result in ("win", "loss", "even")},
    names.TRIPPED.name: {(trigger.value,): 0.0 for trigger in CircuitBreakerTriggerType},
}
"""Counters that are there before anything happens: a rate over a first event needs the 0 before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found out for one page. `figures` may be old (`has_answered`), and are None of an engine that waits."""

    counts: Callable[[Metric], Values]
    is_leader: bool = False
    figures: EngineFigures | None = None
    has_answered: bool = False
    answered_seconds: float = 0.0
    is_account_read: bool = False
    told: Mapping[tuple[NotificationChannel, DeliveryStatus], int] = field(default_factory=dict)
    heartbeat_age_seconds: float | None = None
    epoch: int | None = None
    has_queue: bool = False
    queue: "BrokerStatus | None" = None


def samples(reading: Reading) -> Samples:
    """Return all of it by name. What is not known is missing, not 0."""
    found: dict[str, Values] = {
        metric.name: {**_FROM_THE_START.get(metric.name, {}), **reading.counts(metric)}
        for metric in METRICS.values()
        if metric.kind == "counter"
    }
    found |= _process(reading)
    if reading.figures is not None:
        found |= _engine(reading.figures) | _account(reading.figures)
    if reading.is_account_read:
        found |= _told(reading)
    if reading.has_queue:
        found |= _queue(reading.queue)
    return {name: values for name, values in found.items() if values}


def _process(reading: Reading) -> dict[str, Values]:
    epoch = reading.figures.epoch if reading.figures else reading.epoch
    return {
        names.VERSION.name: {(__version__,): 1.0},
        names.LEADER.name: _one(reading.is_leader),
        names.EPOCH.name: _one(epoch),
        names.ACCOUNT_ANSWERS.name: _one(reading.is_account_read),
        names.HEARTBEAT_AGE.name: _one(reading.heartbeat_age_seconds),
        names.LOOP_ANSWERS.name: _one(reading.has_answered if reading.is_leader else None),
        names.LOOP_LAG.name: _one(reading.answered_seconds if reading.is_leader else None),
    }


def _engine(figures: EngineFigures) -> dict[str, Values]:
    return {
        names.TURN.name: _one(figures.turn),
        names.LOOKS.name: _one(figures.looks),
        names.LOOK_LAG.name: _one(figures.look_lag_seconds),
        names.PRICES_AGE.name: _one(figures.prices_age_seconds),
        names.RECOMMENDATIONS_AGE.name: _one(figures.recommendations_age_seconds),
        names.STATE.name: {(state.value,): float(state is figures.trading) for state in TradingState},
        names.TIER.name: {(tier.value,): float(tier is figures.tier) for tier in RiskTierName},
        names.WORKING.name: {(state.value,): float(figures.working.get(state, 0)) for state in _WORKING},
        names.BREAKERS.name: {(t.value,): float(figures.breakers.get(t, 0)) for t in CircuitBreakerTriggerType},
        names.TROUBLE.name: {
            **{(kind.value,): float(kind in figures.troubles) for kind in TROUBLES},
            ("other",): float(figures.other_troubles > 0),
        },
    }


def _account(figures: EngineFigures) -> dict[str, Values]:
    account = figures.account
    return {
        names.TOTAL_VALUE.name: _one(dollars(account.total_value)),
        names.CASH.name: _one(dollars(account.cash)),
        names.RESERVE.name: _one(dollars(account.reserve)),
        names.ACTIVE_POOL.name: _one(dollars(account.active_pool)),
        names.DAILY_PNL.name: _one(dollars(account.daily_pnl)),
        names.UNREALISED.name: _one(dollars(account.unrealised)),
        names.HEAT.name: _one(account.heat),
        names.DRAWDOWN.name: _one(account.drawdown),
        names.PROTECTED.name: _one(account.protected),
        names.POSITIONS.name: _one(account.open_positions),
    }


def _told(reading: Reading) -> dict[str, Values]:
    told: Values = {
        (channel.value, status.value): float(reading.told.get((channel, status), 0))
        for channel in NotificationChannel
        for status in DeliveryStatus
    }
    return {names.NOTIFICATIONS.name: told}


def _queue(status: "BrokerStatus | None") -> dict[str, Values]:
    if status is None or status.trouble:
        return {names.QUEUE_ANSWERS.name: _one(False)}
    return {
        names.QUEUE_ANSWERS.name: _one(True),
        names.QUEUE_WAITING.name: _one(status.waiting),
        names.QUEUE_DEAD.name: _one(status.dead),
        names.BROKER_ALIVE.name: _one(status.life is not None),
    }


def _one(value: float | None) -> Values:
    return {} if value is None else {(): float(value)}
