"""Correlation: would the new position only repeat what is held?"""

from collections.abc import Sequence
from operator import mul

import numpy as np
import numpy.typing as npt

from engine.model.verdict import Check, Verdict
from engine.policy import TradingPolicy

LOOKBACK_SESSIONS = 90
MIN_COMMON_SESSIONS = 30
_PLACES = 9
_STILL = 1e-15

Returns = npt.NDArray[np.float64]


def with_each(candidate: Returns, held: Returns) -> tuple[float, ...]:
    """Return Pearson's correlation of `candidate` (sessions,) with each column of `held` (sessions, n).

    Rows are the same sessions; NaN marks a missing return. Fewer than 30 sessions in common, or a series that does
    not move, give 0.0 (unknown). Not rounded: `weighted` and `rounded` are what is compared and kept.
    """
    known = ~np.isnan(candidate)[:, None] & ~np.isnan(held)
    count = known.sum(axis=0)
    x = np.where(known, candidate[:, None], 0.0)
    y = np.where(known, held, 0.0)
    n = np.maximum(count, 1)
    dx = np.where(known, x - x.sum(axis=0) / n, 0.0)
    dy = np.where(known, y - y.sum(axis=0) / n, 0.0)
    spread = np.sqrt((dx * dx).sum(axis=0) * (dy * dy).sum(axis=0))
    usable = (count >= MIN_COMMON_SESSIONS) & (spread > _STILL)
    rho = (dx * dy).sum(axis=0) / np.where(usable, spread, 1.0)
    return tuple(np.where(usable, rho, 0.0).tolist())


def rounded(value: float) -> float:
    """Return a correlation rounded to 1e-9, within -1 and 1 (spec section 2)."""
    return min(1.0, max(-1.0, round(value, _PLACES)))


def standardised(window: Returns) -> Returns:
    """Return the columns of `window` (sessions, n) as rows (n, sessions) of mean 0 and length 1, so that the
    correlation of two is their product. NaN where `with_each` has to be asked: gaps, too few sessions, no movement.
    """
    if len(window) < MIN_COMMON_SESSIONS:
        return np.full(window.shape[::-1], np.nan)
    rows = np.ascontiguousarray(window.T)
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    unit: Returns = rows / np.where(length > _STILL, length, np.nan)
    return unit


def products(candidates: Returns, held: Returns) -> Returns:
    """Return the correlations (m, n) of the rows of `candidates` and `held`, both made by `standardised`."""
    rho: Returns = candidates @ held.T
    return rho


def weighted(correlations: Sequence[float], weights: Sequence[float]) -> float:
    """Return the average of `correlations` weighted by as many `weights` (market values), rounded; 0.0 without any."""
    total = sum(weights)
    if total <= 0:
        return 0.0
    return rounded(sum(map(mul, correlations, weights)) / total)


def factor(average: float, policy: TradingPolicy) -> float:
    """Return what remains of an entry: all up to the first limit, then in a straight line to nothing at the second."""
    low, high = policy.correlation_reduce_above, policy.correlation_reject_above
    if average <= low:
        return 1.0
    if average >= high:
        return 0.0
    return (high - average) / (high - low)


def within_correlation(average: float, policy: TradingPolicy) -> Verdict:
    """Is the candidate different enough from what is held?"""
    remains = factor(average, policy)
    return Verdict(
        check=Check.CORRELATION,
        passed=average <= policy.correlation_reject_above,
        value=average,
        limit=policy.correlation_reject_above,
        unit="corr",
        note="" if remains in (0.0, 1.0) else f"size times {remains:.4f}",
    )
