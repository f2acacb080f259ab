"""Comparison: how do runs differ, and where do they part?"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from engine.model.comparison import (
    ComparedRun,
    Comparison,
    Difference,
    Figure,
    Ingredient,
    InputDifference,
    OwnTrades,
    Parting,
    Unit,
)
from engine.model.performance import PerformanceMetrics
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.runs import RunInput, RunRecord, RunStatus

LARGEST = 3
"""So many of the trades that only one run made are named."""

_Number = float | int
_FIGURES: tuple[tuple[str, Unit, Callable[[PerformanceMetrics], _Number | None]], ...] = (
    ("final_value", Unit.MONEY, lambda m: m.final_value),
    ("total_return", Unit.FRACTION, lambda m: m.total_return),
    ("annual_return", Unit.FRACTION, lambda m: m.annual_return),
    ("sharpe_ratio", Unit.RATIO, lambda m: m.sharpe_ratio),
    ("max_drawdown", Unit.FRACTION, lambda m: m.max_drawdown),
    ("exposure", Unit.FRACTION, lambda m: m.exposure),
    ("trade_count", Unit.COUNT, lambda m: m.trades.trade_count),
    ("win_rate", Unit.FRACTION, lambda m: m.trades.win_rate),
    ("profit_factor", Unit.RATIO, lambda m: m.trades.profit_factor),
    ("net_pnl", Unit.MONEY, lambda m: m.trades.net_pnl),
    ("costs", Unit.MONEY, lambda m: m.costs),
)

_MICRO_FIGURES: tuple[tuple[str, Unit, Callable[[PerformanceMetrics], _Number | None]], ...] = (
    ("micro_trade_count", Unit.COUNT, lambda m: m.micro.trade_count),
    ("micro_win_rate", Unit.FRACTION, lambda m: m.micro.win_rate),
    ("micro_profit_factor", Unit.RATIO, lambda m: m.micro.profit_factor),
    ("micro_net_pnl", Unit.MONEY, lambda m: m.micro.net_pnl),
)
"""Only where a run made micro trades."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run to compare: its record, its days and its closed trades."""

    record: RunRecord
    snapshots: Sequence[PortfolioSnapshot] = ()
    trades: Sequence[ClosedTrade] = ()


def compare(runs: Sequence[Run]) -> Comparison:
    """Return `runs`, at least one, side by side; changes are against the first of them.

    Trades are the same when ticker, moments, shares and both prices are; total values are compared on the sessions
    that all runs have.
    """
    records = [run.record for run in runs]
    parting = _parting([run.snapshots for run in runs])
    same, own = _trades([run.trades for run in runs])
    return Comparison(
        runs=tuple(
            ComparedRun(run_id=r.run_id, name=r.name, status=r.status, start_on=r.start_on, end_on=r.end_on)
            for r in records
        ),
        differences=tuple(_differences(records)),
        inputs=tuple(_inputs([r.inputs for r in records])),
        figures=tuple(_figures([r.metrics for r in records])),
        funnel=tuple(_funnel([r.funnel for r in records])),
        parting=parting,
        same_trades=same,
        trades=own,
        same_fingerprint=bool(records[0].fingerprint) and _is_same([r.fingerprint for r in records]),
        remarks=tuple(_remarks(runs, parting)),
    )


def _is_same(values: Sequence[object]) -> bool:
    return all(value == values[0] for value in values)


def _differences(records: Sequence[RunRecord]) -> Iterator[Difference]:
    one: Mapping[str, tuple[Ingredient, Callable[[RunRecord], int | str | date]]] = {
        "initial_capital": (Ingredient.CAPITAL, lambda r: r.initial_capital),
        "start_on": (Ingredient.DAY, lambda r: r.start_on),
        "end_on": (Ingredient.DAY, lambda r: r.end_on),
        "seed": (Ingredient.SEED, lambda r: r.seed),
        "code_version": (Ingredient.CODE, lambda r: r.code_version),
    }
    yield from _of_mappings(Ingredient.SETTING, [r.policy for r in records])
    yield from _of_mappings(Ingredient.COST, [r.costs for r in records])
    for name, (ingredient, value) in one.items():
        if not _is_same(values := tuple(map(value, records))):
            yield Difference(ingredient=ingredient, name=name, values=values)
    yield from _of_mappings(Ingredient.READING, [r.reading for r in records])


