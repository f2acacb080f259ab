"""Tapes: small markets, told day by day or minute by minute, and what the engine made of them.

Day 0 is a Monday. Before it lie 15 calm days for the ATR: close at the price of day 0's open, and a range of $2, so
that the ATR is exactly 2. Sessions are all weekdays, 14:30 to 21:00 UTC. A recommendation "for day 3" was generated
the evening before.

Minute and quote tapes are told as paths: `{0: 100, 30: 95.5}` is a price of $100 from the open on, $95.50 from minute
30 on; None is silence. Their daily bars are calm on every day, whatever the minutes do, so that the ATR stays 2.
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
from engine.model.intraday import MINUTE, Halt, MinuteTape, QuoteTape, StopChecks, Tape, days_of, to_micros
from engine.model.macro import MacroEvent, Severity
from engine.model.market import Dividend, Security, Split
from engine.model.money import Money, quantise, usd
from engine.model.notices import Notice, NoticeKind
from engine.model.orders import OrderSide
from engine.model.positions import ClosedTrade, StopRule
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.runs import RunStatus
from engine.model.sessions import REGULAR_LENGTH, Session, SessionTable
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow
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
Path = Mapping[float, float | Bar | None]
"""From this minute of the day on this price, flat until the next; a bar is of its minute alone. None: no prints."""
INTRABAR = StopChecks.INTRABAR


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


def at(number: int, minute: float) -> datetime:
    """Return the moment so many minutes after the open of day `number`."""
    return opening(number) + timedelta(minutes=minute)


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
    day_0: date = DAY_0,
) -> DailyTape:
    """Return the tape of `bars`, day 0 first, a list a ticker, None where there is no bar.

    `calm` gives (price, range) of a ticker's warm-up, or None for a ticker that begins on day 0. `earnings` and
    `last_bar` name days by number, `early` the days that close early. With `sessions` days are those of that table,
    counted from `day_0`.
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
    if sessions is not None:
        known = [session.on for session in sessions.sessions]
        dates = tuple(known[known.index(day_0) - warm_up :][: warm_up + length])
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


def minutes(
    prices: Mapping[str, Mapping[int, Path]],
    *,
    daily: Mapping[str, Mapping[int, Bar]] = MappingProxyType({}),
    halts: Sequence[tuple[str, int, float, float]] = (),
    days: int = 0,
    **about: Any,
) -> MinuteTape:
    """Return the minute tape of `prices`: for each ticker and day a path. A day that is not told goes on flat.

    `daily` are daily bars that are not calm, `halts` are (ticker, day, from minute, to minute), `days` how many there
    are at least; `about` is what `tape` takes besides.
    """
    days = max(days, *(max(told) + 1 for told in prices.values()))
    market = _calm_days(prices, days, daily, about)
    rows: list[int] = []
    columns: dict[str, list[Bar | None]] = {ticker: [] for ticker in market.tickers}
    for number in range(days):
        session = _session_on(market, number)
        count = int((session.close_at - session.open_at) / MINUTE)
        rows += [to_micros(session.open_at + k * MINUTE) for k in range(count)]
        for ticker, column in columns.items():
            before = next((bar[3] for bar in reversed(column) if bar is not None), None)
            column += _bars_along(prices[ticker].get(number, {0: before}), count)
    matrices = [
        np.array([[quantise(bar[i]) if bar else 0 for bar in columns[t]] for t in market.tickers], np.int64).T.copy()
        for i in range(4)
    ]
    return MinuteTape(
        daily=market,
        at=np.array(rows, np.int64),
        open=matrices[0],
        high=matrices[1],
        low=matrices[2],
        close=matrices[3],
        halts=_halts(market, halts),
    )


