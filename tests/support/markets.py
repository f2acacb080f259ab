"""Markets: random small worlds for whole runs, with gaps, late starts, splits, dividends and tickers that vanish.

Intraday worlds have sessions of one hour, so that a week of them is played in no time; their policies fit that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from engine.backtester import BacktestConfig, BacktestResult, run
from engine.decision.events import (
    BreakerCleared,
    BreakerSet,
    CloseAsked,
    Command,
    FundsMoved,
    ReserveAdjusted,
    TierSet,
    TradingStateSet,
)
from engine.model.costs import CostModel
from engine.model.intraday import Halt, MinuteTape, QuoteTape, StopChecks, to_micros
from engine.model.macro import MacroEvent, Severity
from engine.model.market import Dividend, Security, Split
from engine.model.money import Money
from engine.model.portfolio import FlowKind, RiskTierName, TradingState
from engine.model.positions import ClosedTrade
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.sessions import Session, SessionTable
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow
from engine.model.tape import DailyTape, RecommendationTable
from engine.policy import TradingPolicy
from tests.support.tapes import day, opening, rules, weekdays

T = TypeVar("T")

RATIOS = (Fraction(2), Fraction(3, 2), Fraction(7, 3), Fraction(1, 10), Fraction(1, 100_000))
POLICIES = (
    rules(),
    rules(
        base_allocation_pct=0.3, absolute_position_cap=1e12, moderate={"max_position_pct": 0.5, "max_portfolio_heat": 1}
    ),
    rules(moderate={"min_confidence": 0, "max_sector_pct": 0.1}, max_open_positions=2, reserve_siphon_pct=0.9),
    rules(risk_tier="aggressive", vanished_after_sessions=2, exit_min_confidence=0.5, break_even_trigger_pct=0.1),
    rules(risk_tier="conservative", correlation_reduce_above=0.1, correlation_reject_above=0.3, active_pool_minimum=0),
)
COSTS = (
    CostModel(slippage_bps=0.0),
    CostModel(),
    CostModel(slippage_bps=37.5, commission_per_order=1.0, commission_per_share=0.0049),
    CostModel(slippage_bps=3.0, commission_pct=0.00123),
    CostModel(slippage_bps=80.0),
)


def untaxed(trade: ClosedTrade) -> ClosedTrade:
    """Return `trade` as it was when it was closed: what of a loss is put off depends on what is bought later."""
    return replace(trade, closures=tuple(replace(closure, tax=None) for closure in trade.closures))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class World:
    """All that a run needs. Prints as what it was made from."""

    tape: DailyTape
    recommendations: tuple[Recommendation, ...]
    policy: TradingPolicy
    costs: CostModel
    capital: Money
    made_from: str

    def __repr__(self) -> str:
        return f"World({self.made_from})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(repr(self))

    def play(self, *, traced: bool = False) -> BacktestResult:
        """Return what the engine makes of it."""
        config = BacktestConfig(initial_capital=self.capital, policy=self.policy, costs=self.costs, traced=traced)
        return run(self.tape, RecommendationTable.of(self.recommendations), config)

    def until(self, row: int) -> "World":
        """Return the world as it was at the close of `row`, with nothing known of later."""
        session = self.tape.sessions.on(self.tape.dates[row])
        assert session is not None
        known = tuple(r for r in self.recommendations if r.generated_at <= session.close_at)
        return replace(self, tape=self.tape.until(session.on), recommendations=known)

    def with_another_future(self, row: int, factor: int) -> "World":
        """Return the world in which every price after `row` is `factor` times what it was."""

        def changed(prices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            return np.concatenate([prices[: row + 1], prices[row + 1 :] * factor])

        t = self.tape
        return replace(
            self,
            tape=replace(t, open=changed(t.open), high=changed(t.high), low=changed(t.low), close=changed(t.close)),
        )

    def in_effect(self, on: date) -> date | None:
        """Return the first session with any bar from `on` on: what is due on `on` happens then."""
        bars = zip(self.tape.dates, self.tape.close, strict=True)
        return next((day for day, closes in bars if day >= on and closes.any()), None)

    def close_of(self, row: int) -> datetime:
        """Return when session `row` closes."""
        session = self.tape.sessions.on(self.tape.dates[row])
        assert session is not None
        return session.close_at


@st.composite
def worlds(draw: st.DrawFn, *, max_rows: int = 44) -> World:
    """A market of 1 to 4 tickers over 20 to `max_rows` sessions, and recommendations for it.

    Hypothesis draws the frame and a seed; the seed fills it. So worlds are rich, cheap, and shrink to small frames.
    """
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    tickers = ("AAA", "BBB", "CCC", "DDD")[: draw(st.integers(1, 4))]
    rows = draw(st.integers(20, max_rows))
    offered = draw(st.integers(1, 40))
    with_gaps, with_splits, told = (draw(st.booleans()) for _ in range(3))
    policy, costs = draw(st.sampled_from(POLICIES)), draw(st.sampled_from(COSTS))
    capital = draw(st.sampled_from((6_000_000, 100_000_000, 1_000_000_000, 12_345_678_901)))
    dates = tuple(day(i) for i in range(rows))
    splits = _splits(rng, tickers, dates) if with_splits else ()
    bars = _bars(rng, tickers, rows, {(s.ticker, dates.index(s.on)): s.ratio for s in splits}, with_gaps=with_gaps)
    traded = {t: np.flatnonzero(bars[3][:, i]) for i, t in enumerate(tickers)}
    ends = {t: dates[int(on[-1])] for t, on in traded.items() if len(on)} if told else {}
    tape = DailyTape(
        tickers=tickers,
        dates=dates,
        open=bars[0],
        high=bars[1],
        low=bars[2],
        close=bars[3],
        volume=bars[3],
        sessions=weekdays(day(-10), rows + 40),
        securities={
            t: Security(ticker=t, sector=("tech", "energy", None)[rng.integers(3)], last_bar_on=ends.get(t))
            for t in tickers
        },
        splits=splits,
        dividends=tuple(
            Dividend(ticker=_one(rng, tickers), ex_on=_one(rng, dates[15:]), amount=int(rng.integers(1, 33_333)))
            for _ in range(rng.integers(4))
        ),
        earnings={t: (_one(rng, dates),) for t in tickers if rng.random() < 0.2},
    )
    recommendations = tuple(_recommendation(rng, i, (*tickers, "ZZZ"), rows) for i in range(offered))
    frame = f"seed={seed}, tickers={len(tickers)}, rows={rows}, recommendations={offered}, gaps={with_gaps}, "
    frame += f"splits={with_splits}, told={told}, policy={POLICIES.index(policy)}, {costs}, capital={capital}"
    return World(
        tape=tape,
        recommendations=recommendations,
        policy=policy,
        costs=costs,
        capital=capital,
        made_from=frame,
    )


def _one(rng: np.random.Generator, among: Sequence[T]) -> T:
    return among[int(rng.integers(len(among)))]


def _splits(rng: np.random.Generator, tickers: tuple[str, ...], dates: tuple[date, ...]) -> tuple[Split, ...]:
    made = {(_one(rng, tickers), _one(rng, dates[16:])): _one(rng, RATIOS) for _ in range(1 + rng.integers(4))}
    splits = (Split(ticker=t, on=on, ratio=ratio) for (t, on), ratio in made.items())
    return tuple(sorted(splits, key=lambda s: (s.on, s.ticker)))


def _bars(
    rng: np.random.Generator,
    tickers: tuple[str, ...],
    rows: int,
    splits: Mapping[tuple[str, int], Fraction],
    *,
    with_gaps: bool,
) -> npt.NDArray[np.int64]:
    bars = np.zeros((4, rows, len(tickers)), np.int64)
    for column, ticker in enumerate(tickers):
        start = _one(rng, (0.05, 7.0, 20.0, 60.0, 100.0, 900.0, 100_000.0))
        jump = _one(rng, (0.003, 0.01, 0.02, 0.04))
        close = start * np.exp(np.cumsum(rng.normal(0, jump, rows)))
        opens = np.concatenate([[start], close[:-1]]) * np.exp(rng.normal(0, jump / 2, rows))
        high = np.maximum(opens, close) * np.exp(np.abs(rng.normal(0, jump / 2, rows)))
        low = np.minimum(opens, close) * np.exp(-np.abs(rng.normal(0, jump / 2, rows)))
        scale = np.ones(rows)
        for (split, row), ratio in splits.items():
            if split == ticker:
                scale[row:] /= float(ratio)
        bars[:, :, column] = np.clip(np.rint(np.stack([opens, high, low, close]) * scale * 10_000), 1, 10**10)
        if with_gaps:
            first, last = _one(rng, (0, 0, 0, 2)), _one(rng, (rows, rows, rows - 2, rows - 8))
            gone = np.flatnonzero(rng.random(rows) < _one(rng, (0.0, 0.03, 0.1))).tolist()
            bars[:, [*gone, *range(first), *range(last, rows)], column] = 0
    return bars


def _recommendation(rng: np.random.Generator, number: int, tickers: tuple[str, ...], rows: int) -> Recommendation:
    at = opening(int(rng.integers(13, rows))) + timedelta(minutes=int(rng.integers(-870, 570)))
    life = _one(rng, (None, None, None, 0, 4, 12))
    return Recommendation(
        recommendation_id=f"r{number}",
        ticker=_one(rng, tickers) if rng.random() < 0.1 else _one(rng, tickers[:-1]),
        action=_one(rng, (Action.BUY, Action.BUY, Action.BUY, Action.SELL)),
        mode=_one(rng, (Mode.PAPER_ELIGIBLE,) * 8 + (Mode.LIVE_ELIGIBLE, Mode.OTHER)),
        confidence=_one(rng, (0.0, 0.5, 0.65, 0.7, 0.8, 0.9, 1.0)),
        generated_at=at,
        expires_at=None if life is None else at + timedelta(days=life),
    )


HOUR = 60
_WITHIN_A_MINUTE = (0, 400_000, 900_000, 12_000_000, 15_000_000, 30_200_000, 59_900_000)
"""When quotes are printed: in microseconds, often at a look or shortly after one."""
HISTORY = 20
"""Days before the first that is played within."""
THURSDAY = 3
"""The first that is: the third one begins a week."""
_BRIEF: dict[str, Any] = {
    "window_start_minutes": 5,
    "window_end_minutes": 5,
    "micro_trading_enabled": True,
    "micro_trading_max_hold_minutes": 20,
    "silent_ticker_minutes": 8,
    "gradual_entry_tranches": 3,
    "rebalance": True,
    "heat_tighten_pct": 0.05,
    "daily_loss_cooldown_minutes": 60,
    "volatility_cooldown_minutes": 20,
    "single_position_cooldown_minutes": 120,
}
INTRADAY_POLICIES = (
    rules(**_BRIEF, moderate={"max_position_pct": 0.05}),
    rules(**_BRIEF, base_allocation_pct=0.2, moderate={"max_position_pct": 0.2, "max_portfolio_heat": 1.0}),
    rules(
        **_BRIEF | {"micro_trading_max_daily": 2, "heat_tighten_pct": 0.8, "volatility_stop_count": 1},
        daily_loss_pct=0.002,
        max_open_positions=2,
        reserve_siphon_pct=0.9,
        moderate={"stop_loss_atr_multiplier": 0.5, "min_confidence": 0},
    ),
    rules(
        **_BRIEF | {"gradual_entry_tranches": 2, "gradual_entry_interval_minutes": 1, "silent_ticker_minutes": 0},
        risk_tier="aggressive",
        stop_loss_check_interval_seconds=60,
        break_even_trigger_pct=0.1,
        single_position_loss_pct=0.02,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IntradayWorld:
    """All that a run within days needs. Prints as what it was made from."""

    tape: MinuteTape | QuoteTape
    recommendations: tuple[Recommendation, ...]
    signals: tuple[IntradaySignal, ...]
    macro_events: tuple[MacroEvent, ...]
    interventions: tuple[Command | FundsMoved, ...]
    policy: TradingPolicy
    costs: CostModel
    capital: Money
    stop_checks: StopChecks
    made_from: str

    def __repr__(self) -> str:
        return f"IntradayWorld({self.made_from})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(repr(self))

    @property
    def played(self) -> list[Session]:
        """The sessions that are played."""
        found = [self.tape.daily.sessions.on(on) for on in self.tape.daily.dates[HISTORY:]]
        return [session for session in found if session is not None]

    def play(self, *, traced: bool = False) -> BacktestResult:
        """Return what the engine makes of it."""
        config = BacktestConfig(
            initial_capital=self.capital,
            policy=self.policy,
            costs=self.costs,
            traced=traced,
            stop_checks=self.stop_checks,
            interventions=self.interventions,
        )
        return run(
            self.tape,
            RecommendationTable.of(self.recommendations),
            config,
            signals=self.signals,
            macro_events=self.macro_events,
        )

    def until(self, number: int) -> "IntradayWorld":
        """Return the world as it was at the close of played session `number`, with nothing known of later."""
        session, t = self.played[number], self.tape
        end, cut = session.close_at, to_micros(session.close_at)
        tape: MinuteTape | QuoteTape
        if isinstance(t, MinuteTape):
            known = t.at < cut
            tape = replace(
                t,
                daily=t.daily.until(session.on),
                at=t.at[known],
                open=t.open[known],
                high=t.high[known],
                low=t.low[known],
                close=t.close[known],
            )
        else:
            known = t.at <= cut
            tape = replace(
                t, daily=t.daily.until(session.on), at=t.at[known], ticker=t.ticker[known], price=t.price[known]
            )
        return replace(
            self,
            tape=tape,
            recommendations=tuple(r for r in self.recommendations if r.generated_at <= end),
            signals=tuple(s for s in self.signals if s.generated_at <= end),
            macro_events=tuple(e for e in self.macro_events if e.at <= end),
            interventions=tuple(i for i in self.interventions if i.at <= end),
        )

    def with_another_future(self, at: datetime, factor: float) -> "IntradayWorld":
        """Return the world in which every price that is not known at `at` is `factor` times what it was.

        Of the minute that begins at `at` the open is known.
        """
        t, now = self.tape, to_micros(at)

        def changed(prices: npt.NDArray[np.int64], later: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
            out = prices.copy()
            out[later] = np.rint(prices[later] * factor).astype(np.int64)
            return out

        open_at = {on: s.open_at for on in t.daily.dates if (s := t.daily.sessions.on(on)) is not None}
        days = np.array([on in open_at and open_at[on] + timedelta(minutes=HOUR) > at for on in t.daily.dates])
        d = t.daily
        daily = replace(
            d,
            open=changed(d.open, days),
            high=changed(d.high, days),
            low=changed(d.low, days),
            close=changed(d.close, days),
        )
        if isinstance(t, QuoteTape):
            return replace(self, tape=replace(t, daily=daily, price=changed(t.price, t.at > now)))
        after, from_now = t.at > now, t.at >= now
        opens, close = changed(t.open, after), changed(t.close, from_now)
        low = np.where(t.low > 0, np.minimum(np.minimum(changed(t.low, from_now), opens), close), 0)
        high = np.maximum(np.maximum(changed(t.high, from_now), opens), close)
        return replace(self, tape=replace(t, daily=daily, open=opens, high=high, low=low, close=close))


def hours(first: date, count: int) -> SessionTable:
    """Return `count` weekday sessions of one hour from `first` on."""
    return SessionTable.of(
        replace(session, close_at=session.open_at + timedelta(minutes=HOUR))
        for session in weekdays(first, count).sessions
    )


@st.composite
def intraday_worlds(draw: st.DrawFn, *, with_splits: bool = False, max_days: int = 4) -> IntradayWorld:
    """A market of 1 to 4 tickers over 1 to `max_days` hours, as minutes or quotes, and all that can happen in it."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    tickers = ("AAA", "BBB", "CCC", "DDD")[: draw(st.integers(1, 4))]
    days = max_days + 1 - draw(st.integers(1, max_days))  # shrinks to long weeks: more happens in them
    as_quotes, split = draw(st.booleans()), with_splits and draw(st.booleans())
    policy, costs = draw(st.sampled_from(INTRADAY_POLICIES)), draw(st.sampled_from(COSTS))
    capital = draw(st.sampled_from((1_000_000_000, 12_345_678_901, 80_000_000)))
    stop_checks = draw(st.sampled_from(StopChecks))
    bars = np.stack([_minutes(rng, days) for _ in tickers], axis=2)
    dates = tuple(day(THURSDAY + i - HISTORY) for i in range(HISTORY + days))
    splits = (Split(ticker="AAA", on=_one(rng, dates[HISTORY:]), ratio=_one(rng, RATIOS)),) if split else ()
    for s in splits:
        begins = (dates.index(s.on) - HISTORY) * HOUR
        bars[:, begins:, 0] = np.where(
            bars[:, begins:, 0] > 0, np.maximum(1, np.rint(bars[:, begins:, 0] / float(s.ratio))), 0
        )
    daily = _days_of(rng, bars, tickers, dates, splits)
    tape = _quotes_of(rng, daily, bars) if as_quotes else _minutes_of(daily, bars)
    moments = [opening(THURSDAY + n) + timedelta(minutes=m) for n in range(days) for m in range(HOUR)]
    halts = tuple(
        Halt(ticker=_one(rng, tickers), at=at, until=at + timedelta(minutes=30))
        for at in (_one(rng, moments) for _ in range(int(rng.integers(3))))
    )
    frame = f"seed={seed}, tickers={len(tickers)}, days={days}, quotes={as_quotes}, split={split}, "
    frame += f"policy={INTRADAY_POLICIES.index(policy)}, {costs}, capital={capital}, {stop_checks}"
    return IntradayWorld(
        tape=replace(tape, halts=halts),
        recommendations=tuple(_advice(rng, i, tickers, moments) for i in range(int(rng.integers(4, 20)))),
        signals=tuple(_signal(rng, i, tickers, moments) for i in range(int(rng.integers(10)))),
        macro_events=tuple(_event(rng, i, tickers, moments) for i in range(int(rng.integers(4)))),
        interventions=tuple(_word(rng, tickers, moments) for _ in range(int(rng.integers(4)))),
        policy=policy,
        costs=costs,
        capital=capital,
        stop_checks=stop_checks,
        made_from=frame,
    )


