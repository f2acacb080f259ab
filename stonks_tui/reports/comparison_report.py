"""Comparison report: how do runs differ, for a person to read?"""

from collections.abc import Iterator
from datetime import date
from pathlib import PurePath

from engine.model.comparison import Comparison, Difference, Figure, Ingredient, OwnTrades, Parting, Unit
from engine.model.runs import RunInput
from stonks_tui.reports import side_by_side
from stonks_tui.reports.numbers import fitting, money, percent, plural, ratio, wrapped
from stonks_tui.reports.side_by_side import Row
from stonks_tui.reports.words import EXITS

LABELS = {
    "final_value": "Final value",
    "total_return": "Total return",
    "annual_return": "A year",
    "sharpe_ratio": "Sharpe ratio",
    "max_drawdown": "Max drawdown",
    "exposure": "Exposure",
    "trade_count": "Trades",
    "win_rate": "Won",
    "profit_factor": "Profit factor",
    "net_pnl": "Net P&L",
    "costs": "Commission",
    "micro_trade_count": "Micro trades",
    "micro_win_rate": "Micro won",
    "micro_profit_factor": "Micro profit factor",
    "micro_net_pnl": "Micro net P&L",
    "initial_capital": "capital",
    "start_on": "first day",
    "end_on": "last day",
    "code_version": "version of stonks",
}
"""What a figure or an ingredient is called to people, where its own name is not for them."""

_SIGNED = frozenset({"total_return", "annual_return", "net_pnl", "micro_net_pnl"})


def lines(compared: Comparison, *, width: int = 80) -> Iterator[str]:
    """Yield the comparison, line by line, at most `width` wide (a word may be longer)."""
    heads = [f"run {run.run_id}" for run in compared.runs]
    yield from _heading(compared, heads, width)
    yield ""
    yield from _went_in(compared, heads, width)
    yield ""
    yield "Key figures"
    yield from side_by_side.lines(heads, [_figure(figure) for figure in compared.figures], width=width)
    if compared.funnel:
        yield ""
        yield "What became of the recommendations"
        yield from side_by_side.lines(heads, [_figure(figure) for figure in compared.funnel], width=width)
    yield ""
    yield from wrapped(_parting(compared.parting, heads), width)
    yield ""
    yield from _trades(compared, heads, width)


def _heading(compared: Comparison, heads: list[str], width: int) -> Iterator[str]:
    for head, run in zip(heads, compared.runs, strict=True):
        name = f" “{run.name}”" if run.name else ""
        yield from wrapped(f"{head}{name}: {run.start_on} to {run.end_on}, {run.status.value}", width)
    for remark in compared.remarks:
        yield from wrapped(f"! {remark}", width)
    if compared.same_fingerprint:
        yield from wrapped("They decided and filled exactly alike: their fingerprints are the same.", width)


def _went_in(compared: Comparison, heads: list[str], width: int) -> Iterator[str]:
    if not compared.differences and not compared.inputs:
        yield "What went in was the same."
        return
    yield "What went in differs"
    rows = [
        Row(label=LABELS.get(d.name, d.name), values=tuple(_ingredient(d, value) for value in d.values))
        for d in compared.differences
    ]
    rows += [Row(label=d.kind, values=tuple(map(_sources, d.values))) for d in compared.inputs]
    yield from side_by_side.lines(heads, rows, width=width)


def _ingredient(difference: Difference, value: float | str | date | None) -> str:
    if value is None:
        return "–"
    if difference.ingredient is Ingredient.CAPITAL and isinstance(value, int):
        return money(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _sources(inputs: tuple[RunInput, ...]) -> str:
    if not inputs:
        return "–"
    more = f" and {len(inputs) - 1} more" if len(inputs) > 1 else ""
    return f"{PurePath(inputs[0].path).name} ({inputs[0].digest[:8]}){more}"


def _figure(figure: Figure) -> Row:
    signed = figure.name in _SIGNED
    return Row(
        label=LABELS.get(figure.name, figure.name),
        values=tuple(_number(value, figure.unit, signed=signed) for value in figure.values),
        changes=tuple(_change(change, figure.unit) for change in figure.changes),
    )


def _number(value: float | None, unit: Unit, *, signed: bool) -> str:
    if value is None:
        return "–"
    if unit is Unit.MONEY:
        return money(int(value), signed=signed)
    if unit is Unit.FRACTION:
        return percent(value, signed=signed)
    if unit is Unit.COUNT:
        return f"{value:+,}" if signed else f"{value:,}"
    return f"{value:+.2f}" if signed else ratio(value)


def _change(change: float | None, unit: Unit) -> str:
    if change == 0:
        return "="
    text = _number(change, unit, signed=True)
    return text.replace("%", "pp") if unit is Unit.FRACTION else text  # of two fractions: percentage points


def _parting(parting: Parting, heads: list[str]) -> str:
    if parting.on is None:
        if not parting.alike:
            return "There is no session on which their total values could be compared."
        return f"Their total values are the same on {_sessions(parting.alike)}."
    values = zip(heads, parting.values, parting.changes, strict=True)
    told = ", ".join(
        f"{head} {money(value)}" + (f" ({_change(change, Unit.MONEY)})" if i else "")
        for i, (head, value, change) in enumerate(values)
    )
    before = f"after {plural(parting.alike, 'session')} alike" if parting.alike else "the first session they share"
    return f"Their total values part on {parting.on}, {before}: {told}."


def _sessions(count: int) -> str:
    return "the one session they share" if count == 1 else f"all {count:,} sessions they share"


def _trades(compared: Comparison, heads: list[str], width: int) -> Iterator[str]:
    every = "both runs" if len(heads) == 2 else "all runs"
    yield f"Trades: {compared.same_trades:,} made alike by {every}"
    for head, own in zip(heads, compared.trades, strict=True):
        largest = "; the largest:" if own.only_here > len(own.largest) else ":" if own.only_here else ""
        yield from wrapped(f"{head}: {plural(own.count, 'trade')}, {own.only_here:,} in no other run{largest}", width)
        yield from _largest(own, width)


def _largest(own: OwnTrades, width: int) -> list[str]:
    rows = [
        (
            t.ticker,
            t.entry_at.date().isoformat(),
            t.exit_at.date().isoformat(),
            f"{t.quantity:,}",
            money(t.entry_price),
            money(t.exit_price),
            money(t.pnl, signed=True),
            EXITS.get(t.exit_reason, t.exit_reason),
            t.decision_id,
        )
        for t in own.largest
    ]
    if not rows:
        return []
    heading = ("ticker", "bought", "sold", "shares", "in", "out", "P&L", "why out", "decision")
    return fitting([heading, *rows], width=width, droppable=(7, 3, 2, 4, 5, 1), right=frozenset({3, 4, 5, 6}))
