"""The simulated market: the same for everybody, sound, lively, and honest about what its recommenders saw."""

import hashlib
import re
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest

from engine import backtester
from engine.adapters import simulated_companies
from engine.adapters.calendar import xnys
from engine.adapters.seeded_draws import Draws
from engine.adapters.simulated_market import FEWEST_DAYS, SimulatedMarket, make
from engine.adapters.simulated_plantings import ONLY_LIVE, PlantedKind
from engine.errors import BadInput
from engine.model.macro import Severity
from engine.model.notices import NoticeKind
from engine.model.positions import StopRule
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.runs import GapKind
from engine.model.sessions import SessionTable
from engine.model.tape import DailyTape, RecommendationTable
from engine.policy import TradingPolicy

START = date(2023, 1, 3)
PRICES_OF_SEED_7 = "96adae579908aca05b3af3808edad4ffd39a23a575e40fc83bfaa7f5579804b9"
RECOMMENDATIONS_OF_SEED_7 = "f6a32ae6a36ab2ecd05da7b344be7569d49c58e7990faeb68d3171e60bc9a0fa"


@pytest.fixture(scope="module")
def sessions() -> SessionTable:
    return xnys(START, date(2025, 3, 31))


@pytest.fixture(scope="module")
def market(sessions: SessionTable) -> SimulatedMarket:
    return make(7, sessions=sessions, start=START)


def digest_of_prices(tape: DailyTape) -> str:
    found = hashlib.sha256()
    for matrix in (tape.open, tape.high, tape.low, tape.close, tape.volume):
        found.update(np.ascontiguousarray(matrix, dtype="<i8").tobytes())
    found.update(repr((tape.tickers, tape.dates, tape.splits, tape.dividends, dict(tape.earnings))).encode())
    found.update(repr([tape.securities[t] for t in tape.tickers]).encode())
    return found.hexdigest()


def digest_of_recommendations(table: RecommendationTable) -> str:
    return hashlib.sha256("\n".join(repr(table.row(i)) for i in range(len(table))).encode()).hexdigest()


def test_seed_7_gives_these_bytes_on_every_machine_python_and_numpy(market: SimulatedMarket) -> None:
    assert digest_of_prices(market.tape) == PRICES_OF_SEED_7
    assert digest_of_recommendations(market.recommendations) == RECOMMENDATIONS_OF_SEED_7


def test_another_seed_is_another_market_and_the_same_seed_the_same(sessions: SessionTable) -> None:
    one, again, other = (make(seed, sessions=sessions, start=START, days=FEWEST_DAYS) for seed in (1, 1, 2))
    assert digest_of_prices(one.tape) == digest_of_prices(again.tape) != digest_of_prices(other.tape)
    assert digest_of_recommendations(one.recommendations) == digest_of_recommendations(again.recommendations)
    assert set(one.recommendations.recommendation_id).isdisjoint(other.recommendations.recommendation_id)


def test_draws_are_what_pcg64_promises() -> None:
    assert Draws(7, 0).uniform(3).tolist() == [0.625095466604667, 0.8972138009695755, 0.7756856902451935]
    assert Draws(7, 0).normal(3).tolist() == [-0.8332061767578125, -0.454315185546875, -0.0543975830078125]


def test_draws_have_the_mean_and_deviation_that_they_claim() -> None:
    normal, uniform = Draws(1, 0).normal(200_000), Draws(1, 1).uniform(200_000)
    assert abs(normal.mean()) < 0.01
    assert abs(normal.std() - 1) < 0.01
    assert abs(uniform.mean() - 0.5) < 0.005
    assert 0 <= uniform.min() < uniform.max() < 1


