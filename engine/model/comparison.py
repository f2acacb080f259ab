"""Comparison: what differs between runs, in what went into them and in what came of them?

Every tuple of `values`, `counts` and the like has one item a run, in the order in which the runs were given. A
`change` is the difference to the first run's value, in the same unit, and None where either has no value.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.model.money import Money
from engine.model.positions import ClosedTrade
from engine.model.runs import RunInput, RunStatus


class Ingredient(StrEnum):
    """What kind of thing went into a run."""

    SETTING = "setting"
    COST = "cost"
    CAPITAL = "capital"
    DAY = "day"
    SEED = "seed"
    READING = "reading"
    CODE = "code"


class Unit(StrEnum):
    """What a figure counts: ten-thousandths of a dollar, fractions 0..1, plain ratios, things."""

    MONEY = "money"
    FRACTION = "fraction"
    RATIO = "ratio"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that went in and was not the same for all runs. None: the run has no such thing.

    `name` is the setting's dotted name, or which cost, day or reading option; the capital's values are Money.
    """

    ingredient: Ingredient
    name: str
    values: tuple[float | int | str | bool | date | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDifference:
    """Sources of one kind (bars, recommendations, …) whose contents were not the same for all runs."""

    kind: str
    values: tuple[tuple[RunInput, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of every run side by side. Values of a MONEY figure are Money, so its changes are exact."""

    name: str
    unit: Unit
    values: tuple[float | int | None, ...]
    changes: tuple[float | int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """The first of the sessions that all runs have on which their total values were not the same.

    `alike` sessions that all have came before it; no `on` means that the values were the same on all of them.
    """

    alike: int
    on: date | None = None
    values: tuple[Money, ...] = ()
    changes: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTrades:
    """Round trips of one run: how many, how many that no other run made, and the largest of those by P&L."""

    count: int
    only_here: int
    largest: tuple[ClosedTrade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """Which run it was."""

    run_id: int
    name: str
    status: RunStatus
    start_on: date
    end_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs side by side. `same_trades` were made by every run; `remarks` say what makes a comparison less fair.

    `same_fingerprint`: all runs decided and filled exactly alike.
    """

    runs: tuple[ComparedRun, ...]
    differences: tuple[Difference, ...]
    inputs: tuple[InputDifference, ...]
    figures: tuple[Figure, ...]
    funnel: tuple[Figure, ...]
    parting: Parting
    same_trades: int
    trades: tuple[OwnTrades, ...]
    same_fingerprint: bool
    remarks: tuple[str, ...]
