"""Reserve pool: how much of each profit is put out of the engine's reach?"""

from datetime import datetime

from engine.model.money import Money, share_of
from engine.model.portfolio import ReserveEntry, ReservePoolTriggerType
from engine.policy import TradingPolicy


def active_pool(total_value: Money, reserve: Money) -> Money:
    """Return what the engine may trade with: total value less the reserve."""
    return total_value - reserve


def is_above_high_water(reserve: Money, total_value: Money, policy: TradingPolicy) -> bool:
    """Does the reserve hold more than its share of everything? Siphoning then rests."""
    return reserve > policy.reserve_high_water_pct * total_value


def is_emergency(drawdown: float, policy: TradingPolicy) -> bool:
    """Has the account fallen so far that the reserve is needed?"""
    return drawdown > policy.emergency_drawdown_threshold_pct


def liquidate(reserve: Money, *, at: datetime, reference_id: str) -> ReserveEntry | None:
    """Return the ledger entry that gives the whole reserve back to the active pool, None when there is none."""
    if not reserve:
        return None
    return ReserveEntry(
        at=at,
        trigger=ReservePoolTriggerType.EMERGENCY_LIQUIDATION,
        amount=-reserve,
        balance_after=0,
        reference_id=reference_id,
    )


def adjust(amount: Money, *, reserve: Money, cash: Money, at: datetime, notes: str) -> ReserveEntry | None:
    """Return the ledger entry of a person moving `amount` (signed), None when the reserve cannot be that.

    It goes from nothing to all the cash there is: what is invested cannot be put aside.
    """
    after = reserve + amount
    if not amount or after < 0 or (amount > 0 and after > cash):
        return None
    return ReserveEntry(
        at=at, trigger=ReservePoolTriggerType.MANUAL_ADJUSTMENT, amount=amount, balance_after=after, notes=notes
    )


def siphon(
    profit: Money, *, reserve: Money, total_value: Money, at: datetime, reference_id: str, policy: TradingPolicy
) -> ReserveEntry | None:
    """Return the ledger entry that `profit` (realised, after costs) causes, or None.

    Losses and break-even trades move nothing; neither does a reserve above its high-water mark (spec section 6).
    Rounded half-even to the cent.
    """
    if profit <= 0 or is_above_high_water(reserve, total_value, policy):
        return None
    amount = share_of(profit, policy.reserve_siphon_pct)
    if not amount:
        return None
    return ReserveEntry(
        at=at,
        trigger=ReservePoolTriggerType.PROFIT_SIPHON,
        amount=amount,
        balance_after=reserve + amount,
        reference_id=reference_id,
    )