@pytest.mark.parametrize("seed", [1, 2, 3, 7])
def test_bars_are_sound_and_in_whole_cents_from_8_to_400_dollars(sessions: SessionTable, seed: int) -> None:
    tape = make(seed, sessions=sessions, start=START).tape
    traded = tape.close > 0
    prices = (tape.open, tape.high, tape.low, tape.close)
    assert all(((p > 0) == traded).all() and (p % 100 == 0).all() for p in prices)
    assert (tape.high >= np.maximum(tape.open, tape.close)).all()
    assert (tape.low <= np.minimum(tape.open, tape.close)).all()
    assert tape.low[traded].min() >= 8 * 10_000
    assert tape.high.max() <= 400 * 10_000
    assert (tape.volume[traded] >= 1_000).all()
    assert not tape.volume[~traded].any()
    assert tape.dates == tuple(s.on for s in sessions.sessions if s.on >= START)[:504]


def test_there_are_eleven_sectors_and_no_two_companies_alike(market: SimulatedMarket) -> None:
    everybody = simulated_companies.listing(simulated_companies.MOST).securities
    assert len({s.ticker for s in everybody}) == len({s.name for s in everybody}) == len(everybody) == 44
    assert len({s.sector for s in market.tape.securities.values()}) == 11
    assert len(market.tape.tickers) == 36
    assert list(market.tape.tickers) == sorted(market.tape.tickers)


def test_tickers_of_one_sector_move_together_more_than_others(market: SimulatedMarket) -> None:
    tape = market.tape
    whole = [i for i, t in enumerate(tape.tickers) if (tape.close[:, i] > 0).all() and t != tape.splits[0].ticker]
    returns = np.diff(np.log(tape.close[:, whole]), axis=0)
    correlation = np.corrcoef(returns.T)
    sectors = np.array([tape.securities[tape.tickers[i]].sector for i in whole])
    same = sectors[:, None] == sectors
    apart, together = correlation[~same].mean(), correlation[same & ~np.eye(len(whole), dtype=bool)].mean()
    assert 0.1 < apart < together - 0.15


def planted(market: SimulatedMarket, kind: PlantedKind) -> list[tuple[str, date]]:
    return [(p.ticker, p.on) for p in market.planted if p.kind is kind]


@pytest.mark.parametrize("seed", [1, 7])
def test_the_split_is_in_the_prices_and_in_the_list(sessions: SessionTable, seed: int) -> None:
    market = make(seed, sessions=sessions, start=START)
    (split,) = market.tape.splits
    assert planted(market, PlantedKind.SPLIT) == [(split.ticker, split.on)]
    row, column = market.tape.dates.index(split.on), market.tape.tickers.index(split.ticker)
    overnight = market.tape.open[row, column] / market.tape.close[row - 1, column]
    assert split.ratio in (Fraction(2), Fraction(4))
    assert abs(overnight * float(split.ratio) - 1) < 0.15


def test_the_halt_the_late_listing_and_the_one_that_goes_are_missing_bars_and_nothing_else_is(
    market: SimulatedMarket,
) -> None:
    tape, dates = market.tape, market.tape.dates
    missing = {(tape.tickers[c], dates[r]) for r, c in np.argwhere(tape.close == 0).tolist()}
    ((halted, halt_on),) = planted(market, PlantedKind.HALT)
    ((late, first_on),) = planted(market, PlantedKind.LATE_LISTING)
    ((gone, last_on),) = planted(market, PlantedKind.VANISHED)
    start = dates.index(halt_on)
    expected = {(halted, d) for d in dates[start : start + 3]}
    expected |= {(late, d) for d in dates if d < first_on} | {(gone, d) for d in dates if d > last_on}
    assert missing == expected
    assert tape.securities[gone].last_bar_on == last_on
    assert sum(s.last_bar_on is not None for s in tape.securities.values()) == 1


