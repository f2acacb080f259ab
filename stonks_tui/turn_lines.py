"""Turn lines: what of a turn does a person want to read at three in the morning?"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.decision import effects as e
from engine.decision import events as v
from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import usd
from engine.model.orders import Order
from stonks_tui.reports import notice_words
from stonks_tui.reports.words import EXITS, STOP_RULES

_BUYS = frozenset({DecisionKind.ENTRY, DecisionKind.MICRO})


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line: what kind of thing happened, to which ticker if any, and the rest in words. `level` as of `logging`.

    The ids are those by which one recommendation can be followed, as far as this line knows them.
    """

    kind: str
    words: str
    ticker: str = ""
    level: int = logging.INFO
    recommendation_id: str = ""
    decision_id: str = ""
    exit_decision_id: str = ""
    client_order_id: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.ticker, self.words) if part)


def lines(event: v.Event, effects: Sequence[e.Effect]) -> Iterator[LogLine]:
    """Yield what happened and what followed from it; a turn that led to nothing is one line for whoever debugs."""
    found = [line for line in (_of_event(event), *map(_of_effect, effects)) if line is not None]
    yield from found or [LogLine(kind="nothing", words=f"came of {type(event).__name__}", level=logging.DEBUG)]


def _of_event(event: v.Event) -> LogLine | None:
    match event:
        case v.SessionOpened():
            return LogLine(kind="session", words=f"{event.session.on} opened, until {event.session.close_at:%H:%M} UTC")
        case v.SessionEnded():
            return LogLine(kind="session", words=f"{event.session.on} ended")
        case v.OrderFilled(fill=f):
            words = f"{f.side.value} {f.quantity} @ {usd(f.price, places=4)}, order {f.client_order_id}"
            return LogLine(kind="fill", ticker=f.ticker, words=words, **_ids_of(f.client_order_id))
        case v.OrderEnded():
            why = event.reason or "no reason given"
            words = f"order {event.client_order_id}: {why}"
            return LogLine(kind="ended", words=words, level=logging.WARNING, **_ids_of(event.client_order_id))
        case _:
            return _of_word(event)


def _of_word(event: v.Event) -> LogLine | None:
    match event:
        case v.TradingStateSet():
            words = f"trading is {event.state.value}" + (f": {event.cause}" if event.cause else "")
            return LogLine(kind="command", words=words, level=logging.WARNING)
        case v.TierSet():
            return LogLine(kind="command", words=f"the tier is to be {event.tier.value}")
        case v.ReserveAdjusted():
            return LogLine(kind="command", words=f"the reserve is to change by {usd(event.amount, signed=True)}")
        case v.BreakerSet():
            words = "the manual breaker is to trip" + (f": {event.note}" if event.note else "")
            return LogLine(kind="command", words=words, level=logging.WARNING)
        case v.BreakerCleared():
            words = f"breaker {event.breaker_id} is to be cleared"
            return LogLine(kind="command", words=words, level=logging.WARNING)
        case v.CloseAsked():
            return LogLine(kind="command", ticker=event.ticker, words="is to be closed", level=logging.WARNING)
        case v.PolicySet():
            return LogLine(kind="command", words="other settings hold from now on", level=logging.WARNING)
        case v.NotificationsSet():
            return LogLine(kind="command", words="people are told by other settings from now on")
        case v.NotificationAsked():
            return LogLine(kind="command", words="a notification is asked for, to see whether it arrives")
        case _:
            return None


def _of_effect(effect: e.Effect) -> LogLine | None:
    match effect:
        case e.RecordDecision():
            return _decision(effect.decision)
        case e.RecordTurnedDown():
            return LogLine(kind="skip", words=f"{len(effect.block)} recommendations")
        case e.SubmitOrder():
            return _order(effect.order)
        case e.CancelOrder():
            words = f"order {effect.client_order_id}"
            return LogLine(kind="cancel", words=words, **_ids_of(effect.client_order_id))
        case e.AskTickerStatus():
            return LogLine(kind="ask", ticker=effect.ticker, words="is trading in it halted?")
        case e.RecordStopChange(change=c):
            words = f"{usd(c.levels.stop)}, target {usd(c.levels.target)} ({STOP_RULES[c.rule.value]})"
            return LogLine(kind="stop", ticker=c.ticker, words=words, decision_id=c.decision_id)
        case e.RecordNotice(notice=n):
            level = logging.ERROR if n.is_alarm else logging.INFO
            return LogLine(kind="notice", words=notice_words.sentence(n), level=level)
        case e.RecordBreaker():
            return _breaker(effect.event)
        case _:
            return _of_books(effect)