def quotes(
    prices: Mapping[str, Mapping[int, Path]],
    *,
    daily: Mapping[str, Mapping[int, Bar]] = MappingProxyType({}),
    halts: Sequence[tuple[str, int, float, float]] = (),
    every: float | None = 1.0,
    **about: Any,
) -> QuoteTape:
    """Return the quote tape of `prices`, as `minutes` takes them; a price is printed again `every` so many minutes.

    With `every` None there are only the prints that are told. A day that is not told has none.
    """
    market = _calm_days(prices, max(max(told) + 1 for told in prices.values()), daily, about)
    prints: list[tuple[int, int, Money]] = []
    for column, ticker in enumerate(market.tickers):
        for number, path in prices[ticker].items():
            session = _session_on(market, number)
            length = (session.close_at - session.open_at) / MINUTE
            told = sorted(path)
            for begins, ends in zip(told, [*told[1:], length + 1e-9], strict=True):
                value, minute = path[begins], begins
                assert not isinstance(value, tuple), "a quote is one price"
                while value is not None and minute < ends:
                    prints.append((to_micros(session.open_at + timedelta(minutes=minute)), column, quantise(value)))
                    minute = ends if every is None else minute + every
    prints.sort()
    return QuoteTape(
        daily=market,
        at=np.array([p[0] for p in prints], np.int64),
        ticker=np.array([p[1] for p in prints], np.int32),
        price=np.array([p[2] for p in prints], np.int64),
        halts=_halts(market, halts),
    )


def _calm_days(
    prices: Mapping[str, Mapping[int, Path]], days: int, told: Mapping[str, Mapping[int, Bar]], about: dict[str, Any]
) -> DailyTape:
    bars: dict[str, list[Bar]] = {}
    for ticker, paths in prices.items():
        price = next(p[0] if isinstance(p, tuple) else p for d in sorted(paths) for p in paths[d].values() if p)
        calm = (price, price + 1.0, price - 1.0, price)
        bars[ticker] = [told.get(ticker, {}).get(number, calm) for number in range(days)]
        about.setdefault("calm", {})
        about["calm"] = {ticker: (price, 2.0)} | about["calm"]
    return tape(bars, **about)


def _session_on(market: DailyTape, number: int) -> Session:
    session = market.sessions.on(market.dates[WARM_UP + number])
    assert session is not None
    return session


def _bars_along(path: Path, count: int) -> list[Bar | None]:
    column: list[Bar | None] = []
    now: float | None = None
    for minute in range(count):
        value = path.get(minute, now)
        column.append(value if isinstance(value, tuple) else None if value is None else (value,) * 4)
        now = value[3] if isinstance(value, tuple) else value
    return column


def _halts(market: DailyTape, halts: Sequence[tuple[str, int, float, float]]) -> tuple[Halt, ...]:
    def moment(number: int, minute: float) -> datetime:
        return _session_on(market, number).open_at + timedelta(minutes=minute)

    return tuple(Halt(ticker=t, at=moment(on, begins), until=moment(on, ends)) for t, on, begins, ends in halts)


def shock(
    on: int, minute: float, lasts: float, *, severity: Severity = Severity.HIGH, name: str = "shock", **concerns: Any
) -> MacroEvent:
    """Return a macro event from minute `minute` of day `on` for `lasts` minutes; `concerns` are tickers or a sector."""
    begins = at(on, minute)
    until = begins + timedelta(minutes=lasts)
    return MacroEvent(event_id=name, severity=severity, at=begins, until=until, name=name, **concerns)


