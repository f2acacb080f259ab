"""Tax years: what do dispositions come to in each year, exactly and in cents?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

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
    """The sums of a year. `sales` counts each once, also when its shares were held for different terms."""

    year: int
    sales: int
    short: Sums
    long: Sums

    @property
    def total(self) -> Sums:
        """Both terms together."""
        return Sums(
            sales=self.sales,
            proceeds=self.short.proceeds + self.long.proceeds,
            basis=self.short.basis + self.long.basis,
            disallowed=self.short.disallowed + self.long.disallowed,
        )

    @property
    def in_cents(self) -> "TaxYear":
        """The same as Form 8949 has it: each column of each part rounded to the cent, and only then added up."""
        return replace(self, short=_in_cents(self.short), long=_in_cents(self.long))


def by_year(dispositions: Iterable[Disposition]) -> tuple[TaxYear, ...]:
    """Return the sums of each year in which something was sold; `dispositions` are sorted by their date."""
    return tuple([_year(year, of) for year, of in groupby(dispositions, key=lambda d: d.sold_on.year)])


def disallowed_by(dispositions: Iterable[Disposition]) -> list[tuple[Disposition, Replacement]]:
    """Return what each purchase put off of each sale's loss, with the first disposition of that sale, in order."""
    found: dict[tuple[str, str], tuple[Disposition, Replacement]] = {}
    for d in dispositions:
        for r in d.replacements:
            before = found.setdefault((d.sale_id, r.purchase_id), (d, r))
            if before[1] is not r:
                both = replace(r, shares=before[1].shares + r.shares, loss=before[1].loss + r.loss)
                found[d.sale_id, r.purchase_id] = before[0], both
    return list(found.values())


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
    exact = before = 0
    cents: list[Money] = []
    for amount in amounts:
        exact += amount
        after = in_cents(exact)
        cents.append(after - before)
        before = after
    return cents


def _year(year: int, dispositions: Iterable[Disposition]) -> TaxYear:
    short: list[Disposition] = []
    long: list[Disposition] = []
    for d in dispositions:
        (long if d.term is Term.LONG else short).append(d)
    sales = len({d.sale_id for part in (short, long) for d in part})
    return TaxYear(year=year, sales=sales, short=_sums(short), long=_sums(long))


def _sums(dispositions: Sequence[Disposition]) -> Sums:
    return Sums(
        sales=len({d.sale_id for d in dispositions}),
        proceeds=sum([d.proceeds for d in dispositions]),
        basis=sum([d.basis for d in dispositions]),
        disallowed=sum([r.loss for d in dispositions for r in d.replacements]),
    )


def _in_cents(sums: Sums) -> Sums:
    return replace(
        sums,
        proceeds=in_cents(sums.proceeds),
        basis=in_cents(sums.basis),
        disallowed=in_cents(sums.disallowed),
    )
