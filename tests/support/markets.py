"""Markets: random small worlds for whole runs, with gaps, late starts, splits, dividends and tickers that vanish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from engine.backtester import BacktestConfig, BacktestResult, run
from engine.model.costs import CostModel
from engine.model.market import Dividend, Security, Split
from engine.model.money import Money
from engine.model.recommendation import Action, Mode, Recommendation
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
