"""Strategies: what do values of the vocabulary look like, the odd ones included?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

from hypothesis import strategies as st

from engine.model.audit import Asked, AuditEvent, Word
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.market import Dividend, Security, Split
from engine.model.money import Money
from engine.model.notices import Notice, NoticeKind
from engine.model.orders import Fill, Order, OrderSide, OrderTag, OrderType, TimeInForce
from engine.model.performance import PerformanceMetrics, TradeStatistics
from engine.model.portfolio import (
    CashFlow,
    FlowKind,
    MicroTally,
    PortfolioSnapshot,
    PositionMark,
    ReserveEntry,
    ReservePoolTriggerType,
    RiskTierName,
    TierChange,
    TierChangeCause,
    TradingState,
)
from engine.model.positions import ClosedTrade, Lot, LotClosure, PositionSplit, StopChange, StopLevels, StopRule
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.runs import DataGap, ExecutedOrder, GapKind, RunBooks, RunInput, RunRecord, RunStatus
from engine.model.tax import LossAtStake, LotTax, OpenLot, fine
from engine.model.verdict import Check, SizingStep, Trace, Verdict

DOLLAR = 10_000

money: st.SearchStrategy[Money] = st.integers(-(10**12) * DOLLAR, 10**12 * DOLLAR)
"""Up to a trillion dollars either way."""
prices: st.SearchStrategy[Money] = st.integers(1, 1_000_000 * DOLLAR)
quantities = st.integers(1, 10**9)
tickers = st.from_regex(r"[A-Z]{1,5}(\.[AB])?", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
ids = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
fractions = st.floats(0, 1)
numbers = st.floats(allow_nan=False)
"""Infinity included: a profit factor may be."""
days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
zones = st.sampled_from((UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=30))))
moments = st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 31), timezones=zones)  # noqa: DTZ001
"""Aware, to the microsecond, in several zones."""

recommendations = st.builds(
    Recommendation,
    recommendation_id=ids,
    ticker=tickers,
    action=st.sampled_from(Action),
    mode=st.sampled_from(Mode),
    confidence=fractions,
    generated_at=moments,
    expires_at=st.none() | moments,
    source=texts,
    thesis=texts,
)
securities = st.builds(Security, ticker=tickers, name=texts, sector=st.none() | texts, last_bar_on=st.none() | days)
ratios = st.builds(Fraction, st.integers(1, 1000), st.integers(1, 1000))
splits = st.builds(Split, ticker=tickers, on=days, ratio=ratios)
dividends = st.builds(Dividend, ticker=tickers, ex_on=days, amount=prices)

verdicts = st.builds(
    Verdict,
    check=st.sampled_from(Check),
    passed=st.booleans(),
    value=st.none() | numbers,
    limit=st.none() | numbers,
    unit=st.sampled_from(("", "pct", "usd", "count", "seconds")),
    note=texts,
)
sizing_steps = st.builds(SizingStep, name=ids, before=numbers, after=numbers, unit=texts, note=texts)
stakes = st.builds(LossAtStake, shares=quantities, washed=quantities | ratios, loss=money, until=days)
traces = st.builds(
    Trace,
    verdicts=st.lists(verdicts, max_size=4).map(tuple),
    sizing=st.lists(sizing_steps, max_size=3).map(tuple),
    inputs=st.lists(st.tuples(ids, st.none() | numbers | st.integers() | texts), max_size=4).map(tuple),
    not_computed=st.lists(st.sampled_from(Check), max_size=3).map(tuple),
    at_stake=st.none() | stakes,
)
decisions = st.builds(
    Decision,
    decision_id=ids,
    at=moments,
    kind=st.sampled_from(DecisionKind),
    outcome=st.sampled_from(TradingDecisionType),
    ticker=tickers,
    cause=texts,
    recommendation_id=st.none() | ids,
    skip_reason=st.none() | ids,
    failed_value=st.none() | numbers,
    failed_limit=st.none() | numbers,
    confidence=st.none() | fractions,
    price=st.none() | prices,
    shares=quantities,
    dollars=numbers,
    risk_tier=st.sampled_from(RiskTierName),
    heat=numbers,
    active_pool=money,
    reserve=money,
    is_micro=st.booleans(),
    trace=st.none() | traces,
)

orders = st.builds(
    Order,
    client_order_id=ids,
    decision_id=ids,
    recommendation_id=st.none() | ids,
    ticker=tickers,
    side=st.sampled_from(OrderSide),
    quantity=quantities,
    order_type=st.sampled_from(OrderType),
    limit_price=st.none() | prices,
    time_in_force=st.sampled_from(TimeInForce),
    tag=st.sampled_from(OrderTag),
    created_at=moments,
    tranche=st.integers(1, 3),
    tranche_count=st.integers(1, 3),
    attempt=st.integers(1, 100),
    trigger_price=st.none() | prices,
)
_named_texts = st.dictionaries(texts, texts, max_size=3)
audits = st.builds(
    AuditEvent,
    at=moments,
    asked=st.builds(Asked, word=st.sampled_from(Word), arguments=_named_texts, who=texts, origin=texts),
    done=st.booleans(),
    words=texts,
    before=_named_texts,
    after=_named_texts,
)
fills = st.builds(
    Fill,
    client_order_id=ids,
    ticker=tickers,
    side=st.sampled_from(OrderSide),
    quantity=quantities,
    price=prices,
    commission=money,
    at=moments,
)
executions = st.builds(ExecutedOrder, fill=fills, decision_id=ids, tag=st.sampled_from(OrderTag))
lot_taxes = st.builds(
    LotTax,
    basis=money,
    held_since=days,
    carried=money,
    disallowed=money,
    replaced_by=st.lists(ids, max_size=3).map(tuple),
)
tax_lots = st.builds(
    OpenLot,
    ticker=tickers,
    purchase_id=ids,
    quantity=quantities | ratios,
    acquired_on=days,
    held_since=days,
    cost=money.map(fine),
    carried=st.just(0) | money.map(fine),
)
lots = st.builds(
    Lot,
    lot_id=ids,
    ticker=tickers,
    quantity=quantities,
    cost=money,
    commission=money,
    acquired_at=moments,
    share_cost=st.none() | money,
    tax=st.none() | lot_taxes,
)
closures = st.builds(
    LotClosure,
    lot_id=ids,
    ticker=tickers,
    quantity=quantities,
    cost=money,
    proceeds=money,
    commission=money,
    acquired_at=moments,
    closed_at=moments,
    tax=st.none() | lot_taxes,
)
trades = st.builds(
    ClosedTrade,
    ticker=tickers,
    decision_id=ids,
    exit_decision_id=ids,
    recommendation_id=st.none() | ids,
    sector=st.none() | texts,
    quantity=quantities,
    entry_price=prices,
    exit_price=prices,
    entry_at=moments,
    exit_at=moments,
    pnl=money,
    costs=money,
    pnl_pct=numbers,
    exit_reason=texts,
    signal_confidence=fractions,
    thesis=texts,
    is_micro=st.booleans(),
    closures=st.lists(closures, max_size=3).map(tuple),
)
position_splits = st.builds(
    PositionSplit,
    ticker=tickers,
    at=moments,
    ratio=ratios,
    shares_before=quantities,
    shares_after=quantities,
    in_lieu=money,
)
stop_levels = st.builds(
    StopLevels,
    stop=prices,
    target=prices,
    atr=numbers,
    atr_multiplier=numbers,
    reward_risk_ratio=numbers,
    trailing_stop_active=st.booleans(),
)
stop_changes = st.builds(
    StopChange,
    ticker=tickers,
    decision_id=ids,
    at=moments,
    rule=st.sampled_from(StopRule),
    entry_price=prices,
    levels=stop_levels,
    signal_confidence=fractions,
    is_micro=st.booleans(),
)
reserve_entries = st.builds(
    ReserveEntry,
    at=moments,
    trigger=st.sampled_from(ReservePoolTriggerType),
    amount=money,
    balance_after=money,
    reference_id=texts,
    notes=texts,
)
tier_changes = st.builds(
    TierChange,
    at=moments,
    previous=st.sampled_from(RiskTierName),
    new=st.sampled_from(RiskTierName),
    cause=st.sampled_from(TierChangeCause),
    win_rate=st.none() | st.floats(0, 1),
    trades=st.integers(0, 10**6),
    drawdown=st.floats(0, 1),
    reserve_pct=st.floats(0, 1),
)
breakers = st.builds(
    BreakerEvent,
    breaker_id=texts,
    at=moments,
    trigger=st.sampled_from(CircuitBreakerTriggerType),
    threshold=st.floats(0, 1),
    actual=st.floats(0, 1),
    ticker=texts,
    cooldown_expires=st.none() | moments,
    resolved_at=st.none() | moments,
)
flows = st.builds(CashFlow, at=moments, kind=st.sampled_from(FlowKind), amount=money, ticker=texts, note=texts)
notices = st.builds(
    Notice,
    at=moments,
    kind=st.sampled_from(NoticeKind),
    ticker=st.just("") | tickers,
    value=st.none() | numbers,
    limit=st.none() | numbers,
    reference_id=texts,
    note=texts,
)
marks = st.builds(
    PositionMark,
    ticker=tickers,
    quantity=quantities,
    entry_price=prices,
    last_price=prices,
    cost=money,
    stop=prices,
    target=prices,
    trailing_stop_active=st.booleans(),
    sector=st.none() | texts,
    signal_confidence=fractions,
    opened_at=moments,
    decision_id=ids,
    is_micro=st.booleans(),
)
tallies = st.builds(
    MicroTally,
    entries_today=st.integers(0, 10**6),
    trade_count=st.integers(0, 10**6),
    win_count=st.integers(0, 10**6),
    loss_count=st.integers(0, 10**6),
    gross_profit=money,
    gross_loss=money,
)
snapshots = st.builds(
    PortfolioSnapshot,
    on=days,
    at=moments,
    total_value=money,
    cash=money,
    active_pool=money,
    reserve=money,
    flows=money,
    costs=money,
    realised_pnl=money,
    unrealised_pnl=money,
    daily_return=numbers,
    cumulative_return=numbers,
    win_count=st.integers(0, 10**6),
    loss_count=st.integers(0, 10**6),
    trade_count=st.integers(0, 10**6),
    win_rate=st.none() | fractions,
    sharpe_ratio=st.none() | numbers,
    max_drawdown=numbers,
    current_drawdown=numbers,
    heat=numbers,
    risk_tier=st.sampled_from(RiskTierName),
    trading_state=st.sampled_from(TradingState),
    positions=st.lists(marks, max_size=3).map(tuple),
    daily_pnl=money,
    gross_profit=money,
    gross_loss=money,
    micro=tallies,
)

statistics = st.builds(
    TradeStatistics,
    trade_count=st.integers(0, 10**6),
    win_count=st.integers(0, 10**6),
    loss_count=st.integers(0, 10**6),
    win_rate=st.none() | fractions,
    profit_factor=st.none() | st.just(float("inf")) | numbers,
    gross_profit=money,
    gross_loss=money,
    net_pnl=money,
    average_win=st.none() | money,
    average_loss=st.none() | money,
    average_hold_days=st.none() | numbers,
)
metrics = st.builds(
    PerformanceMetrics,
    initial_value=money,
    final_value=money,
    total_return=numbers,
    annual_return=st.none() | numbers,
    sharpe_ratio=st.none() | numbers,
    max_drawdown=numbers,
    current_drawdown=numbers,
    exposure=numbers,
    costs=money,
    flows=money,
    reserve=money,
    sessions=st.integers(0, 10**6),
    trades=statistics,
    micro=statistics,
)
run_inputs = st.builds(RunInput, kind=ids, path=texts, digest=texts, rows=st.integers(0, 10**9))
gaps = st.builds(DataGap, kind=st.sampled_from(GapKind), on=days, ticker=texts, count=st.integers(1, 10**6), note=texts)
run_records = st.builds(
    RunRecord,
    run_id=st.just(0),
    created_at=moments,
    completed_at=st.none() | moments,
    status=st.sampled_from([s for s in RunStatus if s is not RunStatus.RUNNING]),
    error=texts,
    start_on=days,
    end_on=days,
    initial_capital=money,
    risk_tier=st.sampled_from(RiskTierName),
    seed=st.integers(0, 2**63 - 1),
    policy=st.dictionaries(ids, st.none() | st.booleans() | st.integers() | numbers | texts, max_size=4),
    costs=st.dictionaries(ids, st.integers() | numbers, max_size=3),
    inputs=st.lists(run_inputs, max_size=2).map(tuple),
    reading=st.dictionaries(ids, texts, max_size=3),
    metrics=st.none() | metrics,
    funnel=st.dictionaries(ids, st.integers(0, 10**6), max_size=4),
    gaps=st.lists(gaps, max_size=3).map(tuple),
    unaffordable=st.lists(tickers, max_size=3).map(tuple),
    notes=st.lists(texts, max_size=3).map(tuple),
    fingerprint=texts,
    seconds=st.floats(0, 10**6),
    code_version=texts,
    name=texts,
)


@st.composite
def run_books(draw: st.DrawFn) -> RunBooks:
    """Books that do not contradict themselves: ids, answered recommendations and days come once."""
    answered = lambda d: d.recommendation_id if d.recommendation_id is not None else object()  # noqa: E731
    unique_decisions = st.lists(decisions, max_size=6, unique_by=(lambda d: d.decision_id, answered))
    unique_days = st.lists(snapshots, max_size=3, unique_by=lambda s: s.on)
    return RunBooks(
        decisions=tuple(sorted(draw(unique_decisions), key=lambda d: d.at)),
        executions=tuple(draw(st.lists(executions, max_size=3))),
        trades=tuple(draw(st.lists(trades, max_size=3))),
        snapshots=tuple(sorted(draw(unique_days), key=lambda s: s.on)),
        stop_changes=tuple(draw(st.lists(stop_changes, max_size=3))),
        reserve_entries=tuple(draw(st.lists(reserve_entries, max_size=3))),
        tier_changes=tuple(draw(st.lists(tier_changes, max_size=3))),
        breakers=tuple(draw(st.lists(breakers, max_size=3))),
        flows=tuple(draw(st.lists(flows, max_size=3))),
        notices=tuple(draw(st.lists(notices, max_size=3))),
        splits=tuple(draw(st.lists(position_splits, max_size=3))),
        open_lots=tuple(draw(st.lists(lots, max_size=3))),
    )


def without_traces(books: RunBooks) -> tuple[Decision, ...]:
    """Return the decisions of `books` as a page without traces shows them."""
    return tuple(replace(d, trace=None) for d in books.decisions)
