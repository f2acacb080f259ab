"""Tax years: what do dispositions come to in each year, exactly and in cents?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate, groupby, pairwise

from engine.model.money import UNITS_PER_CENT, Money, divide_half_even
from engine.model.tax import FINENESS, Disposition, FineMoney, OpenLoss, Replacement, Shares, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What dispositions come to; amounts are fine, or money when they were rounded.

    `sales` counts sales, from however many purchases each of them was.
    """

    sales: int = 0
    proceeds: FineMoney = 0
    basis: FineMoney = 0
    disallowed: FineMoney = 0

    @property
    def gain(self) -> FineMoney:
        """Gain, or loss below zero, before anything is put off."""
        return self.proceeds - self.basis

    @property
    def recognised(self) -> FineMoney:
        """What counts in the year."""
        return self.gain + self.disallowed


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxYear:
    """The sums of a year. A sale of shares held for different terms counts in both, and once in the total."""

    year: int
    short: Sums
    long: Sums
    total: Sums

    @property
    def in_cents(self) -> "TaxYear":
        """The same as Form 8949 has it: each column of each part rounded to the cent, and only then added up."""
        short, long = _in_cents(self.short), _in_cents(self.long)
        total = Sums(
            sales=self.total.sales,
            proceeds=short.proceeds + long.proceeds,
            basis=short.basis + long.basis,
            disallowed=short.disallowed + long.disallowed,
        )
        return TaxYear(year=self.year, short=short, long=long, total=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disallowed:
    """What one purchase put off of one sale's loss, from however many lots that sale was."""

    ticker: str
    sale_id: str
    sold_on: date
    replacement: Replacement


def by_year(dispositions: Iterable[Disposition]) -> tuple[TaxYear, ...]:
    """Return the sums of each year in which something was sold; `dispositions` are sorted by their date."""
    return tuple([_year(year, list(of)) for year, of in groupby(dispositions, key=lambda d: d.sold_on.year)])


def disallowed_by(dispositions: Iterable[Disposition]) -> tuple[Disallowed, ...]:
    """Return the disallowed losses, one for each sale and purchase, in the order of `dispositions`."""
    found: dict[tuple[str, str], Disallowed] = {}
    for d in dispositions:
        for r in d.replacements:
            before = found.get((d.sale_id, r.purchase_id))
            if before:
                shares, loss = before.replacement.shares + r.shares, before.replacement.loss + r.loss
                r = replace(r, shares=shares, loss=loss)
            found[d.sale_id, r.purchase_id] = Disallowed(
                ticker=d.ticker, sale_id=d.sale_id, sold_on=d.sold_on, replacement=r
            )
    return tuple(found.values())


def pending_by_sale(losses: Iterable[OpenLoss]) -> tuple[OpenLoss, ...]:
    """Return the losses that may still be put off, one for each sale, by their dates."""
    found: dict[str, OpenLoss] = {}
    for loss in losses:
        before = found.get(loss.sale_id)
        both = replace(loss, shares=before.shares + loss.shares, loss=before.loss + loss.loss) if before else loss
        found[loss.sale_id] = both
    return tuple(sorted(found.values(), key=lambda loss: loss.sold_on))


def in_cents(amount: FineMoney) -> Money:
    """Return `amount` as money, rounded half-even to the cent."""
    return divide_half_even(amount, FINENESS * UNITS_PER_CENT) * UNITS_PER_CENT


def per_share(amount: FineMoney, shares: Shares) -> Money:
    """Return what `amount` is for each of `shares`, as money, rounded half-even."""
    return divide_half_even(amount * shares.denominator, shares.numerator * FINENESS)


def spread(amounts: Iterable[FineMoney]) -> list[Money]:
    """Return `amounts` in cents such that the first n add up to their exact sum, rounded, for every n.

    What is whole cents already stays as it is, as long as the sum before it was.
    """
    sums = [in_cents(total) for total in accumulate(amounts, initial=0)]
    return [after - before for before, after in pairwise(sums)]


def _year(year: int, dispositions: Sequence[Disposition]) -> TaxYear:
    long_term = [d.term is Term.LONG for d in dispositions]
    return TaxYear(
        year=year,
        short=_sums([d for d, is_long in zip(dispositions, long_term, strict=True) if not is_long]),
        long=_sums([d for d, is_long in zip(dispositions, long_term, strict=True) if is_long]),
        total=_sums(dispositions),
    )


def _sums(dispositions: Sequence[Disposition]) -> Sums:
    return Sums(
        sales=len({d.sale_id for d in dispositions}),
        proceeds=sum([d.proceeds for d in dispositions]),
        basis=sum([d.basis for d in dispositions]),
        disallowed=sum([d.disallowed for d in dispositions]),
    )


def _in_cents(sums: Sums) -> Sums:
    return replace(
        sums,
        proceeds=in_cents(sums.proceeds),
        basis=in_cents(sums.basis),
        disallowed=in_cents(sums.disallowed),
    )
