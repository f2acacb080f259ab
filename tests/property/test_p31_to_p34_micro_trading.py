"""Properties 31 to 34: micro trades are small, short, counted apart, and pass every check that an entry passes."""

from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.accounting import performance_tracker
from engine.decision import checks
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.orders import OrderTag
from engine.model.portfolio import TradingState
from engine.model.positions import StopRule
from engine.model.runs import RunStatus
from engine.model.signals import SignalDirection
from engine.model.verdict import Check
from engine.risk import micro_trading
from tests.support.desk import NOON, Desk, PlainMarket
from tests.support.markets import IntradayWorld, intraday_worlds
from tests.support.portfolios import Candidate, Holding, candidates, holdings, seated
from tests.support.tapes import at, buy, rules, signal

ON = {"micro_trading_enabled": True}
micro_policies = st.builds(
    lambda cap, factor, count, stop, reward, top, tranches: rules(
        **ON,
        micro_trading_allocation_cap_pct=cap,
        micro_trading_allocation_factor=factor,
        micro_trading_max_daily=count,
        micro_trading_stop_atr_multiplier=stop,
        micro_trading_reward_risk_ratio=reward,
        gradual_entry_tranches=tranches,
        moderate={"max_position_pct": top, "max_portfolio_heat": 1.0},
    ),
    st.sampled_from((0.03, 0.03, 0.001, 1.0)),
    st.sampled_from((0.5, 0.5, 1.0)),
    st.sampled_from((10, 1, 0)),
    st.sampled_from((1.0, 0.3)),
    st.sampled_from((1.5, 4.0)),
    st.sampled_from((0.08, 0.01)),
    st.sampled_from((1, 3)),
)


@settings(max_examples=80)
@given(st.one_of(st.just([]), holdings), candidates, micro_policies, st.integers(0, 3))
def test_p31_size_levels_and_daily_count_keep_to_their_limits(
    held: list[Holding], candidate: Candidate, policy: object, made: int
) -> None:
    desk = seated(held, candidate, policy=policy)  # type: ignore[arg-type]
    desk.state.agenda.micro_entries = made
    pool = desk.state.book().active_pool
    decision = desk.hears(signal("NEW", 0, 149, confidence=candidate.confidence))
    if decision is None:
        return
    event(decision.skip_reason or "act")
    if decision.outcome is TradingDecisionType.SKIP:
        assert (decision.skip_reason == "micro_daily_limit") is (made >= desk.policy.micro_trading_max_daily)
        return
    assert made < desk.policy.micro_trading_max_daily
    (order,) = desk.orders
    cap = min(desk.policy.micro_trading_allocation_cap_pct, desk.policy.tiers[desk.state.tier].max_position_pct)
    assert order.quantity * candidate.price <= cap * pool + 1
    assert (order.tag, order.tranche_count) == (OrderTag.MICRO_ENTRY, 1)
    position = desk.state.positions["NEW"]
    away = candidate.atr * desk.policy.micro_trading_stop_atr_multiplier * 10_000
    assert position.is_micro
    assert abs(position.levels.stop - max(0, position.entry_price - away)) <= 0.51
    gain = (position.entry_price - position.levels.stop) * desk.policy.micro_trading_reward_risk_ratio
    assert abs(position.levels.target - position.entry_price - gain) <= 0.51 + gain / 10**9


@settings(max_examples=50)
@given(st.integers(15, 374), st.integers(1, 300), st.booleans(), st.integers(0, 390), st.sampled_from(TradingState))
def test_p32_it_is_closed_when_its_time_is_over_and_shortly_before_the_close(
    opened: int, minutes: int, is_short: bool, now: int, trading: TradingState
) -> None:
    policy = rules(**ON, micro_trading_max_hold_minutes=minutes)
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}), policy=policy)
    desk.hears(signal("AAA", 0, opened - 0.5), at=at(0, opened))
    assert "AAA" in desk.state.positions
    desk.set_state(trading)
    now = max(now, opened)
    desk.sees(at(0, now))
    is_over = now >= opened + minutes or now >= 385
    event(f"over: {is_over}")
    assert [o.tag for o in desk.orders[1:]] == (
        [OrderTag.MICRO_CLOSE] if is_over and trading is not TradingState.HALTED else []
    )