def test_the_slump_falls_the_recovery_rises_and_rough_markets_move_more_than_calm_ones(
    market: SimulatedMarket,
) -> None:
    tape = market.tape
    close = np.where(tape.close > 0, tape.close, np.nan)
    change = close[1:] / close[:-1] - 1
    index = np.nanmean(np.where(np.abs(change) < 0.3, change, np.nan), axis=1)
    named = [
        (p.words.partition(":")[0], tape.dates.index(p.on)) for p in market.planted if p.kind is PlantedKind.REGIME
    ]
    ends = [row for _, row in named[1:]] + [len(tape.dates)]
    course = {name: index[row : end - 1] for (name, row), end in zip(named[:4], ends, strict=False)}
    assert [name for name, _ in named] == ["calm", "rough", "slump", "recovery", "calm"]
    assert course["slump"].sum() < -0.10
    assert course["recovery"].sum() > 0.10
    assert course["rough"].std() > 1.4 * course["calm"].std()


def test_severe_events_shake_the_market_in_its_slump_and_two_sectors_apart_from_it(market: SimulatedMarket) -> None:
    severe = [e for e in market.macro_events if e.severity is Severity.HIGH]
    slump, recovery = (
        next(p.on for p in market.planted if p.kind is PlantedKind.REGIME and p.words.startswith(name))
        for name in ("slump", "recovery")
    )
    assert [e.sector is None for e in severe] == [False, True, False]
    assert slump < severe[1].at.date() <= severe[1].until.date() < recovery
    sectors = {s.sector for s in market.tape.securities.values()}
    assert {severe[0].sector, severe[2].sector} <= sectors
    assert [e.at for e in market.macro_events] == sorted(e.at for e in market.macro_events)


def test_severe_events_bring_stops_nearer_and_the_others_do_not(market: SimulatedMarket) -> None:
    config = backtester.BacktestConfig(initial_capital=1_000_000_000, traced=False)
    result = backtester.run(market.tape, market.recommendations, config, macro_events=market.macro_events)
    by_event = [c for c in result.books.stop_changes if c.rule is StopRule.EVENT]
    severe = [e for e in market.macro_events if e.severity is Severity.HIGH]
    assert by_event
    assert all(any(e.at <= c.at <= e.until for e in severe) for c in by_event)
    told = [n.note for n in result.books.notices if n.kind is NoticeKind.MACRO_EVENT]
    assert told == [e.name for e in severe]


def test_the_gaps_that_are_named_are_overnight_moves_in_the_bars(market: SimulatedMarket) -> None:
    tape = market.tape
    gaps = [p for p in market.planted if p.kind is PlantedKind.GAP]
    assert len(gaps) == 6
    for gap in gaps:
        row, column = tape.dates.index(gap.on), tape.tickers.index(gap.ticker)
        moved = (tape.open[row, column] / tape.close[row - 1, column] - 1) * 100
        said = float(re.findall(r"opens ([+-][\d.]+) %", gap.words)[0])
        assert abs(moved - said) < 0.15
        assert abs(said) > 6


def test_prices_jump_on_the_morning_after_a_report(market: SimulatedMarket) -> None:
    tape = market.tape
    overnight = np.abs(tape.open[1:] / np.where(tape.close[:-1] > 0, tape.close[:-1], np.nan) - 1)
    rows = {on: i for i, on in enumerate(tape.dates)}
    after = [
        overnight[rows[on], column]
        for column, ticker in enumerate(tape.tickers)
        for on in tape.earnings[ticker]
        if on in rows and rows[on] < len(overnight) and tape.open[rows[on] + 1, column]
    ]
    assert len(after) > 36 * 6
    assert np.nanmean(after) > 2.5 * np.nanmedian(overnight[tape.open[1:] > 0])
    assert all(list(dates) == sorted(set(dates)) for dates in tape.earnings.values())


def test_some_pay_a_dividend_each_quarter_that_is_a_small_part_of_the_price(market: SimulatedMarket) -> None:
    tape = market.tape
    payers = {d.ticker for d in tape.dividends}
    assert {tape.securities[t].sector for t in payers} == simulated_companies.DIVIDEND_PAYERS
    for dividend in tape.dividends:
        row, column = tape.dates.index(dividend.ex_on), tape.tickers.index(dividend.ticker)
        assert 0.001 < dividend.amount / tape.close[row - 1, column] < 0.012
        assert dividend.amount % 100 == 0


