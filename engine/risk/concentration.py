"""Concentration: which positions have grown too large, and by how many shares?

For the weekly rebalancing (spec section 7): one share too many is one too many, so counts are rounded up.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from engine.model.money import Money
from engine.model.portfolio import Book
from engine.model.positions import MarkedPosition
from engine.policy import RiskTierConfig, TradingPolicy

Sell = Callable[[str, int, str], None]


def excess_shares(value: Money, limit: float, price: Money) -> int:
    """Return how many shares at `price` bring `value` down to `limit` (ten-thousandths of a dollar, not rounded)."""
    over = value - limit
    return 0 if over <= 0 else -int(-over // price)


def trims(book: Book, tier: RiskTierConfig, policy: TradingPolicy) -> dict[str, tuple[int, str]]:
    """Return for each ticker how many shares to sell and the limit that says so.

    First what is above the largest position; then, sector by sector, the least confident positions of what is above the
    largest sector; then the least confident of what is above the number of positions, whole.
    """
    left = {p.position.ticker: p.position.quantity for p in book.positions}
    sold: dict[str, tuple[int, str]] = {}

    def sell(ticker: str, shares: int, why: str) -> None:
        left[ticker] -= shares
        sold[ticker] = (sold.get(ticker, (0, ""))[0] + shares, why)

    for p in book.positions:
        shares = min(
            excess_shares(p.market_value, tier.max_position_pct * book.active_pool, p.price), p.position.quantity
        )
        if shares:
            sell(p.position.ticker, shares, "max_position_pct")
    for members in _by_sector(book.positions).values():
        _trim_sector(members, left, tier.max_sector_pct * book.active_pool, sell)
    surplus = sum(n > 0 for n in left.values()) - policy.max_open_positions
    for p in _least_confident_first(book.positions):
        if surplus > 0 and left[p.position.ticker]:
            sell(p.position.ticker, left[p.position.ticker], "max_open_positions")
            surplus -= 1
    return sold


def _trim_sector(members: list[MarkedPosition], left: Mapping[str, int], limit: float, sell: Sell) -> None:
    value = sum(left[p.position.ticker] * p.price for p in members)
    for p in _least_confident_first(members):
        shares = min(excess_shares(value, limit, p.price), left[p.position.ticker])
        if shares:
            value -= shares * p.price
            sell(p.position.ticker, shares, "max_sector_pct")


def _by_sector(positions: tuple[MarkedPosition, ...]) -> dict[str | None, list[MarkedPosition]]:
    sectors: dict[str | None, list[MarkedPosition]] = defaultdict(list)
    for p in positions:
        sectors[p.position.sector].append(p)
    return sectors


def _least_confident_first(positions: Sequence[MarkedPosition]) -> list[MarkedPosition]:
    return sorted(positions, key=lambda p: (p.position.signal_confidence, p.position.ticker))
