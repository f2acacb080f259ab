"""The names of keys are the plan's, and the docs quote what a user of the server needs."""

from pathlib import Path

from storage import redis_keys

DOCS = Path(__file__).parents[3] / "docs/redis.md"


def test_the_names_are_the_plans() -> None:
    assert redis_keys.BROKER_ORDERS == "stonks:queue:broker_orders"
    assert redis_keys.TRADING_DECISIONS == "stonks:queue:trading_decisions"
    assert redis_keys.dedupe("r1") == "stonks:dedupe:trading:r1"
    assert redis_keys.circuit_breaker("daily_loss") == "stonks:trading:circuit_breaker:daily_loss"
    assert (
        redis_keys.circuit_breaker("single_position", "AAPL") == "stonks:trading:circuit_breaker:single_position:AAPL"
    )
    assert redis_keys.notification_rate("sms") == "stonks:trading:notification_rate:sms"


def test_the_docs_quote_what_each_user_needs() -> None:
    lines = DOCS.read_text().splitlines()
    assert f"ACL SETUSER engine reset on >PASSWORD {redis_keys.ENGINE_ACL}" in lines
    assert f"ACL SETUSER broker reset on >PASSWORD {redis_keys.BROKER_ACL}" in lines