def _minutes(rng: np.random.Generator, days: int) -> npt.NDArray[np.int64]:
    """Return open, high, low, close of one ticker: a walk with jumps, gaps over night, wrong prints and silences."""
    rows, jump = days * HOUR, _one(rng, (0.0005, 0.002, 0.006))
    steps = rng.normal(0, jump, rows)
    steps[rng.random(rows) < 0.02] += rng.normal(0, 0.05)
    steps[::HOUR] += rng.normal(0, 0.02, days)
    close = _one(rng, (7.0, 60.0, 100.0, 900.0)) * np.exp(np.cumsum(steps))
    opens = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0, jump / 2, rows))
    opens[::HOUR] = close[::HOUR]
    wrong = rng.random(rows) < 0.004
    opens[wrong] *= _one(rng, (0.7, 1.4))
    high = np.maximum(opens, close) * np.exp(np.abs(rng.normal(0, jump / 2, rows)))
    low = np.minimum(opens, close) * np.exp(-np.abs(rng.normal(0, jump / 2, rows)))
    bars: npt.NDArray[np.int64] = np.rint(np.stack([opens, high, low, close]) * 10_000).astype(np.int64)
    bars[:, rng.random(rows) < _one(rng, (0.0, 0.0, 0.3))] = 0
    if rng.random() < 0.4:
        begins = int(rng.integers(rows))
        bars[:, begins : begins + int(rng.integers(1, 40))] = 0
    return bars


