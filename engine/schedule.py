"""Schedule: on which session of a tape does everything fall due?"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engine.errors import BadInput
from engine.model.market import Dividend, Security, Split
from engine.model.portfolio import PortfolioSnapshot
from engine.model.recommendation import Action
from engine.model.runs import DataGap, GapKind
from engine.model.tape import DailyTape, RecommendationTable
from engine.policy import TradingPolicy

T = TypeVar("T")


class Schedule:
    """Recommendations, splits, dividends and ends of listings by row of the tape.

    A recommendation falls due at the first open after it was generated: nothing is traded on a bar that had begun.
    """

    def __init__(self, tape: DailyTape, recommendations: RecommendationTable) -> None:
        self.table = recommendations
        self.has_prices: npt.NDArray[np.bool_] = np.any(tape.close > 0, axis=1)
        rows = {on: i for i, on in enumerate(tape.dates)}
        self.splits: dict[int, list[Split]] = _by_row(rows, ((s.on, s) for s in tape.splits))
        self.dividends: dict[int, list[Dividend]] = _by_row(rows, ((d.ex_on, d) for d in tape.dividends))
        self.ended: dict[int, list[Security]] = defaultdict(list)
        for security in tape.securities.values():
            if security.last_bar_on in rows and rows[security.last_bar_on] + 1 < len(tape.dates):
                self.ended[rows[security.last_bar_on] + 1].append(security)
        self._begins, self._order = self._sorted(tape)

    def _sorted(self, tape: DailyTape) -> tuple[npt.NDArray[np.intp], list[int]]:
        opens = np.array([_session_open(tape, on) for on in tape.dates], dtype="datetime64[us]")
        generated = np.array([at.replace(tzinfo=None) for at in self.table.generated_at], dtype="datetime64[us]")
        due = np.searchsorted(opens, generated, side="right")
        confidence = np.asarray(self.table.confidence, dtype=float)
        order = np.lexsort((generated, -confidence, due))
        keys = np.stack([due[order], generated[order].astype(np.int64), confidence[order]])
        tied = np.flatnonzero((keys[:, 1:] == keys[:, :-1]).all(axis=0))
        begins = np.searchsorted(due[order], np.arange(len(opens) + 1))
        return begins, _by_id_where_tied(order.tolist(), tied.tolist(), self.table.recommendation_id)

    def due(self, row: int) -> list[int]:
        """Return the rows of the table that fall due at the open of `row`, in the order of evaluation."""
        return self._order[self._begins[row] : self._begins[row + 1]]

    def offered_in(self, rows: range) -> int:
        """Return how many recommendations fall due in `rows`."""
        return int(self._begins[rows[-1] + 1] - self._begins[rows[0]])

    def tickers_bought_in(self, rows: range) -> set[str]:
        """Return the tickers of the buys that fall due in `rows`."""
        table = self.table
        indices = self._order[self._begins[rows[0]] : self._begins[rows[-1] + 1]]
        return {table.ticker[i] for i in indices if table.action[i] is Action.BUY}


def _by_id_where_tied(order: list[int], tied: list[int], ids: Sequence[str]) -> list[int]:
    """Sort each run of equal keys (`tied` holds the places whose key equals the next one's) by recommendation id."""
    runs: list[list[int]] = []
    for place in tied:
        if runs and runs[-1][1] == place:
            runs[-1][1] = place + 1
        else:
            runs.append([place, place + 1])
    for first, last in runs:
        order[first : last + 1] = sorted(order[first : last + 1], key=ids.__getitem__)
    return order


def _session_open(tape: DailyTape, on: date) -> np.datetime64:
    session = tape.sessions.on(on)
    if session is None:
        raise BadInput(f"{on} is on the tape but no session of the exchange")
    return np.datetime64(session.open_at.replace(tzinfo=None), "us")


def _by_row(rows: dict[date, int], dated: Iterable[tuple[date, T]]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for on, value in dated:
        if on in rows:
            found[rows[on]].append(value)
    return found


def gaps(tape: DailyTape, rows: range, schedule: Schedule) -> tuple[DataGap, ...]:
    """Return what the tape lacks in `rows`: whole sessions, and runs of bars between a ticker's first and last."""
    lacking = [
        DataGap(kind=GapKind.MISSING_SESSION, on=tape.dates[row]) for row in rows if not schedule.has_prices[row]
    ]
    has_bar = (tape.close > 0)[rows[0] : rows[-1] + 1]
    traded = schedule.has_prices[rows[0] : rows[-1] + 1]
    for column in np.flatnonzero(~has_bar[traded].all(axis=0)).tolist():
        lacking += _ticker_gaps(tape, rows, column, has_bar[:, column], traded)
    return tuple(lacking)


def _ticker_gaps(
    tape: DailyTape, rows: range, column: int, has_bar: npt.NDArray[np.bool_], traded: npt.NDArray[np.bool_]
) -> list[DataGap]:
    known = np.flatnonzero(has_bar)
    if not len(known):
        return []
    found: list[DataGap] = []
    previous = int(known[0])
    for row in known[1:].tolist():
        missing = int(traded[previous + 1 : row].sum())
        if missing:
            on = tape.dates[rows[0] + previous + 1]
            found.append(DataGap(kind=GapKind.MISSING_BAR, on=on, ticker=tape.tickers[column], count=missing))
        previous = row
    if previous + 1 < len(has_bar):
        on = tape.dates[rows[0] + previous + 1]
        count = len(has_bar) - previous - 1
        found.append(DataGap(kind=GapKind.VANISHED, on=on, ticker=tape.tickers[column], count=count))
    return found


def unaffordable(
    tape: DailyTape,
    rows: range,
    schedule: Schedule,
    snapshots: Sequence[PortfolioSnapshot],
    policy: TradingPolicy,
) -> tuple[str, ...]:
    """Return the recommended tickers of which one share always cost more than the largest position of the run."""
    if not snapshots:
        return ()
    tier_pct = max(policy.tiers[s.risk_tier].max_position_pct for s in snapshots)
    largest = min(max(s.active_pool for s in snapshots) * tier_pct, policy.absolute_position_cap * 10_000)
    columns = {ticker: i for i, ticker in enumerate(tape.tickers)}
    opens = np.where(tape.open > 0, tape.open, np.iinfo(np.int64).max)[rows[0] : rows[-1] + 1].min(axis=0)
    wanted = sorted(t for t in schedule.tickers_bought_in(rows) if t in columns)
    return tuple(t for t in wanted if largest < opens[columns[t]] < np.iinfo(np.int64).max)
