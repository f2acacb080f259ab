"""Unit runs: units that are alike lie in runs, and what is done with many of them is done a slice at a time."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from operator import mul, sub
from typing import NamedTuple

from engine.model.tax import FineMoney


class Runs(NamedTuple):
    """Runs of units: how many in each, the basis of a unit, and the day (an ordinal) since which it counts as held."""

    units: list[int]
    basis: list[FineMoney]
    since: list[int]

    @property
    def total(self) -> FineMoney:
        """The basis of all of them."""
        return sum(map(mul, self.units, self.basis))

    def only(self, wanted: Sequence[bool]) -> "Runs":
        """Return the runs that are `wanted`, in order."""
        return Runs(*([x for x, want in zip(column, wanted, strict=True) if want] for column in self))


NOTHING = Runs([], [], [])


class RunQueue:
    """Runs of units that are taken from the front and put at the end."""

    __slots__ = ("_basis", "_ends", "_first", "_since", "_taken", "units")

    def __init__(self) -> None:
        self.units = 0
        self._ends: list[int] = []  # of each run, counted from the first unit that ever was in the queue
        self._basis: list[FineMoney] = []
        self._since: list[int] = []
        self._taken = self._first = 0

    def put(self, runs: Runs, *, basis: FineMoney = 0, days: int = 0) -> None:
        """Put `runs` at the end, the basis of each unit changed by `basis` and its day by `days`."""
        ends = accumulate(runs.units, initial=self._taken + self.units)
        next(ends)
        self._ends += ends
        self.units = self._ends[-1] - self._taken
        self._basis += [b + basis for b in runs.basis] if basis else runs.basis
        self._since += [s + days for s in runs.since] if days else runs.since

    def take(self, units: int) -> Runs:
        """Take `units` off the front; there are as many."""
        first, upto = self._first, self._taken + units
        if self._ends[first] >= upto:  # as is often the case: all of one kind
            last = first
            taken = Runs([units], [self._basis[first]], [self._since[first]])
        else:
            last = bisect_left(self._ends, upto, first)
            taken = self._between(upto, last)
        self._taken, self._first = upto, last + (self._ends[last] == upto)
        self.units -= units
        return taken

    def all(self) -> Runs:
        """Return what is in the queue, and leave it there."""
        return self._between(self._taken + self.units, len(self._ends) - 1) if self.units else NOTHING

    def _between(self, upto: int, last: int) -> Runs:
        """Return the units up to the one `upto`, which is in the run `last`."""
        ends = self._ends[self._first : last + 1]
        ends[-1] = upto
        units = list(map(sub, ends, [self._taken, *ends[:-1]]))
        return Runs(units, self._basis[self._first : last + 1], self._since[self._first : last + 1])