@settings(max_examples=50)
@given(intraday_worlds(with_splits=True))
def test_p31_p32_p33_in_a_run_they_are_few_short_and_counted_apart(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    books, policy = result.books, world.policy
    bought = [e for e in books.executions if e.tag is OrderTag.MICRO_ENTRY]
    event(f"micro entries: {min(3, len(bought))}")
    acts = [d for d in books.decisions if d.kind is DecisionKind.MICRO and d.outcome is TradingDecisionType.ACT]
    for on in {d.at.date() for d in acts}:
        assert sum(d.at.date() == on for d in acts) <= policy.micro_trading_max_daily
    opened = {e.decision_id: e.fill.at for e in bought}
    first_fills = {e.decision_id: (e.fill.ticker, e.fill.at) for e in reversed(bought)}
    closes = {s.on: s.close_at for s in world.played}
    halted = any(s.trading_state is TradingState.HALTED for s in books.snapshots) or any(
        getattr(word, "state", None) is TradingState.HALTED for word in world.interventions
    )
    for trade in books.trades:
        assert trade.is_micro is (trade.decision_id in opened)
    told = [c for c in books.stop_changes if c.is_micro and c.rule is StopRule.INITIAL]
    assert {c.decision_id for c in told} == set(opened)
    for d in books.decisions:
        if d.kind is DecisionKind.EXIT and d.cause == "micro_close" and d.outcome is TradingDecisionType.ACT:
            began = max(o for t, o in first_fills.values() if t == d.ticker and o <= d.at)
            due = world.tape.daily.sessions.after_market_minutes(began, policy.micro_trading_max_hold_minutes)
            over_night = began.date() < d.at.date()  # nothing could leave the day before
            assert over_night or d.at >= min(due, closes[d.at.date()] - timedelta(minutes=5))
            if not halted:
                assert d.at <= min(due, closes[d.at.date()] - timedelta(minutes=5)) + timedelta(seconds=60)
    m = result.metrics
    assert m.trades == performance_tracker.trade_statistics([t for t in books.trades if not t.is_micro])
    assert m.micro == performance_tracker.trade_statistics([t for t in books.trades if t.is_micro])
    for s in books.snapshots:
        for tally, mine in (
            ((s.trade_count, s.win_count, s.loss_count, s.gross_profit, s.gross_loss), False),
            (
                (s.micro.trade_count, s.micro.win_count, s.micro.loss_count, s.micro.gross_profit, s.micro.gross_loss),
                True,
            ),
        ):
            pnls = [t.pnl for t in books.trades if t.is_micro is mine and t.exit_at <= s.at]
            gained, lost = [p for p in pnls if p > 0], [-p for p in pnls if p < 0]
            assert tally == (len(pnls), len(gained), len(lost), sum(gained), sum(lost))


@given(st.lists(st.tuples(st.booleans(), st.integers(-(10**6), 10**6)), max_size=20))
def test_p33_micro_trades_tell_the_tier_nothing(trades: list[tuple[bool, int]]) -> None:
    desk = Desk(PlainMarket())
    for n, (is_micro, pnl) in enumerate(trades):
        ticker = f"T{n}"
        desk.hold(ticker, 1, entry=2_000_000, now=2_000_000 + pnl, stop=1, is_micro=is_micro)
        desk.asks_to_close(ticker)
    assert [outcome.pnl for _, outcome in desk.state.outcomes] == [pnl for is_micro, pnl in trades if not is_micro]
    assert desk.state.performance.standard.trades == sum(not is_micro for is_micro, _ in trades)
    assert desk.state.performance.micro.trades == sum(is_micro for is_micro, _ in trades)


@settings(max_examples=100)
@given(
    st.one_of(st.just([]), holdings),
    candidates,
    st.sampled_from(TradingState),
    st.sampled_from((0, 14, 15, 100, 374, 375)),
    st.sampled_from((0.0, 120.0, 121.0)),
    st.data(),
)
def test_p34_a_signal_is_answered_as_a_recommendation_would_be_by_the_numbers_of_micro_trading(
    held: list[Holding], candidate: Candidate, trading: TradingState, minute: int, age: float, data: st.DataObject
) -> None:
    policy = rules(
        **ON,
        enabled=data.draw(st.sampled_from((True, True, True, False))),
        max_open_positions=data.draw(st.integers(0, 8)),
        active_pool_minimum=data.draw(st.sampled_from((100.0, 1e6))),
    )
    answers = []
    when = at(0, minute)
    for by_signal in (True, False):
        mine = policy if by_signal else micro_trading.policy_for_micro(policy)
        desk = seated(held, candidate, policy=mine)
        desk.market.age = age
        desk.state.trading = trading
        if candidate.earnings == 8:
            desk.state.cool_downs["NEW"] = at(0, 200)
        if by_signal:
            decision = desk.hears(signal("NEW", 0, minute, confidence=candidate.confidence), at=when)
        else:
            decision = desk.offer(buy("NEW", confidence=candidate.confidence, generated_at=when), at=when)
        put_off = [d.reason for d in desk.signal_deferrals] + [d.reason for d in desk.deferrals]
        answers.append((decision and (decision.skip_reason, decision.shares, decision.failed_value), put_off))
    event(f"{answers[0][0] and (answers[0][0][0] or 'act')}")
    assert answers[0] == answers[1]


def test_p34_no_check_of_an_entry_is_left_out() -> None:
    asked = [check for check, _ in checks.MICRO_CHECKS]
    assert [check for check, _ in checks.CHECKS if check is not Check.MODE] == asked[2:]
    assert asked[:2] == [Check.MICRO_ENABLED, Check.MICRO_COUNT]


@given(st.sampled_from(SignalDirection), st.integers(0, 1), st.booleans())
def test_p34_a_signal_downwards_only_ever_closes_a_micro_position(
    direction: SignalDirection, is_held: int, is_micro: bool
) -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}), policy=rules(**ON))
    if is_held:
        desk.hold("AAA", 10, entry=1_000_000, is_micro=is_micro)
    desk.hears(signal("AAA", 0, 149, up=direction is SignalDirection.UP), at=NOON)
    sold = desk.sales()
    assert sold == (["10 AAA micro_close d1-1-1"] if direction is SignalDirection.DOWN and is_held and is_micro else [])
