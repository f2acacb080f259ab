"""Properties 13 and 14 within the day: a breaker trips when its cause comes up; nothing is bought while it is on."""

from datetime import datetime, timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.decision import breakers
from engine.decision.effects import RecordBreaker
from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.orders import OrderTag
from engine.model.runs import RunStatus
from tests.support.desk import Desk, PlainMarket
from tests.support.markets import IntradayWorld, intraday_worlds
from tests.support.tapes import opening, rules

WINDOW = timedelta(minutes=30)
moments = st.integers(0, 77).map(lambda n: opening(0) + timedelta(minutes=5 * n))
"""Five minutes apart, so that some are half an hour apart to the second."""


@given(st.lists(moments, max_size=25).map(sorted), st.sampled_from((1, 2, 3, 4)))
def test_p13_stops_trip_the_breaker_each_time_that_their_number_comes_up(stops: list[datetime], count: int) -> None:
    desk = Desk(PlainMarket(), policy=rules(volatility_stop_count=count))
    for place, at in enumerate(stops):
        effects = breakers.stop_was_hit(desk.state, at, desk.policy)
        tripped = [e for e in effects if isinstance(e, RecordBreaker) and e.event.resolved_at is None]
        now = sum(at - WINDOW < stop <= at for stop in stops[: place + 1])
        same = [stop for stop in stops[:place] if stop == at]
        # just before a new moment, a stop of half an hour ago still counts
        before = now - 1 if same else sum(at - WINDOW <= stop for stop in stops[:place])
        assert bool(tripped) is (now >= count > before)
        event("tripped" if tripped else "not")


ENTRIES = (OrderTag.ENTRY, OrderTag.MICRO_ENTRY)


@settings(max_examples=50)
@given(intraday_worlds(with_splits=True))
def test_p13_p14_while_one_is_on_nothing_is_bought_and_each_ends_on_time(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    books, sessions = result.books, world.tape.daily.sessions
    bought = [e.fill.at for e in books.executions if e.tag in ENTRIES]
    kinds = (DecisionKind.ENTRY, DecisionKind.MICRO)
    decided = [d.at for d in books.decisions if d.kind in kinds and d.outcome is TradingDecisionType.ACT]
    for b in books.breakers:
        event(b.trigger)
        if b.trigger is not CircuitBreakerTriggerType.MANUAL:
            minutes = {
                CircuitBreakerTriggerType.DAILY_LOSS: world.policy.daily_loss_cooldown_minutes,
                CircuitBreakerTriggerType.VOLATILITY: world.policy.volatility_cooldown_minutes,
                CircuitBreakerTriggerType.SINGLE_POSITION: world.policy.single_position_cooldown_minutes,
            }[b.trigger]
            assert b.cooldown_expires == sessions.after_market_minutes(b.at, minutes)
            assert b.resolved_at is None or b.resolved_at <= b.cooldown_expires
        for at in bought + decided:
            is_on = b.at <= at and (b.resolved_at is None or at < b.resolved_at)
            assert not is_on or b.trigger is CircuitBreakerTriggerType.SINGLE_POSITION
        if b.trigger is CircuitBreakerTriggerType.SINGLE_POSITION:
            own = [e.fill.at for e in books.executions if e.tag in ENTRIES and e.fill.ticker == b.ticker]
            assert not any(b.at < at and (b.resolved_at is None or at < b.resolved_at) for at in own)