def _of_books(effect: e.Effect) -> LogLine | None:
    match effect:
        case e.RecordTrade(trade=t):
            words = f"{t.quantity} sold, {usd(t.pnl, signed=True)} ({EXITS.get(t.exit_reason, t.exit_reason)})"
            return LogLine(
                kind="closed",
                ticker=t.ticker,
                words=words,
                recommendation_id=t.recommendation_id or "",
                decision_id=t.decision_id,
                exit_decision_id=t.exit_decision_id,
            )
        case e.RecordReserveEntry(entry=r):
            words = f"{usd(r.amount, signed=True)}, now {usd(r.balance_after)} ({r.trigger.value})"
            return LogLine(kind="reserve", words=words)
        case e.RecordTierChange(change=c):
            words = f"{c.previous.value} to {c.new.value} ({c.cause.value.replace('_', ' ')})"
            return LogLine(kind="tier", words=words, level=logging.WARNING)
        case e.RecordCashFlow(flow=f):
            return LogLine(kind="flow", ticker=f.ticker, words=f"{f.kind.value} {usd(f.amount, signed=True)}")
        case e.RecordSplit(split=s):
            return LogLine(kind="split", ticker=s.ticker, words=f"{s.shares_before} became {s.shares_after}")
        case e.RecordSnapshot(snapshot=s):
            return LogLine(kind="books", words=f"of {s.on}: total {usd(s.total_value)}, cash {usd(s.cash)}")
        case _:
            return None


def _ids_of(order_id: str) -> dict[str, Any]:
    """Return what an order's id says: it begins with that of its decision (`orders.client_order_id`)."""
    return {"client_order_id": order_id, "decision_id": order_id.rsplit("-", 2)[0]}


def _decision(d: Decision) -> LogLine:
    ids: dict[str, Any] = {"recommendation_id": d.recommendation_id or "", "decision_id": d.decision_id}
    cause = EXITS.get(d.cause, d.cause) if d.recommendation_id is None else d.recommendation_id
    sure = f", confidence {d.confidence:.2f}" if d.confidence is not None else ""
    if d.outcome is TradingDecisionType.SKIP:
        numbers = ""
        if d.failed_value is not None and d.failed_limit is not None:
            numbers = f" {d.failed_value:g}, limit {d.failed_limit:g}"
        return LogLine(kind="skip", ticker=d.ticker, words=f"{d.skip_reason}{numbers} ({cause}{sure})", **ids)
    side, price = "buy" if d.kind in _BUYS else "sell", f" @ {usd(d.price)}" if d.price is not None else ""
    words = f"{side} {d.shares}{price} ({cause}{sure}), {d.decision_id}"
    return LogLine(kind="act", ticker=d.ticker, words=words, **ids)


def _order(o: Order) -> LogLine:
    limit = f" limit {usd(o.limit_price)}" if o.limit_price is not None else ""
    words = f"{o.side.value} {o.quantity}{limit} ({o.tag.value.replace('_', ' ')}), {o.client_order_id}"
    ids = {**_ids_of(o.client_order_id), "recommendation_id": o.recommendation_id or "", "decision_id": o.decision_id}
    return LogLine(kind="order", ticker=o.ticker, words=words, **ids)


def _breaker(b: BreakerEvent) -> LogLine:
    name = f"{b.trigger.value.replace('_', ' ')} ({b.breaker_id})"
    if b.resolved_at is not None:
        return LogLine(kind="breaker", ticker=b.ticker, words=f"{name} is over")
    until = f"{b.cooldown_expires:%Y-%m-%dT%H:%MZ}" if b.cooldown_expires else "somebody clears it"
    return LogLine(kind="breaker", ticker=b.ticker, words=f"{name} is on until {until}", level=logging.WARNING)
