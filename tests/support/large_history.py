"""A large history in PostgreSQL, made by the server itself: so many rows that reading all would be seen."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, Table

from storage.live_tables import LIVE_TABLES
from storage.types import JsonType, MoneyType, RatioType, UtcDateTime, WordType
from tests.support.samples import AT

ROWS = 12_000
LATER = 60
"""So many rows are of after `samples.AT`."""
ONE = {"backtest_runs", "account_ids", "engine_state", "leases", "engine_heartbeat"}
"""Tables with one row for an account."""

_OF_DECISIONS = {
    "kind": "CASE WHEN g % 200 = 0 THEN 'micro' WHEN g % 7 = 0 THEN 'exit' ELSE 'entry' END",
    "decision": "CASE WHEN g % 10 = 0 THEN 'act' ELSE 'skip' END",
    "skip_reason": "CASE WHEN g % 3 > 0 THEN (ARRAY['heat', 'sector', 'cash', 'many'])[1 + g % 4] END",
    "recommendation_id": "CASE WHEN g % 5 > 0 THEN 'r' || g END",
    "cause": "CASE WHEN g % 5 = 0 THEN 's' || g END",
}
_VALUES: dict[str, dict[str, str]] = {
    "trading_decisions": _OF_DECISIONS,
    "backtest_runs": {"id": "0"},
    "backtest_trades": {"exit_reason": "(ARRAY['stop_loss', 'take_profit', 'tier', 'closed', 'split'])[1 + g % 5]"},
    "outbox": {"brought_at": f"CASE WHEN g < {ROWS - 3} THEN now() END"},
    "notifications": {
        "next_try_at": f"CASE WHEN g > {ROWS - 5} THEN now() END",
        "attempted_at": f"CASE WHEN g > {ROWS - 9} THEN now() END",
    },
    "event_journal": {"is_mere_look": "g % 5 > 0"},
    "engine_commands": {"state": f"CASE WHEN g > {ROWS - 3} THEN 'asked' ELSE 'answered' END"},
    "leases": {"name": "'engine'"},
}
_OF_ALL = {
    "run_id": "0",
    "backtest_id": "0",
    "thesis": "repeat('why ', 60)",
    "message": "repeat('what ', 60)",
    "ticker": "(ARRAY['AAPL', 'MSFT', 'XOM', 'JPM'])[1 + g % 4] || CASE WHEN g % 9 < 8 THEN g % 400 ELSE 0 END",
}


def statements() -> Sequence[str]:
    """Return what makes it, in tables that are there and empty; last, the server looks at what it has."""
    return (*(_filled(table) for table in LIVE_TABLES), "VACUUM ANALYZE")


def _filled(table: Table) -> str:
    rows = 1 if table.name in ONE else ROWS
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(map(_value, table.columns))
    return f"INSERT INTO stonks.{table.name} ({columns}) SELECT {values} FROM generate_series(1, {rows}) AS g"


def _value(column: Column[object]) -> str:
    kind, name = column.type, column.name
    if said := _VALUES.get(column.table.name, {}).get(name) or _OF_ALL.get(name):
        return said
    if isinstance(kind, WordType):
        words = ",".join(f"'{word.value}'" for word in kind.words)
        return f"(ARRAY[{words}])[1 + g % {len(kind.words)}]"
    if isinstance(kind, UtcDateTime):
        return f"'{AT.isoformat()}'::timestamptz + (g - {ROWS - LATER}) * interval '1 minute'"
    if isinstance(kind, JsonType):
        return "'{\"a\": 1}'::jsonb"
    if isinstance(kind, Boolean):
        return "g % 2 = 0"
    if isinstance(kind, Date):
        return f"'{AT.date().isoformat()}'::date + g - {ROWS - LATER}"
    if isinstance(kind, BigInteger | Integer | MoneyType | Float):
        return "g"
    if isinstance(kind, RatioType):
        return "'1'"
    return f"'{name[0]}' || g"