class Chart:
    """What a reader of newspapers could know of one ticker: bars that were closed before a moment, split-adjusted."""

    def __init__(self, tape: DailyTape, recommendation: Recommendation) -> None:
        column = tape.tickers.index(recommendation.ticker)
        closed = [
            row
            for row, on in enumerate(tape.dates)
            if (session := tape.sessions.on(on)) and session.close_at <= recommendation.generated_at
        ]
        splits = [s for s in tape.splits if s.ticker == recommendation.ticker]
        rows = [row for row in closed if tape.close[row, column]]
        factor = [float(np.prod([float(s.ratio) for s in splits if s.on <= tape.dates[row]])) for row in rows]
        self.is_current = rows[-1] == closed[-1]
        self.closes = [int(tape.close[row, column]) * f for row, f in zip(rows, factor, strict=True)]
        self.volumes = [int(tape.volume[row, column]) / f for row, f in zip(rows, factor, strict=True)]

    def change(self, bars: int) -> float:
        return (self.closes[-1] / self.closes[-1 - bars] - 1) * 100

    def over(self, level: float) -> float:
        return (self.closes[-1] / level - 1) * 100

    @property
    def mean(self) -> float:
        return sum(self.closes[-50:]) / 50

    @property
    def busy(self) -> float:
        return self.volumes[-1] / (sum(self.volumes[-20:]) / 20)

    def numbers(self, source: str, action: Action) -> list[float]:
        before = self.closes[-21:-1]
        if action is Action.BUY:
            return {
                "trend": lambda: [self.change(63), self.over(self.mean)],
                "reversal": lambda: [-self.change(5), self.change(63)],
                "breakout": lambda: [self.over(max(before)), self.busy],
                "rumour": lambda: [self.change(1), self.busy],
            }[source]()
        return {
            "trend": lambda: [-self.over(self.mean)],
            "reversal": lambda: [self.change(5)],
            "breakout": lambda: [-self.over(min(before))],
            "rumour": lambda: [self.busy],
        }[source]()


def numbers_in(thesis: str) -> list[float]:
    """Return the measured numbers of a thesis: all that are written with a decimal, negative after `down`."""
    found = re.findall(r"(down )?(\d+\.\d)", thesis)
    return [-float(number) if down else float(number) for down, number in found]


@pytest.mark.parametrize("seed", [3, 7])
def test_every_number_in_a_thesis_can_be_recomputed_from_bars_closed_before_it_was_written(
    sessions: SessionTable, seed: int
) -> None:
    market = make(seed, sessions=sessions, start=START)
    table = market.recommendations
    for i in range(0, len(table), 3):
        recommendation = table.row(i)
        chart = Chart(market.tape, recommendation)
        measured = chart.numbers(recommendation.source, recommendation.action)
        assert chart.is_current
        assert numbers_in(recommendation.thesis) == pytest.approx(measured, abs=0.0501), recommendation


def test_theses_are_also_written_across_the_split(market: SimulatedMarket) -> None:
    (split,) = market.tape.splits
    after = [
        r
        for i in range(len(market.recommendations))
        if (r := market.recommendations.row(i)).ticker == split.ticker
        and timedelta() < r.generated_at.date() - split.on < timedelta(days=60)
    ]
    assert after
    for recommendation in after:
        measured = Chart(market.tape, recommendation).numbers(recommendation.source, recommendation.action)
        assert numbers_in(recommendation.thesis) == pytest.approx(measured, abs=0.0501)


