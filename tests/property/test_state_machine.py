"""The core under anything that may happen, in any order: the rules of the clerk on the floor hold after every step.

`STONKS_MACHINE_RUNS=2000` plays it at length (`./stonks soak` does): then each kind of event must have come a thousand
times and each check have failed fifty times, and the counts are printed.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine.decision import events
from engine.model.costs import CostModel
from engine.model.macro import MacroEvent, Severity
from engine.model.market import Dividend, Split
from engine.model.orders import OrderSide
from engine.model.portfolio import FlowKind, RiskTierName, TradingState
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow
from engine.model.tape import RecommendationBatch, RecommendationTable
from engine.model.verdict import Check
from engine.policy import TradingPolicy
from engine.policy_mapping import from_mapping
from tests.support.trading_floor import RATIOS, TICKERS, Counts, Floor

RUNS = int(os.environ.get("STONKS_MACHINE_RUNS", "40"))
STEPS = 50
COUNTS = Counts()

MICRO = {"micro_trading_enabled": True}
POLICIES = tuple(
    from_mapping(MICRO | settings)
    for settings in (
        {},
        {"enabled": False},
        {"micro_trading_enabled": False},
        {"max_open_positions": 2, "micro_trading_max_daily": 1},
        {"absolute_position_cap": 900.0, "gradual_entry_tranches": 5, "gradual_entry_interval_minutes": 1},
        {"active_pool_minimum": 2_000_000.0},
        {"exit_min_confidence": 0.8, "declining_min_positions": 1, "declining_loss_pct": 0.0},
        {"tiers": {"moderate": {"max_sector_pct": 0.05, "max_portfolio_heat": 0.002}}},
        {"tiers": {"moderate": {"max_position_pct": 0.5, "max_portfolio_heat": 1}}, "base_allocation_pct": 0.5},
        {"tiers": {"moderate": {"stop_loss_atr_multiplier": 20, "max_portfolio_heat": 1}}, "volatility_stop_count": 1},
    )
)
FREE = CostModel(slippage_bps=0.0)
COSTS = (FREE, CostModel(slippage_bps=0.0, commission_per_order=1.0, commission_per_share=0.0049))
JUMPS = (0.7, 0.88, 0.94, 0.97, 0.99, 0.998, 1.0, 1.002, 1.01, 1.03, 1.06, 1.3)
tickers = st.sampled_from(TICKERS)
confidences = st.sampled_from((0.3, 0.6, 0.7, 0.8, 0.95))
fractions = st.integers(1, 100)


class AnythingHappens(RuleBasedStateMachine):
    """Rules are what may happen; the floor's clerk says whether it was right."""

    @initialize(costs=st.sampled_from(COSTS))
    def begin(self, costs: CostModel) -> None:
        """A new account on a Friday evening."""
        self.floor = Floor(COUNTS, costs)
        self.made = 0
        self._open(as_bars=False)
        self.good_morning(4, 0.8)

    def _id(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made}"

    def _open(self, *, as_bars: bool) -> None:
        floor = self.floor
        floor.session = next(floor.open_sessions)
        floor.at, floor.is_open = floor.session.open_at, True
        floor.market.ranges.clear()
        floor.happens(events.SessionOpened(at=floor.at, session=floor.session))
        kind = events.BarOpened if as_bars else events.PricesSeen
        floor.happens(kind(at=floor.at, market=floor.market))

    @rule(as_bars=st.booleans(), ticker=tickers, action=st.sampled_from(Action))
    def night(self, as_bars: bool, ticker: str, action: Action) -> None:
        """The session closes, somebody recommends something in the evening, and the next session opens."""
        floor = self.floor
        floor.at, floor.is_open = floor.session.close_at, False
        kind = events.BarClosed if as_bars else events.PricesSeen
        floor.happens(kind(at=floor.at, market=floor.market))
        floor.happens(events.SessionEnded(at=floor.at, session=floor.session))
        floor.at += timedelta(hours=1)
        asked = self._recommended(ticker, action, 0.9)
        floor.happens(events.RecommendationReceived(at=floor.at, recommendation=asked))
        self._open(as_bars=as_bars)

    @rule(minutes=st.sampled_from((1, 4, 6, 17)), ticker=tickers, jump=st.sampled_from(JUMPS))
    def look(self, minutes: int, ticker: str, jump: float) -> None:
        """Time goes by, one price moves, and prices are looked at."""
        floor = self.floor
        if floor.step(minutes):
            floor.market.prices[ticker] = max(1, round(floor.market.prices.get(ticker, 1_000_000) * jump))
            floor.happens(events.PricesSeen(at=floor.at, market=floor.market))

    @rule(ticker=tickers, low=st.sampled_from(JUMPS), high=st.sampled_from(JUMPS))
    def bar(self, ticker: str, low: float, high: float) -> None:
        """A minute bar opens, trades through a range and closes in it."""
        floor, market = self.floor, self.floor.market
        if not floor.step(2):
            return
        floor.happens(events.BarOpened(at=floor.at, market=market))
        price = market.prices.get(ticker, 1_000_000)
        ends = sorted((max(1, round(price * low)), max(1, round(price * high))))
        market.ranges = {t: (p, p) for t, p in market.prices.items()}
        market.ranges[ticker] = (min(ends[0], price), max(ends[1], price))
        floor.happens(events.BarTraded(at=floor.at, market=market))
        market.prices[ticker] = ends[0]
        floor.happens(events.BarClosed(at=floor.at, market=market))
        market.ranges = {}

    @rule(
        ticker=tickers,
        action=st.sampled_from((Action.BUY, Action.BUY, Action.SELL)),
        confidence=confidences,
        mode=st.sampled_from((Mode.PAPER_ELIGIBLE,) * 6 + (Mode.OTHER,)),
        days_old=st.sampled_from((0,) * 6 + (9,)),
    )
    def recommendation(self, ticker: str, action: Action, confidence: float, mode: Mode, days_old: int) -> None:
        """Somebody recommends something."""
        asked = self._recommended(ticker, action, confidence, mode, days_old)
        self.floor.happens(events.RecommendationReceived(at=self.floor.at, recommendation=asked))

    def _recommended(
        self, ticker: str, action: Action, confidence: float, mode: Mode = Mode.PAPER_ELIGIBLE, days_old: int = 0
    ) -> Recommendation:
        return Recommendation(
            recommendation_id=self._id("r"),
            ticker=ticker,
            action=action,
            mode=mode,
            confidence=confidence,
            generated_at=self.floor.at - timedelta(minutes=1, days=days_old),
        )

    @rule(count=st.integers(2, 6), confidence=st.sampled_from((0.7, 0.8, 0.95)))
    def good_morning(self, count: int, confidence: float) -> None:
        """Nothing stands in the way of entries, and the broker fills them."""
        self.calm()
        self.recommendations(confidence, count)
        self.fill_everything()

    @rule(confidence=confidences, count=st.integers(2, 6))
    def recommendations(self, confidence: float, count: int) -> None:
        """Several are recommended at once."""
        rows = [self._recommended(t, Action.BUY, confidence) for t in TICKERS[:count]]
        batch = RecommendationBatch(table=RecommendationTable.of(rows), order=range(count))
        self.floor.happens(events.RecommendationsReceived(at=self.floor.at, batch=batch))

    @rule(ticker=tickers, up=st.booleans(), confidence=confidences, is_calm=st.booleans())
    def signal(self, ticker: str, up: bool, confidence: float, is_calm: bool) -> None:
        """Somebody sees something coming within the day."""
        if is_calm:
            self.calm()
        direction = SignalDirection.UP if up else SignalDirection.DOWN
        seen = IntradaySignal(
            signal_id=self._id("s"),
            ticker=ticker,
            window=SignalWindow.INTRADAY,
            direction=direction,
            confidence=confidence,
            generated_at=self.floor.at - timedelta(minutes=1),
        )
        self.floor.happens(events.SignalReceived(at=self.floor.at, signal=seen))

    @rule()
    def what_is_planned(self) -> None:
        """Tranches and rebalancing have their turn."""
        self.floor.happens(events.EntriesDue(at=self.floor.at))

    @rule()
    def mid_day(self) -> None:
        """A quarter of an hour into the session: entries may be made."""
        floor = self.floor
        if floor.is_open and floor.at < floor.session.open_at + timedelta(minutes=15):
            floor.at = floor.session.open_at + timedelta(minutes=15)
            floor.happens(events.PricesSeen(at=floor.at, market=floor.market))

    @precondition(lambda self: self.floor.tickets)
    @rule(which=fractions, part=fractions, worse=st.sampled_from((0, 0, 0.001)))
    def fill(self, which: int, part: int, worse: float) -> None:
        """The broker fills part of an order, or all of it."""
        tickets = list(self.floor.tickets.values())
        ticket = tickets[which % len(tickets)]
        quoted = self.floor.market.prices.get(ticket.order.ticker, 1_000_000)
        buying = ticket.order.side is OrderSide.BUY
        price = round(quoted * (1 + worse if buying else 1 - worse))
        if buying and ticket.order.limit_price is not None:
            price = min(price, ticket.order.limit_price)
        quantity = ticket.left if part > 40 else max(1, ticket.left * part // 100)
        self.floor.fill(ticket, quantity, max(1, price))

    @precondition(lambda self: self.floor.tickets)
    @rule()
    def fill_everything(self) -> None:
        """The broker fills all that it has."""
        for ticket in list(self.floor.tickets.values()):
            if ticket.order.client_order_id in self.floor.tickets:
                price = self.floor.market.prices.get(ticket.order.ticker, 1_000_000)
                self.floor.fill(ticket, ticket.left, price)

    @precondition(lambda self: self.floor.tickets)
    @rule(which=fractions, reason=st.sampled_from(("rejected", "cancelled", "expired")))
    def end(self, which: int, reason: str) -> None:
        """The broker ends an order."""
        tickets = list(self.floor.tickets.values())
        self.floor.end(tickets[which % len(tickets)], reason)

    @precondition(lambda self: self.floor.asked)
    @rule(is_halted=st.booleans())
    def broker_tells(self, is_halted: bool) -> None:
        """The broker says whether a silent ticker is halted."""
        ticker = self.floor.asked.pop(0)
        self.floor.happens(events.TickerStatusTold(at=self.floor.at, ticker=ticker, is_halted=is_halted))

    @rule(ticker=tickers, minutes=st.sampled_from((0, 0, 20)), everyone=st.sampled_from((False, False, False, True)))
    def silence(self, ticker: str, minutes: int, everyone: bool) -> None:
        """A ticker, or the feed, falls silent, or is heard again; the broker may be asked."""
        floor = self.floor
        names = TICKERS if everyone else (ticker,)
        for name in names:
            floor.market.ages[name] = 60.0 * minutes
        floor.market.heartbeat = 60.0 * minutes if everyone else 0.0
        floor.happens(events.PricesSeen(at=floor.at, market=floor.market))
        if not floor.asked and floor.state.positions:  # told unasked, it must do no harm
            told = events.TickerStatusTold(at=floor.at, ticker=ticker, is_halted=False)
            floor.happens(told)

    @rule(ticker=tickers, what=st.sampled_from(("price", "atr", "earnings", "correlation", "bar")), value=fractions)
    def world(self, ticker: str, what: str, value: int) -> None:
        """What is known of a ticker changes."""
        market = self.floor.market
        match what:
            case "price" if ticker in market.prices and ticker not in self.floor.state.positions:
                del market.prices[ticker]
            case "price":
                market.prices.setdefault(ticker, 1_000_000)
            case "atr" if value > 70:
                market.atrs.pop(ticker, None)
            case "atr":
                market.atrs[ticker] = value / 10
            case "earnings":
                market.earnings[ticker] = value % 7
            case _:
                market.correlation_with[ticker] = value / 100

    @rule(ticker=tickers, what=st.sampled_from(("atr", "earnings", "correlation", "price")), value=fractions)
    def hard_to_buy(self, ticker: str, what: str, value: int) -> None:
        """All is calm but for one thing, and then somebody recommends to buy."""
        self.calm()
        self.world(ticker, what, value)
        self.recommendation(ticker, Action.BUY, 0.9, Mode.PAPER_ELIGIBLE, 0)

    @rule(ticker=tickers)
    def crash(self, ticker: str) -> None:
        """A position with a distant stop loses more than one may, is sold, and recommended again."""
        self.calm()
        self.floor.policy = POLICIES[-1]
        self.recommendation(ticker, Action.BUY, 0.9, Mode.PAPER_ELIGIBLE, 0)
        self.fill_everything()
        self.look(6, ticker, 0.88)
        self.fill_everything()
        self.recommendation(ticker, Action.BUY, 0.9, Mode.PAPER_ELIGIBLE, 0)

    @rule(
        ticker=tickers,
        minutes=st.integers(1, 400),
        severity=st.sampled_from((Severity.HIGH, Severity.HIGH, Severity.LOW)),
        scope=st.sampled_from(("all", "ticker", "sector")),
    )
    def macro_event(self, ticker: str, minutes: int, severity: Severity, scope: str) -> None:
        """Something shakes the market."""
        at = self.floor.at
        event = MacroEvent(
            event_id=self._id("m"),
            severity=severity,
            at=at,
            until=at + timedelta(minutes=minutes),
            tickers=frozenset({ticker}) if scope == "ticker" else frozenset(),
            sector="tech" if scope == "sector" else None,
        )
        self.floor.happens(events.MacroEventReceived(at=at, event=event))

    @rule(ticker=tickers, ratio=st.sampled_from(RATIOS))
    def split(self, ticker: str, ratio: Fraction) -> None:
        """Old shares become new ones."""
        floor, market = self.floor, self.floor.market
        if any(t.order.ticker == ticker and t.order.side is OrderSide.BUY for t in floor.tickets.values()):
            return  # the exchange cancels orders in old shares overnight: the broker says so first
        if ticker in market.prices:
            market.prices[ticker] = max(1, round(market.prices[ticker] / ratio))
        if ticker in market.atrs:
            market.atrs[ticker] = round(market.atrs[ticker] / float(ratio), 6)
        split = Split(ticker=ticker, on=floor.session.on, ratio=ratio)
        floor.happens(events.SplitTookEffect(at=floor.at, split=split))

    @rule(ticker=tickers, cents=fractions)
    def dividend(self, ticker: str, cents: int) -> None:
        """A dividend is paid."""
        paid = Dividend(ticker=ticker, ex_on=self.floor.session.on, amount=cents * 100)
        self.floor.happens(events.DividendWentEx(at=self.floor.at, dividend=paid))

    @rule(ticker=tickers)
    def listing_ends(self, ticker: str) -> None:
        """A ticker will not trade again."""
        at, on = self.floor.at, self.floor.session.on
        self.floor.happens(events.ListingEnded(at=at, ticker=ticker, last_bar_on=on))

    @rule(dollars=st.sampled_from((-90_000, -2_000, 500, 5_000, 80_000)))
    def funds(self, dollars: int) -> None:
        """Money comes or goes."""
        kind = FlowKind.DEPOSIT if dollars >= 0 else FlowKind.WITHDRAWAL
        dollars = max(dollars, -self.floor.state.cash // 10_000)
        self.floor.happens(events.FundsMoved(at=self.floor.at, kind=kind, amount=dollars * 10_000))
        self.recommendations(0.8, 6)

    @rule(state=st.sampled_from((TradingState.ACTIVE,) * 3 + (TradingState.REDUCING, TradingState.HALTED)))
    def pause(self, state: TradingState) -> None:
        """A person sets what the engine may do."""
        self.floor.happens(events.TradingStateSet(at=self.floor.at, state=state, cause="a test"))

    @rule(tier=st.sampled_from(RiskTierName))
    def tier(self, tier: RiskTierName) -> None:
        """A person chooses the tier."""
        self.floor.happens(events.TierSet(at=self.floor.at, tier=tier))

    @rule(dollars=st.sampled_from((-20_000, -500, 0, 700, 9_000, 10_000_000)))
    def reserve(self, dollars: int) -> None:
        """A person moves money between reserve and active pool."""
        self.floor.happens(events.ReserveAdjusted(at=self.floor.at, amount=dollars * 10_000))

    @rule()
    def manual_breaker(self) -> None:
        """A person trips the breaker."""
        self.floor.happens(events.BreakerSet(at=self.floor.at))
        self.recommendations(0.8, 2)
        self.clear_breaker(1)

    @rule(which=fractions)
    def clear_breaker(self, which: int) -> None:
        """A person ends a breaker, or one that is not on."""
        on = sorted(b.breaker_id for b in self.floor.state.breakers.values()) or ["none"]
        self.floor.happens(events.BreakerCleared(at=self.floor.at, breaker_id=on[which % len(on)]))

    @rule(ticker=tickers)
    def sell_what_is_halted(self, ticker: str) -> None:
        """Trading is halted, and somebody recommends to sell."""
        self.pause(TradingState.HALTED)
        self.recommendation(ticker, Action.SELL, 0.9, Mode.PAPER_ELIGIBLE, 0)
        self.pause(TradingState.ACTIVE)

    @rule(ticker=tickers)
    def close(self, ticker: str) -> None:
        """A person wants a position closed."""
        self.floor.happens(events.CloseAsked(at=self.floor.at, ticker=ticker))

    @rule(policy=st.sampled_from(POLICIES), count=st.integers(1, 6))
    def change_settings(self, policy: TradingPolicy, count: int) -> None:
        """Settings change, and then there is something to decide by them."""
        COUNTS.events["settings"] += 1
        self.floor.policy = policy
        self.recommendations(0.8, count)
        for ticker in TICKERS[count - 1 : count + 1]:
            self.signal(ticker, up=True, confidence=0.8, is_calm=False)

    @rule()
    def calm(self) -> None:
        """Everything that stands in the way of entries is over, so that there are some."""
        floor = self.floor
        floor.policy = POLICIES[0]
        floor.market.ages.clear()
        floor.market.heartbeat = 0.0
        floor.market.earnings.clear()
        floor.market.correlation_with.clear()
        for ticker in TICKERS:
            floor.market.prices.setdefault(ticker, 1_000_000)
            floor.market.atrs[ticker] = round(floor.market.prices[ticker] / 500_000, 6)
        floor.happens(events.TradingStateSet(at=floor.at, state=TradingState.ACTIVE, cause="a test"))
        for breaker in list(floor.state.breakers.values()):
            floor.happens(events.BreakerCleared(at=floor.at, breaker_id=breaker.breaker_id))
        self.mid_day()

    @invariant()
    def books_are_right(self) -> None:
        """The clerk looks at everything."""
        if hasattr(self, "floor"):
            self.floor.inspect()


@pytest.fixture(scope="module", autouse=True)
def told() -> Iterator[None]:
    """Print the counts of the long form."""
    yield
    if "STONKS_MACHINE_RUNS" in os.environ:
        print(f"\n{COUNTS.steps:,} steps")
        for name, count in sorted(COUNTS.events.items()):
            print(f"  {count:9,} {name}")
        for check in Check:
            print(f"  {COUNTS.failures[check]:9,} {check.value} failed")


@pytest.mark.timeout(7_200)
def test_p39_p41_p42_whatever_happens_the_books_are_right_and_exits_are_possible() -> None:
    plenty = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(AnythingHappens, settings=plenty)
    if RUNS >= 2_000:
        rare = {k: n for k, n in COUNTS.events.items() if n < 1_000}
        silent = {c.value: COUNTS.failures[c] for c in Check if COUNTS.failures[c] < 50}
        assert not rare, f"events that came less than a thousand times: {rare}"
        assert not silent, f"checks that failed less than fifty times: {silent}"