def _days_of(
    rng: np.random.Generator,
    bars: npt.NDArray[np.int64],
    tickers: tuple[str, ...],
    dates: tuple[date, ...],
    splits: tuple[Split, ...],
) -> DailyTape:
    days = np.zeros((4, len(dates), len(tickers)), np.int64)
    for column in range(len(tickers)):
        traded = bars[3, :, column][bars[3, :, column] > 0]
        start = int(traded[0]) if len(traded) else 1_000_000
        if any(s.ticker == tickers[column] and s.on == dates[HISTORY] for s in splits):
            start = max(1, round(start * float(splits[0].ratio)))
        width = rng.uniform(0.002, 0.03, HISTORY)
        for place, way in enumerate((0.0, 1.0, -1.0, 0.3)):
            days[place, :HISTORY, column] = np.maximum(1, np.rint(start * (1 + way * width)))
    for n in range(len(dates) - HISTORY):
        part = bars[:, n * HOUR : (n + 1) * HOUR]
        for column in range(len(tickers)):
            known = part[:, part[3, :, column] > 0, column]
            if known.size:
                days[:, HISTORY + n, column] = (known[0, 0], known[1].max(), known[2].min(), known[3, -1])
    return DailyTape(
        tickers=tickers,
        dates=dates,
        open=days[0],
        high=days[1],
        low=days[2],
        close=days[3],
        volume=days[3],
        sessions=hours(day(-HISTORY - 10), len(dates) + 50),
        securities={t: Security(ticker=t, sector=("tech", "energy", None)[rng.integers(3)]) for t in tickers},
        splits=splits,
        dividends=tuple(
            Dividend(ticker=_one(rng, tickers), ex_on=_one(rng, dates[HISTORY:]), amount=int(rng.integers(1, 9_999)))
            for _ in range(int(rng.integers(2)))
        ),
        earnings={t: (day(THURSDAY + int(rng.integers(9))),) for t in tickers if rng.random() < 0.3},
    )


