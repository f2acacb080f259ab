"""Position sizer: how many dollars and shares does an entry get?

raw_pct = base_allocation_pct * (confidence / min_confidence) * multiplier
pct     = min(raw_pct, max_position_pct)
dollars = min(active_pool * pct, absolute_position_cap) * earnings * correlation, at most the sector's room
shares  = whole shares of that, and no more than the cash pays at the worst price
                                                                               (spec section 4)
"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.costs import CostModel
from engine.model.money import Money, dollars, floor_units, scaled
from engine.model.verdict import Check, PositionSize, SizingStep, Verdict
from engine.policy import RiskTierConfig, TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingInputs:
    """What the size depends on. Factors are 0..1; amounts are money but for the sector's room, in dollars."""

    confidence: float
    price: Money
    active_pool: Money
    available_cash: Money
    is_new_sector: bool
    sectors_held: int
    earnings_factor: float
    correlation_factor: float
    sector_room_usd: float


def diversification(inputs: SizingInputs, policy: TradingPolicy) -> float:
    """Return the multiplier for an entry that opens a new sector while few are held."""
    spread = inputs.is_new_sector and inputs.sectors_held < policy.diversification_sectors
    return policy.diversification_multiplier if spread else 1.0


_Link = tuple[str, float, float, str, str]


def _links(inputs: SizingInputs, tier: RiskTierConfig, policy: TradingPolicy) -> tuple[_Link, ...]:
    """Return (name, before, after, unit, note) of each step: fractions of the active pool first, then dollars."""
    base = policy.base_allocation_pct
    ratio = round(inputs.confidence / tier.min_confidence, 9) if tier.min_confidence > 0 else 1.0
    by_confidence = base * ratio
    multiplier = diversification(inputs, policy)
    raw = by_confidence * multiplier
    pct = min(raw, tier.max_position_pct)
    pool = dollars(inputs.active_pool)
    uncapped = pool * pct
    capped = min(uncapped, policy.absolute_position_cap)
    reported = capped * inputs.earnings_factor
    alike = reported * inputs.correlation_factor
    left = max(0.0, min(alike, inputs.sector_room_usd))
    return (
        ("confidence", base, by_confidence, "pct", f"times {ratio:.4f}"),
        ("new sector", by_confidence, raw, "pct", f"times {multiplier:g}"),
        ("largest position", raw, pct, "pct", ""),
        ("dollars", pool, uncapped, "usd", "of the active pool"),
        ("absolute cap", uncapped, capped, "usd", ""),
        ("earnings", capped, reported, "usd", ""),
        ("correlation", reported, alike, "usd", ""),
        ("sector", alike, left, "usd", ""),
    )


def size_usd(inputs: SizingInputs, tier: RiskTierConfig, policy: TradingPolicy) -> float:
    """Return what the sizing chain comes to in dollars, before cash and whole shares."""
    return _links(inputs, tier, policy)[-1][2]


def chain(inputs: SizingInputs, tier: RiskTierConfig, policy: TradingPolicy) -> Iterator[SizingStep]:
    """Yield the sizing chain step by step: fractions of the active pool first, then dollars, before cash."""
    for name, before, after, unit, note in _links(inputs, tier, policy):
        yield SizingStep(name=name, before=before, after=after, unit=unit, note=note)


def worst_price(price: Money, policy: TradingPolicy) -> Money:
    """Return the limit of a marketable entry: the most that one share may cost."""
    return scaled(price, 1 + policy.entry_limit_offset_pct) if policy.entry_limit_offset_pct else price


def whole_shares(size_usd: float, inputs: SizingInputs, costs: CostModel, policy: TradingPolicy) -> PositionSize:
    """Return the whole shares that `size_usd` dollars buy at the price and the cash pays at the worst price."""
    worst = worst_price(inputs.price, policy)
    wanted = floor_units(size_usd) // inputs.price
    shares = max(0, min(wanted, costs.affordable(inputs.available_cash, worst)))
    pool = dollars(inputs.active_pool)
    return PositionSize(
        dollars=size_usd,
        shares=shares,
        pct=size_usd / pool if pool > 0 else 0.0,
        cost=shares * worst + costs.commission(shares, worst) if shares else 0,
    )


def enough_cash(inputs: SizingInputs, costs: CostModel, policy: TradingPolicy) -> Verdict:
    """Does the cash that is free pay for one share at its worst price?"""
    worst = worst_price(inputs.price, policy)
    one = worst + costs.commission(1, worst)
    free = inputs.available_cash
    return Verdict(
        check=Check.CASH, passed=free >= one, value=dollars(free), limit=dollars(one), unit="usd", note="for one share"
    )


def at_least_one_share(size_usd: float, price: Money) -> Verdict:
    """Is the size worth a whole share? The value is the size, the limit the price of one."""
    passed = floor_units(size_usd) >= price
    return Verdict(check=Check.SHARES, passed=passed, value=size_usd, limit=dollars(price), unit="usd")
