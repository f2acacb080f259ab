"""A few rows for any table: of every kind a value, the awkward ones too, and nothing where there may be nothing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, Table

from storage.types import JsonType, MoneyType, RatioType, UtcDateTime, WordType

AT = datetime(2025, 3, 4, 15, 30, 0, 1, tzinfo=UTC)
TEXTS = ("", "it's \\N\t„ü“\r\n\\.", "日本 😀 \x01")
REALS = (0.1, -0.0, 5e-324, 1.7976931348623157e308, 1e16, -3.0)
JSONS: tuple[Any, ...] = ({"b": [1, 2.5, None, True], "a": {"ü": "\u2028"}, "aa": 1e16}, [], float("inf"), "x", {})
MONEY = (0, 1, -12_345, 10**15 + 1, 9_007_199_254_740_993)
_VALUES: tuple[tuple[Any, Sequence[Any]], ...] = (
    (MoneyType, MONEY),
    (JsonType, JSONS),
    (Boolean, (True, False)),
    (Float, REALS),
    (BigInteger, tuple(n * 10**17 for n in range(5))),
    (Integer, (1, 2, 3, 4, 2**31 - 1)),
)


def rows_of(table: Table, count: int = 5) -> dict[str, Sequence[Any]]:
    """Return the columns of `count` rows."""
    return {column.name: [_value(column, n) for n in range(count)] for column in table.columns}


def _value(column: Column[Any], n: int) -> Any:
    for key in column.foreign_keys:
        return _value(key.column, n)
    if column.nullable and n % 3 == 2:
        return None
    is_key = column.primary_key or column.unique or column.name.endswith(("_id", "_key"))
    match column.type:
        case WordType(words=words):
            return list(words)[n % len(words)]
        case UtcDateTime():
            return AT + timedelta(days=n, microseconds=n)
        case RatioType():
            return Fraction(3, n + 1)
        case Date():
            return date(2024, 2, 29) + timedelta(days=n)
        case BigInteger() | Integer() if column.primary_key:
            return n + 1
        case kind:
            values = next((values for of, values in _VALUES if isinstance(kind, of)), TEXTS)
            return f"{n}{values[n % len(values)]}" if is_key and values is TEXTS else values[n % len(values)]
