"""Portfolios: random books at a desk, and a candidate for them."""

from dataclasses import dataclass, fields
from typing import Any

from hypothesis import strategies as st

from engine.model.money import Money
from engine.model.portfolio import RiskTierName
from engine.policy import RISK_TIER_DEFAULTS, RiskTierConfig, TradingPolicy
from engine.policy_mapping import from_mapping
from tests.support.desk import Desk, PlainMarket

prices: st.SearchStrategy[Money] = st.one_of(
    st.integers(10_000, 10_000_000), st.sampled_from((1, 3, 57_3500, 1_000_000, 10_000_000_000))
)
"""$1 to $1,000, and the odd ones: a hundredth of a cent, a million dollars."""
confidences = st.one_of(st.floats(0, 1).map(lambda c: round(c, 4)), st.sampled_from((0.0, 0.55, 0.65, 0.75, 1.0)))
sectors = st.sampled_from(("tech", "energy", "health", "retail", None))
tiers = st.one_of(
    st.sampled_from(list(RISK_TIER_DEFAULTS.values())),
    st.builds(
        RiskTierConfig,
        min_confidence=st.sampled_from((0.0, 0.3, 0.65, 1.0)),
        max_position_pct=st.floats(0.001, 1).map(lambda p: round(p, 4)),
        stop_loss_atr_multiplier=st.floats(0.1, 10).map(lambda p: round(p, 2)),
        reward_risk_ratio=st.floats(0.1, 10).map(lambda p: round(p, 2)),
        max_sector_pct=st.floats(0.01, 2).map(lambda p: round(p, 4)),
        max_portfolio_heat=st.floats(0.001, 1).map(lambda p: round(p, 4)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One position of a random book; `stop` and `now` are fractions of the entry."""

    entry: Money
    shares: int
    stop: float
    now: float
    sector: str | None
    correlation: float
    confidence: float

    @property
    def price(self) -> Money:
        """What a share is worth now."""
        return max(1, round(self.entry * self.now))


holdings = st.lists(
    st.builds(
        Holding,
        entry=st.integers(50_000, 5_000_000),
        shares=st.integers(1, 60),
        stop=st.floats(0.5, 1.05),
        now=st.one_of(st.floats(0.8, 1.3), st.sampled_from((0.98, 0.97, 1.0))),
        sector=sectors,
        correlation=st.floats(-1, 1).map(lambda c: round(c, 9)),
        confidence=confidences,
    ),
    max_size=6,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What NEW looks like."""

    price: Money
    atr: float
    confidence: float
    sector: str | None
    earnings: int | None


candidates = st.builds(
    Candidate,
    price=prices,
    atr=st.floats(0.0001, 50).map(lambda a: round(a, 6)),
    confidence=st.one_of(st.floats(0.65, 1).map(lambda c: round(c, 4)), confidences),
    sector=sectors,
    earnings=st.none() | st.integers(0, 8),
)


def seated(
    held: list[Holding],
    candidate: Candidate | None = None,
    *,
    policy: TradingPolicy,
    cash: Money = 500_000_000,
    reserve: Money = 0,
    tier: RiskTierName = RiskTierName.MODERATE,
) -> Desk:
    """Return a desk that holds `held` as T0, T1, … and `cash` beside it, and knows `candidate` as NEW."""
    market = PlainMarket()
    if candidate is not None:
        market.prices["NEW"], market.atrs["NEW"] = candidate.price, candidate.atr
        if candidate.sector is not None:
            market.sectors["NEW"] = candidate.sector
        if candidate.earnings is not None:
            market.earnings["NEW"] = candidate.earnings
    desk = Desk(market, policy=policy, capital=cash + sum(h.shares * h.entry for h in held), tier=tier)
    for i, h in enumerate(held):
        market.correlation_with[f"T{i}"] = h.correlation
        desk.hold(
            f"T{i}",
            h.shares,
            entry=h.entry,
            stop=round(h.entry * h.stop),
            now=h.price,
            sector=h.sector,
            confidence=h.confidence,
        )
    desk.put_aside(reserve)
    return desk


_WIDE = {"absolute_position_cap", "active_pool_minimum", "quote_max_age_seconds"}


def _values(name: str, default: Any, low: float, high: float) -> st.SearchStrategy[Any]:
    if isinstance(default, bool):
        return st.booleans()
    edges = st.sampled_from((low, high, default))
    if isinstance(default, int):
        return st.one_of(edges, st.integers(int(low), int(high)))
    return edges if name in _WIDE else st.one_of(edges, st.floats(low, high))


def _settings_of(kind: type[Any], defaults: Any) -> dict[str, st.SearchStrategy[Any]]:
    """Return for each number of `kind` a strategy over its whole range."""
    return {
        f.name: _values(f.name, getattr(defaults, f.name), f.metadata["low"], f.metadata["high"])
        for f in fields(kind)
        if f.metadata and not isinstance(getattr(defaults, f.name), str)
    }


_DEFAULT = TradingPolicy()
_NOT_ABOUT_EXITS = _settings_of(TradingPolicy, _DEFAULT)
del _NOT_ABOUT_EXITS["exit_min_confidence"], _NOT_ABOUT_EXITS["correlation_reduce_above"]
_NOT_ABOUT_EXITS["correlation_reject_above"] = st.floats(0.5, 1)
policies = st.builds(
    lambda top, tier: from_mapping(top | {"tiers": {"moderate": tier}}),
    st.fixed_dictionaries({}, optional=_NOT_ABOUT_EXITS),
    st.fixed_dictionaries({}, optional=_settings_of(RiskTierConfig, _DEFAULT.tiers[_DEFAULT.risk_tier])),
)
"""Any policy at all, but for what it asks of exits."""
