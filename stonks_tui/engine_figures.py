"""Engine figures: how does the engine that leads in this process stand, as cheap numbers out of its memory?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine import live_measures
from engine.guard import Guard
from engine.leadership import Leadership
from engine.live_ports import Sources
from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.live import LiveMetrics
from engine.model.notices import NoticeKind
from engine.model.orders import OrderState
from engine.model.portfolio import RiskTierName, TradingState
from engine.trader import Trader


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFigures:
    """As of one moment between two steps of the engine. Ages are in seconds, None where there is nothing yet.

    `other_troubles` are those that are words alone.
    """

    epoch: int
    turn: int
    trading: TradingState
    tier: RiskTierName
    account: LiveMetrics
    working: Mapping[OrderState, int]
    breakers: Mapping[CircuitBreakerTriggerType, int]
    troubles: frozenset[NoticeKind]
    other_troubles: int
    looks: int
    look_lag_seconds: float
    prices_age_seconds: float | None
    recommendations_age_seconds: float | None


def of(trader: Trader, guard: Guard, leadership: Leadership, sources: Sources | None, at: datetime) -> EngineFigures:
    """Return how it stands at `at` by the engine's clock. To be called in the engine's own loop."""
    state = trader.state
    newest = sources.newest_recommendation_at() if sources else None
    return EngineFigures(
        epoch=leadership.epoch,
        turn=trader.seq,
        trading=state.standing()[0],
        tier=state.tier,
        account=live_measures.of(state, guard.protection.share, at),
        working=Counter(working.state for working in state.working.values()),
        breakers=Counter(breaker.trigger for breaker in state.breakers.values()),
        troubles=guard.trouble_kinds,
        other_troubles=len(guard.troubles) - len(guard.trouble_kinds),
        looks=guard.looks,
        look_lag_seconds=guard.lag_seconds,
        prices_age_seconds=_age(guard.prices_at(), at),
        recommendations_age_seconds=_age(newest, at),
    )


def _age(since: datetime | None, at: datetime) -> float | None:
    return None if since is None else max(0.0, (at - since).total_seconds())