def signal(
    ticker: str, on: int, minute: float, *, up: bool = True, confidence: float = 0.65, name: str = ""
) -> IntradaySignal:
    """Return an intraday signal of minute `minute` of day `on`."""
    direction = SignalDirection.UP if up else SignalDirection.DOWN
    return IntradaySignal(
        signal_id=name or f"{ticker} {direction} at {minute:g} on day {on}",
        ticker=ticker,
        window=SignalWindow.INTRADAY,
        direction=direction,
        confidence=confidence,
        generated_at=at(on, minute),
    )


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

    tape: Tape
    result: BacktestResult
    day_0: date = DAY_0

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

    @property
    def fills(self) -> list[str]:
        """Each execution as a line: `day 0 15 min: bought 17 AAA at 100.00, d1-1-1`."""
        done = {OrderSide.BUY: "bought", OrderSide.SELL: "sold"}
        return [
            f"{self.moment(f.at)}: {done[f.side]} {f.quantity} {f.ticker} at {price(f.price)}, {f.client_order_id}"
            for f in (e.fill for e in self.result.books.executions)
        ]

    @property
    def stops(self) -> list[str]:
        """Each change of a stop as a line: `day 0 30 min: AAA stop 96.00 -> 98.00 earnings`."""
        lines: list[str] = []
        before: dict[str, Money] = {}
        for c in self.result.books.stop_changes:
            now = price(c.levels.stop)
            moved = now if c.rule is StopRule.INITIAL else f"{price(before[c.decision_id])} -> {now}"
            lines.append(f"{self.moment(c.at)}: {c.ticker} stop {moved} {c.rule}")
            before[c.decision_id] = c.levels.stop
        return lines

    @property
    def moved_stops(self) -> list[str]:
        """The same without those that a position began with."""
        return [line for line in self.stops if not line.endswith((" initial", " further_fill"))]

    @property
    def notices(self) -> list[str]:
        """Each notice as a line: `day 0 30 min: ticker_silent AAA`; alarms end in `!`."""
        return [
            f"{self.moment(n.at)}: {n.kind} {n.ticker}".rstrip() + ("!" if n.is_alarm else "")
            for n in self.result.books.notices
        ]

    def noticed(self, kind: NoticeKind) -> list[Notice]:
        """Return the notices of one kind."""
        return [n for n in self.result.books.notices if n.kind is kind]

    @property
    def breakers(self) -> list[str]:
        """Each breaker as a line: `day 1 5 min: daily_loss until day 2 5 min`."""
        return [
            f"{self.moment(b.at)}: {b.trigger} {b.ticker}".rstrip()
            + (f" until {self.moment(b.cooldown_expires)}" if b.cooldown_expires else "")
            for b in self.result.books.breakers
        ]

    @property
    def decided(self) -> list[str]:
        """Each decision as a line: `day 0 30 min: exit AAA stop_loss, act`."""
        return [
            f"{self.moment(d.at)}: {d.kind} {d.ticker} {d.cause}, {d.skip_reason or d.outcome}"
            for d in self.result.books.decisions
        ]

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
        """Return `at` as `day 3 open`, `day 3 close`, `day 3 15 min` after the open, or `after day 3`."""
        days = days_of(self.tape)
        dates = days.dates
        session = days.sessions.on(at.date())
        if session is not None and session.open_at <= at <= session.close_at:
            known = [s.on for s in days.sessions.sessions]
            number = known.index(session.on) - known.index(self.day_0)
            if at in (session.open_at, session.close_at):
                return f"day {number} {'open' if at == session.open_at else 'close'}"
            return f"day {number} {(at - session.open_at).total_seconds() / 60:g} min"
        over = [on for on in dates if (s := days.sessions.on(on)) is not None and s.close_at < at]
        return f"after day {dates.index(over[-1]) - dates.index(self.day_0)}"


def price(amount: Money) -> str:
    """Return a price with 2 places, or 4 where they say more."""
    return usd(amount, places=2 if amount % 100 == 0 else 4)


def play(
    market: Tape,
    *recommendations: Recommendation,
    policy: TradingPolicy = RULES,
    costs: CostModel = FREE,
    capital: float = 100_000,
    signals: Sequence[IntradaySignal] = (),
    macro_events: Sequence[MacroEvent] = (),
    day_0: date = DAY_0,
    **config: Any,
) -> Played:
    """Return what the engine makes of all that on `market`; the run must complete. `config`: see BacktestConfig."""
    result = run(
        market,
        RecommendationTable.of(recommendations),
        BacktestConfig(initial_capital=quantise(capital), policy=policy, costs=costs, **config),
        signals=signals,
        macro_events=macro_events,
    )
    assert (result.status, result.error) == (RunStatus.COMPLETED, "")
    return Played(tape=market, result=result, day_0=day_0)
