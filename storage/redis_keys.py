"""Redis keys: under which names are queues, marks and breakers kept, and what must a user of the server be allowed?

The names are the plan's (tasks 1.3, 8.1, 13.1, 16.1), what is ours stands beside them. An address may put a prefix
before all of them.
"""

BROKER_ORDERS = "stonks:queue:broker_orders"
"""Jobs for the broker, a list: pushed on the left, taken on the right. The other queues are the same."""
BROKER_RESULTS = "stonks:queue:broker_results"
TRADING_DECISIONS = "stonks:queue:trading_decisions"
DEDUPE = "stonks:dedupe:trading"
CIRCUIT_BREAKER = "stonks:trading:circuit_breaker"
NOTIFICATION_RATE = "stonks:trading:notification_rate"

QUEUE_COMMANDS = "+ping +select +time +multi +exec +lpush +lrange +llen +lpos +lrem +ltrim +lmove +blmove +get +set"
"""All of them are in Redis 6.2."""
ENGINE_ACL = (
    f"~{BROKER_ORDERS}* ~{BROKER_RESULTS}* ~{TRADING_DECISIONS}* "
    f"~{DEDUPE}:* ~{CIRCUIT_BREAKER}* ~{NOTIFICATION_RATE}:* {QUEUE_COMMANDS} +mget +del"
)
"""What the engine's user needs, as ACL SETUSER takes it."""
BROKER_ACL = f"~{BROKER_ORDERS}* ~{BROKER_RESULTS}* {QUEUE_COMMANDS}"
"""What the user of the broker service needs."""


def taken(queue: str) -> str:
    """Return where a message of `queue` is while somebody works on it."""
    return f"{queue}:taken"


def refused(queue: str) -> str:
    """Return where the messages of `queue` are that nobody could use: the dead letters."""
    return f"{queue}:refused"


def life(queue: str) -> str:
    """Return where whoever takes from `queue` shows that it lives."""
    return f"{queue}:life"


def written(queue: str) -> str:
    """Return where it is kept how far `queue` was written by an engine."""
    return f"{queue}:written"


def mark(queue: str) -> str:
    """Return the key that tells, once it has gone, that `queue` was emptied."""
    return f"{queue}:mark"


def dedupe(recommendation_id: str) -> str:
    """Return the mark of a recommendation that was evaluated."""
    return f"{DEDUPE}:{recommendation_id}"


def circuit_breaker(trigger_type: str, ticker: str = "") -> str:
    """Return where an active breaker is, or the cool-down of `ticker` after one."""
    return f"{CIRCUIT_BREAKER}:{trigger_type}:{ticker}" if ticker else f"{CIRCUIT_BREAKER}:{trigger_type}"


def notification_rate(channel: str) -> str:
    """Return where the notifications of `channel` are counted."""
    return f"{NOTIFICATION_RATE}:{channel}"