def _starts(daily: DailyTape) -> list[int]:
    return [
        to_micros(session.open_at + timedelta(minutes=m))
        for on in daily.dates[HISTORY:]
        if (session := daily.sessions.on(on)) is not None
        for m in range(HOUR)
    ]


def _minutes_of(daily: DailyTape, bars: npt.NDArray[np.int64]) -> MinuteTape:
    return MinuteTape(
        daily=daily, at=np.array(_starts(daily), np.int64), open=bars[0], high=bars[1], low=bars[2], close=bars[3]
    )


def _quotes_of(rng: np.random.Generator, daily: DailyTape, bars: npt.NDArray[np.int64]) -> QuoteTape:
    """Return the opens and closes of `bars` as prints somewhere in their minutes."""
    prints: list[tuple[int, int, int]] = []
    for row, start in enumerate(_starts(daily)):
        for column in range(len(daily.tickers)):
            if bars[3, row, column]:
                first, second = sorted(rng.choice(_WITHIN_A_MINUTE, 2).tolist())
                prints += [(start + first, column, int(bars[0, row, column]))]
                prints += [(start + second, column, int(bars[3, row, column]))]
    prints.sort()
    return QuoteTape(
        daily=daily,
        at=np.array([p[0] for p in prints], np.int64),
        ticker=np.array([p[1] for p in prints], np.int32),
        price=np.array([p[2] for p in prints], np.int64),
    )


