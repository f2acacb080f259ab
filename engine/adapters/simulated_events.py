"""Simulated events: what happens once in a simulated market, to whom and when?"""

from dataclasses import dataclass

import numpy as np

from engine.adapters.seeded_draws import Draws, Floats
from engine.adapters.simulated_companies import QUARTER, SECTORS, Company
from engine.adapters.simulated_prices import BOOM_SECTOR, HIGHEST, LOWEST, Paths, Regime, boom_rows

_OIL_DAYS = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What happens once: its columns and rows."""

    split: int
    split_row: int
    split_ratio: int
    halted: int
    halt_rows: range
    late: int
    late_row: int
    gone: int
    gone_row: int


def drawn(draws: Draws, path: Paths, days: int) -> Events:
    """What rose is split, halted or taken over: that is also what recommenders like, so it will be seen happening."""
    halt_row = int(days * draws.between(0.62, 0.70))
    gone_row = int(days * draws.between(0.72, 0.78))
    split_row = int(days * draws.between(0.82, 0.90))
    split = _risers(path, split_row)[0]
    gone = next(c for c in _risers(path, gone_row) if c != split)
    halted = next(c for c in _risers(path, halt_row) if c not in (split, gone))
    late = next(c for c in draws.shuffled(path.close.shape[1]) if c not in (split, gone, halted))
    return Events(
        split=split,
        split_row=split_row,
        split_ratio=2 if draws.between(0, 1) < 0.5 else 4,
        halted=halted,
        halt_rows=range(halt_row, halt_row + 3),
        late=late,
        late_row=int(days * draws.between(0.25, 0.35)),
        gone=gone,
        gone_row=gone_row,
    )


def _risers(path: Paths, row: int) -> list[int]:
    """Return the columns by how much they rose in the quarter before `row`, most first."""
    rise = path.close[row - 1] / path.close[row - QUARTER]
    order: list[int] = np.argsort(-rise, kind="stable").tolist()
    return order


def level(draws: Draws, path: Paths, events: Events) -> Floats:
    """Return each ticker's dollars per unit of path, so that every price is from $8 to $400."""
    n = path.close.shape[1]
    start = 14 + 180 * draws.uniform(n) * draws.uniform(n)
    before = draws.between(170, 240) if events.split_ratio == 2 else draws.between(250, 320)
    start[events.split] = before / events.split_ratio / path.close[events.split_row - 1, events.split]
    top, bottom = path.high.max(axis=0), path.low.min(axis=0)
    top[events.split] = max(
        float(path.high[: events.split_row, events.split].max()) * events.split_ratio, float(top[events.split])
    )
    return np.clip(start, (LOWEST + 0.5) / bottom, (HIGHEST - 5) / top)


def liked(course: tuple[Regime, ...], company: Company, events: Events, days: int) -> Floats:
    """Return whom recommenders like: first oil, then the sector that booms, and what is about to be split or gone.

    So that much of one kind is suggested at once, and what is to happen happens to something that is held.
    """
    weight = np.zeros((days, len(company.beta)))
    weight[:_OIL_DAYS, :] = np.where(company.sector == SECTORS.index("Energy"), 2.5, 0.0)
    weight[boom_rows(course), :] = np.where(company.sector == BOOM_SECTOR, 2.5, 0.0)
    happening = (
        (events.split_row, events.split),
        (events.halt_rows.start, events.halted),
        (events.gone_row, events.gone),
    )
    for row, column in happening:
        weight[row - 14 : row - 1, column] = 4.0
    return weight
