"""Simulated patterns: what can be seen on a chart at a close, and how is it said in one sentence?

Everything is measured on closed bars only and in the prices of the tape's first day, so that a split is no fall.
Matrices are (sessions, tickers); where bars are missing in what a pattern looks at, it is not there.
"""

import numpy as np
import numpy.typing as npt

from engine.adapters.seeded_draws import Floats, Ints
from engine.model.recommendation import Action
from engine.model.tape import DailyTape

Mask = npt.NDArray[np.bool_]

QUARTER, MEAN_OF, WEEK, CHANNEL = 63, 50, 5, 20


class Patterns:
    """The patterns of a tape. `close` is in ten-thousandths of a dollar of the first day, 0 where there is no bar."""

    def __init__(self, tape: DailyTape) -> None:
        ratio = np.ones(tape.close.shape, np.int64)
        for split in tape.splits:
            row, column = tape.dates.index(split.on), tape.tickers.index(split.ticker)
            ratio[row:, column] *= int(split.ratio)
        self._close: Ints = tape.close * ratio
        self._volume: Floats = tape.volume / ratio
        self.close: Floats = self._close.astype(np.float64)
        self._bars = np.cumsum(tape.close > 0, axis=0)
        self.quarter = self._change(QUARTER)
        self.week = self._change(WEEK)
        self.day = self._change(1)
        self.over_mean = self._over(self._mean(self._close, MEAN_OF), MEAN_OF)
        self.over_top = self._over(self._extreme(np.maximum), CHANNEL)
        self.over_bottom = self._over(self._extreme(np.minimum), CHANNEL)
        usual = self._mean(self._volume, CHANNEL)
        self.busy = np.where(self._complete(CHANNEL), self._volume / np.where(usual > 0, usual, 1.0), np.nan)

    def buys(self, source: str) -> Mask:
        """Return where `source` sees a reason to buy."""
        masks: dict[str, Mask] = {
            "trend": (self.quarter > 0.05) & (self.over_mean > 0.01),
            "reversal": (self.week < -0.035) & (self.quarter > -0.05),
            "breakout": (self.over_top > 0.0) & (self.busy > 1.15),
            "rumour": (self.busy > 1.5) & (np.abs(self.day) > 0.015),
        }
        return masks[source]

    def sells(self, source: str) -> Mask:
        """Return where `source` sees a reason to sell what it suggested."""
        masks: dict[str, Mask] = {
            "trend": self.over_mean < -0.02,
            "reversal": self.week > 0.05,
            "breakout": self.over_bottom < 0.0,
            "rumour": self.busy < 0.6,
        }
        return masks[source]

    def thesis(self, source: str, action: Action, row: int, column: int) -> str:
        """Return what `source` saw at the close of `row`."""
        quarter, week, day = (float(m[row, column]) for m in (self.quarter, self.week, self.day))
        over_mean, busy = float(self.over_mean[row, column]), float(self.busy[row, column])
        over_top, over_bottom = float(self.over_top[row, column]), float(self.over_bottom[row, column])
        if action is Action.BUY:
            return {
                "trend": f"3-month trend up {_pct(quarter)}, {_pct(over_mean)} above its 50-day mean.",
                "reversal": f"Fell {_pct(-week)} in 5 sessions; over 3 months it is {_up_or_down(quarter)}.",
                "breakout": f"Closed {_pct(over_top)} above its highest close of the 20 sessions before, on {busy:.1f} "
                "times the usual volume.",
                "rumour": f"Talk of news after a day {_up_or_down(day)} on {busy:.1f} times the usual volume.",
            }[source]
        return {
            "trend": f"Closed {_pct(-over_mean)} below its 50-day mean.",
            "reversal": f"The bounce has come: up {_pct(week)} in 5 sessions.",
            "breakout": f"Closed {_pct(-over_bottom)} below its lowest close of the 20 sessions before.",
            "rumour": f"The talk has died down: {busy:.1f} times the usual volume.",
        }[source]

    def _complete(self, sessions: int) -> Mask:
        """Are there bars on this session and all of the `sessions` before it?"""
        rows = len(self._bars)
        before = np.zeros_like(self._bars)
        before[sessions + 1 :] = self._bars[: max(0, rows - sessions - 1)]
        full: Mask = self._bars - before == sessions + 1
        full[:sessions] = False
        return full

    def _change(self, sessions: int) -> Floats:
        then = np.ones_like(self.close)
        then[sessions:] = self.close[:-sessions]
        full = self._complete(sessions)
        return np.where(full, self.close / np.where(full, then, 1.0) - 1, np.nan)

    def _over(self, level: Floats, sessions: int) -> Floats:
        full = self._complete(sessions)
        return np.where(full, self.close / np.where(full, level, 1.0) - 1, np.nan)

    def _mean(self, values: Ints | Floats, sessions: int) -> Floats:
        """Return the mean of this session and those before it, `sessions` in all."""
        along = np.cumsum(values, axis=0)
        before = np.zeros_like(along)
        before[sessions:] = along[:-sessions]
        return np.asarray((along - before) / sessions, np.float64)

    def _extreme(self, pick: np.ufunc) -> Floats:
        """Return the highest or lowest close of the 20 sessions before this one."""
        found = np.ones_like(self.close)
        found[CHANNEL:] = self.close[CHANNEL - 1 : -1]
        for back in range(2, CHANNEL + 1):
            found[CHANNEL:] = pick(found[CHANNEL:], self.close[CHANNEL - back : len(self.close) - back])
        return found


def _pct(fraction: float) -> str:
    return f"{fraction * 100:.1f} %"


def _up_or_down(fraction: float) -> str:
    return f"{'up' if fraction >= 0 else 'down'} {_pct(abs(fraction))}"