def _advice(
    rng: np.random.Generator, number: int, tickers: tuple[str, ...], moments: Sequence[datetime]
) -> Recommendation:
    return Recommendation(
        recommendation_id=f"r{number}",
        ticker=_one(rng, tickers),
        action=_one(rng, (Action.BUY, Action.BUY, Action.BUY, Action.SELL)),
        mode=Mode.PAPER_ELIGIBLE,
        confidence=_one(rng, (0.5, 0.65, 0.7, 0.8, 1.0)),
        generated_at=moments[int(len(moments) * rng.random() ** 2)]
        - timedelta(seconds=int(rng.integers(-90, 12 * 3600))),
    )


def _signal(
    rng: np.random.Generator, number: int, tickers: tuple[str, ...], moments: Sequence[datetime]
) -> IntradaySignal:
    return IntradaySignal(
        signal_id=f"s{number}",
        ticker=_one(rng, tickers),
        window=SignalWindow.INTRADAY,
        direction=_one(rng, (SignalDirection.UP, SignalDirection.UP, SignalDirection.DOWN)),
        confidence=_one(rng, (0.5, 0.65, 0.9)),
        generated_at=_one(rng, moments) + timedelta(seconds=int(rng.integers(60))),
    )


def _event(rng: np.random.Generator, number: int, tickers: tuple[str, ...], moments: Sequence[datetime]) -> MacroEvent:
    at = _one(rng, moments) - timedelta(seconds=int(rng.integers(-60, 3600)))
    about: dict[str, Any] = _one(rng, ({}, {"sector": "tech"}, {"tickers": frozenset(tickers[:1])}))
    return MacroEvent(
        event_id=f"e{number}",
        severity=_one(rng, (Severity.HIGH, Severity.HIGH, Severity.MEDIUM)),
        at=at,
        until=at + timedelta(minutes=int(rng.integers(0, 90))),
        **about,
    )


def _word(rng: np.random.Generator, tickers: tuple[str, ...], moments: Sequence[datetime]) -> Command | FundsMoved:
    """Return what a person does at some moment of a session, or of the night before."""
    at = _one(rng, moments) - timedelta(seconds=_one(rng, (0, 17, int(rng.integers(12 * 3600)))))
    words: tuple[Command | FundsMoved, ...] = (
        TradingStateSet(at=at, state=_one(rng, tuple(TradingState)), cause="a test"),
        TradingStateSet(at=at, state=TradingState.ACTIVE, cause="a test"),
        TierSet(at=at, tier=_one(rng, tuple(RiskTierName))),
        ReserveAdjusted(at=at, amount=int(rng.integers(-1_000_000, 2_000_000))),
        BreakerSet(at=at),
        BreakerCleared(at=at, breaker_id=f"b{rng.integers(1, 4)}"),
        CloseAsked(at=at, ticker=_one(rng, tickers)),
        FundsMoved(at=at, kind=FlowKind.DEPOSIT, amount=int(rng.integers(1, 50_000_000))),
    )
    return _one(rng, words)
