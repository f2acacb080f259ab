"""Tapes: small markets, told day by day, and what the engine made of them.

Day 0 is a Monday. Before it lie 15 calm days for the ATR: close at the price of day 0's open, and a range of $2, so
that the ATR is exactly 2. Sessions are all weekdays, 14:30 to 21:00 UTC. A recommendation "for day 3" was generated
the evening before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.backtester import BacktestConfig, BacktestResult, run
from engine.model.costs import CostModel
from engine.model.decisions import Decision
from engine.model.market import Dividend, Security, Split
from engine.model.money import Money, quantise, usd
from engine.model.positions import ClosedTrade
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.runs import RunStatus
from engine.model.sessions import REGULAR_LENGTH, Session, SessionTable
from engine.model.tape import DailyTape, RecommendationTable
from engine.policy import TradingPolicy
from engine.policy_mapping import from_mapping

WARM_UP = 15
DAY_0 = date(2024, 1, 22)
HALF_DAY = timedelta(minutes=210)
FREE = CostModel(slippage_bps=0.0)
ALONE = {"gradual_entry_tranches": 1, "rebalance": False, "heat_tighten_pct": 1000.0}
"""Off unless a test is about them: entries come in one piece, nothing is trimmed, heat moves no stop."""
RULES = from_mapping(ALONE)

Bar = tuple[float, float, float, float]
"""Open, high, low, close in dollars."""
FLAT: Bar = (100.0, 101.0, 99.0, 100.0)


def rules(**settings: Any) -> TradingPolicy:
    """Return `RULES` with `settings` laid over it; `moderate={...}` lays over the moderate tier."""
    tier = settings.pop("moderate", {})
    return from_mapping(ALONE | settings | {"tiers": {"moderate": tier}})


def weekdays(first: date, count: int, *, early: Collection[date] = ()) -> SessionTable:
    """Return `count` weekday sessions from `first` on; those of `early` close at 18:00 UTC."""
    days = (first + timedelta(days=i) for i in range(count * 2 + 7))
    return SessionTable.of(session_of(d, short=d in early) for d in [d for d in days if d.weekday() < 5][:count])


def session_of(on: date, *, short: bool = False) -> Session:
    """Return the session of `on`."""
    opens = datetime(on.year, on.month, on.day, 14, 30, tzinfo=UTC)
    return Session(on=on, open_at=opens, close_at=opens + (HALF_DAY if short else REGULAR_LENGTH))


def day(number: int) -> date:
    """Return the date of day `number`; negative: in the warm-up."""
    weeks, weekday = divmod(number, 5)
    return DAY_0 + timedelta(weeks=weeks, days=weekday)


def opening(number: int) -> datetime:
    """Return when day `number` opens."""
    return session_of(day(number)).open_at


def closing(number: int) -> datetime:
    """Return when day `number` closes."""
    return session_of(day(number)).close_at


def evening_before(number: int) -> datetime:
    """Return 22:00 UTC of the session before day `number`."""
    return closing(number - 1) + timedelta(hours=1)


def tape(
    bars: Mapping[str, Sequence[Bar | None]],
    *,
    calm: Mapping[str, tuple[float, float] | None] = MappingProxyType({}),
    warm_up: int = WARM_UP,
    sectors: Mapping[str, str] = MappingProxyType({}),
    splits: Sequence[Split] = (),
    dividends: Sequence[Dividend] = (),
    earnings: Mapping[str, int | tuple[date, ...]] = MappingProxyType({}),
    early: Collection[int] = (),
    last_bar: Mapping[str, int] = MappingProxyType({}),
    sessions: SessionTable | None = None,
) -> DailyTape:
    """Return the tape of `bars`, day 0 first, a list a ticker, None where there is no bar.

    `calm` gives (price, range) of a ticker's warm-up, or None for a ticker that begins on day 0. `earnings` and
    `last_bar` name days by number, `early` the days that close early.
    """
    tickers = tuple(sorted(bars))
    length = max(len(rows) for rows in bars.values())
    columns: list[list[Bar | None]] = []
    for ticker in tickers:
        rows = list(bars[ticker])
        price, width = calm.get(ticker, (_first_open(rows), 2.0)) or (0.0, 0.0)
        before = (price, price + width / 2, price - width / 2, price) if price else None
        columns.append([before] * warm_up + rows + [None] * (length - len(rows)))
    matrices = [
        np.array([[quantise(bar[i]) if bar else 0 for bar in column] for column in columns], np.int64).T.copy()
        for i in range(4)
    ]
    dates = tuple(day(i) for i in range(-warm_up, length))
    ends = {t: day(n) for t, n in last_bar.items()}
    return DailyTape(
        tickers=tickers,
        dates=dates,
        open=matrices[0],
        high=matrices[1],
        low=matrices[2],
        close=matrices[3],
        volume=np.where(matrices[3] > 0, 1_000_000, 0),
        sessions=sessions or weekdays(day(-warm_up - 10), length + warm_up + 40, early={day(n) for n in early}),
        securities={t: Security(ticker=t, sector=sectors.get(t), last_bar_on=ends.get(t)) for t in tickers},
        splits=tuple(splits),
        dividends=tuple(dividends),
        earnings={t: (day(on),) if isinstance(on, int) else on for t, on in earnings.items()},
    )


def _first_open(rows: Sequence[Bar | None]) -> float:
    return next((bar[0] for bar in rows if bar is not None), 100.0)


def buy(ticker: str, on: int = 0, *, confidence: float = 0.65, **fields: Any) -> Recommendation:
    """Return the recommendation to buy `ticker`, made the evening before day `on`."""
    return _recommended(Action.BUY, ticker, on, confidence, fields)


def sell(ticker: str, on: int, *, confidence: float = 0.65, **fields: Any) -> Recommendation:
    """Return the recommendation to sell `ticker`, made the evening before day `on`."""
    return _recommended(Action.SELL, ticker, on, confidence, fields)


def _recommended(action: Action, ticker: str, on: int, confidence: float, fields: dict[str, Any]) -> Recommendation:
    plain: dict[str, Any] = {
        "recommendation_id": f"{action} {ticker} on day {on}",
        "ticker": ticker,
        "action": action,
        "mode": Mode.PAPER_ELIGIBLE,
        "confidence": confidence,
        "generated_at": evening_before(on),
    }
    return Recommendation(**plain | fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A run over a small tape, read back as sentences."""

    tape: DailyTape
    result: BacktestResult

    @property
    def trades(self) -> list[str]:
        """Each round trip as a line."""
        return [
            f"{t.quantity} {t.ticker} from {price(t.entry_price)} {self.moment(t.entry_at)} "
            f"to {price(t.exit_price)} {self.moment(t.exit_at)}: {t.exit_reason}, {usd(t.pnl, signed=True)}"
            for t in self.closed
        ]

    @property
    def closed(self) -> tuple[ClosedTrade, ...]:
        """The round trips themselves."""
        return self.result.books.trades

    @property
    def held(self) -> dict[str, int]:
        """Shares held at the end."""
        last = self.result.books.snapshots[-1]
        return {p.ticker: p.quantity for p in last.positions}

    @property
    def answers(self) -> dict[str, str]:
        """For each recommendation, `act` or the reason of the skip."""
        return {
            d.recommendation_id: d.skip_reason or "act"
            for d in self.result.books.decisions
            if d.recommendation_id is not None
        }

    def decision(self, recommendation: Recommendation) -> Decision:
        """Return the one decision on `recommendation`."""
        (found,) = (d for d in self.result.books.decisions if d.recommendation_id == recommendation.recommendation_id)
        return found

    def size(self, recommendation: Recommendation) -> dict[str, float]:
        """Return the sizing chain of the decision on `recommendation`: each step's name and what it left."""
        trace = self.decision(recommendation).trace
        assert trace is not None
        return {step.name: step.after for step in trace.sizing}

    def moment(self, at: datetime) -> str:
        """Return `at` as `day 3 open`, `day 3 close`, or `day 3 15 min` after the open."""
        session = self.tape.sessions.on(at.date())
        assert session is not None
        number = self.tape.dates.index(session.on) - self.tape.dates.index(DAY_0)
        if at in (session.open_at, session.close_at):
            return f"day {number} {'open' if at == session.open_at else 'close'}"
        return f"day {number} {(at - session.open_at).total_seconds() / 60:g} min"


def price(amount: Money) -> str:
    """Return a price with 2 places, or 4 where they say more."""
    return usd(amount, places=2 if amount % 100 == 0 else 4)


def play(
    market: DailyTape,
    *recommendations: Recommendation,
    policy: TradingPolicy = RULES,
    costs: CostModel = FREE,
    capital: float = 100_000,
    **config: Any,
) -> Played:
    """Return what the engine makes of `recommendations` on `market`; the run must complete."""
    result = run(
        market,
        RecommendationTable.of(recommendations),
        BacktestConfig(initial_capital=quantise(capital), policy=policy, costs=costs, **config),
    )
    assert (result.status, result.error) == (RunStatus.COMPLETED, "")
    return Played(tape=market, result=result)
