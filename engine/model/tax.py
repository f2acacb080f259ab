"""Tax: what is a purchase, a sale or a lot in the eyes of the tax authority?

Tax has figures of its own (spec section 2): what shares cost for tax, and since when they count as held. The lots that
the engine trades by know nothing of them.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from engine.errors import BadInput
from engine.model.market import Split
from engine.model.money import Money, divide_half_even
from engine.model.orders import OrderSide

FineMoney = int
"""An amount in parts of `FINENESS` of a unit of money: fine enough to give each share, and each part of a share, an
exact amount of its own, so that what was bought, sold and put off always adds up to the last digit."""

FINENESS = 10**12

WINDOW_DAYS = 30
"""Days before and after a sale at a loss within which a purchase replaces what was sold (26 USC 1091(a)): the 30th day
is in, the 31st is out."""


def fine(amount: Money) -> FineMoney:
    """Return `amount` in the fine unit; exact."""
    return amount * FINENESS


def rounded(amount: FineMoney) -> Money:
    """Return `amount` rounded half-even to a unit of money."""
    return divide_half_even(amount, FINENESS)


Shares = int | Fraction
"""A number of shares: whole, but for what splits, reinvested dividends and other people's brokers leave."""


class Term(StrEnum):
    """How long was it held: a year or less, or more than a year (26 USC 1222)?"""

    SHORT = "short"
    LONG = "long"


def term_of(held_since: date, sold_on: date) -> Term:
    """Return the term of shares acquired on `held_since`. A year is over on the day after its last day.

    The count begins on the day after the acquisition and goes by calendar months, so that shares bought on the last
    day of February are held for more than a year from the first of March on (Revenue Ruling 66-7).
    """
    if (sold_on - held_since).days <= 365:
        return Term.SHORT
    return Term.LONG if sold_on >= long_from(held_since) else Term.SHORT


def long_from(held_since: date) -> date:
    """Return the first day on which a sale of shares acquired on `held_since` is long-term."""
    begun = held_since + timedelta(days=1)
    try:
        return begun.replace(year=begun.year + 1)
    except ValueError:  # begun on 29 February
        return date(begun.year + 1, 3, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxTrade:
    """Shares bought or sold on a New York date. `amount` is what was paid with all costs, or received after them.

    `trade_id` names it in reports. What has one `order_id` is one purchase in however many fills it came; so is a sale,
    of one day and with nothing of the ticker between its fills.
    """

    trade_id: str
    ticker: str
    on: date
    side: OrderSide
    quantity: Shares
    amount: Money
    order_id: str = ""

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise BadInput(f"{self.trade_id}: a quantity of {self.quantity}", hint="above zero, for sales too")

    @property
    def whole(self) -> str:
        """What it is part of: its order, or itself alone."""
        return self.order_id or self.trade_id


TaxEvent = TaxTrade | Split
"""What happened to shares, in the order in which it happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Shares of a purchase that replace shares sold at a loss: `loss` (above zero) is put off into their basis.

    `shares` count as on the day of the sale.
    """

    purchase_id: str
    on: date
    shares: Shares
    loss: FineMoney


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """Shares of one purchase, sold in one sale, all held for as long and all at a loss, or none.

    `basis` includes the losses put off into them. `pending` of the shares were sold at a loss and might still be
    replaced, until the end of `window_ends_on`.
    """

    ticker: str
    purchase_id: str
    sale_id: str
    quantity: Shares
    acquired_on: date
    held_since: date
    sold_on: date
    proceeds: FineMoney
    basis: FineMoney
    replacements: tuple[Replacement, ...] = ()
    pending: Shares = 0

    @property
    def gain(self) -> FineMoney:
        """Gain, or loss below zero, before anything is put off."""
        return self.proceeds - self.basis

    @property
    def disallowed(self) -> FineMoney:
        """The part of the loss that is put off, at or above zero."""
        return sum([r.loss for r in self.replacements])

    @property
    def recognised(self) -> FineMoney:
        """What counts this year."""
        return self.gain + self.disallowed

    @property
    def term(self) -> Term:
        """By the holding period, which includes that of the shares these replaced."""
        return term_of(self.held_since, self.sold_on)

    @property
    def window_ends_on(self) -> date:
        """The last day on which a purchase replaces these shares."""
        return self.sold_on + timedelta(days=WINDOW_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLot:
    """Shares of one purchase that are still held, all of them for as long. `carried` are losses put off into them."""

    ticker: str
    purchase_id: str
    quantity: Shares
    acquired_on: date
    held_since: date
    cost: FineMoney
    carried: FineMoney = 0

    @property
    def basis(self) -> FineMoney:
        """What they count as having cost."""
        return self.cost + self.carried

    def is_long_on(self, sold_on: date) -> bool:
        """Would a sale on `sold_on` be long-term?"""
        return term_of(self.held_since, sold_on) is Term.LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoss:
    """Shares sold at a loss that a purchase up to `until` would replace. `loss` is above zero.

    Shares count as they are now, after any split.
    """

    ticker: str
    sale_id: str
    sold_on: date
    until: date
    shares: Shares
    loss: FineMoney


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxBooks:
    """What a history comes to: every disposition and every open lot, in order, and the losses still at stake."""

    dispositions: tuple[Disposition, ...] = ()
    open_lots: tuple[OpenLot, ...] = ()
    open_losses: tuple[OpenLoss, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class LossAtStake:
    """What a purchase of `shares` would put off: `loss` on `washed` of them. After `until` none puts off any loss."""

    shares: Shares
    washed: Shares
    loss: Money
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LotTax:
    """What tax makes of a lot, or of the part of it that a sale closed; earliest day when it holds several.

    `carried` are the losses put off into an open lot (in its basis), `disallowed` what of a sale's loss was put off,
    into the lots `replaced_by`.
    """

    basis: Money
    held_since: date
    carried: Money = 0
    disallowed: Money = 0
    replaced_by: tuple[str, ...] = ()

    @property
    def is_wash_sale(self) -> bool:
        """Was a loss put off?"""
        return self.disallowed > 0