def _of_mappings(
    ingredient: Ingredient, mappings: Sequence[Mapping[str, float | int | str | bool | None]]
) -> Iterator[Difference]:
    for name in dict.fromkeys(name for mapping in mappings for name in mapping):
        if not _is_same(values := tuple(mapping.get(name) for mapping in mappings)):
            yield Difference(ingredient=ingredient, name=name, values=values)


def _inputs(inputs: Sequence[tuple[RunInput, ...]]) -> Iterator[InputDifference]:
    """Files with the same bytes are the same, wherever they lie and in whichever order."""
    for kind in dict.fromkeys(i.kind for of_run in inputs for i in of_run):
        values = tuple(tuple(i for i in of_run if i.kind == kind) for of_run in inputs)
        if not _is_same([sorted(i.digest for i in of_run) for of_run in values]):
            yield InputDifference(kind=kind, values=values)


def _figures(metrics: Sequence[PerformanceMetrics | None]) -> Iterator[Figure]:
    has_micro = any(m is not None and m.micro.trade_count for m in metrics)
    for name, unit, value in (*_FIGURES, *(_MICRO_FIGURES if has_micro else ())):
        yield _figure(name, unit, [None if m is None else value(m) for m in metrics])


def _figure(name: str, unit: Unit, values: Sequence[_Number | None]) -> Figure:
    changes = tuple(_change(values[0], value) for value in values)
    return Figure(name=name, unit=unit, values=tuple(values), changes=changes)


def _change(first: _Number | None, value: _Number | None) -> _Number | None:
    if first is None or value is None:
        return None
    if first == value:
        return 0  # also when both are infinite
    return None if math.isinf(value - first) else value - first


def _funnel(funnels: Sequence[Mapping[str, int]]) -> Iterator[Figure]:
    """`act` first, then the reason that counts most in all runs together."""
    words = {word for funnel in funnels for word in funnel}
    most = {word: sum(funnel.get(word, 0) for funnel in funnels) for word in words}
    for word in sorted(words, key=lambda word: (word != "act", -most[word], word)):
        yield _figure(word, Unit.COUNT, [funnel.get(word, 0) for funnel in funnels])


def _parting(runs: Sequence[Sequence[PortfolioSnapshot]]) -> Parting:
    days = [{snapshot.on: snapshot.total_value for snapshot in snapshots} for snapshots in runs]
    shared = sorted(set(days[0]).intersection(*days[1:]))
    for alike, on in enumerate(shared):
        values = tuple(of_run[on] for of_run in days)
        if not _is_same(values):
            changes = tuple(value - values[0] for value in values)
            return Parting(alike=alike, on=on, values=values, changes=changes)
    return Parting(alike=len(shared))


def _trades(runs: Sequence[Sequence[ClosedTrade]]) -> tuple[int, tuple[OwnTrades, ...]]:
    """Return how many round trips every run made, and each run's own."""
    counts = [Counter(map(_key, trades)) for trades in runs]
    same = reduce(lambda a, b: a & b, counts)
    own = []
    for i, trades in enumerate(runs):
        others: Counter[tuple[object, ...]] = reduce(lambda a, b: a | b, counts[:i] + counts[i + 1 :], Counter())
        only = counts[i] - others
        largest = sorted((t for t in trades if only[_key(t)]), key=lambda t: (-abs(t.pnl), t.entry_at, t.ticker))
        own.append(
            OwnTrades(count=len(trades), only_here=only.total(), largest=tuple(largest[: min(LARGEST, only.total())]))
        )
    return same.total(), tuple(own)


def _key(t: ClosedTrade) -> tuple[object, ...]:
    return (t.ticker, t.entry_at, t.exit_at, t.quantity, t.entry_price, t.exit_price)


def _remarks(runs: Sequence[Run], parting: Parting) -> Iterator[str]:
    records = [run.record for run in runs]
    for run in runs:
        record, last = run.record, run.snapshots[-1].on if run.snapshots else None
        if record.status is not RunStatus.COMPLETED:
            until = f"its figures end on {last}" if last else "it has no figures"
            yield f"run {record.run_id} is {record.status.value}: {until}"
    if not _is_same([r.initial_capital for r in records]):
        yield "the runs began with different capital: returns can be compared, amounts of money hardly"
    if not _is_same([(r.start_on, r.end_on) for r in records]):
        yield "the runs are over different days: figures are each over the run's own days"
    if not parting.alike and parting.on is None:
        yield "the runs have no session in common, so their values cannot be compared day by day"
