"""The lines of a turn: what happened and what followed, for whoever is woken up by it."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from engine.decision import effects as e
from engine.decision import events as v
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.notices import NoticeKind
from engine.model.orders import Fill, OrderSide, OrderTag, OrderType
from engine.model.portfolio import RiskTierName, TradingState
from engine.model.sessions import Session
from engine.policy import TradingPolicy
from stonks_tui.turn_lines import lines
from tests.support.live_turns import an_order
from tests.support.samples import a_decision, a_notice, a_snapshot, a_stop_change, a_trade

AT = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
_SESSION = Session(on=AT.date(), open_at=AT, close_at=AT + timedelta(hours=3, minutes=30))
_NOTHING = v.EntriesDue(at=AT)
_BREAKER = BreakerEvent(
    breaker_id="b1", at=AT, trigger=CircuitBreakerTriggerType.DAILY_LOSS, threshold=0.02, actual=0.021
)
_FILL = Fill(
    client_order_id="d1-1-1",
    ticker="AAPL",
    side=OrderSide.BUY,
    quantity=12,
    price=1_872_100,
    commission=0,
    at=AT,
)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (v.SessionOpened(at=AT, session=_SESSION), "session 2026-11-27 opened, until 18:00 UTC"),
        (v.SessionEnded(at=AT, session=_SESSION), "session 2026-11-27 ended"),
        (v.OrderFilled(at=AT, fill=_FILL), "fill AAPL buy 12 @ 187.2100, order d1-1-1"),
        (v.OrderEnded(at=AT, client_order_id="d1-1-1", reason="too late"), "ended order d1-1-1: too late"),
        (v.TradingStateSet(at=AT, state=TradingState.REDUCING, cause="lunch"), "command trading is reducing: lunch"),
        (v.TierSet(at=AT, tier=RiskTierName.CONSERVATIVE), "command the tier is to be conservative"),
        (v.ReserveAdjusted(at=AT, amount=-5_000_000), "command the reserve is to change by -500.00"),
        (v.BreakerSet(at=AT, note="nervous"), "command the manual breaker is to trip: nervous"),
        (v.BreakerCleared(at=AT, breaker_id="b1"), "command breaker b1 is to be cleared"),
        (v.CloseAsked(at=AT, ticker="AAPL"), "command AAPL is to be closed"),
        (v.PolicySet(at=AT, policy=TradingPolicy()), "command other settings hold from now on"),
    ],
)
def test_what_happened_is_a_line(event: v.Event, said: str) -> None:
    assert [str(line) for line in lines(event, [])] == [said]


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (
            e.RecordDecision(decision=a_decision(1)),
            "skip AAPL low_confidence 0.6, limit 0.65 (rec-of-1, confidence 0.60)",
        ),
        (
            e.RecordDecision(decision=a_decision(1, outcome=TradingDecisionType.ACT, shares=12)),
            "act AAPL buy 12 @ 171.23 (rec-of-1, confidence 0.60), d1",
        ),
        (
            e.RecordDecision(
                decision=a_decision(
                    2,
                    outcome=TradingDecisionType.ACT,
                    kind=DecisionKind.EXIT,
                    cause="stop_loss",
                    recommendation_id=None,
                    confidence=None,
                    shares=12,
                )
            ),
            "act AAPL sell 12 @ 171.23 (stop), d2",
        ),
        (e.SubmitOrder(order=an_order(1)), "order AAPL buy 10 limit 171.23 (entry), d1-1-1"),
        (
            e.SubmitOrder(
                order=an_order(
                    1, side=OrderSide.SELL, order_type=OrderType.MARKET, limit_price=None, tag=OrderTag.STOP_LOSS
                )
            ),
            "order AAPL sell 10 (stop loss), d1-1-1",
        ),
        (e.CancelOrder(client_order_id="d1-1-1"), "cancel order d1-1-1"),
        (e.AskTickerStatus(ticker="AAPL"), "ask AAPL is trading in it halted?"),
        (
            e.RecordNotice(notice=a_notice(kind=NoticeKind.COMMAND_REFUSED, note="TSLA is not held")),
            "notice command refused: TSLA is not held",
        ),
        (e.RecordBreaker(event=_BREAKER), "breaker daily loss (b1) is on until somebody clears it"),
    ],
)
def test_what_followed_is_a_line(effect: e.Effect, said: str) -> None:
    assert [str(line) for line in lines(_NOTHING, [effect])] == [said]


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        (e.RecordStopChange(change=a_stop_change("d1")), "stop AAPL"),
        (e.RecordTrade(trade=a_trade()), "closed AAPL"),
        (e.RecordSnapshot(snapshot=a_snapshot()), "books of"),
    ],
)
def test_the_books_have_lines_too(effect: e.Effect, kind: str) -> None:
    (line,) = lines(_NOTHING, [effect])
    assert str(line).startswith(kind)


def test_what_calls_for_a_person_is_an_error_and_what_a_person_did_a_warning() -> None:
    alarm = e.RecordNotice(notice=a_notice(kind=NoticeKind.BROKER_SILENT))
    calm = e.RecordNotice(notice=a_notice(kind=NoticeKind.BROKER_BACK))
    word = v.TradingStateSet(at=AT, state=TradingState.HALTED, cause="")
    assert [line.level for line in lines(word, [alarm, calm])] == [logging.WARNING, logging.ERROR, logging.INFO]


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_has_words(kind: NoticeKind) -> None:
    (line,) = lines(_NOTHING, [e.RecordNotice(notice=a_notice(kind=kind))])
    assert line.words


def test_event_and_effects_come_in_their_order() -> None:
    order, fill = e.SubmitOrder(order=an_order(1)), v.OrderFilled(at=AT, fill=_FILL)
    assert [line.kind for line in lines(fill, [e.RecordBreaker(event=_BREAKER), order])] == ["fill", "breaker", "order"]


def test_a_turn_that_led_to_nothing_is_a_line_for_whoever_debugs() -> None:
    (line,) = lines(_NOTHING, [])
    assert (str(line), line.level) == ("nothing came of EntriesDue", logging.DEBUG)
