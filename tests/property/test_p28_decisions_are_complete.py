"""Property 28: a decision says everything: fields, orders, the answer of every check, the one that stopped it."""

from collections import defaultdict
from fractions import Fraction

from hypothesis import event, given, settings

from engine.decision.effects import RecordDecision, SubmitOrder
from engine.decision.events import RecommendationReceived
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.orders import OrderTag
from engine.model.recommendation import Action
from engine.model.runs import RunStatus
from engine.model.verdict import SKIP_REASONS, Check
from tests.support.desk import NOON
from tests.support.markets import World, worlds
from tests.support.portfolios import Candidate, Holding, candidates, holdings, seated
from tests.support.tapes import buy, rules, sell

OF_A_BUY = (
    Check.ENABLED,
    Check.TRADING_STATE,
    Check.MODE,
    Check.EXPIRY,
    Check.HELD,
    Check.COOL_DOWN,
    Check.WINDOW,
    Check.CONFIDENCE,
    Check.PRICE,
    Check.ATR,
    Check.POSITION_COUNT,
    Check.DECLINING,
    Check.ACTIVE_POOL,
    Check.EARNINGS,
    Check.CORRELATION,
    Check.SECTOR,
    Check.HEAT,
    Check.CASH,
    Check.SHARES,
)
"""The order of spec section 4."""
OF_A_SELL = {Check.MODE, Check.EXPIRY, Check.HOLDING, Check.CONFIDENCE, Check.MARKET_OPEN, Check.NOT_HALTED}


def says_everything(decision: Decision) -> None:
    """Assert what must hold for every decision."""
    assert decision.decision_id
    assert decision.cause
    assert decision.ticker
    assert decision.at.tzinfo is not None
    assert decision.heat >= 0
    assert decision.trace is not None
    failed = decision.trace.first_failure
    if decision.outcome is TradingDecisionType.ACT:
        assert (decision.skip_reason, failed) == (None, None)
        assert decision.shares > 0
        assert decision.price is not None
    else:
        assert decision.shares == 0
        assert failed is not None
        assert decision.skip_reason == failed.skip_reason == SKIP_REASONS[failed.check]
    if decision.kind is DecisionKind.ENTRY:
        assert decision.recommendation_id == decision.cause
        answered = [v.check for v in decision.trace.verdicts]
        asked = [c for c in OF_A_BUY if c not in decision.trace.not_computed]
        assert answered == asked
        assert set(decision.trace.not_computed) <= {Check.HEAT, Check.CASH, Check.SHARES}
        if failed is not None:
            assert (decision.failed_value, decision.failed_limit) == (failed.value, failed.limit)
    elif decision.outcome is TradingDecisionType.ACT:
        names = {v.check for v in decision.trace.verdicts}
        assert names == (OF_A_SELL if decision.recommendation_id else {Check.NOT_HALTED})


@settings(max_examples=50)
@given(worlds())
def test_p28_every_decision_of_a_run_says_everything_and_has_its_fills(world: World) -> None:
    result = world.play(traced=True)
    assert result.status is RunStatus.COMPLETED, result.error
    books = result.books
    assert [d.decision_id for d in books.decisions] == [f"d{i + 1}" for i in range(len(books.decisions))]
    assert [d.at for d in books.decisions] == sorted(d.at for d in books.decisions)
    fills = defaultdict(list)
    for execution in books.executions:
        fills[execution.decision_id].append(execution)
    acted = {d.decision_id for d in books.decisions if d.outcome is TradingDecisionType.ACT}
    assert fills.keys() <= acted
    buys = {r.recommendation_id for r in world.recommendations if r.action is Action.BUY}
    for decision in books.decisions:
        says_everything(decision)
        event(decision.skip_reason or f"act on {decision.kind}")
        for execution in fills[decision.decision_id]:
            assert execution.fill.ticker == decision.ticker
            assert execution.fill.quantity == decision.shares
            assert (execution.tag is OrderTag.ENTRY) == (decision.kind is DecisionKind.ENTRY)
        if decision.kind is DecisionKind.ENTRY:
            assert decision.recommendation_id in buys
            if decision.outcome is TradingDecisionType.ACT:
                assert decision.price is not None
                asked = round(decision.price * (1 + Fraction(str(world.costs.slippage_bps)) / 10_000))
                limit = round(decision.price * Fraction("1.005"))
                assert len(fills[decision.decision_id]) == (1 if asked <= limit else 0)
    assert {t.decision_id for t in books.trades} | {t.exit_decision_id for t in books.trades} - {""} <= acted


@settings(max_examples=80)
@given(holdings, candidates)
def test_p28_an_entry_has_one_order_with_its_ids(held: list[Holding], candidate: Candidate) -> None:
    desk = seated(held, candidate, policy=rules())
    recommendation = buy("NEW", confidence=candidate.confidence)
    effects = desk.happens(RecommendationReceived(at=NOON, recommendation=recommendation))
    decisions = [e.decision for e in effects if isinstance(e, RecordDecision)]
    orders = [e.order for e in effects if isinstance(e, SubmitOrder)]
    for decision in decisions:
        says_everything(decision)
    acted = [d for d in decisions if d.outcome is TradingDecisionType.ACT]
    assert [o.decision_id for o in orders] == [d.decision_id for d in acted]
    for order, decision in zip(orders, acted, strict=True):
        assert order.recommendation_id == recommendation.recommendation_id
        assert order.client_order_id == f"{decision.decision_id}-1-1"
        assert (order.quantity, order.side, order.tag) == (decision.shares, "buy", "entry")
        assert order.limit_price == round(candidate.price * Fraction("1.005"))


def test_p28_a_skipped_sell_names_every_check() -> None:
    decision = seated([], policy=rules()).offer(sell("AAA", 0))
    assert decision is not None
    assert decision.trace is not None
    assert {v.check for v in decision.trace.verdicts} | set(decision.trace.not_computed) == OF_A_SELL


@settings(max_examples=40)
@given(worlds())
def test_p18_never_more_positions_than_the_maximum_at_any_moment(world: World) -> None:
    held: set[str] = set()
    for execution in world.play().books.executions:
        if execution.fill.side == "buy":
            held.add(execution.fill.ticker)
        else:
            held.remove(execution.fill.ticker)
        assert len(held) <= world.policy.max_open_positions or world.tape.splits  # a split may end one without a fill
