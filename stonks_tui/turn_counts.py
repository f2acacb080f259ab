"""Turn counts: how often has each thing happened since this process began? A part of what /metrics shows.

Counting is a step in a dictionary, in the thread that trades; whoever asks takes a copy.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from engine.decision import effects as e
from engine.decision import events as v
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.money import UNITS_PER_DOLLAR
from engine.model.verdict import SKIP_REASONS
from stonks_tui import metric_names as names
from stonks_tui.metric_names import Metric

Labels = tuple[str, ...]
_REASONS = frozenset(SKIP_REASONS.values())
_OTHER = "other"


class TurnCounts:
    """What a trader's `on_turn` is. It never raises, nor waits."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Labels]] = Counter()

    def __call__(self, seq: int, event: v.Event, effects: Sequence[e.Effect]) -> None:
        """Count a turn."""
        del seq
        self._add(names.TURNS)
        match event:
            case v.OrderFilled(fill=f):
                self._add(names.FILLS, f.side.value)
                self._add(names.FILLED_SHARES, f.side.value, by=f.quantity)
                self._add(names.FILLED_DOLLARS, f.side.value, by=f.quantity * f.price)
            case v.OrderEnded():
                self._add(names.ENDED)
        for effect in effects:
            self._count(effect)

    def of(self, metric: Metric) -> Mapping[Labels, float]:
        """Return how often, by the values of the labels; what never happened is missing."""
        unit = UNITS_PER_DOLLAR if metric is names.FILLED_DOLLARS else 1
        found = dict(self._counts)  # one step of the interpreter: the other thread counts on
        return {labels: count / unit for (name, labels), count in found.items() if name == metric.name}

    def _count(self, effect: e.Effect) -> None:
        match effect:
            case e.RecordDecision(decision=d):
                self._add(names.DECISIONS, d.outcome.value, d.kind.value, _reason(d.skip_reason))
            case e.RecordTurnedDown(block=block):
                for reason in block.skip_reasons:
                    skip = TradingDecisionType.SKIP.value
                    self._add(names.DECISIONS, skip, DecisionKind.ENTRY.value, _reason(reason))
            case e.SubmitOrder(order=o):
                self._add(names.ORDERS, o.side.value, o.tag.value)
            case e.CancelOrder():
                self._add(names.CANCELS)
            case _:
                self._count_books(effect)

    def _count_books(self, effect: e.Effect) -> None:
        match effect:
            case e.RecordTrade(trade=t):
                self._add(names.TRADES, "win" if t.pnl > 0 else "loss" if t.pnl < 0 else "even")
            case e.RecordBreaker(event=b) if b.resolved_at is None:
                self._add(names.TRIPPED, b.trigger.value)
            case e.RecordStopChange(change=c):
                self._add(names.STOPS, c.rule.value)
            case e.RecordNotice(notice=n):
                self._add(names.NOTICES, n.kind.value)

    def _add(self, metric: Metric, *labels: str, by: int = 1) -> None:
        self._counts[metric.name, labels] += by


def _reason(skip_reason: str | None) -> str:
    if skip_reason is None:
        return ""
    return skip_reason if skip_reason in _REASONS else _OTHER