def test_recommendations_come_mostly_in_the_evening_mostly_for_paper_and_each_once(market: SimulatedMarket) -> None:
    table, tape = market.recommendations, market.tape
    during = sum(tape.sessions.containing(at) is not None for at in table.generated_at) / len(table)
    paper = sum(m is Mode.PAPER_ELIGIBLE for m in table.mode) / len(table)
    assert 0.05 < during < 0.20
    assert 0.80 < paper < 0.95
    assert set(table.mode) == set(Mode)
    assert set(table.action) == set(Action)
    assert len(set(table.recommendation_id)) == len(table)
    assert list(table.generated_at) == sorted(table.generated_at)
    assert all(0.3 < c < 1 for c in table.confidence)


def test_a_good_source_is_right_more_often_than_one_that_guesses(sessions: SessionTable) -> None:
    right: dict[str, list[bool]] = {}
    for seed in range(1, 7):
        market = make(seed, sessions=sessions, start=START)
        tape, table = market.tape, market.recommendations
        for i in range(len(table)):
            recommendation = table.row(i)
            column = tape.tickers.index(recommendation.ticker)
            due = sum(1 for on in tape.dates if on <= recommendation.generated_at.date())
            if recommendation.action is Action.BUY and due + 10 < len(tape.dates):
                bought, later = int(tape.open[due, column]), int(tape.close[due + 9, column])
                usual = np.median(tape.close[due + 9] / np.maximum(tape.open[due], 1))
                if bought and later:
                    right.setdefault(recommendation.source, []).append(later / bought > usual)
    rates = {source: sum(hits) / len(hits) for source, hits in right.items()}
    assert rates["trend"] > 0.56
    assert rates["trend"] > rates["reversal"] > rates["rumour"]
    assert abs(rates["rumour"] - 0.5) < 0.04


def test_a_backtest_on_it_is_lively_and_believable(market: SimulatedMarket) -> None:
    always_moderate = TradingPolicy(tier_auto=False)
    config = backtester.BacktestConfig(initial_capital=1_000_000_000, policy=always_moderate, traced=False)
    result = backtester.run(market.tape, market.recommendations, config)
    funnel = result.funnel
    assert not result.error
    assert 200 < funnel["act"] < 800
    assert {"low_confidence", "already_held", "max_positions", "earnings", "heat", "wrong_mode", "not_held"} <= set(
        funnel
    )
    assert {"stop_loss", "take_profit", "recommendation_exit", "vanished"} == {
        t.exit_reason for t in result.books.trades
    }
    assert {"initial", "break_even", "split", "atr", "earnings"} <= {c.rule.value for c in result.books.stop_changes}
    assert {GapKind.MISSING_BAR, GapKind.VANISHED} == {gap.kind for gap in result.gaps}
    assert 0.05 < result.metrics.total_return < 0.60
    assert 0.03 < result.metrics.max_drawdown < 0.20
    assert result.metrics.reserve > 0
    assert result.books.flows


@pytest.mark.parametrize(("days", "tickers"), [(FEWEST_DAYS, 11), (FEWEST_DAYS, 44), (250, 20)])
def test_smaller_and_larger_markets_have_everything_too(sessions: SessionTable, days: int, tickers: int) -> None:
    market = make(3, sessions=sessions, start=START, days=days, tickers=tickers)
    assert {p.kind for p in market.planted} == set(PlantedKind) - ONLY_LIVE
    assert market.tape.close.shape == (days, tickers)
    assert len(market.recommendations) > 30


def test_what_cannot_be_made_is_refused_in_words(sessions: SessionTable) -> None:
    with pytest.raises(BadInput, match="at least 160 sessions"):
        make(sessions=sessions, start=START, days=20)
    with pytest.raises(BadInput, match="11 to 44 tickers"):
        make(sessions=sessions, start=START, tickers=45)
    with pytest.raises(BadInput, match="does not hold 504 sessions"):
        make(sessions=sessions, start=date(2024, 1, 2))
    with pytest.raises(BadInput, match="does not hold"):
        make(sessions=sessions, start=date(2020, 1, 2))
    with pytest.raises(BadInput, match="seed"):
        make(-1, sessions=sessions, start=START)
