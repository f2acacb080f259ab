"""Tax lots: which shares were sold, and what had they cost?

First in, first out. A lot keeps its total cost; each share costs the whole part of cost / quantity, and the remainder
goes with the last share sold (spec section 2), so that what was bought and what was sold always add up.
"""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from engine.errors import BrokenInvariant
from engine.model.money import Money
from engine.model.positions import Lot, LotClosure


def part_of(total: Money, shares: int, of: int) -> Money:
    """Return what `shares` of `of` shares carry of `total`; all of it with the last share."""
    return total if shares == of else total // of * shares


def close_fifo(
    lots: tuple[Lot, ...], quantity: int, *, price: Money, commission: Money, at: datetime
) -> tuple[tuple[LotClosure, ...], tuple[Lot, ...]]:
    """Return (what was closed, what is left) when `quantity` shares are sold at `price`, oldest lots first.

    `commission` is the sale's; each closure carries its part of it and of the purchase's. Raises BrokenInvariant when
    there are not that many shares.
    """
    held = sum(lot.quantity for lot in lots)
    if not 0 < quantity <= held:
        raise BrokenInvariant(f"cannot sell {quantity} shares out of lots of {held}")
    closures: list[LotClosure] = []
    left = list(lots)
    to_sell, fee = quantity, commission
    while to_sell:
        lot = left.pop(0)
        sold = min(lot.quantity, to_sell)
        each = lot.cost // lot.quantity if lot.share_cost is None else lot.share_cost
        cost = lot.cost if sold == lot.quantity else each * sold
        paid = part_of(lot.commission, sold, lot.quantity)
        charged = part_of(fee, sold, to_sell)
        closures.append(
            LotClosure(
                lot_id=lot.lot_id,
                ticker=lot.ticker,
                quantity=sold,
                cost=cost,
                proceeds=sold * price,
                commission=paid + charged,
                acquired_at=lot.acquired_at,
                closed_at=at,
            )
        )
        if sold < lot.quantity:
            rest = replace(
                lot,
                quantity=lot.quantity - sold,
                cost=lot.cost - cost,
                commission=lot.commission - paid,
                share_cost=each,
            )
            left.insert(0, rest)
        to_sell -= sold
        fee -= charged
    return tuple(closures), tuple(left)


def split(lots: tuple[Lot, ...], ratio: Fraction) -> tuple[tuple[Lot, ...], Fraction]:
    """Return (lots in new shares, fraction of a share left over) after a split of `ratio` new for one old.

    Whole shares are dealt out lot by lot on the running total, so that the position loses less than one share in all.
    The cost of a lot too small for a share moves to the next lot (the last one: to the lot before); with no share
    left at all, no lot is left.
    """
    total = sum(lot.quantity for lot in lots)
    exact = total * ratio
    whole = int(exact)
    dealt: list[Lot] = []
    seen, given, cost, fee = 0, 0, 0, 0
    for lot in lots:
        seen += lot.quantity
        shares = int(seen * ratio) - given
        given += shares
        cost, fee = cost + lot.cost, fee + lot.commission
        if shares:
            dealt.append(replace(lot, quantity=shares, cost=cost, commission=fee, share_cost=None))
            cost = fee = 0
    if dealt and (cost or fee):
        last = dealt.pop()
        dealt.append(replace(last, cost=last.cost + cost, commission=last.commission + fee))
    return tuple(dealt), exact - whole
