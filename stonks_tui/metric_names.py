"""Metric names: which numbers does an engine show at /metrics, under which names, and what does each one mean?

The names keep to Prometheus' conventions: base units at the end, `_total` for what only ever rises. Every label has a
handful of values, which are written down somewhere in the code; no ticker and no id is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One of them. A counter begins at 0 with the process; `labels` are the names of its labels."""

    name: str
    kind: Kind
    words: str
    labels: tuple[str, ...] = ()


def _counter(name: str, words: str, *labels: str) -> Metric:
    return Metric(name=f"stonks_{name}_total", kind="counter", words=words, labels=labels)


def _gauge(name: str, words: str, *labels: str) -> Metric:
    return Metric(name=f"stonks_{name}", kind="gauge", words=words, labels=labels)


DECISIONS = _counter(
    "decisions",
    "Decisions, by what was answered (act, skip), what they are about, and why not.",
    "outcome",
    "kind",
    "reason",
)
ORDERS = _counter(
    "orders_submitted", "Orders that left for the broker, by side and by why they were made.", "side", "tag"
)
ENDED = _counter("orders_ended", "Orders that ended before all of them was executed.")
CANCELS = _counter("orders_cancel_asked", "Orders that the broker was asked to end.")
FILLS = _counter("fills", "Executions, each of an order or a part of one.", "side")
FILLED_SHARES = _counter("filled_shares", "Shares executed.", "side")
FILLED_DOLLARS = _counter("filled_dollars", "What was executed, in dollars at its price.", "side")
TRADES = _counter("trades", "Round trips that ended, by what came of them after costs (win, loss, even).", "result")
TRIPPED = _counter("breakers_tripped", "Circuit breakers that tripped.", "trigger")
STOPS = _counter("stop_changes", "Stops and targets that were set or moved, by the rule that did it.", "rule")
NOTICES = _counter("notices", "What a person was to hear of, by kind.", "kind")
TURNS = _counter("turns", "Events that were decided on and kept.")
LOOKS = _counter("looks", "Looks into the prices since the engine began to lead.")

LEADER = _gauge("leader", "1 when this engine has the lease and trades, 0 when it stands by.")
EPOCH = _gauge("lease_epoch", "The number of the lease under which an engine leads; it rises with every other engine.")
TURN = _gauge("last_turn", "The number of the last turn of the account.")
STATE = _gauge(
    "trading_state", "1 for what the engine may do now (active, reducing, halted), 0 for the others.", "state"
)
TIER = _gauge("risk_tier", "1 for the tier by which the account trades, 0 for the others.", "tier")
TOTAL_VALUE = _gauge("total_value_dollars", "What the account is worth.")
CASH = _gauge("cash_dollars", "Cash, reserve and all.")
RESERVE = _gauge("reserve_dollars", "Profit that was put out of the engine's reach.")
ACTIVE_POOL = _gauge("active_pool_dollars", "Total value less reserve: what is traded with.")
DAILY_PNL = _gauge("daily_pnl_dollars", "What the account has gained or lost since the last close, without deposits.")
UNREALISED = _gauge("unrealised_dollars", "Gain or loss of what is held, at the last prices.")
HEAT = _gauge("heat_ratio", "What every stop hit at once would cost, as a part of the active pool.")
DRAWDOWN = _gauge("drawdown_ratio", "How far the account is below its peak, 0 to 1.")
PROTECTED = _gauge("protected_ratio", "The part of what is held whose stop is being watched, 0 to 1.")
POSITIONS = _gauge("positions", "Tickers that are held.")
WORKING = _gauge("orders_working", "Orders at the broker that have not ended, by state.", "state")
BREAKERS = _gauge("breakers_active", "Circuit breakers that are on.", "trigger")
TROUBLE = _gauge("trouble", "1 for what is wrong at the moment: storage, broker, sources, books, stops, looks.", "kind")
LOOK_LAG = _gauge("look_lag_seconds", "How late the last look into the prices was.")
LOOP_ANSWERS = _gauge("loop_answers", "1 when the engine's loop has answered this question in time, 0 when it is old.")
LOOP_LAG = _gauge("loop_lag_seconds", "How long the engine's loop took to answer this question.")
PRICES_AGE = _gauge("prices_age_seconds", "How old the newest price was at the last look.")
RECOMMENDATIONS_AGE = _gauge("recommendations_age_seconds", "How long ago the newest recommendation was generated.")
HEARTBEAT_AGE = _gauge("heartbeat_age_seconds", "How long ago the engine that leads gave its last sign of life.")
ACCOUNT_ANSWERS = _gauge("account_answers", "1 when the account could be read for this question, 0 when not.")
NOTIFICATIONS = _gauge(
    "notifications",
    "Notifications of the last 24 hours, and those that wait, by channel and status.",
    "channel",
    "status",
)
QUEUE_ANSWERS = _gauge("queue_answers", "1 when the queue to the broker answers, 0 when not; absent without a queue.")
QUEUE_WAITING = _gauge("queue_jobs_waiting", "Jobs that wait in the queue for a broker.")
QUEUE_DEAD = _gauge("queue_messages_refused", "Messages between engine and broker that nobody could use.")
BROKER_ALIVE = _gauge("queue_broker_alive", "1 when a broker takes orders from the queue, 0 when none does.")
VERSION = _gauge("build_info", "1; its label says which program this is.", "version")

METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in list(globals().values()) if isinstance(metric, Metric)
}
"""All of them by name, in the order in which they are shown."""
