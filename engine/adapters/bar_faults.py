"""Bar faults: which bars are wrong in themselves, whatever their length, and what is done about them?

Each step takes the rows, in order, and answers with the rows that go on and the faults it found. Clean rows are only
ever touched as whole columns.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.adapters.bar_rows import BarRows, Mask
from engine.adapters.faults import Fault, FaultKind
from engine.adapters.input_options import InputOptions
from engine.model.money import usd

Found = tuple[BarRows, list[Fault]]

SMALL_EXCESS = 0.005  # a close 0.5 % beyond the high is a rounding or an auction print; more is a wrong number


def split_off(
    rows: BarRows, hit: Mask, kind: FaultKind, found: Callable[[int], str], done: str, *, keep: bool
) -> Found:
    """Return the rows (without those that are `hit`, unless `keep`) and a fault for each hit."""
    faults = [rows.fault(int(i), kind, found(int(i)), done) for i in np.flatnonzero(hit)]
    return (rows if keep else rows.take(~hit)), faults


def duplicates(rows: BarRows, options: InputOptions) -> Found:
    """Find bars that are there again, and keep one of each."""
    key = rows.key()
    if not (np.diff(key) == 0).any():
        return rows, []
    again = np.zeros(len(rows), np.bool_)
    again[1:] = key[1:] == key[:-1]
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))
    prices = (rows.open, rows.high, rows.low, rows.close, rows.volume)
    same = np.logical_and.reduce([column == column[first] for column in prices])
    rows_kept, faults = split_off(
        rows, again & same, FaultKind.DUPLICATE, lambda i: f"the same as row {rows.row[first[i]]}", "dropped", keep=True
    )
    action = options.action(FaultKind.CONFLICTING_DUPLICATE)
    _, more = split_off(
        rows,
        again & ~same,
        FaultKind.CONFLICTING_DUPLICATE,
        lambda i: f"{rows.shown(i)}, but row {rows.row[first[i]]} has {rows.shown(int(first[i]))}",
        f"the {action} one kept",
        keep=True,
    )
    last = np.ones(len(rows), np.bool_)
    last[:-1] = key[1:] != key[:-1]
    return rows_kept.take(last if action == "last" else ~again), faults + more


def missing_values(rows: BarRows, options: InputOptions) -> Found:
    """Find bars that lack a price, and drop or fill them."""
    prices = (rows.open, rows.high, rows.low, rows.close)
    hit = np.logical_or.reduce([column == 0 for column in prices])
    if not hit.any():
        return rows, []
    fill = options.action(FaultKind.MISSING_VALUES) == "fill"
    fillable = hit & (rows.close > 0) if fill else np.zeros(len(rows), np.bool_)
    filled = _filled(rows) if fill else rows
    faults = [
        rows.fault(
            int(i),
            FaultKind.MISSING_VALUES,
            f"{rows.shown(int(i))}",
            "filled from the close" if fillable[i] else "bar dropped",
        )
        for i in np.flatnonzero(hit)
    ]
    return filled.take(~hit | fillable), faults


def _filled(rows: BarRows) -> BarRows:
    opened = np.where(rows.open == 0, rows.close, rows.open)
    top, bottom = np.maximum(opened, rows.close), np.minimum(opened, rows.close)
    return replace(
        rows,
        open=opened,
        high=np.where(rows.high == 0, top, rows.high),
        low=np.where(rows.low == 0, bottom, rows.low),
    )


def outside_range(rows: BarRows, options: InputOptions, kind: FaultKind) -> Found:
    """Find bars whose open or close (which of them `kind` says) is not between low and high; widen or drop them."""
    price = rows.open if kind is FaultKind.OPEN_OUTSIDE_RANGE else rows.close
    hit = (price > rows.high) | (price < rows.low)
    if not hit.any():
        return rows, []
    action = options.action(kind)
    excess = np.maximum(price / rows.high - 1, 1 - price / rows.low)
    widened = hit & ((action == "widen") | ((action == "repair") & (excess <= SMALL_EXCESS)))
    name = "open" if kind is FaultKind.OPEN_OUTSIDE_RANGE else "close"
    faults = [
        rows.fault(
            int(i),
            kind,
            f"{name} {usd(int(price[i]))} outside {usd(int(rows.low[i]))}..{usd(int(rows.high[i]))} by {excess[i]:.2%}",
            "range widened" if widened[i] else "bar dropped",
        )
        for i in np.flatnonzero(hit)
    ]
    high = np.where(widened, np.maximum(rows.high, price), rows.high)
    low = np.where(widened, np.minimum(rows.low, price), rows.low)
    return replace(rows, high=high, low=low).take(~hit | widened), faults
