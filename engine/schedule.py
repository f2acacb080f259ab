"""Schedule: on which session of a tape does everything fall due?"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engine.decision.events import DividendWentEx, ListingEnded, SplitTookEffect
from engine.errors import BadInput
from engine.model import sessions
from engine.model.market import Dividend, Security, Split
from engine.model.portfolio import PortfolioSnapshot
from engine.model.recommendation import Action
from engine.model.runs import DataGap, GapKind
from engine.model.sessions import Session
from engine.model.tape import DailyTape, RecommendationTable, confidence_out_of_range
from engine.policy import TradingPolicy

T = TypeVar("T")
FellDue = DividendWentEx | SplitTookEffect | ListingEnded


class Schedule:
    """Recommendations, splits, dividends and ends of listings by row of the tape.

    A recommendation falls due at the first open after it was generated: nothing is traded on a bar that had begun. What
    falls on a day without any price is due on the next one that has some. Of several rows with one id the first counts.
    """

    def __init__(self, tape: DailyTape, recommendations: RecommendationTable) -> None:
        self.table = recommendations
        self.has_prices: npt.NDArray[np.bool_] = np.any(tape.close > 0, axis=1)
        self._priced_from = _next_true(self.has_prices)
        self.splits: dict[int, list[Split]] = self._by_row(tape, ((s.on, s) for s in tape.splits))
        self.dividends: dict[int, list[Dividend]] = self._by_row(tape, ((d.ex_on, d) for d in tape.dividends))
        ended = ((s.last_bar_on + timedelta(days=1), s) for s in tape.securities.values() if s.last_bar_on)
        self.ended: dict[int, list[Security]] = self._by_row(tape, ended)
        self._begins, self._order = self._sorted(tape)

    def _by_row(self, tape: DailyTape, dated: Iterable[tuple[date, T]]) -> dict[int, list[T]]:
        found: dict[int, list[T]] = defaultdict(list)
        for on, value in dated:
            row = tape.row_from(on)
            if row is not None:
                found[int(self._priced_from[row])].append(value)
        return found

    def _sorted(self, tape: DailyTape) -> tuple[npt.NDArray[np.intp], list[int]]:
        table = self.table
        opens = _microseconds([_session_open(tape, on) for on in tape.dates])
        generated = _microseconds(_aware(table))
        due = self._priced_from[np.searchsorted(opens, generated, side="right")]
        confidence = np.asarray(table.confidence, dtype=float)
        if not ((confidence >= 0) & (confidence <= 1)).all():
            wrong = int(np.flatnonzero(~((confidence >= 0) & (confidence <= 1)))[0])
            raise confidence_out_of_range(table, wrong)
        order = np.lexsort((generated, -confidence, due))
        keys = np.stack([due[order], generated[order], confidence[order]])
        tied = np.flatnonzero((keys[:, 1:] == keys[:, :-1]).all(axis=0))
        in_order = _by_id_where_tied(order.tolist(), tied.tolist(), table.recommendation_id)
        if len(set(table.recommendation_id)) < len(table):
            first = {recommendation_id: i for i, recommendation_id in reversed([*enumerate(table.recommendation_id)])}
            in_order = [i for i in in_order if first[table.recommendation_id[i]] == i]
        begins = np.searchsorted(due[in_order], np.arange(len(opens) + 1))
        return begins, in_order

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


def before_the_open(schedule: Schedule, row: int, session: Session, at: datetime | None = None) -> Iterator[FellDue]:
    """Yield what changes the books before the open of `row`: dividends, splits, tickers that trade no more.

    It is noted at the open, or `at` a later moment by an engine that comes late.
    """
    at = at or session.open_at
    for dividend in schedule.dividends.get(row, ()):
        yield DividendWentEx(at=at, dividend=dividend)
    for split in schedule.splits.get(row, ()):
        yield SplitTookEffect(at=at, split=split)
    for security in schedule.ended.get(row, ()):
        if security.last_bar_on is not None:
            yield ListingEnded(at=at, ticker=security.ticker, last_bar_on=security.last_bar_on)


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


def _session_open(tape: DailyTape, on: date) -> datetime:
    session = tape.sessions.on(on)
    if session is None:
        raise BadInput(f"{on} is on the tape but no session of the exchange")
    return session.open_at


def _next_true(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return for each place the next one that is True, itself included; the length beyond the last. One place more."""
    places = np.where(flags, np.arange(len(flags)), len(flags))
    following: npt.NDArray[np.intp] = np.minimum.accumulate(np.append(places, len(flags))[::-1])[::-1]
    return following


def _aware(table: RecommendationTable) -> Sequence[datetime]:
    """Return the moments of `table`. Raises BadInput naming the first recommendation whose moment has no zone."""
    for i, at in enumerate(table.generated_at):
        if at.tzinfo is None:
            sessions.require_aware(at, f"generated_at of recommendation {table.recommendation_id[i]}")
    return table.generated_at


def _microseconds(moments: Sequence[datetime]) -> npt.NDArray[np.int64]:
    """Return aware `moments` as microseconds since 1970, in UTC."""
    whole: npt.NDArray[np.int64] = np.rint(np.array([at.timestamp() for at in moments]) * 1e6).astype(np.int64)
    return whole


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
    bought: Collection[str],
    snapshots: Sequence[PortfolioSnapshot],
    policy: TradingPolicy,
) -> tuple[str, ...]:
    """Return the tickers of `bought` of which one share always cost more than the largest position of the run."""
    if not snapshots:
        return ()
    tier_pct = max(policy.tiers[s.risk_tier].max_position_pct for s in snapshots)
    largest = min(max(s.active_pool for s in snapshots) * tier_pct, policy.absolute_position_cap * 10_000)
    columns = {ticker: i for i, ticker in enumerate(tape.tickers)}
    opens = np.where(tape.open > 0, tape.open, np.iinfo(np.int64).max)[rows[0] : rows[-1] + 1].min(axis=0)
    wanted = sorted(t for t in bought if t in columns)
    return tuple(t for t in wanted if largest < opens[columns[t]] < np.iinfo(np.int64).max)
