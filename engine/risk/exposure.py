"""Exposure: how much of the active pool is in one place, and how much of it is at risk?"""

from collections.abc import Iterable

from engine.model.money import Money, dollars
from engine.model.portfolio import Book
from engine.model.positions import MarkedPosition
from engine.model.verdict import Check, Verdict
from engine.policy import RiskTierConfig, TradingPolicy


def heat_usd(positions: Iterable[MarkedPosition]) -> float:
    """Return the sum of market value * max(0, entry - stop) / entry, in dollars: the loss if every stop were hit."""
    return sum([p.open_risk_usd for p in positions])


def heat_pct(heat: float, active_pool: Money) -> float:
    """Return `heat` (dollars) as a fraction of the active pool, rounded to 1e-9; 0 without a pool."""
    return round(heat / dollars(active_pool), 9) if active_pool > 0 else 0.0


def open_risk_usd(size: float, price: int, stop: int) -> float:
    """Return what an entry of `size` dollars at `price` with `stop` would add to heat, in dollars."""
    return size * max(0, price - stop) / price


def sector_room_usd(sector: str | None, book: Book, tier: RiskTierConfig) -> float:
    """Return how many dollars more may go into `sector` (None: the sector of all tickers that have none)."""
    return tier.max_sector_pct * dollars(book.active_pool) - dollars(book.sector_values.get(sector, 0))


def within_sector(sector: str | None, book: Book, tier: RiskTierConfig) -> Verdict:
    """Is there room left in the sector? The value is what it holds now, as a fraction of the active pool."""
    pool = book.active_pool
    held = book.sector_values.get(sector, 0)
    return Verdict(
        check=Check.SECTOR,
        passed=sector_room_usd(sector, book, tier) > 0,
        value=round(held / pool, 9) if pool > 0 else None,
        limit=tier.max_sector_pct,
        unit="pct",
        note=sector or "sector unknown",
    )


def within_heat(added_usd: float, book: Book, tier: RiskTierConfig) -> Verdict:
    """Would every stop hit, this one too, cost more than the tier allows?"""
    pool = dollars(book.active_pool)
    heat = round((book.heat_usd + added_usd) / pool, 9) if pool > 0 else float("inf")
    limit = tier.max_portfolio_heat
    return Verdict(check=Check.HEAT, passed=heat <= limit, value=heat, limit=limit, unit="pct")


def within_position_count(book: Book, policy: TradingPolicy) -> Verdict:
    """Is there room for one more position?"""
    count, limit = book.open_count, policy.max_open_positions
    return Verdict(check=Check.POSITION_COUNT, passed=count < limit, value=count, limit=limit, unit="count")


def not_declining(book: Book, policy: TradingPolicy) -> Verdict:
    """Are most positions doing well enough to add another (spec check 7)?"""
    count = len(book.positions)
    if count < policy.declining_min_positions:
        note = f"from {policy.declining_min_positions} positions on"
        return Verdict(check=Check.DECLINING, passed=True, limit=policy.declining_share_limit, unit="pct", note=note)
    share = sum(p.return_pct < -policy.declining_loss_pct for p in book.positions) / count
    limit = policy.declining_share_limit
    return Verdict(check=Check.DECLINING, passed=share <= limit, value=share, limit=limit, unit="pct")


def above_active_pool_minimum(book: Book, policy: TradingPolicy) -> Verdict:
    """Is the active pool large enough for entries?"""
    pool, limit = dollars(book.active_pool), policy.active_pool_minimum
    return Verdict(check=Check.ACTIVE_POOL, passed=pool >= limit, value=pool, limit=limit, unit="usd")
