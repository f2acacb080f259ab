"""Soundness: may these values be kept at all?

Every store asks here before it writes, so that all of them refuse the same things with the same words.
"""

from collections.abc import Iterable, Sequence
from operator import gt, ne
from typing import Any

from engine.errors import BadInput, BrokenInvariant
from engine.model.imports import BarColumns
from engine.model.runs import RunBooks, RunRecord, RunStatus
from engine.ports import ImportKind
from storage.columns import field_of
from storage.moments import from_days

_DECISION_NUMBERS = ("heat", "dollars", "confidence", "failed_value", "failed_limit")
_TRADE_NUMBERS = ("pnl_pct", "signal_confidence")
_STOP_NUMBERS = ("levels.atr", "levels.atr_multiplier", "levels.reward_risk_ratio", "signal_confidence")
_SNAPSHOT_NUMBERS = (
    "daily_return",
    "cumulative_return",
    "win_rate",
    "sharpe_ratio",
    "max_drawdown",
    "current_drawdown",
    "heat",
)
_TIER_NUMBERS = ("win_rate", "drawdown", "reserve_pct")
_METRIC_NUMBERS = (
    "total_return",
    "annual_return",
    "sharpe_ratio",
    "max_drawdown",
    "current_drawdown",
    "exposure",
    "trades.win_rate",
    "trades.profit_factor",
    "trades.average_hold_days",
    "micro.win_rate",
    "micro.profit_factor",
    "micro.average_hold_days",
)


def check_run(record: RunRecord, books: RunBooks) -> None:
    """Raise BrokenInvariant when the books of a finished run contradict themselves."""
    what = f"run {record.run_id}"
    if record.status is RunStatus.RUNNING:
        raise BrokenInvariant(f"{what} cannot be finished and still be running")
    _refuse_twins(field_of(books.decisions, "decision_id"), f"{what}: decision id")
    _refuse_disorder(field_of(books.decisions, "at"), f"{what}: decision")
    answered = (asked for asked in field_of(books.decisions, "recommendation_id") if asked is not None)
    _refuse_twins(answered, f"{what}: decision on recommendation")
    _refuse_twins((s.on for s in books.snapshots), f"{what}: snapshot of")
    check_numbers(books, what)
    _refuse_nan((record.metrics,) if record.metrics else (), _METRIC_NUMBERS, f"{what}: metrics")


def check_numbers(books: RunBooks, what: str) -> None:
    """Raise BrokenInvariant when a number in `books` is none."""
    _refuse_nan(books.decisions, _DECISION_NUMBERS, f"{what}: decision")
    _refuse_nan(books.trades, _TRADE_NUMBERS, f"{what}: trade")
    _refuse_nan(books.stop_changes, _STOP_NUMBERS, f"{what}: stop")
    _refuse_nan(books.tier_changes, _TIER_NUMBERS, f"{what}: tier change")
    _refuse_nan(books.breakers, ("threshold", "actual"), f"{what}: breaker")
    _refuse_nan(books.notices, ("value", "limit"), f"{what}: notice")
    _refuse_nan(books.snapshots, _SNAPSHOT_NUMBERS, f"{what}: snapshot")


def refuse_twin_rows(keys: Sequence[object], kind: ImportKind) -> None:
    """Raise BadInput when one of `keys` comes twice in one import."""
    twin = _twin(keys)
    if twin is not None:
        words = " ".join(map(str, twin)) if isinstance(twin, tuple) else twin
        raise BadInput(f"{kind}: {words} comes twice in one import", hint="keep one row of each")


def refuse_twin_bars(bars: BarColumns) -> None:
    """Raise BadInput when two of `bars` are of the same ticker and day."""
    import numpy as np

    keys = np.sort((bars.ticker.astype(np.int64) << 32) + bars.on)
    twins = np.flatnonzero(keys[1:] == keys[:-1])
    if len(twins):
        ticker, on = divmod(int(keys[twins[0]]), 1 << 32)
        refuse_twin_rows([(bars.tickers[ticker], from_days(on))] * 2, ImportKind.BARS)


def _refuse_twins(keys: Iterable[object], what: str) -> None:
    twin = _twin(tuple(keys))
    if twin is not None:
        raise BrokenInvariant(f"{what} {twin} comes twice")


def _refuse_disorder(times: Sequence[Any], what: str) -> None:
    earlier = list(map(gt, times, times[1:]))
    if any(earlier):
        raise BrokenInvariant(f"{what} {earlier.index(True) + 2} was made before the one that it follows")


def _twin(keys: Sequence[object]) -> object | None:
    if len(set(keys)) == len(keys):
        return None
    seen: set[object] = set()
    return next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def _refuse_nan(values: Sequence[object], paths: tuple[str, ...], what: str) -> None:
    for path in paths:
        numbers = field_of(values, path)
        differs = list(map(ne, numbers, numbers))  # only NaN differs from itself
        if any(differs):
            raise BrokenInvariant(f"{what} {differs.index(True) + 1} has no number as its {path}")
